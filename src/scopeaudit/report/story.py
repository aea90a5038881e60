"""Findings as stories: one for each credential, worst first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scopeaudit.model.authority import Resource
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation, Severity, Step
from scopeaudit.model.location import Location
from scopeaudit.model.report import Report
from scopeaudit.report.danger import most_dangerous_first
from scopeaudit.report.order import by_id, by_place, by_severity
from scopeaudit.report.reached import Reached, is_copy, with_contents

_BEYOND_THE_JOB = frozenset({"excess-authority", "undeclared-credential"})
_TOLD_IN_A_NOTE = frozenset({"unverified-authority"})
"""Finding rules whose message says enough of their operations beside those that are known to be granted."""
_IN_USE = ("prod", "live")
"""How the names of environments begin that people depend on; only the choice of an example rests on it."""


@dataclass(frozen=True, slots=True)
class Story:
    """All that is wrong about one credential, or one finding about none."""

    findings: tuple[Finding, ...]
    """Worst first; at least one."""
    subject: AuditedCredential | None
    beyond: tuple[FindingOperation, ...] = ()
    """What exceeds its job, most dangerous first."""
    within: tuple[FindingOperation, ...] = ()
    """What other findings name and its job allows, most dangerous first."""
    within_rules: tuple[str, ...] = ()
    """The finding rules that name them."""
    holders: Mapping[str, AuditedCredential] = field(default_factory=dict)
    """The credentials that steps of its findings use, by id, its own included."""

    @property
    def severity(self) -> Severity:
        """That of the worst finding."""
        return self.findings[0].severity

    @property
    def rules(self) -> tuple[str, ...]:
        """The finding rules, each once, worst first."""
        return tuple(dict.fromkeys(finding.rule for finding in self.findings))

    @property
    def operations(self) -> tuple[FindingOperation, ...]:
        """All operations any finding names, each once, most dangerous first."""
        return most_dangerous_first((*self.beyond, *self.within)) if self.within else self.beyond

    @property
    def locations(self) -> tuple[Location, ...]:
        """Where to look, sorted, each once: where the findings are, else where the credential is."""
        places = {location for finding in self.findings for location in finding.locations}
        if self.subject is not None:
            places.update(self.subject.credential.locations)
        return tuple(sorted(places, key=by_place))


@dataclass(frozen=True, slots=True)
class Way:
    """The shortest way from a place in the context to the worst that can happen."""

    location: Location
    operation: FindingOperation
    target: Reached | None
    with_copies: bool
    """Whether the recovery copies go as well."""
    steps: tuple[Step, ...] = ()
    """Where one operation is not enough: each in its turn, the loss last."""


def stories(report: Report) -> tuple[Story, ...]:
    """One story for each credential that has findings and each finding without one, worst first."""
    subjects = {audited.credential.id: audited for audited in report.credentials}
    findings: dict[str | None, list[Finding]] = defaultdict(list)
    for finding in sorted(report.findings, key=by_severity):
        findings[finding.credential].append(finding)
    alone = findings.pop(None, [])
    told = [_told(tuple(each), credential, subjects) for credential, each in findings.items()]
    told += [_told((finding,), None, {}) for finding in alone]
    return tuple(sorted(told, key=_weight))


def the_way(story: Story) -> Way | None:
    """How it would happen; `None` where no operation or no place is known."""
    operations = story.operations
    if story.subject is None or not operations or not story.subject.credential.locations:
        return None
    operation = operations[0]
    longer = _in_steps(story.findings, operation)
    if longer is not None:
        last = longer.steps[-1].operation
        operation = next((each for each in longer.operations if each.id == last), operation)
    target = _dearest(story.subject.authority.resources, operation)
    steps = longer.steps if longer is not None else ()
    if steps and steps[-1].credential is None:
        target = None
    return Way(place_of(story.subject), operation, target, operation.takes_recovery and not steps, steps)


def _in_steps(findings: Iterable[Finding], direct: FindingOperation) -> Finding | None:
    """The finding whose way of several steps ends worse than the operation by which one step is enough."""
    if direct.severity is Severity.CRITICAL and direct.gate_removed_by is None:
        return None
    return next(
        (each for each in findings if each.steps and each.severity.rank >= direct.severity.rank), None
    )


def place_of(audited: AuditedCredential) -> Location:
    """Where the credential itself is, rather than a setting that a finding points at."""
    return min(audited.credential.locations, key=by_place)


def _told(
    findings: tuple[Finding, ...], credential: str | None, subjects: Mapping[str, AuditedCredential]
) -> Story:
    beyond = most_dangerous_first(
        operation
        for finding in findings
        if finding.rule in _BEYOND_THE_JOB
        for operation in finding.operations
    )
    seen = {operation.id for operation in beyond}
    others = [
        (finding.rule, operation)
        for finding in findings
        for operation in finding.operations
        if operation.id not in seen and not (beyond and finding.rule in _TOLD_IN_A_NOTE)
    ]
    used = {step.credential for finding in findings for step in finding.steps} | {credential}
    return Story(
        findings,
        subjects.get(credential or ""),
        beyond,
        most_dangerous_first(operation for _, operation in others),
        tuple(dict.fromkeys(rule for rule, _ in others)),
        {each: subjects[each] for each in sorted(subjects.keys() & used)},
    )


def _weight(story: Story) -> tuple[int, bool, bool, tuple[int, str], str]:
    subject = story.subject
    return (
        -story.severity.rank,
        subject is None or not subject.destroys_recovery,
        subject is None,
        by_id(story.findings[0].credential),
        story.findings[0].fingerprint,
    )


def _dearest(resources: Iterable[Resource], operation: FindingOperation) -> Reached | None:
    """Of what the operation takes, the one whose loss says most: it holds copies, or is described best."""
    wanted = frozenset(operation.resources)
    known = {resource.id: resource for resource in resources}
    candidates = [each for each in with_contents(known.values()) if each.resource.id in wanted]
    if not candidates:
        copies = sorted(each for each in known if each in wanted and is_copy(known[each]))
        candidates = [Reached(known[copy], parent=known.get(known[copy].parent or "")) for copy in copies]
    return min(
        candidates,
        default=None,
        key=lambda each: (
            not each.inside,
            not (each.resource.environment or "").lower().startswith(_IN_USE),
            each.resource.environment is None,
            -len(each.resource.details),
            each.resource.id,
        ),
    )
