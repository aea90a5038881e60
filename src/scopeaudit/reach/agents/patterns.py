"""Many patterns over paths as one: which of them cover a path is told without trying each.

Patterns that begin alike share what they begin with, and how far each of them got in a folder is remembered
for all that lies in it. A pattern of a name is tried only where the name begins or ends as the pattern does.
What patterns mean is said in `globs`; here is nothing that they mean otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scopeaudit.reach.agents.globs import ANY, Effort, NameGlob, Part

_STATES_LIMIT = 200_000
"""Folders that are remembered."""


class SpentError(Exception):
    """There is no effort left to find out."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Names one after the other; what lies below a match is covered too."""

    parts: tuple[Part, ...]
    folders_only: bool = False
    """Whether what it names counts only for what is inside."""
    exact: bool = True
    """Whether whoever wrote it means all that it covers."""


@dataclass(slots=True, eq=False)
class _Node:
    """How far patterns that begin alike got."""

    plain: dict[str, "_Node"] = field(default_factory=dict)
    named: "_Named | None" = None
    deep: "_Node | None" = None
    """Where they are on any number of names."""
    stays: bool = False
    """Whether it is such a place."""
    ends: list[int] = field(default_factory=list)
    """Patterns that match here; of a place that stays, with one name more."""
    ends_of_folders: list[int] = field(default_factory=list)
    """The same of those that name folders only."""


class _Table:
    """Patterns of one name and where they lead, by how they begin or end; small where case is ignored."""

    def __init__(self, *, loose: bool) -> None:
        self._loose = loose
        self._all: list[_Lead] = []
        self._by_start: dict[int, dict[str, list[_Lead]]] = {}
        self._by_end: dict[int, dict[str, list[_Lead]]] = {}
        self._others: list[_Lead] = []

    def add(self, lead: "_Lead") -> None:
        """Takes one more."""
        self._all.append(lead)
        start, end = lead.glob.start, lead.glob.end
        if self._loose:
            # Beyond ASCII, ignoring case is more than writing small.
            start, end = (each.lower() if lead.glob.glob.isascii() else "" for each in (start, end))
        if start:
            self._by_start.setdefault(len(start), {}).setdefault(start, []).append(lead)
        elif end:
            self._by_end.setdefault(len(end), {}).setdefault(end, []).append(lead)
        else:
            self._others.append(lead)

    def lookup(self, name: str, found: "list[_Lead]") -> int:
        """Adds those that may match a name; gives the effort it took."""
        if self._loose:
            if not name.isascii():
                found += self._all
                return len(self._all)
            name = name.lower()
        before = len(found)
        found += self._others
        for length, by_text in self._by_start.items():
            if leads := by_text.get(name[:length]):
                found += leads
        for length, by_text in self._by_end.items():
            if leads := by_text.get(name[-length:]):
                found += leads
        return len(found) - before + len(self._by_start) + len(self._by_end)


@dataclass(frozen=True, slots=True)
class _Lead:
    """A pattern of one name, and where it leads."""

    glob: NameGlob
    node: _Node


class _Named:
    """Where patterns of one name lead."""

    def __init__(self) -> None:
        self._nodes: dict[NameGlob, _Node] = {}
        self._tables: dict[bool, _Table] = {}

    def node(self, glob: NameGlob) -> _Node:
        """Where one leads."""
        if glob not in self._nodes:
            self._nodes[glob] = _Node()
            table = self._tables.setdefault(glob.loose, _Table(loose=glob.loose))
            table.add(_Lead(glob, self._nodes[glob]))
        return self._nodes[glob]

    def leading(self, name: str, found: list[_Node]) -> int:
        """Adds where those lead that match a name; gives the effort it took."""
        tried: list[_Lead] = []
        effort = 0
        for table in self._tables.values():
            effort += table.lookup(name, tried)
        found += [each.node for each in tried if each.glob.expression.match(name)]
        return effort


@dataclass(frozen=True, slots=True)
class _State:
    """How far the patterns got in a folder, and which cover what is in it."""

    nodes: tuple[_Node, ...]
    covering: frozenset[int] = frozenset()


class Patterns:
    """Patterns, numbered as they are given."""

    def __init__(self, patterns: Iterable[Pattern], effort: Effort | None = None) -> None:
        self._effort = effort
        self._states: dict[str, _State] = {}
        root = _Node()
        for number, pattern in enumerate(patterns):
            _put(root, pattern, number)
        is_empty = not (root.plain or root.named or root.deep)
        self._start = _State(() if is_empty else _with_deep([root]))
        self._last: tuple[str | None, _State, list[int]] = (None, self._start, [])

    def covering(self, path: str) -> Sequence[int]:
        """Numbers of the patterns that cover a path with `/`, ascending.

        Raises:
            SpentError: if that would take more effort than there is.
        """
        state, ends = self._at(path)
        return sorted(state.covering.union(ends)) if ends or state.covering else ()

    def naming(self, path: str) -> Sequence[int]:
        """Numbers of the patterns that match a path itself, and not only what it lies in, ascending.

        Raises:
            SpentError: if that would take more effort than there is.
        """
        _, ends = self._at(path)
        return sorted(set(ends))

    def _at(self, path: str) -> tuple[_State, list[int]]:
        """How far they got in the folder of a path, and those that end at its name."""
        last, state, ends = self._last
        if last == path or not self._start.nodes:
            return state, ends
        at = path.rfind("/")
        state = self._inside(path[:at]) if at >= 0 else self._start
        ends = self._after(state, path[at + 1 :])[1] if state.nodes else []
        self._last = (path, state, ends)
        return state, ends

    def _inside(self, folder: str) -> _State:
        """How far they got in a folder; remembered for it and those around it."""
        state = self._states.get(folder)
        if state is not None:
            return state
        missing: list[tuple[str, str]] = []
        while state is None:
            outer, slash, name = folder.rpartition("/")
            missing.append((folder, name))
            state = self._states.get(outer) if slash else self._start
            folder = outer
        for inner, name in reversed(missing):
            if state.nodes:
                nodes, ends, of_folders = self._after(state, name)
                covering = state.covering.union(ends, of_folders) if ends or of_folders else state.covering
                state = _State(_with_deep(nodes), covering)
            if len(self._states) < _STATES_LIMIT:
                self._states[inner] = state
        return state

    def _after(self, state: _State, name: str) -> tuple[list[_Node], list[int], list[int]]:
        """Where patterns are one name later, those that end there, and those that do if it is a folder."""
        found: list[_Node] = []
        ends: list[int] = []
        of_folders: list[int] = []
        tries = len(state.nodes)
        for node in state.nodes:
            if node.stays:
                found.append(node)
                ends += node.ends
                of_folders += node.ends_of_folders
            if (reached := node.plain.get(name)) is not None:
                found.append(reached)
            if node.named is not None:
                tries += node.named.leading(name, found)
        if self._effort is not None and not self._effort.take(tries):
            raise SpentError
        for reached in found:
            if not reached.stays:
                ends += reached.ends
                of_folders += reached.ends_of_folders
        return found, ends, of_folders


def _put(root: _Node, pattern: Pattern, number: int) -> None:
    node = root
    for part in pattern.parts:
        if part == ANY:
            if not node.stays:
                node.deep = node.deep or _Node(stays=True)
                node = node.deep
        elif isinstance(part, str):
            node = node.plain.setdefault(part, _Node())
        else:
            node.named = node.named or _Named()
            node = node.named.node(part)
    (node.ends_of_folders if pattern.folders_only else node.ends).append(number)


def _with_deep(nodes: Iterable[_Node]) -> tuple[_Node, ...]:
    """The places, and those that stay behind them, each once."""
    found: dict[_Node, None] = {}
    for node in nodes:
        found[node] = None
        if node.deep is not None:
            found[node.deep] = None
    return tuple(found)
