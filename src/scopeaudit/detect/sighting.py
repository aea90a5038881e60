"""One place where a value was recognised as a credential, before equal ones are put together."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from scopeaudit.catalogue.provider import Kind, Needs
from scopeaudit.detect import private_keys
from scopeaudit.detect.keywords import keyword_expression
from scopeaudit.detect.plan import KnownKind
from scopeaudit.detect.syntax import Chars, Edge, Group, Node, Run, Series, parse
from scopeaudit.model.location import Location
from scopeaudit.model.secret import Secret

_SHOWN_FROM_BITS = 100
_SHOWN_CHARACTERS = 4
_LITERAL_CHARACTERS = 3
"""A pattern with fewer characters of its own is no format."""
_FEW = 2
"""A letter in either case is one character."""


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
    parents: tuple[str, ...] = ()
    """Names of the objects or sections around it, where they are as good as a part of its own name."""

    @property
    def strength(self) -> tuple[bool, int, int, int, int]:
        """Smaller is more certain: checksum, own format, name, keyword; then closeness and exactness.

        A general kind is less certain than any other.
        """
        need = 0 if self.certain else _NEEDS[self.known.kind.needs]
        return self.known.kind.general, need, self.distance, -self.known.expression.least, self.known.order

    @property
    def is_called(self) -> bool:
        """Whether the name it is given speaks of its provider."""
        names = (self.location.name, *self.parents)
        return any(speaks(self.known.provider, self.known.kind.keywords, name) for name in names if name)

    def with_companions(
        self, companions: Mapping[str, Secret], context: tuple[tuple[str, str], ...]
    ) -> "Sighting":
        """The same with more companions; those it has already stay."""
        merged = {**companions, **self.companions}
        return replace(
            self, companions=merged, context=tuple(sorted({**dict(context), **dict(self.context)}.items()))
        )

    def with_secret(self, text: str, place: Location | None = None) -> "Sighting":
        """The same with another text as its secret, which stands in another place."""
        also = self.also if place is None else (*self.also, place)
        random_bits = self.known.kind.random_bits
        return replace(self, secret=Secret(text), shown=shown(text, random_bits), also=also)


_NEEDS = {Needs.NOTHING: 1, Needs.NAME: 2, Needs.KEYWORD: 3}


def shown(text: str, random_bits: int) -> str:
    """What may be shown of a secret: four characters of a long random one, nothing at all of a password."""
    if not random_bits:
        return "hidden"
    if random_bits >= _SHOWN_FROM_BITS and len(text) >= 4 * _SHOWN_CHARACTERS:
        end = private_keys.tail(text) or "".join(text[-4 * _SHOWN_CHARACTERS :].split())
        return f"…{end[-_SHOWN_CHARACTERS:]} ({len(text)} characters)"
    return f"({len(text)} characters)"


def without_overlaps(sightings: list[Sighting]) -> list[Sighting]:
    """One sighting a place, the most certain; a kind gives way to those of its provider it prefers.

    An id that may yet find its secret stands beside the kind it is of if it finds none.
    """
    places: dict[tuple[int, int], list[Sighting]] = {}
    for each in sightings:
        places.setdefault(each.span, []).append(each)
    standing = [
        each
        for place in places.values()
        for each in place
        if not any(_prefers(each.known, other.known) or gives_way(each, other) for other in place)
    ]
    chosen: dict[int, Sighting] = {}
    begins: list[int] = []
    for each in sorted(standing, key=lambda each: (each.strength, each.span)):
        index = bisect_left(begins, each.span[1])
        if not index or chosen[begins[index - 1]].span[1] <= each.span[0]:
            insort(begins, each.span[0])
            chosen[each.span[0]] = each
    return [each for begin in begins for each in _with_others(chosen[begin], places[chosen[begin].span])]


def without_raw(
    sightings: list[Sighting], decoded: Iterable[tuple[Sequence[tuple[int, int]], Iterable[Sighting]]]
) -> list[Sighting]:
    """Sightings of a document without those that are encoded text of what was seen decoded.

    `decoded` holds ranges of the document, ascending, with what was seen in the text they stand for.
    """
    left = sightings
    for ranges, inner in decoded:
        places = {(each.location.line, each.location.column): each for each in inner} if left else {}
        left = [each for each in left if not _is_raw(each, ranges, places)] if places else left
    return left


def gives_way(mine: Sighting, theirs: Sighting) -> bool:
    """Whether a value is another provider's: formats as long as each other, and its name says theirs."""
    return (
        mine.known.provider != theirs.known.provider
        and not mine.certain
        and not theirs.known.kind.general
        and literal_characters(theirs.known) >= max(_LITERAL_CHARACTERS, literal_characters(mine.known))
        and theirs.is_called
        and not mine.is_called
    )


def stands_for_id(alone: KnownKind, whole: KnownKind) -> bool:
    """Whether one kind is the id of the other, by itself."""
    return (
        alone.provider == whole.provider
        and not alone.kind.secret
        and alone.kind.pattern == whole.kind.pattern
        and has_secret_elsewhere(whole.kind)
    )


def has_secret_elsewhere(kind: Kind) -> bool:
    """Whether what the kind's pattern finds is only an id."""
    return any(each.secret for each in kind.companions)


def literal_characters(known: KnownKind) -> int:
    """How many characters of every value its pattern states."""
    return _stated(known.kind.pattern or "")


@lru_cache(maxsize=4096)
def _stated(pattern: str) -> int:
    return _count(parse(pattern)[0])


def _count(node: Node) -> int:
    match node:
        case Chars(allowed):
            return int(len(allowed) <= _FEW)
        case Edge():
            return 0
        case Run(item, least):
            return least * _count(item)
        case Series(items):
            return sum(map(_count, items))
        case Group(options):
            return min(map(_count, options))


@lru_cache(maxsize=4096)
def speaks(provider: str, keywords: tuple[str, ...], name: str) -> bool:
    """Whether a name speaks of a provider."""
    text = name.encode("latin-1", "replace")
    return any(keyword_expression(each).search(text) for each in (provider, *keywords))


def _with_others(best: Sighting, place: list[Sighting]) -> list[Sighting]:
    """The one chosen, and at the same place the id alone, or what the id is of."""
    found = {
        each.known.order: each
        for each in place
        if stands_for_id(best.known, each.known) or stands_for_id(each.known, best.known)
    }
    return [best, *(found[order] for order in sorted(found) if order != best.known.order)]


def _is_raw(
    mine: Sighting,
    ranges: Sequence[tuple[int, int]],
    places: Mapping[tuple[int | None, int | None], Sighting],
) -> bool:
    theirs = places.get((mine.location.line, mine.location.column))
    if theirs is None or mine.certain or mine.strength[:2] < theirs.strength[:2]:
        return False
    index = bisect_left(ranges, (mine.span[1], mine.span[1]))
    return bool(index) and ranges[index - 1][1] > mine.span[0]


def _prefers(mine: KnownKind, theirs: KnownKind) -> bool:
    return (
        mine.provider == theirs.provider
        and theirs.kind.id in mine.kind.prefer
        and mine.kind.id not in theirs.kind.prefer
    )
