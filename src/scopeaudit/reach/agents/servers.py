"""Tool servers (MCP) in the configuration of an agent. Nothing of what they name is started or called.

One reader serves every agent: the shapes differ in the names of their keys alone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from scopeaudit.catalogue.agent import Agent, ServersFile
from scopeaudit.catalogue.conditions import UndecidedError, value_of
from scopeaudit.catalogue.server import KnownServer
from scopeaudit.model.context import Server
from scopeaudit.model.gap import Gap
from scopeaudit.reach.agents.configured import Configured, configured_by
from scopeaudit.reach.agents.launched import is_known_as, runs, words_of
from scopeaudit.reach.agents.limits import is_set
from scopeaudit.reach.agents.named_files import NamedFiles
from scopeaudit.reach.agents.settings import paths_of, read_text
from scopeaudit.reach.agents.shown import shown
from scopeaudit.reach.agents.words import Words
from scopeaudit.reach.files import file_gap, reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError, tree

_LIMIT = 500
"""Servers of one file."""
_DEPTH = 6
_LOGIN = "a login of its own"


def read_servers(agent: Agent, machine: Machine, known: Iterable[KnownServer]) -> Iterator[Server | Gap]:
    """The servers an agent is configured with, in the order of its files."""
    files = NamedFiles(machine)
    for file in agent.servers:
        for path in paths_of(file, machine):
            name = machine.shown(path)
            try:
                text = read_text(path, machine)
                content = tree(text, file.format, typed=True) if text.strip() else None
                named = _named(value_of(_at(file, machine), content))
            except UnreadableError as error:
                yield file_gap(name, f"{error}; tool servers in it are not known")
                continue
            except UndecidedError:
                yield file_gap(name, "is not written as it is documented; tool servers in it are not known")
                continue
            except OSError as error:
                yield file_gap(name, reason(error))
                continue
            place = Place(path, name, Words(text))
            for server, settings in named[:_LIMIT]:
                yield _server(agent, place, server, settings, known, files)
            if len(named) > _LIMIT:
                yield file_gap(name, f"names {len(named):,} tool servers; {_LIMIT} of them were looked at")
            if place.words.is_exhausted:
                yield file_gap(name, "is too large to tell on which lines its tool servers hold what")
    yield from files.gaps


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration."""

    path: str
    name: str
    """As reports write it."""
    words: Words


def _at(file: ServersFile, machine: Machine) -> str:
    return file.at.replace("{project}", json.dumps(str(machine.project)))


def _named(found: Any) -> Sequence[tuple[str, Mapping[str, Any]]]:
    if isinstance(found, list):
        # Some write a list of servers that say their names.
        pairs = [
            (str(each.get("name", number)), each)
            for number, each in enumerate(found)
            if isinstance(each, dict)
        ]
    else:
        pairs = list(found.items()) if isinstance(found, Mapping) else []
    return [(str(name), each) for name, each in pairs if isinstance(each, Mapping)]


def _server(
    agent: Agent,
    place: Place,
    name: str,
    settings: Mapping[str, Any],
    known: Iterable[KnownServer],
    files: NamedFiles,
) -> Server:
    configured = _with_files(configured_by(settings), place, files)
    host = _host(configured.url)
    words = words_of(configured)
    match = next((each for each in known if is_known_as(each, words, host)), None)
    limits = match.limits if match and configured.is_whole else ()
    inherited = files.machine.variables if configured.command else {}
    limits = tuple(each for each in limits if is_set(each, configured, inherited))
    return Server(
        agent=agent.id,
        name=shown(name),
        path=place.name,
        line=place.words.line_of(name),
        runs=runs(configured.command),
        host=None if host is None else shown(host),
        enabled=configured.enabled,
        known_as=match.id if match else None,
        limits=tuple(dict.fromkeys(each.says for each in limits)),
        allows=tuple(each.allows for each in limits if each.allows),
        provider=match.provider if match else None,
        lines=frozenset(_lines(place.words, name, settings)),
        variables=configured.referred,
        files=frozenset(
            files.machine.shown(path)
            for path in files.paths((*configured.variable_files, *configured.value_files))
        ),
        held=_held(configured, is_remote=match is not None and host is not None),
    )


def _with_files(configured: Configured, place: Place, files: NamedFiles) -> Configured:
    """The same with the variables of the files it is started with; those written beside them are stronger."""
    if not configured.variable_files:
        return configured
    found = files.variables(configured.variable_files, place.path)
    if found is None:
        return replace(configured, is_whole=False)
    return replace(configured, variables={**found, **configured.variables})


def _held(configured: Configured, *, is_remote: bool) -> tuple[str, ...]:
    """What it uses and no file shows; a known remote server that is told no secret has a login."""
    told = (configured.headers, configured.referred, configured.held, configured.variable_files)
    if is_remote and not any(told) and "@" not in configured.url and "key=" not in configured.url.lower():
        return (_LOGIN,)
    return configured.held


def _lines(words: Words, name: str, settings: Any, depth: int = 0) -> Iterator[int]:
    """The lines on which the values of a server stand."""
    values = (
        settings.values() if isinstance(settings, Mapping) else settings if isinstance(settings, list) else ()
    )
    for value in values:
        if isinstance(value, str) and value:
            line = words.line_of(name, value)
            if line is not None:
                yield line
        elif depth < _DEPTH:
            yield from _lines(words, name, value, depth + 1)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
