"""Operations as findings tell them, chosen by masks and described only where somebody reads them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import overload

from scopeaudit.audit.meaning import Meaning, Row
from scopeaudit.catalogue.operations import EMPTY
from scopeaudit.model.authority import EvidenceKind, Verdict
from scopeaudit.model.finding import FindingOperation, Severity


@dataclass(slots=True)
class Part:
    """Operations with the same verdict, evidence and resources, in all rows of those that have several."""

    mask: int
    verdict: Verdict
    evidence: EvidenceKind
    resources: tuple[str, ...] = ()
    """Ids, sorted."""
    made: dict[int, FindingOperation] = field(default_factory=dict)
    """By place of the row; made as they are needed, and shared by parts that differ in nothing but mask."""

    def described(self, row: Row, place: int) -> FindingOperation:
        """The operation of a row as findings tell it."""
        if place not in self.made:
            traits = row.operation.traits
            self.made[place] = FindingOperation(
                id=row.operation.id,
                effect=traits.effect,
                touches=traits.touches,
                reversible=traits.reversible,
                gate=traits.gate,
                verdict=self.verdict,
                evidence=self.evidence,
                severity=row.severity,
                resources=self.resources,
                window=traits.window,
                gate_removed_by=row.removed_by,
                takes_recovery=traits.takes_recovery,
                source=traits.source,
            )
        return self.made[place]


class Parts:
    """All operations of one authority and verdict; no operation is in two of its parts."""

    __slots__ = ("_acting", "_resources", "acting", "all", "meaning")

    def __init__(self, meaning: Meaning, parts: Iterable[Part]) -> None:
        self.meaning = meaning
        self.all = tuple(parts)
        self._acting = tuple(each for each in self.all if each.resources)
        self._resources: dict[tuple[bool, ...], tuple[str, ...]] = {}
        self.acting = united(self._acting)
        """Those of which it is known what they act on."""

    def resources(self, mask: int) -> tuple[str, ...]:
        """Ids of all resources that the operations in the mask act on, sorted."""
        if not mask & self.acting:
            return ()
        reached = tuple([each.mask & mask != 0 for each in self._acting])
        if reached not in self._resources:
            found = {each.resources for each in compress(self._acting, reached)}
            self._resources[reached] = tuple(sorted(frozenset().union(*found)))
        return self._resources[reached]


class Selection(Sequence[FindingOperation]):
    """Some operations of one authority, worst first. Equal to a tuple of the same."""

    __slots__ = ("mask", "parts")

    def __init__(self, parts: Parts, mask: int) -> None:
        self.parts = parts
        self.mask = mask

    @property
    def meaning(self) -> Meaning:
        """What the operations of their provider come to."""
        return self.parts.meaning

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __bool__(self) -> bool:
        return self.mask != 0

    def __iter__(self) -> Iterator[FindingOperation]:
        rows = self.meaning.rows
        found: dict[int, FindingOperation] = {}
        for part in self.parts.all:
            if chosen := part.mask & self.mask:
                for place in self.meaning.select(chosen, range(len(rows))):
                    found[place] = part.described(rows[place], place)
        return (found[place] for place in sorted(found))

    @overload
    def __getitem__(self, index: int) -> FindingOperation: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[FindingOperation, ...]: ...

    def __getitem__(self, index: int | slice) -> FindingOperation | tuple[FindingOperation, ...]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Selection | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def where(self, mask: int) -> "Selection":
        """Those of them in a mask."""
        return Selection(self.parts, self.mask & mask)

    def limited(self, chosen: Callable[[str], bool]) -> "Selection":
        """On the chosen of their resources only, without those that are left with none."""
        limited = (
            replace(each, mask=each.mask & self.mask, resources=resources, made={})
            for each in self.parts.all
            if each.mask & self.mask and (resources := tuple(filter(chosen, each.resources)))
        )
        parts = Parts(self.meaning, limited)
        return Selection(parts, self.mask & parts.acting)

    def with_parts(self, parts: Sequence[Part]) -> "Selection":
        """The same operations, those of the parts as these say."""
        others = ~united(parts)
        kept = (replace(each, mask=each.mask & others) for each in self.parts.all)
        return Selection(Parts(self.meaning, (*parts, *kept)), self.mask)

    @property
    def first(self) -> Row:
        """The worst; there is at least one."""
        return self.meaning.first(self.mask)

    @property
    def is_granted(self) -> bool:
        """Whether they are known to be granted."""
        return all(each.verdict is Verdict.GRANTED for each in self.parts.all)

    @property
    def severity(self) -> Severity:
        """That of the worst; low of none."""
        return self.parts.meaning.first(self.mask).severity if self.mask else Severity.LOW

    @property
    def worst(self) -> "Selection":
        """Those that are as severe as the worst."""
        return self.where(self.parts.meaning.of_severity.get(self.severity, 0))

    @property
    def resources(self) -> tuple[str, ...]:
        """Ids of all resources they act on, sorted."""
        return self.parts.resources(self.mask)

    def most_telling(self, number: int) -> list[str]:
        """Ids of the worst; of those that lose the same, what acts on something known comes first."""
        acting = self.parts.acting
        if not self.mask & acting:
            return self.meaning.first_ids(self.mask, number)
        found: list[str] = []
        left = self.mask
        while left and len(found) < number:
            alike = left & self.meaning.alike(left)
            for chosen in (alike & acting, alike & ~acting):
                if chosen:
                    found += self.meaning.first_ids(chosen, number - len(found))
            left ^= alike
        return found


def united(parts: Iterable[Part]) -> int:
    """The operations of all of them."""
    found = 0
    for each in parts:
        found |= each.mask
    return found


NOTHING = Selection(Parts(Meaning(EMPTY), ()), 0)
