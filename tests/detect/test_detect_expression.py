"""Patterns in the two forms they are used in."""

import re

import pytest
from detect_kinds import JWT, KINDS, POSTGRESQL, STRIPE, UUID
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.detect.engine import Engine
from scopeaudit.detect.expression import compile_expression
from scopeaudit.detect.syntax import PatternError, parse, width

PATTERNS = tuple(dict.fromkeys(kind.pattern for _, kind in KINDS if kind.pattern))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", (3, 3)),
        ("a?b{2,5}", (2, 6)),
        ("(?:a|bcd)+", (1, None)),
        (r"(?i)k[a-c]*\b", (1, None)),
        (r"\x41\.[\]\-^]{3}", (5, 5)),
        (".{2,}?", (2, None)),
        (UUID, (36, 36)),
    ],
)
def test_the_width_of_a_pattern_is_known(pattern: str, expected: tuple[int, int | None]) -> None:
    assert width(parse(pattern)[0]) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "a(?=b)",
        "(?<!a)b",
        r"(a)\1",
        "(?P<x>a)(?P=x)",
        "^a",
        "a$",
        r"\Aa",
        r"a\Z",
        "a++",
        "(a",
        "a)",
        "[a",
        "*a",
        r"\p{L}",
        "é",
        r"\xZZ",
        "[z-a]",
        "(?#c)a",
        "a*",
        "(?:)",
        "",
    ],
)
def test_what_the_two_engines_do_not_share_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_expression(pattern)


@pytest.mark.parametrize(
    ("pattern", "scanned"),
    [
        (STRIPE.pattern, "(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10}"),
        ("a(?:b|c+)?", "a"),
        ("a(?:b|c+)", "a(?:b|c)"),
        ("ab{2,}c*d?", "ab{2}"),
        (r"ab+\b", r"ab+\b"),
        ("(?i)ab+", "(?i)ab"),
        ("a(?:b?)+", "a(?:b?)"),
        (r"\bab+\b", r"ab+\b"),
        (r"\b-ab+", r"\b-ab"),
    ],
)
def test_the_pass_looks_for_the_shortest_proof(pattern: str, scanned: str) -> None:
    assert compile_expression(pattern).scanned == scanned


def test_a_pattern_that_begins_and_ends_with_a_class_is_reported_once_a_run() -> None:
    form = compile_expression("[0-9a-f]{32}")
    engine = Engine("x", lambda: {0: form.scanned})
    long_run = b"ab" * 5000
    exact = b"0123456789abcdef" * 2
    assert engine.ends(long_run) == {}
    assert [match.span() for match in form.matches(exact, engine.ends(exact)[0])] == [(0, 32)]


@pytest.mark.parametrize(
    ("before", "apart"),
    [
        ("", True),
        (" ", True),
        ("=", True),
        ("/", True),
        ("é", True),
        ("x", False),
        ("_", False),
        ("9", False),
        (r"\n", True),
        (r"\u003d", True),
        ("%3D", True),
        (r"\x3d", True),
        ("\x1b[0;1m", True),
        ("\x1b[01;31m\x1b[K", True),
        ("\x1b[?25h", True),
        (r"\u001b[32m", True),
        (r"\u001B[38;5;208m", True),
        (r"\x1b[32m", True),
        (r"\e[32m", True),
        (r"\033[1;32m", True),
        ("[32m", False),
        (r"\u001c[32m", False),
        ("n", False),
    ],
)
def test_what_stands_before_a_match_may_not_belong_to_it(before: str, apart: bool) -> None:
    data = (before + "key_0A1B2C3D").encode()
    for pattern in ("key_[0-9A-Z]{8}", r"\bkey_[0-9A-Z]{8}\b"):
        form = compile_expression(pattern)
        engine = Engine([pattern], lambda form=form: {0: form.scanned})
        assert bool(list(form.matches(data, engine.ends(data).get(0, [])))) is apart


@pytest.mark.parametrize("colour", ["\x1b[01;31m\x1b[K", r"\u001b[32m", r"\e[1;32m"])
def test_colours_hide_nothing_from_a_pattern_with_a_fence(colour: str) -> None:
    form = compile_expression("[0-9A-Za-z]{32}")
    engine = Engine(["fence"], lambda: {0: form.scanned})
    value = b"0aZ1" * 8
    data = colour.encode() + value + b"\x1b[m"
    assert [match.group() for match in form.matches(data, engine.ends(data)[0])] == [value]


@pytest.mark.parametrize(
    ("after", "apart"), [("", True), (" ", True), ("-", True), ("_", True), ("Z", False), ("z", False)]
)
def test_what_stands_after_a_match_may_not_belong_to_it(after: str, apart: bool) -> None:
    form = compile_expression("key_[0-9A-Z]{8}")
    data = ("key_0A1B2C3D" + after).encode()
    assert bool(list(form.matches(data, [12]))) is apart


def test_patterns_that_fit_almost_anything_are_not_selective() -> None:
    assert [
        compile_expression(pattern).is_selective for pattern in (UUID, r"[^\s]{1,64}", r"[\w.~+/-]{24,1024}")
    ] == [
        True,
        False,
        False,
    ]
    assert compile_expression(JWT.pattern or "").is_selective


@settings(deadline=None)
@given(data=st.data())
def test_every_match_is_found_through_the_pass(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from([pattern for pattern in PATTERNS if not pattern.startswith("[^")]))
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)).encode()
    form = compile_expression(pattern)
    whole = form.exact.fullmatch(text)
    if len(text) > 4000 or whole is None:
        return
    engine = Engine([pattern], lambda: {0: form.scanned})
    padded = b'x = "' + text + b'"\n'
    found = [match.span() for match in form.matches(padded, engine.ends(padded).get(0, []))]
    assert (
        any(start <= 5 and end > 5 for start, end in found)
        or form.exact.search(padded, 5).end() != len(text) + 5
    )


def test_groups_survive() -> None:
    form = compile_expression(POSTGRESQL.pattern or "")
    data = b"postgresql://app:pw@db:5432/main?a=b"
    match = next(form.matches(data, [len("postgresql://a")]))
    assert match.groupdict() == {
        "user": b"app",
        "secret": b"pw",
        "host": b"db:5432",
        "database": b"main",
        "params": b"a=b",
    }


@settings(deadline=None)
@given(st.binary(max_size=400), st.lists(st.integers(0, 410), max_size=20))
def test_ends_that_mean_nothing_do_no_harm(data: bytes, ends: list[int]) -> None:
    for pattern in PATTERNS:
        for match in compile_expression(pattern).matches(data, sorted(ends)):
            assert match.end() <= len(data)
