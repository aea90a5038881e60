"""Tool servers (MCP) in the configuration of an agent. Nothing of what they name is started or called.

One reader serves every agent: the shapes differ in the names of their keys alone.
"""

import fnmatch
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scopeaudit.catalogue.agent import Agent, ServersFile
from scopeaudit.catalogue.conditions import UndecidedError, value_of
from scopeaudit.catalogue.server import KnownServer, Limit
from scopeaudit.model.context import Server
from scopeaudit.model.gap import Gap
from scopeaudit.reach.agents.settings import paths_of, read_text
from scopeaudit.reach.agents.shown import is_random, shown
from scopeaudit.reach.agents.words import Words
from scopeaudit.reach.files import file_gap, reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError, tree

_LIMIT = 500
"""Servers of one file."""
_WORDS_LIMIT = 500
"""Arguments and variables of a server that are looked at."""
_DEPTH = 6
_REFERENCE = re.compile(
    r"\$\{(?:env:)?(?P<braced>[A-Za-z_]\w*)[^}]*\}|\$(?P<plain>[A-Za-z_]\w*)|\{env:(?P<open>[A-Za-z_]\w*)\}"
)
_VERSION = re.compile(r"(?<=[^@/])[@:][^/@:]*\Z")
_LAUNCHERS = frozenset(
    {
        "npx",
        "uvx",
        "bunx",
        "pnpm",
        "yarn",
        "npm",
        "node",
        "python",
        "python3",
        "docker",
        "podman",
        "uv",
        "pipx",
        "deno",
        "bun",
        "cmd",
        "sh",
        "bash",
        "env",
    }
)


_SUBCOMMANDS = frozenset({"run", "exec", "dlx", "x", "tool", "/c"})
_WITH_VALUE = frozenset(
    {"-e", "--env", "--env-file", "-v", "--volume", "--mount", "--name", "--network", "-p"}
)
_PACKAGE = re.compile(r"@?[a-z0-9][\w.-]{0,80}(?:/[\w.-]{1,80}){0,3}(?:[@:][\w.-]{1,30})?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
"""Of a variable."""


@dataclass(frozen=True, slots=True)
class Configured:
    """One server as its configuration describes it, whatever its keys are called."""

    command: tuple[str, ...]
    """Program and arguments."""
    variables: Mapping[str, str]
    url: str
    headers: Mapping[str, str]
    referred: frozenset[str]
    """Variables of the agent's environment it takes values from."""
    enabled: bool
    is_whole: bool = True
    """Whether all of it was looked at."""


def read_servers(agent: Agent, machine: Machine, known: Iterable[KnownServer]) -> Iterator[Server | Gap]:
    """The servers an agent is configured with, in the order of its files."""
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
            place = Place(name, Words(text))
            for server, settings in named[:_LIMIT]:
                yield _server(agent, place, server, settings, known)
            if len(named) > _LIMIT:
                yield file_gap(name, f"names {len(named):,} tool servers; {_LIMIT} of them were looked at")
            if place.words.is_exhausted:
                yield file_gap(name, "is too large to tell on which lines its tool servers hold what")


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration."""

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
    agent: Agent, place: Place, name: str, settings: Mapping[str, Any], known: Iterable[KnownServer]
) -> Server:
    configured = configured_by(settings)
    host = _host(configured.url)
    words = _words_of(configured)
    match = next((each for each in known if _is(each, words, host)), None)
    limits = match.limits if match and configured.is_whole else ()
    limits = tuple(each for each in limits if is_set(each, configured))
    return Server(
        agent=agent.id,
        name=shown(name),
        path=place.name,
        line=place.words.line_of(name),
        runs=_runs(configured.command),
        host=None if host is None else shown(host),
        enabled=configured.enabled,
        known_as=match.id if match else None,
        limits=tuple(dict.fromkeys(each.says for each in limits)),
        allows=tuple(each.allows for each in limits if each.allows),
        provider=match.provider if match else None,
        lines=frozenset(_lines(place.words, name, settings)),
        variables=configured.referred,
    )


def configured_by(settings: Mapping[str, Any]) -> Configured:
    """What the configuration of a server says."""
    transport = settings.get("transport")
    layers = [settings, transport if isinstance(transport, Mapping) else {}]
    if isinstance(settings.get("command"), Mapping):
        # Zed once wrote `command: {path, args, env}`.
        layers = [{"command": settings["command"].get("path")}, settings["command"], *layers[1:]]
    request = settings.get("requestOptions")
    command = [*_texts(_first(layers, "command", "cmd")), *_texts(_first(layers, "args"))]
    variables = _mapping(_first(layers, "env", "envs", "environment"))
    headers = _mapping(
        _first([*layers, request if isinstance(request, Mapping) else {}], "headers", "http_headers")
    )
    urls = _texts(_first(layers, "url", "httpUrl", "serverUrl", "uri", "endpoint"))
    # A program that only passes on (`mcp-remote https://...`) is told the address.
    urls += [each for each in command[1:] if each.startswith(("https://", "http://"))]
    url = next(iter(urls), "")
    named = [
        *_texts(settings.get("env_vars")),
        *_texts(settings.get("env_keys")),
        *_texts(settings.get("bearer_token_env_var")),
        *_mapping(settings.get("env_http_headers")).values(),
    ]
    written = (*command, *variables.values(), *headers.values(), url)
    referred = {name for each in written for name in references(each)}
    # A token often stands where its variable's name belongs.
    names = frozenset(each for each in (*referred, *named) if _NAME.fullmatch(each) and not is_random(each))
    enabled = settings.get("enabled") is not False and settings.get("disabled") is not True
    is_whole = (
        len(command) <= _WORDS_LIMIT and len(variables) <= _WORDS_LIMIT and len(headers) <= _WORDS_LIMIT
    )
    return Configured(tuple(command[:_WORDS_LIMIT]), variables, url, headers, names, enabled, is_whole)


def references(text: str) -> Iterator[str]:
    """Names of the variables a text refers to."""
    for match in _REFERENCE.finditer(text):
        yield match["braced"] or match["plain"] or match["open"]


def _first(layers: Iterable[Mapping[str, Any]], *keys: str) -> Any:
    return next((layer[key] for layer in layers for key in keys if layer.get(key) is not None), None)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value if isinstance(each, (str, int))] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): str(each) for name, each in value.items() if isinstance(each, (str, int, float, bool))}


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


def _runs(command: tuple[str, ...]) -> str | None:
    """Program and package alone: other arguments may hold secrets."""
    if not command:
        return None
    program = _base(command[0])
    package = _package(command[1:]) if program in _LAUNCHERS else None
    return shown(f"{program} {package}" if package else program)


def _package(arguments: tuple[str, ...]) -> str | None:
    """The first argument that is no option, nor an option's value, if it is written as packages are."""
    skip = False
    for argument in arguments:
        if skip or argument in _SUBCOMMANDS or argument.startswith("-"):
            skip = not skip and argument in _WITH_VALUE
            continue
        return argument if _PACKAGE.fullmatch(argument) and not is_random(argument) else None
    return None


def _base(program: str) -> str:
    """The program's name alone: some write arguments behind it."""
    words = re.split(r"[\\/]", program)[-1].split()
    return words[0][:80] if words else ""


def _words_of(configured: Configured) -> frozenset[str]:
    """What a server may be known by: its arguments without versions, and their last names."""
    words = {_VERSION.sub("", each) for each in configured.command}
    return frozenset(words | {_base(each) for each in words})


def _is(known: KnownServer, words: frozenset[str], host: str | None) -> bool:
    exact, others = _patterns(known.packages)
    return (
        not words.isdisjoint(exact)
        or any(fnmatch.fnmatchcase(word, each) for each in others for word in words)
        or (host is not None and any(fnmatch.fnmatchcase(host, each) for each in known.hosts))
    )


@lru_cache(maxsize=1024)
def _patterns(written: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Those that mean themselves, and those with wildcards."""
    others = tuple(each for each in written if re.search(r"[*?\[]", each))
    return frozenset(written) - set(others), others


def is_set(limit: Limit, configured: Configured) -> bool:
    """Whether a server's configuration has the setting."""
    command = configured.command
    arguments = {*command, *(f"{one}={two}" for one, two in pairwise(command))}
    try:
        url = urlsplit(configured.url)
        query = {f"{name}={value}" for name, value in parse_qsl(url.query, keep_blank_values=True)}
        paths = {url.path.rstrip("/")}
    except ValueError:
        query, paths = set(), set()
    # Containers take their variables as arguments: `-e NAME=value`.
    variables = {*(f"{name}={value}" for name, value in configured.variables.items()), *command}
    headers = {f"{name.lower()}={value.lower()}" for name, value in configured.headers.items()}
    if _any(limit.unless_arguments, arguments) or _any(limit.unless_variables, variables):
        return False
    return (
        limit.always
        or _any(limit.arguments, arguments)
        or _any(limit.variables, variables)
        or _any(limit.query, query)
        or _any((each.lower() for each in limit.headers), headers)
        or _any(limit.paths, paths)
    )


def _any(patterns: Iterable[str], given: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(each, pattern) for pattern in patterns for each in given)
