"""What the audit found, in values that hold no secret."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scopeaudit.model.location import Location

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from scopeaudit.model.authority import Authority, EvidenceKind, Verdict
    from scopeaudit.model.context import Reach
    from scopeaudit.model.credential import Credential
    from scopeaudit.model.operation import Effect, Gate, Reversible, Touches, Window


class Severity(StrEnum):
    """How bad it would be."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return _RANKS[self]


_RANKS = {Severity.LOW: 0, Severity.MEDIUM: 1, Severity.HIGH: 2, Severity.CRITICAL: 3}


@dataclass(frozen=True, slots=True)
class FindingOperation:
    """One operation a finding is about."""

    id: str
    effect: "Effect"
    touches: "frozenset[Touches]"
    reversible: "Reversible"
    gate: "Gate"
    verdict: "Verdict"
    evidence: "EvidenceKind"
    severity: Severity
    resources: tuple[str, ...] = ()
    """Ids, sorted; those the operation acts on directly and those that die with them."""
    window: "Window | None" = None
    gate_removed_by: str | None = None
    """Set where the gate falls because this operation may be called: by the same credential, or by another
    one where a finding is about both. The operation itself where a second principal calls it."""
    takes_recovery: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way that takes more than one operation, or more than one credential."""

    credential: str | None
    """Id of the credential that is used; `None` for one that an earlier step mints or reveals."""
    kind: str
    """The provider's name and the kind of that credential: `Railway account token`."""
    operation: str
    does: str
    """What that comes to, for the end of a sentence: `mints an account token`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    rule: str
    severity: Severity
    fingerprint: str
    """Hex; made of rule, provider, kind, path and name, never of the secret."""
    credential: str | None
    """Id of the credential, or `None` for a finding about the job file or an ignore comment."""
    message: str
    remedy: str
    locations: tuple[Location, ...]
    operations: "Sequence[FindingOperation]" = ()
    """Worst first, and none of them twice; never changes."""
    resources: tuple[str, ...] = ()
    """Ids of the resources the finding is about, sorted."""
    steps: tuple[Step, ...] = ()
    """The shortest way to the loss, where one operation of one credential is not enough."""


@dataclass(frozen=True, slots=True)
class AuditedCredential:
    """A credential with its authority and job."""

    credential: "Credential"
    authority: "Authority"
    job: str | None = None
    owner: str | None = None
    job_expires: "datetime.date | None" = None
    """The last day of the job."""
    job_description: str | None = None
    destroys_recovery: bool = False
    reach: "tuple[Reach, ...]" = ()
    """How agents get at it: an entry for each agent and location."""
