"""The settings of an agent as it would read them: its files in their order, and what they say together."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scopeaudit.catalogue.agent import Agent, Lists, ServersFile, SettingsFile
from scopeaudit.catalogue.conditions import UndecidedError, Variable, is_true, value_of
from scopeaudit.model.gap import Gap
from scopeaudit.reach.agents.words import Words
from scopeaudit.reach.files import file_gap, reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError, refuse_size, tree

FILE_LIMIT_BYTES = 8 << 20
_NODES_LIMIT = 50_000
"""Of one settings file: every expression may walk through all of it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One settings file that is there."""

    id: str
    path: str
    name: str
    """As reports write it."""
    content: Any
    """The part that holds the settings."""
    words: Words = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an agent's settings say. Expressions are evaluated over `scope`."""

    layers: tuple[Layer, ...]
    """The weakest first."""
    scope: Mapping[str, Any]
    gaps: tuple[Gap, ...] = ()
    """What could not be read. It may say anything, and take back what the layers say."""
    _values: dict[str, Any] = field(default_factory=dict)

    def value(self, expression: str) -> Any:
        """What an expression gives.

        Raises:
            UndecidedError: if the settings are written in another way than it expects.
        """
        if expression not in self._values:
            try:
                self._values[expression] = value_of(expression, self.scope)
            except UndecidedError:
                self._values[expression] = UndecidedError
        found = self._values[expression]
        if found is UndecidedError:
            raise UndecidedError
        return found

    def holds(self, expression: str | None) -> bool | None:
        """Whether a condition is true, as far as that can be told; one that is missing is."""
        try:
            return expression is None or is_true(self.value(expression))
        except UndecidedError:
            return None

    def place_of(self, *words: str) -> tuple[str, int | None]:
        """The file and line of words that some layer holds, the strongest first; empty where none does."""
        for layer in reversed(self.layers):
            line = layer.words.line_of(*words)
            if line is not None:
                return layer.name, line
        return "", None


def paths_of(file: SettingsFile | ServersFile, machine: Machine) -> Iterable[str]:
    """Where the agent looks for a file: where a variable says, else at its usual places."""
    moved = (machine.given(each.variable, each.path, separated=each.separated) for each in file.moved)
    given = next((paths for paths in moved if paths is not None), None)
    return machine.paths(file.paths) if given is None else given


def read_settings(
    agent: Agent,
    machine: Machine,
    ignoring: frozenset[str] = frozenset(),
    *,
    with_folder: bool = True,
) -> Settings:
    """The settings of an agent, with those of the scanned folder or as if it had none.

    `ignoring` are ids of mechanisms whose files are there.
    """
    layers: list[Layer] = []
    gaps: list[Gap] = []
    scope: dict[str, Any] = {
        "settings": {},
        "scopes": {},
        "files": dict.fromkeys(sorted(ignoring), True),
        "platform": machine.system.value,
        "env": {name: Variable(value) for name, value in machine.variables.items()},
        "project": str(machine.project),
    }
    for file in agent.settings:
        for path in paths_of(file, machine):
            if not with_folder and machine.inside(path) is not None:
                continue
            layer = _layer(machine, path, file, scope)
            if isinstance(layer, Gap):
                gaps.append(layer)
            elif layer is not None:
                layers.append(layer)
                scope["scopes"][file.id] = layer.content
                scope["settings"] = merged(scope["settings"], layer.content, agent.lists)
    return Settings(tuple(layers), scope, tuple(gaps))


def _layer(machine: Machine, path: str, file: SettingsFile, scope: Mapping[str, Any]) -> Layer | Gap | None:
    """A settings file; nothing if it does not count, or holds no settings."""
    name = machine.shown(path)
    try:
        text = read_text(path, machine)
        if not text.strip():
            return None
        content = tree(text, file.format, typed=True)
        content = content if file.at is None else value_of(file.at, content)
        refuse_size(content, _NODES_LIMIT)
        if file.when is not None and not is_true(value_of(file.when, scope)):
            return None
    except UnreadableError as error:
        return file_gap(name, f"{error}; {_UNKNOWN}")
    except UndecidedError:
        return file_gap(name, f"is not written as it is documented; {_UNKNOWN}")
    except OSError as error:
        return file_gap(name, f"{reason(error)}; {_UNKNOWN}")
    if content is None or content == "":
        return None
    if not isinstance(content, Mapping):
        return file_gap(name, f"is not a mapping of settings; {_UNKNOWN}")
    return Layer(file.id, path, name, _without_nothing(content), Words(text))


_UNKNOWN = "what the agent's settings keep from it is not known, and counts as open"


def _without_nothing(content: Any) -> Any:
    """The content without what is null in lists: an expression cannot tell it from what is not there."""
    if isinstance(content, dict):
        return {name: _without_nothing(each) for name, each in content.items()}
    if isinstance(content, list):
        return [_without_nothing(each) for each in content if each is not None]
    return content


def read_text(path: str, machine: Machine) -> str:
    """The text of a regular file; in the scanned folder no link out of it is followed.

    Raises:
        OSError: if it cannot be read.
        UnreadableError: if it is no regular file, or too large.
    """
    inside = machine.inside(path) is not None
    if inside and _leaves(path, machine):
        raise UnreadableError(
            "is a link, or lies behind a link, out of the scanned folder; it was not followed"
        )
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
    )
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("is not a regular file")
        if status.st_size > FILE_LIMIT_BYTES:
            raise UnreadableError(f"is larger than {FILE_LIMIT_BYTES >> 20} MiB")
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            return stream.read(FILE_LIMIT_BYTES).decode("utf-8-sig", "replace")
    finally:
        os.close(descriptor)


def _leaves(path: str, machine: Machine) -> bool:
    project = os.path.realpath(machine.project)
    return not Path(os.path.realpath(path)).is_relative_to(project)


def merged(weak: Any, strong: Any, lists: Lists) -> Any:
    """Two layers as one: mappings key by key, lists joined or replaced, anything else the stronger."""
    if isinstance(weak, Mapping) and isinstance(strong, Mapping):
        keys = dict.fromkeys((*weak, *strong))
        return {
            key: merged(weak[key], strong[key], lists)
            if key in weak and key in strong
            else strong.get(key, weak.get(key))
            for key in keys
        }
    if lists is Lists.JOINED and isinstance(weak, list) and isinstance(strong, list):
        known = {repr(each) for each in weak}
        return [*weak, *(each for each in strong if repr(each) not in known)]
    return strong


def rules_of(value: Any) -> Iterator[str]:
    """The rules that an expression gives: strings of a list, keys of a mapping, or one string."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (str(key) for key in value)
    elif isinstance(value, list):
        for each in value:
            yield from rules_of(each)
