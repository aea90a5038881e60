"""Ctrl-C ends every stage at once, with exit code 4, and leaves nothing broken behind."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scopeaudit.catalogue.templates import expand

TOKEN = expand("sk_live_<alnum:24>", seed=11)
AT_ONCE_SECONDS = 15
"""Far less than any of these stages would take, and enough for a busy machine."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

WAIT_IN_IMPORT = """
import sys, time

class Slow:
    def find_spec(self, name, *_):
        if name == "typer":
            print("ready", flush=True)
            time.sleep(60)

sys.meta_path.insert(0, Slow())
from scopeaudit.__main__ import main
main()
"""
SAY_READY = """
print("ready", flush=True)
from scopeaudit.__main__ import main
main()
"""
COMPILE_FOR_EVER = """
import hyperscan

class Database(hyperscan.Database):
    def compile(self, *arguments, **options):
        print("ready", flush=True)
        while True:
            super().compile(*arguments, **options)

hyperscan.Database = Database
from scopeaudit.__main__ import main
main()
"""
SWALLOW_EXCEPTIONS = """
from scopeaudit.cli import output

def write_report(*arguments, **options):
    print("ready", flush=True)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

output.write_report = write_report
from scopeaudit.__main__ import main
main()
"""


@pytest.fixture
def start(program, folder) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a scan of the folder in a process group of its own, which ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str, code: str | None = None, **options: object) -> subprocess.Popen[bytes]:
        begin = ["-m", "scopeaudit"] if code is None else ["-c", code]
        environment = program.environment(options.pop("environment", {}))
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, *begin, *arguments],
            env=environment,
            cwd=folder,
            start_new_session=True,
            **streams | options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def interrupted(process: subprocess.Popen[bytes], signals: int = 1) -> tuple[int, bytes]:
    """Exit code and standard error after Ctrl-C, which has to come at once."""
    begin = time.monotonic()
    for _ in range(signals):
        os.kill(process.pid, signal.SIGINT)
    code = process.wait(timeout=30)
    assert time.monotonic() - begin < AT_ONCE_SECONDS
    return code, process.stderr.read() if process.stderr else b""


ENDED = (4, b"scopeaudit: interrupted\n")
SCAN = ("scan", ".", "--source", "tree", "--offline")


@pytest.mark.parametrize("signals", [1, 5])
@pytest.mark.parametrize(
    "code",
    [WAIT_IN_IMPORT, COMPILE_FOR_EVER, SWALLOW_EXCEPTIONS],
    ids=["importing", "compiling", "where exceptions are swallowed"],
)
def test_a_stage_that_python_cannot_interrupt_ends_at_once(start, folder, code, signals):
    (folder / "a.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    process = start(*SCAN, code=code)
    assert process.stdout.readline() == b"ready\n"
    assert interrupted(process, signals) == ENDED


def test_waiting_for_input_ends_at_once(start):
    process = start("scan", "-", "--offline", stdin=subprocess.PIPE)
    process.stdin.write(b"a = 1\n" * 300_000)
    process.stdin.flush()
    assert interrupted(process) == ENDED


def _feed(process: subprocess.Popen[bytes], line: bytes) -> threading.Event:
    """Write to its standard input for as long as it lives; the event says that much was taken."""
    taken = threading.Event()

    def write() -> None:
        with contextlib.suppress(OSError):
            for count in range(1_000_000):
                process.stdin.write(line * 2_000)
                if count == 10:
                    taken.set()

    threading.Thread(target=write, daemon=True).start()
    return taken


def test_detection_full_of_matches_ends_at_once(start):
    process = start("scan", "-", "--offline", stdin=subprocess.PIPE)
    assert _feed(process, f"STRIPE_SECRET_KEY={TOKEN}\n".encode()).wait(60)
    assert interrupted(process) == ENDED


def test_a_git_that_does_not_answer_is_not_waited_for(start, folder, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    git = programs / "git"
    git.write_text(f"#!/bin/sh\ntouch {programs}/started\nsleep 60\n")
    git.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    process = start("scan", ".", "--source", "staged", "--offline", environment={"PATH": path})
    _until((programs / "started").exists)
    assert interrupted(process) == ENDED


def test_a_server_that_does_not_answer_is_not_waited_for(start, folder):
    (folder / "a.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        endpoint = f"stripe=http://127.0.0.1:{server.getsockname()[1]}"
        process = start("scan", ".", "--source", "tree", "--fresh", "--endpoint", endpoint)
        connection, _ = server.accept()
        with connection:
            assert interrupted(process) == ENDED


def test_the_line_of_progress_is_erased(start, folder):
    ours, theirs = pty.openpty()
    process = start("scan", "-", "--offline", stdin=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    _feed(process, b"nothing to see on this line\n")
    said = b""
    while b"so far" not in said:
        said += os.read(ours, 4096)
    assert interrupted(process)[0] == 4
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 4096):
            said += piece
    os.close(ours)
    assert re.search(rb"\r +\rscopeaudit: interrupted\r\n\Z", said), said
    assert shown(said) == "scopeaudit: interrupted\n"


def shown(said: bytes) -> str:
    """What stays on a screen: after a carriage return, text overwrites the line."""
    lines: list[str] = []
    for line in said.decode().replace("\r\n", "\n").split("\n"):
        cells: list[str] = []
        for piece in line.split("\r"):
            cells[: len(piece)] = piece
        lines.append("".join(cells).rstrip())
    return "\n".join(lines)


def test_where_interruptions_are_ignored_they_stay_ignored(start, folder):
    (folder / "a.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + WAIT_IN_IMPORT.replace("60", "1")
    process = start(*SCAN, code=code)
    assert process.stdout.readline() == b"ready\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 1


@pytest.fixture
def fresh(program, tmp_path):
    """The program with a cache of its own that is still empty."""
    return replace(program, cache=tmp_path / "fresh")


@pytest.mark.timeout(600)
def test_caches_serve_after_interruptions_at_any_moment(start, fresh, folder):
    (folder / "a.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    codes = set()
    for delay in (0.1, 0.2, 0.3, 0.5, 0.8, 1.1):
        process = start(*SCAN, code=SAY_READY, environment=fresh.environment())
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
        codes.add(process.returncode)
    assert codes <= {1, 4}
    done = [fresh(*SCAN, cwd=folder) for _ in range(2)]
    assert [(each.returncode, each.stderr) for each in done] == [(1, "")] * 2
    assert done[0].stdout == done[1].stdout


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def entries(folder: Path) -> dict[str, int]:
    """Names of the files of a cache, and when each was written."""
    return {each.name: each.stat().st_mtime_ns for each in folder.iterdir()}


@pytest.mark.timeout(600)
def test_scans_at_the_same_time_share_a_fresh_cache(start, fresh, folder):
    (folder / "a.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    scan = (*SCAN, "--format", "json")
    together = [start(*scan, environment=fresh.environment()) for _ in range(3)]
    results = [(*process.communicate(timeout=500), process.returncode) for process in together]
    assert {(error, code) for _, error, code in results} == {(b"", 1)}
    assert len({text for text, _, _ in results}) == 1
    kept = entries(fresh.cache)
    assert not [name for name in kept if name.startswith(".")]
    again = fresh(*scan, cwd=folder)
    assert (again.returncode, again.stdout.encode()) == (1, results[0][0])
    assert kept.items() <= entries(fresh.cache).items()
