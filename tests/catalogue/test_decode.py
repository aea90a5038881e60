"""YAML is read strictly, with the line of every problem."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.decode import Marked, decode
from scopeaudit.model.errors import InvalidFileError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    id: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    name: str
    colour: Colour = Colour.RED
    long_name: str | None = None
    count: int = 0
    share: float = 0.0
    on: bool = False
    day: datetime.date | None = None
    words: tuple[str, ...] = ()
    marks: tuple[Marked, ...] = ()
    parts: tuple[Part, ...] = ()
    table: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidFileError) as error:
        decode(text, "f.yaml", Whole)
    return error.value.problems


def test_every_kind_of_field_is_read():
    text = """\
name: n
colour: blue
long-name: l
count: 12
share: 0.5
on: true
day: 2027-03-31
words: [a, b]
marks: [x]
parts:
  - id: p
table: {k: [v]}
"""
    assert decode(text, "f.yaml", Whole) == Whole(
        name="n",
        colour=Colour.BLUE,
        long_name="l",
        count=12,
        share=0.5,
        on=True,
        day=datetime.date(2027, 3, 31),
        words=("a", "b"),
        marks=(Marked("x", 9),),
        parts=(Part(id="p", line=11),),
        table={"k": ("v",)},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("colour: red\n", "f.yaml:1: name: is missing"),
        ("name: n\nname: m\n", "f.yaml:2: name: is given twice"),
        ("name: no\n", "f.yaml:1: name: 'no' is a guess in YAML: quote it"),
        ("name:\n", "f.yaml:1: name: 'nothing' is a guess in YAML: quote it"),
        ("name: n\ncount: 012\n", "f.yaml:2: count: expected a whole number"),
        ("name: n\ncount: 1e3\n", "f.yaml:2: count: expected a whole number"),
        ("name: n\ncolour: green\n", "f.yaml:2: colour: expected one of red, blue"),
        ("name: n\non: yes\n", "f.yaml:2: on: expected true or false"),
        ("name: n\nday: 31.3.2027\n", "f.yaml:2: day: expected a date such as 2027-03-31"),
        ("name: n\nwords: a\n", "f.yaml:2: words: expected a list"),
        ("name: [n]\n", "f.yaml:1: name: expected a single value"),
        ("name: n\ntable: a\n", "f.yaml:2: table: expected a mapping of keys to values"),
        ("name: n\nparts:\n  - line: 3\n    id: x\n", "f.yaml:3: parts[0].line: unknown key; known are id"),
        ("name: &a n\nlong-name: *a\n", "f.yaml:1: anchors, aliases and tags are not used here"),
        ("name: !!python/object:os.system n\n", "f.yaml:1: anchors, aliases and tags are not used here"),
        ("", "f.yaml:1: the file is empty"),
        ("name: [" + "[" * 5000, "f.yaml:1: nested too deeply"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, expected):
    assert problems(text) == (expected,)


def test_all_problems_come_at_once_in_the_order_of_lines():
    assert problems("colour: green\ncount: x\nname: no\nwhat: 1\n") == (
        "f.yaml:1: colour: expected one of red, blue",
        "f.yaml:2: count: expected a whole number",
        "f.yaml:3: name: 'no' is a guess in YAML: quote it",
        "f.yaml:4: what: unknown key; known are "
        "colour, count, day, long-name, marks, name, on, parts, share, table, words",
    )


@given(st.text())
def test_no_text_does_anything_but_decode_or_be_refused(text):
    try:
        decode(text, "f.yaml", Whole)
    except InvalidFileError as error:
        assert all(problem.startswith("f.yaml:") for problem in error.problems)  # noqa: PT017
