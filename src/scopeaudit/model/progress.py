"""How a long run tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Is told what was read. Shows numbers and the names of sources, nothing that a scanned folder says."""

    def total(self, files: int, bytes: int) -> None:  # noqa: A002 - the unit is the name
        """What is expected to be read from now on in all, 0 where it is not known."""

    def advance(self, files: int, bytes: int, source: str) -> None:  # noqa: A002 - the unit is the name
        """So much more was read of a source. Called for every document, so it must cost next to nothing."""

    def asking(self, credentials: int) -> None:
        """All is read; the providers of so many credentials are asked."""
