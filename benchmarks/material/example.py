"""One labelled example, and the half of the material it belongs to."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A snippet that holds a credential of a provider, or looks as if it did."""

    set: str
    """The public set it is from."""
    provider: str | None
    """Normalised id; None where the set names no service (a generic password)."""
    text: bytes
    """The whole snippet."""
    file_name: str
    """A neutral name with a fitting ending."""
    positive: bool

    @property
    def held_out(self) -> bool:
        """Whether it is in the half that nobody looks into while writing patterns."""
        key = b"\0".join((self.set.encode(), (self.provider or "").encode(), self.text))
        return hashlib.sha256(key).digest()[0] % 2 == 1


def fitting_name(text: str) -> str:
    """A file name for a snippet whose set gives none: by what the text begins with."""
    start = text.lstrip()
    if start.startswith(("{", "[{", '["')) and start.rstrip().endswith(("}", "]")):
        return "text.json"
    if start.startswith("<") and start.rstrip().endswith(">"):
        return "text.xml"
    if start.startswith("-----BEGIN"):
        return "text.pem"
    return "text.txt"
