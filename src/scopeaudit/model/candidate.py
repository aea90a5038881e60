"""Text that looks like a secret and belongs to no known provider."""

from dataclasses import dataclass
from enum import StrEnum

from scopeaudit.model.location import Location


class CandidateType(StrEnum):
    """What a candidate seems to be, by its form and the name beside it."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    TOKEN = "token"  # noqa: S105 - a word, not a token
    KEY = "key"
    PRIVATE_KEY = "private-key"
    SECRET = "secret"  # noqa: S105 - a word, not a secret
    """Secret by its name or form, and nothing says of which type."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value that looks like a secret, at every place where it was seen. The value is not here."""

    id: str
    """`p1`, `p2` ... in order of the first location; stable within one report only."""
    type: CandidateType
    locations: tuple[Location, ...]
    """At least one, sorted, without repetition."""
    shown: str = "hidden"
    """What may be shown of the value: nothing, or its length."""
