"""The resources of one authority as a tree: what lives in what, and dies with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from scopeaudit.audit.environments import is_production, says_production
from scopeaudit.catalogue.operations import glob
from scopeaudit.model.authority import Resource


class _Belonging(NamedTuple):
    """Where in the tree a resource is."""

    environment: str | None
    order: tuple[bool, int, str]


@dataclass(slots=True, eq=False)
class ResourceTree:
    """Resources by id, with their parents and children. Parents may be missing or run in circles."""

    resources: tuple[Resource, ...]
    by_id: dict[str, Resource] = field(init=False)
    """Resource id to resource."""
    by_type: dict[str, list[str]] = field(default_factory=dict)
    """Resource type to the ids of that type."""
    _children: dict[str, list[str]] = field(default_factory=dict)
    _belongings: dict[str, _Belonging] = field(default_factory=dict)
    told: dict[tuple[tuple[str, ...], bool], str] = field(default_factory=dict)
    """Resources in words, by their ids and whether environments are said: findings tell the same ones."""

    def __post_init__(self) -> None:
        self.by_id = {resource.id: resource for resource in self.resources}
        for each in self.by_id.values():
            self.by_type.setdefault(each.type, []).append(each.id)
            if each.parent is not None:
                self._children.setdefault(each.parent, []).append(each.id)

    def line(self, resource_id: str) -> list[Resource]:
        """The resource and what it lives in, innermost first."""
        found: dict[str, Resource] = {}
        following = self.by_id.get(resource_id)
        while following is not None and following.id not in found:
            found[following.id] = following
            following = None if following.parent is None else self.by_id.get(following.parent)
        return list(found.values())

    def with_descendants(self, ids: Iterable[str]) -> frozenset[str]:
        """The resources and all that dies with them."""
        if self._children.keys().isdisjoint(ids):
            return frozenset(ids)
        found: set[str] = set()
        left = list(ids)
        while left:
            each = left.pop()
            if each not in found:
                found.add(each)
                left.extend(self._children.get(each, ()))
        return frozenset(found)

    def environment(self, resource_id: str) -> str | None:
        """The environment it belongs to: its own, or that of the nearest it lives in."""
        return self._belonging(resource_id).environment

    def environment_or_name(self, resource_id: str) -> str | None:
        """The environment; where none is stated, `production` if the name of the resource says so."""
        environment = self.environment(resource_id)
        resource = self.by_id.get(resource_id)
        if environment is None and resource is not None and says_production(resource.name):
            return "production"
        return environment

    def order(self, resource_id: str) -> tuple[bool, int, str]:
        """Sorts production first, and a resource before what lives in it."""
        return self._belonging(resource_id).order

    def _belonging(self, resource_id: str) -> _Belonging:
        found = self._belongings.get(resource_id)
        if found is None:
            line = self.line(resource_id)
            environment = next(filter(None, map(_stated_environment, line)), None)
            if environment is not None:
                is_elsewhere = not is_production(environment)
            else:
                is_elsewhere = not line or not says_production(line[0].name)
            found = _Belonging(environment, (is_elsewhere, len(line), resource_id))
            self._belongings[resource_id] = found
        return found

    def is_matched(self, resource_id: str, patterns: Iterable[str]) -> bool:
        """Whether a glob names the resource or something it lives in, by id or by name."""
        names = {resource_id}
        for each in self.line(resource_id):
            names.update((each.id, each.name))
        return any(glob(pattern).match(name) for pattern in patterns for name in names)


def _stated_environment(resource: Resource) -> str | None:
    if resource.environment is None and resource.id.startswith("environment/"):
        return resource.name
    return resource.environment
