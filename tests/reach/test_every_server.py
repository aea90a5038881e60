"""Every tool server: configurations as its documentation writes them, and which of its limits count in each."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scopeaudit.catalogue.places import System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.server import KnownServer, Limit
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.model.context import Server
from scopeaudit.reach.agents.configured import configured_by
from scopeaudit.reach.agents.limits import is_set
from scopeaudit.reach.agents.servers import read_servers
from scopeaudit.reach.machine import Machine

FIXTURES = Path(__file__).parents[2] / "fixtures" / "servers"
KNOWN = load_surroundings(load_rules())
FILES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FIXTURES.glob("*.yaml"))}
CASES = [
    pytest.param(case, id=f"{file['server']}-{case['name']}")
    for file in FILES.values()
    for case in file["cases"]
]
SWITCHES_ON = ("arguments", "variables", "query", "headers", "paths", "always")
SWITCHES_OFF = ("unless_arguments", "unless_variables", "unless_query", "unless_headers", "unless_paths")
LIMITS = [
    pytest.param(server, limit, id=f"{server.id}-{limit.says}")
    for server in KNOWN.servers
    for limit in server.limits
]


def read(configuration: Mapping[str, Any], folder: Path, *known: KnownServer) -> Server:
    (folder / "project").mkdir(exist_ok=True)
    (folder / "project/.mcp.json").write_text(json.dumps({"mcpServers": {"tools": configuration}}, indent=2))
    agent = KNOWN.agent("claude-code")
    assert agent is not None
    machine = Machine(folder / "home", folder / "project", System.LINUX)
    [server] = read_servers(agent, machine, known or KNOWN.servers)
    assert isinstance(server, Server)
    return server


def configurations(server: KnownServer) -> list[Mapping[str, Any]]:
    return [case["configuration"] for case in FILES[server.id]["cases"] if case["known-as"] == server.id]


def without(limit: Limit, *fields: str) -> Limit:
    empty: dict[str, Any] = {field: False if field == "always" else () for field in fields}
    return dataclasses.replace(limit, **empty)


@pytest.mark.parametrize("case", CASES)
def test_a_configuration_is_read_as_documented(case: Mapping[str, Any], tmp_path: Path) -> None:
    server = read(case["configuration"], tmp_path)
    assert (server.known_as, sorted(server.limits)) == (case["known-as"], sorted(case["limits"]))


@pytest.mark.parametrize("server", KNOWN.servers, ids=lambda server: server.id)
def test_every_server_is_recognised_in_each_of_its_ways(server: KnownServer, tmp_path: Path) -> None:
    ways = [way for way in ("packages", "hosts") if getattr(server, way)]
    for way in ways:
        others: dict[str, Any] = {other: () for other in ways if other != way}
        only = dataclasses.replace(server, **others)
        assert server.id in {read(each, tmp_path, only).known_as for each in configurations(server)}, way


@pytest.mark.parametrize(("server", "limit"), LIMITS)
def test_every_limit_counts_in_one_configuration_and_not_in_another(
    server: KnownServer, limit: Limit
) -> None:
    found = {is_set(limit, configured_by(each)) for each in configurations(server)}
    cannot_be_off = limit.always and not any(getattr(limit, field) for field in SWITCHES_OFF)
    assert found == ({True} if cannot_be_off else {True, False})


@pytest.mark.parametrize(("server", "limit"), LIMITS)
def test_every_way_of_switching_a_limit_is_tried(server: KnownServer, limit: Limit) -> None:
    configured = [configured_by(each) for each in configurations(server)]
    for field in filter(lambda field: getattr(limit, field), SWITCHES_ON):
        alone = without(limit, *(other for other in SWITCHES_ON if other != field))
        assert any(is_set(alone, each) for each in configured), field
    for field in filter(lambda field: getattr(limit, field), SWITCHES_OFF):
        open_to = without(limit, field)
        assert any(is_set(open_to, each) and not is_set(limit, each) for each in configured), field


def test_every_file_of_cases_is_of_a_server() -> None:
    assert {name: file["server"] for name, file in FILES.items()} == {
        server.id: server.id for server in KNOWN.servers
    }
