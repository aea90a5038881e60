"""What a provider lets a caller do, and what that would mean."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What happens when the operation succeeds."""

    READ = "read"
    REVEAL = "reveal"
    """Reads other secrets."""
    WRITE = "write"
    DELETE = "delete"
    EXECUTE = "execute"
    """Runs code at the provider."""
    SPEND = "spend"
    """Costs money or sends messages."""
    PERMISSIONS = "permissions"
    """Changes who may do what."""


class Touches(StrEnum):
    """What the operation acts on, in terms a person cares about."""

    DATA = "data"
    RECOVERY = "recovery"
    COMPUTE = "compute"
    NETWORK = "network"
    CODE = "code"
    IDENTITY = "identity"
    BILLING = "billing"
    AUDIT_LOG = "audit-log"


class Reversible(StrEnum):
    """Whether the effect can be undone."""

    YES = "yes"
    WINDOW = "window"
    """For a stated time, by whom the window says."""
    NO = "no"
    UNKNOWN = "unknown"
    """The documentation does not say. Never counts as reversible."""


class Gate(StrEnum):
    """What stands before the operation on the raw API. A confirmation in a client is none."""

    NONE = "none"
    DELAY = "delay"
    SECOND_PRINCIPAL = "second-principal"
    MFA = "mfa"
    PROTECTION = "protection"


@dataclass(frozen=True, slots=True)
class Window:
    """How long an effect can be undone, and by whom."""

    hours: int
    by: str


@dataclass(frozen=True, slots=True)
class Traits:
    """What an operation would mean, with the document that says so."""

    effect: Effect
    touches: frozenset[Touches] = frozenset()
    reversible: Reversible = Reversible.UNKNOWN
    window: Window | None = None
    gate: Gate = Gate.NONE
    gate_removed_by: str | None = None
    """The operation of the same provider that skips or removes the gate."""
    takes_recovery: bool = False
    """Recovery copies die with the resource."""
    source: str = ""
    """URL of the documentation or the official description."""
    note: str | None = None
    yields: tuple[str, ...] = ()
    """Kinds of credentials that it mints, reveals or widens: `kind` of this provider, or `provider/kind`."""
    by_hand: bool = False
    """False where the traits were concluded from the operation's verb alone."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a caller must hold in one dimension (scope, permission, role ...)."""

    dimension: str
    alternatives: tuple[frozenset[str], ...]
    """Any one suffices; within one, every atom is needed."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a provider lets a caller do."""

    id: str
    """As the provider names it: `volumeDelete`, `repos/delete`, `s3:DeleteObject`."""
    verb: str
    """HTTP method, `query` or `mutation`, SQL command, or IAM access level."""
    traits: Traits
    on: str | None = None
    """Type of the resource acted on, as in the first part of a resource id."""
    path: str | None = None
    requires: tuple[Requirement, ...] = ()
    """All of them are needed, one a dimension."""
