"""The history as a user scans it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from tests.sweep.history_world import token, world

SCAN = ("scan", ".", "--source", "history", "--offline", "--format", "json")
SLOW_WORKERS = """
from scopeaudit.reach import packs
from scopeaudit.sweep import crew, sweep

SLOW = '''
import time
from scopeaudit.sweep.filtering import Filter

quick = Filter.sift

def slow(*arguments):
    Filter.sift = lambda *_: time.sleep(60)
    return quick(*arguments)

Filter.sift = slow
main()
'''
crew._START = crew._START.replace("; main()", SLOW)
packs._SHARE_OBJECTS = 100
told = sweep._Sweep._told

def ready(*arguments):
    print("ready", flush=True)
    sweep._Sweep._told = told
    told(*arguments)

sweep._Sweep._told = ready
from scopeaudit.__main__ import main
main()
"""
"""Workers that are quick with their first share alone; says when one of those is done."""


@pytest.fixture
def past(tmp_path):
    """A repository whose only secret was deleted again."""
    made = world(tmp_path / "past")
    made.commit("one", a="a\n")
    made.brought = made.commit("two", **{"deploy.env": f"GITHUB_TOKEN={token(1)}\n"})
    made.commit("three", **{"deploy.env": "GITHUB_TOKEN=\n"})
    return made


def locations(done):
    """Of every credential in a JSON report."""
    return [each["locations"] for each in json.loads(done.stdout)["credentials"]]


def test_a_deleted_secret_is_reported_with_its_commit_and_date(program, past):
    done = program(*SCAN, cwd=past.root)
    ((place,),) = locations(done)
    assert done.returncode == 1
    assert (place["path"], place["line"], place["commit"]) == ("deploy.env", 1, past.brought)
    assert place["current"] is False
    assert place["authored"].startswith("2024-05-01T")
    assert token(1) not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("since", "codes"),
    [("HEAD~2", 1), ("HEAD~1", 0), ("HEAD~2..HEAD~1", 1), ("HEAD~1..HEAD", 0), ("HEAD~2..", 1)],
)
def test_a_range_decides_what_is_found(program, past, since, codes):
    done = program(*SCAN, "--since", since, cwd=past.root)
    assert (done.returncode, len(locations(done))) == (codes, codes)


@pytest.mark.parametrize(
    "since", ["nothing", "--all", "--output=x", "HEAD..--all", "HEAD...main", "-", "HEAD:a"]
)
def test_a_range_that_names_no_commits_is_a_wrong_option(program, past, since):
    done = program(*SCAN, f"--since={since}", cwd=past.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--since {since}" in done.stderr
    assert sorted(each.name for each in past.root.iterdir()) == [".git", "a", "deploy.env"]


def test_a_range_without_the_history_is_a_wrong_option(program, past):
    done = program("scan", ".", "--source", "tree", "--since", "HEAD~1", cwd=past.root)
    assert done.returncode == 2
    assert "--source history" in done.stderr


@pytest.mark.parametrize("where", ["subfolder", "worktree"])
def test_the_settings_of_a_git_directory_elsewhere_are_read(program, past, tmp_path, where):
    """`git remote -v` prints them in a subfolder and in every working tree."""
    past.git("remote", "add", "origin", f"https://x:{token(3)}@github.com/a/b")
    folder = past.root / "sub" if where == "subfolder" else tmp_path / "tree"
    if where == "subfolder":
        folder.mkdir()
    else:
        past.git("worktree", "add", "--quiet", str(folder))
    found = {place["path"] for places in locations(program(*SCAN, cwd=folder)) for place in places}
    base = "../.git" if where == "subfolder" else "../past/.git"
    assert f"{base}/config" in found
    assert not [each for each in found if "objects/" in each]
    top = {place["path"] for places in locations(program(*SCAN, cwd=past.root)) for place in places}
    assert top == {"deploy.env"}


def test_a_pack_without_its_index_is_a_gap(program, past):
    past.git("repack", "-adq")
    (pack,) = (past.root / ".git/objects/pack").glob("*.idx")
    pack.chmod(0o600)
    pack.unlink()
    gaps = [each["what"] for each in json.loads(program(*SCAN, cwd=past.root).stdout)["gaps"]]
    assert f"objects/pack/{pack.stem}.pack" in gaps


def test_a_repository_inside_the_folder_is_a_gap(program, past):
    world(past.root / "inner").commit("one", a=f"GITHUB_TOKEN={token(2)}\n")
    (past.root / "inner" / "a").unlink()
    done = program("scan", ".", "--offline", "--format", "json", cwd=past.root)
    gaps = [each["what"] for each in json.loads(done.stdout)["gaps"] if "history" in each["why"]]
    assert gaps == ["inner"]
    alone = program("scan", ".", "--source", "tree", "--offline", "--format", "json", cwd=past.root)
    assert not [each for each in json.loads(alone.stdout)["gaps"] if "history" in each["why"]]


@pytest.fixture
def long(tmp_path):
    """A repository that takes some time to read in small shares."""
    made = world(tmp_path / "long")
    for number in range(600):
        made.write(f"f{number}", f"number = {number}\n")
    made.commit("one", **{"deploy.env": f"GITHUB_TOKEN={token(1)}\n"})
    made.git("gc", "--quiet")
    return made


@pytest.fixture
def fresh(program, tmp_path):
    """The program with compiled rules, and nothing remembered of any history."""
    program("scan", "-", "--offline")
    cache = tmp_path / "fresh"
    cache.mkdir()
    for each in program.cache.iterdir():
        if each.is_file():
            (cache / each.name).write_bytes(each.read_bytes())
    return replace(program, cache=cache)


def living(session):
    """Processes of a session that have not ended."""
    listed = subprocess.run(["ps", "-A", "-o", "sess=,stat=,args="], capture_output=True, text=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    return [each for each in lines if each[0] == str(session) and not each[1].startswith("Z")]


@pytest.mark.skipif(sys.platform != "linux", reason="lists the processes of a session")
def test_an_interruption_leaves_no_process_and_no_broken_memory(fresh, long):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_WORKERS, *SCAN],
        cwd=long.root,
        env=fresh.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == b"ready\n"
        assert len(living(process.pid)) >= 3
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=5) == 4
        assert process.stderr.read() == b"scopeaudit: interrupted\n"
        end = time.monotonic() + 5
        while (left := living(process.pid)) and time.monotonic() < end:
            time.sleep(0.05)
        assert left == []
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    history = fresh.cache / "history"
    assert not history.exists() or not list(history.iterdir())
    runs = [fresh(*SCAN, cwd=long.root) for _ in range(2)]
    assert [len(locations(each)) for each in runs] == [1, 1]
    assert runs[0].stdout == runs[1].stdout


def test_two_scans_at_once_share_one_memory(fresh, long):
    together = [
        subprocess.Popen(
            [sys.executable, "-m", "scopeaudit", *SCAN],
            cwd=long.root,
            env=fresh.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    results = [(*process.communicate(timeout=100), process.returncode) for process in together]
    assert results[0] == results[1]
    assert results[0][1:] == (b"", 1)
    (kept,) = (fresh.cache / "history").iterdir()
    before = kept.stat().st_mtime_ns
    assert fresh(*SCAN, cwd=long.root).stdout.encode() == results[0][0]
    assert kept.stat().st_mtime_ns == before
    assert token(1).encode() not in kept.read_bytes()
