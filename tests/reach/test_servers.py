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
from scopeaudit.model.context import Server, Way
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.agents.configured import configured_by, references
from scopeaudit.reach.agents.limits import is_set
from scopeaudit.reach.agents.servers import read_servers
from scopeaudit.reach.context import Outlook
from scopeaudit.reach.machine import Machine
from tests.pace import within

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
        ({"env": {"A": "${input:token}"}}, set()),
        ({"env": {"A": "${config:editor.x}", "B": "${command:pick}"}}, set()),
        ({"args": ["${workspaceFolder}/x", "${userHome}"], "command": "x"}, set()),
        ({"env": {"A": "${env:TOKEN:-x}", "B": "${OTHER:=y}"}}, {"TOKEN", "OTHER"}),
        ({"env": {"A": "${ONE:-${TWO}}"}}, {"ONE", "TWO"}),
        ({"env_vars": [{"name": "TOKEN", "source": "remote"}, "ONE"]}, {"TOKEN", "ONE"}),
        (
            {"command": "npx", "args": ["mcp-remote", "--header", "X: ${AUTH}"], "env": {"AUTH": "${T}"}},
            {"T"},
        ),
        ({"command": "docker", "args": ["run", "-e", "TOKEN", "--env=OTHER", "image"]}, {"TOKEN", "OTHER"}),
        ({"command": "docker", "args": ["run", "-e", "TOKEN", "image"], "env": {"TOKEN": "x"}}, set()),
        ({"command": "server", "args": ["-e", "TOKEN"]}, set()),
        ({"command": "bash", "args": ["-lc", "TOKEN=$SECRET npx server"]}, {"SECRET"}),
        ({"headers": ["Authorization: Bearer $TOKEN"]}, {"TOKEN"}),
        ({"url": "https://x.example", "apiKey": "${env:TOKEN}"}, {"TOKEN"}),
        ({"url": "https://x.example", "apiKey": "${{ secrets.TOKEN }}"}, {"TOKEN"}),
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
        ({"always": True, "unless_headers": ("X-All=*",)}, {"url": "x", "headers": {"x-all": "1"}}, False),
        ({"always": True, "unless_query": ("all=*",)}, {"url": "https://x.example/?all=1"}, False),
        ({"always": True, "unless_paths": ("/all",)}, {"url": "https://x.example/all/"}, False),
    ],
)
def test_a_limit_counts_where_its_setting_is(limit: dict, configuration: dict, holds: bool) -> None:
    known = Limit(says="only reading", source="https://x.example", **limit)
    assert is_set(known, configured_by(configuration)) is holds


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        ({"command": "x", "envFile": "${workspaceFolder}/.env"}, (["${workspaceFolder}/.env"], [])),
        ({"command": "docker", "args": ["run", "--env-file", "a.env", "image"]}, (["a.env"], [])),
        ({"command": "uv", "args": ["run", "--env-file=a.env", "x"]}, (["a.env"], [])),
        ({"command": "node", "args": ["--env-file-if-exists=a.env", "x.js"]}, (["a.env"], [])),
        ({"command": "npx", "args": ["envmcp", "-e", "a.env", "server"]}, (["a.env"], [])),
        (
            {"command": "npx", "args": ["envmcp", "server"]},
            (["${workspaceFolder}/.env.mcp", "~/.env.mcp"], []),
        ),
        ({"command": "dotenv", "args": ["-f", "a.env", "run", "x"]}, (["a.env"], [])),
        ({"command": "server", "args": ["-e", "a.env", "-f", "b"]}, ([], [])),
        ({"headers": {"Authorization": "Bearer {file:~/.token}"}}, ([], ["~/.token"])),
        ({"env": {"A": "${file:/run/token}"}}, ([], ["/run/token"])),
        (
            {"command": "npx", "args": ["mcp-remote", "--static-oauth-client-info", "@/a/client.json"]},
            ([], ["/a/client.json"]),
        ),
        (
            {"env": {"A": "${{ secrets.TOKEN }}"}},
            ([], ["~/.continue/.env", "${workspaceFolder}/.continue/.env", "${workspaceFolder}/.env"]),
        ),
    ],
)
def test_every_way_of_naming_a_file_is_understood(
    settings: dict[str, Any], files: tuple[list[str], list[str]]
) -> None:
    configured = configured_by(settings)
    assert (list(configured.variable_files), list(configured.value_files)) == files


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({"args": ["--header", "X-Key: a:b"], "command": "mcp-remote"}, {"X-Key": "a:b"}),
        ({"args": ["--header=X-Key:a"], "command": "mcp-remote"}, {"X-Key": "a"}),
        ({"args": ["-H", "X-Key", "a"], "command": "mcp-proxy"}, {"X-Key": "a"}),
        ({"headers": {"X-Key": "a"}}, {"X-Key": "a"}),
        ({"headers": ["X-Key: a", 3, "none"]}, {"X-Key": "a"}),
        ({"args": ["--header"], "command": "mcp-remote"}, {}),
    ],
)
def test_every_way_of_telling_headers_is_understood(settings: dict[str, Any], headers: object) -> None:
    assert configured_by(settings).headers == headers


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        ({"env": {"A": "${input:token}"}}, "a value that the editor asks for and keeps"),
        ({"url": "https://x.example", "headersHelper": "/bin/give"}, "headers that a program gives"),
        ({"command": "op", "args": ["run", "--", "npx", "x"]}, "what 1Password keeps"),
        ({"command": "x", "env": {"A": "op://vault/item/field"}}, "what 1Password keeps"),
        ({"command": "doppler", "args": ["run", "--", "x"]}, "what Doppler keeps"),
        ({"url": "https://x.example", "oauth": {"clientId": "x"}}, "a login of its own"),
        ({"command": "x", "env": {"A": "plain"}}, None),
        ({"command": "x", "args": ["op", "--help"]}, None),
    ],
)
def test_what_a_server_uses_and_no_file_shows_is_told(settings: dict[str, Any], held: str | None) -> None:
    assert configured_by(settings).held == (() if held is None else (held,))


def test_a_known_remote_server_that_is_told_no_secret_has_a_login(tmp_path: Path) -> None:
    bare, told = servers_in(
        tmp_path,
        {
            "bare": {"url": "https://mcp.supabase.com/mcp"},
            "told": {"url": "https://mcp.supabase.com/mcp", "headers": {"Authorization": "Bearer ${T}"}},
        },
    )
    assert (bare.held, told.held) == (("a login of its own",), ())


def found_in(
    folder: Path, content: Any, variables: str, **environment: str
) -> tuple[list[Server], list[Gap]]:
    """The servers of a user whose configuration names `~/tools.env`, and the gaps."""
    for name in ("home/.cursor", "project"):
        (folder / name).mkdir(parents=True)
    (folder / "home/.cursor/mcp.json").write_text(json.dumps({"mcpServers": content}))
    (folder / "home/tools.env").write_text(variables)
    agent = KNOWN.agent("cursor")
    assert agent is not None
    machine = Machine(folder / "home", folder / "project", System.LINUX, environment)
    found = list(read_servers(agent, machine, KNOWN.servers))
    return [each for each in found if isinstance(each, Server)], [
        each for each in found if isinstance(each, Gap)
    ]


GITHUB = {"command": "github-mcp-server", "args": ["stdio"], "envFile": "~/tools.env"}


def test_variables_of_a_file_count_and_those_beside_it_count_more(tmp_path: Path) -> None:
    [server], gaps = found_in(tmp_path, {"x": GITHUB}, "GITHUB_READ_ONLY=1\n")
    assert (server.limits, sorted(server.files), gaps) == (("only reading",), ["~/tools.env"], [])
    [server], _ = found_in(
        tmp_path / "2", {"x": {**GITHUB, "env": {"GITHUB_READ_ONLY": "0"}}}, "GITHUB_READ_ONLY=1\n"
    )
    assert server.limits == ()


def test_a_variable_that_is_inherited_can_switch_a_limit_off(tmp_path: Path) -> None:
    content = {"x": {**GITHUB, "args": ["stdio", "--toolsets=repos"], "envFile": None}}
    [server], _ = found_in(tmp_path, content, "")
    assert server.limits == ("only the chosen groups of tools",)
    [server], _ = found_in(tmp_path / "2", content, "", GITHUB_TOOLSETS="all")
    assert server.limits == ()


def test_a_file_of_variables_that_cannot_be_read_leaves_no_limit(tmp_path: Path) -> None:
    content = {"x": {**GITHUB, "args": ["stdio", "--read-only"], "envFile": "${UNSET_HERE}/x.env"}}
    [server], [gap] = found_in(tmp_path, content, "")
    assert (server.limits, server.files) == ((), frozenset())
    assert (gap.what, gap.why) == (
        "${UNSET_HERE}/x.env",
        "it is not known where that lies; what a tool server is given there is not known, "
        "and its limits count as none",
    )


def test_the_scanned_folder_does_not_say_which_file_outside_of_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "secret.env").write_text("GITHUB_READ_ONLY=1\n")
    content = {"x": {**GITHUB, "args": ["stdio", "--read-only"], "envFile": str(tmp_path / "secret.env")}}
    (tmp_path / "project/.mcp.json").write_text(json.dumps({"mcpServers": content}))
    agent = KNOWN.agent("claude-code")
    assert agent is not None
    server, gap = read_servers(
        agent, Machine(tmp_path / "home", tmp_path / "project", System.LINUX), KNOWN.servers
    )
    assert isinstance(server, Server)
    assert isinstance(gap, Gap)
    assert (server.limits, "named by the scanned folder" in gap.why) == ((), True)


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["cmd", "/c", "npx", "-y", "@scope/tool"], "cmd npx @scope/tool"),
        (["uvx", "--from", "git+https://x.example/y", "server"], "uvx server"),
        (["uv", "--directory", "/srv/x", "run", "server"], "uv server"),
        (["npx", "--package", "@scope/tool", "server"], "npx server"),
        (["op", "run", "--env-file", "a.env", "--", "npx", "-y", "server"], "op npx server"),
        (
            ["docker", "run", "-i", "-e", "A=b", "--env-file", "x", "ghcr.io/o/image:1"],
            "docker ghcr.io/o/image:1",
        ),
    ],
)
def test_what_launchers_launch_is_shown(command: list[str], shown: str, tmp_path: Path) -> None:
    [server] = servers_in(tmp_path, {"x": {"command": command[0], "args": command[1:]}})
    assert server.runs == shown


@pytest.mark.parametrize("piece", ["${", "${env:", "{file:", "${{ secrets.", "$A", "%A%", "op://", "-e A "])
def test_configurations_of_hostile_text_are_read_in_bounded_time(piece: str) -> None:
    text = piece * 40_000
    with within(2):
        configured_by({"command": "bash", "args": ["-c", text], "env": {"A": text}, "headers": {"B": text}})


def test_servers_of_the_second_version_of_opencode_are_found_as_well(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    content = {
        "mcp": {"servers": {"x": {"type": "local", "command": ["npx", "-y", "server"], "disabled": True}}}
    }
    (tmp_path / "project/opencode.json").write_text(json.dumps(content))
    agent = KNOWN.agent("opencode")
    assert agent is not None
    [server] = read_servers(agent, Machine(tmp_path / "home", tmp_path / "project", System.LINUX), ())
    assert isinstance(server, Server)
    assert (server.name, server.runs, server.enabled) == ("x", "npx server", False)


def test_what_a_file_of_variables_holds_is_read_and_reached_through_the_server(tmp_path: Path) -> None:
    content = {"x": {**GITHUB}, "y": {"url": "https://x.example", "headersHelper": "/bin/give"}}
    found_in(tmp_path, content, "GITHUB_PERSONAL_ACCESS_TOKEN=x\n")
    machine = Machine(tmp_path / "home", tmp_path / "project", System.LINUX)
    outlook = Outlook(machine, KNOWN, ("cursor",))
    assert "~/tools.env" in {
        each.path for each in outlook.documents((Source.AGENT,)) if isinstance(each, Document)
    }
    [reach] = outlook.reach([Location(Source.AGENT, "~/tools.env", 1, 1)])
    assert Way.SERVER in (*reach.open, *reach.asking)
    [other] = outlook.reach([Location(Source.AGENT, "~/other.env", 1, 1)])
    assert Way.SERVER not in (*other.open, *other.asking)
    [usable] = outlook.context().usable
    assert (usable.id, usable.what, usable.where) == (
        "cursor",
        "The tool server y of Cursor, which uses headers that a program gives",
        "~/.cursor/mcp.json:1",
    )
