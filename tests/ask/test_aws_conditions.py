import datetime

import pytest
from aws_samples import ALICE, NOW

from scopeaudit.ask.aws.conditions import Context, Truth, decide, substitute
from scopeaudit.ask.aws.policies import ConditionTest
from scopeaudit.ask.aws.principal import Principal, PrincipalKind, context_of

YES, NO, OPEN = Truth.YES, Truth.NO, Truth.UNDECIDED
CONTEXT = Context(
    {
        "k": ("alice",),
        "arn": ("arn:aws:iam::123456789012:role/team/x",),
        "n": ("10",),
        "when": ("2026-05-04T12:00:00Z",),
        "epoch": ("1777896000",),
        "ip": ("203.0.113.7",),
        "flag": ("true",),
        "bytes": ("AQI=",),
        "many": ("a", "b"),
        "gone": (),
    },
    ("tag/",),
)


@pytest.mark.parametrize(
    ("operator", "key", "values", "truth"),
    [
        ("StringEquals", "K", ("bob", "alice"), YES),
        ("StringEquals", "k", ("bob",), NO),
        ("StringEquals", "k", ("Alice",), NO),
        ("StringEquals", "k", ("a*",), NO),
        ("stringequalsignorecase", "k", ("ALICE",), YES),
        ("StringNotEquals", "k", ("bob", "alice"), NO),
        ("StringNotEquals", "k", ("bob",), YES),
        ("StringNotEqualsIgnoreCase", "k", ("ALICE",), NO),
        ("StringLike", "k", ("al?c*",), YES),
        ("StringNotLike", "k", ("al*",), NO),
        ("StringLike", "k", ("${k}",), YES),
        ("StringLike", "k", ("${unheard}",), OPEN),
        ("StringLike", "k", ("${unheard}", "alice"), YES),
        ("StringNotLike", "k", ("${unheard}",), OPEN),
        ("StringEquals", "k", ("${gone, 'alice'}",), YES),
        ("StringEquals", "k", ("${gone}",), OPEN),
        ("StringEquals", "unheard", ("x",), OPEN),
        ("StringNotEquals", "unheard", ("x",), OPEN),
        ("StringEqualsIfExists", "unheard", ("x",), OPEN),
        ("StringEquals", "gone", ("x",), NO),
        ("StringNotEquals", "gone", ("x",), YES),
        ("StringEqualsIfExists", "gone", ("x",), YES),
        ("BoolIfExists", "gone", ("false",), YES),
        ("Bool", "gone", ("false",), NO),
        ("Bool", "flag", ("TRUE",), YES),
        ("Null", "gone", ("true",), YES),
        ("Null", "gone", ("false",), NO),
        ("Null", "k", ("false",), YES),
        ("Null", "unheard", ("true",), OPEN),
        ("StringEquals", "tag/Team", ("x",), NO),
        ("NumericEquals", "n", ("10.0",), YES),
        ("NumericNotEquals", "n", ("10",), NO),
        ("NumericLessThan", "n", ("10",), NO),
        ("NumericLessThanEquals", "n", ("10",), YES),
        ("NumericGreaterThan", "n", ("9",), YES),
        ("NumericGreaterThanEquals", "n", ("11",), NO),
        ("NumericEquals", "n", ("ten",), OPEN),
        ("DateGreaterThan", "when", ("2026-01-01T00:00:00Z",), YES),
        ("DateLessThan", "when", ("2026-01-01",), NO),
        ("DateEquals", "when", ("1777896000",), YES),
        ("DateLessThanEquals", "epoch", ("2026-05-04T12:00:00Z",), YES),
        ("DateNotEquals", "when", ("2026-05-04T12:00:00Z",), NO),
        ("DateGreaterThanEquals", "when", ("soon",), OPEN),
        ("IpAddress", "ip", ("203.0.113.0/24",), YES),
        ("IpAddress", "ip", ("198.51.100.0/24", "2001:db8::/32"), NO),
        ("NotIpAddress", "ip", ("203.0.113.0/24",), NO),
        ("IpAddress", "ip", ("here",), OPEN),
        ("ArnEquals", "arn", ("arn:aws:iam::*:role/team/*",), YES),
        ("ArnLike", "arn", ("arn:aws:iam::*",), NO),
        ("ArnNotLike", "arn", ("arn:aws:iam::123456789012:role/*",), NO),
        ("ArnNotEquals", "arn", ("arn:aws:iam::1:role/*",), YES),
        ("BinaryEquals", "bytes", ("AQI=",), YES),
        ("BinaryEquals", "bytes", ("!",), OPEN),
        ("ForAnyValue:StringEquals", "many", ("b", "c"), YES),
        ("ForAnyValue:StringEquals", "many", ("c",), NO),
        ("ForAllValues:StringEquals", "many", ("a", "b", "c"), YES),
        ("ForAllValues:StringEquals", "many", ("a",), NO),
        ("ForAllValues:StringEquals", "gone", ("a",), YES),
        ("ForAnyValue:StringEquals", "gone", ("a",), NO),
        ("ForAnyValue:StringNotEquals", "gone", ("a",), NO),
        ("ForAllValues:StringNotEquals", "many", ("c",), YES),
        ("SomethingNew", "k", ("alice",), OPEN),
    ],
)
def test_an_operator_decides_as_documented(
    operator: str, key: str, values: tuple[str, ...], truth: Truth
) -> None:
    assert decide([ConditionTest(operator, key, values)], CONTEXT) is truth


def test_all_tests_must_hold_and_one_that_does_not_decides() -> None:
    yes, no = ConditionTest("StringEquals", "k", ("alice",)), ConditionTest("StringEquals", "k", ("bob",))
    unheard = ConditionTest("StringEquals", "unheard", ("x",))
    assert decide([], CONTEXT) is YES
    assert decide([yes, yes], CONTEXT) is YES
    assert decide([yes, unheard], CONTEXT) is OPEN
    assert decide([unheard, no], CONTEXT) is NO


def test_variables_are_filled_in_or_the_text_is_not_known() -> None:
    assert substitute("home/${K}/${$}x", CONTEXT) == "home/alice/$x"
    assert substitute("home/${unheard}", CONTEXT) is None
    assert substitute("home/${many}", CONTEXT) is None
    assert substitute("home/${tag/team, 'none'}", CONTEXT) == "home/none"
    assert substitute("home/${*}", CONTEXT) is None
    assert decide([ConditionTest("StringLike", "k", ("${k}",))], CONTEXT, has_variables=False) is NO


def principal(kind: PrincipalKind, arn: str = ALICE, name: str = "alice") -> Principal:
    return Principal(kind, arn, "aws", "123456789012", "AIDAEXAMPLE", name)


def test_a_users_long_term_key_never_carries_a_second_factor() -> None:
    context = context_of(principal(PrincipalKind.USER), NOW, tags={"Team": "data"})
    asked = {
        "aws:MultiFactorAuthPresent": (),
        "aws:username": ("alice",),
        "aws:PrincipalTag/team": ("data",),
        "aws:PrincipalTag/other": (),
        "aws:SecureTransport": ("true",),
        "aws:CurrentTime": ("2026-05-04T12:00:00Z",),
        "aws:EpochTime": ("1777896000",),
        "aws:SourceIp": None,
        "aws:RequestedRegion": None,
    }
    assert {key: context.values(key) for key in asked} == asked


def test_of_a_session_less_is_known() -> None:
    user = context_of(principal(PrincipalKind.USER_SESSION), NOW)
    role = context_of(
        principal(PrincipalKind.ROLE_SESSION, name="r"), NOW, role_arn="arn:aws:iam::123456789012:role/a/r"
    )
    keys = ("aws:MultiFactorAuthPresent", "aws:username", "aws:PrincipalArn", "aws:PrincipalTag/x")
    assert [user.values(key) for key in keys] == [None, ("alice",), (ALICE,), None]
    assert [role.values(key) for key in keys] == [None, (), ("arn:aws:iam::123456789012:role/a/r",), None]


def test_dates_are_compared_with_the_clock_that_was_given() -> None:
    later = NOW + datetime.timedelta(days=400)
    until = [ConditionTest("DateLessThan", "aws:CurrentTime", ("2027-01-01T00:00:00Z",))]
    assert decide(until, context_of(principal(PrincipalKind.USER), NOW)) is YES
    assert decide(until, context_of(principal(PrincipalKind.USER), later)) is NO
