"""What a credential gets at, by environment."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scopeaudit.model.authority import Resource
from scopeaudit.model.finding import FindingOperation

_OPERATIONS_CONSIDERED = 100
_COPY_WORDS = ("backup", "snapshot")


@dataclass(frozen=True, slots=True)
class Reached:
    """One resource, with what is kept inside it."""

    resource: Resource
    inside: tuple[tuple[str, int], ...] = ()
    """What dies with it and is not listed by name: a word (`backup`) and how many; sorted."""
    parent: Resource | None = None


@dataclass(frozen=True, slots=True)
class ReachedEnvironment:
    """The resources of one environment."""

    name: str | None
    """`None` for what belongs to no environment."""
    resources: tuple[Reached, ...]
    """What stands to be lost first; at least one."""


def by_environment(
    resources: Iterable[Resource], worst: Sequence[FindingOperation]
) -> tuple[ReachedEnvironment, ...]:
    """The resources by environment, those that the worst operations act on first.

    `worst` are operations, most dangerous first. Backups and snapshots are counted with the resource
    they live in. Where nothing is known of resources there are no environments.
    """
    stakes = _stakes(worst)
    environments: dict[str | None, list[Reached]] = defaultdict(list)
    for each in with_contents(resources):
        environments[each.resource.environment].append(each)
    for members in environments.values():
        members.sort(key=lambda each: _weight(each, stakes))
    names = sorted(environments, key=lambda name: (name is None, _weight(environments[name][0], stakes)))
    return tuple(ReachedEnvironment(name, tuple(environments[name])) for name in names)


def with_contents(resources: Iterable[Resource]) -> tuple[Reached, ...]:
    """Each resource that is to be named, with the count of those that are only counted."""
    known = {resource.id: resource for resource in sorted(resources, key=lambda each: each.id)}
    parents = {resource.parent for resource in known.values()}
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    named = []
    for resource in known.values():
        parent = known.get(resource.parent or "")
        if parent is not None and resource.id not in parents and is_copy(resource):
            inside[parent.id][resource.type.removeprefix(f"{parent.type}-")] += 1
        else:
            named.append(resource)
    return tuple(
        Reached(resource, tuple(sorted(inside[resource.id].items())), known.get(resource.parent or ""))
        for resource in named
    )


def is_copy(resource: Resource) -> bool:
    """Whether the resource is a backup or a snapshot, by the name of its type."""
    return any(word in resource.type for word in _COPY_WORDS)


def _stakes(worst: Sequence[FindingOperation]) -> Mapping[str, int]:
    """The place of the worst operation that takes each resource, from 0."""
    stakes: dict[str, int] = {}
    for place, operation in enumerate(worst[:_OPERATIONS_CONSIDERED]):
        for resource in operation.resources:
            stakes.setdefault(resource, place)
    return stakes


def _weight(each: Reached, stakes: Mapping[str, int]) -> tuple[bool, bool, int, bool, str, str, str]:
    resource = each.resource
    return (
        resource.id not in stakes,
        not each.inside,
        stakes.get(resource.id, 0),
        not resource.details,
        resource.environment or "",
        resource.type,
        resource.name,
    )
