"""Which resources of the present credential are the job's."""

from collections.abc import Iterable, Iterator, Mapping

from scopeaudit.catalogue.operations import glob
from scopeaudit.model.authority import Resource

_GLOB = frozenset("*?[")


def is_literal(pattern: str) -> bool:
    """Whether it names one thing."""
    return _GLOB.isdisjoint(pattern)


def is_named(resource: Resource, patterns: Iterable[str]) -> bool:
    """Whether a glob names the resource itself, by id or by name."""
    return any(
        pattern in (resource.id, resource.name)
        or glob(pattern).match(resource.id)
        or glob(pattern).match(resource.name)
        for pattern in patterns
    )


def line_of(resource: Resource, by_id: Mapping[str, Resource]) -> Iterator[Resource]:
    """The resource and what it lives in, innermost first. Parents may be missing or run in circles."""
    seen: set[str] = set()
    following: str | None = resource.id
    while following is not None and following not in seen and following in by_id:
        seen.add(following)
        yield by_id[following]
        following = by_id[following].parent


def within_job(
    resources: Iterable[Resource], patterns: Iterable[str], environments: Iterable[str] = ()
) -> tuple[Resource, ...]:
    """The resources that the job names, or that live in what it names; all where it names none."""
    by_id = {each.id: each for each in resources}
    wanted, allowed = tuple(patterns), tuple(environments)
    found = []
    for each in by_id.values():
        line = tuple(line_of(each, by_id))
        environment = next((one.environment for one in line if one.environment), None)
        if wanted and not any(is_named(one, wanted) for one in line):
            continue
        if allowed and environment is not None and not any(glob(one).match(environment) for one in allowed):
            continue
        found.append(each)
    return tuple(found)
