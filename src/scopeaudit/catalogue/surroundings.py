"""What is known of agents, stores and tool servers: read once, typed, and kept compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scopeaudit.catalogue.agent import Agent
from scopeaudit.catalogue.compiled import fingerprint_of, kept, text_of
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.rules import Rules
from scopeaudit.catalogue.server import KnownServer
from scopeaudit.catalogue.store import Store
from scopeaudit.model.errors import InvalidFileError

ROOMS: Mapping[str, Any] = {"agents": Agent, "servers": KnownServer, "stores": Store}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Agents, stores and servers, each sorted by id."""

    agents: tuple[Agent, ...]
    servers: tuple[KnownServer, ...]
    stores: tuple[Store, ...]

    def agent(self, agent_id: str) -> Agent | None:
        """The agent of that id, if there is a file for it."""
        return next((each for each in self.agents if each.id == agent_id), None)


def load_surroundings(rules: Rules) -> Surroundings:
    """The agents, stores and servers of the rules directory.

    Raises:
        InvalidFileError: with every problem of every file.
    """
    name = f"surroundings-{fingerprint_of(rules.directory, tuple(ROOMS))}.msgpack"
    return kept(rules.cache, name, Surroundings, lambda: _compile(rules.directory))


def _compile(root: Path) -> Surroundings:
    problems: list[str] = []
    found: dict[str, list[Any]] = {room: [] for room in ROOMS}
    for room, kind in ROOMS.items():
        for path in sorted((root / room).glob("*.yaml")):
            name = f"{room}/{path.name}"
            try:
                value = decode(text_of(path.read_bytes(), name), f"rules/{name}", kind)
            except InvalidFileError as error:
                problems.extend(error.problems)
                continue
            if value.id != path.stem:
                problems.append(f"rules/{name}:1: id: is {value.id!r}, but the file's name says otherwise")
            found[room].append(value)
    if problems:
        raise InvalidFileError(tuple(problems))
    return Surroundings(**{room: tuple(values) for room, values in found.items()})
