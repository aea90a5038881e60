"""A baseline accepts today's findings, and nothing that is added to them.

An accepted finding stands again when it gains an operation, a resource or a place, when it grows worse, or
when its entry has expired. A finding that loses something stays accepted.
"""

import datetime
import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from scopeaudit.audit.words import listed
from scopeaudit.catalogue.decode import decode
from scopeaudit.model.baseline import Accepted, Baseline, Entry, State
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.location import Location

VERSION = 1
_UNPRINTABLE = re.compile("[\x7f-\xa0\xad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What JSON may hold as it is and YAML, by which the file is read, may not."""
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """An entry as it stands in the file."""

    fingerprint: str
    rule: str
    about: str
    severity: Severity
    operations: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    reason: str | None = None
    expires: datetime.date | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    version: int
    accepted: tuple[_Written, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings after the baseline was consulted."""

    findings: tuple[Finding, ...]
    """Those that stand, in their order; what one has gained is told in its message."""
    accepted: tuple[Accepted, ...]
    states: Mapping[str, State]
    """By fingerprint."""


def read_baseline(text: str, path: str) -> Baseline:
    """The baseline in a file's text.

    Raises:
        InvalidFileError: with every problem.
    """
    file = decode(text, path, _File)
    problems = []
    if file.version != VERSION:
        problems.append(f"{path}:1: version: is {file.version}; this program reads {VERSION}")
    entries: dict[str, Entry] = {}
    for each in file.accepted:
        if each.fingerprint in entries:
            problems.append(f"{path}:{each.line}: fingerprint: is given twice")
        if each.reason is not None and not each.reason.strip():
            problems.append(f"{path}:{each.line}: reason: is empty: say why, or leave it out")
        entries[each.fingerprint] = Entry(
            fingerprint=each.fingerprint,
            rule=each.rule,
            about=each.about,
            severity=each.severity,
            operations=frozenset(each.operations),
            resources=frozenset(each.resources),
            places=frozenset(each.places),
            reason=each.reason,
            expires=each.expires,
        )
    if problems:
        raise InvalidFileError(tuple(problems))
    return Baseline(entries)


def written_baseline(baseline: Baseline) -> str:
    """The text of a baseline file: sorted, an entry to a few lines, with a final newline."""
    entries = [
        _as_written(each) for _, each in sorted(baseline.entries.items(), key=lambda item: _order(item[1]))
    ]
    text = json.dumps({"version": VERSION, "accepted": entries}, indent=1, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def _order(entry: Entry) -> tuple[str, str, str]:
    return entry.about, entry.rule, entry.fingerprint


def _as_written(entry: Entry) -> dict[str, object]:
    lists = {"operations": entry.operations, "resources": entry.resources, "places": entry.places}
    found: dict[str, object] = {
        "fingerprint": entry.fingerprint,
        "rule": entry.rule,
        "about": entry.about,
        "severity": entry.severity.value,
        **{name: sorted(values) for name, values in lists.items() if values},
    }
    if entry.reason is not None:
        found["reason"] = entry.reason
    if entry.expires is not None:
        found["expires"] = entry.expires.isoformat()
    return found


def baseline_of(
    findings: Iterable[Finding], credentials: Sequence[AuditedCredential], earlier: Baseline | None = None
) -> Baseline:
    """A baseline that accepts these findings as they are; reasons and days of an earlier one are kept."""
    known = {audited.credential.id: audited for audited in credentials}
    entries = {}
    for finding in findings:
        entry = _entry(finding, known.get(finding.credential or ""))
        before = earlier.entries.get(entry.fingerprint) if earlier is not None else None
        if before is not None:
            entry = replace(entry, reason=before.reason, expires=before.expires)
        entries[entry.fingerprint] = entry
    return Baseline(entries)


def _entry(finding: Finding, audited: AuditedCredential | None) -> Entry:
    return Entry(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        about=_about(finding, audited),
        severity=finding.severity,
        operations=frozenset(each.id for each in finding.operations),
        resources=frozenset(finding.resources),
        places=_places(finding, audited),
    )


def _about(finding: Finding, audited: AuditedCredential | None) -> str:
    place = (*finding.locations, *(audited.credential.locations if audited else ()))[:1]
    path = place[0].path if place else ""
    if audited is None:
        return path
    credential = audited.credential
    return f"{credential.provider} {credential.kind} {credential.locations[0].path or path}"


def _places(finding: Finding, audited: AuditedCredential | None) -> frozenset[str]:
    locations = audited.credential.locations if audited is not None else finding.locations
    return frozenset(_place(each) for each in locations)


def _place(location: Location) -> str:
    return f"{location.source.value}:{location.path}"


def judge(
    findings: Sequence[Finding],
    credentials: Sequence[AuditedCredential],
    baseline: Baseline,
    today: datetime.date,
    never: Set[str] = frozenset(),
) -> Judgement:
    """Which findings the baseline accepts today; those of the finding rules in `never` it never does."""
    known = {audited.credential.id: audited for audited in credentials}
    standing: list[Finding] = []
    accepted: list[Accepted] = []
    states: dict[str, State] = {}
    for finding in findings:
        entry = None if finding.rule in never else baseline.entries.get(finding.fingerprint)
        if entry is None:
            states[finding.fingerprint] = State.NEW
            standing.append(finding)
            continue
        gained = _gained(entry, _entry(finding, known.get(finding.credential or "")), today)
        if gained:
            states[finding.fingerprint] = State.UPDATED
            standing.append(replace(finding, message=f"{finding.message} {gained}"))
        else:
            states[finding.fingerprint] = State.UNCHANGED
            accepted.append(Accepted(finding, entry.reason, entry.expires))
    return Judgement(tuple(standing), tuple(accepted), states)


def _gained(before: Entry, now: Entry, today: datetime.date) -> str:
    """What makes an accepted finding stand again, in a sentence; empty if nothing does."""
    if before.expires is not None and today > before.expires:
        return f"The baseline accepted it until {before.expires.isoformat()}."
    told = [
        f"the {name} {listed(sorted(new), _NAMED)}"
        for name, new in (
            ("operations", now.operations - before.operations),
            ("resources", now.resources - before.resources),
            ("places", now.places - before.places),
        )
        if new
    ]
    if now.severity.rank > before.severity.rank:
        told.append(f"the severity {now.severity.value}")
    return f"Since it was accepted it has gained {' and '.join(told)}." if told else ""
