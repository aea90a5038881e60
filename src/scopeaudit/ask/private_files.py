"""Files of the user's own that nobody else may read: the key, the audit trail, remembered answers.

On Windows, where a mode means little, the user's own folders protect them.
"""

import os
import secrets
import stat
import time
from pathlib import Path

KEY_BYTES = 32
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def state_directory() -> Path:
    """Where the key and the audit trail are kept."""
    from platformdirs import user_state_path

    return user_state_path("scopeaudit", appauthor=False)


def cache_directory() -> Path:
    """Where remembered answers are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("scopeaudit", appauthor=False) / "answers"


def open_private(path: Path, flags: int) -> int:
    """A descriptor of a regular file of mode 0600, created with its folder (0700) where flags say so.

    Raises:
        OSError: it cannot be opened, is a link, a pipe or a device, or belongs to someone else.
    """
    if flags & os.O_CREAT:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, flags | _NO_FOLLOW | _NO_WAIT, 0o600)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path.name} is not a regular file")
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise OSError(f"{path.name} belongs to another user")
        if hasattr(os, "fchmod") and status.st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_private(path: Path, most_bytes: int) -> bytes | None:
    """The content; `None` if there is no such file, it cannot be read, or it is longer."""
    try:
        descriptor = open_private(path, os.O_RDONLY)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            content = file.read(most_bytes + 1)
        except OSError:
            return None
    return content if len(content) <= most_bytes else None


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step: a reader sees the old content or the new, never a part.

    Raises:
        OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def user_key(directory: Path) -> bytes:
    """The user's own random key, made at first use; the same for every process.

    Raises:
        OSError: there is none and none can be written.
    """
    path = directory / "key"
    for _ in range(20):
        key = read_private(path, KEY_BYTES)
        if key is not None and len(key) == KEY_BYTES:
            return key
        try:
            descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            # Another process is writing it, or it was cut short.
            time.sleep(0.01)
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    write_private(path, secrets.token_bytes(KEY_BYTES))
    key = read_private(path, KEY_BYTES)
    if key is None or len(key) != KEY_BYTES:
        raise OSError("the key cannot be read back")
    return key
