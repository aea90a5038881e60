"""Sentences about credentials, operations and resources."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from scopeaudit.audit.meaning import Harm
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import Selection
from scopeaudit.model.finding import Severity

_NAMED_OPERATIONS = 2
_NAMED_GROUPS = 3
_NAMED_ALIKE = 2

_HARMS = {
    Harm.LASTING: ("cannot be undone", "cannot be undone"),
    Harm.LATER: (
        "destroys after a wait or with a limited time to undo it",
        "destroy after a wait or with a limited time to undo it",
    ),
    Harm.PERMISSIONS: ("changes who may do what", "change who may do what"),
    Harm.REVEALING: ("reveals other secrets", "reveal other secrets"),
    Harm.EXECUTING: ("runs code", "run code"),
}
"""Singular and plural."""


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


def operations_named(operations: Selection) -> str:
    """The most telling operations by id, and how many more there are."""
    named = operations.most_telling(_NAMED_OPERATIONS + 1)
    more = len(operations) - _NAMED_OPERATIONS
    return f"{named[0]}, {named[1]} and {more:,} more" if more > 1 else listed(named, _NAMED_OPERATIONS)


def credential_named(scope: Scope) -> str:
    """`The Railway account token`."""
    return f"The {kind_named(scope)}"


def kind_named(scope: Scope) -> str:
    """`Railway account token`."""
    name = scope.provider.name if scope.provider is not None else scope.provider_id
    kind = scope.authority.kind or scope.detected_kind
    return titled(name, scope.kind.title if scope.kind is not None else kind.replace("-", " "))


@lru_cache(maxsize=1024)
def titled(provider: str, kind: str) -> str:
    """`Railway account token`; the provider is not named twice."""
    return kind if provider.lower() in kind.lower() else f"{provider} {kind}"


def worst_of(operations: Selection) -> str:
    """What the worst of the operations do, with names; there is at least one.

    Continues a sentence that has just told their number: `of which 22 reveal other secrets (…)`.
    """
    same, number = operations.worst, len(operations)
    alike = len(same)
    singular, plural = _done_by(same)
    if number == 1:
        return f"{same.first.operation.id}, which {singular}"
    subject = "all of which" if alike == number else f"of which {alike:,}"
    return f"{subject} {singular if alike == 1 else plural} ({operations_named(same)})"


def _done_by(operations: Selection) -> tuple[str, str]:
    match operations.severity:
        case Severity.CRITICAL:
            ending = "data or backups for good with nothing in the way"
            return f"destroys {ending}", f"destroy {ending}"
        case Severity.HIGH:
            masks = operations.meaning.harms
            told = [words for harm, words in _HARMS.items() if operations.mask & masks.get(harm, 0)]
            return " or ".join(each[0] for each in told), " or ".join(each[1] for each in told)
        case Severity.MEDIUM:
            return "changes what can be put back", "change what can be put back"
        case Severity.LOW:
            return "only reads", "only read"


def resources_named(ids: Iterable[str], tree: ResourceTree, *, environments: bool = True) -> str:
    """What the resources are, alike ones together: production first, and a resource before what it holds.

    Environments themselves are named only where nothing else is. Empty of nothing; `environments`
    says of each which environment it belongs to.
    """
    found = tuple(ids)
    if (found, environments) not in tree.told:
        tree.told[found, environments] = _resources_named(found, tree, environments=environments)
    return tree.told[found, environments]


def _resources_named(found: tuple[str, ...], tree: ResourceTree, *, environments: bool) -> str:
    told = [each for each in found if not each.startswith("environment/")] or found
    groups: dict[tuple[str, str | None], list[str]] = {}
    for each in sorted(told, key=tree.order):
        environment = tree.environment(each) if environments else None
        groups.setdefault((each.partition("/")[0], environment), []).append(each)
    shown = list(groups.items())[:_NAMED_GROUPS]
    named = [_group_named(members, kind, environment, tree) for (kind, environment), members in shown]
    left = len(told) - sum(len(members) for _, members in shown)
    return f"{', '.join(named)} and {left:,} more" if left else listed(named, _NAMED_GROUPS)


def _group_named(members: Sequence[str], kind: str, environment: str | None, tree: ResourceTree) -> str:
    names = [tree.by_id[each].name if each in tree.by_id else each.partition("/")[2] for each in members]
    if len(names) == 1:
        shown = f"{kind} {names[0]}"
    elif len(names) <= _NAMED_ALIKE:
        shown = f"{_plural(kind)} {' and '.join(names)}"
    else:
        shown = counted(len(names), kind)
    return shown if environment is None or kind == "environment" else f"{shown} ({environment})"


def in_reach(operations: Selection, scope: Scope) -> str:
    """A sentence that names what the worst operations can act on; empty where no resource is known."""
    ids = operations.worst.resources
    return f" Within reach: {resources_named(ids, scope.tree)}." if ids else ""
