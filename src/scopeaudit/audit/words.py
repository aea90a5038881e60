"""Sentences about credentials, operations and resources."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from scopeaudit.audit.environments import is_production
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import DANGER
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches

_NAMED_OPERATIONS = 2
_NAMED_GROUPS = 3
_NAMED_ALIKE = 2

# What operations of high severity do, singular and plural, in the order told.
_CANNOT_BE_UNDONE = ("cannot be undone", "cannot be undone")
_UNTIL_LATER = ("destroys after a wait or with a limited time to undo it",
                "destroy after a wait or with a limited time to undo it")  # fmt: skip
_CHANGES_PERMISSIONS = ("changes who may do what", "change who may do what")
_REVEALS = ("reveals other secrets", "reveal other secrets")
_RUNS_CODE = ("runs code", "run code")
_ORDER = (_CANNOT_BE_UNDONE, _UNTIL_LATER, _CHANGES_PERMISSIONS, _REVEALS, _RUNS_CODE)
_BY_EFFECT = {
    Effect.PERMISSIONS: _CHANGES_PERMISSIONS,
    Effect.REVEAL: _REVEALS,
    Effect.EXECUTE: _RUNS_CODE,
}


def counted(number: int, noun: str) -> str:
    """`1 operation`, `371 operations`."""
    return f"{number:,} {noun if number == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def listed(names: Sequence[str], shown: int) -> str:
    """`a, b and 19 more`; all of them where one more would not be longer."""
    if len(names) <= shown + 1:
        return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown:,} more"


def operations_named(operations: Iterable[FindingOperation], scope: Scope) -> str:
    """The most telling operations by id, and how many more there are; they come worst first."""
    found = list(operations)
    if scope.has_resources:
        found.sort(key=_telling)
    if len(found) > _NAMED_OPERATIONS + 1:
        return f"{', '.join(each.id for each in found[:_NAMED_OPERATIONS])} and {len(found) - 2:,} more"
    return listed([operation.id for operation in found], _NAMED_OPERATIONS)


def _telling(operation: FindingOperation) -> tuple[int, bool, bool, bool, bool, int, str]:
    """As `meaning.telling`, and before the effect counts whether anything it acts on is known."""
    return (
        -operation.severity.rank,
        Touches.DATA not in operation.touches,
        operation.reversible is not Reversible.NO,
        not operation.takes_recovery,
        not operation.resources,
        -DANGER[operation.effect],
        operation.id,
    )


def credential_named(scope: Scope) -> str:
    """`The Railway account token`."""
    return f"The {kind_named(scope)}"


def kind_named(scope: Scope) -> str:
    """`Railway account token`."""
    name = scope.provider.name if scope.provider is not None else scope.provider_id
    kind = scope.authority.kind or scope.detected_kind
    title = scope.kind.title if scope.kind is not None else kind.replace("-", " ")
    return title if name.lower() in title.lower() else f"{name} {title}"


def worst_of(operations: Sequence[FindingOperation], scope: Scope) -> str:
    """What the worst of the operations do, with names; they come worst first, at least one.

    Continues a sentence that has just told their number: `of which 22 reveal other secrets (…)`.
    """
    same = operations[: _end_of_worst(operations)]
    singular, plural = _done_by(same)
    if len(operations) == 1:
        return f"{same[0].id}, which {singular}"
    subject = "all of which" if len(same) == len(operations) else f"of which {len(same):,}"
    return f"{subject} {singular if len(same) == 1 else plural} ({operations_named(same, scope)})"


def _end_of_worst(operations: Sequence[FindingOperation]) -> int:
    """How many have the severity of the first; they come worst first."""
    worst = -operations[0].severity.rank
    return bisect_right(operations, worst, key=lambda operation: -operation.severity.rank)


def critical_of(operations: Sequence[FindingOperation]) -> tuple[FindingOperation, ...]:
    """Those that are critical; they come worst first."""
    if not operations or operations[0].severity is not Severity.CRITICAL:
        return ()
    return tuple(operations[: _end_of_worst(operations)])


def _done_by(operations: Sequence[FindingOperation]) -> tuple[str, str]:
    match operations[0].severity:
        case Severity.CRITICAL:
            ending = "data or backups for good with nothing in the way"
            return f"destroys {ending}", f"destroy {ending}"
        case Severity.HIGH:
            kinds = {_high(operation) for operation in operations}
            told = [kind for kind in _ORDER if kind in kinds]
            return " or ".join(kind[0] for kind in told), " or ".join(kind[1] for kind in told)
        case Severity.MEDIUM:
            return "changes what can be put back", "change what can be put back"
        case Severity.LOW:
            return "only reads", "only read"


def _high(operation: FindingOperation) -> tuple[str, str]:
    if operation.effect in _BY_EFFECT:
        return _BY_EFFECT[operation.effect]
    waits = operation.gate is not Gate.NONE and operation.gate_removed_by is None
    return _UNTIL_LATER if waits or operation.reversible is Reversible.WINDOW else _CANNOT_BE_UNDONE


def resources_of(operations: Iterable[FindingOperation]) -> tuple[str, ...]:
    """Ids of all resources of the operations, sorted."""
    distinct = {operation.resources for operation in operations}
    return tuple(sorted(frozenset().union(*distinct)))


def resources_named(ids: Iterable[str], tree: ResourceTree, *, environments: bool = True) -> str:
    """What the resources are, alike ones together: production first, and a resource before what it holds.

    Environments themselves are named only where nothing else is. Empty of nothing; `environments`
    says of each which environment it belongs to.
    """
    found = list(ids)
    told = [each for each in found if not each.startswith("environment/")] or found
    groups: dict[tuple[str, str | None], list[str]] = {}
    for each in sorted(told, key=lambda each: _telling_order(each, tree)):
        environment = tree.environment(each) if environments else None
        groups.setdefault((each.partition("/")[0], environment), []).append(each)
    named = [_group_named(members, environment, tree) for (_, environment), members in groups.items()]
    if len(named) <= _NAMED_GROUPS:
        return listed(named, _NAMED_GROUPS)
    left = sum(len(members) for members in list(groups.values())[_NAMED_GROUPS:])
    return f"{', '.join(named[:_NAMED_GROUPS])} and {left:,} more"


def _telling_order(resource_id: str, tree: ResourceTree) -> tuple[bool, int, str]:
    environment = tree.environment_or_name(resource_id)
    depth = sum(1 for _ in tree.line(resource_id))
    return (environment is None or not is_production(environment), depth, resource_id)


def _group_named(members: Sequence[str], environment: str | None, tree: ResourceTree) -> str:
    kind = members[0].partition("/")[0]
    names = [tree.by_id[each].name if each in tree.by_id else each.partition("/")[2] for each in members]
    if len(names) == 1:
        shown = f"{kind} {names[0]}"
    elif len(names) <= _NAMED_ALIKE:
        shown = f"{_plural(kind)} {' and '.join(names)}"
    else:
        shown = counted(len(names), kind)
    return shown if environment is None or kind == "environment" else f"{shown} ({environment})"


def in_reach(operations: Sequence[FindingOperation], scope: Scope) -> str:
    """A sentence that names what the worst operations can act on; empty where no resource is known."""
    if not scope.has_resources:
        return ""
    ids = resources_of(operations[: _end_of_worst(operations)])
    return f" Within reach: {resources_named(ids, scope.tree)}." if ids else ""
