import pytest
from aws_samples import error, identity, members, ok
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.aws.answers import Said, list_at, read_answer, text_at
from scopeaudit.ask.request import Answer


def test_a_result_is_text_mappings_and_lists() -> None:
    answer = ok("ListUserPolicies", members("PolicyNames", "a", " b ") + "<Marker>x</Marker>")
    said = read_answer("ListUserPolicies", answer)
    assert said == Said(200, {"PolicyNames": ["a", "b"], "IsTruncated": "false", "Marker": "x"})
    assert list_at(said.result, "PolicyNames") == ("a", "b")
    assert text_at(said.result, "Marker") == "x"
    assert (list_at(said.result, "Marker"), text_at(said.result, "PolicyNames", "x")) == ((), None)


def test_an_error_is_its_code() -> None:
    assert read_answer("GetUser", error("AccessDenied")) == Said(403, code="AccessDenied")


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"GetUserResponse": {}},
        "",
        "<",
        "text",
        "<GetUserResponse/>",
        "<GetUserResponse><GetUserResult>x</GetUserResult></GetUserResponse>",
        '<!DOCTYPE x [<!ENTITY a "b">]><GetUserResponse>&a;</GetUserResponse>',
        '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        "<a>" * 100 + "</a>" * 100,
        "<a>" * 100_000,
        "x" * 5_000_000,
        "<GetUserResponse>\x00</GetUserResponse>",
    ],
)
def test_what_is_no_answer_of_aws_is_a_failure(body: object) -> None:
    assert read_answer("GetUser", Answer(status=200, body=body)).failure is not None


def test_an_answer_to_another_question_is_none() -> None:
    assert read_answer("GetUser", identity()).failure == "the answer is of another action"


def test_a_code_that_is_no_code_is_not_repeated() -> None:
    said = read_answer("GetUser", error("x" * 500 + " y"))
    assert said == Said(403, failure="an answer of status 403 that gives no reason")


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert read_answer("GetUser", Answer(status=200, body=text)).failure is not None
