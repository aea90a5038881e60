"""SARIF 2.1.0, for code scanning services and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import quote

from scopeaudit import __version__
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.authority import Verdict
from scopeaudit.model.baseline import Accepted, State
from scopeaudit.model.candidate import Candidate
from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.fingerprint import fingerprint
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.job import FILE_NAME
from scopeaudit.model.location import Location, Source
from scopeaudit.model.report import Report, Suppressed
from scopeaudit.report.json_text import Json, json_text
from scopeaudit.report.order import (
    by_place,
    sorted_accepted,
    sorted_candidates,
    sorted_findings,
    sorted_gaps,
    sorted_suppressed,
)
from scopeaudit.report.visible import visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "scopeaudit/v1"
_CANDIDATE = "unknown-provider"
"""Id of the finding rule that stands for candidates."""
_ROOT = "%SRCROOT%"
_NOT_FROM_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_OUTSIDE = frozenset({Source.ENVIRONMENT, Source.HOME, Source.INPUT})

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SECURITY_SEVERITIES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""One score inside each of GitHub's bands.

Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

_STAGES = {
    Stage.REACH: "Part of the context could not be read.",
    Stage.DETECT: "A document could not be searched for credentials.",
    Stage.ASK: "A provider gave no usable answer.",
    Stage.JOBS: "A job could not be read or matched.",
    Stage.AUDIT: "An authority could not be compared.",
}


def render(
    report: Report, *, rules: Mapping[str, FindingRule] = MappingProxyType({}), **_screen: object
) -> str:
    """The report as a SARIF log of one run; `rules` are all finding rules, whether they fired or not."""
    order = sorted(rules)
    credentials = {audited.credential.id: audited for audited in report.credentials}
    findings = sorted_findings(report)
    suppressed = sorted_suppressed(report)
    worst: dict[str, Severity] = {_CANDIDATE: Severity.LOW} if report.candidates else {}
    for finding in findings:
        worst.setdefault(finding.rule, finding.severity)
    results: list[Json] = [
        _result(finding, order, credentials.get(finding.credential or "")) for finding in findings
    ]
    results += [_suppressed(each, order, credentials) for each in suppressed]
    results += [_accepted(each, order, credentials) for each in sorted_accepted(report)]
    if report.states is not None:
        results = [_with_state(each, report.states) for each in results]
    results += _candidates(sorted_candidates(report), order)
    return json_text(
        {
            "$schema": _SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": _driver([rules[each] for each in order], worst)},
                    "columnKind": "unicodeCodePoints",
                    "originalUriBaseIds": {_ROOT: {"description": {"text": "the scanned folder"}}},
                    "invocations": [
                        {
                            "executionSuccessful": True,
                            "toolExecutionNotifications": [_notification(gap) for gap in sorted_gaps(report)],
                        }
                    ],
                    "results": results,
                }
            ],
        }
    )


def _driver(rules: Sequence[FindingRule], worst: Mapping[str, Severity]) -> Json:
    return {
        "name": "scopeaudit",
        "semanticVersion": __version__,
        "rules": [_rule(rule, worst.get(rule.id)) for rule in rules],
        "notifications": [
            {"id": _gap_id(stage), "shortDescription": {"text": text}} for stage, text in _STAGES.items()
        ],
    }


def _rule(rule: FindingRule, worst: Severity | None) -> Json:
    """`worst` is the worst severity the rule's findings have here: services read it at the rule."""
    properties: dict[str, Json] = {"tags": ["security"], "severity": rule.severity}
    if worst is not None:
        properties["security-severity"] = _SECURITY_SEVERITIES[worst]
    described: dict[str, Json] = {
        "id": rule.id,
        "shortDescription": {"text": _message(rule.title)},
        "fullDescription": {"text": _message(rule.what)},
        "help": {"text": "\n\n".join(_message(part) for part in (rule.why, rule.do) if part)},
        "properties": properties,
    }
    if rule.references:
        described["helpUri"] = rule.references[0]
    return described


def _result(finding: Finding, order: Sequence[str], audited: AuditedCredential | None) -> dict[str, Json]:
    places = finding.locations or (audited.credential.locations if audited else ())
    parts = [part for part in (finding.message, finding.remedy) if part]
    return {
        **_ruled(finding.rule, order),
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n\n".join(map(_message, parts)) or finding.rule},
        **_located(places),
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": _properties(finding, audited),
    }


def _suppressed(
    suppressed: Suppressed, order: Sequence[str], credentials: Mapping[str, AuditedCredential]
) -> Json:
    """The finding as a result that says who ignores it, where and why."""
    finding = suppressed.finding
    suppressions: list[Json] = [
        {"kind": "inSource", "justification": visible(each.reason), "location": _location(each.location)}
        for each in suppressed.remarks
    ]
    result = _result(finding, order, credentials.get(finding.credential or ""))
    return result | {"suppressions": suppressions}


def _accepted(accepted: Accepted, order: Sequence[str], credentials: Mapping[str, AuditedCredential]) -> Json:
    """The finding as a result that a baseline accepts."""
    reason = visible(accepted.reason) if accepted.reason else "accepted by the baseline"
    suppressions: list[Json] = [{"kind": "external", "status": "accepted", "justification": reason}]
    result = _result(accepted.finding, order, credentials.get(accepted.finding.credential or ""))
    return result | {"suppressions": suppressions}


def _with_state(result: Json, states: Mapping[str, State]) -> Json:
    """What is not in the baseline's words (a finding that a comment ignores) has no state."""
    assert isinstance(result, dict)  # noqa: S101
    state = states.get(str(result["partialFingerprints"][_FINGERPRINT]))
    return result if state is None else result | {"baselineState": state.value}


def _candidates(candidates: Sequence[Candidate], order: Sequence[str]) -> Iterator[Json]:
    twins: dict[tuple[str, str, str], int] = {}
    for candidate in candidates:
        first = min(candidate.locations, key=_folder_first)
        identity = (candidate.type.value, first.path, first.name or "")
        ordinal = twins[identity] = twins.get(identity, -1) + 1
        what = candidate.type.value.replace("-", " ")
        yield {
            **_ruled(_CANDIDATE, order),
            "level": _LEVELS[Severity.LOW],
            "message": {"text": f"This value looks like a {what}, of no known provider."},
            **_located(candidate.locations),
            "partialFingerprints": {_FINGERPRINT: fingerprint(_CANDIDATE, *identity, str(ordinal))},
            "properties": {
                "severity": Severity.LOW.value,
                "security-severity": _SECURITY_SEVERITIES[Severity.LOW],
                "type": candidate.type.value,
            },
        }


def _ruled(rule: str, order: Sequence[str]) -> dict[str, Json]:
    return {"ruleId": rule, "ruleIndex": order.index(rule)} if rule in order else {"ruleId": rule}


def _located(locations: Sequence[Location]) -> dict[str, Json]:
    """What lies in the folder first, since a service shows that; all others are related."""
    places = sorted(locations, key=_folder_first)
    return {
        "locations": [_location(places[0])] if places else [{"physicalLocation": _file(FILE_NAME)}],
        "relatedLocations": [_location(place, number) for number, place in enumerate(places[1:], start=1)],
    }


def _folder_first(location: Location) -> tuple[bool, tuple[int, str, int, int, str, str]]:
    return (not _is_in_the_folder(location), by_place(location))


def _properties(finding: Finding, audited: AuditedCredential | None) -> Json:
    properties: dict[str, Json] = {
        "severity": finding.severity.value,
        "security-severity": _SECURITY_SEVERITIES[finding.severity],
        "operations": {
            verdict.value: sum(operation.verdict is verdict for operation in finding.operations)
            for verdict in Verdict
        },
    }
    if audited is not None:
        properties["provider"] = audited.credential.provider
        properties["kind"] = audited.authority.kind or audited.credential.kind
        properties["job"] = audited.job
    return properties


def _location(location: Location, number: int | None = None) -> Json:
    described: dict[str, Json] = {} if number is None else {"id": number}
    if not _is_in_the_folder(location):
        described["physicalLocation"] = _file(FILE_NAME)
        described["logicalLocations"] = [
            {"fullyQualifiedName": visible(location.path), "kind": location.source.value}
        ]
        return described
    place = _file(location.path)
    if location.line is not None:
        region = {"startLine": location.line}
        if location.column is not None:
            region["startColumn"] = location.column
        place["region"] = region
    described["physicalLocation"] = place
    if location.commit is not None:
        facts: dict[str, Json] = {"authored": location.authored, "current": location.current}
        known = {name: fact for name, fact in facts.items() if fact is not None}
        versions: dict[str, Json] = {"versions": location.versions} if location.versions > 1 else {}
        described["properties"] = {"commit": location.commit, **known, **versions}
    return described


def _is_in_the_folder(location: Location) -> bool:
    """Whether the path leads to a file of the scanned folder, so that a service can show it."""
    if location.source is Source.AGENT:
        return not location.path.startswith(("~", "/", "../"))
    return location.source not in _OUTSIDE


def _file(path: str) -> dict[str, Json]:
    encoded = quote(_NOT_FROM_BYTES.sub("\ufffd", path), safe="/", errors="surrogateescape")
    return {"artifactLocation": {"uri": encoded, "uriBaseId": _ROOT}}


def _notification(gap: Gap) -> Json:
    return {
        "level": "warning",
        "descriptor": {"id": _gap_id(gap.stage)},
        "message": {"text": _message(f"{gap.what}: {gap.why}")},
    }


def _gap_id(stage: Stage) -> str:
    return f"gap/{stage.value}"


def _message(text: str) -> str:
    """Plain text in which a viewer finds neither a placeholder nor a link (sections 3.11.5 and 3.11.6)."""
    return visible(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
