"""Incidents in which the way to a credential was the point, each with its clean twin."""

import json
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from scopeaudit.catalogue.templates import expand

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reach"
CASES = [
    pytest.param(path.stem, which, id=f"{path.stem}-{which}")
    for path in sorted(FIXTURES.glob("*.yaml"))
    for which in ("incident", "twin")
]


def written(folder: Path, files: Mapping[str, str], project: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(expand(content.replace("{project}", str(project))))


def place(location: Mapping[str, Any]) -> str:
    return location["path"] + (f":{location['line']}" if location["line"] else "")


@pytest.mark.parametrize(("name", "which"), CASES)
def test_the_incident_is_found_and_its_twin_is_not(program, folder, name, which):
    file = yaml.safe_load((FIXTURES / f"{name}.yaml").read_text())
    case = file[which]
    written(program.home, case["home"], folder)
    written(folder, case["project"], folder)
    variables = {name: expand(value) for name, value in case.get("env", {}).items()}
    with ExitStack() as stack:
        for variable, at in case.get("sockets", {}).items():
            listening = stack.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(str(program.home / at))
            variables[variable] = str(program.home / at)
        result = program(
            "scan",
            str(folder),
            "--offline",
            "--agent",
            file["agent"],
            "--format",
            "json",
            environment=variables,
        )
    assert result.returncode in (0, 1), result.stderr
    report, expected = json.loads(result.stdout), case["expect"]
    credentials = report["credentials"]
    assert [
        f"{each['provider']} {each['found_as']} {place(each['locations'][-1])}" for each in credentials
    ] == expected["credentials"]
    assert all(each["reach"][0]["by"] == expected["by"] for each in credentials)
    rules = {finding["rule"] for finding in report["findings"]}
    assert rules >= set(expected["rules"])
    assert bool(rules) == bool(expected["rules"])
    if "advisory" in expected:
        [advisory] = [each for each in report["findings"] if each["rule"] == "advisory-deny"]
        assert [place(each) for each in advisory["locations"]] == [expected["advisory"]]
    # What the machine itself has (a Docker socket) is there in both.
    own = {"ssh-agent", "github-cli"}
    assert [each["id"] for each in report["context"]["usable"] if each["id"] in own] == expected.get(
        "usable", []
    )
