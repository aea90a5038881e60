"""What waits when it is opened: named pipes and devices, in places where only files belong."""

import os
import stat
from pathlib import Path


def open_without_waiting(name: str, flags: int) -> int:
    """An `opener` for regular files alone.

    Raises:
        OSError: if it is none, or cannot be opened.
    """
    descriptor = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("is not a regular file")
    return descriptor


def waiting_file(directory: Path) -> str | None:
    """A file of a git directory that git would wait for, by its path in there; `None` if there is none."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(directory / folder) as listing:
                entries = list(listing)
        except OSError:
            continue
        for entry in entries:
            name = f"{folder}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending.append(f"{name}/")
            elif not _is_file(entry) and _waits(directory / name):
                return name
    return None


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _waits(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
