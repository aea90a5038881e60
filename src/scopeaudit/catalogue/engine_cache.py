"""The compiled patterns of the one pass, kept per user.

A compiled database is loaded without further checks by the library that made it, so it is only handed
out if it is ours: in a directory and a file that belong to this user and that nobody else may write to,
whole, and made for the same patterns, library and processor.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from scopeaudit.catalogue.cache import read_entry, write_entry

_MAGIC = b"scopeaudit-engine-1\n"


@dataclass(frozen=True, slots=True)
class EngineCache:
    """Compiled databases in a directory of the user's."""

    directory: Path

    def load(self, digest: str, platform: str) -> bytes | None:
        """The database kept for these patterns on this platform; `None` if there is none to trust."""
        name = _name(digest)
        if not (_is_ours(self.directory) and _is_ours(self.directory / name)):
            return None
        content = read_entry(self.directory, name)
        header = _header(digest, platform)
        if content is None or not content.startswith(header):
            return None
        return content[len(header) :]

    def store(self, digest: str, platform: str, database: bytes) -> None:
        """Keep a database, whole or not at all; a cache that cannot be written is no error."""
        write_entry(self.directory, _name(digest), _header(digest, platform) + database)


def _name(digest: str) -> str:
    return f"engine-{digest}.bin"


def _header(digest: str, platform: str) -> bytes:
    text = f"{digest}\0{platform}".encode()
    return _MAGIC + len(text).to_bytes(4, "big") + text


def _is_ours(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    if not hasattr(os, "geteuid"):
        return True
    others = stat.S_IWGRP | stat.S_IWOTH
    return status.st_uid == os.geteuid() and not status.st_mode & others and not stat.S_ISLNK(status.st_mode)
