"""Words that speak for a provider: how they are written, and what stands behind them.

A hyphen in a keyword stands for any or no separator: `app-follow` is `AppFollow`, `app_follow`. A keyword
begins a word, since `meraki` is in `CameraKit`; a short one counts as a word of its own only, since `box` is
in `boxes` too.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

GAP_BYTES = 100
"""How far behind a keyword a value may begin."""
_LEAD_BYTES = 16
_CHUNK = 32
KEYWORD_BYTES = 32
"""How long a keyword may be, with what stands between its parts."""
_SHORT = 6
"""A keyword of fewer letters has to be a word of its own."""
_SEPARATOR = "[-_. ]?"
_BEGINS = r"(?:(?<=[A-Z])|(?<![a-z].)|(?<=\\[nrt].))"
"""Behind the first letter of a word that begins there: no small letter before, a hump, or after an escape."""
_BEGINS_SHORT = r"(?:\b|_)"
_PLAIN = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
_ANY = "[^\\s\"'`<>,;]"
_DRAWN = re.compile(rb"[^\s\"'`<>]{0,39}?[0-9]")
"""A random value of some length has a digit among its first characters; most other words have none."""
_DRAWN_PLAIN = re.compile(rb"[A-Za-z_-]{0,39}[0-9]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Keywords that the pass looks for together: a thousand expressions would take seconds to compile."""

    keywords: tuple[str, ...]
    probes: tuple[int, ...]
    """The number of the probe of each."""
    lead: int
    """Bytes of the value that follow: the fewest that any of their kinds has, at most 16."""
    plain: bool
    """Whether these are letters, digits, `_` and `-` alone."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word, and what the values behind it are made of."""

    word: str
    probe: int
    least: int
    """Bytes of the shortest value."""
    alphabet: frozenset[int]


def chunks(keywords: Iterable[Keyword]) -> tuple[Chunk, ...]:
    """Keywords put together with those whose values begin alike."""
    ordered = sorted(
        (min(_LEAD_BYTES, each.least), each.alphabet <= _PLAIN, each.word, each.probe) for each in keywords
    )
    found: list[Chunk] = []
    for (lead, plain), group in groupby(ordered, key=itemgetter(0, 1)):
        held = list(group)
        for start in range(0, len(held), _CHUNK):
            _, _, words, probes = zip(*held[start : start + _CHUNK], strict=True)
            found.append(Chunk(words, probes, lead, plain))
    return tuple(found)


def chunk_expression(chunk: Chunk) -> str:
    """For the pass: one of the keywords, and near behind it the beginning of a value, where a match ends."""
    written = "|".join(
        (_BEGINS_SHORT if _is_short(keyword) and keyword[0].isalnum() else "") + _joined(keyword.split("-"))
        for keyword in chunk.keywords
    )
    value = "[0-9A-Za-z_-]" if chunk.plain else _ANY
    return f"(?i)(?:{written})(?s:.){{0,{GAP_BYTES}}}[^0-9A-Za-z_]{value}{{{chunk.lead}}}"


def near(chunk: Chunk, data: bytes, start: int) -> Iterator[int]:
    """The probes whose keyword may stand before the value at `start`; a closer look tells whether it does."""
    if not (_DRAWN_PLAIN if chunk.plain else _DRAWN).match(data, start):
        return
    before = data[max(0, start - GAP_BYTES - KEYWORD_BYTES) : start].lower().translate(None, b"-_. ")
    for number, plain in zip(chunk.probes, _plain(chunk.keywords), strict=True):
        if plain in before:
            yield number


def drawn_ends(chunk: Chunk, data: bytes, ends: Iterable[int]) -> list[int]:
    """Of the ends reported for a chunk those for which `near` may name a probe."""
    begins, lead = (_DRAWN_PLAIN if chunk.plain else _DRAWN).match, chunk.lead
    return [end for end in ends if begins(data, end - lead)]


def within(chunk: Chunk, text: bytes) -> Iterator[int]:
    """The probes whose keyword may stand in a short text; a closer look tells whether it does."""
    lower = text.lower().translate(None, b"-_. ")
    for number, plain in zip(chunk.probes, _plain(chunk.keywords), strict=True):
        if plain in lower:
            yield number


@lru_cache(maxsize=256)
def _plain(keywords: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(re.sub(r"[-_. ]", "", keyword).encode() for keyword in keywords)


@lru_cache(maxsize=4096)
def keyword_expression(keyword: str) -> re.Pattern[bytes]:
    """For a closer look: the keyword as it may be written, in any case."""
    parts = keyword.split("-")
    if not _is_short(keyword):
        written = _joined(parts)
        if not keyword[0].isalpha():
            return re.compile(f"(?i:{written})".encode())
        return re.compile(f"(?i:{keyword[0]}){_BEGINS}(?i:{written[1:]})".encode())
    forms = (
        rf"(?<![A-Za-z]){_joined(parts)}(?![a-z])",
        rf"(?<![A-Z]){_joined([part.capitalize() for part in parts])}(?![a-z])",
        rf"(?<![A-Za-z]){_joined([part.upper() for part in parts])}(?![a-z]|[A-Z](?![a-z]))",
    )
    return re.compile("|".join(forms).encode())


def places(keywords: Iterable[str], data: bytes, begin: int, end: int) -> list[tuple[int, int]]:
    """Where any of the keywords stands in a part of the data."""
    return [
        match.span()
        for keyword in keywords
        for match in keyword_expression(keyword).finditer(data, begin, end)
    ]


def _joined(parts: Iterable[str]) -> str:
    return _SEPARATOR.join(re.escape(part) for part in parts)


def _is_short(keyword: str) -> bool:
    return sum(character.isalpha() for character in keyword) < _SHORT
