"""`scopeaudit explain FINDING --report FILE`: every verdict of a finding, and what it rests on."""

from collections.abc import Iterator, Sequence
from typing import Any

from scopeaudit.catalogue.rules import Rules
from scopeaudit.cli.report_file import (
    WrittenCredential,
    WrittenFinding,
    WrittenOperation,
    WrittenPlace,
    WrittenReport,
)
from scopeaudit.model.errors import UsageError
from scopeaudit.report.visible import visible

_SHORTEST = 6
"""Characters of a fingerprint that name it."""
_OPERATIONS_SHOWN = 25
_KNOWN_SHOWN = 20
_LONGEST_LINE = 4_000
"""Characters of one statement; a report from elsewhere may hold any number."""


def findings_called(subject: str, report: WrittenReport) -> list[WrittenFinding]:
    """The findings of a fingerprint, or its beginning, or of a credential (`c1`), the ignored ones too.

    Raises:
        UsageError: if there is none, or the beginning is of several.
    """
    everything = [*report.findings, *report.suppressed, *report.accepted]
    found = [each for each in everything if each.credential == subject]
    if not found and len(subject) >= _SHORTEST:
        found = [each for each in everything if each.fingerprint.startswith(subject.lower())]
        whole = {each.fingerprint for each in found}
        if len(whole) > 1:
            names = ", ".join(visible(each) for each in sorted(whole)[:_KNOWN_SHOWN])
            raise UsageError(
                f"{visible(subject)}: is the beginning of {len(whole)} findings, {names}: write more of it"
            )
    if not found:
        known = sorted({each.fingerprint[:8] for each in everything})[:_KNOWN_SHOWN]
        names = visible(", ".join(known)) or "none"
        raise UsageError(f"{visible(subject)}: is no finding of the report; known are {names}")
    return found


def about_finding(finding: WrittenFinding, report: WrittenReport, rules: Rules) -> dict[str, Any]:
    """What the finding's page shows, as lines.

    Raises:
        UsageError: if the report names a finding rule that is not known.
    """
    rule = rules.findings.get(finding.rule)
    if rule is None:
        raise UsageError(f"{visible(finding.rule)}: is a finding rule of another version")
    credential = next((each for each in report.credentials if each.id == finding.credential), None)
    page: dict[str, list[str]] = {
        "found": list(_found(finding, credential)),
        "severity": [f"{finding.severity}. {rule.severity}", *_worst(finding)],
        "way": [
            f"{each.kind} {each.credential or 'gained so'}: {each.operation}, which {each.does}"
            for each in finding.steps
        ],
        "operations": list(_operations(finding.operations)),
        "evidence": list(_evidence(credential)),
        "reach": list(_reach(credential)),
        "aside": list(_aside(finding)),
        "remedy": [finding.remedy],
    }
    shown = {heading: [visible(line[:_LONGEST_LINE]) for line in lines] for heading, lines in page.items()}
    return {"rule": rule, **shown}


def _found(finding: WrittenFinding, credential: WrittenCredential | None) -> Iterator[str]:
    yield finding.message
    yield f"fingerprint {finding.fingerprint}"
    if credential is not None:
        kind = credential.kind.replace("-", " ")
        job = f"job {credential.job}" if credential.job else "no job declared"
        yield f"{credential.id}: {credential.provider} {kind} {credential.shown}, {job}"
    yield from (f"at {_place(each)}" for each in finding.locations)


def _place(location: WrittenPlace) -> str:
    line = f":{location.line}" if location.line else ""
    commit = f" at commit {location.commit[:12]}" if location.commit else ""
    return f"{location.path}{line}{commit}"


def _worst(finding: WrittenFinding) -> Iterator[str]:
    worst = [each for each in finding.operations if each.severity == finding.severity]
    for each in worst[:1]:
        yield f"{each.id} alone makes it so: {_traits(each)}."


def _operations(operations: Sequence[WrittenOperation]) -> Iterator[str]:
    for each in operations[:_OPERATIONS_SHOWN]:
        on = f", on {len(each.resources)} resources" if each.resources else ""
        source = f" [{each.source}]" if each.source else ""
        known = f"{each.verdict} ({each.evidence}), {each.severity}"
        yield f"{each.id}: {known}: {_traits(each)}{on}{source}"
    if len(operations) > _OPERATIONS_SHOWN:
        yield f"{len(operations) - _OPERATIONS_SHOWN:,} more in the report"


def _traits(operation: WrittenOperation) -> str:
    touches = " and ".join(operation.touches) or "nothing named"
    undone = {
        "yes": "can be undone",
        "no": "cannot be undone",
        "unknown": "no documented way back",
    }.get(operation.reversible, "can be undone for a time")
    if operation.window is not None:
        undone += f" ({operation.window.hours} hours, by {operation.window.by})"
    gate = "no gate" if operation.gate == "none" else f"gate {operation.gate}"
    if operation.gate_removed_by:
        gate += f", which {operation.gate_removed_by} removes"
    copies = ", and its recovery copies with it" if operation.takes_recovery else ""
    return f"{operation.effect}, touches {touches}, {undone}, {gate}{copies}"


def _evidence(credential: WrittenCredential | None) -> Iterator[str]:
    if credential is None:
        return
    authority = credential.authority
    yield f"state {authority.state}, {authority.requests} requests"
    counts = authority.operations
    yield f"{counts.granted} granted, {counts.denied} denied, {counts.unknown} unknown"
    for each in authority.known_by:
        source = f" [{each.source}]" if each.source else ""
        yield f"{each.evidence}: {each.detail}{source}"


def _reach(credential: WrittenCredential | None) -> Iterator[str]:
    for each in credential.reach if credential is not None else ():
        ways = ", ".join(each.open) or "no way without asking"
        asking = f"; asks first: {', '.join(each.asking)}" if each.asking else ""
        blocked = f"blocked by {each.denied_by}" if each.by is None else f"{ways}{asking}"
        yield f"{each.agent}: {blocked}, at {_place(each.location)}"
        for denial in each.advisory:
            rule = f"{denial.mechanism} {denial.rule} is {denial.strength}"
            yield f"{rule}: {denial.why} [{denial.source}]"


def _aside(finding: WrittenFinding) -> Iterator[str]:
    for each in finding.ignored_by:
        yield f"ignored at {_place(each.location)}: {each.reason}"
    if finding.accepted is not None:
        until = f" until {finding.accepted.expires}" if finding.accepted.expires else ""
        yield f"accepted by the baseline{until}: {finding.accepted.reason or 'no reason given'}"
