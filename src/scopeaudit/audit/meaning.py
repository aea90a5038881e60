"""What the operations of one provider come to, worked out once for every credential of that provider.

Sets of operations are kept as masks: whole numbers with a byte for each operation, 1 for those in the set,
in the order in which operations are told. Masks are joined, cut and subtracted with `|`, `&` and `& ~`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import compress
from operator import or_
from typing import TypeVar

from scopeaudit.audit.severity import DANGER, destroys_data, destroys_recovery, severity_of
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible, Touches, Traits

T = TypeVar("T")

ESCALATING = frozenset({Effect.PERMISSIONS, Effect.REVEAL, Effect.EXECUTE})
_UNDESCRIBED = Traits(effect=Effect.WRITE)
_FEW = 3
"""A set this many times smaller than the catalogue is looked up one by one."""


@dataclass(frozen=True, slots=True)
class Row:
    """An operation, and whether its gate counts as taken away."""

    operation: Operation
    gate_falls: bool = False

    @property
    def severity(self) -> Severity:
        """Of the operation where it is granted beyond its job."""
        return severity_of(self.operation.traits, gate_falls=self.gate_falls)

    @property
    def order(self) -> tuple[int, bool, bool, bool, int, str]:
        """Sorts the worst first; of equally severe ones those that lose data, and its backups with it."""
        traits = self.operation.traits
        return (
            -self.severity.rank,
            Touches.DATA not in traits.touches,
            traits.reversible is not Reversible.NO,
            not traits.takes_recovery,
            -DANGER[traits.effect],
            self.operation.id,
        )


def telling(operation: FindingOperation) -> tuple[int, bool, bool, bool, int, str]:
    """The same order, of operations as findings tell them."""
    return (
        -operation.severity.rank,
        Touches.DATA not in operation.touches,
        operation.reversible is not Reversible.NO,
        not operation.takes_recovery,
        -DANGER[operation.effect],
        operation.id,
    )


@dataclass(frozen=True)
class Meaning:
    """The operations of one provider in the order in which they are told, with sets of them as masks.

    An operation whose gate another one removes has two rows: masks hold the first of them, the one with the
    gate in place, until they are moved to the other (`fallen_rows`).
    """

    catalogue: OperationCatalogue

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Worst first."""
        operations = self.catalogue.operations.values()
        fallen = (Row(each, gate_falls=True) for each in operations if _has_removable_gate(each))
        return tuple(sorted((*map(Row, operations), *fallen), key=lambda row: row.order))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Of the operations, row by row."""
        return tuple(row.operation.id for row in self.rows)

    @cached_property
    def _places(self) -> dict[tuple[str, bool], int]:
        """The place of a row by operation and whether its gate falls, from 0."""
        return {(row.operation.id, row.gate_falls): place for place, row in enumerate(self.rows)}

    def _row(self, operation_id: str, *, gate_falls: bool = False) -> int:
        """The mask of one row; 0 where there is none."""
        place = self._places.get((operation_id, gate_falls))
        return 0 if place is None else 1 << 8 * (len(self.rows) - 1 - place)

    @cached_property
    def _standing(self) -> dict[str, int]:
        """Id to the place of the row in which its gate stands, or to the only one."""
        return {row.operation.id: place for place, row in enumerate(self.rows) if not row.gate_falls}

    @cached_property
    def everything(self) -> int:
        """The mask of all operations."""
        return self._mask_of(not row.gate_falls for row in self.rows)

    def _mask_of(self, chosen: Iterable[bool]) -> int:
        return int.from_bytes(bytes(chosen), "big")

    def mask(self, ids: AbstractSet[str]) -> int:
        """The operations with these ids, as far as they are described."""
        if len(ids) * _FEW < len(self.ids):
            found = bytearray(len(self.rows))
            for each in ids & self._standing.keys():
                found[self._standing[each]] = 1
            return int.from_bytes(found, "big")
        return self._mask_of(map(ids.__contains__, self.ids)) & self.everything

    def mask_of_many(self, ids: frozenset[str]) -> int:
        """The same for a set that comes again and again, such as what a job allows."""
        if ids not in self._masks:
            self._masks[ids] = self.mask(ids)
        return self._masks[ids]

    @cached_property
    def _masks(self) -> dict[frozenset[str], int]:
        return {}

    def fallen_rows(self, ids: Iterable[str]) -> tuple[tuple[int, int], ...]:
        """For each operation the row in which its gate stands, and the one in which it falls."""
        return tuple((self._row(each), self._row(each, gate_falls=True)) for each in ids)

    def select(self, mask: int, values: Sequence[T]) -> Iterator[T]:
        """Of values in the order of `ids` those of the operations in the mask."""
        return compress(values, mask.to_bytes(len(self.ids), "big"))

    def in_mask(self, mask: int) -> tuple[str, ...]:
        """The ids in a mask."""
        return tuple(self.select(mask, self.ids)) if mask else ()

    def has(self, mask: int, operation_id: str) -> bool:
        """Whether an operation is in a mask."""
        return bool(mask & self._row(operation_id))

    def where(self, holds: Callable[[Operation], bool]) -> int:
        """The rows of the operations of which something holds."""
        return self._mask_of(holds(row.operation) for row in self.rows)

    @cached_property
    def destroying_data(self) -> int:
        """Those by which data may be lost."""
        return self.where(lambda each: destroys_data(each.traits))

    @cached_property
    def destroying_recovery(self) -> int:
        """Those by which recovery copies may be lost."""
        return self.where(lambda each: destroys_recovery(each.traits))

    @cached_property
    def escalating(self) -> int:
        """Those by which more authority can be had."""
        return self.where(lambda each: each.traits.effect in ESCALATING)

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
    def gated(self) -> int:
        """Those with a gate that another operation removes."""
        return self.where(_has_removable_gate) & self.everything

    @cached_property
    def removers(self) -> dict[str, int]:
        """Operations that remove the gate of another, with their masks."""
        named = {row.operation.traits.gate_removed_by for row in self.rows if row.gate_falls}
        return {each: self._row(each) for each in sorted(each for each in named if each is not None)}

    @cached_property
    def gates(self) -> tuple[tuple[str, int, int], ...]:
        """Each operation whose gate can be removed: its id, its mask, and that of what removes the gate."""
        rows = [row.operation for row in self.rows if row.gate_falls]
        return tuple(
            (each.id, self._row(each.id), self._row(each.traits.gate_removed_by or "")) for each in rows
        )

    @cached_property
    def families(self) -> dict[str, tuple[int, int]]:
        """By part of the provider: what destroys data there, and what destroys recovery copies there.

        Only ids such as `rds:DeleteDBInstance` name a part; all others are of one.
        """
        found: dict[str, tuple[int, int]] = {}
        for mask, place in ((self.destroying_data, 0), (self.destroying_recovery, 1)):
            by_part: dict[str, set[str]] = {}
            for each in self.in_mask(mask & self.everything):
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
        return self._mask_of(row.severity is Severity.CRITICAL for row in self.rows)

    def operation(self, operation_id: str) -> Operation:
        """The operation; one that is not described counts as a change of unknown effect."""
        found = self.catalogue.operations.get(operation_id)
        return found or Operation(id=operation_id, verb="", traits=_UNDESCRIBED)

    def undescribed(self, ids: Iterable[str]) -> frozenset[str]:
        """Of the ids those that no description has."""
        return frozenset(ids) - self.catalogue.ids


def _has_removable_gate(operation: Operation) -> bool:
    return operation.traits.gate is not Gate.NONE and operation.traits.gate_removed_by is not None
