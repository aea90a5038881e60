"""A comment about findings: `scopeaudit: ignore[finding-rule] reason`."""

from dataclasses import dataclass

from scopeaudit.model.location import Location


@dataclass(frozen=True, slots=True)
class Remark:
    """One ignore comment as it stands in a document. Whether it is honoured, the audit decides."""

    location: Location
    """Where the comment begins."""
    speaks_for: int | None
    """The line of the same document whose findings it is about, from 1; `None` if no line follows it."""
    rules: tuple[str, ...] = ()
    """Ids between the brackets as written, each once; empty where there are no brackets."""
    reason: str = ""
    """As written, at most 200 characters; holds no secret. Empty where none is given."""
