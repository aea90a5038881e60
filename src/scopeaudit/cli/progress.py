"""How far a long scan is, on one line of a terminal that is gone when the scan ends."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from scopeaudit.cli.interruption import erase_first

_FIRST_SECONDS = 1.0
_EVERY_SECONDS = 0.2
_UNITS = ("B", "kB", "MB", "GB", "TB")


class ProgressLine:
    """Counts, rate and, where the total is known, the time left."""

    def __init__(self, stream: TextIO, width: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`width` in cells; a line never fills it, so that no terminal wraps it."""
        self._stream = stream
        self._width = width - 1
        self._clock = clock
        self._begin = clock()
        self._next = self._begin + _FIRST_SECONDS
        self._shown = 0
        self._files = self._bytes = 0
        self._from_files = self._from_bytes = 0
        self._total_files = self._total_bytes = 0
        self._total_since = self._begin

    def total(self, files: int, bytes: int) -> None:  # noqa: A002 - the unit is the name
        """What is expected to be read from now on in all, 0 where it is not known."""
        self._total_files, self._total_bytes = files, bytes
        self._from_files, self._from_bytes = self._files, self._bytes
        self._total_since = self._clock()

    def advance(self, files: int, bytes: int, source: str) -> None:  # noqa: A002 - the unit is the name
        """So much more was read of a source."""
        self._files += files
        self._bytes += bytes
        now = self._clock()
        if now >= self._next:
            self._show(self._line(now, source), now)

    def asking(self, credentials: int) -> None:
        """All is read; the providers of so many credentials are asked."""
        now = self._clock()
        if credentials and now >= self._begin + _FIRST_SECONDS:
            self._show(f"asking about {credentials:,} credential{'' if credentials == 1 else 's'}", now)

    def erase(self) -> None:
        """Leave an empty line."""
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0
            erase_first(b"")

    def _line(self, now: float, source: str) -> str:
        seconds = max(now - self._begin, 1e-9)
        parts = [
            _plain(source),
            f"{self._files:,} file{'' if self._files == 1 else 's'}",
            _amount(self._bytes),
            f"{_amount(self._bytes / seconds)}/s",
            f"{_clock_time(seconds)} so far",
        ]
        done = self._share()
        if done:
            left = (now - self._total_since) * (1 - done) / done
            parts += [f"{done:.0%}", f"{_clock_time(left)} left"]
        return "  ".join(parts)

    def _share(self) -> float:
        """How much of the known total is read, 0 to 1; 0 where there is none."""
        if self._total_bytes:
            return min((self._bytes - self._from_bytes) / self._total_bytes, 1.0)
        if self._total_files:
            return min((self._files - self._from_files) / self._total_files, 1.0)
        return 0.0

    def _show(self, text: str, now: float) -> None:
        text = text[: self._width]
        self._next = now + _EVERY_SECONDS
        # Before it is written: an interruption may come in between.
        erase_first(b"\r" + b" " * max(self._shown, len(text)) + b"\r")
        self._write("\r" + text.ljust(self._shown))
        self._shown = len(text)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


@contextlib.contextmanager
def progress_on_terminal() -> Iterator[ProgressLine | None]:
    """A line on standard error while the context lasts; nothing where that is no terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    line = ProgressLine(sys.stderr, _columns())
    try:
        yield line
    finally:
        line.erase()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _plain(name: str) -> str:
    """Letters alone, whatever the caller passes."""
    return "".join(each for each in name if each.isascii() and each.isalpha())[:20]


def _amount(number: float) -> str:
    """`512 B`, `1.2 GB`."""
    for unit in _UNITS[:-1]:
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} {_UNITS[-1]}"


def _clock_time(seconds: float) -> str:
    """`0:07`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
