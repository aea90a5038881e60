"""What could not be audited, and why."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where in the way through the house it happened."""

    REACH = "reach"
    DETECT = "detect"
    ASK = "ask"
    JOBS = "jobs"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A value, never an exception, and never silence."""

    stage: Stage
    what: str
    """What is missing from the audit: a path, a credential and question, an operation."""
    why: str
    """The reason, in words; never a secret."""
    credential: str | None = None
    """Id of the credential concerned, if one is."""
