"""The one pass: every expression of every provider in one Hyperscan database, in block mode."""

import hashlib
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Protocol

import hyperscan

SCAN_BYTES = 4 << 20
"""What is longer is scanned in pieces that overlap."""
OVERLAP_BYTES = 16 << 10
"""Twice the longest match."""
_SEPARATOR = b"\n\0\n"
_FORM = "1"
"""Changes whenever the same patterns are compiled to something else."""
Ends = dict[int, list[int]]
"""Number of an expression to the offsets where a match of it may end, ascending."""


class DatabaseCache(Protocol):
    """Where compiled databases are kept; `catalogue.engine_cache.EngineCache` is one."""

    def load(self, digest: str, platform: str) -> bytes | None:
        """The database of these patterns on this platform, if there is one to trust."""

    def store(self, digest: str, platform: str, database: bytes) -> None:
        """Keep a database."""


class Engine:
    """A compiled database and the memory to run it. One thread at a time."""

    def __init__(
        self,
        identity: str,
        expressions: Callable[[], Mapping[int, str]],
        cache: DatabaseCache | None = None,
    ) -> None:
        """Load the database of this identity from the cache, or compile the numbered expressions.

        Raises:
            hyperscan.HyperscanError: if an expression is not understood.
        """
        self._database = _load(identity, expressions, cache)

    def ends(self, data: bytes) -> Ends:
        """Where matches may end in one document of any length."""
        if len(data) <= SCAN_BYTES:
            return self._scan(data)
        merged: dict[int, set[int]] = {}
        for start in range(0, len(data), SCAN_BYTES - OVERLAP_BYTES):
            piece = data[start : start + SCAN_BYTES]
            for number, found in self._scan(piece).items():
                merged.setdefault(number, set()).update(start + end for end in found)
            if start + SCAN_BYTES >= len(data):
                break
        return {number: sorted(found) for number, found in merged.items()}

    def ends_in_many(self, documents: Sequence[bytes]) -> Iterator[tuple[int, Ends]]:
        """The same for small documents in one scan: index and ends of those that have any."""
        lengths = (len(each) + len(_SEPARATOR) for each in documents)
        starts = [0, *accumulate(lengths)][:-1]
        stops = [start + len(each) for start, each in zip(starts, documents, strict=True)]
        yield from self.ends_in_parts(_SEPARATOR.join(documents), starts, stops)

    def ends_in_parts(
        self, data: bytes, starts: Sequence[int], stops: Sequence[int]
    ) -> Iterator[tuple[int, Ends]]:
        """The same for parts of `data`, given by where they start, ascending, and stop.

        A byte at least lies between two of them, and no form may reach across it. Ends count from a part's
        start. One may lie a byte behind the part: a fenced form takes in what follows a value.
        """
        found: dict[int, Ends] = {}
        for number, ends in self.ends(data).items():
            at = 0
            while at < len(ends):
                index = bisect_right(starts, ends[at] - 1) - 1
                if index < 0:
                    at = bisect_right(ends, starts[0]) if starts else len(ends)
                    continue
                begin, behind = starts[index], bisect_right(ends, stops[index] + 1, at)
                if behind > at:
                    found.setdefault(index, {})[number] = [end - begin for end in ends[at:behind]]
                following = starts[index + 1] if index + 1 < len(starts) else ends[-1]
                at = bisect_right(ends, following, behind)
        yield from sorted(found.items())

    def _scan(self, data: bytes) -> Ends:
        found: Ends = {}

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends = found.get(number)
            if ends is None:
                found[number] = [end]
            elif ends[-1] != end:
                ends.append(end)

        self._database.scan(data, match_event_handler=note)
        return found


def _load(
    identity: str, expressions: Callable[[], Mapping[int, str]], cache: DatabaseCache | None
) -> hyperscan.Database:
    digest = hashlib.blake2b(f"{_FORM}\0{identity}".encode(), digest_size=16).hexdigest()
    platform = _platform()
    if cache is not None and (kept := cache.load(digest, platform)) is not None:
        try:
            database = hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.HyperscanError:
            pass
        else:
            return database
    database = _compile(expressions())
    if cache is not None:
        cache.store(digest, platform, hyperscan.dumpb(database))
    return database


def _compile(expressions: Mapping[int, str]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[each.encode("ascii") for each in expressions.values()],
        ids=list(expressions),
        elements=len(expressions),
        flags=0,
    )
    return database


def _platform() -> str:
    """What a compiled database depends on: library, its version, the processor's features, the system."""
    version = getattr(hyperscan, "__version__", "")
    info = str(_compile({0: "a"}).info())
    return f"{version}; {info}; {sys.platform}; {sys.byteorder}; {sys.maxsize}"
