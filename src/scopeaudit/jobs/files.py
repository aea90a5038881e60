"""Text of the files people write for this program, whatever lies at their place."""

import codecs
import contextlib
import os
import stat
import tempfile
from pathlib import Path

from scopeaudit.model.errors import InvalidFileError, UsageError

MAXIMUM_BYTES = 1_000_000


def text_of(file: Path, path: str, maximum_bytes: int = MAXIMUM_BYTES) -> str:
    """The text of a file; `path` is its name in messages.

    Raises:
        InvalidFileError: if it is missing, no ordinary file, unreadable, too large, or no UTF-8.
    """
    return _text(_content(file, path, maximum_bytes), path)


def replace_text(
    file: Path, path: str, text: str, before: str | None, maximum_bytes: int = MAXIMUM_BYTES
) -> None:
    """Write the text whole or not at all, where the file still holds `before`, or is not there for `None`.

    A byte order mark and the file's mode stay.

    Raises:
        UsageError: if it is a link or no ordinary file, holds something else by now, or cannot be written.
    """
    content = text.encode()
    try:
        status = file.lstat()
    except FileNotFoundError:
        if before is not None:
            raise UsageError(f"{path}: has gone meanwhile: run the command again") from None
        mode = 0o666 & ~_umask()
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
    else:
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path}: is a link or no ordinary file: nothing is written through it")
        mode = stat.S_IMODE(status.st_mode)
        now = _content(file, path, maximum_bytes)
        if before is None or _text(now, path) != before:
            raise UsageError(f"{path}: has changed meanwhile: run the command again")
        content = codecs.BOM_UTF8 + content if now.startswith(codecs.BOM_UTF8) else content
    _replace(file, path, content, mode)


def _replace(file: Path, path: str, content: bytes, mode: int) -> None:
    try:
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _content(file: Path, path: str, maximum_bytes: int) -> bytes:
    try:
        with open(file, "rb", opener=_open_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise InvalidFileError((f"{path}:1: is no ordinary file: replace it by one",))
            content = stream.read(maximum_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable name"
        raise InvalidFileError((f"{path}:1: cannot be read ({reason}): mend or remove it",)) from None
    if len(content) > maximum_bytes:
        raise InvalidFileError((f"{path}:1: the file is larger than {maximum_bytes:,} bytes",))
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
