"""What a report comes to, in a few sentences."""

from collections import defaultdict
from dataclasses import dataclass

from scopeaudit.model.finding import Severity
from scopeaudit.model.gap import Stage
from scopeaudit.model.report import Report
from scopeaudit.report.order import sorted_gaps

_STATEMENTS = {
    "baseline": ".secrets.baseline files",
    "ignore": "ignore comments",
    "pragma": "pragma comments",
}


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps of one stage with one reason."""

    stage: Stage
    why: str
    whats: tuple[str, ...]
    """At least one, sorted."""


def gap_groups(report: Report) -> tuple[GapGroup, ...]:
    """The gaps by stage and reason; within a stage the most frequent reason first."""
    groups: dict[tuple[Stage, str], list[str]] = defaultdict(list)
    for gap in sorted_gaps(report):
        groups[gap.stage, gap.why].append(gap.what)
    places = {stage: place for place, stage in enumerate(Stage)}
    return tuple(
        GapGroup(stage, why, tuple(groups[stage, why]))
        for stage, why in sorted(
            groups, key=lambda key: (places[key[0]], -len(groups[key]), key[1], groups[key][0])
        )
    )


def counted(number: int, noun: str) -> str:
    """`1 request`, `12 requests`, `3,512 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def summary_line(report: Report) -> str:
    """`3 critical · 1 high; 4 credentials; 12 requests; 2 gaps`."""
    severities = [
        f"{report.count(severity):,} {severity.value}"
        for severity in reversed(Severity)
        if report.count(severity)
    ]
    parts = [
        " · ".join(severities) or "no findings",
        counted(len(report.credentials), "credential"),
        counted(report.scan.requests, "request"),
    ]
    if report.suppressed:
        parts.append(f"{len(report.suppressed):,} ignored")
    if report.accepted:
        parts.append(f"{len(report.accepted):,} accepted")
    if report.gaps:
        parts.append(counted(len(report.gaps), "gap"))
    return "; ".join(parts)


def caveats(report: Report) -> tuple[str, ...]:
    """What a reader of the summary must know besides; empty where it stands for itself."""
    sentences = []
    if not report.credentials:
        sentences.append(f"No credential was found in {counted(report.scan.files, 'file')}.")
    elif not report.scan.asked:
        sentences.append(
            "Nothing was asked: every verdict rests on what a credential says itself"
            " or what its provider documents, and may be out of date."
        )
    elif not report.scan.requests:
        sentences.append("No request was sent: the answers are remembered ones.")
    left_out = sum(number for _, number in report.scan.noise)
    if left_out:
        statements = " and ".join(_STATEMENTS.get(each, each) for each, _ in sorted(report.scan.noise))
        values = counted(left_out, "value")
        verb = "was" if left_out == 1 else "were"
        sentences.append(f"{values} of no known provider {verb} left out as noise: {statements} say so.")
    if report.gaps:
        sentences.append("What was not audited is not known to be safe.")
    return tuple(sentences)
