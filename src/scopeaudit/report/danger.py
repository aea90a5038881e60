"""Operations in the order of what they would cost, under the headings a reader needs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from scopeaudit.model.authority import Verdict
from scopeaudit.model.finding import FindingOperation
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches

_WINDOWS_SHOWN = 4
_LONGEST_LABEL = 26
_IRREPLACEABLE = frozenset({Touches.DATA, Touches.RECOVERY})

_NO_GATE, _WINDOW, _UNDOCUMENTED, _GATED = 0, 1, 2, 3
_PERMISSIONS, _REVEAL, _EXECUTE, _SPEND = 4, 5, 6, 7
_REVERSIBLE, _READ = 8, 9

_Heading: TypeAlias = tuple[int, int, str, str]
"""Place among the headings, place within those of one kind, label, and note."""

_GATES = {
    Gate.NONE: "no gate",
    Gate.DELAY: "after a delay",
    Gate.SECOND_PRINCIPAL: "a second person must agree",
    Gate.MFA: "with a second factor",
    Gate.PROTECTION: "once protection is off",
}


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """Operations that would cost the same."""

    label: str
    """In words: `cannot be undone, no gate`."""
    operations: tuple[FindingOperation, ...]
    """Most dangerous first; at least one."""
    note: str = ""
    """What is too long for the label: who may undo it."""

    @property
    def unknown(self) -> int:
        """How many of them are not known to be granted, nor denied."""
        return sum(operation.verdict is Verdict.UNKNOWN for operation in self.operations)


def is_ungated(operation: FindingOperation) -> bool:
    """Whether nothing stands before the operation, or its gate falls to the same credential."""
    return operation.gate is Gate.NONE or operation.gate_removed_by is not None


def most_dangerous_first(operations: Iterable[FindingOperation]) -> tuple[FindingOperation, ...]:
    """Each operation once, under its worst description; ties keep the order given."""
    worst: dict[str, FindingOperation] = {}
    for operation in operations:
        other = worst.get(operation.id)
        if other is None or _weight(operation) > _weight(other):
            worst[operation.id] = operation
    return tuple(sorted(worst.values(), key=_weight, reverse=True))


def grouped(operations: Iterable[FindingOperation]) -> tuple[OperationGroup, ...]:
    """The operations under headings, worst heading first."""
    headings: dict[_Heading, list[FindingOperation]] = defaultdict(list)
    for operation in operations:
        headings[_heading(operation)].append(operation)
    windows = sorted(heading for heading in headings if heading[0] == _WINDOW)
    for heading in windows[_WINDOWS_SHOWN:]:
        headings[_WINDOW, 1 << 30, "other windows", ""] += headings.pop(heading)
    return tuple(
        OperationGroup(heading[2], most_dangerous_first(headings[heading]), heading[3])
        for heading in sorted(headings)
    )


def _weight(operation: FindingOperation) -> tuple[int, bool, bool, bool, bool, int]:
    return (
        operation.severity.rank,
        operation.verdict is Verdict.GRANTED,
        operation.reversible is Reversible.NO and is_ungated(operation),
        operation.takes_recovery,
        bool(operation.touches & _IRREPLACEABLE),
        min(len(operation.resources), 1),
    )


def _heading(operation: FindingOperation) -> _Heading:
    match operation.effect:
        case Effect.READ:
            return (_READ, 0, "reads", "")
        case Effect.REVEAL:
            return (_REVEAL, 0, "reveals other secrets", "")
        case Effect.PERMISSIONS:
            return (_PERMISSIONS, 0, "mints or widens credentials", "")
        case Effect.EXECUTE:
            return (_EXECUTE, 0, "runs code", "")
        case Effect.SPEND:
            return (_SPEND, 0, "costs money or sends messages", "")
        case Effect.WRITE | Effect.DELETE:
            return _undoing(operation)
        case other:
            assert_never(other)


def _undoing(operation: FindingOperation) -> _Heading:
    gate = "no gate" if is_ungated(operation) else _GATES[operation.gate]
    match operation.reversible:
        case Reversible.NO:
            return (_NO_GATE if is_ungated(operation) else _GATED, 0, f"cannot be undone, {gate}", "")
        case Reversible.WINDOW:
            return _window(operation)
        case Reversible.UNKNOWN:
            return (_UNDOCUMENTED, 0, f"no documented way back, {gate}", "")
        case Reversible.YES:
            return (_REVERSIBLE, 0, "can be undone", "")
        case other:
            assert_never(other)


def _window(operation: FindingOperation) -> _Heading:
    window = operation.window
    if window is None:
        return (_WINDOW, 0, "for a limited time", "")
    span = f"{window.hours} h" if window.hours < 96 else f"{window.hours // 24}-day"
    if operation.gate_removed_by is not None:
        return (_WINDOW, -1, *_with(f"{span} window", f"void by {operation.gate_removed_by}"))
    return (_WINDOW, window.hours, *_with(f"{span} window", f"by {window.by}"))


def _with(label: str, how: str) -> tuple[str, str]:
    """Label and note: one label where it is short enough to stand in one line."""
    whole = f"{label}, {how}"
    return (whole, "") if len(whole) <= _LONGEST_LABEL else (label, how)
