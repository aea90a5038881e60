import re
from collections.abc import Mapping, Sequence

import pytest
from aws_samples import allow, deny, document, few, policy, verdicts
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.ask.aws.conditions import Context
from scopeaudit.ask.aws.evaluate import Holdings, evaluate
from scopeaudit.model.authority import Verdict

Statement = Mapping[str, object]

OPERATIONS = few(
    "s3:DeleteObject", "s3:DeleteBucket", "s3:ListAllMyBuckets", "rds:DeleteDBInstance",
    "rds:DeleteDBSnapshot", "dynamodb:DeleteTable", "dynamodb:Query", "ec2:RunInstances",
    "ec2:DescribeInstances", "iam:CreateAccessKey", "sts:AssumeRole", "logs:DeleteLogGroup",
)  # fmt: skip
CONTEXT = Context({"k": ("yes",)})
UNDECIDED = {"StringEquals": {"unheard": "x"}}
RANKS = {Verdict.DENIED: 0, Verdict.UNKNOWN: 1, Verdict.GRANTED: 2}

ACTIONS = st.lists(
    st.sampled_from(
        ["*", "s3:*", "s3:Delete*", "s3:DeleteObject", "rds:*", "*:Delete*", "ec2:*", "iam:*", "dynamodb:?*"]
    ),
    min_size=1,
    max_size=2,
)
ARNS = [
    "*", "arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:::a/x/*",
    "arn:aws:rds:*:*:db:*", "arn:aws:rds:eu-west-1:1:db:m*", "arn:aws:rds:*", "arn:aws:rds:*:*:snapshot:m",
    "arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:*:*:table/t/index/*", "arn:aws:ec2:*:*:instance/*",
    "arn:aws:iam::1:user/*", "arn:aws:iam::*:role/r", "arn:aws:*:*:*:*",
]  # fmt: skip
RESOURCES = st.lists(st.sampled_from(ARNS), min_size=1, max_size=3)
CONDITIONS = st.sampled_from(
    [None, None, UNDECIDED, {"StringEquals": {"k": "yes"}}, {"StringEquals": {"k": "no"}}]
)


@st.composite
def statements(draw: st.DrawFn, effects: Sequence[str] = ("Allow", "Deny")) -> Statement:
    made: dict[str, object] = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(ACTIONS),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(RESOURCES),
    }
    if (condition := draw(CONDITIONS)) is not None:
        made["Condition"] = condition
    return made


LISTS = st.lists(statements(), min_size=1, max_size=5)
LIMITS = st.none() | st.lists(statements(), min_size=1, max_size=3)


def holdings(given_: Sequence[Statement], limits: Sequence[Statement] | None) -> Holdings:
    boundary = None if limits is None else policy(*limits, title="boundary")
    return Holdings(policies=[policy(*given_)] if given_ else [], boundary=boundary, context=CONTEXT)


def ranks(given_: Sequence[Statement], limits: Sequence[Statement] | None) -> dict[str, int]:
    found = verdicts(holdings(given_, limits), OPERATIONS)
    return {operation: max(RANKS[each] for each in by_verdict) for operation, by_verdict in found.items()}


@settings(max_examples=300, deadline=None)
@given(LISTS, LIMITS, statements(effects=["Deny"]))
def test_one_more_deny_never_grants_more(
    given_: list[Statement], limits: list[Statement] | None, added: Statement
) -> None:
    before, after = ranks(given_, limits), ranks([*given_, added], limits)
    assert {each for each in before if after[each] > before[each]} == set()


@settings(max_examples=300, deadline=None)
@given(LISTS, LIMITS, statements(effects=["Allow"]))
def test_one_more_allow_never_takes_away(
    given_: list[Statement], limits: list[Statement] | None, added: Statement
) -> None:
    before, after = ranks(given_, limits), ranks([*given_, added], limits)
    assert {each for each in before if after[each] < before[each]} == set()


@settings(max_examples=200, deadline=None)
@given(LISTS, LISTS)
def test_a_boundary_never_grants_more(given_: list[Statement], limits: list[Statement]) -> None:
    before, after = ranks(given_, None), ranks(given_, limits)
    assert {each for each in before if after[each] > before[each]} == set()


@settings(max_examples=200, deadline=None)
@given(LISTS, st.randoms(use_true_random=False))
def test_the_order_of_statements_means_nothing(given_: list[Statement], chance: object) -> None:
    shuffled = list(given_)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert verdicts(holdings(given_, None), OPERATIONS) == verdicts(holdings(shuffled, None), OPERATIONS)


@settings(max_examples=200, deadline=None)
@given(LISTS, LIMITS, st.integers(min_value=0))
def test_an_undecided_condition_never_denies_what_would_be_granted_without_it(
    given_: list[Statement], limits: list[Statement] | None, at: int
) -> None:
    at %= len(given_)
    plain = {name: value for name, value in given_[at].items() if name != "Condition"}
    rest = [*given_[:at], *given_[at + 1 :]]
    with_it = ranks([*rest, {**plain, "Condition": UNDECIDED}], limits)
    whole = ranks([*rest, plain], limits)
    assert {each for each in whole if whole[each] == RANKS[Verdict.GRANTED] and with_it[each] == 0} == set()
    without = ranks(rest, limits)
    assert {
        each for each in without if without[each] == RANKS[Verdict.GRANTED] and with_it[each] == 0
    } == set()


REQUESTS = {
    "s3:DeleteObject": ["arn:aws:s3:::a/k", "arn:aws:s3:::a/x/k", "arn:aws:s3:::b/k"],
    "s3:DeleteBucket": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
    "s3:ListAllMyBuckets": ["*"],
    "rds:DeleteDBInstance": ["arn:aws:rds:eu-west-1:1:db:m1", "arn:aws:rds:us-east-1:2:db:n"],
    "rds:DeleteDBSnapshot": ["arn:aws:rds:eu-west-1:1:snapshot:m", "arn:aws:rds:eu-west-1:1:snapshot:n"],
    "dynamodb:DeleteTable": ["arn:aws:dynamodb:eu-west-1:1:table/t"],
    "dynamodb:Query": [
        "arn:aws:dynamodb:eu-west-1:1:table/t",
        "arn:aws:dynamodb:eu-west-1:1:table/t/index/i",
    ],
    "ec2:DescribeInstances": ["*"],
    "iam:CreateAccessKey": ["arn:aws:iam::1:user/u", "arn:aws:iam::2:user/u"],
    "sts:AssumeRole": ["arn:aws:iam::1:role/r", "arn:aws:iam::2:role/s"],
}
_DECIDED = st.sampled_from([None, {"StringEquals": {"k": "yes"}}, {"StringEquals": {"k": "no"}}])


def fits(pattern: str, text: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def is_about(statement: Statement, action: str, arn: str) -> bool:
    """The definition of a statement's reach, for one action and one ARN."""
    if statement.get("Condition") == {"StringEquals": {"k": "no"}}:
        return False
    actions, resources = (statement.get(name, statement.get(f"Not{name}")) for name in ("Action", "Resource"))
    assert isinstance(actions, list)
    assert isinstance(resources, list)
    acts = any(fits(each, action, re.IGNORECASE) for each in actions) != ("NotAction" in statement)
    return acts and any(fits(each, arn) for each in resources) != ("NotResource" in statement)


def is_allowed(given_: Sequence[Statement], action: str, arn: str) -> bool:
    about = [each for each in given_ if is_about(each, action, arn)]
    return bool(about) and all(each["Effect"] == "Allow" for each in about)


@settings(max_examples=400, deadline=None)
@given(LISTS, LIMITS, st.data())
def test_what_is_denied_is_allowed_on_no_resource(
    given_: list[Statement], limits: list[Statement] | None, data: st.DataObject
) -> None:
    def decided(statement: Statement) -> Statement:
        plain = {name: value for name, value in statement.items() if name != "Condition"}
        condition = data.draw(_DECIDED)
        return plain if condition is None else {**plain, "Condition": condition}

    given_ = [decided(each) for each in given_]
    limits = None if limits is None else [decided(each) for each in limits]
    found = ranks(given_, limits)
    for action, arns in REQUESTS.items():
        allowed = [
            arn
            for arn in arns
            if is_allowed(given_, action, arn) and (limits is None or is_allowed(limits, action, arn))
        ]
        if allowed:
            assert found[action] > 0, (action, allowed, document(*given_))


MOTO_AGREES = [
    [allow("s3:*")],
    [allow("s3:*"), deny("s3:DeleteObject")],
    [deny("s3:*"), allow("*")],
    [allow("rds:*", "arn:aws:rds:eu-west-1:1:db:m1")],
    [allow("rds:*", "arn:aws:rds:*:*:db:*"), deny("rds:*", "arn:aws:rds:us-east-1:2:db:*")],
    [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
    [allow(["dynamodb:*", "sts:AssumeRole"], ["arn:aws:iam::1:role/*", "arn:aws:dynamodb:*:*:table/*"])],
    [allow("s3:*", ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]), deny("s3:*", "arn:aws:s3:::a/x/*")],
]


@pytest.mark.parametrize("given_", MOTO_AGREES, ids=range(len(MOTO_AGREES)))
def test_what_moto_enforces_is_what_is_concluded(given_: list[Statement]) -> None:
    from moto.iam.access_control import IAMPolicy, PermissionResult

    enforced = IAMPolicy(document(*given_))
    permitted = {
        action
        for action, arns in REQUESTS.items()
        if any(enforced.is_action_permitted(action, arn) is PermissionResult.PERMITTED for arn in arns)
    }
    found = ranks(given_, None)
    assert {action for action in REQUESTS if found[action] == RANKS[Verdict.GRANTED]} == permitted


def test_the_same_policies_come_to_the_same_verdicts_each_time() -> None:
    one = holdings(
        [allow("s3:*", ["arn:aws:s3:::a", "arn:aws:s3:::*/*"]), deny("*:Delete*", Condition=UNDECIDED)], None
    )
    assert list(evaluate(one, OPERATIONS).items()) == list(evaluate(one, OPERATIONS).items())
