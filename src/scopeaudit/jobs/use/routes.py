"""Methods and paths of a provider's interface, and the operations they are."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from scopeaudit.model.operation import Operation

HOLE = "{}"
"""In place of a part of a path that is not written out."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
_TAKES_MORE = frozenset({"{path}", "{ref}", "{basehead}", "{0}"})
"""Parameters that may hold `/`."""
_PAIR = "/{owner}/{repo}"
MAXIMUM_SEGMENTS = 20


@dataclass(slots=True)
class _Node:
    below: "dict[str, _Node]" = field(default_factory=dict)
    operations: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Method to id and path."""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path that was recognised."""

    method: str
    path: str
    """As the catalogue writes it."""
    operations: frozenset[str]


class Routes:
    """The routes of one provider."""

    def __init__(self, operations: Callable[[], Iterable[Operation]], hosts: tuple[str, ...]) -> None:
        """Operations are asked for when a path is looked up for the first time."""
        self.hosts = tuple(host.partition("/") for host in hosts)
        self._operations = operations

    @cached_property
    def _root(self) -> _Node:
        root = _Node()
        for operation in self._operations():
            if operation.path is not None and operation.verb in METHODS:
                self._add(root, operation.path, operation)
                if _PAIR in operation.path:
                    self._add(root, operation.path.replace(_PAIR, "/{repository}"), operation)
        return root

    @property
    def first_segments(self) -> tuple[str, ...]:
        """What paths begin with, but for parameters; none without an address."""
        return tuple(each for each in self._root.below if each and each != HOLE) if self.hosts else ()

    def _add(self, node: _Node, path: str, operation: Operation) -> None:
        for segment in path.strip("/").split("/"):
            parameter = segment.startswith("{")
            node = node.below.setdefault(HOLE if parameter else segment, _Node())
            node.more = node.more or segment in _TAKES_MORE
        node.operations.setdefault(operation.verb, []).append((operation.id, operation.path or path))

    def path_of(self, host: str, path: str) -> str | None:
        """A path on a host as the catalogue's paths begin; `None` if the host is not the provider's."""
        for pattern, slash, base in self.hosts:
            if fnmatchcase(host, pattern):
                if not slash:
                    return path
                return path[len(base) + 1 :] if path.startswith(f"/{base}") else None
        return None

    def find(self, method: str | None, path: str) -> Route | None:
        """What a method and path are; without a method, only where the path has one alone or can be read."""
        segments = _segments(path)
        if segments is None:
            return None
        for node in _nodes(self._root, segments, 0):
            if not node.operations:
                continue
            chosen = method
            if chosen is None:
                chosen = next(iter(node.operations)) if len(node.operations) == 1 else "GET"
            if chosen in node.operations:
                found = node.operations[chosen]
                return Route(chosen, found[0][1], frozenset(identity for identity, _ in found))
        return None


def _segments(path: str) -> list[str] | None:
    """The segments of a path without its query; a mixed segment is a hole."""
    plain = re.split(r"[?#\s]", path, maxsplit=1)[0].strip("/")
    segments = [segment for segment in plain.split("/") if segment]
    if not segments or len(segments) > MAXIMUM_SEGMENTS:
        return None
    last = segments[-1]
    if last.endswith(HOLE) and last != HOLE:
        segments[-1] = last.removesuffix(HOLE)
    return [HOLE if HOLE in segment else segment for segment in segments]


def _nodes(node: _Node, segments: list[str], at: int) -> Iterable[_Node]:
    """Where the segments lead, the most literal way first; each segment has two ways at most."""
    if at == len(segments):
        yield node
        return
    segment = segments[at]
    if segment != HOLE and segment in node.below:
        yield from _nodes(node.below[segment], segments, at + 1)
    if HOLE in node.below:
        below = node.below[HOLE]
        yield from _nodes(below, segments, at + 1)
        if below.more and at + 1 < len(segments):
            yield below
