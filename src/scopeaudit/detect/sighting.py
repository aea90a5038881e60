"""One place where a value was recognised as a credential, before equal ones are put together."""

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scopeaudit.catalogue.provider import Needs
from scopeaudit.detect.plan import KnownKind
from scopeaudit.model.location import Location
from scopeaudit.model.secret import Secret

_SHOWN_FROM_BITS = 100
_SHOWN_CHARACTERS = 4


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value that is a credential of a kind, or the id of one."""

    known: KnownKind
    span: tuple[int, int]
    """Offsets of the value in its document, half-open."""
    secret: Secret
    shown: str
    location: Location
    certain: bool = False
    """Whether a checksum confirms it."""
    distance: int = 0
    """Bytes to the keyword that speaks for it."""
    companions: Mapping[str, Secret] = field(default_factory=dict)
    context: tuple[tuple[str, str], ...] = ()
    """Companions that may be shown, as pairs."""
    also: tuple[Location, ...] = ()
    """Other places that are part of it."""

    @property
    def strength(self) -> tuple[bool, int, int, int, int]:
        """Smaller is more certain: checksum, own format, name, keyword; then closeness and exactness.

        A general kind is less certain than any other.
        """
        by_need = {Needs.NOTHING: 1, Needs.NAME: 2, Needs.KEYWORD: 3}
        need = 0 if self.certain else by_need[self.known.kind.needs]
        return self.known.kind.general, need, self.distance, -self.known.expression.least, self.known.order

    def with_companions(
        self, companions: Mapping[str, Secret], context: tuple[tuple[str, str], ...]
    ) -> "Sighting":
        """The same with more companions; those it has already stay."""
        merged = {**companions, **self.companions}
        return replace(
            self, companions=merged, context=tuple(sorted({**dict(context), **dict(self.context)}.items()))
        )


def shown(text: str, random_bits: int) -> str:
    """What may be shown of a secret: four characters of a long random one, nothing at all of a password."""
    if not random_bits:
        return "hidden"
    if random_bits >= _SHOWN_FROM_BITS and len(text) >= 4 * _SHOWN_CHARACTERS:
        return f"…{text[-_SHOWN_CHARACTERS:]} ({len(text)} characters)"
    return f"({len(text)} characters)"


def without_overlaps(sightings: list[Sighting]) -> list[Sighting]:
    """One sighting a place, the most certain; a kind gives way to those of its provider it prefers."""
    places: dict[tuple[int, int], list[Sighting]] = {}
    for each in sightings:
        places.setdefault(each.span, []).append(each)
    standing = [
        each
        for place in places.values()
        for each in place
        if not any(_gives_way(each.known, other.known) for other in place)
    ]
    chosen: dict[int, Sighting] = {}
    begins: list[int] = []
    for each in sorted(standing, key=lambda each: (each.strength, each.span)):
        index = bisect_left(begins, each.span[1])
        if not index or chosen[begins[index - 1]].span[1] <= each.span[0]:
            insort(begins, each.span[0])
            chosen[each.span[0]] = each
    return [chosen[begin] for begin in begins]


def _gives_way(mine: KnownKind, theirs: KnownKind) -> bool:
    return (
        mine.provider == theirs.provider
        and theirs.kind.id in mine.kind.prefer
        and mine.kind.id not in theirs.kind.prefer
    )
