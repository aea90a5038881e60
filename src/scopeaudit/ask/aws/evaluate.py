"""What the policies of one principal come to: a verdict for every operation.

Three-valued: what a condition, an unread policy or an unseen session policy leaves open is unknown,
and only what is known to be refused is denied.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scopeaudit.ask.aws.clauses import (
    ActionIndex,
    Clause,
    Role,
    Selection,
    selections,
    service_of,
    unread,
    unread_boundary,
)
from scopeaudit.ask.aws.conditions import Context
from scopeaudit.ask.aws.extents import Outcome, judge
from scopeaudit.ask.aws.policies import Policy
from scopeaudit.catalogue.aws_resources import ResourceFormat, formats_of
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Evidence, EvidenceKind, Grant, Resource, Verdict
from scopeaudit.model.operation import Operation

LOGIC_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html"
SESSION_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"
MOST_STEPS = 500_000
"""Comparisons of ARN patterns for one principal; ordinary policies need some thousands."""
TOO_MANY = Evidence(EvidenceKind.NONE, "its policies name too many ARNs to be weighed one against another")
_S3_BUCKET = "s3-bucket"
_UNTYPED = "arn"


@dataclass(frozen=True, slots=True)
class Unread:
    """A policy that applies, and could not be read."""

    title: str
    why: str
    operations: frozenset[str] | None = None
    """What it can allow at most; anything where `None`."""
    may_deny: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything that decides what one principal may do."""

    policies: Sequence[Policy] = ()
    """Those of the user or role and of its groups."""
    unread: Sequence[Unread] = ()
    boundary: Policy | Unread | None = None
    """Its permissions boundary; `None` where it is known to have none."""
    has_unseen_session_policy: bool = False
    """Whether a session policy, which nobody can read, may take away from it."""
    context: Context = field(default_factory=Context)
    partition: str = "aws"

    @property
    def is_complete(self) -> bool:
        """Whether every policy was read."""
        return not self.unread and not isinstance(self.boundary, Unread)


Verdicts = Mapping[tuple[Outcome, str], frozenset[str]]
"""Outcome and the type its resources are of (empty where it has none), to the operations."""


def evaluate(holdings: Holdings, catalogue: OperationCatalogue) -> Verdicts:
    """Every operation of the catalogue under its outcomes; one with several stands in several."""
    index = ActionIndex(catalogue.ids)
    weighing = _Weighing(holdings, _Clauses(_selections(holdings, index)))
    found: dict[tuple[Outcome, str], set[str]] = defaultdict(set)
    for operation in catalogue.operations.values():
        for outcome in weighing.outcomes(operation):
            found[outcome].add(operation.id)
    return {outcome: frozenset(operations) for outcome, operations in found.items()}


class _Weighing:
    """Judges each group of operations once, and no group at a cost without bound."""

    def __init__(self, holdings: Holdings, clauses: "_Clauses") -> None:
        self._holdings = holdings
        self._clauses = clauses
        self._is_bounded = holdings.boundary is not None
        self._touching: dict[tuple[int, frozenset[str]], tuple[Clause, ...]] = {}
        self._judged: dict[tuple[object, ...], tuple[tuple[Outcome, str], ...]] = {}
        self._steps = 0

    def outcomes(self, operation: Operation) -> tuple[tuple[Outcome, str], ...]:
        """The outcomes of an operation, each with the type of its resources."""
        signature, clauses = self._clauses.of(operation.id)
        if all(clause.is_everywhere for clause in clauses):
            return self._outcomes((signature,), clauses, (), "", "")
        formats = formats_of(operation.id, self._holdings.partition)
        service = operation.id.partition(":")[0]
        services = frozenset(service_of(each.pattern) or "" for each in formats) or frozenset({service})
        relevant = self._relevant(signature, clauses, services)
        on = operation.on or _UNTYPED
        return self._outcomes(
            (id(relevant), formats, on, "" if formats else service), relevant, formats, service, on
        )

    def _relevant(
        self, signature: int, clauses: tuple[Clause, ...], services: frozenset[str]
    ) -> tuple[Clause, ...]:
        """The clauses that can be about a resource of these services."""
        key = (signature, services)
        if key not in self._touching:
            is_open = "" in services
            self._touching[key] = tuple(
                each for each in clauses if is_open or each.services is None or each.services & services
            )
        return self._touching[key]

    def _outcomes(
        self,
        key: tuple[object, ...],
        clauses: tuple[Clause, ...],
        formats: tuple[ResourceFormat, ...],
        service: str,
        on: str,
    ) -> tuple[tuple[Outcome, str], ...]:
        if key not in self._judged:
            judged = judge(self._weighed(clauses, formats), formats, service, is_bounded=self._is_bounded)
            self._judged[key] = tuple(
                (_finished(each, self._holdings), on if each.patterns else "") for each in judged
            )
        return self._judged[key]

    def _weighed(self, clauses: tuple[Clause, ...], formats: tuple[ResourceFormat, ...]) -> Iterable[Clause]:
        """The clauses, unless weighing them one by one has cost enough: then what they may do at most."""
        narrow = [each for each in clauses if not each.is_everywhere]
        patterns = Counter[Role]()
        for each in narrow:
            patterns[each.role] += len(each.patterns)
        denied = patterns[Role.DENY]
        self._steps += sum(patterns.values()) * (len(formats) + 1) + patterns[Role.ALLOW] * denied
        if self._steps <= MOST_STEPS:
            return clauses
        coarse = [
            Clause(role, is_certain=False, patterns=("*",), is_inverted=False, evidence=TOO_MANY)
            for role in Role
            if patterns[role]
        ]
        return [*(each for each in clauses if each.is_everywhere), *coarse]


def _selections(holdings: Holdings, index: ActionIndex) -> list[Selection]:
    found: list[Selection] = []
    for policy in holdings.policies:
        found += selections(policy, holdings.context, index)
    for each in holdings.unread:
        found += unread(each.title, each.why, each.operations, may_deny=each.may_deny)
    match holdings.boundary:
        case Policy() as policy:
            found += selections(policy, holdings.context, index, is_boundary=True)
        case Unread() as missing:
            found.append(unread_boundary(missing.title, missing.why))
        case None:
            pass
    return found


class _Clauses:
    """The clauses about each operation, equal sets under one number."""

    def __init__(self, found: Iterable[Selection]) -> None:
        common: list[Clause] = []
        alike: dict[frozenset[str], list[Clause]] = defaultdict(list)
        for selection in found:
            if selection.operations is None:
                common.append(selection.clause)
            else:
                alike[selection.operations].append(selection.clause)
        sets = list(alike.values())
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, operations in enumerate(alike):
            for operation in operations:
                numbers[operation].append(number)
        self._signatures: dict[tuple[int, ...], int] = {(): 0}
        self._clauses: list[tuple[Clause, ...]] = [tuple(common)]
        self._by_operation: dict[str, int] = {}
        for operation, listed in numbers.items():
            key = tuple(listed)
            if key not in self._signatures:
                self._signatures[key] = len(self._clauses)
                self._clauses.append((*common, *(clause for number in key for clause in sets[number])))
            self._by_operation[operation] = self._signatures[key]

    def of(self, operation: str) -> tuple[int, tuple[Clause, ...]]:
        """The number of the set and the set itself."""
        number = self._by_operation.get(operation, 0)
        return number, self._clauses[number]


def _finished(outcome: Outcome, holdings: Holdings) -> Outcome:
    """The outcome with a reason where there is none yet, and with what a session policy leaves of it."""
    if outcome.verdict is Verdict.DENIED and not outcome.evidence:
        bound = " within its permissions boundary" if holdings.boundary is not None else ""
        kinds = {policy.evidence.kind for policy in holdings.policies} or {EvidenceKind.ASKED}
        kind = EvidenceKind.ASKED if EvidenceKind.ASKED in kinds else min(kinds)
        detail = f"none of its policies ({len(holdings.policies)} read) allows it{bound}"
        return Outcome(Verdict.DENIED, (Evidence(kind, detail, LOGIC_SOURCE),))
    if outcome.verdict is Verdict.GRANTED and holdings.has_unseen_session_policy:
        detail = "a session policy, if one was passed when the session began, cannot be read"
        why = Evidence(EvidenceKind.NONE, detail, SESSION_SOURCE)
        return Outcome(Verdict.UNKNOWN, (*outcome.evidence, why), outcome.patterns)
    return outcome


def grants(verdicts: Verdicts) -> tuple[Grant, ...]:
    """The verdicts as grants, in a stable order."""
    made = [
        Grant(
            operations=operations,
            verdict=outcome.verdict,
            evidence=outcome.evidence,
            resources=_ids(outcome.patterns, on),
        )
        for (outcome, on), operations in verdicts.items()
        if operations
    ]
    return tuple(
        sorted(made, key=lambda each: (each.verdict, sorted(each.resources or ()), min(each.operations)))
    )


def _ids(patterns: frozenset[str] | None, on: str) -> frozenset[str] | None:
    return None if patterns is None else frozenset(f"{on}/{pattern}" for pattern in patterns)


def resources(verdicts: Verdicts) -> dict[str, Resource]:
    """The resources that grants name, by id: patterns of ARNs, since that is what policies name."""
    found: dict[str, Resource] = {}
    for outcome, on in verdicts:
        if outcome.verdict is Verdict.DENIED:
            continue
        for pattern in sorted(outcome.patterns or ()):
            bucket = _bucket_of(pattern)
            parent = f"{_S3_BUCKET}/{bucket}" if bucket and bucket != pattern else None
            name = _name(pattern)
            found[f"{on}/{pattern}"] = Resource(f"{on}/{pattern}", name, parent=parent)
            if parent is not None and bucket is not None:
                found.setdefault(parent, Resource(parent, _name(bucket)))
    return found


def _bucket_of(pattern: str) -> str | None:
    """The ARN of the one bucket an S3 pattern lies in."""
    start, _, key = pattern.partition(":s3:::")
    bucket = key.partition("/")[0]
    return f"{start}:s3:::{bucket}" if bucket and not set("*?") & set(bucket) else None


def _name(pattern: str) -> str:
    """`s3://bucket/key` for S3, as everybody writes it; else the pattern itself."""
    _, is_s3, key = pattern.partition(":s3:::")
    return f"s3://{key}" if is_s3 else pattern
