"""Every agent: golden cases that a reader can check against the documentation each of them names.

A case is a home folder and a project; `expect` says for places in them which ways are open, which ask a person
first, what closes a way, and what only looks as if it did.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scopeaudit.catalogue.places import System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.context import Denial, Reach, Server
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.agents.effective import AgentView
from scopeaudit.reach.agents.fence import fence_of, write
from scopeaudit.reach.agents.servers import read_servers
from scopeaudit.reach.machine import Machine

FIXTURES = Path(__file__).parents[2] / "fixtures" / "agents"
KNOWN = load_surroundings(load_rules())
FILES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FIXTURES.glob("*.yaml"))}
CASES = [
    pytest.param(file["agent"], case, id=f"{file['agent']}-{case['name']}")
    for file in FILES.values()
    for case in file["cases"]
]


def machine_of(case: Mapping[str, Any], folder: Path) -> Machine:
    for name in ("home", "project", "system"):
        (folder / name).mkdir()
    for place in ("home", "project"):
        for path, content in case.get(place, {}).items():
            written(folder / place / path, content, folder)
    for path, content in case.get("files", {}).items():
        written(folder / "system" / path.lstrip("/"), content, folder)
    variables = {name: filled(str(value), folder) for name, value in case.get("env", {}).items()}
    system = System(case.get("system", "linux"))
    return Machine(folder / "home", folder / "project", system, variables, folder / "system")


def written(path: Path, content: str, folder: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(filled(content, folder))


def filled(text: str, folder: Path) -> str:
    """`{project}` and `{home}` are the absolute paths of the two."""
    for name in ("project", "home"):
        text = text.replace(f"{{{name}}}", str(folder / name))
    return expand(text)


def view_of(agent_id: str, machine: Machine) -> AgentView:
    agent = KNOWN.agent(agent_id)
    assert agent is not None
    servers = [each for each in read_servers(agent, machine, KNOWN.servers) if isinstance(each, Server)]
    return AgentView(agent, machine, servers)


def location_of(at: str) -> Location:
    path, _, line = at.partition(":") if not at.startswith("env:") else (at, "", "")
    if path.startswith("env:"):
        return Location(Source.ENVIRONMENT, path)
    source = Source.HOME if path.startswith(("~", "/")) else Source.TREE
    return Location(source, path, int(line or 1), 1)


def told(denial: Denial) -> str:
    place = "built in" if not denial.path else denial.path + (f":{denial.line}" if denial.line else "")
    return f"{denial.mechanism} {denial.rule} ({place})"


@pytest.mark.parametrize(("agent_id", "case"), CASES)
def test_a_case_comes_out_as_documented(agent_id: str, case: Mapping[str, Any], tmp_path: Path) -> None:
    view = view_of(agent_id, machine_of(case, tmp_path))
    for expected in case["expect"]:
        reach = view.reach(location_of(expected["at"]))
        assert isinstance(reach, Reach)
        assert {
            "at": expected["at"],
            "open": [way.value for way in reach.open],
            "asking": [way.value for way in reach.asking],
            "denied-by": sorted({denial.mechanism for denial in reach.denied_by}),
            "advisory": sorted(told(denial) for denial in reach.advisory),
        } == {
            "at": expected["at"],
            "open": expected.get("open", []),
            "asking": expected.get("asking", []),
            "denied-by": sorted(set(expected.get("denied-by", []))),
            "advisory": sorted(filled(each, tmp_path) for each in expected.get("advisory", [])),
        }
    for expected in case.get("servers", []):
        [server] = [each for each in view.servers if each.name == expected["name"]]
        assert server.path == expected["path"]
        assert server.line == expected["line"]
        for held in expected.get("holds", []):
            reach = view.reach(location_of(held))
            assert reach is not None
            assert "server" in {way.value for way in (*reach.open, *reach.asking)}
    assert not view.gaps


@pytest.mark.parametrize("agent", KNOWN.agents, ids=lambda agent: agent.id)
def test_every_agent_has_cases(agent: Any) -> None:
    assert FILES[agent.id]["agent"] == agent.id
    assert FILES[agent.id]["cases"]


@pytest.mark.parametrize("agent", KNOWN.agents, ids=lambda agent: agent.id)
def test_every_agent_has_a_fence_or_says_what_else(agent: Any) -> None:
    assert (agent.fence is None) != (agent.no_fence is None)


MOVED_FENCES = [each for each in KNOWN.agents if each.fence is not None and each.fence.moved]


@pytest.mark.parametrize("agent", MOVED_FENCES, ids=lambda agent: agent.id)
def test_a_fence_is_written_where_the_agent_then_looks(agent: Any, tmp_path: Path) -> None:
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    system = System(next(iter(agent.fence.systems), "linux"))
    for value in (str(tmp_path / "home" / "moved"), "~/moved"):
        variables = {agent.fence.moved[0].variable: value}
        machine = Machine(tmp_path / "home", tmp_path / "project", system, variables)
        fenced = fence_of(agent, machine, [str(tmp_path / "home" / ".netrc")], ["A_TOKEN"])
        assert fenced is not None
        assert fenced.path.startswith(str(tmp_path / "home" / "moved"))
    write(fenced)
    assert [layer.path for layer in AgentView(agent, machine).settings.layers] == [fenced.path]
