"""Fences: what is added to an agent's configuration, and that nothing else in it is touched or told."""

import json
import os
import stat
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.agent import Agent, Assignment, Fence, FencedItem, Subject
from scopeaudit.catalogue.places import NOWHERE, Format, System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.context import Strength, Way
from scopeaudit.model.errors import UsageError
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.agents.effective import AgentView
from scopeaudit.reach.agents.fence import FILE_LIMIT_BYTES, Fenced, difference, fence_of, write
from scopeaudit.reach.agents.fence_items import HEADING
from scopeaudit.reach.machine import Machine

TOKEN = expand("ghp_<36>")
KNOWN = load_surroundings(load_rules())

DENY_READ = FencedItem(at=("sandbox", "filesystem", "denyRead"), item="{home}")
DENY = FencedItem(at=("permissions", "deny"), item="Read(/{absolute})")
VARIABLES = FencedItem(
    at=("sandbox", "credentials", "envVars"),
    item="{name}",
    key="name",
    value='{"mode": "deny"}',
    of=Subject.VARIABLES,
)
ENABLED = Assignment(at=("sandbox", "enabled"), value="true")
LINES = FencedItem(at=(), item="/{relative}", of=Subject.INSIDE)
PROFILE = ("permissions", "scopeaudit", "filesystem")
IN_JSON: Mapping[str, Any] = {
    "file": "~/.agent/settings.json",
    "format": Format.JSON,
    "set": (ENABLED,),
    "add": (DENY_READ,),
}
IN_TOML: Mapping[str, Any] = {
    "file": "~/.agent/config.toml",
    "format": Format.TOML,
    "set": (Assignment(at=("default_permissions",), value='"scopeaudit"'),),
    "add": (
        FencedItem(at=PROFILE, item="{home}", value='"deny"', of=Subject.OUTSIDE),
        FencedItem(at=(*PROFILE, ":roots"), item="{relative}", value='"deny"', of=Subject.INSIDE),
        FencedItem(at=("environment", "exclude"), item="{name}", of=Subject.VARIABLES),
    ),
}
IN_LINES: Mapping[str, Any] = {
    "file": "{project}/.agentignore",
    "format": Format.LINES,
    "set": (),
    "add": (LINES,),
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return machine_in(tmp_path)


def machine_in(folder: Path) -> Machine:
    (folder / "home").mkdir()
    (folder / "work").mkdir()
    return Machine(folder / "home", folder / "work", System.LINUX)


def agent_with(**fence: Any) -> Agent:
    return Agent(
        id="agent",
        name="Agent",
        documentation="https://example.org/agent",
        signs=NOWHERE,
        ways=(),
        fence=Fence(
            title="sandbox",
            strength=Strength.KERNEL,
            closes=(Way.SHELL,),
            remains="Tool servers run outside of it.",
            source="https://example.org/agent/sandbox",
            **fence,
        ),
    )


def fenced_in(
    machine: Machine,
    fence: Mapping[str, Any],
    paths: Sequence[str] = (),
    variables: Sequence[str] = (),
    *,
    before: str | None = None,
) -> Fenced:
    """The fence over a file of this content; paths are below home (`~/`) or the project."""
    if before is not None:
        [path] = machine.expand(fence["file"])
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(before.encode())
    fenced = fence_of(agent_with(**fence), machine, [machine.absolute(path) for path in paths], variables)
    assert fenced is not None
    return fenced


def test_an_agent_without_a_fence_has_none(machine: Machine) -> None:
    assert fence_of(replace(agent_with(**IN_JSON), fence=None), machine, ["/x"], []) is None


# --- JSON


def test_a_missing_file_is_made_with_all_that_leads_to_an_item(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON, ["~/.netrc", "~/.aws/credentials", "~/.netrc"])
    assert fenced.before is None
    assert fenced.problem is None
    assert fenced.path == str(machine.home / ".agent" / "settings.json")
    assert fenced.shown == "~/.agent/settings.json"
    assert fenced.after == (
        '{\n  "sandbox": {\n    "enabled": true,\n    "filesystem": {\n      "denyRead": [\n'
        '        "~/.aws/credentials",\n        "~/.netrc"\n      ]\n    }\n  }\n}\n'
    )


def test_an_empty_file_counts_as_one_that_is_not_there(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON, before=" \n")
    assert json.loads(fenced.after) == {"sandbox": {"enabled": True}}
    assert fenced.before == " \n"


def test_a_file_keeps_its_order_its_comments_and_its_indentation(machine: Machine) -> None:
    before = (
        "// mine\n"
        "{\n"
        '\t"zoo": 1, // last letter first\n'
        '\t"sandbox": {\n'
        '\t\t"filesystem": {"denyRead": ["~/.ssh"], /* more */ "allowRead": []},\n'
        '\t\t"network": {}\n'
        "\t\t// the end\n"
        "\t},\n"
        '\t"apple": [1,2]\n'
        "}"
    )
    assert fenced_in(machine, IN_JSON, ["~/.netrc"], before=before).after == (
        "// mine\n"
        "{\n"
        '\t"zoo": 1, // last letter first\n'
        '\t"sandbox": {\n'
        '\t\t"filesystem": {"denyRead": ["~/.ssh", "~/.netrc"], /* more */ "allowRead": []},\n'
        '\t\t"network": {},\n'
        "\t\t// the end\n"
        '\t\t"enabled": true\n'
        "\t},\n"
        '\t"apple": [1,2]\n'
        "}"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('{"deny": []}', '{"deny": [\n  "~/x"\n]}', id="an empty list"),
        pytest.param('{"deny": [ ]}', '{"deny": [\n  "~/x"\n]}', id="an empty list with a blank"),
        pytest.param(
            '{\n    "deny": [\n        "a", // why\n    ],\n}',
            '{\n    "deny": [\n        "a", // why\n        "~/x",\n    ],\n}',
            id="a comma at the end",
        ),
        pytest.param(
            '{\n  "deny": [\n    "a" // why\n  ]\n}',
            '{\n  "deny": [\n    "a", // why\n    "~/x"\n  ]\n}',
            id="a comment at the end",
        ),
        pytest.param(
            '{\n  "deny": [\n    // none yet\n  ]\n}',
            '{\n  "deny": [\n    // none yet\n    "~/x"\n  ]\n}',
            id="a comment alone",
        ),
        pytest.param(
            '{"deny": [ // none\n]}', '{"deny": [ // none\n  "~/x"\n]}', id="a comment behind the bracket"
        ),
        pytest.param('{"deny": ["a" /* b */]}', '{"deny": ["a", /* b */ "~/x"]}', id="on one line"),
        pytest.param(
            '{"u": "http://[,]//*", "deny": ["a"]}',
            '{"u": "http://[,]//*", "deny": ["a", "~/x"]}',
            id="a text that looks like a comment",
        ),
        pytest.param(
            '{\r\n  "deny": [\r\n    "a"\r\n  ]\r\n}\r\n',
            '{\r\n  "deny": [\r\n    "a",\r\n    "~/x"\r\n  ]\r\n}\r\n',
            id="lines of Windows",
        ),
        pytest.param('\ufeff{"deny": ["a"]}', '\ufeff{"deny": ["a", "~/x"]}', id="a byte order mark"),
    ],
)
def test_a_list_grows_at_its_end_as_it_is_written(machine: Machine, before: str, after: str) -> None:
    fence = {**IN_JSON, "set": (), "add": (FencedItem(at=("deny",), item="{home}"),)}
    fenced = fenced_in(machine, fence, ["~/x"], before=before)
    assert (fenced.problem, fenced.after) == (None, after)


def test_what_is_new_is_indented_as_the_rest(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON, ["~/x"], before='{\n\t"a": {}\n}\n')
    assert fenced.after == (
        '{\n\t"a": {},\n\t"sandbox": {\n\t\t"enabled": true,\n\t\t"filesystem": {\n'
        '\t\t\t"denyRead": [\n\t\t\t\t"~/x"\n\t\t\t]\n\t\t}\n\t}\n}\n'
    )


def test_what_is_there_already_is_not_added_again(machine: Machine) -> None:
    before = '{"sandbox": {"enabled": true, "filesystem": {"denyRead": ["~/.b", "~/.a"]}}}'
    fenced = fenced_in(machine, IN_JSON, ["~/.a", "~/.b"], before=before)
    assert (fenced.after, fenced.changes, difference(fenced)) == (before, (), "")


def test_a_value_that_is_set_gives_way_and_is_shown(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON, before='{"sandbox": {"enabled": false, "x": 1}}')
    assert fenced.after == '{"sandbox": {"enabled": true, "x": 1}}'
    assert difference(fenced) == (
        "~/.agent/settings.json\n- sandbox.enabled: false\n+ sandbox.enabled: true\n"
    )


def test_one_is_not_true(machine: Machine) -> None:
    assert fenced_in(machine, IN_JSON, before='{"sandbox": {"enabled": 1}}').after == (
        '{"sandbox": {"enabled": true}}'
    )


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ('{"sandbox": true}', "has a value at `sandbox`, where a mapping belongs"),
        ('{"sandbox": null}', "has a value at `sandbox`, where a mapping belongs"),
        (
            '{"sandbox": {"filesystem": {"denyRead": "~/.ssh"}}}',
            "has a value at `sandbox.filesystem.denyRead`, where a list belongs",
        ),
        (
            '{"sandbox": {"enabled": [false]}}',
            "has a list or mapping at `sandbox.enabled`, where true belongs",
        ),
        ('["sandbox"]', "is not a mapping of settings"),
        ('{"sandbox": {"enabled": true}', "is not valid JSON"),
        ('{"sandbox": {}, "sandbox": {}}', "names a key twice"),
        ("[" * 90_000, "is nested too deeply"),
        (
            '{"x": ' + "[" * 400 + "]" * 400 + "}",
            "is nested too deeply",
        ),
    ],
)
def test_what_does_not_fit_is_left_alone_and_told(machine: Machine, before: str, problem: str) -> None:
    fenced = fenced_in(machine, IN_JSON, ["~/.netrc"], before=before)
    assert fenced.problem == problem
    assert json.loads(fenced.after) == {
        "sandbox": {"enabled": True, "filesystem": {"denyRead": ["~/.netrc"]}}
    }
    with pytest.raises(UsageError, match="add by hand"):
        write(fenced)
    assert Path(fenced.path).read_text() == before


def test_a_key_that_would_leave_the_fence_without_effect_keeps_it_from_being_written(
    machine: Machine,
) -> None:
    fence = {**IN_TOML, "void_with": (("sandbox_mode",), ("profiles", "x"))}
    assert fenced_in(machine, fence, before="profiles = 1\n").problem is None
    fenced = fenced_in(machine, fence, before='sandbox_mode = "read-only"\n')
    assert fenced.problem == "sets `sandbox_mode`, which leaves this without effect: take that out first"


def test_a_list_of_mappings_takes_one_for_each_name(machine: Machine) -> None:
    fence = {**IN_JSON, "set": (), "add": (VARIABLES,)}
    before = '{"sandbox": {"credentials": {"envVars": [{"mode": "deny", "name": "A"}]}}}'
    fenced = fenced_in(machine, fence, [], ["B", "A"], before=before)
    assert fenced.after == (
        '{"sandbox": {"credentials": {"envVars": [{"mode": "deny", "name": "A"}, '
        '{"name": "B", "mode": "deny"}]}}}'
    )
    assert difference(fenced).splitlines()[1:] == [
        '+ sandbox.credentials.envVars: {"name": "B", "mode": "deny"}'
    ]


def test_a_name_that_is_listed_with_something_else_stays_and_is_told(machine: Machine) -> None:
    fence = {**IN_JSON, "set": (), "add": (VARIABLES,)}
    before = '{"sandbox": {"credentials": {"envVars": [{"name": "A", "mode": "mask"}, 7]}}}'
    fenced = fenced_in(machine, fence, [], ["A"], before=before)
    assert (fenced.problem, fenced.after) == (None, before)
    assert fenced.remains == (
        "Tool servers run outside of it. Left as it is, because it is listed with something else: A."
    )


# --- Names


def test_a_path_is_written_as_the_template_says(machine: Machine) -> None:
    names = {
        "{absolute}": "absolute",
        "{relative}": "relative",
        "{home}": "home",
        "Read(/{absolute})": "rule",
    }
    fence = {
        **IN_JSON,
        "set": (),
        "add": tuple(FencedItem(at=(name,), item=item) for item, name in names.items()),
    }
    home, work = str(machine.home), str(machine.project)
    paths = [".env", "~/.netrc", "/etc/token"]
    assert json.loads(fenced_in(machine, fence, paths).after) == {
        "absolute": ["/etc/token", f"{home}/.netrc", f"{work}/.env"],
        "relative": sorted([".env", f"{home}/.netrc", "/etc/token"]),
        "home": sorted(["~/.netrc", "/etc/token", f"{work}/.env"]),
        "rule": ["Read(//etc/token)", f"Read(/{home}/.netrc)", f"Read(/{work}/.env)"],
    }


def test_a_folder_whose_name_only_begins_like_home_is_not_below_it(machine: Machine) -> None:
    fence = {**IN_JSON, "set": ()}
    fenced = fence_of(agent_with(**fence), machine, [f"{machine.home}-old/.netrc"], [])
    assert fenced is not None
    assert json.loads(fenced.after)["sandbox"]["filesystem"]["denyRead"] == [f"{machine.home}-old/.netrc"]


def test_a_placeholder_in_a_path_is_no_placeholder(machine: Machine) -> None:
    fence = {**IN_LINES, "add": (FencedItem(at=(), item="/{relative}"),)}
    assert fenced_in(machine, fence, ["{name}/{home}"]).after == f"{HEADING}\n/{{name}}/{{home}}\n"


@pytest.mark.parametrize("name", ["app/[id]/.env", "a*", "b?", "{a,b}", "a\\b", "a\nb", "a\u202eb"])
def test_a_name_that_would_mean_something_else_is_left_out_and_told(machine: Machine, name: str) -> None:
    fence = {**IN_JSON, "set": (), "add": (FencedItem(at=("deny",), item="{relative}"),)}
    fenced = fenced_in(machine, fence, [name, ".env"])
    assert json.loads(fenced.after) == {"deny": [".env"]}
    shown = name.replace("\n", "\\n").replace("\u202e", "\\u202e")
    assert fenced.remains.endswith(f"Left out, because the name would be read as a pattern: {shown}.")


def test_a_name_is_left_out_only_if_what_is_written_of_it_is_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "[x]").mkdir()
    machine = machine_in(tmp_path / "[x]")
    fence = {**IN_JSON, "set": (), "add": (FencedItem(at=("deny",), item="{relative}"),)}
    assert json.loads(fenced_in(machine, fence, [".env"]).after) == {"deny": [".env"]}


def test_a_fence_says_where_it_is_enforced(machine: Machine) -> None:
    everywhere = fenced_in(machine, IN_JSON)
    elsewhere = fenced_in(machine, {**IN_JSON, "systems": ("macos",)})
    here = fenced_in(machine, {**IN_JSON, "systems": ("linux", "macos")})
    assert [each.enforced_here for each in (everywhere, elsewhere, here)] == [True, False, True]


def test_a_folder_that_is_not_known_is_a_problem(machine: Machine) -> None:
    fenced = fenced_in(machine, {**IN_JSON, "file": "{runtime}/settings.json"}, ["~/x"])
    assert (fenced.path, fenced.shown) == ("", "{runtime}/settings.json")
    assert fenced.problem == "lies in a folder that is not known here"


def test_of_several_places_the_one_that_is_there_is_taken(machine: Machine) -> None:
    existing = Path(machine.expand("{code}/settings.json")[2])
    existing.parent.mkdir(parents=True)
    existing.write_text("{}")
    fenced = fence_of(agent_with(**{**IN_JSON, "file": "{code}/settings.json"}), machine, [], [])
    assert fenced is not None
    assert fenced.path == str(existing)


@pytest.mark.parametrize(
    "wrong",
    [
        {"set": (Assignment(at=("a",), value="not JSON"),)},
        {"set": (Assignment(at=(), value="1"),)},
        {"set": (Assignment(at=("sandbox",), value="1"),)},
        {"format": Format.INI},
    ],
)
def test_an_agent_file_that_contradicts_itself_is_named(machine: Machine, wrong: Mapping[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"rules/agents/agent\.yaml: fence"):
        fenced_in(machine, {**IN_JSON, **wrong}, ["~/x"])


# --- TOML, YAML and lines


def test_a_toml_file_keeps_its_comments_and_order(machine: Machine) -> None:
    before = (
        "# mine\n"
        'model = "x" # good\n'
        'default_permissions = "other" # why\n'
        "\n"
        "[environment]\n"
        "exclude = [\n"
        '  "A", # first\n'
        "]\n"
        "\n"
        "[permissions.scopeaudit.filesystem]\n"
        '":roots" = { "." = "write" } # all of it\n'
        "\n"
        "[zoo]\n"
        "x = 1\n"
    )
    fenced = fenced_in(machine, IN_TOML, ["~/.netrc", ".env"], ["B"], before=before)
    assert fenced.problem is None
    assert tomllib.loads(fenced.after) == {
        "model": "x",
        "default_permissions": "scopeaudit",
        "environment": {"exclude": ["A", "B"]},
        "permissions": {
            "scopeaudit": {"filesystem": {":roots": {".": "write", ".env": "deny"}, "~/.netrc": "deny"}}
        },
        "zoo": {"x": 1},
    }
    kept = ["# mine", 'model = "x" # good', 'default_permissions = "scopeaudit" # why', '  "A", # first']
    assert [line for line in fenced.after.splitlines() if line in kept] == kept
    assert "# all of it" in fenced.after
    assert difference(fenced) == (
        "~/.agent/config.toml\n"
        "- default_permissions: another value\n"
        '+ default_permissions: "scopeaudit"\n'
        '+ permissions.scopeaudit.filesystem."~/.netrc": "deny"\n'
        '+ permissions.scopeaudit.filesystem.":roots".".env": "deny"\n'
        '+ environment.exclude: "B"\n'
    )


def test_a_missing_toml_file_is_made(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_TOML, ["~/.netrc", ".env"], ["B"])
    assert fenced.after == (
        'default_permissions = "scopeaudit"\n'
        "\n"
        "[permissions.scopeaudit.filesystem]\n"
        '"~/.netrc" = "deny"\n'
        "\n"
        '[permissions.scopeaudit.filesystem.":roots"]\n'
        '".env" = "deny"\n'
        "\n"
        "[environment]\n"
        'exclude = ["B"]\n'
    )


def test_lines_of_windows_stay_in_toml(machine: Machine) -> None:
    after = fenced_in(
        machine, IN_TOML, ["~/.a", "~/.b"], ["B", "C"], before="x = 1\r\n[y]\r\nz = 2\r\n"
    ).after
    assert after.count("\n") == after.count("\r\n") > 6


def test_toml_lists_of_tables_grow(machine: Machine) -> None:
    fence = {**IN_TOML, "set": (), "add": (replace(VARIABLES, at=("rules",)),)}
    before = '[[rules]]\nname = "A"\nmode = "deny"\n\n[other]\nx = 1\n'
    fenced = fenced_in(machine, fence, [], ["A", "B"], before=before)
    assert fenced.problem is None
    assert tomllib.loads(fenced.after) == {
        "rules": [{"name": "A", "mode": "deny"}, {"name": "B", "mode": "deny"}],
        "other": {"x": 1},
    }


def test_a_value_behind_a_table_still_belongs_where_it_should(machine: Machine) -> None:
    fence = {**IN_TOML, "add": IN_TOML["add"][1::-1]}
    fenced = fenced_in(machine, fence, ["~/.netrc", ".env"], before="[zoo]\nx = 1\n")
    assert fenced.problem is None
    assert tomllib.loads(fenced.after) == {
        "default_permissions": "scopeaudit",
        "zoo": {"x": 1},
        "permissions": {"scopeaudit": {"filesystem": {":roots": {".env": "deny"}, "~/.netrc": "deny"}}},
    }


@pytest.mark.parametrize("depth", [50, *range(100, 1100, 100), 3000])
@pytest.mark.parametrize("form", ["lists", "tables", "dotted", "heading"])
def test_deep_nesting_never_ends_the_run(machine: Machine, depth: int, form: str) -> None:
    before = {
        "lists": f"x = {'[' * depth}{']' * depth}\n",
        "tables": f"x = {'{a=' * depth}1{'}' * depth}\n",
        "dotted": f"x{'.x' * depth} = 1\n",
        "heading": f"[x{'.x' * depth}]\n",
    }[form]
    problem = fenced_in(machine, IN_TOML, ["~/x"], before=before).problem
    assert problem is None or problem in (
        "is nested too deeply",
        "is written in a way that cannot be added to",
    )


def test_invalid_toml_is_a_problem(machine: Machine) -> None:
    assert fenced_in(machine, IN_TOML, before="x = \n").problem == "is not valid TOML"


def test_yaml_is_made_and_never_rewritten(machine: Machine) -> None:
    fence = {**IN_JSON, "file": "~/.agent/config.yaml", "format": Format.YAML}
    new = fenced_in(machine, fence, ["~/.a"])
    assert new.after == "sandbox:\n  enabled: true\n  filesystem:\n    denyRead:\n    - ~/.a\n"
    there = fenced_in(machine, fence, ["~/.a"], before=new.after)
    assert (there.problem, there.changes) == (None, ())
    other = fenced_in(machine, fence, ["~/.a"], before="x: 1 # mine\n")
    assert (other.problem, other.after) == ("is YAML, which is not rewritten", new.after)


def test_lines_are_added_under_one_heading(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_LINES, ["b/.env", "a/.env", "~/.netrc"], before="# mine\n/b/.env  \nlog")
    assert fenced.after == f"# mine\n/b/.env  \nlog\n{HEADING}\n/a/.env\n"
    assert difference(fenced) == f".agentignore\n+ {HEADING}\n+ /a/.env\n"
    write(fenced)
    assert fenced_in(machine, IN_LINES, ["c", "a/.env"]).after == fenced.after + "/c\n"


def test_a_line_that_is_taken_back_later_is_written_again(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_LINES, [".env"], before=f"{HEADING}\n/.env\n!/.env\n")
    assert fenced.after == f"{HEADING}\n/.env\n!/.env\n/.env\n"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("app/[id]/*?.env", "/app/\\[id]/\\*\\?.env"),
        ("a\\b", "/a\\\\b"),
        ("end  ", "/end\\ \\ "),
        ("!x", "/!x"),
    ],
)
def test_a_name_in_an_ignore_file_means_itself(machine: Machine, name: str, line: str) -> None:
    fenced = fenced_in(machine, IN_LINES, [name])
    assert fenced.after == f"{HEADING}\n{line}\n"
    write(fenced)
    assert fenced_in(machine, IN_LINES, [name]).changes == ()


@pytest.mark.parametrize("name", ["!x", "#x"])
def test_a_line_does_not_begin_with_a_sign(machine: Machine, name: str) -> None:
    fence = {**IN_LINES, "add": (replace(LINES, item="{relative}"),)}
    assert fenced_in(machine, fence, [name]).after == f"{HEADING}\n\\{name}\n"


# --- Nothing of the file is told


def test_no_secret_of_the_file_is_shown(machine: Machine) -> None:
    before = json.dumps({"env": {"T": TOKEN, TOKEN: 1}, "sandbox": {"enabled": TOKEN, TOKEN: [TOKEN]}})
    fenced = fenced_in(machine, IN_JSON, ["~/.netrc"], before=before)
    assert fenced.problem is None
    assert TOKEN in fenced.after
    assert TOKEN not in difference(fenced)
    assert TOKEN not in repr(fenced)
    assert "- sandbox.enabled: another value\n+ sandbox.enabled: true\n" in difference(fenced)


@pytest.mark.parametrize(
    ("fence", "before"),
    [
        (IN_JSON, f'{{"sandbox": "{TOKEN}"}}'),
        (IN_JSON, f'{{"{TOKEN}": '),
        (IN_JSON, f'{{"a": 1, "{TOKEN}": 1, "{TOKEN}": 2, "sandbox": {TOKEN}}}'),
        (IN_TOML, f"permissions = '{TOKEN}'\n"),
        (IN_TOML, f"{TOKEN} = \n"),
        ({**IN_JSON, "format": Format.YAML}, f"sandbox: {TOKEN}\n"),
        ({**IN_JSON, "format": Format.YAML}, f"x: {TOKEN}\n"),
    ],
)
def test_no_secret_is_in_a_problem(machine: Machine, fence: Mapping[str, Any], before: str) -> None:
    fenced = fenced_in(machine, fence, ["~/.netrc"], before=before)
    assert fenced.problem is not None
    assert TOKEN not in fenced.problem + fenced.after + difference(fenced) + repr(fenced)
    with pytest.raises(UsageError) as raised:
        write(fenced)
    assert TOKEN not in str(raised.value)


def test_what_a_terminal_would_obey_is_escaped(machine: Machine) -> None:
    fence = {**IN_JSON, "set": (Assignment(at=("a\x1b[2J", "b.c"), value='"\\u202e"'),)}
    assert difference(fenced_in(machine, fence)) == (
        '~/.agent/settings.json (new file)\n+ "a\\u001b[2J"."b.c": "\\u202e"\n'
    )


# --- Writing


def test_writing_makes_folders_and_leaves_nothing_else_behind(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON, ["~/.netrc"])
    write(fenced)
    assert Path(fenced.path).read_text() == fenced.after
    assert [each.name for each in Path(fenced.path).parent.iterdir()] == ["settings.json"]
    assert fenced_in(machine, IN_JSON, ["~/.netrc"]).changes == ()


@pytest.mark.skipif(os.name == "nt", reason="has no modes")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o660])
def test_writing_keeps_the_mode(machine: Machine, mode: int) -> None:
    fenced = fenced_in(machine, IN_JSON, before="{}")
    Path(fenced.path).chmod(mode)
    write(fenced)
    assert stat.S_IMODE(Path(fenced.path).stat().st_mode) == mode
    assert Path(fenced.path).read_text() == fenced.after


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root gives files away")
def test_writing_keeps_the_owner(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON, before="{}")
    os.chown(fenced.path, 1234, 4321)
    write(fenced)
    status = Path(fenced.path).stat()
    assert (status.st_uid, status.st_gid) == (1234, 4321)


@pytest.mark.parametrize("now", ['{"other": 1}', None])
def test_a_file_that_has_changed_since_is_not_written(machine: Machine, now: str | None) -> None:
    fenced = fenced_in(machine, IN_JSON, before="{}")
    path = Path(fenced.path)
    path.unlink()
    if now is not None:
        path.write_text(now)
    with pytest.raises(UsageError):
        write(fenced)
    assert [each.read_text() for each in path.parent.iterdir()] == ([] if now is None else [now])


def test_a_file_that_has_come_into_being_since_is_not_written(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON)
    path = Path(fenced.path)
    path.parent.mkdir()
    path.write_text("{}")
    with pytest.raises(UsageError, match="has changed since it was read"):
        write(fenced)
    assert [each.read_text() for each in path.parent.iterdir()] == ["{}"]


@pytest.mark.parametrize("link", [".agent", ".agent/settings.json"])
@pytest.mark.parametrize("inside", [False, True])
def test_no_link_in_the_scanned_folder_is_followed(machine: Machine, link: str, inside: bool) -> None:
    fence = {**IN_JSON, "file": "{project}/.agent/settings.json"}
    other = (machine.project if inside else machine.home) / "other"
    other.mkdir()
    victim = other / "settings.json"
    victim.write_text(json.dumps({"token": TOKEN}))
    (machine.project / link).parent.mkdir(exist_ok=True)
    (machine.project / link).symlink_to(other if link == ".agent" else victim)
    fenced = fenced_in(machine, fence)
    assert fenced.problem is not None
    assert "symbolic link" in fenced.problem
    assert fenced.before is None
    assert TOKEN not in fenced.after
    with pytest.raises(UsageError, match="symbolic link"):
        write(replace(fenced, problem=None, before=victim.read_text(), after="gone"))
    assert json.loads(victim.read_text()) == {"token": TOKEN}


@pytest.mark.parametrize("before", ["{}", None])
def test_a_link_that_is_laid_later_is_not_followed(machine: Machine, before: str | None) -> None:
    fence = {**IN_JSON, "file": "{project}/.agent/settings.json"}
    fenced = fenced_in(machine, fence, before=before)
    assert fenced.problem is None
    if before is not None:
        Path(fenced.path).unlink()
        Path(fenced.path).parent.rmdir()
    (machine.home / "other").mkdir()
    (machine.home / "other" / "settings.json").write_text("{}")
    Path(fenced.path).parent.symlink_to(machine.home / "other")
    with pytest.raises(UsageError, match="symbolic link"):
        write(fenced)
    assert [each.read_text() for each in (machine.home / "other").iterdir()] == ["{}"]


def test_no_folder_is_made_behind_a_link(machine: Machine) -> None:
    fence = {**IN_JSON, "file": "{project}/.agent/deep/settings.json"}
    fenced = fenced_in(machine, fence)
    (machine.home / "other").mkdir()
    (machine.project / ".agent").symlink_to(machine.home / "other")
    with pytest.raises(UsageError, match="symbolic link"):
        write(fenced)
    assert list((machine.home / "other").iterdir()) == []


def test_a_link_of_the_person_stays_a_link(machine: Machine) -> None:
    (machine.home / "dotfiles").mkdir()
    real = machine.home / "dotfiles" / "agent.json"
    real.write_text('{"x": 1}')
    (machine.home / ".agent").mkdir()
    (machine.home / ".agent" / "settings.json").symlink_to(real)
    write(fenced_in(machine, IN_JSON))
    assert (machine.home / ".agent" / "settings.json").is_symlink()
    assert json.loads(real.read_text()) == {"x": 1, "sandbox": {"enabled": True}}


@pytest.mark.parametrize("link", [".agent", ".agent/settings.json"])
def test_no_link_out_of_the_home_folder_is_followed(machine: Machine, link: str) -> None:
    other = machine.home.parent / "other"
    other.mkdir()
    victim = other / "settings.json"
    victim.write_text(json.dumps({"token": TOKEN}))
    (machine.home / link).parent.mkdir(exist_ok=True)
    (machine.home / link).symlink_to(other if link == ".agent" else victim)
    fenced = fenced_in(machine, IN_JSON)
    assert "symbolic link out of the folder" in (fenced.problem or "")
    assert (fenced.before, TOKEN in fenced.after) == (None, False)
    with pytest.raises(UsageError, match="symbolic link"):
        write(replace(fenced, problem=None, before=victim.read_text(), after="gone"))
    assert json.loads(victim.read_text()) == {"token": TOKEN}


def test_a_link_that_is_laid_later_out_of_the_home_folder_is_not_followed(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON)
    (machine.home.parent / "other").mkdir()
    Path(fenced.path).parent.symlink_to(machine.home.parent / "other")
    with pytest.raises(UsageError, match="symbolic link"):
        write(fenced)
    assert list((machine.home.parent / "other").iterdir()) == []


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (Path.mkdir, "could not be read: Is a directory"),
        (_pipe, "is not a regular file"),
        (lambda path: path.write_bytes(b"{} // \xff"), "is not UTF-8 text"),
        (lambda path: path.write_bytes(b" " * (FILE_LIMIT_BYTES + 1)), "is larger than 512 KiB"),
    ],
    ids=["folder", "pipe", "bytes", "large"],
)
@pytest.mark.skipif(os.name == "nt", reason="other words, no pipes")
def test_what_is_no_text_file_is_a_problem(machine: Machine, make: Any, problem: str) -> None:
    (machine.home / ".agent").mkdir()
    make(machine.home / ".agent" / "settings.json")
    assert fenced_in(machine, IN_JSON).problem == problem


def test_a_file_where_a_folder_belongs_is_a_problem(machine: Machine) -> None:
    (machine.home / ".agent").write_text("")
    assert fenced_in(machine, IN_JSON).problem == "could not be read: Not a directory"


def test_what_cannot_be_written_is_told(machine: Machine) -> None:
    fenced = fenced_in(machine, IN_JSON)
    (machine.home / ".agent").write_text("")
    with pytest.raises(UsageError, match=r"~/\.agent/settings\.json: could not be written: "):
        write(fenced)


def test_nothing_new_is_not_written(machine: Machine) -> None:
    fenced = fenced_in(machine, {**IN_JSON, "set": ()})
    write(fenced)
    assert not Path(fenced.path).exists()


# --- Whatever the file holds

NAMES = st.sampled_from(["~/.a", "~/.b/c d", ".env", "sub/.env", "/etc/t#", '~/"q"'])
ENVIRONMENT = st.sampled_from(["A", "B_TOKEN"])
KEYS = st.sampled_from(
    ["sandbox", "enabled", "filesystem", "denyRead", "credentials", "envVars", "ö", '"', "//"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 99),
    st.sampled_from(["", "~/.a", "/* x", "a//b", ",]", "\\", '"', "é\u2028"]),
)
ELEMENTS = st.one_of(
    st.sampled_from(["~/.a", "/*", ","]),
    st.fixed_dictionaries({"name": st.sampled_from(["A", "C"]), "mode": st.sampled_from(["deny", "mask"])}),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=4), st.lists(st.one_of(inner, ELEMENTS), max_size=3)
    ),
    max_leaves=12,
)
FITTING = st.fixed_dictionaries(
    {},
    optional={
        "z": TREES,
        "sandbox": st.fixed_dictionaries(
            {},
            optional={
                "enabled": SCALARS,
                "ö": TREES,
                "filesystem": st.fixed_dictionaries(
                    {}, optional={"denyRead": st.lists(ELEMENTS), "y": TREES}
                ),
                "credentials": st.fixed_dictionaries({}, optional={"envVars": st.lists(ELEMENTS)}),
            },
        ),
        "permissions": st.fixed_dictionaries({}, optional={"deny": st.lists(ELEMENTS)}),
    },
)
BLANKS = st.sampled_from(
    ["", "", "", " ", "\n", "\n  ", "\n\t", "\r\n    ", " // c,]}\n", '/* "d" */', "\n// e\n  ", "/**/\n"]
)
EVERYTHING: Mapping[str, Any] = {**IN_JSON, "add": (DENY_READ, DENY, VARIABLES)}


@st.composite
def written_json(draw: st.DrawFn, content: Any) -> str:
    """A text that holds `content`, with blanks, comments and last commas anywhere."""

    def parts(value: Any) -> Iterator[str]:
        if isinstance(value, dict | list):
            opener, closer = "{}" if isinstance(value, dict) else "[]"
            yield opener
            for position, each in enumerate(value):
                yield draw(BLANKS)
                if isinstance(value, dict):
                    yield from (json.dumps(each, ensure_ascii=draw(st.booleans())), draw(BLANKS), ":")
                    yield draw(BLANKS)
                    each = value[each]
                yield from parts(each)
                yield draw(BLANKS)
                if position < len(value) - 1 or draw(st.integers(0, 5)) == 0:
                    yield ","
            yield from (draw(BLANKS), closer)
        else:
            yield json.dumps(value, ensure_ascii=draw(st.booleans()))

    return "".join((draw(BLANKS), *parts(content), draw(BLANKS)))


def read_json(text: str) -> Any:
    """The content, by a reader that has nothing in common with the one under test but the standard library."""
    plain, position = "", 0
    while position < len(text):
        end = position + 1
        if text[position] == '"':
            _, end = json.decoder.scanstring(text, position + 1)
            plain += text[position:end]
        elif text.startswith("//", position):
            end = text.find("\n", position)
        elif text.startswith("/*", position):
            end = text.index("*/", position) + 2
        elif text[position] in "}]":
            plain = plain.rstrip().removesuffix(",") + text[position]
        else:
            plain += text[position]
        position = end
    return json.loads(plain)


def is_part(short: str, long: str) -> bool:
    """Whether all characters of a text, but for white space, are in the other, in their order."""
    rest = iter(long)
    return all(character in rest for character in "".join(short.split()))


@settings(deadline=None, max_examples=150)
@given(
    data=st.data(),
    content=st.one_of(FITTING, st.dictionaries(KEYS, TREES, max_size=4)),
    paths=st.lists(NAMES),
    variables=st.lists(ENVIRONMENT),
)
def test_a_json_file_only_grows_and_only_once(
    data: st.DataObject, content: dict[str, Any], paths: list[str], variables: list[str]
) -> None:
    before = data.draw(written_json(content))
    assert read_json(before) == content
    with tempfile.TemporaryDirectory() as folder:
        machine = machine_in(Path(folder))
        fenced = fenced_in(machine, EVERYTHING, paths, variables, before=before)
        if fenced.problem is not None:
            assert fenced.problem.startswith("has a ")
            return
        replaced = content.get("sandbox", {}).get("enabled", True)
        assert (replaced is not True) == any(change.replaces for change in fenced.changes)
        if replaced is True:
            assert is_part(before, fenced.after)
        after = read_json(fenced.after)
        assert without_fence(after) == without_fence(content)
        assert after["sandbox"]["enabled"] is True
        for at, wanted in (
            (("sandbox", "filesystem", "denyRead"), [home_of(each, machine) for each in paths]),
            (("permissions", "deny"), [f"Read(/{machine.absolute(each)})" for each in paths]),
        ):
            old, new = at_keys(content, at), at_keys(after, at)
            assert new[: len(old)] == old
            assert new[len(old) :] == sorted(set(wanted) - {each for each in old if isinstance(each, str)})
        for name in variables:
            assert any(
                each["name"] == name for each in at_keys(after, VARIABLES.at) if isinstance(each, dict)
            )
        assert_settled(machine, EVERYTHING, paths, variables, fenced)


def home_of(path: str, machine: Machine) -> str:
    return path if path.startswith(("~", "/")) else f"{machine.project}/{path}"


def at_keys(content: Any, at: Sequence[str]) -> list[Any]:
    for key in at:
        content = content.get(key, {}) if isinstance(content, dict) else {}
    return content if isinstance(content, list) else []


def without_fence(content: dict[str, Any]) -> dict[str, Any]:
    """What a file holds besides all that the fence may touch."""
    content = json.loads(json.dumps(content))
    for at in (DENY_READ.at, DENY.at, VARIABLES.at, ENABLED.at):
        parent: Any = content
        for key in at[:-1]:
            parent = parent.setdefault(key, {}) if isinstance(parent, dict) else None
        if isinstance(parent, dict):
            parent.pop(at[-1], None)
    return dict(content)


def assert_settled(
    machine: Machine,
    fence: Mapping[str, Any],
    paths: Sequence[str],
    variables: Sequence[str],
    fenced: Fenced,
) -> None:
    again = fenced_in(machine, fence, paths[::-1], variables[::-1], before=fenced.after)
    assert (again.problem, again.changes, again.after) == (None, (), fenced.after)
    assert again.remains == fenced.remains


TOML_VALUES = st.one_of(
    st.booleans(),
    st.integers(-9, 99),
    st.sampled_from(["", "deny", "# no comment", "é"]),
    st.lists(st.sampled_from(["A", "x"]), max_size=3),
)
TOML_FILES = st.fixed_dictionaries(
    {},
    optional={
        "default_permissions": st.sampled_from(["scopeaudit", "other"]),
        "z": TOML_VALUES,
        "environment": st.fixed_dictionaries(
            {}, optional={"y": TOML_VALUES, "exclude": st.lists(st.sampled_from(["A", "C*"]), max_size=2)}
        ),
        "permissions": st.dictionaries(
            st.sampled_from(["scopeaudit", "mine"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "filesystem": st.fixed_dictionaries(
                        {},
                        optional={
                            "~/.a": st.sampled_from(["deny", "read"]),
                            "depth": st.integers(0, 9),
                            ":roots": st.dictionaries(st.sampled_from([".env", "."]), st.just("deny")),
                        },
                    ),
                    "network": st.dictionaries(st.sampled_from(["enabled", "a b"]), TOML_VALUES),
                },
            ),
            max_size=2,
        ),
    },
)


@st.composite
def written_toml(draw: st.DrawFn, content: dict[str, Any]) -> str:
    """A text that holds `content`: as tables, dotted keys or inline, in lines with comments."""
    comments = st.sampled_from(["", "", " # c", "\n\n# d", "\n"])
    headed: list[str] = []

    def key_of(names: tuple[str, ...]) -> str:
        return ".".join(json.dumps(name, ensure_ascii=False) for name in names)

    def inline(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key_of((key,))} = {inline(value[key])}" for key in value) + " }"
        if isinstance(value, list) and draw(st.booleans()):
            return "[" + "".join(f"\n  {inline(each)}, # e" for each in value) + "\n]"
        return json.dumps(value, ensure_ascii=False)

    def lines(table: dict[str, Any], at: tuple[str, ...], above: tuple[str, ...]) -> Iterator[str]:
        for key, value in table.items():
            style = draw(st.integers(0, 3)) if isinstance(value, dict) else 0
            if isinstance(value, dict) and value and style == 1:
                yield from lines(value, (*at, key), above)
            elif isinstance(value, dict) and style > 1 and not at:
                body = "".join(lines(value, (), (*above, key)))
                headed.append(f"[{key_of((*above, key))}]{draw(comments)}\n{body}")
            else:
                yield f"{key_of((*at, key))} = {inline(value)}{draw(comments)}\n"

    top = "".join(lines(content, (), ()))
    return top + "".join(draw(st.permutations(headed)))


@settings(deadline=None, max_examples=150)
@given(data=st.data(), content=TOML_FILES, paths=st.lists(NAMES), variables=st.lists(ENVIRONMENT))
def test_a_toml_file_only_grows_and_only_once(
    data: st.DataObject, content: dict[str, Any], paths: list[str], variables: list[str]
) -> None:
    before = data.draw(written_toml(content))
    assert tomllib.loads(before) == content
    with tempfile.TemporaryDirectory() as folder:
        machine = machine_in(Path(folder))
        fenced = fenced_in(machine, IN_TOML, paths, variables, before=before)
        if fenced.problem is not None:
            # tomlkit cannot do everything; then nothing is done.
            assert fenced.problem.startswith(("is written in a way", "cannot be changed"))
            return
        after = tomllib.loads(fenced.after)
        assert after["default_permissions"] == "scopeaudit"
        filesystem = after.get("permissions", {}).get("scopeaudit", {}).get("filesystem", {})
        for path in paths:
            mapping = filesystem if path[0] in "~/" else filesystem[":roots"]
            assert mapping[path] == "deny"
        if variables:
            assert set(variables) <= set(after["environment"]["exclude"])
        assert covers(after, content)
        assert all(f"# {mark}" in fenced.after for mark in "cde" if f"# {mark}" in before)
        assert fenced.after.count("#") == before.count("#") + sum("#" in path for path in {*paths}) * (
            "/etc/t#" not in json.dumps(content)
        )
        assert_settled(machine, IN_TOML, paths, variables, fenced)


def covers(new: Any, old: Any) -> bool:
    """Whether all that was there is there, besides values the fence sets."""
    if isinstance(old, dict):
        return all(key in new and covers(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return bool(new[: len(old)] == old)
    return new == old or new in ("deny", "scopeaudit")


def test_ordinary_toml_is_never_a_problem(machine: Machine) -> None:
    """Whoever excuses every file would pass the property above."""
    for before in (
        'model = "x"\n',
        "[projects.'/a']\ntrust_level = 'trusted'\n\n[mcp_servers.x]\ncommand = 'y'\nenv = { A = 'b' }\n",
        '[permissions.scopeaudit.filesystem]\n"~/.ssh" = "deny"\n[tui]\nx = true\n',
        '[permissions.mine.filesystem]\n"~/.ssh" = "deny"\n[tui]\nx = true\n[permissions.other.network]\ny = 1\n',
        'environment.exclude = ["X"]\n[tui]\nx = true\n',
    ):
        assert fenced_in(machine, IN_TOML, ["~/.netrc", ".env"], ["A"], before=before).problem is None


@settings(deadline=None)
@given(
    lines=st.lists(st.sampled_from(["", "# x", "/.env", "!/.env", "!x", HEADING, "log ", "/sub/.env\r"])),
    end=st.booleans(),
    paths=st.lists(NAMES),
)
def test_an_ignore_file_only_grows_and_only_once(lines: list[str], end: bool, paths: list[str]) -> None:
    before = "\n".join(lines) + ("\n" if end else "")
    with tempfile.TemporaryDirectory() as folder:
        machine = machine_in(Path(folder))
        fenced = fenced_in(machine, IN_LINES, paths, before=before)
        assert fenced.after.startswith(before)
        written = [line.rstrip() for line in fenced.after.split("\n")]
        last = max((number for number, line in enumerate(written) if line.startswith("!")), default=-1)
        inside = {f"/{path}" for path in paths if path[0] not in "~/"}
        assert inside <= set(written[last + 1 :])
        assert_settled(machine, IN_LINES, paths, (), fenced)


# --- The agents

FENCED = [each for each in KNOWN.agents if each.fence]


@pytest.mark.parametrize("agent", FENCED, ids=lambda agent: agent.id)
def test_the_fence_of_every_agent_can_be_built_and_read_again(agent: Agent, machine: Machine) -> None:
    assert agent.fence is not None
    assert "*" not in agent.fence.file
    assert set(agent.fence.systems) <= {system.value for system in System}
    for system in System:
        here = replace(machine, system=system, root=machine.home / "root")
        paths = [str(machine.project / ".env"), str(machine.home / ".netrc")]
        fenced = fence_of(agent, here, paths, ["A_TOKEN"])
        assert fenced is not None
        assert fenced.problem is None
        assert fenced.changes
        assert len(difference(fenced).splitlines()) == len(fenced.changes) + 1
        write(fenced)
        again = fence_of(agent, here, paths, ["A_TOKEN"])
        assert again is not None
        assert (again.problem, again.changes) == (None, ())
        Path(fenced.path).unlink()


@pytest.mark.parametrize("agent", FENCED, ids=lambda agent: agent.id)
def test_with_its_fence_an_agent_has_none_of_the_ways_left_that_it_closes(
    agent: Agent, machine: Machine
) -> None:
    assert agent.fence is not None
    system = System(next(iter(agent.fence.systems), System.LINUX))
    here = replace(machine, system=system, variables={"A_TOKEN": "x"}, root=machine.home / "root")
    paths = [str(machine.project / ".env"), str(machine.home / ".netrc")]
    fenced = fence_of(agent, here, paths, ["A_TOKEN"])
    assert fenced is not None
    write(fenced)
    view = AgentView(agent, here, [])
    for location in (
        Location(Source.TREE, ".env", 1, 1),
        Location(Source.HOME, "~/.netrc", 1, 1),
        Location(Source.ENVIRONMENT, "env:A_TOKEN"),
    ):
        reach = view.reach(location)
        assert reach is not None
        assert not {*reach.open, *reach.asking} & {*fenced.closes}, location.path
