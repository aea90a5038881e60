"""How bad an operation is, computed from its traits alone.

Unknown never lowers: an undocumented deletion counts as one that cannot be undone.
"""

from collections.abc import Iterable

from scopeaudit.model.finding import Severity
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches, Traits

_PRECIOUS = frozenset({Touches.DATA, Touches.RECOVERY})
_DESTRUCTIVE = frozenset({Effect.DELETE, Effect.WRITE, Effect.EXECUTE})
_WIDENING = frozenset({Effect.PERMISSIONS, Effect.REVEAL, Effect.EXECUTE})
_BY_RANK = tuple(sorted(Severity, key=lambda severity: severity.rank))

DANGER = {
    effect: position
    for position, effect in enumerate(
        (
            Effect.READ,
            Effect.WRITE,
            Effect.SPEND,
            Effect.REVEAL,
            Effect.EXECUTE,
            Effect.PERMISSIONS,
            Effect.DELETE,
        )
    )
}
"""The order in which effects of equal severity are told, least first."""


def is_lasting(traits: Traits) -> bool:
    """Whether what is done stays done: documented so, or a deletion of which nothing is documented."""
    if traits.reversible is Reversible.UNKNOWN:
        return traits.effect is Effect.DELETE
    return traits.reversible is Reversible.NO


def is_destruction(traits: Traits) -> bool:
    """Whether something may be lost: a deletion, or a change or program run documented as irreversible."""
    if traits.effect is Effect.DELETE:
        return traits.reversible is not Reversible.YES
    return traits.effect in _DESTRUCTIVE and traits.reversible is Reversible.NO


def destroys_data(traits: Traits) -> bool:
    """Whether data may be lost, for good or after a window."""
    return is_destruction(traits) and Touches.DATA in traits.touches


def destroys_recovery(traits: Traits) -> bool:
    """Whether recovery copies may be lost: they are what it acts on, or they die with it."""
    return is_destruction(traits) and (Touches.RECOVERY in traits.touches or traits.takes_recovery)


def severity_of(traits: Traits, *, gate_falls: bool = False) -> Severity:
    """The severity of an operation that is granted beyond its job.

    `gate_falls` says that the same credential may call the operation that removes the gate.
    """
    if traits.effect is Effect.READ:
        return Severity.LOW
    precious = traits.takes_recovery or not _PRECIOUS.isdisjoint(traits.touches)
    lasting = is_lasting(traits)
    ungated = gate_falls or traits.gate is Gate.NONE
    if traits.effect in _DESTRUCTIVE and precious and lasting and ungated:
        return Severity.CRITICAL
    if lasting or traits.effect in _WIDENING:
        return Severity.HIGH
    if traits.effect is Effect.SPEND and traits.reversible is Reversible.UNKNOWN:
        return Severity.HIGH
    if traits.effect is Effect.DELETE and precious and traits.reversible is Reversible.WINDOW:
        return Severity.HIGH
    return Severity.MEDIUM


def worst(severities: Iterable[Severity]) -> Severity:
    """The worst of them; low of nothing."""
    return max(severities, key=lambda severity: severity.rank, default=Severity.LOW)


def at_most(severity: Severity, limit: Severity) -> Severity:
    """The severity, or the limit where it is worse."""
    return min(severity, limit, key=lambda each: each.rank)


def at_least(severity: Severity, limit: Severity) -> Severity:
    """The severity, or the limit where it is less."""
    return max(severity, limit, key=lambda each: each.rank)


def one_step_lower(severity: Severity) -> Severity:
    """The next severity below; low stays low."""
    return _BY_RANK[max(severity.rank - 1, 0)]
