"""Where something was seen."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """A kind of place in the context that yields documents."""

    TREE = "tree"
    HISTORY = "history"
    STAGED = "staged"
    ENVIRONMENT = "environment"
    AGENT = "agent"
    HOME = "home"
    INPUT = "input"
    """Standard input or a prompt: one token handed over by the user."""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """One place where a credential was seen."""

    source: Source
    path: str
    """Relative to the scanned folder, with `/`; `env:NAME` for an environment variable."""
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1, in characters."""
    commit: str | None = None
    """In history, the commit that brought it in there, or the commit or tag whose message it stands in."""
    name: str | None = None
    """The key or variable the value is assigned to, as written, if there is one."""
    authored: str | None = None
    """When that commit was written: ISO 8601 with zone, as its author's clock said."""
    current: bool | None = None
    """In history, whether the last commit's tree still holds what was seen there."""
    versions: int = 1
    """In how many versions of that path it was seen; the other fields are of the earliest."""
