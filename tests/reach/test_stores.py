"""What is there of stores, read or only usable."""

import json
import socket
from pathlib import Path

import pytest

from scopeaudit.catalogue.places import Format, Places, System
from scopeaudit.catalogue.store import Elsewhere, Entry, Moved, Store, StoredValue, StoreFile
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.stores import documents, kept_elsewhere, shelves, stores_found, usable

URL = "https://docs.example/store"


def store(*files: StoreFile, elsewhere: Elsewhere | None = None) -> Store:
    return Store(
        id="tool", name="Tool", holds="It is read.", files=files, elsewhere=elsewhere, documentation=URL
    )


def stored(path: str, form: Format = Format.JSON, **more: object) -> StoreFile:
    return StoreFile(paths=Places(any=(path,)), format=form, source=URL, **more)  # type: ignore[arg-type]


ENTRY = Entry(
    at=("hosts", "*"),
    values=(StoredValue(key="user", name="TOOL_USER"), StoredValue(key="token", name="TOOL_TOKEN")),
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("home", "project"):
        (tmp_path / name).mkdir()
    return Machine(tmp_path / "home", tmp_path / "project", System.LINUX, root=tmp_path / "system")


def write(machine: Machine, path: str, text: str) -> Path:
    file = machine.home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_values_of_one_entry_stay_together_and_say_where_they_stand(machine: Machine) -> None:
    text = json.dumps(
        {"hosts": {"a.example": {"user": "ann", "token": "x1"}, "b.example": {"token": "y2"}}}, indent=1
    )
    write(machine, ".tool.json", text)
    whole, first, second = documents(
        machine, shelves(machine, [store(stored("~/.tool.json", entries=(ENTRY,)))])
    )
    assert isinstance(whole, Document)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (bytes(first.data), bytes(second.data)) == (b"TOOL_USER=ann\nTOOL_TOKEN=x1\n", b"TOOL_TOKEN=y2\n")
    assert [(piece.line, piece.column, piece.own) for piece in first.pieces] == [
        (4, 13, False), (4, 13, True), (5, 14, False), (5, 14, True),
    ]  # fmt: skip
    assert {each.path for each in (whole, first, second)} == {"~/.tool.json"}


def test_a_file_that_cannot_be_parsed_is_read_as_text_and_a_gap(machine: Machine) -> None:
    write(machine, ".tool.json", "{ token: ")
    found = list(documents(machine, shelves(machine, [store(stored("~/.tool.json", entries=(ENTRY,)))])))
    assert [type(each) for each in found] == [Document, Gap]


def test_a_variable_moves_a_store_and_the_usual_place_is_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    moved = Machine(
        tmp_path / "home", tmp_path / "project", System.LINUX, {"TOOL_DIR": str(tmp_path / "other")}
    )
    write(moved, ".tool.json", "{}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/tool.json").write_text("{}")
    file = stored("~/.tool.json", moved=(Moved(variable="TOOL_DIR", path="{value}/tool.json"),))
    [found] = stores_found(shelves(moved, [store(file)]))
    assert found.paths == (str(tmp_path / "other/tool.json"), "~/.tool.json")


def test_what_is_only_usable_is_not_opened(machine: Machine) -> None:
    path = machine.home / "agent.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        file = stored("~/agent.sock", Format.BINARY, opens="Every key in it signs.")
        found = shelves(machine, [store(file)])
        assert list(documents(machine, found)) == []
        [each] = usable(found)
    assert (each.where, each.why) == ("~/agent.sock", "Every key in it signs.")


@pytest.mark.parametrize(
    ("text", "shown_by", "told"),
    [
        ('{"user": "ann"}', (), True),
        ('{"credsStore": "desktop"}', ("cred*",), True),
        ('{"auths": {}}', ("cred*",), False),
        ('{"users": [{"user": {"exec": {"command": "x"}}}]}', ("users", "*", "user", "exec"), True),
    ],
)
def test_a_login_elsewhere_is_told_where_the_file_shows_it(
    text: str, shown_by: tuple[str, ...], told: bool, machine: Machine
) -> None:
    write(machine, ".tool.json", text)
    elsewhere = Elsewhere(where="the keyring", can="It acts.", shown_by=shown_by, source=URL)
    found = shelves(machine, [store(stored("~/.tool.json"), elsewhere=elsewhere)])
    assert bool(list(kept_elsewhere(found, frozenset()))) is told
    assert list(kept_elsewhere(found, frozenset({"~/.tool.json"}))) == []


def test_the_newest_of_many_are_read_and_the_rest_is_a_gap(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scopeaudit.reach.stores.MANY_FILES", 2)
    for number in range(4):
        write(machine, f"log/{number}.txt", str(number))
    import os

    for number in range(4):
        os.utime(machine.home / f"log/{number}.txt", (number, number))
    found = list(
        documents(machine, shelves(machine, [store(stored("~/log/*.txt", Format.LINES, many=True))]))
    )
    assert [each.path for each in found if isinstance(each, Document)] == ["~/log/3.txt", "~/log/2.txt"]
    [gap] = [each for each in found if isinstance(each, Gap)]
    assert gap.what == "Tool: 2 older files"
