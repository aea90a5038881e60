"""The effective permissions of one credential, with the evidence for each."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a credential may perform an operation. Unknown never counts as denied."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


class EvidenceKind(StrEnum):
    """Who says so."""

    ASKED = "asked"
    ENCODED = "encoded"
    DOCUMENTED = "documented"
    NONE = "none"


_STRENGTH = {
    EvidenceKind.NONE: 0,
    EvidenceKind.DOCUMENTED: 1,
    EvidenceKind.ENCODED: 2,
    EvidenceKind.ASKED: 3,
}


def strongest(kinds: Iterable[EvidenceKind]) -> EvidenceKind:
    """The most direct of the kinds; `none` of nothing."""
    return max(kinds, key=_STRENGTH.__getitem__, default=EvidenceKind.NONE)


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Why a verdict is what it is."""

    kind: EvidenceKind
    detail: str
    """Request and status, token claim, or what the document says, in one line; never a secret."""
    source: str | None = None
    """URL of the documentation that gives the answer its meaning."""


class State(StrEnum):
    """Whether the credential works."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """Something an operation can act on."""

    id: str
    """`<type>/<the provider's id>`."""
    name: str
    environment: str | None = None
    """The provider's own name for the environment it belongs to, if there is one."""
    parent: str | None = None
    """Id of the resource it lives in and dies with."""
    details: tuple[tuple[str, str], ...] = ()
    """What helps a reader: size, state, count; in the order of the provider file."""

    @property
    def type(self) -> str:
        """The part of the id before the first `/`."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Grant:
    """One verdict with one reason, for many operations at once."""

    operations: frozenset[str]
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    resources: frozenset[str] | None = None
    """Ids of the resources it is about; `None` where it is not bound to single resources."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What one credential may do.

    An operation is granted if any grant says granted, else unknown if any says unknown,
    else denied. An operation no grant names is unknown.
    """

    state: State
    kind: str
    """The credential's kind, made exact by what the provider said."""
    grants: tuple[Grant, ...] = ()
    resources: tuple[Resource, ...] = ()
    enumerates: bool = True
    """Whether `resources` lists what there is. If not, they are only what grants are bound to, and a
    grant bound to none of them reaches every resource."""
    incomplete: frozenset[str] = frozenset()
    """Resource types that were to be listed and of which there may be more than `resources` names."""
    account: str | None = None
    expires: str | None = None
    """Date and time in ISO 8601, UTC; `never` where the provider says it does not."""
    issued: str | None = None
    """Date and time in ISO 8601, UTC, as the provider or the credential says."""
    requests: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    """What else the provider said that a reader should know, as pairs."""

    @property
    def evidence(self) -> EvidenceKind:
        """The most direct evidence any verdict rests on."""
        return strongest(piece.kind for grant in self.grants for piece in grant.evidence)

    def operations(self, verdict: Verdict) -> frozenset[str]:
        """The operations whose overall verdict this is, over those that grants name."""
        by_verdict = {each: self._named(each) for each in Verdict}
        granted = by_verdict[Verdict.GRANTED]
        match verdict:
            case Verdict.GRANTED:
                return granted
            case Verdict.UNKNOWN:
                return by_verdict[Verdict.UNKNOWN] - granted
            case Verdict.DENIED:
                return by_verdict[Verdict.DENIED] - granted - by_verdict[Verdict.UNKNOWN]

    def _named(self, verdict: Verdict) -> frozenset[str]:
        sets = [grant.operations for grant in self.grants if grant.verdict is verdict]
        return sets[0] if len(sets) == 1 else frozenset().union(*sets)
