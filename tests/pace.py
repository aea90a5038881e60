"""How long something may take: so many times a fixed piece of work, done on the same machine in the same run."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

ORDINARY_SECONDS = 0.05
"""What the yardstick takes of the processor of an ordinary machine."""


def yardstick() -> float:
    """Seconds of the processor for text, numbers and values as this program handles them."""
    started = time.process_time()
    text = json.dumps([{"id": number, "name": f"volume-{number}"} for number in range(40_000)])
    words = re.findall(r"[a-z]+-\d+", text)
    sorted(json.loads(text), key=lambda each: (each["name"], each["id"]))
    assert len({word: len(word) for word in words}) == 40_000
    return time.process_time() - started


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is inside takes no more of the processor of an ordinary machine; a slower one has as many times more.

    The yardstick is taken only where the seconds are over, so that it costs nothing.
    """
    started = time.process_time()
    yield
    spent = time.process_time() - started
    if spent > seconds:
        allowed = seconds * yardstick() / ORDINARY_SECONDS
        assert spent <= allowed, f"{spent:.1f} s of the processor, where {allowed:.1f} are enough"
