"""One file's archives opened, one inside of the other, within limits that hold for all of them together."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.reach import archives as limits
from scopeaudit.reach.archives import (
    PIECE_BYTES,
    SEPARATOR,
    Bytes,
    DamagedError,
    Form,
    Held,
    form_of,
    pieces,
)
from scopeaudit.reach.containers import (
    Member,
    decompressed,
    tar_or_content,
    zip_members,
)
from scopeaudit.reach.sections import SECTION_BYTES, documents, sections

_GIT_OBJECT = re.compile(r"(?:^|/)objects/[0-9a-f]{2}/[0-9a-f]{38}(?:[0-9a-f]{24})?$")
_SUFFIXES = {".gz", ".bz2", ".xz"}
_SHORT_SUFFIXES = {"tgz", "tbz2", "txz"}
T = TypeVar("T")


class _RefusedError(Exception):
    """The file is read no further; the text says why."""


class Expansion:
    """What was opened and decompressed of one file."""

    def __init__(self, template: Document, size: int) -> None:
        """Members are like `template` but for path and bytes; `size` is that of the file."""
        self._template = template
        self._size = size
        self._expanded = 0
        self._members = 0
        self._refusal: str | None = None

    def archive(self, path: str, form: Form, stored: Bytes, depth: int) -> Iterator[Document | Gap]:
        """The documents in an archive, and gaps for what could not be read; it never raises."""
        if not form.is_opened:
            yield _gap(path, f"is {form.value}")
            return
        if depth > limits.DEPTH:
            yield _gap(path, f"lies in {limits.DEPTH} archives; it was not opened")
            return
        notes = _Notes(path)
        for member in self._guarded(self._members_of(path, form, stored, notes), notes, ""):
            chunks = self._guarded(member.chunks, notes, member.name)
            yield from self._member(path + SEPARATOR + member.name, chunks, depth)
            if _GIT_OBJECT.search(member.name):
                notes.add("is an object of git: only those of a repository are read", member.name)
            if self._refusal is not None:
                break
        yield from notes.gaps()
        if depth == 1 and self._refusal is not None:
            yield _gap(path, self._refusal)

    def _members_of(self, path: str, form: Form, stored: Bytes, notes: "_Notes") -> Iterator[Member]:
        for member in self._listed(path, form, stored, notes):
            self._members += 1
            if self._members > limits.MEMBERS_LIMIT:
                raise _RefusedError(f"has more than {limits.MEMBERS_LIMIT} members; the rest were not read")
            yield member

    def _listed(self, path: str, form: Form, stored: Bytes, notes: "_Notes") -> Iterator[Member]:
        if form is Form.ZIP:
            return zip_members(stored, self._charge, notes.add)
        chunks = pieces(stored)
        if form is not Form.TAR:
            chunks = decompressed(form, chunks, self._charge)
        return tar_or_content(_inner_name(path), chunks)

    def _charge(self, count: int) -> None:
        self._expanded += count
        if self._expanded > limits.EXPANDED_LIMIT_BYTES:
            most = limits.EXPANDED_LIMIT_BYTES >> 20
            raise _RefusedError(f"expands to more than {most} MiB; the rest was not read")
        if self._expanded > max(limits.RATIO_FROM_BYTES, limits.RATIO_LIMIT * self._size):
            times = limits.RATIO_LIMIT
            raise _RefusedError(f"expands to more than {times} times its size; the rest was not read")

    def _guarded(self, items: Iterator[T], notes: "_Notes", name: str) -> Iterator[T]:
        """The items up to where they cannot be read, which is noted."""
        try:
            yield from items
        except DamagedError as error:
            notes.add(str(error), name)
        except _RefusedError as error:
            self._refusal = str(error)
        except OSError as error:
            notes.add(f"could not be read: {error.strerror or type(error).__name__}", name)

    def _member(self, path: str, chunks: Iterator[bytes], depth: int) -> Iterator[Document | Gap]:
        held = bytearray()
        for chunk in chunks:
            held += chunk
            if len(held) > SECTION_BYTES:
                yield from self._large(path, held, chunks, depth)
                return
        data = bytes(held)
        if data:
            yield from self._documents(documents(self._template.source, path, data))
        yield from self._inner(path, form_of(data), Held(data), depth)

    def _large(
        self, path: str, held: bytearray, chunks: Iterator[bytes], depth: int
    ) -> Iterator[Document | Gap]:
        """A member of more than one section, of which the beginning is held."""
        form = form_of(bytes(held[:PIECE_BYTES]))
        if form is not None:
            for chunk in chunks:
                held += chunk
                if len(held) > limits.HELD_LIMIT_BYTES:
                    most = limits.HELD_LIMIT_BYTES >> 20
                    yield _gap(path, f"is an archive of more than {most} MiB in another; it was not opened")
                    form = None
                    break
        stored = Held(memoryview(held))
        everything = chain(pieces(stored), chunks)
        yield from self._documents(sections(self._template.source, path, everything))
        yield from self._inner(path, form, stored, depth)

    def _inner(self, path: str, form: Form | None, stored: Bytes, depth: int) -> Iterator[Document | Gap]:
        if form is not None and self._refusal is None:
            yield from self.archive(path, form, stored, depth + 1)

    def _documents(self, found: Iterator[Document]) -> Iterator[Document]:
        for each in found:
            yield replace(
                self._template,
                path=each.path,
                data=each.data,
                line=each.line,
                column=each.column,
                own=each.own,
            )


class _Notes:
    """Why parts of one archive were not read: one gap a reason, however many members it holds for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: dict[str, tuple[str, int]] = {}

    def add(self, why: str, name: str) -> None:
        """Keep the reason; the first member is named. An archive that cannot be read has no name."""
        first, count = self._found.get(why, (name, 0))
        self._found[why] = (first, count + 1)

    def gaps(self) -> Iterator[Gap]:
        """The gaps, in the order in which they arose."""
        for why, (name, count) in self._found.items():
            what = self._path + SEPARATOR + name if name else self._path
            yield _gap(what, why if count == 1 else f"{why}; so are {count - 1} more members")


def _inner_name(path: str) -> str:
    """The name of what a compressed file holds: `dump.sql` of `dump.sql.gz`."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if stem and dot + suffix.lower() in _SUFFIXES:
        return stem
    return f"{stem}.tar" if stem and suffix.lower() in _SHORT_SUFFIXES else name


def _gap(path: str, why: str) -> Gap:
    return Gap(Stage.REACH, path, why)
