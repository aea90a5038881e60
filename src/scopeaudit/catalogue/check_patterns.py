"""What types cannot say of patterns: both engines take them, and neither is slow on any text."""

import math
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

WINDOW_CHARACTERS = 8192
"""The longest text a pattern is tried on with `re`."""
WINDOW_SECONDS = 0.5
"""How long one such try may take."""
TEXT_SECONDS = 1.0
"""How long all tries on one growing text may take together."""
PASS_BYTES = 1 << 20
"""The length of the hostile text for the pass over everything."""
PASS_SECONDS = 3.0
"""How long the pass over it may take."""

_DOUBLINGS = 40
"""Characters after which time that doubles with every one is long past every limit."""
_LEAST_SECONDS = 1e-6
_STEEP = 4
"""Time that grows sixteenfold with a character, or with the sixth power of the length, is met in time."""
_SAMPLE = 64
"""The part of the hostile text that the pass is tried on first."""


def compile_problem(pattern: str) -> str | None:
    """What keeps a pattern from being a regular expression of `re`, for text and for bytes."""
    try:
        compiled = re.compile(pattern)
        compiled_again = re.compile(pattern.encode("ascii"))
    except re.error as error:
        return f"is no regular expression: {error}"
    except UnicodeEncodeError:
        return "holds characters outside ASCII"
    if compiled.search("") is not None or compiled_again.search(b"") is not None:
        return "matches where nothing is"
    return None


def pass_problem(pattern: str) -> str | None:
    """What keeps a pattern from being one of the pass over everything."""
    import hyperscan

    try:
        _database(pattern)
    except hyperscan.HyperscanError as error:
        return f"the pass does not understand it (look-around, back-references and atoms are out): {error}"
    return None


def time_problems(pattern: str, values: list[str]) -> Iterator[str]:
    """Whether hostile texts make a pattern slow; `values` are some of its matches, to make them of."""
    texts = hostile_texts(values or ["a"])
    if any(_takes_long(pattern, text) for text in texts):
        yield "takes too long on hostile text: let no two repeats match the same characters"
    if _pass_takes_long(pattern, texts):
        yield f"the pass over {PASS_BYTES} hostile bytes takes longer than {PASS_SECONDS:g} seconds"


def hostile_texts(values: list[str]) -> list[str]:
    """Short texts that, repeated or drawn out, are nearly a match: what a slow pattern is slow on."""
    drawn = []
    for value in dict.fromkeys(values[:2]):
        drawn += [value[:-1], value[: len(value) // 2], value[: max(3, len(value) // 8)]]
    characters = sorted({value[at] for value in values[:2] for at in (0, len(value) // 2, -1)})
    return [text for text in dict.fromkeys([*drawn, *characters]) if text]


def _takes_long(pattern: str, seed: str) -> bool:
    """Whether `re` is slow on a growing text."""
    compiled = re.compile(pattern)
    for text in (seed + seed[-1] * WINDOW_CHARACTERS, seed * (WINDOW_CHARACTERS // len(seed))):
        size, spent = 1, 0.0
        while size <= WINDOW_CHARACTERS:
            began = time.thread_time()
            compiled.search(f"{text[:size]}\0")
            seconds = time.thread_time() - began
            spent += seconds
            if seconds > WINDOW_SECONDS or spent > TEXT_SECONDS:
                return True
            size = WINDOW_CHARACTERS if size * 2 > WINDOW_CHARACTERS > size else _next(size, seed, seconds)
    return False


def _next(size: int, seed: str, seconds: float) -> int:
    """The size to try next: far enough not to try many, near enough not to wait long where time explodes."""
    room = WINDOW_SECONDS / max(seconds, _LEAST_SECONDS)
    if size < len(seed) + _DOUBLINGS:
        return size + max(1, int(math.log2(room) / _STEEP))
    return size * 4 if room > 4**6 else size * 5 // 4


@lru_cache(maxsize=64)
def _database(pattern: str) -> Any:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[pattern.encode("ascii")], ids=[0], elements=1, flags=[0])
    return database


def _pass_takes_long(pattern: str, texts: list[str]) -> bool:
    """Its time grows with the bytes alone, so a part of them shows most patterns to be far from the limit."""
    sampled = _pass_seconds(pattern, texts, PASS_BYTES // _SAMPLE)
    return sampled * _SAMPLE * 2 > PASS_SECONDS and _pass_seconds(pattern, texts, PASS_BYTES) > PASS_SECONDS


def _pass_seconds(pattern: str, texts: list[str], size: int) -> float:
    """How long a pass over so many bytes made of the texts takes."""
    database = _database(pattern)
    pieces = [each.encode("utf-8", "replace") for each in texts]
    share = size // len(pieces)
    data = b"\n".join((piece * (share // len(piece) + 1))[:share] for piece in pieces)
    began = time.thread_time()
    database.scan(data, match_event_handler=_ignore)
    return time.thread_time() - began


def _ignore(_number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
    return None
