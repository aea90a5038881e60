"""What the operations of one provider come to, worked out once for every credential of that provider.

Sets of operations are kept as masks: whole numbers with a bit for each row, the first row in the highest, in
the order in which operations are told. Masks are joined, cut and subtracted with `|`, `&` and `& ~`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property, reduce
from itertools import compress
from operator import or_
from typing import TypeVar

from scopeaudit.audit.severity import DANGER, destroys_data, destroys_recovery, severity_of
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import EvidenceKind, Verdict
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible, Touches, Traits

K = TypeVar("K")
T = TypeVar("T")

ESCALATING = frozenset({Effect.PERMISSIONS, Effect.REVEAL, Effect.EXECUTE})
_UNDESCRIBED = Traits(effect=Effect.WRITE)
_ONE = ord("1")
_BITS = bytes.maketrans(b"01", b"\0\1")


class Harm(Enum):
    """What operations of high severity do, in the order told."""

    LASTING = auto()
    LATER = auto()
    """It lasts after a wait, or once a limited time to undo it is over."""
    PERMISSIONS = auto()
    REVEALING = auto()
    EXECUTING = auto()


_BY_EFFECT = {
    Effect.PERMISSIONS: Harm.PERMISSIONS,
    Effect.REVEAL: Harm.REVEALING,
    Effect.EXECUTE: Harm.EXECUTING,
}


@dataclass(slots=True)
class Row:
    """An operation, and whether its gate counts as taken away."""

    operation: Operation
    removed_by: str | None = None
    """By which operation: one that removes the gate, or the same one where a second principal calls it."""
    severity: Severity = field(init=False)
    """Of the operation where it is granted beyond its job."""

    def __post_init__(self) -> None:
        self.severity = severity_of(self.operation.traits, gate_falls=self.removed_by is not None)

    @property
    def loss(self) -> tuple[int, bool, bool, bool]:
        """Sorts the worst first; of equally severe ones those that lose data, and its backups with it."""
        traits = self.operation.traits
        return (
            -self.severity.rank,
            Touches.DATA not in traits.touches,
            traits.reversible is not Reversible.NO,
            not traits.takes_recovery,
        )

    @property
    def order(self) -> tuple[tuple[int, bool, bool, bool], int, str]:
        """By what is lost, then by effect, then by id."""
        return (self.loss, -DANGER[self.operation.traits.effect], self.operation.id)

    @property
    def harm(self) -> Harm:
        """What it does, if its severity is high."""
        traits = self.operation.traits
        if traits.effect in _BY_EFFECT:
            return _BY_EFFECT[traits.effect]
        waits = traits.gate is not Gate.NONE and self.removed_by is None
        return Harm.LATER if waits or traits.reversible is Reversible.WINDOW else Harm.LASTING


@dataclass(frozen=True, slots=True)
class Opening:
    """One way past the gate of an operation, with masks."""

    standing: int
    """The row of the operation with its gate in place."""
    fallen: int
    """Its row with the gate taken away by this."""
    by: int
    """What removes the gate; none where the catalogue does not describe that, or where it takes two."""
    operation: str
    """Id of what opens the gate."""
    takes_two: bool
    """Whether it is the operation itself, called by a second principal."""


@dataclass(frozen=True)
class Meaning:
    """The operations of one provider in the order in which they are told, with sets of them as masks.

    An operation with a gate that can be opened has several rows: one with the gate in place, and one for each
    way past it. What is held has one of them; a set of operations as such, for example by an effect, has all.
    """

    catalogue: OperationCatalogue
    undescribed: frozenset[str] = frozenset()
    """Operations that verdicts name and the catalogue does not."""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Worst first."""
        more = (Operation(id=each, verb="", traits=_UNDESCRIBED) for each in self.undescribed)
        operations = (*self.catalogue.operations.values(), *more)
        fallen = (Row(each, by) for each in operations for by in _ways_past(each))
        return tuple(sorted((*map(Row, operations), *fallen), key=lambda row: row.order))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Of the operations, row by row."""
        return tuple(row.operation.id for row in self.rows)

    @cached_property
    def _places(self) -> dict[str, int]:
        """Id to the place of the row in which its gate stands, or of the only one, from 0."""
        return {row.operation.id: place for place, row in enumerate(self.rows) if row.removed_by is None}

    @cached_property
    def known(self) -> frozenset[str]:
        """The ids of all operations."""
        return frozenset(self._places)

    @cached_property
    def _fallen_places(self) -> tuple[tuple[int, int], ...]:
        """For each row without its gate the place of the one in which it stands, and its own."""
        fallen = ((row.operation.id, place) for place, row in enumerate(self.rows) if row.removed_by)
        return tuple(sorted((self._places[each], place) for each, place in fallen))

    def _bit(self, place: int) -> int:
        return 1 << (len(self.rows) - 1 - place)

    def mask(self, ids: AbstractSet[str]) -> int:
        """All rows of the operations with these ids, as far as they are known."""
        if 2 * len(ids) > len(self.known):
            return self.all ^ self._rows_of(self.known - ids)
        try:
            return self._rows_of(ids)
        except KeyError:
            return self._rows_of(ids & self.known)

    def masks(self, sets: Sequence[AbstractSet[str]]) -> list[int]:
        """The mask of each set. Where they share out all operations, the largest is what the others leave."""
        if not sets:
            return []
        place = max(range(len(sets)), key=lambda each: len(sets[each]))
        largest, others = sets[place], (*sets[:place], *sets[place + 1 :])
        found = [self.mask(each) for each in others]
        left = self.all & ~reduce(or_, found, 0)
        is_left = (
            (left & self.standing).bit_count() == len(largest)
            and largest <= self.known
            and all(map(largest.isdisjoint, others))
        )
        return [*found[:place], left if is_left else self.mask(largest), *found[place:]]

    def _rows_of(self, ids: Iterable[str]) -> int:
        found, places = bytearray(b"0") * len(self.rows), self._places
        for place in map(places.__getitem__, ids):
            found[place] = _ONE
        for standing, fallen in self._fallen_places:
            found[fallen] = found[standing]
        return int(found or b"0", 2)

    def mask_of_many(self, ids: frozenset[str]) -> int:
        """The same for a set that comes again and again, such as what a job allows."""
        if ids not in self._masks:
            self._masks[ids] = self.mask(ids)
        return self._masks[ids]

    @cached_property
    def _masks(self) -> dict[frozenset[str], int]:
        return {}

    def select(self, mask: int, values: Sequence[T]) -> Iterator[T]:
        """Of values in the order of `rows` those of the rows in the mask."""
        return compress(values, f"{mask:0{len(self.rows)}b}".encode().translate(_BITS))

    def first(self, mask: int) -> Row:
        """The worst of a mask that is not empty."""
        return self.rows[-mask.bit_length()]

    def first_ids(self, mask: int, number: int) -> list[str]:
        """The ids of the worst few in a mask."""
        found: list[str] = []
        while mask and len(found) < number:
            length = mask.bit_length()
            found.append(self.ids[-length])
            mask ^= 1 << (length - 1)
        return found

    def with_gates(self, mask: int) -> int:
        """The rows of what is held: those without the gate where what removes it is held as well."""
        found = mask & self.standing
        for each in self.openings:
            if found & each.standing and mask & each.by:
                found ^= each.standing | each.fallen
        return found

    def in_mask(self, mask: int) -> tuple[str, ...]:
        """The ids in a mask."""
        return tuple(self.select(mask, self.ids)) if mask else ()

    def where(self, holds: Callable[[Operation], bool]) -> int:
        """The rows of the operations of which something holds."""
        return self.rows_where(lambda row: holds(row.operation))

    def rows_where(self, holds: Callable[[Row], bool]) -> int:
        """The rows of which something holds."""
        return int("".join("1" if holds(row) else "0" for row in self.rows) or "0", 2)

    @cached_property
    def all(self) -> int:
        """Every row."""
        return self.rows_where(lambda _: True)

    @cached_property
    def standing(self) -> int:
        """One row for each operation: that in which its gate stands, if it has one."""
        return self.rows_where(lambda row: row.removed_by is None)

    @cached_property
    def described(self) -> int:
        """The operations that the catalogue describes."""
        return self.where(lambda each: each.id in self.catalogue.operations)

    @cached_property
    def destroying_data(self) -> int:
        """Those by which data may be lost."""
        return self.where(lambda each: destroys_data(each.traits))

    @cached_property
    def destroying_recovery(self) -> int:
        """Those by which recovery copies may be lost."""
        return self.where(lambda each: destroys_recovery(each.traits))

    @cached_property
    def taking_recovery(self) -> int:
        """Those that take the recovery copies of what they destroy along."""
        return self.where(lambda each: each.traits.takes_recovery)

    @cached_property
    def escalating(self) -> int:
        """Those by which more authority can be had."""
        return self.where(lambda each: each.traits.effect in ESCALATING)

    @cached_property
    def reading(self) -> int:
        """Those that only read."""
        return self.where(lambda each: each.traits.effect is Effect.READ)

    @cached_property
    def noticed_in_production(self) -> int:
        """Those that change something, or read data."""
        return self.where(
            lambda each: each.traits.effect is not Effect.READ or Touches.DATA in each.traits.touches
        )

    @cached_property
    def yielding(self) -> int:
        """Those that mint, reveal or widen credentials of documented kinds."""
        return self.where(lambda each: bool(each.traits.yields))

    @cached_property
    def deleting(self) -> int:
        """Those that delete what they act on."""
        return self.where(lambda each: each.traits.effect is Effect.DELETE)

    @cached_property
    def on(self) -> dict[str | None, int]:
        """Type of resource to the operations that act on it; `None` to those that act on none."""
        return self._by(lambda row: row.operation.on)

    @cached_property
    def falling(self) -> int:
        """Those whose gate is taken away."""
        return self.rows_where(lambda row: row.removed_by is not None)

    @cached_property
    def openings(self) -> tuple[Opening, ...]:
        """All ways past gates, worst operation first."""
        return tuple(self._opening(self._bit(standing), place) for standing, place in self._fallen_places)

    def _opening(self, standing: int, place: int) -> Opening:
        row = self.rows[place]
        remover, by = row.operation.traits.gate_removed_by, row.removed_by or ""
        removing = self.mask(frozenset({by})) if by == remover else 0
        return Opening(standing, self._bit(place), removing, by, takes_two=by != remover)

    @cached_property
    def removers(self) -> dict[str, int]:
        """Operations that remove the gate of another, with their masks."""
        return {each.operation: each.by for each in self.openings if each.by}

    @cached_property
    def taking_two(self) -> int:
        """Those that take a second principal."""
        return self.where(lambda each: each.traits.gate is Gate.SECOND_PRINCIPAL)

    @cached_property
    def families(self) -> dict[str, tuple[int, int]]:
        """By part of the provider: what destroys data there, and what destroys recovery copies there.

        Only ids such as `rds:DeleteDBInstance` name a part; all others are of one.
        """
        found: dict[str, tuple[int, int]] = {}
        for mask, place in ((self.destroying_data, 0), (self.destroying_recovery, 1)):
            by_part: dict[str, set[str]] = {}
            for each in self.in_mask(mask & self.standing):
                by_part.setdefault(each.partition(":")[0] if ":" in each else "", set()).add(each)
            for part, ids in by_part.items():
                pair = list(found.get(part, (0, 0)))
                pair[place] = self.mask(ids)
                found[part] = (pair[0], pair[1])
        return found

    @cached_property
    def keepers(self) -> int:
        """What destroys recovery copies in parts that keep nothing else, and so copies of any part."""
        alone = (recovery for data, recovery in self.families.values() if not data)
        return reduce(or_, alone, 0)

    @cached_property
    def critical(self) -> int:
        """Those that are critical: a gate that falls does not count."""
        return self.of_severity.get(Severity.CRITICAL, 0)

    @cached_property
    def of_severity(self) -> dict[Severity, int]:
        """The rows of each severity."""
        return self._by(lambda row: row.severity)

    @cached_property
    def harms(self) -> dict[Harm, int]:
        """The rows that do each harm where their severity is high."""
        return self._by(lambda row: row.harm)

    @cached_property
    def _alike(self) -> tuple[int, ...]:
        found = self._by(lambda row: row.loss)
        return tuple(found[row.loss] for row in self.rows)

    def alike(self, mask: int) -> int:
        """All rows that are as severe and lose the same as the worst of a mask that is not empty."""
        return self._alike[-mask.bit_length()]

    def _by(self, key: Callable[[Row], K]) -> dict[K, int]:
        found: dict[K, int] = {}
        for place, row in enumerate(self.rows):
            found[key(row)] = found.get(key(row), 0) | self._bit(place)
        return found

    @cached_property
    def made(self) -> dict[tuple[Verdict, EvidenceKind], dict[int, FindingOperation]]:
        """What acts on nothing known, as findings tell it, by place of the row: all credentials share it."""
        return defaultdict(dict)

    def operation(self, operation_id: str) -> Operation:
        """The operation; one that is not described counts as a change of unknown effect."""
        found = self.catalogue.operations.get(operation_id)
        return found or Operation(id=operation_id, verb="", traits=_UNDESCRIBED)


def _ways_past(operation: Operation) -> tuple[str, ...]:
    """Operations by which its gate is opened, by this credential or by another."""
    traits = operation.traits
    if traits.gate is Gate.NONE:
        return ()
    remover = (traits.gate_removed_by,) if traits.gate_removed_by is not None else ()
    approval = (operation.id,) if traits.gate is Gate.SECOND_PRINCIPAL else ()
    return tuple(dict.fromkeys((*remover, *approval)))
