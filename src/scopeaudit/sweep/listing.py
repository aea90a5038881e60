"""What there is to read, listed ahead of those that read it, so that its end is known early."""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType

from scopeaudit.reach.packs import Share

_SHARES_HELD = 128


class Listing:
    """Shares, listed in the background from the start; so many at most wait to be taken."""

    def __init__(self, shares: Iterator[Share]) -> None:
        self._shares = shares
        self._listed: queue.Queue[Share | Exception | None] = queue.Queue(_SHARES_HELD)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._number = self._size = 0
        self.total: tuple[int, int] | None = None
        """Number and bytes of all objects, as soon as they are known."""

    def __enter__(self) -> "Listing":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True
        while self._thread.is_alive():
            with suppress(queue.Empty):
                self._listed.get(timeout=0.05)
        with suppress(queue.Full):
            self._listed.put_nowait(None)

    def __iter__(self) -> Iterator[Share]:
        """Every share, to one reader at a time; what kept them from being listed is raised at its place."""
        while (share := self._listed.get()) is not None:
            if isinstance(share, Exception):
                raise share
            yield share

    def _run(self) -> None:
        end: Exception | None = None
        try:
            for share in self._shares:
                self._number += share.number
                self._size += share.size
                self._put(share)
                if self._stopped:
                    return
            self.total = (self._number, self._size)
        except Exception as error:  # noqa: BLE001 - whoever reads the shares raises it
            end = error
        self._put(end)

    def _put(self, each: Share | Exception | None) -> None:
        while not self._stopped:
            with suppress(queue.Full):
                self._listed.put(each, timeout=0.1)
                return
