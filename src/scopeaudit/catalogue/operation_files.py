"""The files that say what a provider's operations are and what each would mean.

`rules/operations/<id>.json` is generated from official descriptions, `rules/traits/<id>.yaml` is
written by hand over it, and `rules/requires/<id>.yaml` adds requirements no description carries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from scopeaudit.catalogue.operations import OperationCatalogue, glob
from scopeaudit.model.operation import (
    Effect,
    Gate,
    Operation,
    Requirement,
    Reversible,
    Touches,
    Traits,
    Window,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitGroup:
    """Operations with the same traits."""

    name: str
    operations: tuple[str, ...]
    """Exact ids or globs. An exact id beats a glob; among globs the first group wins."""
    effect: Effect
    touches: frozenset[Touches] = frozenset()
    on: str | None = None
    reversible: Reversible
    window: Window | None = None
    gate: Gate = Gate.NONE
    gate_removed_by: str | None = None
    takes_recovery: bool = False
    yields: tuple[str, ...] = ()
    """Kinds of credentials that it mints, reveals or widens: `kind`, or `provider/kind` of another one."""
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitsFile:
    """`rules/traits/<id>.yaml`."""

    provider: str
    complete: bool = False
    """Every operation of the catalogue is named by a group."""
    groups: tuple[TraitGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireGroup:
    """Operations that need the same in one dimension."""

    dimension: str
    needs: tuple[str, ...]
    """Alternatives; atoms within one are joined by `+`."""
    adds: bool = False
    """They are alternatives beside those an operation has already; else they are for operations that
    have none in this dimension."""
    operations: tuple[str, ...]
    """Exact ids or globs. An exact id beats a glob; among globs the first group wins."""
    source: str | None = None
    """The file's where missing."""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiresFile:
    """`rules/requires/<id>.yaml`. Each operation takes one group of each dimension, and one that adds."""

    provider: str
    source: str
    requires: tuple[RequireGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFrom:
    """The official description a catalogue was generated from."""

    title: str
    url: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRow:
    """One operation as generated: no traits."""

    id: str
    verb: str
    path: str | None = None
    on: str | None = None
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsFile:
    """`rules/operations/<id>.json`."""

    provider: str
    generated_from: GeneratedFrom
    operations: tuple[OperationRow, ...]


_VERB_EFFECTS = {
    "GET": Effect.READ,
    "HEAD": Effect.READ,
    "QUERY": Effect.READ,
    "LIST": Effect.READ,
    "READ": Effect.READ,
    "DELETE": Effect.DELETE,
    "PERMISSIONS MANAGEMENT": Effect.PERMISSIONS,
}


def traits_of_verb(verb: str, source: str) -> Traits:
    """What the verb alone says; reversibility of anything but a read is unknown."""
    effect = _VERB_EFFECTS.get(verb.upper(), Effect.WRITE)
    reversible = Reversible.YES if effect is Effect.READ else Reversible.UNKNOWN
    return Traits(effect=effect, reversible=reversible, source=source)


def requirement(dimension: str, alternatives: tuple[str, ...]) -> Requirement:
    """Alternatives written `a+b` as sets of atoms."""
    return Requirement(
        dimension=dimension,
        alternatives=tuple(frozenset(alternative.split("+")) for alternative in alternatives),
    )


class Overlay:
    """Which group speaks for which operation."""

    def __init__(self, groups: tuple[tuple[tuple[str, ...], int], ...]) -> None:
        """`groups` are the names and globs of each group with its index."""
        self._exact: dict[str, int] = {}
        self._globs: list[tuple[str, int]] = []
        for names, index in groups:
            for name in names:
                if any(character in name for character in "*?["):
                    self._globs.append((name, index))
                else:
                    self._exact.setdefault(name, index)

    def find(self, operation_id: str) -> int | None:
        """The index of the group, or `None`."""
        if (index := self._exact.get(operation_id)) is not None:
            return index
        return next((at for pattern, at in self._globs if glob(pattern).match(operation_id)), None)


class _Needs:
    """The requirements written by hand, an overlay for each dimension and each way of adding."""

    def __init__(self, groups: tuple[RequireGroup, ...]) -> None:
        self._groups = groups
        ways = dict.fromkeys((group.adds, group.dimension) for group in groups)
        self._overlays = {
            way: Overlay(
                tuple(
                    (group.operations, index)
                    for index, group in enumerate(groups)
                    if (group.adds, group.dimension) == way
                )
            )
            for way in sorted(ways)
        }

    def add_to(self, wanted: dict[str, tuple[str, ...]], operation_id: str) -> None:
        """Complete the requirements an operation has, by dimension."""
        for (adds, dimension), overlay in self._overlays.items():
            index = overlay.find(operation_id)
            if index is None:
                continue
            needs = self._groups[index].needs
            if adds:
                wanted[dimension] = tuple(dict.fromkeys((*wanted.get(dimension, ()), *needs)))
            else:
                wanted.setdefault(dimension, needs)


def join_operations(
    provider: str,
    rows: tuple[tuple[OperationRow, str], ...],
    traits: TraitsFile | None,
    requires: tuple[RequiresFile, ...],
    version: str,
) -> OperationCatalogue:
    """Rows (each with the URL it came from), traits and requirements as one catalogue."""
    groups = traits.groups if traits else ()
    overlay = Overlay(tuple((group.operations, index) for index, group in enumerate(groups)))
    extra = tuple(group for file in requires for group in file.requires)
    needs = _Needs(extra)
    compiled = tuple(_traits(group) for group in groups)
    operations: dict[str, Operation] = {}
    for row, source in rows:
        index = overlay.find(row.id)
        group = groups[index] if index is not None else None
        found = compiled[index] if index is not None else traits_of_verb(row.verb, source)
        wanted = dict(row.requires) | (dict(group.requires) if group else {})
        needs.add_to(wanted, row.id)
        operations[row.id] = Operation(
            id=row.id,
            verb=row.verb,
            traits=found,
            on=(group.on if group else None) or row.on,
            path=row.path,
            requires=tuple(requirement(name, wanted[name]) for name in sorted(wanted)),
        )
    return OperationCatalogue(provider=provider, operations=MappingProxyType(operations), version=version)


def _traits(group: TraitGroup) -> Traits:
    return Traits(
        effect=group.effect,
        touches=group.touches,
        reversible=group.reversible,
        window=group.window,
        gate=group.gate,
        gate_removed_by=group.gate_removed_by,
        takes_recovery=group.takes_recovery,
        source=group.source,
        note=group.note,
        yields=group.yields,
        by_hand=True,
    )
