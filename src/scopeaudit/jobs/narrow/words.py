"""How operations and resources are told of in what remains."""

from collections.abc import Iterable, Sequence

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.operation import Effect, Reversible, Touches

_SHOWN = 6
_WORST = (Effect.PERMISSIONS, Effect.EXECUTE, Effect.DELETE, Effect.REVEAL, Effect.SPEND, Effect.WRITE)

_PRECIOUS = frozenset({Touches.DATA, Touches.RECOVERY})


def counted(number: int, noun: str) -> str:
    """`1 operation`, `1,200 operations`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int = _SHOWN) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def worst_first(operations: Iterable[str], catalogue: OperationCatalogue) -> list[str]:
    """What destroys data first, then what cannot be undone, then by effect, then by id."""
    return sorted(operations, key=lambda each: (*_danger(each, catalogue), each))


def _danger(operation_id: str, catalogue: OperationCatalogue) -> tuple[bool, bool, int]:
    operation = catalogue.operations.get(operation_id)
    if operation is None:
        return (True, True, _WORST.index(Effect.WRITE))
    traits = operation.traits
    destroys = traits.effect is Effect.DELETE and not traits.touches.isdisjoint(_PRECIOUS)
    rank = _WORST.index(traits.effect) if traits.effect in _WORST else len(_WORST)
    is_final = traits.effect is not Effect.READ and traits.reversible is Reversible.NO
    return (not (destroys and traits.reversible is not Reversible.YES), not is_final, rank)


def beyond_told(beyond: Iterable[str], catalogue: OperationCatalogue, why: str) -> tuple[str, ...]:
    """The line about operations that come with it; none where nothing does."""
    names = worst_first(beyond, catalogue)
    if not names:
        return ()
    return (f"{why}: {counted(len(names), 'operation')} beyond the job, {listed(names)}",)


def missing_told(missing: Iterable[str], why: str) -> tuple[str, ...]:
    """The line about operations of the job that it does not do; none where it does all."""
    names = sorted(missing)
    if not names:
        return ()
    return (f"it does not do {counted(len(names), 'operation')} of the job, {listed(names)}: {why}",)
