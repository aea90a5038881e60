"""What one agent can really reach: its ways, and what its settings take away from them."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from scopeaudit.catalogue.agent import Agent, Syntax, WayRule
from scopeaudit.catalogue.conditions import UndecidedError
from scopeaudit.model.context import Access, AgentFound, Denial, MechanismFound, Reach, Server, Way
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.agents.applied import Applied, Rule
from scopeaudit.reach.agents.globs import parts_of
from scopeaudit.reach.agents.patterns import Pattern, Patterns
from scopeaudit.reach.agents.prompts import Prompts
from scopeaudit.reach.agents.rulebook import RULES_LIMIT, Rulebook
from scopeaudit.reach.agents.rules import Denies, denial
from scopeaudit.reach.agents.settings import Settings, read_settings, rules_of
from scopeaudit.reach.agents.shown import shown
from scopeaudit.reach.files import file_gap
from scopeaudit.reach.machine import Machine

_FILE_WAYS = (Way.READ_TOOL, Way.SHELL)
_RANKS = {way: way.rank for way in Way}
_OPENNESS = {Access.FREE: 2, Access.ASKS: 1, Access.NONE: 0}
_MOST_OPEN = "Not all of its settings could be read and understood, so the most open case counts."
_IN_THE_FOLDER = frozenset({Source.TREE, Source.STAGED, Source.HISTORY})


_Matching: TypeAlias = tuple[tuple[Applied, Rule], ...]


class _Place(NamedTuple):
    """What of a place decides how it is reached, beside what covers it."""

    source: Source | None
    """`None` for a file."""
    is_inside: bool = True
    in_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """How an agent gets at places of a kind, but for tool servers."""

    open: tuple[Way, ...]
    asking: tuple[Way, ...]
    denied_by: tuple[Denial, ...]
    advisory: tuple[Denial, ...]


class AgentView:
    """One agent on one machine. Its settings are read when it is made, ignore files when they matter."""

    def __init__(
        self, agent: Agent, machine: Machine, servers: Iterable[Server] = (), *, with_folder: bool = True
    ) -> None:
        """Settings and ignore files of the scanned folder count `with_folder` only."""
        self.agent = agent
        self.machine = machine
        self.servers = tuple(servers)
        present = frozenset(each.id for each in agent.mechanisms if list(machine.paths(each.files)))
        self.settings: Settings = read_settings(agent, machine, present, with_folder=with_folder)
        self.rules = Rulebook(agent, machine, self.settings, with_folder=with_folder)
        self.prompts = Prompts(agent, machine, self.settings)
        self._reached: dict[tuple[Source, str], Decision] = {}
        self._decisions: dict[tuple[_Place, _Matching], Decision] = {}
        self._held: dict[str, set[int]] = {}
        self._taken: set[str] = set()
        self._given: set[str] = set()
        for server in self.servers:
            if server.enabled:
                self._held.setdefault(server.path, set()).update(server.lines)
                self._taken |= server.variables
                self._given |= server.files

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read or understood so far."""
        found = [*self.settings.gaps]
        if self._is_unclear:
            found.append(self._gap("some are not written as documented"))
        if not self.prompts.is_understood:
            found.append(self._gap("what they put into the prompt could not be understood"))
        return (*found, *self.rules.gaps)

    def _gap(self, why: str) -> Gap:
        return file_gap(f"settings of {self.agent.name}", f"{why}; what depends on them counts as open")

    @property
    def is_understood(self) -> bool:
        """Whether all of its settings were read."""
        return not self.settings.gaps

    @cached_property
    def ways(self) -> dict[Way, tuple[Access, Access, str]]:
        """For each way the access inside the scanned folder and outside, and why."""
        possible: dict[Way, list[WayRule]] = {}
        decided: set[Way] = set()
        for rule in self.agent.ways:
            holds = self.settings.holds(rule.when)
            if rule.by in decided or (holds is False and self.is_understood):
                continue
            possible.setdefault(rule.by, []).append(rule)
            if rule.when is None or (holds and self.is_understood):
                decided.add(rule.by)
        return {way: _openest(rules) for way, rules in possible.items()}

    @cached_property
    def _is_unclear(self) -> bool:
        """Whether a setting on which a way depends is written in another way than is known."""
        return self.is_understood and (
            self._also_inside is None
            or any(self.settings.holds(each.when) is None for each in self.agent.ways)
        )

    @property
    def applied(self) -> tuple[Applied, ...]:
        """The mechanisms that are looked at."""
        return self.rules.applied

    def found(self) -> AgentFound:
        """What to say of the agent."""
        ways = sorted(self.ways.items(), key=lambda each: each[0].rank)
        return AgentFound(
            id=self.agent.id,
            name=self.agent.name,
            running=self.is_running,
            settings=tuple(layer.name for layer in self.settings.layers),
            inside=tuple((way, inside) for way, (inside, _, _) in ways),
            outside=tuple((way, outside) for way, (_, outside, _) in ways if way in _FILE_WAYS),
            because=tuple(dict.fromkeys(why for _, (_, _, why) in ways)),
        )

    @property
    def is_running(self) -> bool:
        """Whether this process was started by the agent, by the variables it sets."""
        return any(name in self.machine.variables for name in self.agent.variables)

    def mechanisms(self) -> Iterator[MechanismFound]:
        """The limits that are written down, each file and kind once."""
        for applied in self.applied:
            by_file: dict[str, list[Rule]] = {}
            for rule in applied.rules:
                by_file.setdefault(rule.path, []).append(rule)
            for path, rules in by_file.items():
                mechanism = applied.mechanism
                yield MechanismFound(
                    agent=self.agent.id,
                    mechanism=mechanism.title,
                    strength=applied.strength,
                    rules=len(rules),
                    path=path,
                    line=rules[0].line,
                    why=applied.why,
                    source=applied.source,
                )

    def reach(self, location: Location, path: str | None = None) -> Reach | None:
        """How the agent gets at a place; `None` for what was handed over by the user.

        `path` is that of the file it lies in, where `path_of` was asked already.
        """
        if location.source is Source.INPUT:
            return None
        key = (location.source, location.path)
        decided = self._reached.get(key)
        if decided is None:
            decided = self._reached[key] = self._decided(location, path)
        free, asking = decided.open, decided.asking
        if (server := self._through_server(location)) is Access.FREE:
            free = (*free, Way.SERVER)
        elif server is Access.ASKS:
            asking = (*asking, Way.SERVER)
        return Reach(self.agent.id, location, free, asking, decided.denied_by, decided.advisory)

    def _decided(self, location: Location, path: str | None) -> Decision:
        """What is open, by the kind of place and what covers it: few pairs of these are different."""
        if location.source is Source.ENVIRONMENT:
            place = _Place(Source.ENVIRONMENT)
            matching = tuple(self._covering_variable(location.path.removeprefix("env:")))
        elif location.source is Source.HISTORY:
            place, matching = _Place(Source.HISTORY), ()
        else:
            path = path_of(self.machine, location) if path is None else path
            place = _Place(None, self._is_inside(path), self._is_in_prompt(path))
            matching = tuple(self._covering(path))
        key = (place, matching)
        if key not in self._decisions:
            self._decisions[key] = self._decision(self._ways_to(place), matching)
        return self._decisions[key]

    def _decision(self, ways: dict[Way, Access], matching: _Matching) -> Decision:
        closed = frozenset().union(*(applied.closes for applied, _ in matching))
        asked = frozenset().union(*(applied.asks for applied, _ in matching))
        left = {
            way: Access.ASKS if way in asked else access for way, access in ways.items() if way not in closed
        }
        denied = [self._denial(each, rule) for each, rule in matching if each.closes & ways.keys()]
        is_open = any(access is Access.FREE for access in left.values())
        advisory = [
            self._denial(each, rule)
            for each, rule in matching
            if left and not each.is_unknown and (is_open or not (each.closes | each.asks) & ways.keys())
        ]
        return Decision(
            open=_ranked(way for way, access in left.items() if access is Access.FREE),
            asking=_ranked(way for way, access in left.items() if access is Access.ASKS),
            denied_by=tuple(dict.fromkeys(denied)),
            advisory=tuple(dict.fromkeys(advisory)),
        )

    def _ways_to(self, place: _Place) -> dict[Way, Access]:
        """The ways to a place that the agent has at all."""
        if place.source is Source.ENVIRONMENT:
            access = {Way.INHERITED: self._access(Way.INHERITED, inside=True)}
        elif place.source is Source.HISTORY:
            # In the object store of git: nothing but a program unpacks it.
            access = {Way.SHELL: self._access(Way.SHELL, inside=True)}
        else:
            access = {way: self._access(way, inside=place.is_inside) for way in _FILE_WAYS}
            if place.in_prompt:
                access[Way.PROMPT] = Access.FREE
        return {way: each for way, each in access.items() if each is not Access.NONE}

    def _is_inside(self, path: str) -> bool:
        also = self._also_inside
        return self.machine.inside(path) is not None or also is None or any(each.path(path) for each in also)

    @cached_property
    def _also_inside(self) -> tuple[Denies, ...] | None:
        """Other folders that count as the scanned one; `None` if all may, since they are not understood."""
        try:
            written = [
                each for text in self.agent.also_inside for each in rules_of(self.settings.value(text))
            ]
        except UndecidedError:
            return None
        if len(written) > RULES_LIMIT or (self.agent.also_inside and not self.is_understood):
            return None
        return tuple(denial(each, Syntax.GLOB, self.machine, "", loose=True) for each in written)

    def _access(self, way: Way, *, inside: bool) -> Access:
        if way not in self.ways:
            return Access.NONE
        within, beyond, _ = self.ways[way]
        return within if inside else beyond

    @cached_property
    def _prompts(self) -> Patterns:
        """What is put into the prompt, though not what lies below it."""
        return Patterns(Pattern(parts_of(each)) for each in self.prompts.patterns)

    def _is_in_prompt(self, path: str) -> bool:
        return bool(self._prompts.naming(path.replace(os.sep, "/")))

    def _through_server(self, location: Location) -> Access:
        """The way through a server that holds what is there."""
        if location.source is Source.ENVIRONMENT:
            holding = location.path.removeprefix("env:") in self._taken
        elif location.path in self._given and location.source is not Source.HISTORY:
            holding = True
        else:
            holding = location.path in self._held and location.line in self._held[location.path]
        return self._access(Way.SERVER, inside=True) if holding else Access.NONE

    @cached_property
    def _with_rules(self) -> tuple[Applied, ...]:
        """The mechanisms that may cover a path."""
        return tuple(each for each in self.applied if each.rules or self.rules.is_anywhere(each.mechanism))

    def _covering_variable(self, name: str) -> Iterator[tuple[Applied, Rule]]:
        """The mechanisms that cover a variable, each with the first rule that does."""
        for applied in self.applied:
            rule = applied.rule_for_variable(name)
            if rule is not None:
                yield applied, rule

    def _covering(self, path: str) -> Iterator[tuple[Applied, Rule]]:
        """The mechanisms that cover a file, each with the first rule that does."""
        for applied in self._with_rules:
            rule = applied.rule_for(path, self.rules.beside(applied.mechanism, path))
            if rule is not None:
                yield applied, rule

    def _denial(self, applied: Applied, rule: Rule) -> Denial:
        mechanism = applied.mechanism
        return Denial(
            agent=self.agent.id,
            mechanism=mechanism.title,
            rule=shown(rule.text),
            strength=applied.strength,
            path=rule.path,
            line=rule.line,
            why=applied.why,
            instead=mechanism.instead,
            source=applied.source,
        )


def _ranked(ways: Iterable[Way]) -> tuple[Way, ...]:
    return tuple(sorted(ways, key=_RANKS.__getitem__))


def _openest(rules: list[WayRule]) -> tuple[Access, Access, str]:
    """The most open access of rules each of which may decide, and why."""
    inside = max((each.inside for each in rules), key=lambda each: _OPENNESS[each])
    outside = max((each.outside for each in rules), key=lambda each: _OPENNESS[each])
    return inside, outside, rules[0].because if len(rules) == 1 else _MOST_OPEN


def path_of(machine: Machine, location: Location) -> str:
    """The absolute path of the file that a place lies in; what lies in an archive is reached with that."""
    name = location.path
    if "!/" in name:
        ends = [at for at in range(len(name)) if name.startswith("!/", at)]
        files = (name[:at] for at in ends if _is_file(_whole(machine, location.source, name[:at])))
        name = next(files, name)
    return _whole(machine, location.source, name)


def _whole(machine: Machine, source: Source, name: str) -> str:
    # A folder may be called `~`.
    if source in _IN_THE_FOLDER:
        return f"{str(machine.project).rstrip(os.sep)}{os.sep}{name.replace('/', os.sep)}"
    return machine.absolute(name)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except ValueError:
        return False
