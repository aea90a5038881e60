"""What is made of files of the rules, kept under names that say what it was made of."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from scopeaudit import __version__
from scopeaudit.catalogue import cache as store
from scopeaudit.model.errors import InvalidFileError

T = TypeVar("T")


def kept(directory: Path | None, name: str, kind: type[T], build: Callable[[], T]) -> T:
    """What is kept under a name that says what it depends on, else what `build` gives, kept from then on."""
    found = _cached(directory, name, kind)
    if found is None:
        found = build()
        _keep(directory, name, found)
    return found


def _cached(directory: Path | None, name: str, kind: type[T]) -> T | None:
    if directory is None or (payload := store.read_entry(directory, name)) is None:
        return None
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _keep(directory: Path | None, name: str, value: object) -> None:
    if directory is not None:
        store.write_entry(directory, name, msgspec.msgpack.encode(value))


def fingerprint_of(root: Path, rooms: Iterable[str]) -> str:
    """What tells whether a file of the rooms was added, removed or written since, without reading any."""
    digest = hashlib.blake2b(f"{__version__}\0{root}\0".encode(), digest_size=16)
    for room in rooms:
        if not (root / room).is_dir():
            continue
        with os.scandir(root / room) as listing:
            for entry in sorted(listing, key=lambda entry: entry.name):
                status = entry.stat()
                digest.update(f"{entry.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def digest_of(sources: Mapping[str, bytes]) -> str:
    """Hex digest of files, by name and content."""
    digest = hashlib.blake2b(f"{__version__}\0".encode(), digest_size=16)
    for name, content in sources.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def text_of(content: bytes, name: str) -> str:
    """The text of a file of the rules.

    Raises:
        InvalidFileError: if it is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidFileError((f"rules/{name}:1: is not UTF-8",)) from None
