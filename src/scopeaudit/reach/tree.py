"""The working tree: every regular file under a folder, ignored ones too, or a single file.

Links are not followed: what they point to inside the folder is read under its own name, and a link
out of the folder is a gap. Nothing but a regular file is opened. Of a git directory everything but
the object stores is read (configuration, logs, hooks, remembered URLs). What is in an archive comes
after the archive itself.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.archives import expand, form_of
from scopeaudit.reach.sections import FILE_LIMIT_BYTES, SECTION_BYTES, documents, sections

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_CHUNK_BYTES = 1 << 20
_LINKS_NAMED = 20
_GIT_DIRECTORY = {"HEAD", "objects", "refs"}
_OBJECT = re.compile(
    r"[0-9a-f]{38}(?:[0-9a-f]{24})?|pack-[0-9a-f]{40,64}\.\w+|multi-pack-index(?:-\w+\.\w+)?"
)
"""Names of files in which git keeps objects. Anything else in an object store is read."""


def tree(root: Path) -> Iterator[Document | Gap]:
    """The documents under `root` in a fixed order, and gaps for what could not be read.

    Raises:
        UsageError: if there is no such file or folder.
    """
    try:
        top = root.resolve(strict=True)
        mode = top.stat().st_mode
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "a loop of links"
        raise UsageError(f"{root}: {reason}: name a file or folder that exists") from error
    if stat.S_ISDIR(mode):
        yield from _folder(str(top))
    elif stat.S_ISREG(mode):
        yield from _file(str(top), top.name)
    else:
        yield _gap(top.name, "is neither a file nor a folder")


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    prefix: str
    """Its name under the root with a `/` at the end; empty for the root."""
    store: bool = False
    """Whether it is a git object store, or inside one."""


def _folder(top: str) -> Iterator[Document | Gap]:
    pending = [_Folder(top, "")]
    links: list[str] = []
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder.path) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield _gap(folder.prefix.rstrip("/") or ".", _reason(error))
            continue
        is_git = {entry.name for entry in entries} >= _GIT_DIRECTORY
        inner: list[_Folder] = []
        for entry in entries:
            name = folder.prefix + entry.name
            try:
                if entry.is_symlink():
                    links.extend([name] if _leaves(entry.path, top) else [])
                elif entry.is_dir(follow_symlinks=False):
                    store = folder.store or (is_git and entry.name == "objects")
                    inner.append(_Folder(entry.path, f"{name}/", store))
                elif not entry.is_file(follow_symlinks=False):
                    yield _gap(name, "is not a regular file; it was not opened")
                elif not (folder.store and _OBJECT.fullmatch(entry.name)):
                    yield from _file(entry.path, name)
            except OSError as error:
                yield _gap(name, _reason(error))
        pending.extend(reversed(inner))
    yield from _link_gaps(links)


def _leaves(link: str, top: str) -> bool:
    """Whether a link leads to something that exists outside of `top`."""
    target = os.path.realpath(link)
    return not (target == top or target.startswith(top.rstrip(os.sep) + os.sep)) and os.path.lexists(target)


def _link_gaps(links: list[str]) -> Iterator[Gap]:
    for name in links[:_LINKS_NAMED]:
        yield _gap(name, "is a link out of the folder; it was not followed")
    more = len(links) - _LINKS_NAMED
    if more > 0:
        yield _gap(f"{more} more links", "lead out of the folder; they were not followed")


def _file(path: str, name: str) -> Iterator[Document | Gap]:
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        yield _gap(name, _reason(error))
        return
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            yield _gap(name, "is not a regular file; it was not read")
            return
        data = os.read(descriptor, min(status.st_size, SECTION_BYTES) + 1)
        if len(data) == status.st_size < SECTION_BYTES and data:
            yield from documents(Source.TREE, name, data)
            if form_of(data) is not None:
                yield from expand(Document(Source.TREE, name, data))
            return
        stream = _Stream(descriptor, data)
        yield from sections(Source.TREE, name, stream.chunks())
        if stream.problem:
            yield _gap(name, stream.problem)
        else:
            yield from expand(Document(Source.TREE, name, b""), _OpenFile(descriptor, status.st_size))
    except OSError as error:
        yield _gap(name, _reason(error))
    finally:
        os.close(descriptor)


class _Stream:
    """The rest of an open file, up to the limit; a read error ends it and is kept in `problem`."""

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
                chunk = os.read(self._descriptor, _CHUNK_BYTES)
            except OSError as error:
                self.problem = _reason(error)
                return


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """The bytes of an open file, at any offset."""

    descriptor: int
    size: int

    def read(self, offset: int, count: int) -> bytes:
        os.lseek(self.descriptor, offset, os.SEEK_SET)
        return os.read(self.descriptor, count)


def _reason(error: OSError) -> str:
    return f"could not be read: {error.strerror or type(error).__name__}"


def _gap(name: str, why: str) -> Gap:
    return Gap(Stage.REACH, name, why)
