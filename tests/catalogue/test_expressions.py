"""Expressions of provider files never fail on what a server sends."""

from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.dates import read_date, written
from scopeaudit.catalogue.expressions import evaluate, is_true, text, texts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_where_finds_objects_by_a_value_outside_the_list():
    names = {"people": [{"id": "1", "role": "A"}, {"id": "2", "role": "B"}], "me": "2"}
    assert evaluate("where(people, 'id', me)[].role", names) == ["B"]


def test_split_and_lower():
    assert evaluate("split(scopes, ',')", {"scopes": "repo, gist ,"}) == ["repo", "gist"]
    assert evaluate("lower(word)", {"word": "Not Authorized"}) == "not authorized"


def test_pairs_join_each_key_with_its_text():
    names = {"permissions": {"contents": "read", "issues": None, "members": {"a": 1}}, "list": []}
    assert evaluate("pairs(permissions, ':')", names) == ["contents:read"]
    assert evaluate("pairs(list, ':')", names) is None


def test_a_value_that_does_not_fit_a_function_is_nothing():
    assert evaluate("lower(word)", {"word": 3}) is None
    assert evaluate("where(people, 'id', me)", {"people": "x", "me": "1"}) is None


@given(JSON)
def test_no_value_breaks_an_expression(value):
    names = {"body": value}
    for expression in (
        "where(body.a, 'id', body.b)[].c",
        "lower(body)",
        "split(body, ',')",
        "body.errors && contains(['x'], lower(body.errors[0].message))",
    ):
        texts(evaluate(expression, names))
        is_true(expression, names)


@given(JSON)
def test_texts_are_strings_and_never_booleans(value):
    assert all(isinstance(each, str) for each in texts(value))
    assert texts(True) == ()
    assert text([1]) is None


def test_dates_are_read_as_providers_write_them():
    expected = "2026-01-01T00:00:00Z"
    for value in (
        "2026-01-01 00:00:00 UTC",
        "2026-01-01 00:00:00 +0000",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T01:00:00+01:00",
        "Thu, 01 Jan 2026 00:00:00 GMT",
        1767225600,
    ):
        moment = read_date(value)
        assert moment is not None
        assert written(moment) == expected


@given(JSON | st.floats())
def test_no_value_breaks_a_date(value):
    moment = read_date(value)
    assert moment is None or moment.tzinfo is not None
