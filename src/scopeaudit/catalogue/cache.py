"""Compiled forms of the rules, kept per user so that a start costs milliseconds.

An entry is the digest of its own bytes and the bytes; one that is damaged, or was written by another
version, is ignored and rebuilt. Nothing from a scanned folder and no secret is ever written here.
"""

import hashlib
import os
import tempfile
from pathlib import Path

_MAGIC = b"scopeaudit-cache-1\n"
_DIGEST_BYTES = 32


def cache_directory() -> Path:
    """The user's cache directory for this program; `SCOPEAUDIT_CACHE_DIR` moves it."""
    if moved := os.environ.get("SCOPEAUDIT_CACHE_DIR"):
        return Path(moved)
    import platformdirs

    return Path(platformdirs.user_cache_dir("scopeaudit", appauthor=False))


def read_entry(directory: Path, name: str) -> bytes | None:
    """The bytes kept under `name`, or `None` if there are none or they are damaged."""
    try:
        content = (directory / name).read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + _DIGEST_BYTES
    payload = content[head:]
    if not content.startswith(_MAGIC) or _digest(payload) != content[len(_MAGIC) : head]:
        return None
    return payload


def write_entry(directory: Path, name: str, payload: bytes) -> None:
    """Keep the bytes, whole or not at all; a cache that cannot be written is no error."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=directory, prefix=".new-")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + _digest(payload) + payload)
        Path(temporary).replace(directory / name)
    except OSError:
        Path(temporary).unlink(missing_ok=True)


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES).digest()
