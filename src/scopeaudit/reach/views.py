"""Every way in which stored bytes are read: as they are, as text of another encoding, as an archive."""

from collections.abc import Iterator
from itertools import chain

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.archives import HELD_LIMIT_BYTES, Held, expand, form_of, pieces
from scopeaudit.reach.sections import documents, sections


def views(source: Source, path: str, data: bytes) -> Iterator[Document | Gap]:
    """Bytes that are held whole."""
    yield from documents(source, path, data)
    if form_of(data) is not None:
        yield from expand(Document(source, path, data))


def large_views(source: Source, path: str, chunks: Iterator[bytes]) -> Iterator[Document | Gap]:
    """A stream of any length, in sections; an archive is held whole, up to a limit."""
    head = next(chunks, b"")
    if form_of(head) is None:
        yield from sections(source, path, chain((head,), chunks))
        return
    held = bytearray(head)
    for chunk in chunks:
        held += chunk
        if len(held) > HELD_LIMIT_BYTES:
            break
    stored = Held(memoryview(held))
    yield from sections(source, path, chain(pieces(stored), chunks))
    if len(held) > HELD_LIMIT_BYTES:
        why = f"is an archive of more than {HELD_LIMIT_BYTES >> 20} MiB; it was not opened"
        yield Gap(Stage.REACH, path, why)
    else:
        yield from expand(Document(source, path, b""), stored)
