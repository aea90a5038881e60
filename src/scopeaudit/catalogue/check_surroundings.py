"""What the types of agent, store and server files cannot say."""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scopeaudit.catalogue.agent import Agent
from scopeaudit.catalogue.conditions import problem_of
from scopeaudit.catalogue.places import Places, System
from scopeaudit.catalogue.provider import Provider
from scopeaudit.catalogue.server import KnownServer
from scopeaudit.catalogue.store import Store, StoreFile
from scopeaudit.catalogue.surroundings import Surroundings

_PATH = re.compile(
    r"(?:~|\{(?:project|config|data|cache|state|runtime|application-support|preferences|appdata|local-appdata"
    r"|program-data|program-files|code)\})(?:/[^/{}\\]+)*|/(?:[^/{}\\]+/)*[^/{}\\]+"
)
_URL = re.compile(r"https://[^\s/<>\"]+\.[^\s<>\"]+")
_URLS = frozenset({"source", "documentation"})


def surroundings_problems(known: Surroundings, providers: Mapping[str, Provider]) -> Iterator[str]:
    """Every problem as `path: field: what to do`, in file order."""
    agents = {each.id for each in known.agents}
    for agent in known.agents:
        yield from (f"rules/agents/{agent.id}.yaml: {each}" for each in agent_problems(agent))
    for server in known.servers:
        yield from (f"rules/servers/{server.id}.yaml: {each}" for each in server_problems(server, providers))
    for store in known.stores:
        problems = store_problems(store, providers, agents)
        yield from (f"rules/stores/{store.id}.yaml: {each}" for each in problems)


def agent_problems(agent: Agent) -> Iterator[str]:
    """What is wrong with an agent's file."""
    yield from _common_problems(agent)
    expressions = [
        *((f"settings.{each.id}", text) for each in agent.settings for text in (each.at, each.when)),
        *(("servers", each.at.replace("{project}", '"/project"')) for each in agent.servers),
        *((f"ways.{each.by}", each.when) for each in agent.ways),
        *(
            (f"mechanisms.{each.id}", text)
            for each in agent.mechanisms
            for text in (each.when, each.settings)
        ),
        *((f"mechanisms.{each.id}.excepted", each.excepted) for each in agent.mechanisms),
        *(("also-inside", text) for text in agent.also_inside),
        *(("prompt-moved", each.setting) for each in agent.prompt_moved),
        *((f"mechanisms.{each.id}.void", void.when) for each in agent.mechanisms for void in each.void),
    ]
    for where, text in expressions:
        if text is not None and (problem := problem_of(text)):
            yield f"{where}: {text!r} {problem}"
    files = [(each.paths, each.moved) for each in agent.settings]
    files += [(each.paths, each.moved) for each in agent.servers]
    if any(not _templates(paths) and not moved for paths, moved in files):
        yield "paths: a file of settings or servers has neither paths nor moved"
    for way in {rule.by for rule in agent.ways}:
        if [rule.when for rule in agent.ways if rule.by is way][-1] is not None:
            yield f"ways.{way}: the last rule has a condition: add one without, for what is left"
    for mechanism in agent.mechanisms:
        if mechanism.settings is None and not mechanism.always and not _templates(mechanism.files):
            yield f"mechanisms.{mechanism.id}: has no rules: give settings, files or always"
    yield from (f"prompt: {each!r} is no path" for each in agent.prompt if not _PATH.fullmatch(each))
    yield from _prompt_problems(agent)
    if (agent.fence is None) == (agent.no_fence is None):
        yield "fence: give either fence or no-fence"
    if agent.fence is not None:
        yield from _json_problems(agent)


def _prompt_problems(agent: Agent) -> Iterator[str]:
    for each in agent.prompt_moved:
        if (each.variable is None) == (each.setting is None):
            yield "prompt-moved: give either variable or setting"
        for path in each.paths:
            if "{value}" not in path or not _PATH.fullmatch(
                path.replace("{value}", "~" if path.startswith("{value}") else "x")
            ):
                yield f"prompt-moved: {path!r} is no path with a value"
        for path in each.instead_of:
            if path not in agent.prompt:
                yield f"prompt-moved: {path!r} is not one of prompt"


def _json_problems(agent: Agent) -> Iterator[str]:
    assert agent.fence is not None  # noqa: S101
    values = [*(each.value for each in agent.fence.set), *(each.value for each in agent.fence.add)]
    for value in values:
        try:
            if value is not None:
                json.loads(value)
        except ValueError:
            yield f"fence: {value!r} is not JSON: quote a text twice"


def store_problems(store: Store, providers: Mapping[str, Provider], agents: Iterable[str]) -> Iterator[str]:
    """What is wrong with a store's file."""
    yield from _common_problems(store)
    if store.agent is not None and store.agent not in agents:
        yield f"agent: there is no rules/agents/{store.agent}.yaml"
    for number, file in enumerate(store.files):
        yield from (f"files[{number}]: {each}" for each in _file_problems(file, providers))


def _file_problems(file: StoreFile, providers: Mapping[str, Provider]) -> Iterator[str]:
    if not _templates(file.paths) and not file.moved:
        yield "paths: is missing"
    if file.entries and not file.examples:
        yield "examples: is missing: give a file in which every value is found"
    if file.opens is not None and file.entries:
        yield "opens: a file that is not opened has no entries"
    for entry in file.entries:
        for value in entry.values:
            if value.provider is None:
                continue
            provider = providers.get(value.provider)
            if provider is None:
                yield f"entries.{value.name}.provider: there is no provider {value.provider}"
            elif value.kind is None or provider.kind(value.kind) is None:
                yield f"entries.{value.name}.kind: {value.provider} has no kind {value.kind}"


def server_problems(server: KnownServer, providers: Mapping[str, Provider]) -> Iterator[str]:
    """What is wrong with a server's file."""
    yield from _common_problems(server)
    if server.provider is not None and server.provider not in providers:
        yield f"provider: there is no provider {server.provider}"
    if not server.packages and not server.hosts:
        yield "packages: give packages or hosts by which it is known"
    for number, limit in enumerate(server.limits):
        settings = (limit.arguments, limit.variables, limit.query, limit.headers, limit.paths)
        if not limit.always and not any(settings):
            yield f"limits[{number}]: says of no setting that it is one"


def _common_problems(value: Any, where: str = "") -> Iterator[str]:
    """Paths and URLs anywhere in a file."""
    if isinstance(value, Places):
        for template in _templates(value):
            if not _PATH.fullmatch(template.replace("**/", "")):
                yield f"{where}: {template!r} begins with none of the known folders, or is no plain path"
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            name = f"{where}.{field.name}" if where else field.name
            if field.name in _URLS and isinstance(inner, str) and not _URL.fullmatch(inner):
                yield f"{name}: {inner!r} is no https address"
            yield from _common_problems(inner, name)
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _common_problems(each, f"{where}[{number}]")


def _templates(places: Places) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for system in System for each in places.on(system)))
