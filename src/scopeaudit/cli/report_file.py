"""A JSON report as it is read back: only what explaining a finding needs, and every type checked."""

from dataclasses import dataclass
from pathlib import Path

from scopeaudit.jobs.files import text_of
from scopeaudit.model.errors import UsageError
from scopeaudit.report.json_format import SCHEMA
from scopeaudit.report.visible import visible

MAXIMUM_BYTES = 256_000_000
"""A key that may do everything at the largest provider fills some ten million."""


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A location."""

    path: str
    line: int | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenWindow:
    """How long an operation can be undone."""

    hours: int
    by: str


@dataclass(frozen=True, slots=True)
class WrittenOperation:
    """One operation of a finding."""

    id: str
    effect: str
    touches: tuple[str, ...]
    reversible: str
    gate: str
    verdict: str
    evidence: str
    severity: str
    resources: tuple[str, ...]
    takes_recovery: bool
    window: WrittenWindow | None = None
    gate_removed_by: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """One step of a way that takes several."""

    credential: str | None
    kind: str
    operation: str
    does: str


@dataclass(frozen=True, slots=True)
class WrittenRemark:
    """An ignore comment."""

    reason: str
    location: WrittenPlace


@dataclass(frozen=True, slots=True)
class WrittenAcceptance:
    """What a baseline says of a finding."""

    reason: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenFinding:
    """A finding, also one that is ignored or accepted."""

    rule: str
    severity: str
    fingerprint: str
    credential: str | None
    message: str
    remedy: str
    locations: tuple[WrittenPlace, ...]
    operations: tuple[WrittenOperation, ...]
    steps: tuple[WrittenStep, ...] = ()
    ignored_by: tuple[WrittenRemark, ...] = ()
    accepted: WrittenAcceptance | None = None


@dataclass(frozen=True, slots=True)
class WrittenEvidence:
    """What a verdict rests on."""

    evidence: str
    detail: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenCounts:
    """Operations by verdict."""

    granted: int
    denied: int
    unknown: int


@dataclass(frozen=True, slots=True)
class WrittenAuthority:
    """The authority of a credential."""

    state: str
    requests: int
    operations: WrittenCounts
    known_by: tuple[WrittenEvidence, ...]


@dataclass(frozen=True, slots=True)
class WrittenDenial:
    """A rule that is meant to hold and does not."""

    mechanism: str
    rule: str
    strength: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class WrittenReach:
    """How one agent gets at a credential."""

    agent: str
    by: str | None
    open: tuple[str, ...]
    asking: tuple[str, ...]
    location: WrittenPlace
    denied_by: str | None = None
    advisory: tuple[WrittenDenial, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenCredential:
    """A credential."""

    id: str
    provider: str
    kind: str
    shown: str
    authority: WrittenAuthority
    reach: tuple[WrittenReach, ...] = ()
    job: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A whole report."""

    schema: str
    credentials: tuple[WrittenCredential, ...]
    findings: tuple[WrittenFinding, ...]
    suppressed: tuple[WrittenFinding, ...] = ()
    accepted: tuple[WrittenFinding, ...] = ()


def read_report(path: Path) -> WrittenReport:
    """A JSON report.

    Raises:
        UsageError: if it is none, or of another schema.
        InvalidFileError: if the file cannot be read or is too large.
    """
    import msgspec

    name = visible(str(path))
    text = text_of(path, name, MAXIMUM_BYTES)
    write = f"write one with scopeaudit scan --output {visible(path.name)}"
    try:
        schema = msgspec.json.decode(text, type=_Schema).schema
        if schema != SCHEMA:
            raise UsageError(f"--report {name}: is no report of schema {SCHEMA}: {write}")
        return msgspec.json.decode(text, type=WrittenReport)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        # The text of an error repeats keys and never values, but a key may be anything as well.
        told = visible(str(error))[:200] if isinstance(error, msgspec.ValidationError) else "it is not JSON"
        raise UsageError(f"--report {name}: is no report: {told}: {write}") from None


@dataclass(frozen=True, slots=True)
class _Schema:
    schema: str
