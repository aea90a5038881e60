"""AWS keys against moto's server, which checks signatures and enforces IAM as it was set up."""

import json
import logging
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_samples import ACCOUNT, NOW, allow, catalogue, deny, document, provider, verdict_of

from scopeaudit.ask.aws.interview import AwsInterview
from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.limits import Limits
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.http import HttpTransport
from scopeaudit.model.authority import Authority, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

GRANTED, DENIED, UNKNOWN = Verdict.GRANTED, Verdict.DENIED, Verdict.UNKNOWN
READ_IAM = allow(["iam:Get*", "iam:List*"])
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    }
)
Gaps = tuple[tuple[str, str], ...]


class Cloud:
    """One account at moto, and what it takes to ask about its keys."""

    def __init__(self, url: str, directory: Path) -> None:
        import boto3

        self.url = url
        session = boto3.session.Session("testing-key-id", "testing-secret", region_name="us-east-1")
        self.iam: Any = session.client("iam", endpoint_url=url)
        self.sts: Any = session.client("sts", endpoint_url=url)
        self._directory = directory

    def post(self, path: str, body: str = "") -> None:
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{self.url}{path}", body.encode(), plain, method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def user_key(self, name: str = "alice") -> HeldCredential:
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return held(key["AccessKeyId"], key["SecretAccessKey"])

    def role_session(self, name: str, *statements: Any) -> HeldCredential:
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Path="/ci/")["Role"]
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        found = self.sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
        return held(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def managed(self, name: str, *statements: Any) -> str:
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))
        return str(made["Policy"]["Arn"])

    def ask(self, credential: HeldCredential, *, budget: int = 300) -> tuple[Authority, Gaps]:
        """Enforce IAM, ask over HTTP as a scan does, and stop enforcing."""
        from dataclasses import replace

        ours = replace(provider(), budget=budget, rate=1000.0)
        providers = {"aws": ours}
        transport = HttpTransport(
            providers,
            parse_endpoints([f"aws={self.url}"], providers),
            Limits(providers),
            Trail(self._directory, b"k" * 32),
        )
        asking = AwsInterview(ours, catalogue(), credential, NOW)
        self.post("/moto-api/reset-auth", "0")
        try:
            while requests := asking.requests():
                for request in requests:
                    asking.take(request, transport.send(request, credential))
        finally:
            self.post("/moto-api/reset-auth", "inf")
            transport.close()
        authority, gaps, _ = asking.conclude()
        return authority, gaps


def held(key_id: str, secret: str, token: str | None = None) -> HeldCredential:
    kind = "session-key" if token else "access-key"
    credential = Credential(
        "c1", "aws", kind, "…", (Location(Source.TREE, ".env", 1),), context=(("key_id", key_id),)
    )
    companions = {"key_id": Secret(key_id)} | ({"session_token": Secret(token)} if token else {})
    return HeldCredential(credential, Secret(secret), companions)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def cloud(url: str, tmp_path: Path) -> Cloud:
    made = Cloud(url, tmp_path / "state")
    made.post("/moto-api/reset-auth", "inf")
    made.post("/moto-api/reset")
    made.iam.create_user(UserName="alice", Path="/people/")
    return made


def put(cloud: Cloud, *statements: Any, name: str = "p") -> None:
    cloud.iam.put_user_policy(UserName="alice", PolicyName=name, PolicyDocument=document(*statements))


def test_a_key_says_when_it_was_issued_if_its_user_may_list_keys(cloud: Cloud) -> None:
    older, key = cloud.user_key(), cloud.user_key()
    (made,) = (
        each["CreateDate"]
        for each in cloud.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        if each["AccessKeyId"] == dict(key.credential.context)["key_id"]
    )
    assert cloud.ask(older)[0].issued is None
    put(cloud, READ_IAM)
    assert cloud.ask(key)[0].issued == made.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_users_inline_policy(cloud: Cloud) -> None:
    put(cloud, READ_IAM, allow("s3:*", ["arn:aws:s3:::site", "arn:aws:s3:::site/*"]), deny("s3:DeleteBucket"))
    authority, gaps = cloud.ask(cloud.user_key())
    assert (authority.state, authority.kind, authority.account) == (State.ACTIVE, "user-key", ACCOUNT)
    assert dict(authority.facts)["identity"] == f"arn:aws:iam::{ACCOUNT}:user/people/alice"
    expected = {
        "s3:DeleteObject": GRANTED,
        "s3:DeleteBucket": DENIED,
        "s3:ListAllMyBuckets": DENIED,
        "iam:ListUsers": GRANTED,
        "iam:CreateAccessKey": DENIED,
        "sts:GetSessionToken": GRANTED,
    }
    assert {each: verdict_of(authority, each) for each in expected} == expected
    assert {each.name for each in authority.resources} == {"s3://site", "s3://site/*"}
    assert [what for what, _ in gaps] == ["what the policies of its organization leave of it"]
    assert not authority.operations(UNKNOWN)


def test_managed_and_group_policies(cloud: Cloud) -> None:
    cloud.iam.attach_user_policy(
        UserName="alice", PolicyArn=cloud.managed("direct", READ_IAM, allow("rds:*"))
    )
    cloud.iam.create_group(GroupName="ops")
    cloud.iam.add_user_to_group(GroupName="ops", UserName="alice")
    cloud.iam.put_group_policy(GroupName="ops", PolicyName="g", PolicyDocument=document(allow("ec2:*")))
    cloud.iam.attach_group_policy(GroupName="ops", PolicyArn=cloud.managed("grouped", deny("rds:Delete*")))
    cloud.iam.attach_group_policy(GroupName="ops", PolicyArn=cloud.managed("queues", allow("sqs:*")))
    authority, _ = cloud.ask(cloud.user_key())
    expected = {
        "rds:ModifyDBInstance": GRANTED,
        "rds:DeleteDBInstance": DENIED,
        "ec2:TerminateInstances": GRANTED,
        "sqs:PurgeQueue": GRANTED,
        "s3:DeleteObject": DENIED,
    }
    assert {each: verdict_of(authority, each) for each in expected} == expected
    assert dict(authority.facts)["policies"] == ("direct, grouped, inline policy g of group ops, queues")


def test_the_version_of_a_managed_policy_that_counts_is_the_default_one(cloud: Cloud) -> None:
    arn = cloud.managed("versioned", allow())
    cloud.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(READ_IAM, allow("s3:GetObject")), SetAsDefault=True
    )
    cloud.iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    authority, _ = cloud.ask(cloud.user_key())
    assert verdict_of(authority, "s3:GetObject") is GRANTED
    assert verdict_of(authority, "s3:DeleteObject") is DENIED


def test_not_action_and_conditions(cloud: Cloud) -> None:
    put(
        cloud,
        {"Effect": "Allow", "NotAction": ["iam:Create*", "rds:*"], "Resource": "*"},
        allow("rds:*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        allow("iam:Create*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    )
    # moto takes a condition it cannot decide for a refusal, so it is put beside the readable policy.
    authority, _ = cloud.ask(cloud.user_key())
    expected = {
        "s3:DeleteObject": GRANTED,
        "rds:DeleteDBInstance": UNKNOWN,
        "iam:CreateAccessKey": DENIED,
        "iam:ListUsers": GRANTED,
    }
    assert {each: verdict_of(authority, each) for each in expected} == expected


def test_a_role_with_a_boundary_through_its_session(cloud: Cloud) -> None:
    session = cloud.role_session("deploy", allow())
    boundary = cloud.managed("limit", READ_IAM, allow("s3:*"), deny("s3:DeleteBucket"))
    cloud.iam.put_role_permissions_boundary(RoleName="deploy", PermissionsBoundary=boundary)
    authority, gaps = cloud.ask(session)
    assert (authority.state, authority.kind) == (State.ACTIVE, "role-session")
    expected = {
        "s3:DeleteObject": UNKNOWN,  # the role grants it, a session policy may not
        "s3:DeleteBucket": DENIED,
        "rds:DeleteDBInstance": DENIED,
        "sts:GetCallerIdentity": GRANTED,
    }
    assert {each: verdict_of(authority, each) for each in expected} == expected
    assert dict(authority.facts)["permissions boundary"] == boundary
    assert "what a session policy leaves of it" in [what for what, _ in gaps]


def test_a_key_that_may_read_nothing_is_unknown(cloud: Cloud) -> None:
    put(cloud, allow("s3:*"))
    authority, gaps = cloud.ask(cloud.user_key())
    assert authority.state is State.ACTIVE
    assert authority.operations(GRANTED) == {"sts:GetCallerIdentity", "sts:GetSessionToken"}
    assert not authority.operations(DENIED)
    assert [what for what, _ in gaps] == [
        "policies of user alice",
        "what the policies of its organization leave of it",
        "a simulation of what its policies allow",
    ]
    assert "AccessDenied" in gaps[0][1]


def test_a_deny_that_can_be_read_holds_where_the_rest_cannot(cloud: Cloud) -> None:
    put(cloud, allow(["iam:ListUserPolicies", "iam:GetUserPolicy", "s3:*"]), deny("rds:*"))
    authority, _ = cloud.ask(cloud.user_key())
    assert verdict_of(authority, "rds:DeleteDBInstance") is DENIED
    assert verdict_of(authority, "s3:DeleteObject") is UNKNOWN


def test_a_deleted_key_is_revoked(cloud: Cloud) -> None:
    credential = cloud.user_key()
    key_id = dict(credential.credential.context)["key_id"]
    cloud.iam.delete_access_key(UserName="alice", AccessKeyId=key_id)
    authority, gaps = cloud.ask(credential)
    assert (authority.state, gaps) == (State.REVOKED, ())
    assert authority.operations(DENIED) == catalogue().ids


def test_a_secret_of_another_key_proves_nothing(cloud: Cloud) -> None:
    put(cloud, allow())
    mixed = held(dict(cloud.user_key().credential.context)["key_id"], "wrong/" + "a1B2" * 8)
    authority, gaps = cloud.ask(mixed)
    assert authority.state is State.UNKNOWN
    assert authority.operations(UNKNOWN) == catalogue().ids - {"sts:GetCallerIdentity"}
    assert gaps[0][1].startswith("SignatureDoesNotMatch: ")


def test_more_policies_than_fit_on_a_page(cloud: Cloud) -> None:
    put(cloud, READ_IAM)
    for number in range(104):
        arn = cloud.managed(f"m{number:03}", allow("s3:DeleteObject", f"arn:aws:s3:::b{number}/*"))
        cloud.iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    authority, _ = cloud.ask(cloud.user_key(), budget=400)
    grant = next(each for each in authority.grants if "s3:DeleteObject" in each.operations)
    assert grant.resources == {f"s3-object/arn:aws:s3:::b{number}/*" for number in range(104)}


def test_what_moto_allows_is_granted_and_what_it_refuses_is_not(cloud: Cloud) -> None:
    import boto3
    from botocore.exceptions import ClientError

    put(cloud, READ_IAM, allow(["sts:AssumeRole", "iam:CreateUser"]), deny("iam:GetRole"))
    credential = cloud.user_key()
    authority, _ = cloud.ask(credential)
    session = boto3.session.Session(
        dict(credential.credential.context)["key_id"], credential.secret.reveal(), region_name="us-east-1"
    )
    client = session.client("iam", endpoint_url=cloud.url)
    calls: dict[str, Any] = {
        "iam:ListUsers": client.list_users,
        "iam:CreateUser": lambda: client.create_user(UserName="bob"),
        "iam:CreateGroup": lambda: client.create_group(GroupName="g"),
        "iam:GetRole": lambda: client.get_role(RoleName="r"),
        "iam:DeleteUser": lambda: client.delete_user(UserName="bob"),
    }
    enforced = {}
    cloud.post("/moto-api/reset-auth", "0")
    for name, call in calls.items():
        try:
            call()
            enforced[name] = GRANTED
        except ClientError as error:
            is_refused = error.response["Error"]["Code"] == "AccessDenied"
            enforced[name] = DENIED if is_refused else UNKNOWN
    cloud.post("/moto-api/reset-auth", "inf")
    assert {name: verdict_of(authority, name) for name in calls} == enforced


def test_the_trail_names_every_action_and_no_secret(cloud: Cloud, tmp_path: Path) -> None:
    put(cloud, READ_IAM)
    credential = cloud.user_key()
    cloud.ask(credential)
    written = "".join(each.read_text() for each in (tmp_path / "state").rglob("*") if each.is_file())
    assert "iam:GetUserPolicy" in written
    assert credential.secret.reveal() not in written
