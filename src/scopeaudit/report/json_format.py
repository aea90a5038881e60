"""The JSON report, `scopeaudit/1`. The schema is `docs/schema/scopeaudit-1.json`.

Fields are written by hand, so that a field of the model is public only if it stands here.
"""

import datetime

from scopeaudit.model.authority import Authority, Resource, Verdict
from scopeaudit.model.baseline import Accepted, Entry
from scopeaudit.model.candidate import Candidate
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation, Severity
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Location
from scopeaudit.model.report import Report, Suppressed
from scopeaudit.report.context_json import context_json as _context
from scopeaudit.report.json_text import Json, json_text
from scopeaudit.report.order import (
    by_id,
    by_place,
    sorted_accepted,
    sorted_candidates,
    sorted_findings,
    sorted_gaps,
    sorted_gone,
    sorted_suppressed,
)
from scopeaudit.report.reach import AgentReach, by_agent, rule_told

SCHEMA = "scopeaudit/1"


def render(report: Report, **_screen: object) -> str:
    """The report as JSON: same report, same bytes; what concerns a screen has no meaning here."""
    credentials = sorted(report.credentials, key=lambda audited: by_id(audited.credential.id))
    return json_text(
        {
            "schema": SCHEMA,
            "scan": _scan(report),
            "credentials": [_credential(audited) for audited in credentials],
            "findings": [_finding(finding) for finding in sorted_findings(report)],
            "suppressed": [_suppressed(each) for each in sorted_suppressed(report)],
            "accepted": [_accepted(each) for each in sorted_accepted(report)],
            "gone": [_gone(each) for each in sorted_gone(report)],
            "candidates": [_candidate(each) for each in sorted_candidates(report)],
            "context": None if report.context is None else _context(report.context),
            "gaps": [_gap(gap) for gap in sorted_gaps(report)],
            "summary": {severity.value: report.count(severity) for severity in reversed(Severity)},
        }
    )


def _scan(report: Report) -> Json:
    scan = report.scan
    return {
        "root": scan.root,
        "files": scan.files,
        "bytes": scan.bytes,
        "sources": dict(sorted(scan.sources)),
        "asked": scan.asked,
        "requests": scan.requests,
        "candidates": len(report.candidates),
        "noise": dict(sorted(scan.noise)),
    }


def _credential(audited: AuditedCredential) -> Json:
    credential = audited.credential
    return {
        "id": credential.id,
        "provider": credential.provider,
        "kind": audited.authority.kind or credential.kind,
        "found_as": credential.kind,
        "shown": credential.shown,
        "locations": _locations(credential.locations),
        "reach": [_reach(each) for each in by_agent(audited.reach)],
        "companions": sorted(credential.companions),
        "context": _pairs(credential.context),
        "job": audited.job,
        "job_description": audited.job_description,
        "job_expires": _day(audited.job_expires),
        "owner": audited.owner,
        "destroys_recovery": audited.destroys_recovery,
        "authority": _authority(audited.authority),
    }


def _reach(each: AgentReach) -> Json:
    best = each.best
    return {
        "agent": best.agent,
        "by": None if best.by is None else best.by.value,
        "asks": not best.open and not best.is_blocked,
        "open": [way.value for way in best.open],
        "asking": [way.value for way in best.asking],
        "location": _location(best.location),
        "denied_by": rule_told(best.denied_by[0]) if best.is_blocked and best.denied_by else None,
        "advisory": [
            {
                "mechanism": denial.mechanism,
                "rule": denial.rule,
                "strength": denial.strength.value,
                "path": denial.path or None,
                "line": denial.line,
                "why": denial.why,
                "instead": denial.instead,
                "source": denial.source,
            }
            for denial in each.advisory
        ],
    }


def _locations(locations: tuple[Location, ...]) -> Json:
    return [_location(location) for location in sorted(locations, key=by_place)]


def _location(location: Location) -> Json:
    return {
        "source": location.source.value,
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "commit": location.commit,
        "name": location.name,
        "authored": location.authored,
        "current": location.current,
        "versions": location.versions,
    }


def _authority(authority: Authority) -> Json:
    pieces = {piece for grant in authority.grants for piece in grant.evidence}
    return {
        "state": authority.state.value,
        "evidence": authority.evidence.value,
        "account": authority.account,
        "issued": authority.issued,
        "expires": authority.expires,
        "requests": authority.requests,
        "facts": _pairs(authority.facts),
        "operations": {verdict.value: len(authority.operations(verdict)) for verdict in Verdict},
        "resources": [_resource(each) for each in sorted(authority.resources, key=_by_resource_id)],
        "known_by": [
            {"evidence": piece.kind.value, "detail": piece.detail, "source": piece.source}
            for piece in sorted(pieces, key=lambda each: (each.kind, each.detail, each.source or ""))
        ],
    }


def _resource(resource: Resource) -> Json:
    return {
        "id": resource.id,
        "name": resource.name,
        "environment": resource.environment,
        "parent": resource.parent,
        "details": _pairs(resource.details),
    }


def _by_resource_id(resource: Resource) -> tuple[str, str, str, str]:
    return (resource.id, resource.name, resource.environment or "", resource.parent or "")


def _pairs(pairs: tuple[tuple[str, str], ...]) -> Json:
    return [{"name": name, "value": value} for name, value in pairs]


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "fingerprint": finding.fingerprint,
        "credential": finding.credential,
        "message": finding.message,
        "remedy": finding.remedy,
        "locations": _locations(finding.locations),
        "operations": [_operation(operation) for operation in finding.operations],
        "resources": sorted(finding.resources),
        "steps": [
            {"credential": each.credential, "kind": each.kind, "operation": each.operation, "does": each.does}
            for each in finding.steps
        ],
    }


def _suppressed(suppressed: Suppressed) -> Json:
    ignored_by = [
        {"reason": each.reason, "location": _location(each.location)} for each in suppressed.remarks
    ]
    return {**_finding(suppressed.finding), "ignored_by": ignored_by}


def _accepted(accepted: Accepted) -> Json:
    why: Json = {"reason": accepted.reason, "expires": _day(accepted.expires)}
    return {**_finding(accepted.finding), "accepted": why}


def _gone(entry: Entry) -> Json:
    return {"rule": entry.rule, "fingerprint": entry.fingerprint, "about": entry.about}


def _day(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _candidate(candidate: Candidate) -> Json:
    return {
        "id": candidate.id,
        "type": candidate.type.value,
        "shown": candidate.shown,
        "locations": _locations(candidate.locations),
    }


def _operation(operation: FindingOperation) -> Json:
    window = operation.window
    return {
        "id": operation.id,
        "effect": operation.effect.value,
        "touches": sorted(operation.touches),
        "reversible": operation.reversible.value,
        "window": None if window is None else {"hours": window.hours, "by": window.by},
        "gate": operation.gate.value,
        "gate_removed_by": operation.gate_removed_by,
        "takes_recovery": operation.takes_recovery,
        "verdict": operation.verdict.value,
        "evidence": operation.evidence.value,
        "severity": operation.severity.value,
        "resources": sorted(operation.resources),
        "source": operation.source,
    }


def _gap(gap: Gap) -> Json:
    return {"stage": gap.stage.value, "what": gap.what, "why": gap.why, "credential": gap.credential}
