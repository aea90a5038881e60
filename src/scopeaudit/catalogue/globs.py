"""Shell globs held against each other: `*`, `?` and `[…]`, read as `fnmatch` reads them.

Everything here takes time in the product of two patterns at most, whatever they hold.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_SIMPLE = 128
"""The end of a range lies below this, or the class is taken for `?`."""


@dataclass(frozen=True, slots=True)
class _One:
    """One character of a glob: one of these, or any but these."""

    characters: frozenset[str]
    is_excluding: bool = False

    def meets(self, other: "_One") -> bool:
        """Whether some character is meant by both."""
        if self.is_excluding and other.is_excluding:
            return True
        if self.is_excluding:
            return not other.characters <= self.characters
        if other.is_excluding:
            return not self.characters <= other.characters
        return not self.characters.isdisjoint(other.characters)


_ANY = _One(frozenset(), is_excluding=True)
_STAR = None


def bounds(globs: Sequence[str]) -> bool:
    """Whether the globs mean some names and not all: one like `*` or `*/*` says nothing about a name."""
    return bool(globs) and not any(map(_is_everything, globs))


def _is_everything(glob: str) -> bool:
    return "*" in glob and not any(character.isalnum() for character in glob)


def meet(one: str, other: str) -> bool:
    """Whether some text is meant by both globs. Case counts."""
    parts = tuple(_parts(other))
    # A class such as [z-a] means no character, so nothing is meant by its glob.
    if any(part is not _STAR and not part.meets(_ANY) for part in parts):
        return False
    return _reaches_the_end(_parts(one), _Positions(parts))


class _Positions:
    """The places in a glob that a text may have come to, as bits of a number."""

    def __init__(self, parts: Sequence[_One | None]) -> None:
        self.parts = parts
        self.every = (1 << (len(parts) + 1)) - 1
        self.stars = sum(1 << index for index, part in enumerate(parts) if part is _STAR)
        self._open: dict[_One, int] = {}

    def with_empty(self, places: int) -> int:
        """A `*` may stand for nothing. There are never two in a row."""
        return places | (places & self.stars) << 1

    def after(self, places: int, one: _One) -> int:
        """Where they are after one such character; nowhere where there is none."""
        if not one.meets(_ANY):
            return 0
        moved = (places & self._open_to(one)) << 1
        return self.with_empty(moved | (places & self.stars))

    def after_any_text(self, places: int) -> int:
        """All from the first on."""
        return self.every & -(places & -places)

    def _open_to(self, one: _One) -> int:
        if one not in self._open:
            self._open[one] = sum(
                1 << index for index, part in enumerate(self.parts) if part is not _STAR and part.meets(one)
            )
        return self._open[one]


def _reaches_the_end(parts: Iterable[_One | None], positions: _Positions) -> bool:
    places = positions.with_empty(1)
    for part in parts:
        places = positions.after_any_text(places) if part is _STAR else positions.after(places, part)
        if not places:
            return False
    return bool(places >> len(positions.parts))


def _parts(glob: str) -> Iterator[_One | None]:
    """The characters of the glob, and `None` for each run of stars."""
    last = glob.rfind("]")
    at = 0
    while at < len(glob):
        end = at + 1
        match glob[at]:
            case "*":
                if glob[at - 1 : at] != "*":
                    yield _STAR
            case "?":
                yield _ANY
            case "[" if at < last and (closing := _closing(glob, end)) > 0:
                yield _class(glob[end:closing])
                end = closing + 1
            case character:
                yield _One(frozenset(character))
        at = end


def _closing(glob: str, start: int) -> int:
    """Where a class ends whose inside begins at `start`; -1 where it is none. A `]` in front is one of it."""
    first = start + (glob[start : start + 1] == "!")
    return glob.find("]", first + (glob[first : first + 1] == "]"))


def _class(inside: str) -> _One:
    is_excluding = inside.startswith("!")
    text = inside.removeprefix("!")
    found: set[str] = set()
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            if max(ord(text[at]), ord(text[at + 2])) >= _SIMPLE:
                return _ANY
            found.update(map(chr, range(ord(text[at]), ord(text[at + 2]) + 1)))
            at += 3
        else:
            found.add(text[at])
            at += 1
    return _One(frozenset(found), is_excluding)
