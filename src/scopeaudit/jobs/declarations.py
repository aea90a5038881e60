"""Job files become declarations, or the list of everything that is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.provider import JobTemplate, Provider
from scopeaudit.jobs.allowances import NotAnAllowanceError, read_allowance
from scopeaudit.jobs.hints import Hints
from scopeaudit.jobs.raw import (
    Problem,
    RawFile,
    RawJob,
    RawResource,
    RawSelector,
    Written,
    printable,
    read_written,
)
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.job import (
    Allowance,
    CredentialSelector,
    Declarations,
    Job,
    RecoveryDeclaration,
    ResourcePattern,
)

VERSION = 1
ENTRIES_READ = 5_000
"""Of `allow`, in one file."""


def read_declarations(text: str, path: str, providers: Mapping[str, Provider]) -> Declarations:
    """What the job file at `path` declares by itself; `use` is resolved with the templates of `providers`.

    Raises:
        InvalidFileError: with every problem of the file, as `path:line: field: what to do`, by line.
    """
    declarations, problems = read_declared(read_written(text, path), path, providers)
    if problems:
        raise InvalidFileError(in_order(problems, path))
    return declarations


def read_declared(
    written: Written,
    path: str,
    providers: Mapping[str, Provider],
    *,
    parent: Declarations | None = None,
    offering: bool = False,
) -> tuple[Declarations, tuple[Problem, ...]]:
    """What a file declares, resting on what the file it extends declares, and everything wrong with it.

    A job named as one of the parent's takes that one up: it may say more about it and never allow more.
    Where `offering`, jobs may lack credentials.
    """
    reader = _Reader(path, providers, written.problems, parent or Declarations(), offering=offering)
    declarations = reader.read(written.file, written.job_lines)
    return declarations, tuple({*written.problems, *reader.problems})


def in_order(problems: Iterable[Problem], path: str) -> tuple[str, ...]:
    """Problems as lines, in the order of the file."""
    ordered = sorted(problems, key=lambda problem: (problem.line, problem.text))
    return tuple(f"{path}:{problem.line}: {problem.text}" for problem in ordered)


class _Reader:
    """Gives the parts of a file their meaning, and collects problems instead of stopping at the first."""

    def __init__(
        self,
        path: str,
        providers: Mapping[str, Provider],
        form: tuple[Problem, ...],
        parent: Declarations,
        *,
        offering: bool,
    ) -> None:
        self.path = path
        self.providers = providers
        self.wrong_in_form = _fields_of(form)
        self.parent = parent
        self.inherited = {job.name: job for job in (*parent.jobs, *parent.offers)}
        self.offering = offering
        self.problems: list[Problem] = []
        self.hints = Hints()

    def problem(self, line: int, where: str, what: str) -> None:
        self.problems.append(Problem(line, f"{printable(where)}: {what}"))

    def missing(self, line: int, where: str, what: str) -> None:
        """A problem, unless the field is only missing because its form is wrong."""
        if printable(where) not in self.wrong_in_form:
            self.problem(line, where, what)

    def read(self, file: RawFile, job_lines: Mapping[str, int]) -> Declarations:
        if file.version != VERSION:
            self.missing(file.line, "version", f"expected {VERSION}, the version of this format")
        self.refuse_too_many(file, job_lines)
        own = [self.job(name, raw, job_lines[name]) for name, raw in file.jobs.items()]
        others = [job for name, job in self.inherited.items() if name not in file.jobs]
        jobs = tuple(job for job in (*own, *others) if job.credentials)
        # Inherited ones first, so that a conflict is told where this file can mend it.
        self.refuse_equal_selectors(sorted(jobs, key=self.is_selected_here))
        return Declarations(
            jobs=jobs,
            recovery=(*self.recoveries(file), *self.parent.recovery),
            environment=(file.environment or "").strip() or self.parent.environment,
            path=self.path,
            offers=tuple(job for job in (*own, *others) if not job.credentials),
        )

    def refuse_too_many(self, file: RawFile, job_lines: Mapping[str, int]) -> None:
        """Every entry is compared with all operations of its provider, of which some have 20,000."""
        total = 0
        for name, raw in file.jobs.items():
            total += len(raw.allow or ())
            if total > ENTRIES_READ:
                what = f"with it the file has more than {ENTRIES_READ:,} entries: use globs or traits"
                self.problem(job_lines[name], f"jobs.{name}.allow", what)
                return

    def is_selected_here(self, job: Job) -> bool:
        return job.path == self.path and job.credentials[0].file is None

    def job(self, name: str, raw: RawJob, line: int) -> Job:
        where = f"jobs.{name}"
        if raw.provider is not None:
            self.known_provider(raw.provider, f"{where}.provider")
        if name in self.inherited:
            return self.taken_up(self.inherited[name], raw, line, where)
        self.refuse_blank(raw, line, where)
        provider, template = self.template(raw, where)
        if raw.allow is None and raw.use is None:
            self.missing(line, f"{where}.allow", "is missing: list what the job needs")
        if not raw.credentials and not self.offering:
            self.missing(line, f"{where}.credentials", "is missing: name them by path, env or key")
        return Job(
            name=name,
            credentials=tuple(self.selectors(raw.credentials or (), where)),
            allow=tuple(self.allowances(raw, provider, template, where)),
            description=_said(raw.description),
            owner=_said(raw.owner),
            provider=provider,
            resources=raw.resources,
            environments=raw.environments,
            expires=raw.expires,
            path=self.path,
            line=line,
        )

    def taken_up(self, job: Job, raw: RawJob, line: int, where: str) -> Job:
        """The parent's job with what this file says about it, none of which may allow more."""
        self.refuse_blank(raw, line, where)
        self.refuse_wider(job, raw, line, where)
        expires = job.expires if raw.expires is None else min(raw.expires, job.expires or raw.expires)
        given = tuple(self.selectors(raw.credentials or (), where))
        if not given and not job.credentials and not self.offering:
            self.missing(line, f"{where}.credentials", "is missing: name them by path, env or key")
        return replace(
            job,
            credentials=given or tuple(replace(each, file=each.file or job.path) for each in job.credentials),
            allow=tuple(replace(each, file=each.file or job.path) for each in job.allow),
            description=_said(raw.description) or job.description,
            owner=_said(raw.owner) or job.owner,
            resources=job.resources or raw.resources,
            environments=job.environments or raw.environments,
            expires=expires,
            path=self.path,
            line=line,
        )

    def refuse_wider(self, job: Job, raw: RawJob, line: int, where: str) -> None:
        """Only what cannot make the job wider may be given anew."""
        set_there = f"is set in {job.path}:{job.line}: leave it out, or give this job another name"
        marked = (raw.provider, raw.use, raw.allow[0] if raw.allow else None)
        for name, value in zip(("provider", "use", "allow"), marked, strict=True):
            if value is not None or (name == "allow" and raw.allow is not None):
                self.problem(line if value is None else value.line, f"{where}.{name}", set_there)
        for name in ("resources", "environments"):
            if getattr(raw, name) and getattr(job, name):
                self.problem(line, f"{where}.{name}", set_there)
        if raw.expires is not None and job.expires is not None and raw.expires > job.expires:
            what = f"is later than {job.expires}, the last day in {job.path}:{job.line}"
            self.problem(line, f"{where}.expires", what)

    def refuse_blank(self, raw: RawJob, line: int, where: str) -> None:
        """A blank names nothing, and would count as a bound."""
        for name, globs in (("environments", raw.environments), ("resources", raw.resources)):
            for index, each in enumerate(globs):
                if not each.strip():
                    what = "names nothing: write a name or a glob, or leave it out"
                    self.problem(line, f"{where}.{name}[{index}]", what)

    def known_provider(self, provider: Marked, where: str) -> bool:
        if provider.text in self.providers:
            return True
        close = self.hints.close(provider.text, self.providers)
        hint = f"did you mean {close}?" if close else "`scopeaudit providers` lists those known"
        self.problem(provider.line, where, f"unknown provider {printable(provider.text)!r}: {hint}")
        return False

    def template(self, raw: RawJob, where: str) -> tuple[str | None, JobTemplate | None]:
        """The job's provider, and the template it uses."""
        stated = raw.provider.text if raw.provider is not None else None
        if raw.use is None:
            return stated, None
        where = f"{where}.use"
        provider_id, slash, name = raw.use.text.partition("/")
        if not slash:
            self.problem(raw.use.line, where, "expected provider/template, such as railway/custom-domains")
            return stated, None
        if stated is not None and stated != provider_id:
            self.problem(raw.use.line, where, f"is of another provider than the job's, {printable(stated)}")
        if not self.known_provider(Marked(provider_id, raw.use.line), where):
            return stated, None
        templates = {each.name: each for each in self.providers[provider_id].jobs}
        if name not in templates:
            known = ", ".join(sorted(templates)) or "none"
            what = f"{provider_id} has no template {printable(name)!r}; it has {known}"
            self.problem(raw.use.line, where, what)
        return provider_id, templates.get(name)

    def allowances(
        self, raw: RawJob, provider: str | None, template: JobTemplate | None, where: str
    ) -> Iterator[Allowance]:
        entries = [(f"{where}.allow[{index}]", entry) for index, entry in enumerate(raw.allow or ())]
        if template is not None and raw.use is not None:
            entries += [(f"{where}.use", Marked(text, raw.use.line)) for text in template.allow]
        for here, entry in entries:
            try:
                yield read_allowance(entry, provider, self.providers)
            except NotAnAllowanceError as error:
                self.problem(entry.line, here, str(error))

    def selectors(self, raw: tuple[RawSelector, ...], where: str) -> Iterator[CredentialSelector]:
        for index, each in enumerate(raw):
            here = f"{where}.credentials[{index}]"
            if not (each.path or each.env or each.key):
                self.missing(each.line, here, "names nothing: give at least one of path, env and key")
                continue
            path = None if each.path is None else each.path.removeprefix("./")
            if path is not None and (path.startswith("/") or "\\" in path or ".." in path.split("/")):
                self.problem(each.line, f"{here}.path", "expected a path within the folder, written with /")
            yield CredentialSelector(path=path, env=each.env, key=each.key, line=each.line)

    def refuse_equal_selectors(self, jobs: Iterable[Job]) -> None:
        seen: dict[tuple[str | None, str | None, str | None], dict[str | None, Job]] = {}
        for job in jobs:
            for index, each in enumerate(job.credentials):
                by_provider = seen.setdefault((each.path, each.env, each.key), {})
                rival = _rival(by_provider, job.provider)
                if rival is not None:
                    where = f"jobs.{job.name}.credentials[{index}]"
                    what = f"also speaks for job {printable(rival.name)}: give each credential one job"
                    self.problem(each.line, where, what if rival is not job else "is given twice")
                by_provider.setdefault(job.provider, job)

    def recoveries(self, file: RawFile) -> Iterator[RecoveryDeclaration]:
        for index, each in enumerate(file.recovery):
            where = f"recovery[{index}]"
            if not each.copies:
                self.missing(each.line, f"{where}.copies", "is missing: list where the copies are")
            protects = self.resource(each.protects, f"{where}.protects", each.line)
            copies = [
                self.resource(copy, f"{where}.copies[{number}]", each.line)
                for number, copy in enumerate(each.copies or ())
            ]
            if protects is not None:
                found = tuple(copy for copy in copies if copy is not None)
                yield RecoveryDeclaration(protects=protects, copies=found, line=each.line)

    def resource(self, raw: RawResource | None, where: str, line: int) -> ResourcePattern | None:
        if raw is None:
            self.missing(line, where, "is missing: give provider and resource")
            return None
        for name, value in (("provider", raw.provider), ("resource", raw.resource)):
            if value is None or not value.text:
                self.missing(raw.line, f"{where}.{name}", "is missing")
        if raw.provider is None or raw.resource is None:
            return None
        if raw.provider.text:
            self.known_provider(raw.provider, f"{where}.provider")
        return ResourcePattern(provider=raw.provider.text, resource=raw.resource.text)


def _said(text: str | None) -> str | None:
    """The text, unless it has no letter and no digit: then it is as good as missing."""
    said = (text or "").strip()
    return said if any(character.isalnum() for character in said) else None


def _rival(by_provider: Mapping[str | None, Job], provider: str | None) -> Job | None:
    """A job whose equal selector may meet credentials of this provider; any provider where `None`."""
    if provider is None:
        return next(iter(by_provider.values()), None)
    return by_provider.get(provider) or by_provider.get(None)


def _fields_of(problems: tuple[Problem, ...]) -> frozenset[str]:
    """The fields that the problems are about, and those they lie in."""
    fields = set()
    for problem in problems:
        field = problem.text.partition(": ")[0]
        fields.add(field)
        fields.update(field[:position] for position, mark in enumerate(field) if mark in ".[")
    return frozenset(fields)
