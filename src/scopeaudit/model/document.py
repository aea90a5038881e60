"""Bytes with a location: what every source yields and detection reads."""

from dataclasses import dataclass, field

from scopeaudit.model.location import Source

ANY_PATH = "*"
"""In place of a path that is not known yet: all that a path can say for a value counts as said."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of decoded data, and where it stands in the text it was decoded from."""

    start: int
    """Its offset in the decoded data; it ends where the next begins."""
    origin: tuple[int, int]
    """The range it comes from, half-open, in the data that was decoded."""
    line: int
    column: int
    """Its place in the file."""
    decoded: bool
    """Whether what it was decoded from begins there as a whole; a plain piece was copied byte for byte."""
    own: bool
    """Whether the document speaks for values that begin in it; the rest is there for its names."""


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes with a location.

    A large file comes as several documents, its sections: they overlap, and each speaks for its
    own range only, so that what lies across a cut is seen whole, and seen once.
    """

    source: Source
    path: str
    """Relative to the scanned folder, with `/`; `env:NAME` for an environment variable."""
    data: bytes | memoryview = field(repr=False)
    commit: str | None = None
    name: str | None = None
    """The variable whose whole value `data` is."""
    line: int = 1
    """Line of the file on which `data` begins, from 1."""
    column: int = 1
    """Column of that line at which `data` begins, from 1, in characters."""
    own: tuple[int, int] | None = None
    """Offsets into `data`, half-open, of values this document speaks for; all where missing."""
    size: int = 0
    """Bytes of the source this document adds to what was read; 0 for a second view of the same bytes."""
    continues: bool = False
    """Whether an earlier document of the same path has been counted as the file."""
    authored: str | None = None
    """Date of the commit."""
    current: bool | None = None
    """In history, whether the last commit's tree holds these bytes."""
    pieces: tuple[Piece, ...] = field(default=(), repr=False)
    """Of decoded text: where its parts stand in the file, the first at offset 0."""
