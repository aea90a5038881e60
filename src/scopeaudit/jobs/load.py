"""Job files from disk."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from scopeaudit.catalogue.provider import Provider
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.job import Declarations

FILE_NAME = "scopeaudit.yaml"
"""Name of the job file in the scanned folder."""

MAXIMUM_BYTES = 1_000_000


def load_declarations(file: Path, path: str, providers: Mapping[str, Provider]) -> Declarations:
    """What the job file declares; `path` is its name in messages, relative to the scanned folder.

    Raises:
        InvalidFileError: if it is missing, no ordinary file, unreadable, too large, no UTF-8, or wrong.
    """
    return read_declarations(_text(_content(file, path), path), path, providers)


def _content(file: Path, path: str) -> bytes:
    try:
        with open(file, "rb", opener=_open_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise InvalidFileError((f"{path}:1: is no ordinary file: replace it by one",))
            content = stream.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable name"
        raise InvalidFileError((f"{path}:1: cannot be read ({reason}): mend or remove it",)) from None
    if len(content) > MAXIMUM_BYTES:
        raise InvalidFileError((f"{path}:1: the file is larger than {MAXIMUM_BYTES:,} bytes",))
    return content


def _open_without_waiting(name: str, flags: int) -> int:
    """Opening a named pipe would wait for its writer."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidFileError((f"{path}:{line}: the file is not valid UTF-8: save it as UTF-8",)) from None
