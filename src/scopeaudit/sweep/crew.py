"""Several worker processes on one repository."""

import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from scopeaudit.reach.history import Repository
from scopeaudit.reach.packs import Share
from scopeaudit.sweep.filtering import Sifted
from scopeaudit.sweep.worker import decode, receive, send

_START = "import sys; sys.path[:] = sys.argv[1:-2]; from scopeaudit.sweep.worker import main; main()"
"""The worker finds the program where this process does."""


@dataclass(frozen=True, slots=True)
class Done:
    """A share that was sifted, or, without a result, one whose worker ended."""

    share: Share
    sifted: Sifted | None


@contextmanager
def crew(repository: Repository, number: int) -> Iterator["Crew"]:
    """So many workers; none is left when the context ends, however it ends."""
    workers: list[subprocess.Popen[bytes]] = []
    try:
        workers.extend(_started(repository) for _ in range(number))
        yield Crew(workers)
    finally:
        for each in workers:
            each.kill()
        for each in workers:
            each.wait()


def _started(repository: Repository) -> "subprocess.Popen[bytes]":
    bare = "bare" if repository.bare else "-"
    places = [each for each in sys.path if each]
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START, *places, str(repository.folder), bare],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


class Crew:
    """Workers that take shares as they are ready for them."""

    def __init__(self, workers: "list[subprocess.Popen[bytes]]") -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._done: queue.Queue[Done | Exception | None] = queue.Queue()

    def sift(self, shares: Iterable[Share]) -> Iterator[Done]:
        """Every share, in the order in which they are done; what listing them raises is raised here."""
        source = iter(shares)
        for each in self._workers:
            threading.Thread(target=self._run, args=(each, source), daemon=True).start()
        left = len(self._workers)
        while left:
            done = self._done.get()
            if isinstance(done, Exception):
                raise done
            if done is None:
                left -= 1
            else:
                yield done
        yield from (Done(share, None) for share in source)

    def _run(self, worker: "subprocess.Popen[bytes]", source: Iterator[Share]) -> None:
        try:
            while (share := self._next(source)) is not None:
                answer = self._ask(worker, share)
                self._done.put(Done(share, None if answer is None else decode(answer)))
                if answer is None:
                    break
        except Exception as error:  # noqa: BLE001 - a defect in this thread must not be waited for
            self._done.put(error)
        self._done.put(None)

    def _next(self, source: Iterator[Share]) -> Share | None:
        with self._lock:
            return next(source, None)

    @staticmethod
    def _ask(worker: "subprocess.Popen[bytes]", share: Share) -> bytes | None:
        """The answer; `None` from a worker that has ended."""
        if worker.stdin is None or worker.stdout is None:
            return None
        with suppress(OSError, ValueError):
            send(worker.stdin, share.listed)
            return receive(worker.stdout)
        return None
