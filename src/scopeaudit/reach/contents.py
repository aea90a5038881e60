"""Many objects at once from one `git cat-file`, in blocks as they come through the pipe.

Objects are not cut out of a block: what holds nothing of interest is never copied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scopeaudit.reach.git import Git, GitError, Stream
from scopeaudit.reach.sections import SECTION_BYTES

BLOCK_BYTES = 2 << 20
_CHUNK_BYTES = 1 << 20
_FEED = 4096
_ATTEMPTS = 16
"""How often git is started again behind an object that made it end."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole objects, and between them what git says about each."""

    data: bytes = field(repr=False)
    ids: list[bytes]
    kinds: list[bytes]
    starts: list[int]
    """Where each object begins in `data`, ascending."""
    ends: list[int]


@dataclass(frozen=True, slots=True)
class Large:
    """One object that is too large to be held; read its chunks before going on."""

    id: bytes
    kind: bytes
    size: int
    chunks: Iterator[bytes]


@dataclass(slots=True)
class Contents:
    """Reads objects by id, in the order given."""

    git: Git
    cache: str = "96m"
    unreadable: list[bytes] = field(default_factory=list)
    """Ids of objects that git could not give."""

    def read(self, ids: Sequence[bytes]) -> Iterator[Block | Large]:
        """The objects; those that git has not, or fails on, go to `unreadable`.

        Raises:
            GitError: if there is no git.
        """
        answered = 0
        for _ in range(_ATTEMPTS):
            rest = ids[answered:]
            if not rest:
                return
            feed = (b"\n".join(rest[at : at + _FEED]) + b"\n" for at in range(0, len(rest), _FEED))
            with self.git.stream("cat-file", "--batch", "--buffer", feed=feed, cache=self.cache) as stream:
                reading = _Reading(stream, self.unreadable)
                try:
                    yield from reading.parts()
                except GitError:
                    pass
                answered += reading.answered
            if answered < len(ids):
                self.unreadable.append(ids[answered])
                answered += 1
        self.unreadable.extend(ids[answered:])


class _Reading:
    def __init__(self, stream: Stream, missing: list[bytes]) -> None:
        self._stream = stream
        self._missing = missing
        self.answered = 0

    def parts(self) -> Iterator[Block | Large]:
        rest = b""
        least = BLOCK_BYTES
        while data := self._stream.read(least, rest):
            block, at, needs = self._cut(data)
            if block.ids:
                yield block
            if not at and len(data) == len(rest):
                return
            rest, least = data[at:], BLOCK_BYTES
            if needs > SECTION_BYTES:
                yield (large := self._large(rest))
                for _ in large.chunks:
                    pass
                rest = self._after
                self.answered += 1
            else:
                least = max(BLOCK_BYTES, needs)

    def _cut(self, data: bytes) -> tuple[Block, int, int]:
        """The whole objects in the data, where they end, and what the one behind them takes, or 0."""
        block = Block(data, [], [], [], [])
        ids, kinds, starts, ends = block.ids, block.kinds, block.starts, block.ends
        at, total, find = 0, len(data), data.find
        while (line := find(b"\n", at)) >= 0:
            header = data[at:line].split(b" ")
            if len(header) != 3:
                self._missing.append(header[0])
                self.answered += 1
                at = line + 1
                continue
            end = line + 1 + int(header[2])
            if end >= total:
                self.answered += len(ids)
                return block, at, end + 1 - at
            ids.append(header[0])
            kinds.append(header[1])
            starts.append(line + 1)
            ends.append(end)
            at = end + 1
        self.answered += len(ids)
        return block, at, 0

    def _large(self, head: bytes) -> Large:
        line = head.index(b"\n")
        name, kind, size = head[:line].split(b" ")
        return Large(name, kind, int(size), self._chunks(head[line + 1 :], int(size)))

    def _chunks(self, head: bytes, size: int) -> Iterator[bytes]:
        """The content of a large object; what follows it is kept in `_after`."""
        left = size
        self._after = b""
        chunk = head
        while left:
            if len(chunk) > left:
                chunk, self._after = chunk[:left], chunk[left:]
            left -= len(chunk)
            yield chunk
            if left:
                chunk = self._stream.read(_CHUNK_BYTES)
                if not chunk:
                    raise GitError("git ended in the middle of an object")
        if not self._after:
            self._after = self._stream.read(1)
        self._after = self._after[1:]
