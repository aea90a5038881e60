"""What is in archives and compressed files, as documents: `dist/app.whl!/pkg/settings.py`.

An archive is told by its bytes, whatever its name. Nothing is extracted to disk, no link is followed, and
members are decompressed piece by piece. The formats are read here and not with the standard library's
archive modules, whose work and memory a hostile file can choose. Every limit and every damage ends in a gap
that names the archive and the reason; what could be read until then is read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap

SEPARATOR = "!/"
"""Between the path of an archive and that of a member."""
DEPTH = 3
"""Archives in archives. A compressed tar counts as one."""
EXPANDED_LIMIT_BYTES = 256 << 20
"""What is decompressed of one file, all archives in it together."""
HELD_LIMIT_BYTES = 64 << 20
"""Size of an archive that is read from memory: one inside of another, or one from git."""
MEMBERS_LIMIT = 20_000
"""Members of one file, all archives in it together."""
RATIO_LIMIT = 200
"""How many times its own size a file may expand to."""
RATIO_FROM_BYTES = 1 << 20
"""A file that expands to less is no bomb."""
NAME_LIMIT = 512
"""Characters of a member's name; of a longer one the end is kept."""

PIECE_BYTES = 256 << 10
"""What is read or decompressed at a time."""
CUT_SHORT = "is cut short"

_HEAD_BYTES = 512
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_ZIP_BEHIND_BYTES = 512
"""What programs that open zips let stand behind the end: a line end, a signature."""
ZIP_TAIL_BYTES = _ZIP_END_BYTES + 0xFFFF + _ZIP_BEHIND_BYTES
"""In so much at the end of a zip its directory is named, whatever comment and whatever else follows."""
_OCTAL = re.compile(rb" {0,6}[0-7]{1,7}[ \0]{0,2}")


class DamagedError(Exception):
    """The rest of an archive, or of a member, cannot be read; the text says why."""


class Form(Enum):
    """How bytes are put together."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    UNREAD = "an archive of a kind that is not read"
    GIT = "a pack of git objects: only those of a repository are read"

    @property
    def is_opened(self) -> bool:
        """Whether its members can be read."""
        return self not in (Form.UNREAD, Form.GIT)


_MAGIC = (
    (b"PK\x03\x04", Form.ZIP),
    (_ZIP_END, Form.ZIP),
    (b"\x1f\x8b\x08", Form.GZIP),
    (b"BZh", Form.BZIP2),
    (b"\xfd7zXZ\x00", Form.XZ),
    # Those that are not read: 7z, RAR, Zstandard, LZ4, lzip, compress, framed Snappy, cabinets, xar,
    # SquashFS, packages of RPM and Debian.
    (b"7z\xbc\xaf\x27\x1c", Form.UNREAD),
    (b"Rar!\x1a\x07", Form.UNREAD),
    (b"\x28\xb5\x2f\xfd", Form.UNREAD),
    (b"\x04\x22\x4d\x18", Form.UNREAD),
    (b"LZIP\x01", Form.UNREAD),
    (b"\x1f\x9d\x90", Form.UNREAD),
    (b"\xff\x06\x00\x00sNaPpY", Form.UNREAD),
    (b"MSCF\0\0\0\0", Form.UNREAD),
    (b"xar!\x00\x1c", Form.UNREAD),
    (b"hsqs", Form.UNREAD),
    (b"\xed\xab\xee\xdb", Form.UNREAD),
    (b"!<arch>\ndebian-binary", Form.UNREAD),
    (b"PACK\0\0\0", Form.GIT),
    (b"# v2 git bundle\n", Form.GIT),
    (b"# v3 git bundle\n", Form.GIT),
)
_FIRST = frozenset(magic[0] for magic, _ in _MAGIC)
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")


class Bytes(Protocol):
    """Stored bytes that can be read at any offset."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset` on; fewer at the end."""


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes in memory."""

    data: bytes | memoryview

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """A copy of a range."""
        return bytes(self.data[offset : offset + count])


def pieces(stored: Bytes, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """A range of stored bytes, all where no size is given.

    Raises:
        DamagedError: if there are fewer.
    """
    end = stored.size if size is None else start + size
    while start < end:
        piece = stored.read(start, min(PIECE_BYTES, end - start))
        if not piece:
            raise DamagedError(CUT_SHORT)
        yield piece
        start += len(piece)


def form_of(data: bytes | memoryview) -> Form | None:
    """What kind of archive these bytes begin, or end, as; `None` for anything else.

    A program may stand before a zip and a comment behind it, so the end counts too: give all bytes, or the
    first 512 and the last 64 KiB and a little.
    """
    if not data:
        return None
    if data[0] in _FIRST:
        head = bytes(data[:_HEAD_BYTES])
        for magic, form in _MAGIC:
            if head.startswith(magic) and (form is not Form.BZIP2 or head[4:10] in _BZIP2_BLOCKS):
                return form
    if _ends_as_zip(data):
        return Form.ZIP
    return Form.TAR if len(data) >= _HEAD_BYTES and is_tar_header(data[:_HEAD_BYTES]) else None


def _ends_as_zip(data: bytes | memoryview) -> bool:
    """Whether there is an end of a zip's directory whose comment, if any, goes on to the end or nearly."""
    end = bytes(data[-ZIP_TAIL_BYTES:])
    at = end.rfind(_ZIP_END)
    if at < 0 or at + _ZIP_END_BYTES > len(end):
        return False
    comment = int.from_bytes(end[at + _ZIP_END_BYTES - 2 : at + _ZIP_END_BYTES], "little")
    behind = len(end) - at - _ZIP_END_BYTES - comment
    return 0 <= behind <= _ZIP_BEHIND_BYTES


def is_tar_header(block: bytes | memoryview) -> bool:
    """Whether a block of 512 bytes is the header of a tar member: its checksum says so."""
    if block[154] not in b" \0" and block[155] not in b" \0":
        return False
    stated = bytes(block[148:156])
    if not _OCTAL.fullmatch(stated):
        return False
    total = sum(block) - sum(stated) + 8 * 0x20
    return int(stated.rstrip(b" \0"), 8) == total


def expand(document: Document, stored: Bytes | None = None) -> Iterator[Document | Gap]:
    """The members of a document that is an archive, those of archives in it too; nothing for any other.

    Args:
        document: the archive itself; what is said of it is said of its members, but for path and bytes.
        stored: where all its bytes are, unless the document holds them.
    """
    source = Held(document.data) if stored is None else stored
    tail_start = max(_HEAD_BYTES, source.size - ZIP_TAIL_BYTES)
    form = form_of(source.read(0, _HEAD_BYTES) + source.read(tail_start, ZIP_TAIL_BYTES))
    if form is None:
        return
    from scopeaudit.reach.expansion import Expansion

    template = replace(document, data=b"", line=1, column=1, own=None, size=0, continues=True)
    yield from Expansion(template, source.size).archive(document.path, form, source, 1)
