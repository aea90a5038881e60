"""Where tools keep credentials: looked up, never searched for.

A home folder with any number of files costs what its stores cost. Of a store every file is a document, and
each value that the store's file in `rules/stores` selects is one more: as if it stood behind the name by
which detection knows such a value. Links are followed, as the tools themselves follow them; nothing but a
regular file is opened.
"""

import base64
import binascii
import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scopeaudit.catalogue.places import Format
from scopeaudit.catalogue.store import Elsewhere, Entry, Store, StoredValue, StoreFile
from scopeaudit.model.context import StoreFound, Usable
from scopeaudit.model.document import Document, Piece
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Source
from scopeaudit.reach.files import file_documents, file_gap, reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.selection import select, value_at
from scopeaudit.reach.written import LIMIT_BYTES, UnreadableError, database, tree

MANY_FILES = 200
MANY_BYTES = 64 << 20
"""Of files that may be many or large, the newest up to these limits are read."""
_PLACEHOLDER = b"\n"
_JOURNAL = "-wal"
"""What SQLite puts behind the name of a database for the file with its newest changes."""
_ENTRIES_LIMIT = 20_000
_EFFORT_BYTES = 4 << 30
"""Bytes of a file that are searched for its own values, in all; then a value stands at its beginning."""
_COLUMNS = 64 << 10
"""Of a line that are counted by character, the last ones; what is before them by byte."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A file of a store that is there."""

    path: str
    name: str
    """As reports write it."""
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of file of a store, and which of them are there."""

    store: Store
    file: StoreFile
    found: tuple[_Stored, ...]
    """Sorted by name."""


def shelves(machine: Machine, stores: Iterable[Store]) -> tuple[Shelf, ...]:
    """What is there of the stores. Nothing is opened."""
    found = []
    for store in stores:
        for file in store.files:
            looked_up = (_stored(machine, path, file) for path in _paths(machine, file))
            stored = [each for each in looked_up if each is not None]
            if stored:
                found.append(Shelf(store, file, tuple(sorted(stored, key=lambda each: each.name))))
    return tuple(found)


def _paths(machine: Machine, file: StoreFile) -> Iterable[str]:
    """Where the tool looks, and where it would without the variable: that file can be read as well."""
    moved = (machine.given(each.variable, each.path, separated=each.separated) for each in file.moved)
    given = next((paths for paths in moved if paths is not None), [])
    return dict.fromkeys((*given, *machine.paths(file.paths)))


def _stored(machine: Machine, path: str, file: StoreFile) -> _Stored | None:
    """The file, if it is there; of what is to be read only regular files, and no link to the null device."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    if file.opens is None and not stat.S_ISREG(status.st_mode):
        return None
    return _Stored(path, machine.shown(path), status.st_size, status.st_mtime)


def stores_found(shelves_: Iterable[Shelf]) -> tuple[StoreFound, ...]:
    """The stores that are there, sorted."""
    paths: dict[str, tuple[Store, set[str]]] = {}
    for shelf in shelves_:
        if shelf.file.opens is None:
            paths.setdefault(shelf.store.id, (shelf.store, set()))[1].update(
                each.name for each in shelf.found
            )
    return tuple(
        sorted(
            StoreFound(store.id, store.name, store.agent, tuple(sorted(names)))
            for store, names in paths.values()
        )
    )


def documents(
    machine: Machine, found: Iterable[Shelf], *, tree_is_read: bool = True
) -> Iterator[Document | Gap]:
    """The documents of the stores in a fixed order, and gaps for what was not read.

    What lies in the scanned folder is left to whoever reads that, if it is read.
    """
    for shelf in found:
        if shelf.file.opens is None:
            source = Source.HOME if shelf.store.agent is None else Source.AGENT
            for stored in _read(shelf):
                if isinstance(stored, Gap):
                    yield stored
                else:
                    yield from _documents(machine, shelf.file, stored, source, tree_is_read)


def _read(shelf: Shelf) -> Iterator[_Stored | Gap]:
    """The files to read: all of them, or of many the newest."""
    if not shelf.file.many:
        yield from shelf.found
        return
    newest = sorted(shelf.found, key=lambda each: (-each.modified, each.name))
    total, left = 0, 0
    for number, stored in enumerate(newest):
        total += stored.size
        if number < MANY_FILES and (total <= MANY_BYTES or number == 0):
            yield stored
        else:
            left += 1
    if left:
        why = f"of {len(newest)} files the newest were read, {MANY_FILES} or {MANY_BYTES >> 20} MiB at most"
        yield file_gap(f"{shelf.store.name}: {left} older files", why)


def _documents(
    machine: Machine, file: StoreFile, stored: _Stored, source: Source, tree_is_read: bool
) -> Iterator[Document | Gap]:
    inside = machine.inside(stored.path) is not None
    source = Source.TREE if inside else source
    if not (inside and tree_is_read):
        for ending in ("", _JOURNAL) if _has_journal(file, stored.path) else ("",):
            yield from file_documents(stored.path + ending, stored.name + ending, source, follow=not inside)
    if file.entries:
        yield from selected(file, stored.path, stored.name, source)


def _has_journal(file: StoreFile, path: str) -> bool:
    """Whether there is something beside a database that was not put into it yet."""
    if file.format is not Format.SQLITE:
        return False
    try:
        status = Path(path + _JOURNAL).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0


def selected(file: StoreFile, path: str, name: str, source: Source) -> Iterator[Document | Gap]:
    """A document for each entry of a file: its values behind the names by which they are known."""
    try:
        data = _content(path, file.format)
        content: Any = _tree(data, file.format)
        if file.format is Format.SQLITE:
            content = database(path, dict.fromkeys(entry.at[0] for entry in file.entries if entry.at))
        yield from _entries(file, content, _Page(data), name, source)
    except UnreadableError as error:
        yield file_gap(name, f"{error}; what it keeps was looked for in its text alone")
    except OSError as error:
        yield file_gap(name, reason(error))


def _entries(file: StoreFile, content: Any, page: "_Page", name: str, source: Source) -> Iterator[Document]:
    seen: set[bytes] = set()
    for entry in file.entries:
        for node in select(content, entry.at):
            document = _entry_document(entry, node, page, name, source)
            if document is not None and bytes(document.data) not in seen:
                if len(seen) == _ENTRIES_LIMIT:
                    raise UnreadableError(f"holds more than {_ENTRIES_LIMIT:,} entries")
                seen.add(bytes(document.data))
                yield document


def _tree(data: bytes, form: Format) -> Any:
    text = data.decode("utf-8-sig", "replace")
    return text.strip() if form is Format.TEXT else tree(text, form)


def _content(path: str, form: Format) -> bytes:
    """The bytes of a regular file up to the limit; nothing of a database, which is opened elsewhere."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("is not a regular file")
        if form is Format.SQLITE:
            return b""
        if status.st_size > LIMIT_BYTES:
            raise UnreadableError(f"is larger than {LIMIT_BYTES >> 20} MiB")
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            return stream.read(LIMIT_BYTES)
    finally:
        os.close(descriptor)


def _entry_document(entry: Entry, node: Any, page: "_Page", name: str, source: Source) -> Document | None:
    """What an entry holds, as lines of `NAME=value`; each value says where in the file it stands."""
    text = bytearray()
    pieces: list[Piece] = []
    for wanted in entry.values:
        value = _value(wanted, node)
        if value is None:
            continue
        offset, decoded = page.offset(value, wanted.key)
        line, column = page.position(offset)
        origin = (offset, offset + len(value))
        pieces.append(Piece(len(text), origin, line, column, decoded=True, own=False))
        text += wanted.name.encode() + b"="
        pieces.append(Piece(len(text), origin, line, column, decoded=decoded, own=True))
        text += value + _PLACEHOLDER
    return Document(source, name, bytes(text), pieces=tuple(pieces)) if text else None


def _value(wanted: StoredValue, node: Any) -> bytes | None:
    found = value_at(node, wanted.key)
    if found is None:
        return None
    value = found.encode("utf-8", "replace")
    if not wanted.base64:
        return value
    try:
        return base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError):
        return None


class _Page:
    """The bytes of a file, and where values stand in them, found in bounded time."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _EFFORT_BYTES

    def offset(self, value: bytes, key: str) -> tuple[int, bool]:
        """Where a value stands in the file, and whether only as a whole, being written otherwise there."""
        offset = self._find(value)
        if offset >= 0:
            return offset, False
        return max(self._find(key.encode("utf-8", "replace")), 0), True

    def _find(self, value: bytes) -> int:
        if self._left <= 0:
            return -1
        offset = self._data.find(value)
        self._left -= offset if offset >= 0 else len(self._data)
        return offset

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, the column in characters."""
        number = bisect_left(self._breaks, offset)
        begin = self._breaks[number - 1] + 1 if number else 0
        shown = self._data[max(begin, offset - _COLUMNS) : offset]
        return number + 1, max(begin, offset - _COLUMNS) - begin + len(shown.decode("utf-8", "replace")) + 1

    @cached_property
    def _breaks(self) -> list[int]:
        return [match.start() for match in re.finditer(b"\n", self._data)]


def usable(found: Iterable[Shelf]) -> Iterator[Usable]:
    """What is there to be used without being read: sockets, databases that are not opened."""
    for shelf in found:
        if shelf.file.opens is not None:
            for stored in shelf.found:
                yield Usable(
                    shelf.store.id, shelf.store.name, stored.name, shelf.file.opens, shelf.file.source
                )


def kept_elsewhere(found: Iterable[Shelf], paths_with_values: frozenset[str]) -> Iterator[Usable]:
    """Tools that are set up and whose files hold no credential: their login is somewhere else."""
    by_store: dict[str, tuple[Store, list[tuple[StoreFile, _Stored]]]] = {}
    for shelf in found:
        _, files = by_store.setdefault(shelf.store.id, (shelf.store, []))
        files.extend((shelf.file, each) for each in shelf.found)
    for store, files in by_store.values():
        elsewhere = store.elsewhere
        if elsewhere is None or not paths_with_values.isdisjoint(each.name for _, each in files):
            continue
        shown = [stored.name for file, stored in files if _is_shown(elsewhere, file, stored)]
        if shown:
            what = f"{store.name}, whose login is in {elsewhere.where}"
            yield Usable(store.id, what, min(shown), elsewhere.can, elsewhere.source)


def _is_shown(elsewhere: Elsewhere, file: StoreFile, stored: _Stored) -> bool:
    """Whether a file shows that there is a login at all."""
    if not elsewhere.shown_by:
        return True
    try:
        content = _tree(_content(stored.path, file.format), file.format)
    except (OSError, UnreadableError):
        return False
    if isinstance(content, str):
        return all(word in content for word in elsewhere.shown_by)
    try:
        return next(select(content, elsewhere.shown_by), None) is not None
    except UnreadableError:
        return True
