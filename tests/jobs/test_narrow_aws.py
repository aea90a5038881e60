"""Policies for a job, fed back to our own evaluation of policies and to moto, which enforces them."""

import json
import logging
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.ask.aws.conclusions import documented, overridden
from scopeaudit.ask.aws.evaluate import Holdings, evaluate, grants, resources
from scopeaudit.ask.aws.policies import Policy, parse_policy
from scopeaudit.ask.aws.principal import Principal, PrincipalKind
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.jobs.narrow.aws import MOST_CHARACTERS, MOST_POLICIES
from scopeaudit.jobs.narrow.aws_actions import shortened
from scopeaudit.jobs.narrow.aws_beside import _TABLE
from scopeaudit.model.authority import Authority, Resource, State, Verdict
from scopeaudit.model.job import Job
from tests.ask.aws_samples import READ_HERE, few
from tests.jobs.narrow_world import RULES, allowed, everything, excess, granted, job, narrowed, template

CATALOGUE = RULES.operations("aws")
ALWAYS = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
SITE = job(
    "aws",
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    resources=["s3://site"],
    name="site",
)
SOME = sorted(CATALOGUE.ids)[::97]
FEW = few(*{*SOME, *ALWAYS})
STORAGE = few(*(each for each in CATALOGUE.ids if each.startswith(("s3:", "sns:"))), *ALWAYS)


def policies(text: str) -> list[dict[str, Any]]:
    """The documents of a narrower credential; none where nothing of the job can be allowed."""
    read = json.loads(text or "[]")
    return read if isinstance(read, list) else [read]


def evaluated(text: str, catalogue: OperationCatalogue = CATALOGUE) -> Authority:
    """What a user with these policies may do, and nothing else attached."""
    parsed = [parse_policy(json.dumps(each), "narrow", READ_HERE) for each in policies(text)]
    assert all(isinstance(each, Policy) for each in parsed)
    found = evaluate(Holdings(policies=[each for each in parsed if isinstance(each, Policy)]), catalogue)
    arn = "arn:aws:iam::123456789012:user/bob"
    principal = Principal(PrincipalKind.USER, arn, "aws", "123456789012", "AIDA", "bob")
    found = overridden(found, documented(principal, catalogue))
    return Authority(
        state=State.ACTIVE,
        kind="user-key",
        grants=grants(found),
        resources=tuple(resources(found).values()),
        enumerates=False,
    )


def test_a_policy_for_a_bucket_and_what_is_in_it():
    found = narrowed(SITE)
    assert policies(found.text) == [
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::site"},
                {
                    "Effect": "Allow",
                    "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                    "Resource": "arn:aws:s3:::site/*",
                },
            ],
        }
    ]
    assert found.missing == ()
    assert set(found.beyond) == ALWAYS


def test_with_the_policy_the_excess_is_gone():
    before = excess(SITE, everything("aws", "user-key"))
    authority = evaluated(narrowed(SITE).text)
    assert excess(SITE, authority) == ALWAYS < before
    assert granted(authority) == allowed(SITE) | ALWAYS


@pytest.mark.parametrize("name", [each.name for each in RULES.providers["aws"].jobs])
def test_every_template_comes_to_its_own_actions_and_no_other(name):
    declared = template("aws", name)
    found = narrowed(declared)
    assert granted(evaluated(found.text)) - ALWAYS == allowed(declared) - ALWAYS
    assert found.missing == ()
    assert set(found.beyond) == ALWAYS - allowed(declared)


def test_arns_that_the_present_key_reaches_stand_for_the_names_of_the_job():
    seen = (
        Resource("s3-bucket/arn:aws:s3:::site", "s3://site"),
        Resource("s3-object/arn:aws:s3:::site/up/*", "s3://site/up/*", parent="s3-bucket/arn:aws:s3:::site"),
    )
    declared = job("aws", "s3:GetObject", resources=["s3-object/*/up/*"])
    found = narrowed(declared, authority=Authority(State.UNKNOWN, "user-key", resources=seen))
    assert policies(found.text)[0]["Statement"][0]["Resource"] == "arn:aws:s3:::site/up/*"


@pytest.mark.parametrize(
    ("written", "arn"),
    [
        ("arn:aws:sqs:eu-west-1:1:jobs", "arn:aws:sqs:eu-west-1:1:jobs"),
        ("sqs-queue/arn:aws:sqs:eu-west-1:1:jobs", "arn:aws:sqs:eu-west-1:1:jobs"),
        ("arn:aws:sqs:eu-west-1:1:jobs-*", "arn:aws:sqs:eu-west-1:1:jobs-*"),
    ],
)
def test_arns_are_taken_as_the_job_writes_them(written, arn):
    found = narrowed(job("aws", "sqs:SendMessage", resources=[written]))
    assert policies(found.text)[0]["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": arn}
    ]


@pytest.mark.parametrize(
    "hostile",
    ["arn:aws:s3:::${aws:username}", "arn:aws:s3:::[a-z]", "arn:aws:s3:::a\nb", "site"],
)
def test_what_is_no_plain_arn_gets_into_no_policy(hostile):
    found = narrowed(job("aws", "s3:GetObject", "s3:ListAllMyBuckets", resources=[hostile]))
    assert statements(found.text) == [(["s3:ListAllMyBuckets"], "*", None)]
    assert found.missing == ("s3:GetObject",)
    assert any("left out" in each for each in found.remains)
    assert any("no ARN is known of the job's resources" in each for each in found.remains)


def test_a_name_with_marks_of_json_stays_a_name():
    found = narrowed(job("aws", "s3:GetObject", resources=['arn:aws:s3:::a"]}']))
    assert statements(found.text) == [(["s3:GetObject"], 'arn:aws:s3:::a"]}/*', None)]


def test_a_job_whose_resources_have_no_arns_is_granted_nothing_instead_of_everything():
    found = narrowed(job("aws", "s3:GetObject", resources=["bucket/photos"]))
    assert (found.text, found.missing) == ("", ("s3:GetObject",))
    assert any(
        each.startswith("it does not do 1 operation of the job, s3:GetObject: no ARN")
        for each in found.remains
    )


def test_a_glob_for_every_resource_is_every_resource():
    found = narrowed(job("aws", "s3:GetObject", resources=["*"]))
    assert statements(found.text) == [(["s3:GetObject"], "*", None)]


def test_without_resources_everything_is_allowed_and_told():
    found = narrowed(job("aws", "s3:GetObject", environments=["production"]))
    assert policies(found.text)[0]["Statement"][0]["Resource"] == "*"
    assert any("the job names no resources" in each for each in found.remains)
    assert any("knows no environments" in each for each in found.remains)


def test_an_action_on_nothing_the_job_names_is_left_out_and_told():
    found = narrowed(job("aws", "s3:GetObject", "lambda:InvokeFunction", resources=["s3://site"]))
    assert found.missing == ("lambda:InvokeFunction",)
    assert "lambda" not in found.text
    assert granted(evaluated(found.text)) == {"s3:GetObject"} | ALWAYS


def test_what_an_action_always_acts_on_too_is_let_in_and_told():
    found = narrowed(job("aws", "ec2:RunInstances", resources=["arn:aws:ec2:eu-west-1:1:instance/*"]))
    assert granted(evaluated(found.text)) == {"ec2:RunInstances"} | ALWAYS
    assert any("always acts on these too" in each for each in found.remains)


def test_actions_that_widen_the_policy_itself_are_told():
    found = narrowed(job("aws", "iam:PutUserPolicy"))
    assert any("itself included" in each for each in found.remains)


def statements(text: str) -> list[tuple[list[str], object, object]]:
    """Actions, resources and conditions of one policy."""
    (policy,) = policies(text)
    return [(each["Action"], each["Resource"], each.get("Condition")) for each in policy["Statement"]]


@pytest.mark.parametrize(
    ("named", "condition"),
    [
        (["arn:aws:sqs:eu-west-1:1:jobs"], {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        (
            ["arn:aws:sqs:us-east-1:1:jobs", "arn:aws:sqs:eu-west-1:1:jobs"],
            {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}},
        ),
        (["arn:aws:sqs:*:1:jobs"], None),
        (["arn:aws:sqs:eu-west-1:1:jobs", "arn:aws:sqs:eu-*:1:jobs"], None),
        (["arn:aws:sns:eu-west-1:1:news"], None),
        (["s3://site"], None),
        ([], None),
    ],
    ids=["one", "two", "any", "one-and-some", "of-another-service", "of-no-region", "none"],
)
def test_what_aws_allows_on_everything_only_is_limited_to_the_regions_of_the_job(named, condition):
    found = narrowed(job("aws", "sqs:ListQueues", resources=named))
    assert statements(found.text) == [(["sqs:ListQueues"], "*", condition)]
    told = [
        each for each in found.remains if each.startswith("sqs:ListQueues: AWS takes only * as the resource")
    ]
    assert [("lets requests to" in each) for each in told] == [condition is not None]


def test_with_a_condition_of_regions_the_excess_is_gone_too():
    declared = job(
        "aws", "sqs:SendMessage", "sqs:ListQueues", resources=["arn:aws:sqs:eu-west-1:123456789012:jobs"]
    )
    authority = evaluated(narrowed(declared).text)
    assert excess(declared, authority) == ALWAYS < excess(declared, everything("aws", "user-key"))
    assert granted(authority) == {"sqs:SendMessage"} | ALWAYS
    assert authority.operations(Verdict.UNKNOWN) == {"sqs:ListQueues"}


@pytest.mark.parametrize(
    ("allowed_", "told"),
    [
        (["s3:GetObject"], ["s3:ListBucket too, for a missing object", "kms:Decrypt too, where a key"]),
        (["s3:GetObject", "s3:ListBucket", "kms:Decrypt"], []),
        (["s3:PutObject", "kms:Decrypt"], ["s3:PutObject may need kms:GenerateDataKey too, where a key"]),
        (["secretsmanager:GetSecretValue"], ["secretsmanager:GetSecretValue may need kms:Decrypt too"]),
        (["ssm:GetParameter"], ["for parameters that are SecureString"]),
        (["sqs:SendMessage"], ["kms:GenerateDataKey and kms:Decrypt too, where a key of the account encrypts the"]),
        (["lambda:CreateFunction", "ecs:RunTask"], ["ecs:RunTask, lambda:CreateFunction may need iam:PassRole too"]),
        (["lambda:CreateFunction", "iam:PassRole"], []),
        (["sts:AssumeRole"], []),
    ],
)  # fmt: skip
def test_what_an_action_may_need_beside_itself_is_told_and_not_added(allowed_, told):
    found = narrowed(job("aws", *allowed_))
    beside = [each for each in found.remains if "so it is not added" in each]
    assert len(beside) == len(told)
    for words, line in zip(told, beside, strict=True):
        assert words in line
        assert "(https://docs.aws.amazon.com/" in line
    assert granted(evaluated(found.text)) == set(allowed_) | ALWAYS


def test_every_action_that_is_told_of_is_one_of_the_catalogue():
    named = {each for case in _TABLE for each in (*case.actions, *case.needs)}
    assert named <= CATALOGUE.ids


def test_a_condition_on_tags_is_offered_for_environments_and_never_added():
    found = narrowed(job("aws", "s3:GetObject", environments=["production", 'a"b']))
    assert "Condition" not in found.text
    (told,) = [each for each in found.remains if "IAM knows no environments" in each]
    condition = re.search(r'"Condition": (\{.*\}), which', told)
    assert condition is not None
    assert json.loads(condition[1]) == {
        "StringEquals": {"aws:ResourceTag/environment": ["production", 'a"b']}
    }


def test_more_policies_than_a_role_takes_are_told():
    few_ = narrowed(job("aws", "effect:read"))
    assert len(policies(few_.text)) <= MOST_POLICIES
    assert not any("unless its quota is raised" in each for each in few_.remains)
    many = [f"arn:aws:s3:::{'b' * 50}{number}/*" for number in range(1_200)]
    found = narrowed(job("aws", "s3:GetObject", resources=many))
    made = policies(found.text)
    assert len(made) > MOST_POLICIES
    assert max(len(json.dumps(each, separators=(",", ":"))) for each in made) <= MOST_CHARACTERS
    named = [one["Resource"] for each in made for one in each["Statement"]]
    reached = [arn for each in named for arn in ([each] if isinstance(each, str) else each)]
    assert sorted(reached) == sorted(many)
    assert not any("wildcards" in each for each in found.remains)
    assert any("unless its quota is raised" in each for each in found.remains)


def test_a_large_job_fits_the_size_of_policies_and_is_no_wider():
    declared = job("aws", "effect:read")
    found = narrowed(declared)
    assert len(allowed(declared)) > 5_000
    for each in policies(found.text):
        assert len(json.dumps(each, separators=(",", ":"))) <= MOST_CHARACTERS
    assert granted(evaluated(found.text)) == allowed(declared) | ALWAYS
    assert any("wildcards" in each for each in found.remains)


def test_wildcards_stand_for_exactly_the_actions():
    every = ["s3:GetObject", "s3:GetObjectAcl", "s3:GetBucket", "s3:PutObject", "sqs:SendMessage"]
    assert shortened(["s3:GetObject", "s3:GetObjectAcl"], every) == ["s3:GetObject*"]
    assert shortened(every[:3], every) == ["s3:Get*"]
    assert shortened(every[:4], every) == ["s3:*"]
    assert shortened(["s3:GetObject"], every) == ["s3:GetObject"]


@given(st.frozensets(st.sampled_from(sorted(STORAGE.ids - ALWAYS)), min_size=1))
@settings(max_examples=60, deadline=None)
def test_shortened_names_never_reach_another_action(chosen):
    short = shortened(chosen, STORAGE.ids)
    statement = {"Effect": "Allow", "Action": short, "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert granted(evaluated(text, STORAGE)) == chosen | ALWAYS
    assert len(short) <= len(chosen)


@given(
    st.frozensets(st.sampled_from(SOME), min_size=1, max_size=12),
    st.lists(
        st.sampled_from(
            ["s3://site", "arn:aws:s3:::site/*", "arn:aws:sqs:*:1:q", "arn:aws:dynamodb:*:1:table/t", "nowhere",
             "arn:aws:iam::1:role/r", "arn:aws:ec2:*:*:instance/*", "arn:aws:lambda:*:1:function:f"]
        ),
        max_size=3,
        unique=True,
    ),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_no_policy_allows_more_than_the_job_and_what_it_leaves_out_is_told(actions, named):
    declared = job("aws", *(f"aws:{each}" for each in sorted(actions)), resources=named)
    found = narrowed(declared)
    does = granted(evaluated(found.text, FEW))
    assert does <= actions | set(found.beyond)
    assert actions - does <= set(found.missing)
    assert not set(found.missing) & does - ALWAYS


@dataclass
class Cloud:
    """An account at moto."""

    url: str

    def post(self, path: str, body: str = "") -> None:
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{self.url}{path}", body.encode(), plain, method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def client(self, service: str, key: str = "testing-key-id", secret: str = "testing-secret") -> Any:
        import boto3

        return boto3.session.Session(key, secret, region_name="us-east-1").client(
            service, endpoint_url=self.url
        )

    def key_with(self, declared: Job) -> dict[str, str]:
        """A key of a user with nothing but the narrower policy."""
        iam = self.client("iam")
        iam.create_user(UserName="bob")
        for number, each in enumerate(policies(narrowed(declared).text)):
            made = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(each))
            iam.attach_user_policy(UserName="bob", PolicyArn=made["Policy"]["Arn"])
        return iam.create_access_key(UserName="bob")["AccessKey"]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = Cloud(f"http://{host}:{port}")
    made.post("/moto-api/reset-auth", "inf")
    made.post("/moto-api/reset")
    yield made
    made.post("/moto-api/reset-auth", "inf")
    server.stop()


def test_moto_lets_the_new_key_do_the_job_and_nothing_else(cloud):
    from botocore.exceptions import ClientError

    owner = cloud.client("s3")
    for bucket in ("site", "other"):
        owner.create_bucket(Bucket=bucket)
        owner.put_object(Bucket=bucket, Key="a", Body=b"a")
    key = cloud.key_with(SITE)
    bob = cloud.client("s3", key["AccessKeyId"], key["SecretAccessKey"])
    calls = {
        "put": lambda: bob.put_object(Bucket="site", Key="b", Body=b"b"),
        "get": lambda: bob.get_object(Bucket="site", Key="a"),
        "list": lambda: bob.list_objects_v2(Bucket="site"),
        "delete": lambda: bob.delete_object(Bucket="site", Key="a"),
        "put elsewhere": lambda: bob.put_object(Bucket="other", Key="b", Body=b"b"),
        "list elsewhere": lambda: bob.list_objects_v2(Bucket="other"),
        "delete the bucket": lambda: bob.delete_bucket(Bucket="site"),
        "list buckets": bob.list_buckets,
        "read its own policies": lambda: cloud.client(
            "iam", key["AccessKeyId"], key["SecretAccessKey"]
        ).list_attached_user_policies(UserName="bob"),
    }
    done, refused = set(), set()
    cloud.post("/moto-api/reset-auth", "0")
    for name, call in calls.items():
        try:
            call()
            done.add(name)
        except ClientError as error:
            refused.add((name, error.response["Error"]["Code"]))
    cloud.post("/moto-api/reset-auth", "inf")
    assert done == {"put", "get", "list", "delete"}
    assert refused == {(name, "AccessDenied") for name in calls.keys() - done}
