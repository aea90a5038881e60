"""Settings, ignore files and homes that are written to mislead, to hang or to hide something."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.agent import Lists
from scopeaudit.catalogue.places import System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.context import Reach, Server, Way
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.agents.effective import AgentView, path_of
from scopeaudit.reach.agents.fence import fence_of
from scopeaudit.reach.agents.fence_items import Items, fenced_lines
from scopeaudit.reach.agents.servers import read_servers
from scopeaudit.reach.agents.settings import merged, read_settings
from scopeaudit.reach.context import Outlook
from scopeaudit.reach.machine import Machine
from tests.pace import within

KNOWN = load_surroundings(load_rules())
ENV = Location(Source.TREE, ".env", 1, 1)
TOKEN = expand("ghp_<alnum:30><crc32>", seed=9)
STRICT = {"sandbox": {"enabled": True, "failIfUnavailable": True, "allowUnsandboxedCommands": False}}
DENIED = {"permissions": {"deny": ["Read(.env)"], "defaultMode": "default"}, **STRICT}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return machine_in(tmp_path)


def machine_in(folder: Path, **variables: str) -> Machine:
    for name in ("home", "project", "system"):
        (folder / name).mkdir(exist_ok=True)
    return Machine(folder / "home", folder / "project", System.LINUX, variables, folder / "system")


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def view(machine: Machine, agent_id: str = "claude-code") -> AgentView:
    agent = KNOWN.agent(agent_id)
    assert agent is not None
    return AgentView(agent, machine)


def reached(machine: Machine, location: Location = ENV, agent_id: str = "claude-code") -> Reach:
    found = view(machine, agent_id).reach(location)
    assert found is not None
    return found


def servers(machine: Machine, agent_id: str = "claude-code") -> list[Server | Gap]:
    agent = KNOWN.agent(agent_id)
    assert agent is not None
    return list(read_servers(agent, machine, KNOWN.servers))


# What is not understood is open.


def test_the_fence_that_the_other_tests_break_holds(machine: Machine) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    assert reached(machine).is_blocked


@pytest.mark.parametrize(
    "broken",
    [
        "{not json",
        "[1, 2]",
        '"text"',
        "[" * 500 + "]" * 500,
        '{"permissions": {"allow": [' + "1," * 60_000 + "1]}}",
        '{"sandbox": {"enabled": "false"}}',
        '{"sandbox": {"excludedCommands": "0"}}',
        '{"permissions": {"defaultMode": "default", "allow": "Bash(*)"}, "sandbox": {"enabled": 0}}',
    ],
)
@pytest.mark.parametrize("name", [".claude/settings.json", ".claude/settings.local.json"])
def test_settings_that_are_not_understood_take_every_fence_away(
    broken: str, name: str, machine: Machine
) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    write(machine.project / name, broken)
    agent = view(machine)
    found = agent.reach(ENV)
    assert found is not None
    assert Way.SHELL in found.open or Way.READ_TOOL in found.open
    assert not found.denied_by
    assert not found.advisory
    assert any("open" in gap.why for gap in agent.gaps)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "link through a folder", "huge"])
def test_settings_that_are_not_read_take_every_fence_away(
    kind: str, machine: Machine, tmp_path: Path
) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    outside = write(tmp_path / "outside/settings.json", {"permissions": {"deny": [f"Read(./{TOKEN})"]}})
    path = machine.project / ".claude/settings.json"
    if kind != "link through a folder":
        path.parent.mkdir()
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(outside)
        case "link through a folder":
            path.parent.symlink_to(outside.parent)
        case _:
            path.write_text(" " * (9 << 20) + "{}")
    with within(10):
        agent = view(machine)
        found = agent.reach(ENV)
    assert found is not None
    assert found.open
    assert len([gap for gap in agent.gaps if gap.what == ".claude/settings.json"]) == 1
    assert TOKEN not in repr(agent.settings) + repr(found)


def test_an_empty_settings_file_says_nothing(machine: Machine) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    write(machine.project / ".claude/settings.json", "\n")
    assert reached(machine).is_blocked


@pytest.mark.parametrize(
    "deny",
    ["*", ["Read(**"], ["Read(/)"], ["Read()"], ["Read(!.env)"], [["*"]], [5], ["Read(\0)"], ["Read(" + "x" * 5_000 + ")"]],
)  # fmt: skip
def test_a_rule_that_is_not_understood_closes_nothing(deny: Any, machine: Machine) -> None:
    write(machine.home / ".claude/settings.json", {"permissions": {"defaultMode": "default", "deny": deny}})
    assert Way.READ_TOOL in reached(machine).open


def test_everything_of_the_project_is_not_everything(machine: Machine) -> None:
    write(
        machine.home / ".claude/settings.json",
        {"permissions": {"defaultMode": "default", "deny": ["Read(**)"]}},
    )
    assert Way.READ_TOOL not in reached(machine).open
    elsewhere = reached(machine, Location(Source.HOME, "~/.aws/credentials", 1))
    assert Way.READ_TOOL in (*elsewhere.open, *elsewhere.asking)


def test_a_bracket_in_a_path_is_no_class(machine: Machine) -> None:
    allowed = {
        "sandbox": {**STRICT["sandbox"], "filesystem": {"denyRead": [str(machine.project / ".[e]nv")]}}
    }
    write(machine.home / ".claude/settings.json", allowed)
    assert Way.SHELL in reached(machine).open


SETTINGS = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "*", "Read", "Bash", "false", "0", "deny", "Read(.env)", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["permissions", "permission", "deny", "allow", "ask", "sandbox", "enabled", "defaultMode", "filesystem", "denyRead",
                         "tools", "exclude", "core", "rules", "read", "bash", "*", "mcpServers", "env", "command", "args", "autoApprove"]),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(SETTINGS)
def test_no_settings_make_an_agent_fail(tmp_path: Path, content: Any) -> None:
    machine = machine_in(tmp_path)
    text = json.dumps(content)
    for agent in KNOWN.agents:
        places = [*agent.settings, *agent.servers]
        for template in (each for place in places for each in place.paths.on(System.LINUX)):
            if template.startswith("{project}") and "*" not in template:
                write(Path(machine.expand(template)[0]), text)
    outlook = Outlook(machine, KNOWN)
    outlook.reach([ENV, Location(Source.ENVIRONMENT, "env:A_TOKEN")])
    outlook.context()
    outlook.gaps()


# Ignore files.


@pytest.mark.parametrize(
    ("lines", "covered"),
    [
        (".env\n", True),
        (".env\n!.ENV\n", False),
        (".env\n!.[e]nv\n", False),
        (".env\n!\\.env\n", False),
        (".env\n!" + "x" * 2_000 + "\n", False),
        ("# note\x85.env\n", False),
        ("# note\x0b.env\n", False),
        (".env\n" + "x\n" * 25_000 + "!.env\n", False),
        (" " * 1_000 + "x\n", False),
        (".env\r\n", True),
    ],
)
def test_an_ignore_file_covers_no_more_than_its_agent_would(
    lines: str, covered: bool, machine: Machine
) -> None:
    (machine.project / ".cursorignore").write_bytes(lines.encode())
    found = reached(machine, agent_id="cursor")
    assert bool((*found.denied_by, *found.advisory)) is covered


def test_an_ignore_file_that_is_slow_to_read_is_read(machine: Machine) -> None:
    write(machine.project / ".cursorignore", (" " * 1_000 + "x\n") * 15_000)
    with within(10):
        reached(machine, agent_id="cursor")


# Time.


def places(count: int) -> list[Location]:
    return [Location(Source.TREE, f"app/{number % 97}/config/{number}/.env", 1, 1) for number in range(count)]


@pytest.mark.parametrize(
    "rule",
    ["Read(./secret-{}/**)", "Read(**/{}/.env)", "Read(./app/{}/config/*.pem)", "Read(~/keys/{}.pem)"],
)
def test_many_rules_and_places_take_seconds(rule: str, machine: Machine) -> None:
    rules = [rule.format(number) for number in range(500)]
    write(machine.home / ".claude/settings.json", {"permissions": {"deny": rules}})
    write(machine.project / ".cursorignore", "\n".join(each[5:-1] for each in rules))
    for name in (".gemini", ".codex", ".kiro", ".opencode", ".roo", ".clinerules", ".continue", ".zed"):
        (machine.project / name).mkdir()
    outlook = Outlook(machine, KNOWN)
    with within(60):
        outlook.reach(places(5_000))
        outlook.context(places(5_000))


@pytest.mark.parametrize("part", ["*{}*", "*a*{}*b*", "?{}*"])
def test_rules_that_are_tried_on_every_place_end_in_a_gap(part: str, machine: Machine) -> None:
    rules = [f"Read({part.format(number)}/**/*x*/*y)" for number in range(1_900)]
    write(machine.home / ".claude/settings.json", {"permissions": {"deny": [*rules, "Read(.env)"]}})
    agent = view(machine)
    with within(60):
        for each in places(3_000):
            agent.reach(each)
    assert any("too many" in gap.why for gap in agent.gaps)


def test_lists_of_settings_are_joined_in_bounded_time() -> None:
    one = [{"name": str(number)} for number in range(50_000)]
    other = [{"name": str(number)} for number in range(25_000, 75_000)]
    with within(10):
        assert len(merged(one, other, Lists.JOINED)) == 75_000


def test_more_rules_than_are_looked_at_close_nothing_and_are_a_gap(machine: Machine) -> None:
    rules = ["Read(.env)", *(f"Read(x{number})" for number in range(3_000))]
    write(machine.home / ".claude/settings.json", {"permissions": {"defaultMode": "default", "deny": rules}})
    agent = view(machine)
    found = agent.reach(ENV)
    assert found is not None
    assert Way.READ_TOOL in found.open
    assert any("2,000" in gap.why for gap in agent.gaps)


def test_more_folders_than_are_looked_at_all_count_as_the_project(machine: Machine) -> None:
    also = [f"/x/{number}" for number in range(3_000)]
    permissions = {"defaultMode": "default", "additionalDirectories": also}
    write(machine.home / ".claude/settings.json", {"permissions": permissions})
    assert Way.READ_TOOL in reached(machine, Location(Source.HOME, "/y/.env", 1)).open


# Servers.


def test_a_name_that_two_servers_share_is_no_failure(machine: Machine) -> None:
    mine = {"command": "npx", "args": ["-y", "server"]}
    write(
        machine.home / ".claude.json",
        {
            "mcpServers": {"x": {"url": "https://mcp.example.com"}},
            "projects": {str(machine.project): {"mcpServers": {"x": mine}}},
        },
    )
    outlook = Outlook(machine, KNOWN)
    assert [(each.host, each.runs) for each in outlook.servers] == [
        ("mcp.example.com", None),
        (None, "npx server"),
    ]
    outlook.context()


def test_a_token_in_a_configuration_is_not_shown_wherever_it_stands(machine: Machine) -> None:
    uuid = expand("<uuid>", seed=3)
    short = expand("glpat-<alnum:20>", seed=3)
    configured = {
        TOKEN: {"command": "x"},
        "one": {"url": f"https://{TOKEN}.example.com/mcp"},
        "two": {"command": TOKEN},
        "three": {"command": "npx", "args": [uuid]},
        "four": {"command": "uvx", "args": [short]},
        "five": {"command": "x", "bearer_token_env_var": TOKEN, "env": {"A": "${" + TOKEN + "}"}},
    }
    write(machine.project / ".mcp.json", {"mcpServers": configured})
    deny = [f"Read(./{TOKEN}/**)", f"Read({uuid})", "Read(.env)"]
    write(
        machine.project / ".claude/settings.json",
        {"permissions": {"deny": deny, "allow": [f"Bash(x {short})"]}},
    )
    outlook = Outlook(machine, KNOWN, ("claude-code",))
    reach = outlook.reach([Location(Source.TREE, f"{TOKEN}/x", 1), Location(Source.TREE, uuid, 1)])
    denials = [denial for each in reach for denial in (*each.denied_by, *each.advisory)]
    assert denials
    told = repr(outlook.context()) + repr(denials)
    for secret in (TOKEN, uuid, short):
        assert secret not in told
    assert [each.name for each in outlook.servers] == ["five", "four", "one", "three", "two", "…"]


def test_thousands_of_servers_and_values_are_read_in_seconds_and_the_rest_is_a_gap(machine: Machine) -> None:
    many = {
        f"s{number}": {"command": "npx", "args": [f"v{number}-{each}" for each in range(100)]}
        for number in range(3_000)
    }
    write(machine.project / ".mcp.json", json.dumps({"mcpServers": many}))
    with within(15):
        found = servers(machine)
    assert sum(isinstance(each, Server) for each in found) == 500
    assert [each.why for each in found if isinstance(each, Gap)] == [
        "names 3,000 tool servers; 500 of them were looked at"
    ]


def test_a_server_with_more_arguments_than_are_looked_at_has_no_limit(machine: Machine) -> None:
    arguments = ["@supabase/mcp-server-supabase", "--read-only", *(str(number) for number in range(100_000))]
    write(machine.project / ".mcp.json", {"mcpServers": {"x": {"command": "npx", "args": arguments}}})
    with within(15):
        [server] = servers(machine)
    assert isinstance(server, Server)
    assert (server.known_as, server.limits) == ("supabase", ())


@pytest.mark.parametrize("line_end", ["\\/", ""])
def test_values_that_are_not_found_as_written_do_not_take_long(line_end: str, machine: Machine) -> None:
    values = ",".join(f'"{line_end}v{number}"' for number in range(200_000))
    write(machine.project / ".mcp.json", '{"mcpServers": {"x": {"command": "y", "list": [' + values + "]}}}")
    with within(10):
        servers(machine)


# Paths.


def test_a_folder_called_like_the_home_folder_is_a_folder(machine: Machine) -> None:
    assert path_of(machine, Location(Source.TREE, "~/.env", 1)) == str(machine.project / "~/.env")
    assert path_of(machine, Location(Source.HOME, "~/.env", 1)) == str(machine.home / ".env")
    assert path_of(machine, Location(Source.TREE, "C:/.env", 1)) == str(machine.project / "C:/.env")


def test_a_folder_whose_name_ends_like_an_archive_is_a_folder(machine: Machine) -> None:
    write(machine.project / "a.zip!/b", "")
    write(machine.project / "c.zip", "")
    assert path_of(machine, Location(Source.TREE, "a.zip!/b", 1)) == str(machine.project / "a.zip!/b")
    assert path_of(machine, Location(Source.TREE, "c.zip!/b", 1)) == str(machine.project / "c.zip")
    assert path_of(machine, Location(Source.TREE, "gone\0!/b", 1)) == str(machine.project / "gone\0!/b")


def test_a_folder_called_like_a_pattern_is_no_pattern(tmp_path: Path) -> None:
    for name in ("a*", "abc"):
        write(tmp_path / name / ".claude/settings.json", {"permissions": {"deny": [name]}})
        write(tmp_path / name / "CLAUDE.md", "")
    machine = Machine(tmp_path / "a*", tmp_path / "a*", System.LINUX, {"D": str(tmp_path / "a*")})
    assert machine.find("{project}/.claude/*.json") == [str(tmp_path / "a*/.claude/settings.json")]
    assert machine.find("~/.claude/settings.json") == [str(tmp_path / "a*/.claude/settings.json")]
    assert machine.given("D", "{value}/.claude/*", separated=False) == [
        str(tmp_path / "a*/.claude/settings.json")
    ]
    found = view(machine).reach(Location(Source.TREE, "CLAUDE.md", 1))
    assert found is not None
    assert Way.PROMPT in found.open


def test_odd_names_are_places_like_others(machine: Machine) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    outlook = Outlook(machine, KNOWN)
    odd = ["a\0b", "\udcff", "", ".", "..", "a\nb", "/", "!/", "x!/y!/z", "\u202e.env"]
    found = outlook.reach(
        [Location(source, name, None) for name in odd for source in Source if source is not Source.INPUT]
    )
    assert len(found) == len(odd) * 6 * len(outlook.views)


# What only the folder itself keeps from an agent.


def test_what_nothing_but_the_folder_keeps_from_an_agent_is_a_gap(machine: Machine) -> None:
    write(machine.project / ".claude/settings.json", DENIED)
    alone = Outlook(machine, KNOWN, ("claude-code",))
    assert alone.reach([ENV])[0].is_blocked
    [gap] = alone.gaps()
    assert (gap.what, "nothing but settings in the scanned folder" in gap.why) == (".env", True)


def test_what_the_person_keeps_from_an_agent_is_none(machine: Machine) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    write(machine.project / ".claude/settings.json", {"permissions": {"allow": ["Bash(ls)"]}})
    alone = Outlook(machine, KNOWN, ("claude-code",))
    assert alone.reach([ENV])[0].is_blocked
    assert alone.gaps() == ()


def test_what_another_agent_reaches_is_none(machine: Machine) -> None:
    write(machine.project / ".claude/settings.json", DENIED)
    everyone = Outlook(machine, KNOWN)
    everyone.reach([ENV])
    assert everyone.gaps() == ()


# Stores.


def documents(machine: Machine) -> list[Document | Gap]:
    return list(Outlook(machine, KNOWN).documents((Source.HOME, Source.AGENT)))


def test_text_that_is_no_text_in_a_store_is_read(machine: Machine) -> None:
    write(machine.home / ".railway/config.json", '{"user": {"token": "\\ud800x"}}')
    assert any(isinstance(each, Document) and b"x" in each.data for each in documents(machine))


def test_a_store_with_more_than_is_looked_at_is_a_gap(machine: Machine) -> None:
    write(
        machine.home / ".config/gh/hosts.yml",
        "".join(f"h{number}.example:\n  oauth_token: t{number}\n" for number in range(30_000)),
    )
    with within(15):
        found = documents(machine)
    assert [each.what for each in found if isinstance(each, Gap)] == ["~/.config/gh/hosts.yml"]


def test_a_large_store_is_read_in_seconds(machine: Machine) -> None:
    hosts = {
        f"h{number}.example": {"auth": f"\u00e9{number}", "identitytoken": f"\u00e9{number}"}
        for number in range(15_000)
    }
    write(machine.home / ".docker/config.json", json.dumps({"auths": hosts, "filler": "x" * (8 << 20)}))
    with within(20):
        documents(machine)


def test_what_a_database_holds_back_in_its_journal_is_read_as_text(machine: Machine) -> None:
    import sqlite3

    path = write(machine.home / ".config/gcloud/access_tokens.db", "")
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE access_tokens (account_id TEXT, access_token TEXT)")
    connection.execute("INSERT INTO access_tokens VALUES ('a', 'newest')")
    connection.commit()
    found = documents(machine)
    connection.close()
    assert any(isinstance(each, Document) and b"newest" in each.data for each in found)


def test_a_store_that_cannot_be_read_is_a_gap(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(machine.home / ".railway/config.json", "{}")
    opened = os.open

    def refused(name: str, *arguments: int) -> int:
        if str(name) == str(path):
            raise PermissionError(13, "Permission denied")
        return opened(name, *arguments)

    # Not by its mode: whoever runs the tests as root reads everything.
    monkeypatch.setattr(os, "open", refused)
    assert {each.what for each in documents(machine) if isinstance(each, Gap)} == {"~/.railway/config.json"}


def test_settings_say_where_they_were_read(machine: Machine) -> None:
    write(machine.home / ".claude/settings.json", DENIED)
    agent = KNOWN.agent("claude-code")
    assert agent is not None
    found = read_settings(agent, machine)
    assert found.place_of("permissions", "deny", "Read(.env)") == ("~/.claude/settings.json", 4)
    assert found.place_of("nowhere") == ("", None)


# Fences.


@pytest.mark.parametrize(
    ("agent_id", "text"),
    [
        ("claude-code", json.dumps({"permissions": {"deny": [f"x{number}" for number in range(30_000)]}})),
        ("codex", "".join(f"a.b{number}.c = 1\n" for number in range(15_000))),
        ("codex", "".join(f"[a{number % 50}.b{number}]\nx = 1\n" for number in range(8_000))),
    ],
)
def test_a_fence_in_a_large_file_is_made_or_refused_in_seconds(
    agent_id: str, text: str, machine: Machine
) -> None:
    agent = KNOWN.agent(agent_id)
    assert agent is not None
    assert agent.fence is not None
    write(Path(machine.expand(agent.fence.file)[0]), text)
    with within(10):
        fenced = fence_of(agent, machine, [str(machine.home / f".x{number}") for number in range(200)], [])
    assert fenced is not None
    assert (fenced.problem is None) is (agent_id == "claude-code")


def test_blanks_at_the_end_of_a_line_do_not_take_long() -> None:
    with within(2):
        fenced_lines(" " * 400_000 + "x\n", Items((), ()))
