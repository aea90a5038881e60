"""A use before it is known in which file it is."""

from dataclasses import dataclass

from scopeaudit.model.use import UseKind


@dataclass(frozen=True, slots=True)
class Found:
    """What was recognised at one place of a text."""

    provider: str
    operations: frozenset[str]
    by: UseKind
    shown: str
    offset: int
    resources: tuple[str, ...] = ()
    through: str = ""
    """The text, in lower case, of the file that the client comes from, if it is another."""


@dataclass(frozen=True, slots=True)
class FoundSql:
    """A text of SQL, and to whom it goes if that is known."""

    text: str
    offset: int
    provider: str | None
