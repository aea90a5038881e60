"""Every store file: what its examples hold is found as what the file says it is, where the file says it lies."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from scopeaudit.catalogue.places import Format, System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.store import Store, StoreFile
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.detect import detect
from scopeaudit.detect.detection import Detection
from scopeaudit.model.location import Source
from scopeaudit.pipeline import detection_engine, detection_plan
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.stores import documents, selected, shelves

RULES = load_rules()
PLAN = detection_plan(RULES)
ENGINE = detection_engine(PLAN)
STORES = load_surroundings(RULES).stores
EXAMPLES = [
    pytest.param(file, number, id=f"{store.id}-{index}-{number}")
    for store in STORES
    for index, file in enumerate(store.files)
    for number in range(len(file.examples))
]


def found_in(file: StoreFile, number: int, folder: Path) -> Detection:
    path = folder / "stored"
    path.unlink(missing_ok=True)
    example = expand(file.examples[number], seed=number)
    if file.format is Format.SQLITE:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(example)
    else:
        path.write_text(example)
    return detect(selected(file, str(path), "~/stored", Source.HOME), PLAN, ENGINE)


@pytest.mark.parametrize(("file", "number"), EXAMPLES)
def test_an_example_holds_only_what_the_file_declares(file: StoreFile, number: int, tmp_path: Path) -> None:
    found = found_in(file, number, tmp_path)
    declared = {
        (value.provider, value.kind)
        for entry in file.entries
        for value in entry.values
        if value.provider is not None
    }
    seen = {(held.credential.provider, held.credential.kind) for held in found.credentials}
    assert seen <= declared
    assert seen or found.candidates
    assert not [gap for gap in found.gaps if gap.what == "~/stored"]


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.id)
def test_every_declared_value_is_found_in_an_example(store: Store, tmp_path: Path) -> None:
    for file in store.files:
        declared = {
            (value.provider, value.kind)
            for entry in file.entries
            for value in entry.values
            if value.provider is not None
        }
        seen = set()
        for number in range(len(file.examples)):
            found = found_in(file, number, tmp_path)
            seen |= {(held.credential.provider, held.credential.kind) for held in found.credentials}
        assert declared <= seen


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.id)
def test_every_place_can_be_looked_up_on_its_system(store: Store, tmp_path: Path) -> None:
    for system in System:
        machine = Machine(tmp_path / "home", tmp_path / "project", system, root=tmp_path / "system")
        for file in store.files:
            for template in file.paths.on(system):
                for path in machine.expand(template):
                    assert Path(path).is_absolute()
                    assert tmp_path in Path(path).parents


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.id)
def test_every_store_has_a_place_and_says_how_it_is_read(store: Store) -> None:
    for file in store.files:
        assert file.paths.any or file.paths.linux or file.paths.macos or file.paths.windows or file.moved
        assert bool(file.entries) <= bool(file.examples)
        assert (file.format is Format.BINARY) <= (file.opens is not None)
        assert (file.opens is not None) <= (not file.entries)


def test_a_store_is_found_in_the_home_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = next(each for each in STORES if each.id == "railway")
    (home / ".railway").mkdir(parents=True)
    (home / ".railway/config.json").write_text(expand('{"user": {"token": "<uuid>"}}\n'))
    machine = Machine(home, tmp_path / "project", System.LINUX)
    found = detect(documents(machine, shelves(machine, [store])), PLAN, ENGINE)
    [held] = found.credentials
    [location] = held.credential.locations
    assert (held.credential.provider, location.path, location.line) == (
        "railway",
        "~/.railway/config.json",
        1,
    )
    assert location.column == 21
