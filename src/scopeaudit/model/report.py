"""A whole run: what was found, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.gap import Gap

if TYPE_CHECKING:
    from scopeaudit.model.baseline import Accepted, Entry, State
    from scopeaudit.model.candidate import Candidate
    from scopeaudit.model.context import Context
    from scopeaudit.model.remark import Remark


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that comments in the scanned folder ask to ignore. It stays in the report."""

    finding: Finding
    remarks: "tuple[Remark, ...]"
    """The comments, in order of their places; at least one."""


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What was done."""

    files: int = 0
    bytes: int = 0
    sources: tuple[tuple[str, int], ...] = ()
    """Documents read, by source."""
    asked: bool = False
    """Whether any request was sent or remembered answer used."""
    requests: int = 0
    root: str = "."
    noise: tuple[tuple[str, int], ...] = ()
    """Candidates left out because the folder calls them noise: the statement (`ignore`, `pragma`,
    `baseline`) and how many, sorted."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a format turns into text."""

    scan: ScanFacts
    credentials: tuple[AuditedCredential, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    candidates: "tuple[Candidate, ...]" = ()
    """Values that look secret and belong to no known provider; no finding, and no gate fails for them."""
    context: "Context | None" = None
    """What surrounds the scanned folder, if it was looked at."""
    suppressed: tuple[Suppressed, ...] = ()
    """Findings that are ignored with a reason; they are not among `findings`."""
    accepted: "tuple[Accepted, ...]" = ()
    """Findings that a baseline accepts; they are not among `findings`."""
    gone: "tuple[Entry, ...]" = ()
    """What the baseline accepts and is not found any more, by place."""
    states: "Mapping[str, State] | None" = None
    """What each finding is to the baseline, by fingerprint; `None` without a baseline."""

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity; ignored ones do not count."""
        return sum(finding.severity is severity for finding in self.findings)
