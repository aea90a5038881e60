"""Policies: minimum rules from the user's own files, and the jobs that break them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scopeaudit.catalogue.decode import Marked, decode
from scopeaudit.catalogue.provider import Provider
from scopeaudit.jobs.allowances import NotAnAllowanceError, read_allowance
from scopeaudit.jobs.files import text_of
from scopeaudit.jobs.hints import Hints
from scopeaudit.jobs.raw import printable
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import OperationGlob
from scopeaudit.model.policy import Ban, Denial, Policy

REQUIRABLE = ("description", "environments", "expires", "owner", "resources")
"""What a policy may require of every job."""
VERSION = 1
_NAMES_TOLD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """Minimum rules that no job file can loosen."""

    version: int
    deny: tuple[Marked, ...] = ()
    """Operations that no job may allow, as in `allow`; a leading `provider:` limits it to one."""
    require: tuple[Marked, ...] = ()
    """Keys that every job must give."""
    forbid: tuple[Marked, ...] = ()
    """Providers, or `provider/kind`, whose credentials may not be in reach."""
    deny_environments: tuple[Marked, ...] = ()
    """Globs over environments that no job may be for."""
    max_expiry_days: int | None = None
    """A job's last day is at most so many days ahead."""
    max_age_days: int | None = None
    """A credential was issued at most so many days ago."""
    max_age_days_of: Mapping[str, int] = field(default_factory=dict)
    """Provider to the same, in place of `max_age_days`."""
    fail_on: Severity | None = None
    """Findings from this severity on always fail the run."""
    no_ignore: tuple[Marked, ...] = ()
    """Finding rules that nothing in a scanned folder can ignore; `*` stands for all."""
    no_ignore_from: Severity | None = None
    """Findings from this severity on nothing in a scanned folder can ignore."""
    extend_from: tuple[Marked, ...] = ()
    """Folders outside of the scanned one in which extended job files may lie."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """All policies of this user, as strict as each of them."""

    policy: Policy = field(default_factory=Policy)
    extend_from: tuple[Path, ...] = ()


def load_policy(
    files: Iterable[Path], providers: Mapping[str, Provider], finding_rules: Iterable[str]
) -> LoadedPolicy:
    """What the policy files say together.

    Raises:
        InvalidFileError: with every problem of every file. A policy that cannot be read is never none.
    """
    known = tuple(sorted(finding_rules))
    loaded = LoadedPolicy()
    problems: list[str] = []
    for file in files:
        path = _shown(file)
        try:
            loaded = _together(loaded, read_policy(text_of(file, path), path, providers, known, file.parent))
        except InvalidFileError as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidFileError(tuple(problems))
    return loaded


def read_policy(
    text: str, path: str, providers: Mapping[str, Provider], finding_rules: Iterable[str], folder: Path
) -> LoadedPolicy:
    """What one policy says; paths in it start from `folder`.

    Raises:
        InvalidFileError: with every problem, as `path:line: field: what to do`.
    """
    reader = _Reader(path, providers, tuple(finding_rules), folder)
    loaded = reader.read(decode(text, path, PolicyFile))
    if reader.problems:
        raise InvalidFileError(tuple(text for _, text in sorted(reader.problems)))
    return loaded


class _Reader:
    """Gives the parts of a policy their meaning, and collects problems."""

    def __init__(
        self, path: str, providers: Mapping[str, Provider], finding_rules: tuple[str, ...], folder: Path
    ) -> None:
        self.path = path
        self.providers = providers
        self.finding_rules = finding_rules
        self.folder = folder
        self.problems: list[tuple[int, str]] = []
        self.hints = Hints()

    def problem(self, line: int, where: str, what: str) -> None:
        self.problems.append((line, f"{self.path}:{line}: {where}: {what}"))

    def read(self, file: PolicyFile) -> LoadedPolicy:
        if file.version != VERSION:
            self.problem(file.line, "version", f"expected {VERSION}, the version of this format")
        for where, days in (("max-expiry-days", file.max_expiry_days), ("max-age-days", file.max_age_days)):
            self.least_one(file.line, where, days)
        policy = Policy(
            deny=tuple(self.denials(file.deny)),
            require=frozenset(self.known("require", file.require, REQUIRABLE)),
            forbid=tuple(self.bans(file.forbid)),
            deny_environments=tuple(self.environments(file.deny_environments)),
            max_expiry_days=file.max_expiry_days,
            max_age_days=file.max_age_days,
            max_age_days_of=tuple(self.ages(file)),
            fail_on=file.fail_on,
            no_ignore=frozenset(self.rules(file.no_ignore)),
            no_ignore_from=file.no_ignore_from,
            paths=(self.path,),
        )
        return LoadedPolicy(policy, tuple(self.folders(file.extend_from)))

    def least_one(self, line: int, where: str, days: int | None) -> None:
        if days is not None and days < 1:
            self.problem(line, where, "give at least one day")

    def ages(self, file: PolicyFile) -> Iterator[tuple[str, int]]:
        for provider, days in sorted(file.max_age_days_of.items()):
            where = f"max-age-days-of.{printable(provider)}"
            self.least_one(file.line, where, days)
            if self.is_known(where, Marked(provider, file.line), tuple(self.providers)):
                yield provider, days

    def bans(self, entries: tuple[Marked, ...]) -> Iterator[Ban]:
        for index, entry in enumerate(entries):
            where = f"forbid[{index}]"
            provider, slash, kind = entry.text.partition("/")
            if not self.is_known(where, Marked(provider, entry.line), tuple(self.providers)):
                continue
            kinds = tuple(each.id for each in self.providers[provider].kinds)
            if not slash or self.is_known(where, Marked(kind, entry.line), kinds):
                yield Ban(entry.text, self.path, entry.line)

    def environments(self, entries: tuple[Marked, ...]) -> Iterator[Ban]:
        for index, entry in enumerate(entries):
            if entry.text.strip():
                yield Ban(entry.text.strip(), self.path, entry.line)
            else:
                self.problem(entry.line, f"deny-environments[{index}]", "names no environment")

    def denials(self, entries: tuple[Marked, ...]) -> Iterator[Denial]:
        for index, entry in enumerate(entries):
            prefix, colon, rest = entry.text.strip().partition(":")
            named = prefix if colon and rest and prefix in self.providers else None
            inner = Marked(rest, entry.line) if named else entry
            try:
                selector = read_allowance(inner, named, self.providers).selector
            except NotAnAllowanceError as error:
                self.problem(entry.line, f"deny[{index}]", str(error))
                continue
            if isinstance(selector, OperationGlob):
                # What looks like a provider may be a service of one: `redshift:DeleteCluster` is of aws.
                named, selector = None, OperationGlob(entry.text.strip())
            yield Denial(entry.text.strip(), selector, named, self.path, entry.line)

    def rules(self, entries: tuple[Marked, ...]) -> Iterator[str]:
        if any(entry.text == "*" for entry in entries):
            yield from self.finding_rules
            entries = tuple(entry for entry in entries if entry.text != "*")
        yield from self.known("no-ignore", entries, self.finding_rules)

    def known(self, field: str, entries: tuple[Marked, ...], names: tuple[str, ...]) -> Iterator[str]:
        for index, entry in enumerate(entries):
            if self.is_known(f"{field}[{index}]", entry, names):
                yield entry.text

    def is_known(self, where: str, entry: Marked, names: tuple[str, ...]) -> bool:
        if entry.text in names:
            return True
        close = self.hints.close(entry.text, names)
        known = ", ".join(names) if len(names) <= _NAMES_TOLD else "in the documentation"
        hint = f"did you mean {close}?" if close else f"known are {known}"
        self.problem(entry.line, where, f"unknown {printable(entry.text)!r}: {hint}")
        return False

    def folders(self, entries: tuple[Marked, ...]) -> Iterator[Path]:
        for index, entry in enumerate(entries):
            try:
                folder = self.folder / Path(entry.text).expanduser()
                is_folder = folder.is_dir()
            except (OSError, RuntimeError, ValueError):
                is_folder = False
            if is_folder:
                yield folder
            else:
                self.problem(entry.line, f"extend-from[{index}]", "is no folder: name one that exists")


def _together(one: LoadedPolicy, other: LoadedPolicy) -> LoadedPolicy:
    """As strict as both: no file takes anything back."""
    first, second = one.policy, other.policy
    named = {provider for each in (first, second) for provider, _ in each.max_age_days_of}
    of_single = ((each, _least(first.age_limit(each), second.age_limit(each))) for each in sorted(named))
    policy = Policy(
        deny=(*first.deny, *second.deny),
        require=first.require | second.require,
        forbid=(*first.forbid, *second.forbid),
        deny_environments=(*first.deny_environments, *second.deny_environments),
        max_expiry_days=_least(first.max_expiry_days, second.max_expiry_days),
        max_age_days=_least(first.max_age_days, second.max_age_days),
        max_age_days_of=tuple((each, days) for each, days in of_single if days is not None),
        fail_on=first.floor(second.fail_on),
        no_ignore=first.no_ignore | second.no_ignore,
        no_ignore_from=_lower(first.no_ignore_from, second.no_ignore_from),
        paths=(*first.paths, *second.paths),
    )
    return LoadedPolicy(policy, (*one.extend_from, *other.extend_from))


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _lower(one: Severity | None, other: Severity | None) -> Severity | None:
    given = (each for each in (one, other) if each is not None)
    return min(given, key=lambda each: each.rank, default=None)


def _shown(file: Path) -> str:
    """The file's name for messages, with the home folder as `~`."""
    try:
        return f"~/{file.absolute().relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return printable(str(file))
