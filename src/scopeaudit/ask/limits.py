"""How much is asked: a rate for each provider, a budget for each credential, a time for the run."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from scopeaudit.catalogue.provider import Provider

LONGEST_WAIT_SECONDS = 10.0
"""A provider that asks to wait longer is not asked again until then."""
_RUN_OVER = "the time for asking is used up"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Of one request, in seconds."""

    connect: float = 5.0
    read: float = 10.0
    """For each step of reading."""
    total: float = 20.0
    """From name look-up to last byte, however slowly the server drips."""


class _Rate:
    """Requests that may leave in any stretch of time; not safe for threads on its own."""

    def __init__(self, rate: float) -> None:
        count = max(1, int(rate))
        self._stretch_seconds = count / max(rate, 0.001)
        self._last: deque[float] = deque(maxlen=count)

    def due(self, now: float) -> float:
        """When the next request may leave."""
        if len(self._last) < (self._last.maxlen or 1):
            return now
        return max(now, self._last[0] + self._stretch_seconds)

    def take(self, moment: float) -> None:
        """Note that a request leaves then."""
        self._last.append(moment)


class Limits:
    """Shared by all threads that ask. `sleep` is called without a lock held."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        run_seconds: float = 300.0,
        concurrency: int = 4,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """The time of the run begins with its first request; `concurrency` is for each provider."""
        self._providers = providers
        self._run_seconds = run_seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._ends: float | None = None
        self._slots = {each: threading.BoundedSemaphore(concurrency) for each in providers}
        self._rates = {each: _Rate(provider.rate) for each, provider in providers.items()}
        self._held_until: dict[tuple[str, str], float] = {}
        self._sent: Counter[tuple[str, str]] = Counter()

    @property
    def sent(self) -> int:
        """Requests sent so far, repetitions included."""
        with self._lock:
            return self._sent.total()

    def sent_for(self, provider: str, credential: str) -> int:
        """Requests sent so far for one credential."""
        with self._lock:
            return self._sent[provider, credential]

    def remaining_seconds(self) -> float:
        """Seconds left for the run; not below 0."""
        with self._lock:
            if self._ends is None:
                self._ends = self._clock() + self._run_seconds
            return max(0.0, self._ends - self._clock())

    def hold(self, provider: str, credential: str, seconds: float) -> None:
        """Send nothing more for this credential for a while: its provider asked for that.

        Other credentials go on: one that is throttled costs nothing else.
        """
        with self._lock:
            key = (provider, credential)
            until = self._clock() + max(seconds, 0.0)
            self._held_until[key] = max(until, self._held_until.get(key, until))

    @contextmanager
    def turn(self, provider: str, credential: str) -> Iterator[str | None]:
        """Wait for a turn to send one request. Gives the reason if there is none, else `None`."""
        slot = self._slots.get(provider)
        if slot is None:
            yield f"{provider} is no provider that is asked"
            return
        remaining = self.remaining_seconds()
        reason = self._wait_out(provider, credential, remaining)
        if reason is not None:
            yield reason
        elif not slot.acquire(timeout=self.remaining_seconds()):
            yield _RUN_OVER
        else:
            try:
                yield self._take(self._providers[provider], credential)
            finally:
                slot.release()

    def _wait_out(self, provider: str, credential: str, remaining: float) -> str | None:
        """Wait as long as the provider asked to, before a slot is taken that others could use."""
        with self._lock:
            now = self._clock()
            pause = self._held_until.get((provider, credential), now) - now
        if pause > LONGEST_WAIT_SECONDS:
            return f"rate limited: the provider asks to wait {pause:.0f} s"
        if remaining <= 0 or pause >= remaining:
            return _RUN_OVER
        if pause > 0:
            self._sleep(pause)
        return None

    def _take(self, provider: Provider, credential: str) -> str | None:
        key = (provider.id, credential)
        rate = self._rates[provider.id]
        with self._lock:
            now = self._clock()
            due = rate.due(now)
            if self._sent[key] >= provider.budget:
                return f"its budget of {provider.budget} requests is used up"
            if self._ends is not None and due >= self._ends:
                return _RUN_OVER
            self._sent[key] += 1
            rate.take(due)
        if due > now:
            self._sleep(due - now)
        return None
