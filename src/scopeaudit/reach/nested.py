"""Repositories inside the scanned folder that are not the one it belongs to: their history is not read.

They are noticed when the tree is read, by files that every one of them has.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source

_NAMED = 20
_OWN = (".git/modules/", ".git/worktrees/")
"""Where git itself keeps what is told otherwise: submodules, and what work trees share with it."""
_OF_EVERY_ONE = ("/HEAD", "/config")
"""Where git is told to prefer it, the first is a link, which is no document."""
_WHY = "is a repository of its own; its history was not read"
_OUTSIDE = "belongs to a repository outside of the scanned folder, the history of which was not read"
_GIT_FILE = re.compile(rb"gitdir: ([^\r\n\0]{1,4096})")


class Nested:
    """Repositories that were met."""

    def __init__(self) -> None:
        self._repositories: list[str] = []
        self._files: list[tuple[str, bytes]] = []

    def watched(self, documents: Iterable[Document | Gap]) -> Iterator[Document | Gap]:
        """The documents, as they are."""
        for each in documents:
            if isinstance(each, Document) and each.source is Source.TREE:
                path = each.path
                if path.endswith(_OF_EVERY_ONE):
                    self._repositories.append(path.rpartition("/")[0])
                elif path.endswith("/.git") and (found := _GIT_FILE.match(bytes(each.data[:8192]))):
                    self._files.append((path.removesuffix("/.git"), found.group(1)))
            yield each

    def gaps(self, root: Path) -> Iterator[Gap]:
        """A gap for each of them, up to a number. Those in the git directory are its submodules."""
        found = dict.fromkeys(
            (each.removesuffix("/.git"), _WHY)
            for each in self._repositories
            if not f"{each}/".startswith(_OWN) and each != ".git" and _is_repository(root / each)
        )
        top = root.resolve()
        for path, target in self._files:
            if not _target(root / path, target).is_relative_to(top):
                found[path, _OUTSIDE] = None
        for path, why in list(found)[:_NAMED]:
            yield Gap(Stage.REACH, path, why)
        if len(found) > _NAMED:
            why = "are there in the folder; their history was not read"
            yield Gap(Stage.REACH, f"{len(found) - _NAMED} more repositories", why)


def _is_repository(folder: Path) -> bool:
    return all(os.path.lexists(folder / name) for name in ("HEAD", "objects", "refs"))


def _target(folder: Path, target: bytes) -> Path:
    try:
        return (folder / os.fsdecode(target)).resolve()
    except (OSError, RuntimeError):
        return Path(os.sep)
