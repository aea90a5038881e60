"""The resources of one authority as a tree: what lives in what, and dies with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from scopeaudit.audit.environments import says_production
from scopeaudit.catalogue.operations import glob
from scopeaudit.model.authority import Resource


@dataclass(frozen=True)
class ResourceTree:
    """Resources by id, with their parents and children. Parents may be missing or run in circles."""

    resources: tuple[Resource, ...]

    @cached_property
    def by_id(self) -> dict[str, Resource]:
        """Resource id to resource."""
        return {resource.id: resource for resource in self.resources}

    @cached_property
    def by_type(self) -> dict[str, tuple[str, ...]]:
        """Resource type to the ids of that type."""
        found: dict[str, list[str]] = {}
        for resource in self.by_id.values():
            found.setdefault(resource.type, []).append(resource.id)
        return {kind: tuple(ids) for kind, ids in found.items()}

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for resource in self.by_id.values():
            if resource.parent is not None:
                found.setdefault(resource.parent, []).append(resource.id)
        return found

    def line(self, resource_id: str) -> Iterator[Resource]:
        """The resource and what it lives in, innermost first."""
        seen: set[str] = set()
        following: str | None = resource_id
        while following is not None and following not in seen:
            seen.add(following)
            resource = self.by_id.get(following)
            if resource is None:
                return
            yield resource
            following = resource.parent

    def with_descendants(self, ids: Iterable[str]) -> frozenset[str]:
        """The resources and all that dies with them."""
        found: set[str] = set()
        left = list(ids)
        while left:
            each = left.pop()
            if each not in found:
                found.add(each)
                left.extend(self._children.get(each, ()))
        return frozenset(found)

    @cached_property
    def _environments(self) -> dict[str, str | None]:
        return {}

    def environment(self, resource_id: str) -> str | None:
        """The environment it belongs to: its own, or that of the nearest it lives in."""
        if resource_id not in self._environments:
            self._environments[resource_id] = next(
                (stated for each in self.line(resource_id) if (stated := _stated_environment(each))), None
            )
        return self._environments[resource_id]

    def environment_or_name(self, resource_id: str) -> str | None:
        """The environment; where none is stated, `production` if the name of the resource says so."""
        environment = self.environment(resource_id)
        resource = self.by_id.get(resource_id)
        if environment is None and resource is not None and says_production(resource.name):
            return "production"
        return environment

    def is_matched(self, resource_id: str, patterns: Iterable[str]) -> bool:
        """Whether a glob names the resource or something it lives in, by id or by name."""
        names = {resource_id}
        for each in self.line(resource_id):
            names.update((each.id, each.name))
        return any(glob(pattern).match(name) for pattern in patterns for name in names)


def _stated_environment(resource: Resource) -> str | None:
    if resource.environment is None and resource.type == "environment":
        return resource.name
    return resource.environment
