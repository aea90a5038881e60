"""In which order things stand in a report, whatever order they were found in."""

from scopeaudit.model.baseline import Accepted, Entry
from scopeaudit.model.candidate import Candidate
from scopeaudit.model.finding import Finding
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.report import Report, Suppressed

_STAGES = {stage: number for number, stage in enumerate(Stage)}
_SOURCES = {
    Source.TREE: 0,
    Source.STAGED: 1,
    Source.AGENT: 2,
    Source.ENVIRONMENT: 3,
    Source.INPUT: 4,
    Source.HOME: 5,
    Source.HISTORY: 6,
}


def by_id(credential: str | None) -> tuple[int, str]:
    """Key that puts `c2` before `c10`, and what belongs to no credential last."""
    return (len(credential), credential) if credential is not None else (1 << 30, "")


def by_place(location: Location) -> tuple[int, str, int, int, str, str]:
    """Key for locations: the folder first, its history last; what has no line before what has one."""
    return (
        _SOURCES[location.source],
        location.path,
        location.line or 0,
        location.column or 0,
        location.commit or "",
        location.name or "",
    )


def by_severity(finding: Finding) -> tuple[int, tuple[int, str], str, str, str]:
    """Key for findings, worst first."""
    return (
        -finding.severity.rank,
        by_id(finding.credential),
        finding.rule,
        finding.fingerprint,
        finding.message,
    )


def by_stage(gap: Gap) -> tuple[int, str, str, tuple[int, str]]:
    """Key for gaps, in the order of the way through the house."""
    return (_STAGES[gap.stage], gap.what, gap.why, by_id(gap.credential))


def sorted_findings(report: Report) -> list[Finding]:
    """All findings, worst first."""
    return sorted(report.findings, key=by_severity)


def sorted_gaps(report: Report) -> list[Gap]:
    """All gaps, in the order of the stages."""
    return sorted(report.gaps, key=by_stage)


def sorted_gone(report: Report) -> list[Entry]:
    """What a baseline accepts in vain, by what it is about."""
    return sorted(report.gone, key=lambda each: (each.about, each.rule, each.fingerprint))


def sorted_accepted(report: Report) -> list[Accepted]:
    """Findings that a baseline accepts, the worst first."""
    return sorted(report.accepted, key=lambda each: by_severity(each.finding))


def sorted_suppressed(report: Report) -> list[Suppressed]:
    """All ignored findings, worst first."""
    return sorted(report.suppressed, key=lambda each: by_severity(each.finding))


def sorted_candidates(report: Report) -> list[Candidate]:
    """All candidates, by id."""
    return sorted(report.candidates, key=lambda each: by_id(each.id))
