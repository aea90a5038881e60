"""Where files of tools lie on each system, looked up in fixture folders on this one."""

import os
from pathlib import Path

import pytest

from scopeaudit.catalogue.places import Places, System
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.reach.machine import Machine


def machine(folder: Path, system: System = System.LINUX, **variables: str) -> Machine:
    return Machine(folder / "home", folder / "project", system, variables, folder / "system")


@pytest.mark.parametrize(
    ("system", "template", "expected"),
    [
        (System.LINUX, "{config}/gh/hosts.yml", "home/.config/gh/hosts.yml"),
        (System.LINUX, "{data}/x", "home/.local/share/x"),
        (System.LINUX, "{cache}/x", "home/.cache/x"),
        (System.LINUX, "{state}/x", "home/.local/state/x"),
        (System.MACOS, "{application-support}/x", "home/Library/Application Support/x"),
        (System.MACOS, "{preferences}/x", "home/Library/Preferences/x"),
        (System.WINDOWS, "{appdata}/x", "home/AppData/Roaming/x"),
        (System.WINDOWS, "{local-appdata}/x", "home/AppData/Local/x"),
        (System.WINDOWS, "{program-data}/x", "system/ProgramData/x"),
        (System.WINDOWS, "{program-files}/x", "system/Program Files/x"),
        (System.LINUX, "{project}/.env", "project/.env"),
        (System.LINUX, "/etc/x", "system/etc/x"),
        (System.LINUX, "~/.aws/credentials", "home/.aws/credentials"),
    ],
)
def test_a_template_names_one_place(system: System, template: str, expected: str, tmp_path: Path) -> None:
    assert machine(tmp_path, system).expand(template) == [str(tmp_path / expected)]


def test_variables_move_what_they_are_for(tmp_path: Path) -> None:
    moved = machine(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "elsewhere"))
    assert moved.expand("{config}/gh") == [str(tmp_path / "elsewhere/gh")]
    assert machine(tmp_path, XDG_CONFIG_HOME="relative").expand("{config}/gh") == [
        str(tmp_path / "home/.config/gh")
    ]


def test_a_folder_that_nothing_names_leads_nowhere(tmp_path: Path) -> None:
    assert machine(tmp_path).expand("{runtime}/x") == []
    assert Machine(tmp_path / "home", tmp_path).expand("/etc/passwd") == []


def test_every_editor_has_its_own_user_folder(tmp_path: Path) -> None:
    found = machine(tmp_path, System.MACOS).expand("{code}/settings.json")
    assert str(tmp_path / "home/Library/Application Support/Cursor/User/settings.json") in found
    assert len(found) == len(set(found)) >= 4


def test_wildcards_list_only_the_folder_they_stand_in(tmp_path: Path) -> None:
    for name in ("one", "two", ".hidden"):
        (tmp_path / "home/.x" / name).mkdir(parents=True)
        (tmp_path / "home/.x" / name / "key").write_text("")
    found = machine(tmp_path).find("~/.x/*/key")
    assert [Path(each).parent.name for each in found] == [".hidden", "one", "two"]
    assert machine(tmp_path).find("~/.x/t?o/key") == [str(tmp_path / "home/.x/two/key")]


def test_a_pattern_that_leads_to_too_much_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scopeaudit.reach.machine.MATCHES_LIMIT", 3)
    for name in "abc":
        (tmp_path / "home/.x" / name).mkdir(parents=True)
    here = machine(tmp_path)
    assert (len(here.find("~/.x/*")), here.gaps) == (3, ())
    (tmp_path / "home/.x/d").mkdir()
    why = "leads to more than 3 places; the rest was not looked at"
    assert (len(here.find("~/.x/*")), here.gaps) == (3, (Gap(Stage.REACH, "~/.x/*", why),))


def test_places_are_shown_and_found_again(tmp_path: Path) -> None:
    here = machine(tmp_path)
    shown = {
        tmp_path / "project/a/b": "a/b",
        tmp_path / "home/.env": "~/.env",
        tmp_path / "system/etc/x": "/etc/x",
    }
    for path, name in shown.items():
        assert here.shown(str(path)) == name
        assert here.absolute(name) == str(path)


def test_a_variable_may_name_several_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text("")
    value = f"{tmp_path / 'one'}:{tmp_path / 'two'}::{tmp_path / 'missing'}"
    given = machine(tmp_path, KUBECONFIG=value).given("KUBECONFIG", "{value}", separated=True)
    assert given == [str(tmp_path / "one"), str(tmp_path / "two")]
    assert machine(tmp_path).given("KUBECONFIG", "{value}", separated=True) is None


def test_of_somebody_elses_home_no_variable_counts(tmp_path: Path) -> None:
    assert Machine(tmp_path, tmp_path).given("HOME", "{value}", separated=False) is None


def test_places_of_a_system_come_after_those_of_all(tmp_path: Path) -> None:
    places = Places(any=("~/a",), linux=("~/b",), windows=("~/c",))
    for name in "abc":
        (tmp_path / "home").mkdir(exist_ok=True)
        (tmp_path / "home" / name).write_text("")
    assert [os.path.basename(each) for each in machine(tmp_path).paths(places)] == ["a", "b"]  # noqa: PTH119
