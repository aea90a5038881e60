"""What surrounds a folder is looked up where it may be, and nothing else is touched."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.context import Outlook
from scopeaudit.reach.machine import Machine

KNOWN = load_surroundings(load_rules())
TOUCHING = frozenset({"open", "os.listdir", "os.scandir", "subprocess.Popen", "os.exec", "socket.connect"})
_TOUCHED: list[tuple[str, str]] = []
_WATCHING = [False]


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _WATCHING[0] and event in TOUCHING:
        _TOUCHED.append((event, str(arguments[0] if arguments else "")))


sys.addaudithook(_watch)


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Everything that is opened, listed, started or called meanwhile."""
    _TOUCHED.clear()
    _WATCHING[0] = True
    try:
        yield _TOUCHED
    finally:
        _WATCHING[0] = False


@pytest.fixture
def outlook(tmp_path: Path) -> Outlook:
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    return Outlook(Machine(tmp_path / "home", tmp_path / "project", root=tmp_path / "system"), KNOWN)


def everything(outlook: Outlook, *more: Source) -> list[Document]:
    found = outlook.documents((Source.HOME, Source.AGENT, *more))
    return [each for each in found if isinstance(each, Document)]


def test_what_no_store_names_is_neither_opened_nor_listed(outlook: Outlook) -> None:
    home = outlook.machine.home
    for number in range(300):
        (home / f"work-{number}/inner").mkdir(parents=True)
        (home / f"work-{number}/inner/.env").write_text("TOKEN=x\n")
    (home / ".railway").mkdir()
    (home / ".railway/config.json").write_text("{}")
    (home / ".railway/other.json").write_text("{}")
    with watched() as touched:
        everything(outlook)
        outlook.context()
    paths = {path for _, path in touched if str(home) in path}
    assert str(home / ".railway/config.json") in paths
    assert not any("work-" in path or "other.json" in path for path in paths)


def test_nothing_is_started_or_called(outlook: Outlook) -> None:
    home = outlook.machine.home
    (home / ".claude").mkdir()
    (home / ".claude.json").write_text(
        '{"mcpServers": {"x": {"command": "touch", "args": ["y"], "url": "http://x.example"}}}'
    )
    with watched() as touched:
        everything(outlook)
        outlook.context()
        outlook.reach([Location(Source.HOME, "~/.claude.json", 1)])
    assert {event for event, _ in touched} <= {"open", "os.listdir", "os.scandir"}


def test_a_file_of_several_stores_and_agents_is_one_document(outlook: Outlook) -> None:
    (outlook.machine.home / ".claude.json").write_text('{"mcpServers": {}, "primaryApiKey": "x"}')
    found = [each.path for each in everything(outlook) if not each.pieces]
    assert found.count("~/.claude.json") == 1


def test_what_lies_in_the_scanned_folder_is_left_to_the_tree(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws/credentials").write_text("[default]\naws_access_key_id = x\n")
    outlook = Outlook(Machine(home, home), KNOWN)
    assert [each for each in everything(outlook, Source.TREE) if not each.pieces] == []
    assert {each.source for each in everything(outlook, Source.TREE)} <= {Source.TREE}


def test_what_lies_in_the_scanned_folder_is_read_where_the_tree_is_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws/credentials").write_text("[default]\naws_access_key_id = x\n")
    (home / ".claude.json").write_text("{}")
    for folder in (home, tmp_path, Path(tmp_path.anchor)):
        outlook = Outlook(Machine(home, folder), KNOWN)
        whole = {each.path for each in everything(outlook) if not each.pieces}
        shown = [
            (home / name).relative_to(folder).as_posix() for name in (".aws/credentials", ".claude.json")
        ]
        assert whole >= set(shown)


def test_a_link_to_the_null_device_or_a_pipe_is_no_store(outlook: Outlook) -> None:
    (outlook.machine.home / ".bash_history").symlink_to("/dev/null")
    (outlook.machine.home / ".zsh_history").mkdir()
    assert list(outlook.documents((Source.HOME,))) == []


def test_dotfiles_that_are_links_are_followed_as_the_shell_does(outlook: Outlook, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles/bashrc").write_text("export X=y\n")
    (outlook.machine.home / ".bashrc").symlink_to(tmp_path / "dotfiles/bashrc")
    assert [each.path for each in everything(outlook)] == ["~/.bashrc"]


def test_only_agents_that_are_used_are_looked_at(outlook: Outlook) -> None:
    assert [view.agent.id for view in outlook.views] == ["any"]
    (outlook.machine.project / ".cursor").mkdir()
    again = Outlook(outlook.machine, KNOWN)
    assert [view.agent.id for view in again.views] == ["cursor", "any"]


def test_what_was_handed_over_has_no_reach(outlook: Outlook) -> None:
    assert outlook.reach([Location(Source.INPUT, "-", 1)]) == ()


def test_a_place_in_history_is_reached_by_a_program_alone(outlook: Outlook) -> None:
    [reach] = outlook.reach([Location(Source.HISTORY, ".env", 1, commit="0" * 40)])
    assert [way.value for way in reach.open] == ["shell"]


def test_stores_of_too_many_files_are_a_gap(outlook: Outlook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scopeaudit.reach.machine.MATCHES_LIMIT", 2)
    sessions = outlook.machine.home / ".claude/projects/one"
    sessions.mkdir(parents=True)
    for number in range(3):
        (sessions / f"{number}.jsonl").write_text("{}\n")
    everything(outlook)
    why = "leads to more than 2 places; the rest was not looked at"
    assert Gap(Stage.REACH, "~/.claude/projects/*/*.jsonl", why) in outlook.gaps()
