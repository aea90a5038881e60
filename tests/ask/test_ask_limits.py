"""Rates, budgets, waiting and the end of the run."""

import threading
import time
from dataclasses import replace

from ask_samples import ACME

from scopeaudit.ask.limits import Limits


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def limits(clock: Clock, *, rate: float = 1000.0, budget: int = 50, run_seconds: float = 300.0) -> Limits:
    acme = replace(ACME, rate=rate, budget=budget)
    other = replace(acme, id="other")
    return Limits({"acme": acme, "other": other}, run_seconds=run_seconds, clock=clock, sleep=clock.sleep)


def take(given: Limits, credential: str = "c1", provider: str = "acme") -> str | None:
    with given.turn(provider, credential) as reason:
        return reason


def test_no_second_sees_more_requests_than_the_rate() -> None:
    clock = Clock()
    given = limits(clock, rate=5)
    moments = []
    for _ in range(23):
        assert take(given) is None
        moments.append(clock.now)
    assert all(later - earlier >= 1.0 for earlier, later in zip(moments, moments[5:], strict=False))
    assert clock.now == 104.0


def test_a_rate_below_one_spaces_requests_out() -> None:
    clock = Clock()
    given = limits(clock, rate=0.5)
    assert [take(given) for _ in range(3)] == [None] * 3
    assert clock.now == 104.0


def test_one_providers_rate_does_not_slow_another() -> None:
    clock = Clock()
    given = limits(clock, rate=1)
    assert [take(given), take(given, provider="other")] == [None, None]
    assert clock.now == 100.0


def test_a_credential_has_a_budget_of_its_own() -> None:
    given = limits(Clock(), budget=2)
    assert [take(given), take(given), take(given), take(given, "c2")] == [
        None,
        None,
        "its budget of 2 requests is used up",
        None,
    ]
    assert (given.sent, given.sent_for("acme", "c1"), given.sent_for("acme", "c2")) == (3, 2, 1)


def test_retry_after_is_obeyed_up_to_a_bound_and_for_that_credential_alone() -> None:
    clock = Clock()
    given = limits(clock)
    given.hold("acme", "c1", 7)
    assert (take(given, "c2"), clock.now) == (None, 100.0)
    assert (take(given, "c1"), clock.now) == (None, 107.0)
    given.hold("acme", "c1", 60)
    given.hold("acme", "c1", 1)
    assert (take(given, "c1"), clock.now) == ("rate limited: the provider asks to wait 60 s", 107.0)
    clock.sleep(60)
    assert take(given, "c1") is None


def test_the_run_ends() -> None:
    clock = Clock()
    given = limits(clock, run_seconds=5)
    assert take(given) is None
    clock.sleep(5)
    assert (take(given), given.remaining_seconds()) == ("the time for asking is used up", 0.0)


def test_no_wait_goes_beyond_the_end_of_the_run() -> None:
    clock = Clock()
    given = limits(clock, run_seconds=5, rate=0.1)
    assert take(given) is None
    assert take(given) == "the time for asking is used up"
    given.hold("acme", "c2", 6)
    assert take(given, "c2") == "the time for asking is used up"
    assert clock.now == 100.0


def test_the_time_begins_with_the_first_request() -> None:
    clock = Clock()
    given = limits(clock, run_seconds=5)
    clock.sleep(60)
    assert take(given) is None


def test_an_unknown_provider_has_no_turn() -> None:
    assert take(limits(Clock()), provider="nobody") == "nobody is no provider that is asked"


def test_no_more_than_the_concurrency_are_under_way() -> None:
    given = Limits({"acme": ACME}, concurrency=3)
    lock, running, most = threading.Lock(), [0], [0]

    def ask() -> None:
        with given.turn("acme", "c1") as reason:
            assert reason is None
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.01)
            with lock:
                running[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most[0], given.sent) == (3, 20)


def test_a_turn_that_ends_in_an_error_gives_its_place_back() -> None:
    given = Limits({"acme": ACME}, concurrency=1, run_seconds=2)
    for _ in range(3):
        try:
            with given.turn("acme", "c1"):
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    assert take(given) is None
