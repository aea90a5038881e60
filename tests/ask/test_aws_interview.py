from collections.abc import Mapping
from dataclasses import replace

import pytest
from aws_samples import (
    ACCOUNT,
    ALICE,
    NOW,
    PLANTED,
    Scripted,
    allow,
    catalogue,
    deny,
    error,
    few,
    held,
    identity,
    interview,
    key_id,
    managed,
    members,
    ok,
    provider,
    simulation,
    user_answers,
    verdict_of,
)

from scopeaudit.ask.aws.actions import READ_ONLY_ACTIONS
from scopeaudit.ask.aws.interview import AwsInterview
from scopeaudit.ask.aws.plan import planned_requests
from scopeaudit.ask.aws.simulate import dangerous
from scopeaudit.ask.request import Answer
from scopeaudit.model.authority import EvidenceKind, State, Verdict

GRANTED, DENIED, UNKNOWN = Verdict.GRANTED, Verdict.DENIED, Verdict.UNKNOWN
FEW = few(
    "s3:DeleteObject", "s3:GetObject", "s3:ListAllMyBuckets", "iam:CreateAccessKey", "iam:ListUsers",
    "rds:DeleteDBInstance", "sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRole",
    "sts:GetFederationToken", "organizations:LeaveOrganization",
)  # fmt: skip
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session-1"
TOKEN = "FwoGZXIvYXdzE" * 12
ORGANIZATION = "what the policies of its organization leave of it"


def by_verdict(transport: Scripted, **more: object) -> dict[Verdict, set[str]]:
    authority, _ = interview(transport, operations=FEW, **more)  # type: ignore[arg-type]
    return {verdict: set(authority.operations(verdict)) for verdict in Verdict}


def test_a_users_policies_are_read_and_evaluated() -> None:
    transport = Scripted(user_answers(allow("s3:*", "arn:aws:s3:::site/*"), deny("s3:DeleteObject")))
    authority, gaps = interview(transport, operations=FEW)
    assert (authority.state, authority.kind, authority.account) == (State.ACTIVE, "user-key", ACCOUNT)
    assert authority.operations(GRANTED) == {"s3:GetObject", "sts:GetCallerIdentity", "sts:GetSessionToken"}
    assert authority.operations(DENIED) == FEW.ids - authority.operations(GRANTED)
    assert dict(authority.facts) == {"identity": ALICE, "policies": "inline policy p"}
    assert transport.questions == [
        "sts:GetCallerIdentity",
        "iam:ListAccessKeys",
        "iam:GetUser",
        "iam:ListAttachedUserPolicies",
        "iam:ListUserPolicies",
        "iam:ListGroupsForUser",
        "iam:GetUserPolicy",
    ]
    assert authority.requests == 7
    why = "not asked, since nothing that matters most is granted"
    unreadable = f"organization policies not readable: iam:SimulatePrincipalPolicy: {why}"
    assert gaps == ((ORGANIZATION, unreadable),)


def test_the_evidence_of_a_verdict_names_request_policy_and_statement() -> None:
    authority, _ = interview(Scripted(user_answers(allow("rds:*", Sid="All"))), operations=FEW)
    grant = next(each for each in authority.grants if "rds:DeleteDBInstance" in each.operations)
    assert [(each.kind, each.detail, each.source) for each in grant.evidence] == [
        (
            EvidenceKind.ASKED,
            'inline policy p of user alice, statement 1 "All", allows it (iam:GetUserPolicy → 200)',
            "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html",
        )
    ]


def test_groups_and_managed_policies_count_and_each_document_is_read_once() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/team/shared"
    attached = f"<PolicyName>shared</PolicyName><PolicyArn>{arn}</PolicyArn>"
    answers = (
        user_answers(allow("s3:GetObject"))
        | managed("shared", allow("rds:*"))
        | {
            "iam:ListAttachedUserPolicies": ok(
                "ListAttachedUserPolicies", members("AttachedPolicies", attached)
            ),
            "iam:ListGroupsForUser": ok(
                "ListGroupsForUser",
                members("Groups", "<GroupName>ops</GroupName>", "<GroupName>dev</GroupName>"),
            ),
            "iam:ListAttachedGroupPolicies": ok(
                "ListAttachedGroupPolicies", members("AttachedPolicies", attached)
            ),
            "iam:ListGroupPolicies": lambda form: ok(
                "ListGroupPolicies", members("PolicyNames", *(["g"] if form["GroupName"] == "ops" else []))
            ),
            "iam:GetGroupPolicy": ok(
                "GetGroupPolicy",
                "<PolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22"
                "%2C%22Action%22%3A%22iam%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D</PolicyDocument>",
            ),
        }
    )
    transport = Scripted(answers)
    authority, _ = interview(transport, operations=FEW)
    assert authority.operations(GRANTED) == {
        "s3:GetObject", "rds:DeleteDBInstance", "iam:CreateAccessKey", "iam:ListUsers",
        "sts:GetCallerIdentity", "sts:GetSessionToken",
    }  # fmt: skip
    assert transport.questions.count("iam:GetPolicy") == 1
    assert transport.questions.count("iam:GetGroupPolicy") == 1
    assert dict(authority.facts)["policies"] == "inline policy g of group ops, inline policy p, shared"


def test_a_permissions_boundary_limits_what_policies_grant() -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    answers = user_answers(allow(), boundary=boundary) | managed("limit", allow("s3:*"))
    authority, _ = interview(Scripted(answers), operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is GRANTED
    assert verdict_of(authority, "rds:DeleteDBInstance") is DENIED
    assert dict(authority.facts)["permissions boundary"] == boundary


def test_a_boundary_that_cannot_be_read_leaves_nothing_certain() -> None:
    answers = user_answers(allow("s3:*"), boundary=f"arn:aws:iam::{ACCOUNT}:policy/limit") | {
        "iam:SimulatePrincipalPolicy": error("AccessDenied")
    }
    authority, gaps = interview(Scripted(answers), operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN
    assert verdict_of(authority, "rds:DeleteDBInstance") is DENIED
    assert ("policies of user alice", "iam:GetPolicy: AccessDenied") in gaps


def test_tags_of_the_user_decide_conditions() -> None:
    only_data = {"StringEquals": {"aws:PrincipalTag/team": "data"}}
    statements = (allow("s3:*", Condition=only_data),)
    of_data, of_none = (
        interview(Scripted(user_answers(*statements, tags=tags)), operations=FEW)[0]
        for tags in ({"Team": "data"}, {})
    )
    assert verdict_of(of_data, "s3:DeleteObject") is GRANTED
    assert verdict_of(of_none, "s3:DeleteObject") is DENIED


def role_answers(*statements: Mapping[str, object]) -> dict[str, object]:
    user = user_answers(*statements)
    document = user["iam:GetUserPolicy"]
    assert isinstance(document, Answer)
    assert isinstance(document.body, str)
    return {
        "sts:GetCallerIdentity": identity(ROLE, "AROAEXAMPLE:session-1"),
        "iam:GetRole": ok("GetRole", f"<Role><Arn>arn:aws:iam::{ACCOUNT}:role/ci/deploy</Arn></Role>"),
        "iam:ListAttachedRolePolicies": ok("ListAttachedRolePolicies", members("AttachedPolicies")),
        "iam:ListRolePolicies": ok("ListRolePolicies", members("PolicyNames", "p")),
        "iam:GetRolePolicy": replace(document, body=document.body.replace("GetUserPolicy", "GetRolePolicy")),
        "iam:SimulatePrincipalPolicy": simulation(lambda _: "allowed"),
    }


def test_what_a_role_allows_is_unknown_to_a_session_that_a_policy_may_narrow() -> None:
    transport = Scripted(role_answers(allow("s3:*")))
    authority, gaps = interview(transport, held(token=TOKEN), FEW)
    assert authority.kind == "role-session"
    assert authority.operations(UNKNOWN) == {"s3:DeleteObject", "s3:GetObject", "s3:ListAllMyBuckets"}
    assert authority.operations(GRANTED) == {"sts:GetCallerIdentity"}
    assert verdict_of(authority, "sts:GetSessionToken") is DENIED
    assert (
        "what a session policy leaves of it",
        "a session policy, if one was passed when the session began, cannot be read",
    ) in gaps
    simulated = [form for question, form in transport.asked if question == "iam:SimulatePrincipalPolicy"]
    assert [form["PolicySourceArn"] for form in simulated] == [f"arn:aws:iam::{ACCOUNT}:role/ci/deploy"]


def test_the_root_user_may_do_everything_and_says_what_could_still_bind_it() -> None:
    transport = Scripted({"sts:GetCallerIdentity": identity(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)})
    authority, gaps = interview(transport, operations=FEW)
    assert (authority.kind, authority.operations(GRANTED)) == ("root-key", FEW.ids)
    assert gaps == (
        (ORGANIZATION, "organization policies not readable: they bind the root user of a member account"),
    )
    assert transport.questions == ["sts:GetCallerIdentity", "iam:ListAccessKeys"]


def listed(*keys: tuple[str, str], more: str = "<IsTruncated>false</IsTruncated>") -> Answer:
    found = (f"<AccessKeyId>{key}</AccessKeyId><CreateDate>{made}</CreateDate>" for key, made in keys)
    return ok("ListAccessKeys", members("AccessKeyMetadata", *found, more=more))


OWN = dict(held().credential.context)["key_id"]
OTHER = key_id("210987654321")


@pytest.mark.parametrize(
    "answers", [user_answers(), {"sts:GetCallerIdentity": identity(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)}]
)
def test_a_lasting_key_says_when_it_was_issued(answers: dict[str, object]) -> None:
    keys = listed((OTHER, "2019-01-01T00:00:00Z"), (OWN, "2024-02-03T04:05:06Z"))
    transport = Scripted(answers | {"iam:ListAccessKeys": keys})
    assert interview(transport, operations=FEW)[0].issued == "2024-02-03T04:05:06Z"
    assert dict(transport.asked)["iam:ListAccessKeys"] == {
        "Action": "ListAccessKeys",
        "Version": "2010-05-08",
    }


def test_a_key_on_a_later_page_is_found() -> None:
    def pages(form: dict[str, str]) -> Answer:
        if "Marker" in form:
            return listed((OWN, "2024-02-03T04:05:06Z"))
        return listed(
            (OTHER, "2019-01-01T00:00:00Z"), more="<IsTruncated>true</IsTruncated><Marker>m</Marker>"
        )

    answers = user_answers() | {"iam:ListAccessKeys": pages}
    assert interview(Scripted(answers), operations=FEW)[0].issued == "2024-02-03T04:05:06Z"


@pytest.mark.parametrize(
    "answer",
    [
        error("AccessDenied"),
        listed(),
        listed((OTHER, "2019-01-01T00:00:00Z")),
        listed((OWN, "yesterday")),
        ok("ListAccessKeys", "<AccessKeyMetadata>no list</AccessKeyMetadata>"),
        ok("ListAccessKeys", members("AccessKeyMetadata", "text")),
    ],
)
def test_when_a_key_was_issued_stays_open_and_nothing_else_does(answer: Answer) -> None:
    with_keys = interview(Scripted(user_answers() | {"iam:ListAccessKeys": answer}), operations=FEW)
    assert with_keys[0].issued is None
    assert with_keys == interview(Scripted(user_answers()), operations=FEW)


def test_a_session_is_not_asked_when_its_owners_keys_were_issued() -> None:
    transport = Scripted(user_answers())
    interview(transport, operations=FEW, credential=held(token=TOKEN))
    assert "iam:ListAccessKeys" not in transport.questions


def test_a_federated_session_is_unknown_but_for_what_is_documented() -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    found = by_verdict(Scripted({"sts:GetCallerIdentity": identity(arn, "x")}), credential=held(token=TOKEN))
    assert found == {
        GRANTED: {"sts:GetCallerIdentity"},
        UNKNOWN: {
            "s3:DeleteObject", "s3:GetObject", "s3:ListAllMyBuckets", "rds:DeleteDBInstance",
            "organizations:LeaveOrganization",
        },
        DENIED: {
            "iam:CreateAccessKey", "iam:ListUsers", "sts:GetSessionToken", "sts:AssumeRole",
            "sts:GetFederationToken",
        },
    }  # fmt: skip


def test_a_users_session_calls_little_of_sts() -> None:
    authority, _ = interview(Scripted(user_answers(allow())), held(token=TOKEN), FEW)
    assert authority.kind == "user-session"
    assert verdict_of(authority, "sts:AssumeRole") is GRANTED
    assert verdict_of(authority, "sts:GetFederationToken") is DENIED


UNREADABLE = {"sts:GetCallerIdentity": identity()}


def test_where_nothing_can_be_read_everything_is_unknown_and_said_so() -> None:
    authority, gaps = interview(Scripted(UNREADABLE), operations=FEW)
    assert authority.operations(GRANTED) == {"sts:GetCallerIdentity", "sts:GetSessionToken"}
    assert authority.operations(UNKNOWN) == FEW.ids - authority.operations(GRANTED)
    assert gaps == (
        (
            "policies of user alice",
            "iam:GetUser, iam:ListAttachedUserPolicies, iam:ListGroupsForUser, iam:ListUserPolicies: "
            "AccessDenied",
        ),
        (ORGANIZATION, "organization policies not readable: iam:SimulatePrincipalPolicy: AccessDenied"),
        (
            "a simulation of what its policies allow",
            "iam:SimulatePrincipalPolicy: AccessDenied, for 7 operations",
        ),
    )


def test_where_policies_cannot_be_read_a_simulation_speaks_for_what_matters() -> None:
    said = {
        "s3:DeleteObject": "allowed",
        "iam:CreateAccessKey": "implicitDeny",
        "rds:DeleteDBInstance": f"allowed {members('MissingContextValues', 'aws:SourceIp', more='')}",
        "organizations:LeaveOrganization": "explicitDeny",
    }
    transport = Scripted(
        UNREADABLE | {"iam:SimulatePrincipalPolicy": simulation(lambda name: said.get(name, "implicitDeny"))}
    )
    authority, gaps = interview(transport, operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is GRANTED
    assert verdict_of(authority, "iam:CreateAccessKey") is UNKNOWN  # it may be allowed on single users
    assert verdict_of(authority, "rds:DeleteDBInstance") is UNKNOWN
    assert verdict_of(authority, "organizations:LeaveOrganization") is DENIED  # it knows no resources
    assert verdict_of(authority, "s3:GetObject") is UNKNOWN
    assert [what for what, _ in gaps] == ["policies of user alice"]
    grant = next(each for each in authority.grants if "s3:DeleteObject" in each.operations)
    assert [(each.kind, each.detail) for each in grant.evidence] == [
        (EvidenceKind.ASKED, "iam:SimulatePrincipalPolicy → allowed")
    ]


def test_simulations_go_out_in_batches_within_the_budget() -> None:
    transport = Scripted(UNREADABLE | {"iam:SimulatePrincipalPolicy": simulation(lambda _: "allowed")})
    authority, gaps = interview(transport)
    wanted = dangerous(catalogue())
    simulated = [
        name
        for question, form in transport.asked
        for key, name in form.items()
        if question == "iam:SimulatePrincipalPolicy" and key.startswith("ActionNames.member.")
    ]
    assert sorted(simulated) == sorted(set(wanted) - {"sts:GetCallerIdentity"})
    assert transport.questions.count("iam:SimulatePrincipalPolicy") == -(-len(wanted) // 100)
    assert authority.requests <= provider().budget
    assert [what for what, _ in gaps] == ["policies of user alice"]


def test_what_the_budget_does_not_reach_is_a_gap() -> None:
    transport = Scripted(UNREADABLE | {"iam:SimulatePrincipalPolicy": simulation(lambda _: "allowed")})
    asking = AwsInterview(replace(provider(), budget=10), catalogue(), held(), NOW)
    while requests := asking.requests():
        for request in requests:
            asking.take(request, transport.send(request, held()))
    authority, gaps, _ = asking.conclude()
    assert authority.requests <= 10
    why = next(why for what, why in gaps if what == "a simulation of what its policies allow")
    assert why.startswith("iam:SimulatePrincipalPolicy: its budget of requests is used up, for ")


def test_the_names_a_simulator_does_not_know_are_found_by_halves() -> None:
    def answer(form: Mapping[str, str]) -> Answer:
        if "rds:DeleteDBInstance" in form.values():
            return error("InvalidInput", 400)
        return simulation(lambda _: "allowed")(form)

    transport = Scripted(UNREADABLE | {"iam:SimulatePrincipalPolicy": answer})
    authority, gaps = interview(transport, operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is GRANTED
    assert verdict_of(authority, "iam:CreateAccessKey") is GRANTED
    assert verdict_of(authority, "rds:DeleteDBInstance") is UNKNOWN
    assert gaps[-1] == (
        "a simulation of what its policies allow",
        "iam:SimulatePrincipalPolicy: InvalidInput, for 1 operations",
    )


def organized(allowed: bool) -> str:
    said = "true" if allowed else "false"
    return (
        "<OrganizationsDecisionDetail>"
        f"<AllowedByOrganizations>{said}</AllowedByOrganizations></OrganizationsDecisionDetail>"
    )


def test_an_organization_takes_away_what_policies_grant() -> None:
    refused = {"organizations:LeaveOrganization", "s3:DeleteObject"}
    answers = user_answers(allow()) | {
        "iam:SimulatePrincipalPolicy": simulation(
            lambda name: (
                f"{'implicitDeny' if name in refused else 'allowed'} {organized(name not in refused)}"
            )
        )
    }
    authority, gaps = interview(Scripted(answers), operations=FEW)
    assert verdict_of(authority, "organizations:LeaveOrganization") is DENIED
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN  # single resources may be exempt
    assert verdict_of(authority, "rds:DeleteDBInstance") is GRANTED
    assert gaps == ((ORGANIZATION, "organization policies not readable beyond 7 operations simulated"),)


def test_an_account_outside_of_any_organization_leaves_no_gap() -> None:
    transport = Scripted(user_answers(allow()))
    _, gaps = interview(transport)
    assert gaps == ()
    assert transport.questions.count("iam:SimulatePrincipalPolicy") == 1


def test_aws_policies_that_cannot_be_read_are_taken_from_their_documentation() -> None:
    def attached(name: str) -> dict[str, object]:
        member = f"<PolicyName>{name}</PolicyName><PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn>"
        return {
            "iam:ListAttachedUserPolicies": ok(
                "ListAttachedUserPolicies", members("AttachedPolicies", member)
            ),
            "iam:SimulatePrincipalPolicy": error("AccessDenied"),
        }

    def verdicts(name: str) -> list[Verdict]:
        authority, _ = interview(
            Scripted(user_answers(allow("s3:GetObject")) | attached(name)), operations=FEW
        )
        return [
            verdict_of(authority, each) for each in ("iam:CreateAccessKey", "iam:ListUsers", "s3:GetObject")
        ]

    assert verdicts("AdministratorAccess") == [GRANTED, GRANTED, GRANTED]
    assert verdicts("PowerUserAccess") == [DENIED, DENIED, GRANTED]
    assert verdicts("ReadOnlyAccess") == [DENIED, UNKNOWN, GRANTED]
    assert verdicts("AWSDenyAll") == [DENIED, DENIED, DENIED]
    assert verdicts("SomethingNew") == [UNKNOWN, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("answer", "credential", "state"),
    [
        (error("InvalidClientTokenId"), held(), State.REVOKED),
        (error("ExpiredToken", 400), held(token=TOKEN), State.EXPIRED),
        (error("ExpiredToken"), held(token=TOKEN), State.EXPIRED),
        (error("InvalidClientTokenId"), held(token=TOKEN), State.UNKNOWN),
        (error("SignatureDoesNotMatch"), held(), State.UNKNOWN),
        (error("AccessDenied"), held(), State.UNKNOWN),
        (error("Throttling", 400), held(), State.UNKNOWN),
        (error("InternalFailure", 500), held(), State.UNKNOWN),
        (Answer(failure="no connection in time"), held(), State.UNKNOWN),
        (Answer(status=403, body={"message": "Forbidden"}), held(), State.UNKNOWN),
        (Answer(status=200, body="<html>"), held(), State.UNKNOWN),
        (ok("GetCallerIdentity", "<Arn>nonsense</Arn>"), held(), State.ACTIVE),
    ],
)
def test_an_error_says_of_the_key_what_aws_documents(
    answer: Answer, credential: object, state: State
) -> None:
    authority, gaps = interview(Scripted({"sts:GetCallerIdentity": answer}), credential, FEW)  # type: ignore[arg-type]
    assert authority.state is state
    if state in (State.REVOKED, State.EXPIRED):
        assert authority.operations(DENIED) == FEW.ids
        assert gaps == ()
    else:
        assert authority.operations(UNKNOWN) == FEW.ids - {"sts:GetCallerIdentity"}
        assert len(gaps) == 1


def test_a_session_that_ends_while_it_is_asked_is_expired() -> None:
    answers = role_answers(allow()) | {"iam:ListRolePolicies": error("ExpiredToken")}
    authority, _ = interview(Scripted(answers), held(token=TOKEN), FEW)
    assert (authority.state, authority.operations(DENIED)) == (State.EXPIRED, FEW.ids)


def test_a_throttled_question_is_asked_again_and_then_left_unknown() -> None:
    refusals = iter([error("Throttling", 400), error("Throttling", 400)])
    answers = user_answers(allow("s3:*"))
    whole = answers["iam:ListUserPolicies"]
    answers["iam:ListUserPolicies"] = lambda _: next(refusals, whole)
    authority, _ = interview(Scripted(answers), operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is GRANTED

    answers["iam:ListUserPolicies"] = error("Throttling", 400)
    answers["iam:SimulatePrincipalPolicy"] = error("AccessDenied")
    transport = Scripted(answers)
    authority, gaps = interview(transport, operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN
    assert transport.questions.count("iam:ListUserPolicies") == 3
    assert ("policies of user alice", "iam:ListUserPolicies: Throttling") in gaps


def test_lists_are_read_to_their_last_page() -> None:
    def names(form: Mapping[str, str]) -> Answer:
        more = "<IsTruncated>true</IsTruncated><Marker>next+1</Marker>"
        if "Marker" in form:
            assert form["Marker"] == "next+1"
            return ok("ListUserPolicies", members("PolicyNames", "q"))
        return ok("ListUserPolicies", members("PolicyNames", "p", more=more))

    transport = Scripted(user_answers(allow()) | {"iam:ListUserPolicies": names})
    authority, _ = interview(transport, operations=FEW)
    assert [form["PolicyName"] for question, form in transport.asked if question == "iam:GetUserPolicy"] == [
        "p",
        "q",
    ]
    assert authority.operations(GRANTED) == FEW.ids


@pytest.mark.parametrize("marker", ["", "<Marker>same</Marker>"])
def test_a_list_that_does_not_end_is_not_read_for_ever(marker: str) -> None:
    more = f"<IsTruncated>true</IsTruncated>{marker}"
    answers = user_answers(allow("s3:*")) | {
        "iam:ListUserPolicies": ok("ListUserPolicies", members("PolicyNames", more=more)),
        "iam:SimulatePrincipalPolicy": error("AccessDenied"),
    }
    transport = Scripted(answers)
    authority, gaps = interview(transport, operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN
    assert transport.questions.count("iam:ListUserPolicies") <= 2
    assert any("the list goes on" in why for _, why in gaps)


def test_one_policy_that_cannot_be_read_leaves_the_rest_in_doubt_and_denies_denied() -> None:
    answers = user_answers(allow("s3:*"), deny("iam:*")) | {
        "iam:ListUserPolicies": ok("ListUserPolicies", members("PolicyNames", "p", "q")),
        "iam:SimulatePrincipalPolicy": error("AccessDenied"),
    }
    first = answers["iam:GetUserPolicy"]
    answers["iam:GetUserPolicy"] = lambda form: first if form["PolicyName"] == "p" else error("AccessDenied")
    authority, _ = interview(Scripted(answers), operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN
    assert verdict_of(authority, "iam:CreateAccessKey") is DENIED


def test_a_document_that_is_not_understood_counts_as_unread() -> None:
    answers = user_answers() | {
        "iam:GetUserPolicy": ok(
            "GetUserPolicy", "<PolicyDocument>%7B%22Statement%22%3A7%7D</PolicyDocument>"
        ),
        "iam:SimulatePrincipalPolicy": error("AccessDenied"),
    }
    authority, gaps = interview(Scripted(answers), operations=FEW)
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN
    assert ("policies of user alice", "iam:GetUserPolicy: statement 1 is not an object") in gaps


def test_names_that_would_change_a_request_are_not_asked_for() -> None:
    answers = user_answers(allow()) | {
        "iam:ListUserPolicies": ok(
            "ListUserPolicies", members("PolicyNames", "p&amp;Action=DeleteUser", "x" * 200)
        ),
        "iam:SimulatePrincipalPolicy": error("AccessDenied"),
    }
    transport = Scripted(answers)
    _, gaps = interview(transport, operations=FEW)
    assert "iam:GetUserPolicy" not in transport.questions
    assert any("PolicyName is not of the form" in why for _, why in gaps)


def test_offline_the_key_id_still_says_its_account() -> None:
    asking = AwsInterview(provider(), FEW, held(), NOW)
    assert asking.requests(offline=True) == ()
    asking.abandon("not asked: the scan ran offline")
    authority, gaps, _ = asking.conclude()
    assert (authority.state, authority.account, authority.evidence) == (
        State.UNKNOWN, ACCOUNT, EvidenceKind.ENCODED,
    )  # fmt: skip
    assert authority.operations(UNKNOWN) == FEW.ids - {"sts:GetCallerIdentity"}
    assert gaps == (("whose key it is", "not asked: the scan ran offline"),)


def test_a_key_id_of_the_older_generation_names_no_account() -> None:
    asking = AwsInterview(provider(), FEW, held("AKIAIAAAAAAAAAAAAAAA"), NOW)
    assert asking.conclude()[0].account is None


def test_a_key_of_another_partition_is_not_sent_to_this_one() -> None:
    asking = AwsInterview(provider(), FEW, held(region="cn-north-1"), NOW)
    assert asking.requests() == ()
    _, gaps, _ = asking.conclude()
    assert gaps == (
        (
            "whose key it is",
            "region cn-north-1 is of a partition with endpoints of its own, which are not asked",
        ),
    )


@pytest.mark.parametrize("after", [0, 1, 3, 5, 6])
def test_an_interview_that_is_given_up_concludes_from_what_it_has(after: int) -> None:
    transport = Scripted(user_answers(allow("s3:*"), deny("iam:*")))
    asking = AwsInterview(provider(), FEW, held(), NOW)
    while after and (requests := asking.requests()):
        asking.take(requests[0], transport.send(requests[0], held()))
        after -= 1
    asking.requests()
    asking.abandon("the budget is used up")
    assert asking.requests() == ()
    authority, gaps, _ = asking.conclude()
    assert frozenset().union(*(each.operations for each in authority.grants)) == FEW.ids
    assert gaps
    if transport.questions.count("iam:GetUserPolicy") == 0:
        assert "s3:DeleteObject" in authority.operations(UNKNOWN)


def test_every_question_of_the_plan_is_on_the_list_and_the_other_way_round() -> None:
    planned = list(planned_requests())
    assert {action for _, action, _, _ in planned} == set(READ_ONLY_ACTIONS)
    assert planned[0] == ("sts.amazonaws.com", "sts:GetCallerIdentity", "whose key it is", None)
    assert all(depends for _, _, _, depends in planned[1:])


def test_nothing_that_is_concluded_shows_the_secret() -> None:
    transport = Scripted(user_answers(allow()))
    credential = held()
    asking = AwsInterview(provider(), FEW, credential, NOW)
    shown = [repr(asking.learnt)]
    while requests := asking.requests():
        for request in requests:
            shown.append(repr(request))
            asking.take(request, transport.send(request, credential))
    shown.append(repr(asking.conclude()))
    assert not any(PLANTED in each for each in shown)
    assert key_id() in credential.credential.context[0]
