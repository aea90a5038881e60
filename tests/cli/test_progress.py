"""The line that says how far a long scan is."""

import io
import os
import pty
import subprocess
import sys

import pytest

from scopeaudit.cli.progress import ProgressLine
from scopeaudit.model.progress import Progress
from tests.cli.test_interruption import shown


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen(io.StringIO):
    """What was written, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)

    @property
    def last(self) -> str:
        return self.pieces[-1].strip("\r ") if self.pieces else ""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def line(screen, clock) -> Progress:
    return ProgressLine(screen, 80, clock)


def test_a_short_scan_shows_nothing(line, screen, clock):
    clock.now += 0.9
    line.advance(1000, 10**9, "tree")
    line.erase()
    assert screen.pieces == []


def test_files_bytes_rate_and_time_are_shown_after_a_second(line, screen, clock):
    clock.now += 2
    line.advance(1234, 3_000_000, "tree")
    assert screen.last == "tree  1,234 files  3.0 MB  1.5 MB/s  0:02 so far"


def test_the_time_left_is_shown_where_the_total_is_known(line, screen, clock):
    line.advance(10, 5_000, "tree")
    clock.now += 10
    line.total(0, 1_000_000)
    clock.now += 30
    line.advance(500, 250_000, "history")
    assert screen.last.endswith("0:40 so far  25%  1:30 left")


def test_the_time_left_can_be_told_by_files(line, screen, clock):
    line.total(200, 0)
    clock.now += 3600
    line.advance(50, 1, "history")
    assert screen.last.endswith("1:00:00 so far  25%  3:00:00 left")


def test_more_than_expected_is_never_more_than_all(line, screen, clock):
    line.total(10, 0)
    clock.now += 5
    line.advance(50, 1, "history")
    assert screen.last.endswith("100%  0:00 left")


def test_it_changes_five_times_a_second_at_most(line, screen, clock):
    for _ in range(10_000):
        clock.now += 0.001
        line.advance(1, 1, "tree")
    assert 40 <= len(screen.pieces) <= 46


def test_it_leaves_an_empty_line(line, screen, clock):
    clock.now += 2
    line.advance(1, 123_456, "environment")
    clock.now += 2
    line.advance(1, 1, "tree")
    line.erase()
    assert shown(screen.getvalue().encode()) == ""


def test_it_fits_a_narrow_terminal(screen, clock):
    line = ProgressLine(screen, 20, clock)
    clock.now += 2
    line.advance(1, 1, "environment")
    assert len(screen.last) == 19


def test_nothing_but_letters_is_shown_of_a_source(line, screen, clock):
    clock.now += 2
    line.advance(1, 1, "a\x1b[31m\r\n/b")
    assert screen.last.startswith("amb  1 file  ")


def test_asking_is_told(line, screen, clock):
    line.asking(3)
    clock.now += 2
    line.asking(0)
    assert screen.pieces == []
    line.asking(1)
    assert screen.last == "asking about 1 credential"


def test_a_closed_terminal_is_no_trouble(screen, clock):
    line = ProgressLine(screen, 80, clock)
    clock.now += 2
    screen.close()
    line.advance(1, 1, "tree")
    line.erase()


def run(program, text: bytes, stderr: int, **more: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "scopeaudit", "scan", "-", "--offline"],
        input=text,
        env=program.environment(more),
        stdout=subprocess.PIPE,
        stderr=stderr,
        timeout=100,
    )
    assert done.returncode == 0
    return done.stdout


LONG = b"nothing to see on this line\n" * 4_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="no terminals of POSIX")
@pytest.mark.parametrize(("terminal", "seen"), [("xterm", True), ("dumb", False)])
def test_a_terminal_sees_it_come_and_go(program, terminal, seen):
    ours, theirs = pty.openpty()
    try:
        run(program, LONG, theirs, TERM=terminal, PYTHONPATH="")
        os.set_blocking(ours, False)
        try:
            said = os.read(ours, 1 << 16)
        except BlockingIOError:
            said = b""
    finally:
        os.close(theirs)
        os.close(ours)
    assert (b"so far" in said) is seen
    assert shown(said) == ""


def test_a_pipe_sees_nothing(program, tmp_path):
    target = tmp_path / "said"
    with target.open("wb") as file:
        run(program, LONG, file.fileno())
    assert target.read_bytes() == b""
