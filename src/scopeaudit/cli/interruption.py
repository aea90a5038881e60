"""Ctrl-C ends the program at once, whatever it is doing, with an exit code of ours.

Python runs a signal's handler between two of its own instructions, so it would wait for a long call into a
library: compiling patterns, a server that does not answer. The C side of the signal writes to a pipe
before that, and a thread that waits at its other end ends the process. Caches are written whole or not at
all, so nothing is left half done.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

EXIT_CODE = 4
_STANDARD_ERROR = 2


class _Screen:
    """What must be written before the end, so that no half line stays on the screen."""

    erase = b""


def erase_first(text: bytes) -> None:
    """Write this to standard error before ending; empty if there is nothing to erase."""
    _Screen.erase = text


def end_at_once() -> None:
    """From now on an interruption ends the process. Nothing changes where it is ignored, as after `nohup`."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    threading.Thread(target=_wait, args=(reading,), name="interruption", daemon=True).start()
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _noted)


@contextlib.contextmanager
def as_exception() -> Iterator[None]:
    """An interruption is a `KeyboardInterrupt` here, where a terminal or a folder has to be put right."""
    if signal.getsignal(signal.SIGINT) is not _noted:
        yield
        return
    writing = signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _noted)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Nothing: the waiting thread has been told."""


def _wait(reading: int) -> NoReturn:
    while signal.SIGINT not in os.read(reading, 64):
        pass
    end()


def end() -> NoReturn:
    """Say that the run was interrupted, and end it."""
    with contextlib.suppress(OSError):
        os.write(_STANDARD_ERROR, _Screen.erase + b"scopeaudit: interrupted\n")
    os._exit(EXIT_CODE)
