"""Listing ahead of the readers, and what the progress is told."""

import threading
import time

import pytest

from scopeaudit.reach import packs
from scopeaudit.reach.packs import Share
from scopeaudit.sweep import listing as module
from scopeaudit.sweep import sweep as sweep_module
from scopeaudit.sweep.listing import Listing
from scopeaudit.sweep.sweep import SweepOptions, sweep


class Told:
    """Notes what a progress is told."""

    def __init__(self):
        self.told = []

    def total(self, files, size):
        self.told.append(("total", files, size))

    def advance(self, files, size, source):
        self.told.append((source, files, size))

    def asking(self, credentials):
        raise AssertionError("nothing is asked here")


def share(number):
    return Share(b"0" * 40, 1, number)


def test_shares_come_in_order_and_the_total_is_known_before_they_are_read():
    with Listing(iter([share(1), share(2), share(3)])) as listing:
        end = time.monotonic() + 10
        while listing.total is None and time.monotonic() < end:
            time.sleep(0.01)
        assert listing.total == (3, 6)
        assert [each.size for each in listing] == [1, 2, 3]


def test_what_keeps_shares_from_being_listed_is_raised_behind_the_others():
    def failing():
        yield share(1)
        raise LookupError

    with Listing(failing()) as listing:
        taken = iter(listing)
        assert next(taken).size == 1
        with pytest.raises(LookupError):
            next(taken)
        assert listing.total is None


def test_no_more_is_listed_than_may_wait(monkeypatch):
    monkeypatch.setattr(module, "_SHARES_HELD", 3)
    listed = []

    def endless():
        while True:
            listed.append(1)
            yield share(1)

    before = threading.active_count()
    with Listing(endless()):
        time.sleep(0.3)
        assert len(listed) <= 5
    assert threading.active_count() == before


def filled(repository):
    for number in range(12):
        repository.commit(f"c{number}", **{f"f{number}": f"number = {number}\n"})


@pytest.mark.parametrize("share_objects", [5, 10_000], ids=["workers", "in process"])
def test_the_progress_is_told_the_total_once_and_then_reaches_it(
    repository, rules, monkeypatch, share_objects
):
    filled(repository)
    monkeypatch.setattr(packs, "_SHARE_OBJECTS", share_objects)
    progress = Told()
    list(sweep(repository.root, rules, SweepOptions(progress=progress, workers=2)))
    (place,) = [number for number, each in enumerate(progress.told) if each[0] == "total"]
    total, rest = progress.told[place][1:], progress.told[place + 1 :]
    assert total == (sum(each[1] for each in rest), sum(each[2] for each in rest))
    assert sum(each[1] for each in progress.told if each[0] == "history") == 24


def test_a_total_that_becomes_known_late_is_told_without_what_was_read_before():
    progress = Told()
    swept = sweep_module._Sweep(None, None, SweepOptions(progress=progress), None)
    swept._told(share(10), None)
    for size in (20, 30):
        swept._told(share(size), (3, 60))
    assert progress.told == [("history", 1, 10), ("total", 2, 50), ("history", 1, 20), ("history", 1, 30)]
