"""Bodies of answers, hostile ones included."""

import msgspec
import pytest
from ask_samples import PLANTED, held
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.transports.answers import Body, read_body, redact
from tests.pace import within

JSON = "application/json; charset=utf-8"
MALFORMED = Body(failure="the answer is malformed JSON")


@pytest.mark.parametrize(
    ("raw", "content_type", "content"),
    [
        (b'{"a": [1, null]}', JSON, {"a": [1, None]}),
        (b'\xef\xbb\xbf {"a": 1} ', "", {"a": 1}),
        (b"[1]", "text/plain", [1]),
        (b"3", "application/vnd.github+json", 3),
        (b'"x"', "application/json", "x"),
        (b"<a>1</a>", "text/xml", "<a>1</a>"),
        (b"hello", "", "hello"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b"\xe4", "text/plain; charset=ISO-8859-1", "ä"),
        (b'{"a": "' + b"[" * 1000 + b'\\"' + b"{" * 1000 + b'"}', JSON, {"a": "[" * 1000 + '"' + "{" * 1000}),
        (b"", JSON, None),
        (b" \r\n", JSON, None),
    ],
)
def test_a_body_is_json_or_text(raw: bytes, content_type: str, content: object) -> None:
    assert read_body(raw, content_type) == Body(content)


@pytest.mark.parametrize(
    "raw",
    [b"{", b"{]", b"[1] x", b"NaN", b"-Infinity", b"[NaN]", b"<html>", b"1e999", b"1" * 6000, b'"\\ud800"',
     b'"\xff"', b"{'a': 1}", b"[1,]", b'{"a": "', b'{"a": "\\'],
)  # fmt: skip
def test_json_that_is_none_is_a_failure(raw: bytes) -> None:
    assert read_body(raw, JSON) == MALFORMED


@pytest.mark.parametrize(
    "raw",
    [b"[" * 101 + b"]" * 101, b"[" * 200_000, b'{"a":' * 101 + b"1" + b"}" * 101, b'["]",' * 200 + b"1"],
)
def test_json_that_nests_too_deeply_is_a_failure(raw: bytes) -> None:
    assert read_body(raw, JSON) == Body(failure="the answer is nested too deeply")


def test_json_of_too_many_values_is_a_failure() -> None:
    raw = b"[" + b"[]," * 1_600_000 + b"1]"
    assert read_body(raw, JSON) == Body(failure="the answer holds too many values")


@pytest.mark.parametrize("piece", [b'"', b'\\"', b'"\\', b"{", b'["', b'{"a":['])
def test_hostile_json_costs_no_more_than_its_size(piece: bytes) -> None:
    raw = b"[" * 60 + piece * (390_000 // len(piece)) + b"}" * 60
    with within(2):
        assert read_body(raw, JSON).failure is not None


@given(st.binary(max_size=200), st.text(max_size=30))
def test_no_body_raises(raw: bytes, content_type: str) -> None:
    body = read_body(raw, content_type)
    assert body.failure is None or body.content is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_was_written_is_what_is_read(value: object) -> None:
    assert read_body(msgspec.json.encode(value), JSON) == Body(value)


def test_an_echo_of_the_secret_is_taken_out() -> None:
    raw = f'{{"message": "no such token: {PLANTED}"}}'.encode()
    assert read_body(redact(raw, [held().secret]), JSON).content == {"message": "no such token: …"}
    odd = 'a/b"c\\dé'
    for echo in (msgspec.json.encode(odd), b'"a\\/b\\"c"', odd.encode()):
        assert b'b\\"c\\\\d' not in redact(echo, [held(odd).secret])
    assert redact(b"short is short", [held("short").secret]) == b"short is short"
