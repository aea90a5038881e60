import pytest
from aws_samples import ACCOUNT, ALICE, allow, catalogue, deny, few, judged, policy, verdicts

from scopeaudit.ask.aws.conditions import Context
from scopeaudit.ask.aws.evaluate import TOO_MANY, Holdings, Unread, evaluate, grants, resources
from scopeaudit.model.authority import Resource, Verdict
from tests.pace import within

GRANTED, DENIED, UNKNOWN = Verdict.GRANTED, Verdict.DENIED, Verdict.UNKNOWN
EVERYWHERE = {GRANTED: None}
REFUSED = {DENIED: None}
OPEN = {UNKNOWN: None}
BUCKET, OBJECTS = "arn:aws:s3:::site", "arn:aws:s3:::site/*"
DB = f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:main"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
NO_FACTOR = Context({"aws:multifactorauthpresent": (), "aws:username": ("alice",)})


def on(*ids: str) -> dict[Verdict, frozenset[str] | None]:
    return {GRANTED: frozenset(ids)}


# Each case follows a page of the IAM user guide; the last column names it.
CASES = [
    ("s3:GetObject", [], REFUSED, "denyallow: nothing is allowed by default"),
    ("s3:GetObject", [allow()], EVERYWHERE, "action: * is every action"),
    ("s3:GetObject", [allow("s3:*")], EVERYWHERE, "action: every action of a service"),
    ("s3:GetObject", [allow("S3:getobject")], EVERYWHERE, "action: case does not matter"),
    ("s3:GetObject", [allow("s3:Get?bject")], EVERYWHERE, "action: ? is one character"),
    ("s3:GetObject", [allow(["ec2:*", "*:Get*"])], EVERYWHERE, "action: several"),
    ("s3:GetObject", [allow("s3:Put*")], REFUSED, "action: another one"),
    ("s3:GetObject", [allow(), deny("s3:*")], REFUSED, "denyallow: an explicit deny wins"),
    ("s3:GetObject", [deny("s3:*"), allow()], REFUSED, "denyallow: in whatever order"),
    ("ec2:RunInstances", [allow(), deny("s3:*")], EVERYWHERE, "denyallow: only what it names"),
    ("iam:GetUser", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], REFUSED, "notaction with allow"),
    ("s3:GetObject", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], EVERYWHERE, "notaction with allow"),
    ("s3:GetObject", [allow(), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}], REFUSED, "notaction with deny"),
    ("iam:GetUser", [allow(), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}], EVERYWHERE, "notaction with deny"),
    ("s3:DeleteObject", [allow("s3:*", [BUCKET, OBJECTS])], on(f"s3-object/{OBJECTS}"), "resource: objects"),
    ("s3:DeleteBucket", [allow("s3:*", [BUCKET, OBJECTS])], on(f"s3-bucket/{BUCKET}"), "resource: the bucket"),
    ("s3:DeleteBucket", [allow("s3:*", OBJECTS)], REFUSED, "resource: objects are no bucket"),
    ("s3:DeleteObject", [allow("s3:*", BUCKET)], REFUSED, "resource: a bucket is no object"),
    ("s3:ListAllMyBuckets", [allow("s3:*", [BUCKET, OBJECTS])], REFUSED, "resource: needs *"),
    ("s3:ListAllMyBuckets", [allow("s3:*", "arn:aws:s3:::*")], OPEN, "examples: allow it on all buckets"),
    ("ec2:DescribeInstances", [allow("*", "arn:aws:s3:::*")], REFUSED, "resource: of another service"),
    ("rds:DeleteDBInstance", [allow("rds:*", DB)], on(f"rds-db/{DB}"), "resource: one database"),
    ("rds:DeleteDBInstance", [allow("rds:*", "arn:aws:rds:*:*:snapshot:*")], REFUSED, "resource: another type"),
    ("rds:DeleteDBInstance", [allow("rds:*", "arn:aws:rds:*")], on("rds-db/arn:aws:rds:*"), "resource: * reaches beyond colons"),
    ("rds:DeleteDBInstance", [allow("rds:*", DB), deny("rds:*", DB)], REFUSED, "denyallow: the same resource"),
    ("rds:DeleteDBInstance", [allow("rds:*", DB), deny("rds:*", "arn:aws:rds:*:*:db:*")], REFUSED, "denyallow: a wider deny"),
    ("rds:DeleteDBInstance", [allow("rds:*"), deny("rds:*", DB)], EVERYWHERE, "denyallow: all others stay"),
    ("rds:DeleteDBInstance", [allow("rds:*"), deny("rds:*", "arn:aws:rds:*:*:db:*")], REFUSED, "denyallow: all of the type"),
    ("rds:DeleteDBInstance", [allow("rds:*"), deny("rds:*", "arn:aws:rds:*:*:snapshot:*")], EVERYWHERE, "denyallow: another type"),
    ("s3:DeleteObject", [allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET, OBJECTS]}], on(f"s3-object/{OBJECTS}"), "notresource with deny"),
    ("s3:ListAllMyBuckets", [allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET, OBJECTS]}], REFUSED, "notresource with deny"),
    ("s3:DeleteObject", [{"Effect": "Allow", "Action": "s3:*", "NotResource": [BUCKET, OBJECTS]}], EVERYWHERE, "notresource with allow"),
    ("rds:DeleteDBInstance", [{"Effect": "Allow", "Action": "rds:*", "NotResource": "arn:aws:rds:*:*:db:*"}], REFUSED, "notresource with allow"),
    ("dynamodb:DeleteTable", [allow("dynamodb:*", f"{TABLE}/index/*")], REFUSED, "resource: an index is no table"),
    ("dynamodb:Query", [allow("dynamodb:*", f"{TABLE}/index/*")], {UNKNOWN: frozenset({f"arn/{TABLE}/index/*"})}, "resource: an index, where the reference asks for a table"),
    ("ec2:RunInstances", [allow("ec2:*", "arn:aws:ec2:*:*:instance/*")], {UNKNOWN: frozenset({"arn/arn:aws:ec2:*:*:instance/*"})}, "runinstances: needs images, subnets ... too"),
    ("s3:GetObject", [allow(Condition=MFA)], REFUSED, "mfa: a long-term key never has it"),
    ("s3:GetObject", [allow(), deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})], REFUSED, "mfa: BoolIfExists"),
    ("s3:GetObject", [allow(), deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})], EVERYWHERE, "mfa: Bool does not match what is absent"),
    ("s3:GetObject", [allow(Condition=OFFICE)], OPEN, "conditions: undecided"),
    ("s3:GetObject", [allow(), deny(Condition=OFFICE)], OPEN, "conditions: undecided deny"),
    ("s3:GetObject", [deny("s3:*"), allow(Condition=OFFICE)], REFUSED, "conditions: a deny that is certain"),
    ("s3:GetObject", [allow(), allow(Condition=OFFICE)], EVERYWHERE, "conditions: another statement without"),
    ("s3:GetObject", [allow("s3:*", OBJECTS), allow(Condition=OFFICE)], {GRANTED: frozenset({f"s3-object/{OBJECTS}"}), UNKNOWN: None}, "conditions: certain here, undecided elsewhere"),
    ("s3:GetObject", [allow("s3:*", "arn:aws:s3:::site/${aws:username}/*")], on("s3-object/arn:aws:s3:::site/alice/*"), "variables: the user's own folder"),
    ("s3:GetObject", [allow("s3:*", "arn:aws:s3:::site/${aws:PrincipalTag/team}/*")], {UNKNOWN: frozenset({"s3-object/arn:aws:s3:::site/*/*"})}, "variables: not known"),
    ("s3:GetObject", [allow(), deny("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")], EVERYWHERE, "variables: somewhere it does not apply"),
    ("s3:GetObject", [allow(Principal={"AWS": "*"})], OPEN, "principal: has no place in such a policy"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "statements", "expected"),
    [case[:3] for case in CASES],
    ids=[f"{case[3]}-{at}" for at, case in enumerate(CASES)],
)
def test_a_verdict_follows_from_the_statements(
    operation: str, statements: list[object], expected: object
) -> None:
    assert judged(operation, *statements, context=NO_FACTOR) == expected  # type: ignore[arg-type]


BOUNDED = [
    ("s3:DeleteObject", [allow()], [allow("s3:*")], EVERYWHERE),
    ("iam:CreateUser", [allow()], [allow("s3:*")], REFUSED),
    ("s3:DeleteObject", [], [allow()], REFUSED),
    ("s3:DeleteObject", [allow()], [allow("s3:*", OBJECTS)], on(f"s3-object/{OBJECTS}")),
    ("s3:DeleteObject", [allow("s3:*", "arn:aws:s3:::site/a/*")], [allow("s3:*", OBJECTS)], on("s3-object/arn:aws:s3:::site/a/*")),
    ("s3:DeleteObject", [allow("s3:*", OBJECTS)], [allow("s3:*", "arn:aws:s3:::site/a/*")], on("s3-object/arn:aws:s3:::site/a/*")),
    ("s3:DeleteObject", [allow("s3:*", OBJECTS)], [allow("s3:*", "arn:aws:s3:::other/*")], REFUSED),
    ("s3:DeleteObject", [allow()], [allow(), deny("s3:Delete*")], REFUSED),
    ("s3:DeleteObject", [allow()], [allow(Condition=OFFICE)], OPEN),
    ("s3:DeleteObject", [allow()], [allow(Condition=MFA)], REFUSED),
    ("s3:DeleteObject", [allow()], [{"Effect": "Allow", "NotAction": "iam:*", "NotResource": BUCKET}], EVERYWHERE),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "statements", "limit", "expected"), BOUNDED)
def test_a_permissions_boundary_limits_and_never_grants(
    operation: str, statements: list[object], limit: list[object], expected: object
) -> None:
    boundary = policy(*limit, title="boundary")  # type: ignore[arg-type]
    assert judged(operation, *statements, boundary=boundary, context=NO_FACTOR) == expected  # type: ignore[arg-type]


def test_an_unseen_session_policy_leaves_what_is_granted_unknown_and_what_is_denied_denied() -> None:
    statements = (allow("s3:*", OBJECTS),)
    assert judged("s3:GetObject", *statements, has_unseen_session_policy=True) == {
        UNKNOWN: frozenset({f"s3-object/{OBJECTS}"})
    }
    assert judged("iam:CreateUser", *statements, has_unseen_session_policy=True) == REFUSED


def test_an_unread_policy_may_allow_and_may_deny_but_not_undo_a_deny() -> None:
    holdings = Holdings(
        policies=[policy(allow("s3:Get*"), deny("iam:*"))],
        unread=[Unread("managed policy X", "AccessDenied")],
    )
    found = verdicts(holdings, few("s3:GetObject", "s3:DeleteObject", "iam:CreateUser"))
    assert found == {"s3:GetObject": OPEN, "s3:DeleteObject": OPEN, "iam:CreateUser": REFUSED}


def test_an_unread_policy_that_only_reads_cannot_allow_more() -> None:
    reading = Unread(
        "managed policy ReadOnlyAccess", "AccessDenied", frozenset({"s3:GetObject"}), may_deny=False
    )
    holdings = Holdings(policies=[policy(allow("s3:DeleteObject"))], unread=[reading])
    found = verdicts(holdings, few("s3:GetObject", "s3:DeleteObject", "iam:CreateUser"))
    assert found == {"s3:GetObject": OPEN, "s3:DeleteObject": EVERYWHERE, "iam:CreateUser": REFUSED}


def test_an_unread_boundary_leaves_what_is_granted_unknown() -> None:
    holdings = Holdings(policies=[policy(allow("s3:*"))], boundary=Unread("boundary", "AccessDenied"))
    found = verdicts(holdings, few("s3:GetObject", "iam:CreateUser"))
    assert found == {"s3:GetObject": OPEN, "iam:CreateUser": REFUSED}


def test_the_evidence_names_policy_statement_and_what_was_asked() -> None:
    statement = allow("s3:*", OBJECTS, Sid="Publish")
    holdings = Holdings(policies=[policy(statement, title="inline policy web of user alice")])
    granted, denied = (
        next(
            each
            for each in grants(evaluate(holdings, few("s3:PutObject", "rds:DeleteDBInstance")))
            if each.verdict is verdict
        )
        for verdict in (GRANTED, DENIED)
    )
    assert [each.detail for each in granted.evidence] == [
        f'inline policy web of user alice, statement 1 "Publish", allows it on {OBJECTS} (iam:GetUserPolicy → 200)'
    ]
    assert [each.detail for each in denied.evidence] == ["none of its policies (1 read) allows it"]


def test_resources_are_named_as_people_write_them() -> None:
    holdings = Holdings(policies=[policy(allow(["s3:DeleteObject", "rds:DeleteDBInstance"], [OBJECTS, DB]))])
    found = resources(evaluate(holdings, few("s3:DeleteObject", "rds:DeleteDBInstance", "iam:GetUser")))
    assert found == {
        f"s3-object/{OBJECTS}": Resource(f"s3-object/{OBJECTS}", "s3://site/*", parent=f"s3-bucket/{BUCKET}"),
        f"s3-bucket/{BUCKET}": Resource(f"s3-bucket/{BUCKET}", "s3://site"),
        f"rds-db/{DB}": Resource(f"rds-db/{DB}", DB),
    }


def test_every_operation_has_a_verdict() -> None:
    holdings = Holdings(
        policies=[policy(allow("s3:*", [BUCKET, OBJECTS]), deny("*:Delete*", Condition=OFFICE))]
    )
    assert frozenset().union(*evaluate(holdings, catalogue()).values()) == catalogue().ids


def test_administrator_access_is_weighed_in_a_moment() -> None:
    holdings = Holdings(policies=[policy(allow())])
    catalogue()
    with within(0.3):
        found = grants(evaluate(holdings, catalogue()))
    assert [(each.verdict, each.operations, each.resources) for each in found] == [
        (GRANTED, catalogue().ids, None)
    ]


def many(count: int) -> list[object]:
    services = ("s3", "ec2", "rds", "dynamodb", "lambda", "iam", "ecs", "ecr", "logs", "sns", "kms", "ssm")
    return [
        (deny if at % 7 == 0 else allow)(
            [f"{services[at % 12]}:*Delete*", f"{services[at % 12]}:{'LPDC'[at % 4]}*"],
            [f"arn:aws:{services[at % 12]}:*:{ACCOUNT}:thing{at}/*", f"arn:aws:s3:::bucket{at}/*"],
        )
        for at in range(count)
    ]


def test_two_hundred_statements_are_weighed_in_two_seconds() -> None:
    holdings = Holdings(policies=[policy(*many(200))])  # type: ignore[arg-type]
    catalogue()
    with within(2):
        evaluate(holdings, catalogue())


def test_policies_beyond_all_measure_end_in_unknown_and_in_time() -> None:
    hostile = [(allow if at % 3 else deny)("*:*e*", f"arn:aws:*:*:*:x{at}*") for at in range(400)]
    with within(20):
        found = evaluate(Holdings(policies=[policy(*hostile)]), catalogue())
    assert any(TOO_MANY in outcome.evidence and outcome.verdict is UNKNOWN for outcome, _ in found)


def test_the_arn_of_the_caller_can_be_a_condition() -> None:
    context = Context({"aws:principalarn": (ALICE,)})
    mine = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/a*"}}
    assert judged("s3:GetObject", allow(Condition=mine), context=context) == EVERYWHERE
    assert judged("s3:GetObject", allow(), deny(Condition=mine), context=context) == REFUSED
