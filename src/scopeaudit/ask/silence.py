"""Servers that do not answer: after a few attempts in a row nobody waits for them again in this run."""

import threading
from collections import Counter

from scopeaudit.ask.request import Answer, Request

_ATTEMPTS = 3
_OUR_OWN = ("refused", "rate limited", "the time for asking", "the audit trail")
"""How failures begin that are our decision and say nothing about the server."""


class Silence:
    """Counts attempts without any answer, by provider and host; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: Counter[tuple[str, str]] = Counter()

    def is_complete(self, request: Request) -> bool:
        """Whether this server was silent so often that asking on would only cost time."""
        with self._lock:
            return self._attempts[request.provider, request.host] >= _ATTEMPTS

    def note(self, request: Request, answer: Answer) -> None:
        """Count one more silence, or forget them all when there was an answer of any sort."""
        key = (request.provider, request.host)
        with self._lock:
            if answer.status or answer.failure is None:
                self._attempts[key] = 0
            elif not answer.failure.startswith(_OUR_OWN):
                self._attempts[key] += 1
