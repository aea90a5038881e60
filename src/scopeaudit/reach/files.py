"""Regular files as documents. Nothing else is opened: no pipe, device or socket can hold us up."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.archives import expand
from scopeaudit.reach.sections import FILE_LIMIT_BYTES, SECTION_BYTES, sections
from scopeaudit.reach.views import views

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CHUNK_BYTES = 1 << 20
_SEEK_DATA: int | None = getattr(os, "SEEK_DATA", None)
"""Where a system can tell holes of a file from what was written to it."""


def file_documents(
    path: str, name: str, source: Source = Source.TREE, *, follow: bool = False
) -> Iterator[Document | Gap]:
    """A regular file under the name it has in reports; a link is only followed where `follow` says so."""
    try:
        descriptor = os.open(path, _FLAGS | (0 if follow else _NO_FOLLOW))
    except OSError as error:
        yield file_gap(name, reason(error))
        return
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            yield file_gap(name, "is not a regular file; it was not read")
            return
        data = os.read(descriptor, min(status.st_size, SECTION_BYTES) + 1)
        if len(data) == status.st_size < SECTION_BYTES and data:
            yield from views(source, name, data)
            return
        stream = _Stream(descriptor, data)
        yield from sections(source, name, stream.chunks())
        if stream.problem:
            yield file_gap(name, stream.problem)
        else:
            yield from expand(Document(source, name, b""), _OpenFile(descriptor, status.st_size))
    except OSError as error:
        yield file_gap(name, reason(error))
    finally:
        os.close(descriptor)


class _Stream:
    """The rest of an open file, up to the limit; a read error ends it and is kept in `problem`.

    Holes are skipped: a file of a terabyte that nobody wrote to would take minutes, and has nothing in it.
    """

    def __init__(self, descriptor: int, head: bytes) -> None:
        self._descriptor = descriptor
        self._head = head
        self.problem: str | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes in order, the head first."""
        chunk, total = self._head, 0
        while chunk:
            total += len(chunk)
            yield chunk
            if total >= FILE_LIMIT_BYTES:
                self.problem = f"is longer than {FILE_LIMIT_BYTES >> 30} GiB; the rest was not read"
                return
            try:
                is_behind_hole = self._skip_hole()
                chunk = os.read(self._descriptor, _CHUNK_BYTES)
            except OSError as error:
                self.problem = reason(error)
                return
            if is_behind_hole and chunk:
                # What lies on both sides of a hole is not one text.
                yield bytes(4)

    def _skip_hole(self) -> bool:
        """Go to where something was written, or to the end of the file; whether anything was left out."""
        if _SEEK_DATA is None:
            return False
        start = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        try:
            return os.lseek(self._descriptor, start, _SEEK_DATA) != start
        except OSError as error:
            # ENXIO says that nothing follows but a hole; any other error that holes are not told here.
            if error.errno == errno.ENXIO:
                os.lseek(self._descriptor, 0, os.SEEK_END)
            return False


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """The bytes of an open file, at any offset."""

    descriptor: int
    size: int

    def read(self, offset: int, count: int) -> bytes:
        os.lseek(self.descriptor, offset, os.SEEK_SET)
        return os.read(self.descriptor, count)


def reason(error: OSError) -> str:
    """Why a file could not be read, in words."""
    return f"could not be read: {error.strerror or type(error).__name__}"


def file_gap(name: str, why: str) -> Gap:
    """What could not be read."""
    return Gap(Stage.REACH, name, why)
