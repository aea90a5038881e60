"""A value that looks secret and belongs to no known provider."""

from dataclasses import dataclass

from scopeaudit.model.candidate import CandidateType


@dataclass(frozen=True, slots=True)
class Value:
    """Where such a value stands in a document, and as what; `end` is half-open."""

    start: int
    end: int
    type: CandidateType
    name: str | None
    """What the value is given to; `None` where nothing names it."""
