"""Pipes in a repository: git, and we, would wait for somebody who never writes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from scopeaudit.model.gap import Gap
from scopeaudit.reach import git as git_module
from scopeaudit.reach.history import open_repository
from scopeaudit.reach.pipes import open_without_waiting
from scopeaudit.reach.staged import staged

OBJECT = "ab" + "c" * 38
WHY = "in its directory is a pipe or a device, and git would wait for it"


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    (folder / "a").write_text("nothing\n")
    git(folder, "add", "a")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


@pytest.mark.parametrize(
    "place",
    [
        "packed-refs",
        "shallow",
        "info/grafts",
        "info/exclude",
        "refs/heads/other",
        "logs/HEAD",
        "objects/info/alternates",
        "objects/info/commit-graph",
        "objects/pack/multi-pack-index",
        f"objects/{OBJECT[:2]}/{OBJECT[2:]}",
        "objects/pack/pack-1234567890123456789012345678901234567890.idx",
        "index",
        "worktrees/a/HEAD",
        "deep/er/still",
    ],
)
@pytest.mark.parametrize("linked", [False, True], ids=["pipe", "link to a pipe"])
def test_a_pipe_in_the_git_directory_is_a_gap_at_once(repository: Path, place: str, linked: bool) -> None:
    pipe = repository / ".git" / place
    pipe.parent.mkdir(parents=True, exist_ok=True)
    pipe.unlink(missing_ok=True)
    if linked:
        os.mkfifo(repository / "pipe")
        pipe.symlink_to(repository / "pipe")
    else:
        os.mkfifo(pipe)
    found = open_repository(repository)
    assert isinstance(found, Gap)
    assert found.why == f"was not read: {place} {WHY}"
    assert [each.why for each in staged(repository) if isinstance(each, Gap)] == [
        f"could not be read: {place} {WHY}"
    ]


@pytest.mark.parametrize("place", ["config", "HEAD", "included"])
def test_a_pipe_that_git_reads_first_is_a_gap_soon(
    repository: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_module, "_OPENING_SECONDS", 0.5)
    pipe = repository / ".git" / place
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    if place == "included":
        with (repository / ".git/config").open("a") as config:
            config.write("[include]\n\tpath = included\n")
    found = open_repository(repository)
    assert isinstance(found, Gap)
    assert found.why == "was not read: git gave no answer in time"
    assert [each.why for each in staged(repository) if isinstance(each, Gap)] == [
        "could not be read: git gave no answer in time"
    ]


def test_an_object_in_other_objects_that_is_a_pipe_is_a_gap_soon(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a repository borrows from lies anywhere, and is not looked through."""
    monkeypatch.setattr(git_module, "_TIMEOUT_SECONDS", 0.5)
    (tmp_path / f"lent/{OBJECT[:2]}").mkdir(parents=True)
    git(repository, "update-index", "--add", "--cacheinfo", f"100644,{OBJECT},z.env")
    (repository / ".git/objects/info/alternates").write_text(f"{tmp_path / 'lent'}\n")
    os.mkfifo(tmp_path / f"lent/{OBJECT[:2]}/{OBJECT[2:]}")
    assert [each.why for each in staged(repository) if isinstance(each, Gap)] == [
        "could not be read: git gave no answer for 0.5 seconds"
    ]


def test_a_socket_of_a_monitor_is_no_pipe(repository: Path) -> None:
    import socket

    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(repository / ".git/fsmonitor--daemon.ipc"))
    found = open_repository(repository)
    listening.close()
    assert not isinstance(found, Gap)


def test_a_pipe_is_not_opened_as_a_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        open(folder / "pipe", "rb", opener=open_without_waiting)  # noqa: SIM115


def test_a_whole_scan_names_the_pipe(program, repository: Path) -> None:
    os.mkfifo(repository / ".git/info/grafts")
    done = program("scan", str(repository), "--offline", "--source", "history", "--format", "json")
    gaps = json.loads(done.stdout)["gaps"]
    assert [(gap["what"], gap["why"]) for gap in gaps] == [
        ("git history", f"was not read: info/grafts {WHY}")
    ]
