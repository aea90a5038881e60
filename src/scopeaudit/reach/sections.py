"""Files as documents of bounded size: large ones in overlapping sections, UTF-16 as UTF-8 besides."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

SECTION_BYTES = 8 << 20
"""Files up to this size are one document."""
MARGIN_BYTES = 32 << 10
"""What a section repeats on each side of its own range; nothing longer is recognised across a cut."""
FILE_LIMIT_BYTES = 4 << 30
"""Of a longer file the rest is a gap."""

_SAMPLE_BYTES = 64 << 10
_CONTINUATION = bytes(range(0x80, 0xC0))
_CLASSES = bytes(
    b"T"[0] if byte in b"\t\n\r" or 0x20 <= byte < 0x7F else byte and b"x"[0] for byte in range(256)
)
"""Text to `T`, zero to itself, all else to `x`: what makes wide text easy to find."""
_LITTLE = b"T\0" * 16
_BIG = b"\0T" * 16
_SHORTEST = (b"T\0" * 15, b"T\0\0\0" * 15)
"""What 16 ASCII characters in a row have in them, be they of two bytes or of four, whichever comes first."""
_WIDE = re.compile(rb"[\t\n\r -~](?:\0{1,3}[\t\n\r -~]){14,}")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Wide:
    """Text in code units of two or four bytes."""

    encoding: str
    offset: int
    """Where it begins, in bytes."""


def wide_text(data: bytes) -> Wide | None:
    """How the bytes are encoded, if a mark or 16 ASCII characters in a row say that they are not UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Wide(encoding, len(mark))
    sample = data[:_SAMPLE_BYTES]
    if b"\x00" not in sample:
        return None
    classes = sample.translate(_CLASSES)
    little, big = classes.find(_LITTLE), classes.find(_BIG)
    if little >= 0 and not 0 <= big < little:
        return Wide("utf-16-le", little % 2)
    return Wide("utf-16-be", big % 2) if big >= 0 else None


def has_wide_text(data: bytes) -> bool:
    """Whether any of the bytes may be read as UTF-16 or UTF-32."""
    return data.startswith(tuple(mark for mark, _ in _MARKS)) or next(_runs(data), None) is not None


def _runs(data: bytes) -> Iterator[re.Match[bytes]]:
    """Where at least 16 characters of ASCII stand in two or four bytes each; all else is skipped fast."""
    if b"\0" not in data:
        return
    classes = data.translate(_CLASSES)
    following = {run: classes.find(run) for run in _SHORTEST}
    while (at := min((place for place in following.values() if place >= 0), default=-1)) >= 0:
        found = _WIDE.match(data, at)
        end = at + 1 if found is None else found.end()
        if found is not None:
            yield found
        following = {
            run: place if place < 0 or place >= end else classes.find(run, end)
            for run, place in following.items()
        }


def documents(source: Source, path: str, data: bytes, commit: str | None = None) -> Iterator[Document]:
    """Bytes held whole: the document, and further views where some of them are UTF-16 or UTF-32."""
    yield Document(source, path, data, commit, size=len(data))
    text = b""
    if wide := wide_text(data):
        text = data[wide.offset :].decode(wide.encoding, "replace").encode()
        yield Document(source, path, text, commit, continues=True)
    if narrow := _narrow(data, text):
        yield Document(source, path, narrow, commit, continues=True)


def _narrow(data: bytes, text: bytes) -> bytes | None:
    """Wide characters of ASCII as one byte each, on the lines they are on; `None` if `text` has all of them.

    Files that were appended to in another encoding, or that were made to mislead, are not of one encoding.
    """
    found: list[bytes] = []
    end, seen, is_missing = 0, 0, False
    for run in _runs(data):
        piece = run[0].replace(b"\0", b"")
        place = -1 if is_missing else text.find(piece, seen)
        is_missing = place < 0
        seen = place + len(piece)
        found += [b"\n" * data.count(b"\n", end, run.start()) or b"\0", piece]
        end = run.end()
    return b"".join(found) if is_missing else None


def sections(
    source: Source, path: str, chunks: Iterator[bytes], commit: str | None = None
) -> Iterator[Document]:
    """A stream of bytes of any length as documents whose own ranges adjoin.

    Where it begins as UTF-16 or UTF-32 its text comes as such documents besides, and where other parts of it
    are, these as a further view of their section. Twice `SECTION_BYTES` and a few chunks are held at most.
    """
    first = next(chunks, b"")
    wide = wide_text(first)
    plain, text = _Sections(source, path, commit), _Sections(source, path, commit, is_second=True)
    decoder = codecs.getincrementaldecoder(wide.encoding if wide else "utf-8")("replace")
    skipped = wide.offset if wide else 0
    for chunk in chain((first,), chunks):
        for start, each in plain.add(chunk):
            yield from _with_narrow(each, start, wide)
        if wide:
            for _, each in text.add(decoder.decode(chunk[skipped:]).encode()):
                yield each
            skipped = 0
    start, each = plain.rest()
    yield from _with_narrow(each, start, wide)
    if wide:
        for _, each in (*text.add(decoder.decode(b"", True).encode()), text.rest()):
            yield each


def _with_narrow(section: Document, start: int, wide: Wide | None) -> Iterator[Document]:
    """The section, and what is wide in it made narrow, unless the text of the stream has all of that."""
    yield section
    data, text = bytes(section.data), b""
    if wide is not None:
        begins = (wide.offset - start) % (4 if wide.encoding.startswith("utf-32") else 2)
        text = data[begins:].decode(wide.encoding, "replace").encode()
    if narrow := _narrow(data, text):
        yield replace(section, data=narrow, own=None, size=0, continues=True)


class _Sections:
    """A stream of bytes, cut into overlapping documents as it comes in."""

    def __init__(self, source: Source, path: str, commit: str | None, *, is_second: bool = False) -> None:
        """`is_second` says that the same bytes have been given in another view."""
        self._at = (source, path)
        self._commit = commit
        self._is_second = self._continues = is_second
        self._held = b""
        self._start = self._own_start = self._size = 0
        self._line = self._column = 1

    def add(self, chunk: bytes) -> Iterator[tuple[int, Document]]:
        """A section that is full, if there is one, and the offset in the stream at which it begins."""
        self._held += chunk
        self._size += len(chunk)
        if len(self._held) < SECTION_BYTES:
            return
        own_end = len(self._held) - MARGIN_BYTES
        yield self._start, self._document(own_end)
        cut = own_end - MARGIN_BYTES
        self._line, self._column = advance(self._held, cut, self._line, self._column)
        self._held = self._held[cut:]
        self._start += cut
        self._own_start, self._size, self._continues = MARGIN_BYTES, 0, True

    def rest(self) -> tuple[int, Document]:
        """What no section has spoken for yet."""
        return self._start, self._document(len(self._held))

    def _document(self, own_end: int) -> Document:
        return Document(
            *self._at, self._held, self._commit, None, self._line, self._column, (self._own_start, own_end),
            0 if self._is_second else self._size, self._continues,
        )  # fmt: skip


def advance(data: bytes, end: int, line: int, column: int) -> tuple[int, int]:
    """Line and column at `end`, given those at the start of `data`; columns count characters of UTF-8."""
    lines = data.count(b"\n", 0, end)
    start = 0
    if lines:
        start, line, column = data.rfind(b"\n", 0, end) + 1, line + lines, 1
    return line, column + len(data[start:end].translate(None, _CONTINUATION))
