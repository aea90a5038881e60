"""Standard input: one document of any size, handed over by the user."""

import sys
from collections.abc import Iterator
from typing import BinaryIO

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.sections import SECTION_BYTES, documents, sections

PATH = "-"
"""How the command line and locations call it."""
_CHUNK_BYTES = 1 << 20


def standard_input(stream: BinaryIO | None = None) -> Iterator[Document | Gap]:
    """What can be read from the stream, to its end; from this process's standard input where missing."""
    if stream is None and sys.stdin is None:
        yield Gap(Stage.REACH, "standard input", "is closed")
        return
    reading = _Reading(sys.stdin.buffer if stream is None else stream)
    held = b""
    chunks = reading.chunks()
    for chunk in chunks:
        held += chunk
        if len(held) > SECTION_BYTES:
            yield from sections(Source.INPUT, PATH, _with_head(held, chunks))
            break
    else:
        yield from documents(Source.INPUT, PATH, held)
    if reading.problem:
        yield Gap(Stage.REACH, "standard input", reading.problem)


class _Reading:
    """A stream in chunks; a read error ends it and is kept in `problem`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.problem: str | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes in order."""
        try:
            while chunk := self._stream.read(_CHUNK_BYTES):
                yield chunk
        except OSError as error:
            self.problem = f"could not be read to its end: {error.strerror or type(error).__name__}"


def _with_head(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest
