"""Files as documents of bounded size: large ones in overlapping sections, UTF-16 as UTF-8."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

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


def documents(source: Source, path: str, data: bytes, commit: str | None = None) -> Iterator[Document]:
    """Bytes held whole: the document, and a second view where they are UTF-16 or UTF-32."""
    yield Document(source, path, data, commit, size=len(data))
    if wide := wide_text(data):
        text = data[wide.offset :].decode(wide.encoding, "replace").encode()
        yield Document(source, path, text, commit, continues=True)


def sections(
    source: Source, path: str, chunks: Iterator[bytes], commit: str | None = None
) -> Iterator[Document]:
    """A stream of bytes of any length as documents whose own ranges adjoin.

    Text in UTF-16 or UTF-32 is given as UTF-8 alone. At most `SECTION_BYTES` and a chunk are held.
    """
    line = column = 1
    held = b""
    own_start = 0
    size = 0
    continues = False
    for chunk, read in _narrow(chunks):
        held += chunk
        size += read
        if len(held) < SECTION_BYTES:
            continue
        own_end = len(held) - MARGIN_BYTES
        yield Document(source, path, held, commit, None, line, column, (own_start, own_end), size, continues)
        cut = own_end - MARGIN_BYTES
        line, column = advance(held, cut, line, column)
        held = held[cut:]
        own_start, size, continues = MARGIN_BYTES, 0, True
    yield Document(source, path, held, commit, None, line, column, (own_start, len(held)), size, continues)


def advance(data: bytes, end: int, line: int, column: int) -> tuple[int, int]:
    """Line and column at `end`, given those at the start of `data`; columns count characters of UTF-8."""
    lines = data.count(b"\n", 0, end)
    start = 0
    if lines:
        start, line, column = data.rfind(b"\n", 0, end) + 1, line + lines, 1
    return line, column + len(data[start:end].translate(None, _CONTINUATION))


def _narrow(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Each chunk as UTF-8, with the number of bytes it was made of."""
    first = next(chunks, b"")
    wide = wide_text(first)
    if wide is None:
        yield first, len(first)
        for chunk in chunks:
            yield chunk, len(chunk)
        return
    decoder = codecs.getincrementaldecoder(wide.encoding)("replace")
    yield decoder.decode(first[wide.offset :]).encode(), len(first)
    for chunk in chunks:
        yield decoder.decode(chunk).encode(), len(chunk)
    yield decoder.decode(b"", True).encode(), 0
