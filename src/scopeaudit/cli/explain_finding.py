"""`scopeaudit explain FINDING --report FILE`: every verdict of a finding, and what it rests on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.errors import UsageError
from scopeaudit.report.json_format import SCHEMA
from scopeaudit.report.visible import visible

_SHORTEST = 6
"""Characters of a fingerprint that name it."""
_OPERATIONS_SHOWN = 25
_LIMIT_BYTES = 512 << 20


def read_report(path: Path) -> Mapping[str, Any]:
    """A JSON report.

    Raises:
        UsageError: if it is none.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise UsageError(f"--report {path}: is larger than {_LIMIT_BYTES >> 20} MiB")
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--report {path}: {error.strerror}: name a file that can be read") from None
    except (ValueError, RecursionError):
        report = None
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise UsageError(
            f"--report {path}: is no report: write one with scopeaudit scan --output {path.name}"
        )
    return report


def findings_called(subject: str, report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The findings of a fingerprint, or its beginning, or of a credential (`c1`), the ignored ones too.

    Raises:
        UsageError: if there is none, or the beginning is of several.
    """
    everything = [*report["findings"], *report["suppressed"], *report["accepted"]]
    found = [each for each in everything if each["credential"] == subject]
    if not found and len(subject) >= _SHORTEST:
        found = [each for each in everything if each["fingerprint"].startswith(subject.lower())]
        if len({each["fingerprint"] for each in found}) > 1:
            raise UsageError(f"{subject}: is the beginning of {len(found)} findings: write more of it")
    if not found:
        known = ", ".join(sorted({each["fingerprint"][:8] for each in everything})[:20]) or "none"
        raise UsageError(f"{subject}: is no finding of the report; known are {known}")
    return found


def about_finding(finding: Mapping[str, Any], report: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """What the finding's page shows, as lines.

    Raises:
        UsageError: if the report names a finding rule that is not known.
    """
    rule = rules.findings.get(finding["rule"])
    if rule is None:
        raise UsageError(f"{finding['rule']}: is a finding rule of another version")
    credential = next((each for each in report["credentials"] if each["id"] == finding["credential"]), None)
    return {
        "finding": {"rule": finding["rule"], "remedy": visible(finding["remedy"])},
        "rule": rule,
        "found": list(_found(finding, credential)),
        "severity": [f"{finding['severity']}. {rule.severity}", *_worst(finding)],
        "operations": list(_operations(finding["operations"])),
        "evidence": list(_evidence(credential)),
        "reach": list(_reach(credential)),
        "aside": list(_aside(finding)),
    }


def _found(finding: Mapping[str, Any], credential: Mapping[str, Any] | None) -> Iterator[str]:
    yield visible(finding["message"])
    yield f"fingerprint {finding['fingerprint']}"
    if credential is not None:
        kind = credential["kind"].replace("-", " ")
        job = f"job {credential['job']}" if credential["job"] else "no job declared"
        yield visible(f"{credential['id']}: {credential['provider']} {kind} {credential['shown']}, {job}")
    yield from (f"at {_place(each)}" for each in finding["locations"])


def _place(location: Mapping[str, Any]) -> str:
    line = f":{location['line']}" if location["line"] else ""
    commit = f" at commit {location['commit'][:12]}" if location["commit"] else ""
    return visible(f"{location['path']}{line}{commit}")


def _worst(finding: Mapping[str, Any]) -> Iterator[str]:
    worst = [each for each in finding["operations"] if each["severity"] == finding["severity"]]
    for each in worst[:1]:
        yield f"{each['id']} alone makes it so: {_traits(each)}."


def _operations(operations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in operations[:_OPERATIONS_SHOWN]:
        on = f", on {len(each['resources'])} resources" if each["resources"] else ""
        source = f" [{each['source']}]" if each["source"] else ""
        known = f"{each['verdict']} ({each['evidence']}), {each['severity']}"
        yield visible(f"{each['id']}: {known}: {_traits(each)}{on}{source}")
    if len(operations) > _OPERATIONS_SHOWN:
        yield f"{len(operations) - _OPERATIONS_SHOWN:,} more in the report"


def _traits(operation: Mapping[str, Any]) -> str:
    touches = " and ".join(operation["touches"]) or "nothing named"
    undone = {
        "yes": "can be undone",
        "no": "cannot be undone",
        "unknown": "no documented way back",
    }.get(operation["reversible"], "can be undone for a time")
    if operation["window"]:
        undone += f" ({operation['window']['hours']} hours, by {operation['window']['by']})"
    gate = "no gate" if operation["gate"] == "none" else f"gate {operation['gate']}"
    if operation["gate_removed_by"]:
        gate += f", which {operation['gate_removed_by']} removes"
    copies = ", and its recovery copies with it" if operation["takes_recovery"] else ""
    return f"{operation['effect']}, touches {touches}, {undone}, {gate}{copies}"


def _evidence(credential: Mapping[str, Any] | None) -> Iterator[str]:
    if credential is None:
        return
    authority = credential["authority"]
    yield f"state {authority['state']}, {authority['requests']} requests"
    counts = authority["operations"]
    yield f"{counts['granted']} granted, {counts['denied']} denied, {counts['unknown']} unknown"
    for each in authority["known_by"]:
        source = f" [{each['source']}]" if each["source"] else ""
        yield visible(f"{each['evidence']}: {each['detail']}{source}")


def _reach(credential: Mapping[str, Any] | None) -> Iterator[str]:
    for each in credential["reach"] if credential is not None else ():
        ways = ", ".join(each["open"]) or "no way without asking"
        asking = f"; asks first: {', '.join(each['asking'])}" if each["asking"] else ""
        blocked = f"blocked by {each['denied_by']}" if each["by"] is None else f"{ways}{asking}"
        yield visible(f"{each['agent']}: {blocked}, at {_place(each['location'])}")
        for denial in each["advisory"]:
            rule = f"{denial['mechanism']} {denial['rule']} is {denial['strength']}"
            yield visible(f"{rule}: {denial['why']} [{denial['source']}]")


def _aside(finding: Mapping[str, Any]) -> Iterator[str]:
    for each in finding.get("ignored_by", ()):
        yield visible(f"ignored at {_place(each['location'])}: {each['reason']}")
    if "accepted" in finding:
        accepted = finding["accepted"]
        until = f" until {accepted['expires']}" if accepted["expires"] else ""
        yield visible(f"accepted by the baseline{until}: {accepted['reason'] or 'no reason given'}")
