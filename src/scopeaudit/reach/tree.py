"""The working tree: every regular file under a folder, ignored ones too, or a single file.

Links are not followed: what they point to inside the folder is read under its own name, and a link
out of the folder is a gap. Nothing but a regular file is opened. Of a git directory everything but
the object stores is read (configuration, logs, hooks, remembered URLs). What is in an archive comes
after the archive itself.
"""

import os
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap
from scopeaudit.reach.files import file_documents, file_gap, reason
from scopeaudit.reach.pipes import open_without_waiting

_LINKS_NAMED = 20
_GIT_DIRECTORY = {"HEAD", "objects", "refs"}
_OBJECT = re.compile(
    r"[0-9a-f]{38}(?:[0-9a-f]{24})?|pack-[0-9a-f]{40,64}\.\w+|multi-pack-index(?:-\w+\.\w+)?"
)
"""Names of files in which git keeps objects. Anything else in an object store is read."""
_STORED = (b"PACK", b"\xfftOc", b"RIDX", b"BITM", b"MTME", b"MIDX")
"""How packs and the indexes beside them begin."""
_KINDS = (b"blob ", b"tree ", b"commit ", b"tag ")
_HEAD_BYTES = 64


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
        yield from file_documents(str(top), top.name)
    else:
        yield file_gap(top.name, "is neither a file nor a folder")


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
            yield file_gap(folder.prefix.rstrip("/") or ".", reason(error))
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
                    yield file_gap(name, "is not a regular file; it was not opened")
                elif not (folder.store and _OBJECT.fullmatch(entry.name) and _is_object(entry.path)):
                    yield from file_documents(entry.path, name)
            except OSError as error:
                yield file_gap(name, reason(error))
        pending.extend(reversed(inner))
    yield from _link_gaps(links)


def _is_object(path: str) -> bool:
    """Whether a file begins as what git keeps under such a name: anybody can give one to a text."""
    with open(path, "rb", opener=open_without_waiting) as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_STORED):
        return True
    try:
        return zlib.decompressobj().decompress(head, _HEAD_BYTES).startswith(_KINDS)
    except zlib.error:
        return False


def _leaves(link: str, top: str) -> bool:
    """Whether a link leads to something that exists outside of `top`."""
    target = os.path.realpath(link)
    return not (target == top or target.startswith(top.rstrip(os.sep) + os.sep)) and os.path.lexists(target)


def _link_gaps(links: list[str]) -> Iterator[Gap]:
    for name in links[:_LINKS_NAMED]:
        yield file_gap(name, "is a link out of the folder; it was not followed")
    more = len(links) - _LINKS_NAMED
    if more > 0:
        yield file_gap(f"{more} more links", "lead out of the folder; they were not followed")
