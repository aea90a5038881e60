"""Globs held against each other, and against every short text there is."""

import itertools
import re
import time
from fnmatch import translate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.globs import bounds, meet

PARTS = (
    "a",
    "b",
    "*",
    "?",
    "[ab]",
    "[!a]",
    "[!ab]",
    "[a-c]",
    "[!a-b]",
    "[b-a]",
    "[!b-a]",
    "[]]",
    "[a-]",
    "[",
)
TEXTS = ["".join(each) for length in range(6) for each in itertools.product("abc]-[", repeat=length)]
globs = st.lists(st.sampled_from(PARTS), max_size=3).map("".join)
hostile_globs = st.text("a-c*?[]!", max_size=5)


def read(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))


def characters(glob: str) -> int:
    """How many a text has at least."""
    return len(re.sub(r"\[!?\]?[^]]*\]", "?", glob).replace("*", ""))


def have_a_text(one: str, other: str) -> bool:
    first, second = read(one), read(other)
    return any(first.match(each) and second.match(each) for each in TEXTS)


@settings(max_examples=300, deadline=None)
@given(globs, globs)
def test_globs_meet_exactly_if_some_text_is_meant_by_both(one: str, other: str) -> None:
    found = have_a_text(one, other)
    # Two globs that meet have a text of no more characters than both of them name.
    assert meet(one, other) is found or (meet(one, other) and characters(one) + characters(other) > 5)


@settings(max_examples=300, deadline=None)
@given(hostile_globs, hostile_globs)
def test_whatever_they_hold_no_text_is_overlooked(one: str, other: str) -> None:
    assert meet(one, other) >= have_a_text(one, other)
    assert meet(one, other) is meet(other, one)


@pytest.mark.parametrize(
    ("one", "other", "is_met"),
    [
        ("?roduction", "prod*", True),
        ("[!p]roduction", "prod*", False),
        ("[o-q]roduction", "prod*", True),
        ("p*n", "prod*", True),
        ("*a", "*b", False),
        ("a*", "b*", False),
        ("*x*", "*y*", True),
        ("", "*", True),
        ("", "?", False),
        ("P", "p", False),
        ("[é]", "é", True),
        ("[à-ü]", "é", True),
        ("é", "ü", False),
        ("[z-a]*", "*", False),
        ("*", "[z-a]*", False),
    ],
)
def test_globs_that_meet(one: str, other: str, is_met: bool) -> None:
    assert meet(one, other) is is_met


@pytest.mark.parametrize("unit", ["*a", "?*", "[a-z]*", "[!a]", "[", "*", "a"])
def test_hostile_globs_take_no_time(unit: str) -> None:
    started = time.monotonic()
    meet(unit * 100_000, "*a*b*c*[!d]?e*")
    meet("*a*b*c*[!d]?e*", unit * 2_000)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("globs", "is_bound"),
    [
        ([], False),
        (["*"], False),
        (["prod", "**"], False),
        (["*/*"], False),
        (["?*"], False),
        (["prod*"], True),
        (["/"], True),
        (["???"], True),
    ],
)
def test_a_glob_for_everything_bounds_nothing(globs: list[str], is_bound: bool) -> None:
    assert bounds(globs) is is_bound
