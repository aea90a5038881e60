"""A document as detection sees it: bytes, what surrounds an offset, and where that is in the file."""

from bisect import bisect_right
from functools import cached_property
from operator import attrgetter

from scopeaudit.detect.structure import Assigned, assigned
from scopeaudit.model.document import Document, Piece
from scopeaudit.model.location import Location

_NEAR_LINES = 5
_NEAR_BYTES = 1024
_LINE_BYTES = 512
_MARK_BYTES = 1 << 16
_CONTINUATION = bytes(range(0x80, 0xC0))
_start = attrgetter("start")


class View:
    """One document. Questions about offsets may come in any order."""

    def __init__(self, document: Document) -> None:
        self.document = document
        data = document.data if isinstance(document.data, bytes) else bytes(document.data)
        self.lead = 0
        """Bytes put before the document's own: a variable's name and `=`."""
        if document.name is not None:
            name = f"{document.name}=".encode("utf-8", "surrogateescape")
            data, self.lead = name + data, len(name)
        self.data = data
        begins_with_mark = document.line == document.column == 1 and data.startswith(b"\xef\xbb\xbf")
        self._marks = [(0, document.line, document.column - begins_with_mark)]
        self._assigned: dict[int, Assigned] = {}

    def owns(self, offset: int) -> bool:
        """Whether this document speaks for what begins there; another section does otherwise."""
        if offset < self.lead:
            return False
        if self.document.pieces:
            return self._piece(offset).own
        own = self.document.own
        return own is None or own[0] <= offset < own[1]

    @property
    def places_read(self) -> int:
        """Of how many values the surroundings were read so far: what is bounded."""
        return len(self._assigned)

    def assigned(self, start: int) -> Assigned:
        """What the value at `start` is assigned to."""
        if start not in self._assigned:
            self._assigned[start] = assigned(self.data, start)
        return self._assigned[start]

    def location(self, start: int, name: str | None) -> Location:
        """The place of an offset; an environment variable has no lines."""
        document = self.document
        if document.name is not None:
            return Location(document.source, document.path, None, None, document.commit, document.name)
        line, column = self.position(start)
        return Location(
            document.source,
            document.path,
            line,
            column,
            document.commit,
            name,
            document.authored,
            document.current,
        )

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset in the file; of decoded text, of what it was decoded from."""
        if self.document.pieces:
            piece = self._piece(offset)
            mark = (piece.start + self.lead, piece.line, piece.column)
            return mark[1:] if piece.decoded else self.advance(mark, offset)
        while self._marks[-1][0] + _MARK_BYTES <= offset:
            mark = self._marks[-1]
            self._marks.append((mark[0] + _MARK_BYTES, *self.advance(mark, mark[0] + _MARK_BYTES)))
        return self.advance(self._marks[offset // _MARK_BYTES], offset)

    def _piece(self, offset: int) -> Piece:
        pieces = self.document.pieces
        return pieces[max(bisect_right(pieces, offset - self.lead, key=_start) - 1, 0)]

    def advance(self, mark: tuple[int, int, int], offset: int) -> tuple[int, int]:
        """Line and column of an offset, from those of one before it: offset, line, column."""
        begin, line, column = mark
        lines = self.data.count(b"\n", begin, offset)
        if lines:
            begin, line, column = self.data.rfind(b"\n", begin, offset) + 1, line + lines, 1
        return line, column + len(self.data[begin:offset].translate(None, _CONTINUATION))

    def line(self, start: int, end: int) -> str:
        """The line around a value, at most 512 bytes to each side, a character a byte."""
        begin, stop = self._bounds(start, end, 0, _LINE_BYTES)
        return self.data[begin:stop].decode("latin-1")

    def near_bounds(self, start: int, end: int) -> tuple[int, int]:
        """Where five lines to each side begin and end, at most 1 KiB each."""
        return self._bounds(start, end, _NEAR_LINES, _NEAR_BYTES)

    def _bounds(self, start: int, end: int, lines: int, reach: int) -> tuple[int, int]:
        low, high = max(self.lead if lines else 0, start - reach), min(len(self.data), end + reach)
        begin = start
        for _ in range(lines + 1):
            found = self.data.rfind(b"\n", low, begin)
            if found < 0:
                begin = low - 1
                break
            begin = found
        stop = end
        for _ in range(lines + 1):
            found = self.data.find(b"\n", stop, high)
            if found < 0:
                stop = high + 1
                break
            stop = found + 1
        return begin + 1, stop - 1

    @cached_property
    def path(self) -> str:
        """The path in lower case."""
        return self.document.path.lower()
