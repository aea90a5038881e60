"""Job files become declarations, or the list of everything that is wrong with them."""

import difflib
from collections.abc import Iterator, Mapping

from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.provider import JobTemplate, Provider
from scopeaudit.jobs.allowances import NotAnAllowanceError, read_allowance
from scopeaudit.jobs.raw import Problem, RawFile, RawJob, RawResource, RawSelector, printable, read_written
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


def read_declarations(text: str, path: str, providers: Mapping[str, Provider]) -> Declarations:
    """What the job file at `path` declares; `use` is resolved with the templates of `providers`.

    Raises:
        InvalidFileError: with every problem of the file, as `path:line: field: what to do`, by line.
    """
    written = read_written(text, path)
    reader = _Reader(path, providers, written.problems)
    declarations = reader.read(written.file, written.job_lines)
    problems = {*written.problems, *reader.problems}
    if problems:
        ordered = sorted(problems, key=lambda problem: (problem.line, problem.text))
        raise InvalidFileError(tuple(f"{path}:{problem.line}: {problem.text}" for problem in ordered))
    return declarations


class _Reader:
    """Gives the parts of a file their meaning, and collects problems instead of stopping at the first."""

    def __init__(self, path: str, providers: Mapping[str, Provider], form: tuple[Problem, ...]) -> None:
        self.path = path
        self.providers = providers
        self.wrong_in_form = _fields_of(form)
        self.problems: list[Problem] = []

    def problem(self, line: int, where: str, what: str) -> None:
        self.problems.append(Problem(line, f"{printable(where)}: {what}"))

    def missing(self, line: int, where: str, what: str) -> None:
        """A problem, unless the field is only missing because its form is wrong."""
        if printable(where) not in self.wrong_in_form:
            self.problem(line, where, what)

    def read(self, file: RawFile, job_lines: Mapping[str, int]) -> Declarations:
        if file.version != VERSION:
            self.missing(file.line, "version", f"expected {VERSION}, the version of this format")
        jobs = tuple(self.job(name, raw, job_lines[name]) for name, raw in file.jobs.items())
        self.refuse_equal_selectors(jobs)
        return Declarations(
            jobs=jobs,
            recovery=tuple(self.recoveries(file)),
            environment=file.environment,
            path=self.path,
        )

    def job(self, name: str, raw: RawJob, line: int) -> Job:
        where = f"jobs.{name}"
        if raw.provider is not None:
            self.known_provider(raw.provider, f"{where}.provider")
        provider, template = self.template(raw, where)
        if raw.allow is None and raw.use is None:
            self.missing(line, f"{where}.allow", "is missing: list what the job needs")
        if not raw.credentials:
            self.missing(line, f"{where}.credentials", "is missing: name them by path, env or key")
        return Job(
            name=name,
            credentials=tuple(self.selectors(raw.credentials or (), where)),
            allow=tuple(self.allowances(raw, provider, template, where)),
            description=raw.description,
            owner=raw.owner,
            provider=provider,
            resources=raw.resources,
            environments=raw.environments,
            expires=raw.expires,
            path=self.path,
            line=line,
        )

    def known_provider(self, provider: Marked, where: str) -> bool:
        if provider.text in self.providers:
            return True
        close = difflib.get_close_matches(provider.text, self.providers, n=1)
        hint = f"did you mean {close[0]}?" if close else "`scopeaudit providers` lists those known"
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

    def refuse_equal_selectors(self, jobs: tuple[Job, ...]) -> None:
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
