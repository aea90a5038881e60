"""A process that sifts shares: ids come in through a pipe, ids go out through another, nothing else does.

A frame is its length in four bytes and its content. What comes in is ids, a line each, with the path behind
each where it is known; what goes out is the ids of objects that hold anything, an empty line, and those of
objects that could not be read.
"""

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import quote_from_bytes, unquote_to_bytes

from scopeaudit.catalogue.cache import cache_directory
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.reach.git import Git
from scopeaudit.sweep.filtering import Filter, Sifted

LENGTH_BYTES = 4


def send(pipe: IO[bytes], content: bytes) -> None:
    """Write a frame."""
    pipe.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """Read a frame; `None` at the end."""
    head = pipe.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    content = pipe.read(length)
    return content if len(content) == length else None


def encode(sifted: Sifted) -> bytes:
    """The content of an answer."""
    return b"\n".join([*sifted.found, b"", *sifted.unreadable])


def decode(content: bytes) -> Sifted:
    """An answer's meaning."""
    lines = content.split(b"\n")
    middle = lines.index(b"")
    return Sifted(lines[:middle], lines[middle + 1 :])


def with_paths(places: Mapping[bytes, str]) -> bytes:
    """What to ask for of objects whose paths are known."""
    return b"\n".join(
        b"%s %s" % (name, quote_from_bytes(path.encode("utf-8", "surrogateescape")).encode("ascii"))
        for name, path in places.items()
    )


def answer(chosen: Filter, content: bytes) -> Sifted:
    """What objects hold, by ids alone or with paths."""
    lines = content.split(b"\n")
    if b" " not in lines[0]:
        return chosen.sift(lines)
    pairs = (line.split(b" ", 1) for line in lines)
    return chosen.judge(
        {name: unquote_to_bytes(path).decode("utf-8", "surrogateescape") for name, path in pairs}
    )


def main() -> NoReturn:
    """Work until there is nothing more to do: arguments are the folder and whether it is bare."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, bare = sys.argv[-2:]
    code = 1
    try:
        _work(
            Filter.from_rules(Git(Path(folder), bare=bare == "bare"), load_rules(cache_in=cache_directory()))
        )
        code = 0
    finally:
        # At once, so that no thread that feeds a git is waited for.
        os._exit(code)


def _work(chosen: Filter) -> None:
    for content in _requests(sys.stdin.buffer):
        send(sys.stdout.buffer, encode(answer(chosen, content)))


def _requests(pipe: IO[bytes]) -> Iterator[bytes]:
    """What is asked for. A thread waits for it: when whoever asks has ended, so does the process, at once."""
    requests: queue.Queue[bytes] = queue.Queue()

    def wait() -> None:
        while (content := receive(pipe)) is not None:
            requests.put(content)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    while True:
        yield requests.get()
