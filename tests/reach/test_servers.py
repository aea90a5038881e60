"""Tool servers in configurations: what they run, what they hold, what they hold back. None is ever started."""

import json
from pathlib import Path
from typing import Any

import pytest

from scopeaudit.catalogue.places import System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.server import Limit
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.context import Server
from scopeaudit.reach.agents.servers import configured_by, is_set, read_servers, references
from scopeaudit.reach.machine import Machine

KNOWN = load_surroundings(load_rules())


def servers_in(folder: Path, content: Any, agent_id: str = "claude-code") -> list[Server]:
    (folder / "project").mkdir()
    text = content if isinstance(content, str) else json.dumps({"mcpServers": content}, indent=2)
    (folder / "project/.mcp.json").write_text(text)
    agent = KNOWN.agent(agent_id)
    assert agent is not None
    machine = Machine(folder / "home", folder / "project", System.LINUX)
    return [each for each in read_servers(agent, machine, KNOWN.servers) if isinstance(each, Server)]


def test_a_server_is_told_by_what_it_runs_and_never_by_its_secrets(tmp_path: Path) -> None:
    token = expand("sbp_<hex:40>")
    [server] = servers_in(
        tmp_path,
        {
            "tickets": {
                "command": "npx",
                "args": [
                    "-y",
                    "@supabase/mcp-server-supabase@latest",
                    "--read-only",
                    f"--access-token={token}",
                ],
            }
        },
    )
    assert server.runs == "npx @supabase/mcp-server-supabase@latest"
    assert (server.known_as, server.provider, server.enabled) == ("supabase", "supabase", True)
    assert server.limits
    assert token not in repr(server)
    lines = (tmp_path / "project/.mcp.json").read_text().splitlines()
    assert next(number for number, line in enumerate(lines, 1) if token in line) in server.lines


@pytest.mark.parametrize(
    "command",
    [
        ["python3", "/srv/server.py", "<token>"],
        ["node", "<token>"],
        ["/opt/run <token>"],
        ["docker", "run", "-e", "TOKEN=<token>", "<token>"],
        ["uvx", "--from", "<token>", "<token>"],
    ],
)
def test_an_argument_that_may_be_a_secret_is_never_shown(command: list[str], tmp_path: Path) -> None:
    token = expand("ghp_<alnum:30><crc32>")
    words = [each.replace("<token>", token) for each in command]
    [server] = servers_in(tmp_path, {"x": {"command": words[0], "args": words[1:]}})
    assert token not in repr(server)


@pytest.mark.parametrize(
    ("settings", "referred"),
    [
        ({"env": {"A": "${TOKEN}"}}, {"TOKEN"}),
        ({"env": {"A": "${TOKEN:-literal}"}}, {"TOKEN"}),
        ({"headers": {"Authorization": "Bearer ${env:TOKEN}"}}, {"TOKEN"}),
        ({"environment": {"A": "{env:TOKEN}"}}, {"TOKEN"}),
        ({"url": "https://x.example/?key=$TOKEN"}, {"TOKEN"}),
        ({"bearer_token_env_var": "TOKEN"}, {"TOKEN"}),
        ({"env_vars": ["ONE", "TWO"]}, {"ONE", "TWO"}),
        ({"env_http_headers": {"X-Key": "TOKEN"}}, {"TOKEN"}),
        ({"env_keys": ["TOKEN"]}, {"TOKEN"}),
        ({"command": ["server", "--key", "$TOKEN"]}, {"TOKEN"}),
        ({"transport": {"url": "https://x.example/${TOKEN}"}}, {"TOKEN"}),
        ({"requestOptions": {"headers": {"X": "${TOKEN}"}}}, {"TOKEN"}),
        ({"env": {"A": "no reference"}}, set()),
    ],
)
def test_every_way_of_naming_a_variable_is_understood(settings: dict[str, Any], referred: set[str]) -> None:
    assert configured_by(settings).referred == referred


def test_references_of_hostile_text_are_bounded() -> None:
    assert list(references("${" * 50_000)) == []


@pytest.mark.parametrize(
    "value", [None, 3, [], "text", {"x": 1}, {"x": {"command": {"y": 1}, "args": {"z": 2}}}]
)
def test_configurations_of_another_shape_name_no_server_that_runs(value: Any, tmp_path: Path) -> None:
    assert [server.runs for server in servers_in(tmp_path, value)] in ([], [None])


def test_a_file_that_is_not_json_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/.mcp.json").write_text("{not json")
    agent = KNOWN.agent("claude-code")
    assert agent is not None
    machine = Machine(tmp_path / "home", tmp_path / "project", System.LINUX)
    [gap] = read_servers(agent, machine, KNOWN.servers)
    assert (gap.what, "not valid JSON" in gap.why) == (".mcp.json", True)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "outside.json").write_text('{"mcpServers": {"x": {"command": "x"}}}')
    (tmp_path / "project/.mcp.json").symlink_to(tmp_path / "outside.json")
    agent = KNOWN.agent("claude-code")
    assert agent is not None
    machine = Machine(tmp_path / "home", tmp_path / "project", System.LINUX)
    assert not [each for each in read_servers(agent, machine, ()) if isinstance(each, Server)]


def test_a_server_that_is_switched_off_says_so(tmp_path: Path) -> None:
    off, on = servers_in(tmp_path, {"off": {"command": "x", "disabled": True}, "on": {"command": "x"}})
    assert (off.enabled, on.enabled) == (False, True)


def test_an_address_that_a_program_is_told_is_the_servers(tmp_path: Path) -> None:
    [server] = servers_in(
        tmp_path,
        {"x": {"command": "npx", "args": ["mcp-remote", "https://mcp.supabase.com/mcp?read_only=true"]}},
    )
    assert (server.host, server.known_as, bool(server.limits)) == ("mcp.supabase.com", "supabase", True)


def test_a_command_written_as_a_mapping_is_read() -> None:
    settings = {"command": {"path": "/bin/x", "args": ["--read-only"], "env": {"A": "$B"}}}
    configured = configured_by(settings)
    assert (configured.command, configured.referred) == (("/bin/x", "--read-only"), {"B"})


@pytest.mark.parametrize(
    ("limit", "configuration", "holds"),
    [
        ({"arguments": ("--read-only",)}, {"command": "x", "args": ["--read-only"]}, True),
        ({"arguments": ("--mode=ro",)}, {"command": "x", "args": ["--mode", "ro"]}, True),
        ({"arguments": ("--read-only",)}, {"command": "x", "args": ["--read-write"]}, False),
        ({"variables": ("RO=1",)}, {"command": "x", "env": {"RO": "1"}}, True),
        ({"variables": ("RO=1",)}, {"command": "docker", "args": ["run", "-e", "RO=1", "image"]}, True),
        ({"query": ("read_only=true",)}, {"url": "https://x.example/?read_only=true"}, True),
        (
            {"headers": ("X-Readonly=true",)},
            {"url": "https://x.example", "headers": {"x-readonly": "True"}},
            True,
        ),
        ({"paths": ("*/readonly",)}, {"url": "https://x.example/mcp/readonly/"}, True),
        ({"always": True}, {"command": "x"}, True),
        ({"always": True, "unless_arguments": ("--write",)}, {"command": "x", "args": ["--write"]}, False),
        ({"always": True, "unless_variables": ("RW=*",)}, {"command": "x", "env": {"RW": "yes"}}, False),
    ],
)
def test_a_limit_counts_where_its_setting_is(limit: dict, configuration: dict, holds: bool) -> None:
    known = Limit(says="only reading", source="https://x.example", **limit)
    assert is_set(known, configured_by(configuration)) is holds
