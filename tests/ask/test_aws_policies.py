import json
from urllib.parse import quote

import pytest
from aws_samples import READ_HERE, allow, document
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.aws.policies import ConditionTest, Policy, Statement, parse_policy

FULL = {
    "Version": "2012-10-17",
    "Id": "x",
    "Statement": {
        "Sid": "Ends",
        "Effect": "Deny",
        "NotAction": "iam:Get*",
        "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
        "Principal": {"AWS": "*"},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": False}, "NumericLessThan": {"s3:max-keys": 10}},
    },
}


def parse(text: str) -> Policy | str:
    return parse_policy(text, "policy p", READ_HERE)


def test_every_element_is_read() -> None:
    assert parse(json.dumps(FULL)) == Policy(
        "policy p",
        (
            Statement(
                label='statement 1 "Ends"',
                allows=False,
                actions=("iam:Get*",),
                spares_actions=True,
                resources=("arn:aws:s3:::a", "arn:aws:s3:::b"),
                spares_resources=True,
                condition=(
                    ConditionTest("Bool", "aws:MultiFactorAuthPresent", ("false",)),
                    ConditionTest("NumericLessThan", "s3:max-keys", ("10",)),
                ),
                has_variables=True,
                principal={"AWS": ("*",)},
            ),
        ),
        READ_HERE,
    )


def test_a_document_is_read_url_encoded_and_plain() -> None:
    text = document(allow("s3:*", "arn:aws:s3:::100%25/${aws:username}+x"))
    assert parse(quote(text)) == parse(text)
    assert parse(quote(text, safe="")) == parse(text)


def test_a_document_without_a_version_takes_variables_literally() -> None:
    parsed = parse(json.dumps({"Statement": [allow()]}))
    assert isinstance(parsed, Policy)
    assert not parsed.statements[0].has_variables


def test_elements_may_be_written_in_any_case() -> None:
    text = '{"version":"2012-10-17","statement":{"effect":"Allow","action":"*","resource":"*"}}'
    assert parse(text) == parse(document(allow()))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the document is no JSON"),
        ("{", "the document is no JSON"),
        ("[]", "the document is not an object"),
        ("{}", "statement 1 is not an object"),
        ('{"Statement":[1]}', "statement 1 is not an object"),
        ('{"Version":"2030-01-01","Statement":[]}', "the document is of a version that is not known"),
        (
            '{"Statement":{"Effect":"Allow","Action":"*"}}',
            "statement 1 has not exactly one of resource and notresource",
        ),
        (
            '{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}',
            "statement 1 has not exactly one of action and notaction",
        ),
        (
            '{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}',
            "statement 1 neither allows nor denies",
        ),
        ('{"Statement":{"Effect":"Deny","Action":[],"Resource":"*"}}', "statement 1 names no action"),
        (
            '{"Statement":{"Effect":"Deny","Action":{},"Resource":"*"}}',
            "statement 1 has a value that is no text",
        ),
        (
            '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","New":1}}',
            "statement 1 has an element that is not known",
        ),
        ('{"Statement":{"Effect":"Deny","Effect ":1}}', "statement 1 has an element that is not known"),
        ('{"Statement":{"Effect":"Deny","effect":"Deny"}}', "statement 1 has an element twice"),
        (
            '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":1}}}',
            "statement 1 has a condition that is not an object",
        ),
        ("{" + " " * 300_000, "the document is larger than any policy"),
        ('{"Statement":' + "[" * 100_000, "the document is no JSON"),
    ],
)
def test_what_is_not_understood_is_not_a_policy(text: str, why: str) -> None:
    assert parse(text) == why


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["Version", "Statement", "Effect", "Action", "Resource", "Condition", "Principal", "x"]
                ),
                inner,
            )
        ),
    )
)
def test_no_json_is_too_strange(value: object) -> None:
    assert isinstance(parse(json.dumps(value)), Policy | str)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(parse(text), Policy | str)
