"""Ignore comments against findings: which are honoured, what they suppress, and which of them do nothing.

A finding about a credential is suppressed only if every place where the credential is today carries a
comment: the folder cannot ignore what is also in the environment, and a copied token comes back into the
report. What was found in history alone needs a comment in the version it was found in, and stands if it was
found in several of one path. A suppressed finding stays in the report, with the reason.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from scopeaudit.audit.words import listed
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.authority import EvidenceKind
from scopeaudit.model.candidate import Candidate
from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.fingerprint import fingerprint
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import Policy
from scopeaudit.model.remark import Remark
from scopeaudit.model.report import Suppressed

UNUSED = "unused-ignore"
CANDIDATE = "unknown-provider"
"""The finding rule under which candidates are told and ignored."""

NO_POLICY = Policy()
IGNORE_NOISE = "ignore"
"""How the report calls the statement by which a candidate was ignored."""

_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?!\w|[-/.:,+]\d)"
_UNTIL = re.compile(rf"\s*until[\W_]*(?=\d)(?:{_DAY}|\S+)[\W_]*", re.IGNORECASE)
"""Whatever stands between: a day that is not seen would let the comment count for ever."""
_Place = tuple[Source, str, str | None, int | None]
_ALWAYS_KNOWN = frozenset({CANDIDATE, "stale-job"})
"""Finding rules that do not depend on what a provider answers."""


@dataclass(frozen=True, slots=True)
class Ignoring:
    """Findings and candidates after the comments were heard."""

    findings: tuple[Finding, ...]
    """Those that stand, in their order, then those about comments."""
    suppressed: tuple[Suppressed, ...]
    candidates: tuple[Candidate, ...]
    ignored_candidates: int = 0


def ignore(
    findings: Sequence[Finding],
    candidates: Sequence[Candidate],
    credentials: Sequence[AuditedCredential],
    remarks: Sequence[Remark],
    rules: Mapping[str, FindingRule],
    today: datetime.date,
    policy: Policy = NO_POLICY,
) -> Ignoring:
    """Hear the comments. Those that are not honoured, or do nothing, become findings of their own.

    A reason that begins with `until 2027-03-31` counts up to that day, and one that begins with `until` and
    another number is not honoured. What `policy` keeps stands whatever a comment says.
    """
    remarks = sorted(remarks, key=lambda each: _order(each.location))
    known = rules.keys() - {UNUSED}
    honoured = [each for each in remarks if not _mistakes(each, known, today)]
    hearing = _Hearing(honoured)
    standing: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        kept = policy.keeps(finding.rule, finding.severity)
        heard = (
            hearing.refused(finding.rule, finding.locations)
            if kept
            else hearing.of(finding.rule, finding.locations)
        )
        if heard:
            suppressed.append(Suppressed(finding, heard))
        else:
            standing.append(finding)
    of_candidate = hearing.refused if CANDIDATE in policy.no_ignore else hearing.of
    left = tuple(each for each in candidates if not of_candidate(CANDIDATE, each.locations))
    unasked = frozenset(
        _place(location)
        for audited in credentials
        if audited.authority.evidence is not EvidenceKind.ASKED
        for location in audited.credential.locations
    )
    told = [(each, _mistakes(each, known, today) or hearing.idle(each, unasked)) for each in remarks]
    about = _findings((each, why) for each, why in told if why and each.location.source is not Source.HISTORY)
    rule = rules.get(UNUSED)
    remedy = rule.do if rule is not None else ""
    return Ignoring(
        findings=(*standing, *(_unused(*each, remedy) for each in about)),
        suppressed=tuple(suppressed),
        candidates=left,
        ignored_candidates=len(candidates) - len(left),
    )


@dataclass
class _Hearing:
    """The comments by place, and what became of each of their finding rules."""

    honoured: Iterable[Remark]
    places: dict[tuple[_Place, str], list[Remark]] = field(default_factory=dict)
    used: set[tuple[_Place, str]] = field(default_factory=set)
    lacking: dict[tuple[_Place, str], Location] = field(default_factory=dict)
    """Where a comment is missing that would have made this one count."""
    kept: set[tuple[_Place, str]] = field(default_factory=set)
    """What the policy lets nothing ignore."""

    def __post_init__(self) -> None:
        for remark in self.honoured:
            for rule in remark.rules if remark.speaks_for is not None else ():
                self.places.setdefault((_subject(remark), rule), []).append(remark)

    def of(self, rule: str, locations: Sequence[Location]) -> tuple[Remark, ...]:
        """The comments that together suppress this; empty if it stands."""
        today = [each for each in locations if each.source is not Source.HISTORY]
        needed = today or locations
        heard = {(_place(each), rule): self.places.get((_place(each), rule)) for each in needed}
        missing = [each for each in needed if each.versions > 1 or not heard[_place(each), rule]]
        found = {key: remarks for key, remarks in heard.items() if remarks}
        if missing:
            for key in found:
                self.lacking.setdefault(key, missing[0])
            return ()
        self.used.update(found)
        several = {remark.location: remark for remarks in found.values() for remark in remarks[:1]}
        return tuple(several[each] for each in sorted(several, key=_order))

    def refused(self, rule: str, locations: Sequence[Location]) -> tuple[Remark, ...]:
        """No comment; those that name this learn that the policy keeps it."""
        self.kept.update((_place(each), rule) for each in locations)
        return ()

    def idle(self, remark: Remark, unasked: AbstractSet[_Place]) -> str:
        """Why some of a comment's finding rules suppress nothing; empty if all do, or may once asked."""
        place = _subject(remark)
        idle = [each for each in remark.rules if (place, each) not in self.used]
        kept = [each for each in idle if (place, each) in self.kept]
        partial = [each for each in idle if (place, each) in self.lacking and each not in kept]
        unmatched = [
            each
            for each in idle
            if each not in (*partial, *kept) and not (place in unasked and each not in _ALWAYS_KNOWN)
        ]
        reasons = []
        if kept:
            reasons.append(f"{listed(kept, 3)} stands, as the policy of the user lets nothing ignore it")
        if partial:
            elsewhere = _described(self.lacking[place, partial[0]])
            which = listed(partial, 3)
            reasons.append(f"{which} stands, as the same value is also at {elsewhere} without a comment")
        if unmatched:
            reasons.append(f"no finding of {listed(unmatched, 3)} is there")
        return "; ".join(reasons)


def _mistakes(remark: Remark, known: AbstractSet[str], today: datetime.date) -> str:
    """Why a comment cannot be honoured; empty if it can."""
    reasons = []
    if not remark.rules:
        reasons.append("it names no finding rule in brackets")
    unknown = [each for each in remark.rules if each not in known]
    if unknown:
        # What is no name is not repeated: it may be anything.
        names = [each for each in unknown if each == UNUSED or _is_name(each)]
        told = listed(names, 3) if len(names) == len(unknown) else "a name that is none"
        reasons.append(f"there is no finding rule to ignore called {told}")
    until = _UNTIL.match(remark.reason)
    if not remark.reason[until.end() if until else 0 :]:
        reasons.append("it gives no reason")
    if until:
        reasons.extend(_out_of_date(until[1], today))
    return "; ".join(reasons)


def _out_of_date(text: str | None, today: datetime.date) -> Iterator[str]:
    try:
        last = datetime.date.fromisoformat(text or "")
    except ValueError:
        yield "the day until which it counts is none, write it as until 2027-03-31"
        return
    if today > last:
        yield f"it counted until {last.isoformat()}"


def _is_name(text: str) -> bool:
    return len(text) <= 40 and all(
        part.isalpha() and part.islower() and part.isascii() for part in text.split("-")
    )


def _findings(told: Iterable[tuple[Remark, str]]) -> Iterator[tuple[Remark, str, int]]:
    """Each with its number among its twins: same file, same finding rules; `told` is in order."""
    twins: dict[tuple[str, tuple[str, ...]], int] = {}
    for remark, why in told:
        key = (remark.location.path, remark.rules)
        ordinal = twins[key] = twins.get(key, -1) + 1
        yield remark, why, ordinal


def _unused(remark: Remark, why: str, ordinal: int, remedy: str) -> Finding:
    return Finding(
        rule=UNUSED,
        severity=Severity.LOW,
        fingerprint=fingerprint(UNUSED, "", "", remark.location.path, ",".join(remark.rules), str(ordinal)),
        credential=None,
        message=f"This ignore comment suppresses nothing, or not all it names: {why}.",
        remedy=remedy,
        locations=(remark.location,),
    )


def _place(location: Location) -> _Place:
    return location.source, location.path, location.commit, location.line


def _subject(remark: Remark) -> _Place:
    at = remark.location
    return at.source, at.path, at.commit, remark.speaks_for


def _order(location: Location) -> tuple[str, str, str, int, int]:
    return (
        location.source.value,
        location.path,
        location.commit or "",
        location.line or 0,
        location.column or 0,
    )


def _described(location: Location) -> str:
    return location.path if location.line is None else f"{location.path}:{location.line}"
