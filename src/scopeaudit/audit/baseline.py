"""A baseline accepts today's findings, and nothing that is added to them.

An accepted finding stands again when it gains an operation, a resource or a place, when one of its
operations acts on what only others did, or on nobody knows what, when what was unknown of it becomes certain,
when it grows worse, or when its entry has expired. A finding that loses something stays accepted, also if it
loses the place that it was named by.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice

from scopeaudit.audit.baseline_file import order_of
from scopeaudit.audit.words import listed
from scopeaudit.model.authority import Verdict
from scopeaudit.model.baseline import Accepted, Baseline, Entry, State
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation
from scopeaudit.model.location import Location
from scopeaudit.model.policy import Policy

NO_POLICY = Policy()
_NAMED = 3
_TRIED = 100
"""Entries of one place that are compared with a credential that has another name; what is left is new."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings after the baseline was consulted."""

    findings: tuple[Finding, ...]
    """Those that stand, in their order; what one has gained is told in its message."""
    accepted: tuple[Accepted, ...]
    states: Mapping[str, State]
    """By fingerprint."""
    gone: tuple[Entry, ...] = ()
    """What is accepted and was not found, in the order of the file."""


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
    operations = tuple(finding.operations)
    return Entry(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        about=_about(finding, audited),
        severity=finding.severity,
        operations=frozenset(each.id for each in operations),
        unknown=frozenset(each.id for each in operations if each.verdict is Verdict.UNKNOWN),
        resources=frozenset(finding.resources),
        acting=_acting(operations),
        places=_places(finding, audited),
    )


def _acting(operations: Sequence[FindingOperation]) -> Mapping[str, frozenset[str]]:
    """What each operation acts on; those that act on the same share one set."""
    sets = {each: frozenset(each) for each in {operation.resources for operation in operations}}
    return {each.id: sets[each.resources] for each in operations}


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
    policy: Policy = NO_POLICY,
) -> Judgement:
    """Which findings the baseline accepts today; what `policy` keeps it never does."""
    known = {audited.credential.id: audited for audited in credentials}
    standing: list[Finding] = []
    accepted: list[Accepted] = []
    states: dict[str, State] = {}
    spare = _Spare(baseline, frozenset(finding.fingerprint for finding in findings))
    for finding in findings:
        audited = known.get(finding.credential or "")
        now = _entry(finding, audited)
        entry = baseline.entries.get(finding.fingerprint) or spare.taken(now)
        if entry is None or policy.keeps(finding.rule, finding.severity):
            states[finding.fingerprint] = State.NEW
            standing.append(finding)
            continue
        gained = _gained(entry, now, today, audited)
        if gained:
            states[finding.fingerprint] = State.UPDATED
            standing.append(replace(finding, message=f"{finding.message} {gained}"))
        else:
            states[finding.fingerprint] = State.UNCHANGED
            accepted.append(Accepted(finding, entry.reason, entry.expires))
    return Judgement(tuple(standing), tuple(accepted), states, spare.left())


class _Spare:
    """Entries that no finding has by its fingerprint.

    A credential is named by the first of its places: where it is removed from that one, it has lost a place
    and has another name.
    """

    def __init__(self, baseline: Baseline, found: Set[str]) -> None:
        entries = (each for each in baseline.entries.values() if each.fingerprint not in found)
        self.entries = {each.fingerprint: each for each in sorted(entries, key=order_of)}
        self.by_place: dict[tuple[str, ...], dict[str, Entry]] = {}
        for each in self.entries.values():
            for place in each.places:
                self.by_place.setdefault((*_subject(each), place), {})[each.fingerprint] = each

    def taken(self, now: Entry) -> Entry | None:
        """The entry of a credential of the same kind that lay where this one lies, and elsewhere, too."""
        beside = self.by_place.get((*_subject(now), min(now.places, default="")), {})
        few = islice(beside.values(), _TRIED)
        found = next((each for each in few if now.places < each.places), None)
        if found is not None:
            del self.entries[found.fingerprint]
            for place in found.places:
                del self.by_place[*_subject(found), place][found.fingerprint]
        return found

    def left(self) -> tuple[Entry, ...]:
        return tuple(self.entries.values())


def _subject(entry: Entry) -> tuple[str, ...]:
    """Finding rule, provider and kind."""
    return entry.rule, *entry.about.split(" ")[:2]


def _gained(before: Entry, now: Entry, today: datetime.date, audited: AuditedCredential | None) -> str:
    """What makes an accepted finding stand again, in a sentence; empty if nothing does."""
    if before.expires is not None and today > before.expires:
        return f"The baseline accepted it until {before.expires.isoformat()}."
    changed = tuple(_changed(before, now))
    told = [
        f"the {name} {listed(sorted(new), _NAMED)}"
        for name, new in (
            ("operations", now.operations - before.operations),
            ("resources", now.resources - before.resources),
            ("places", now.places - before.places),
        )
        if new
    ]
    if elsewhere := frozenset().union(*(resources for _, resources in changed)):
        by = sorted(each for operations, resources in changed if resources for each in operations)
        told.append(f"the resources {listed(sorted(elsewhere), _NAMED)} for {listed(by, _NAMED)}")
    if now.severity.rank > before.severity.rank:
        told.append(f"the severity {now.severity.value}")
    sentences = [f"Since it was accepted it has gained {' and '.join(told)}."] if told else []
    if certain := (now.operations & before.unknown) - now.unknown:
        named = listed(sorted(certain), _NAMED)
        sentences.append(f"When it was accepted it was unknown whether it may {named}; now it is known to.")
    lost = sorted(each for operations, resources in changed if not resources for each in operations)
    if lost and _may_reach_more(audited):
        named = listed(lost, _NAMED)
        sentences.append(f"When it was accepted the resources of {named} were known; now they are not.")
    elif before.resources and not now.resources and audited is not None and not audited.authority.resources:
        sentences.append("When it was accepted its resources were known; now they are not.")
    return " ".join(sentences)


def _may_reach_more(audited: AuditedCredential | None) -> bool:
    """Whether acting on nothing known is more than that the last resource of its type has gone."""
    if audited is None:
        return True
    authority = audited.authority
    return not authority.enumerates or bool(authority.incomplete) or not authority.resources


def _changed(before: Entry, now: Entry) -> Iterator[tuple[list[str], frozenset[str]]]:
    """Operations beside the resources that only others acted on; beside none where theirs are not known now.

    One of which nothing was known has become more exact. What is new to all of them is told as such.
    """
    if before.acting is None or now.acting is None:
        return
    alike: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
    for each in now.operations & before.operations:
        alike.setdefault((before.acting[each], now.acting[each]), []).append(each)
    for (earlier, later), operations in alike.items():
        elsewhere = (later - earlier) & before.resources
        if earlier and (elsewhere or not later):
            yield operations, elsewhere
