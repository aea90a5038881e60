"""What was accepted, and what became of it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scopeaudit.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One finding that is accepted as it was."""

    fingerprint: str
    rule: str
    about: str
    """Provider, kind and place of the credential, for people."""
    severity: Severity
    operations: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    """Those of the operations that were not known to be granted, nor denied."""
    resources: frozenset[str] = frozenset()
    """Those that any of the operations acts on."""
    acting: Mapping[str, frozenset[str]] | None = None
    """What each operation acts on, empty where nothing is known; `None` where the file does not tell."""
    places: frozenset[str] = frozenset()
    """Where the credential lay: source and path, without lines."""
    reason: str | None = None
    expires: datetime.date | None = None
    """The last day on which it is accepted."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is accepted, by fingerprint."""

    entries: Mapping[str, Entry]


class State(StrEnum):
    """What a finding is to the baseline."""

    NEW = "new"
    UPDATED = "updated"
    """It was accepted with less."""
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that the baseline accepts. It stays in the report."""

    finding: Finding
    reason: str | None = None
    expires: datetime.date | None = None
