"""Statements as they apply to one principal: variables filled in, conditions decided, actions selected."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from scopeaudit.ask.aws.conditions import Context, Truth, decide, substitute
from scopeaudit.ask.aws.policies import Policy, Statement
from scopeaudit.catalogue.aws_globs import is_everything, matcher
from scopeaudit.model.authority import Evidence, EvidenceKind

_SHOWN = 3


class Role(Enum):
    """What a clause does."""

    ALLOW = "allow"
    DENY = "deny"
    LIMIT = "limit"
    """What a permissions boundary allows: no more than that can be granted."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement, or what stands in for a policy that could not be read."""

    role: Role
    is_certain: bool
    """Whether it is known to apply; otherwise it may or may not."""
    patterns: tuple[str, ...]
    """ARNs with wildcards, variables filled in; sorted."""
    is_inverted: bool
    """Whether it is about all resources but those."""
    evidence: Evidence
    is_everywhere: bool = field(init=False, compare=False)
    """Whether it is about every resource."""
    services: frozenset[str] | None = field(init=False, compare=False)
    """Prefixes of the services its resources belong to; `None` where they can be any."""

    def __post_init__(self) -> None:
        is_everywhere = not self.is_inverted and any(map(is_everything, self.patterns))
        named = frozenset(map(service_of, self.patterns))
        is_open = self.is_inverted or is_everywhere or None in named
        object.__setattr__(self, "is_everywhere", is_everywhere)
        object.__setattr__(self, "services", None if is_open else named)

    @property
    def order(self) -> tuple[bool, tuple[str, ...], bool, str, str]:
        """What clauses are sorted by, so that the order of statements means nothing."""
        return not self.is_inverted, self.patterns, self.is_certain, self.evidence.kind, self.evidence.detail


@dataclass(frozen=True, slots=True)
class Selection:
    """A clause and the operations it is about."""

    clause: Clause
    operations: frozenset[str] | None
    """`None` for every operation."""


def service_of(arn: str) -> str | None:
    """The service an ARN pattern names, in the third of its parts; `None` where that is left open."""
    parts = arn.split(":", 3)
    is_open = len(parts) <= 3 or any(set("*?") & set(part) for part in parts[:3])
    return None if is_open else parts[2]


class ActionIndex:
    """Finds operations by the patterns of policies, in which case does not matter."""

    def __init__(self, operations: Iterable[str]) -> None:
        self.all = frozenset(operations)
        self._services: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for operation in self.all:
            service, _, name = operation.partition(":")
            self._services[service.lower()].append((name.lower(), operation))
        self._found: dict[str, frozenset[str]] = {}
        self._chosen: dict[tuple[tuple[str, ...], bool], frozenset[str]] = {}

    def select(self, patterns: tuple[str, ...], *, spares: bool = False) -> frozenset[str]:
        """The operations that any of the patterns names, or all others; equal questions, one set."""
        key = (patterns, spares)
        if key not in self._chosen:
            named = frozenset().union(*(self._select(pattern.lower()) for pattern in patterns))
            self._chosen[key] = self.all - named if spares else named
        return self._chosen[key]

    def _select(self, pattern: str) -> frozenset[str]:
        if pattern not in self._found:
            self._found[pattern] = self._search(pattern)
        return self._found[pattern]

    def _search(self, pattern: str) -> frozenset[str]:
        service, colon, name = pattern.partition(":")
        if is_everything(pattern) or (colon and is_everything(service) and is_everything(name)):
            return self.all
        if not colon:
            expression = matcher(pattern)
            return frozenset(each for each in self.all if expression.match(each.lower()))
        in_services = matcher(service)
        expression = matcher(name)
        return frozenset(
            operation
            for key, entries in self._services.items()
            if in_services.match(key)
            for lowered, operation in entries
            if expression.match(lowered)
        )


def selections(
    policy: Policy, context: Context, index: ActionIndex, *, is_boundary: bool = False
) -> Iterable[Selection]:
    """What each statement of a policy does; nothing for statements that do not apply."""
    for statement in policy.statements:
        truth = decide(statement.condition, context, has_variables=statement.has_variables)
        spares_all = statement.spares_resources and any(map(is_everything, statement.resources))
        if truth is Truth.NO or spares_all:
            continue
        filled = [_filled(each, context, statement) for each in statement.resources]
        is_certain = truth is Truth.YES and all(known for _, known in filled) and not statement.principal
        operations = index.select(statement.actions, spares=statement.spares_actions)
        role = Role.DENY if not statement.allows else Role.LIMIT if is_boundary else Role.ALLOW
        clause = Clause(
            role=role,
            is_certain=is_certain,
            patterns=tuple(sorted({pattern for pattern, _ in filled})),
            is_inverted=statement.spares_resources,
            evidence=_evidence(policy, statement, role, is_certain=is_certain),
        )
        yield Selection(clause, None if len(operations) == len(index.all) else operations)


def unread(
    title: str, why: str, operations: frozenset[str] | None = None, *, may_deny: bool = True
) -> Iterable[Selection]:
    """What a policy that could not be read may do: allow the operations, or deny anything."""
    evidence = Evidence(EvidenceKind.NONE, f"{title} could not be read: {why}")
    yield Selection(Clause(Role.ALLOW, False, ("*",), False, evidence), operations)
    if may_deny:
        yield Selection(Clause(Role.DENY, False, ("*",), False, evidence), None)


def unread_boundary(title: str, why: str) -> Selection:
    """A permissions boundary that could not be read: it may leave nothing, or everything."""
    evidence = Evidence(EvidenceKind.NONE, f"{title} could not be read: {why}")
    return Selection(Clause(Role.LIMIT, False, ("*",), False, evidence), None)


def _filled(pattern: str, context: Context, statement: Statement) -> tuple[str, bool]:
    """The pattern with its variables filled in, and whether all were known."""
    if not statement.has_variables or "${" not in pattern:
        return pattern, True
    filled = substitute(pattern, context)
    if filled is not None:
        return filled, True
    pieces = [piece.partition("}")[2] for piece in pattern.split("${")[1:]]
    return "*".join([pattern.partition("${")[0], *pieces]), False


def _evidence(policy: Policy, statement: Statement, role: Role, *, is_certain: bool) -> Evidence:
    does = {Role.ALLOW: "allows it", Role.DENY: "denies it", Role.LIMIT: "lets it through"}[role]
    parts = [f"{policy.title}, {statement.label}, {does}"]
    if statement.spares_resources:
        parts.append(f"on all but {_shown(statement.resources)}")
    elif not any(map(is_everything, statement.resources)):
        parts.append(f"on {_shown(statement.resources)}")
    if not is_certain:
        keys = tuple(dict.fromkeys(test.key for test in statement.condition)) or ("its variables",)
        parts.append(f"only if {_shown(keys)} fits, which cannot be known here")
    if policy.evidence.detail:
        parts.append(f"({policy.evidence.detail})")
    return Evidence(policy.evidence.kind, " ".join(parts), policy.evidence.source)


def _shown(texts: tuple[str, ...]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


def by_role(clauses: Iterable[Clause]) -> Mapping[Role, tuple[Clause, ...]]:
    """Clauses by what they do, each list in the order that does not depend on the documents."""
    found: dict[Role, list[Clause]] = {role: [] for role in Role}
    for clause in clauses:
        found[clause.role].append(clause)
    return {role: tuple(sorted(each, key=lambda clause: clause.order)) for role, each in found.items()}
