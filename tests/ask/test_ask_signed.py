"""Requests to AWS pass the same guard and transport, signed."""

from dataclasses import replace
from pathlib import Path

from ask_samples import AWS, BEARER, KINDS, held
from loopback import answers, loopback, plain

from scopeaudit.ask.aws.actions import build_request
from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.guard import refusal
from scopeaudit.ask.limits import Limits
from scopeaudit.ask.request import Request
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.http import HttpTransport
from scopeaudit.catalogue.templates import expand


def test_a_request_to_aws_is_one_of_its_list_of_actions() -> None:
    provider = replace(AWS, kinds=KINDS)
    request = build_request("aws", "iam:GetUser", {"UserName": "alice"})
    assert isinstance(request, Request)
    assert refusal(request, provider) is None
    refused = [
        replace(request, body="Action=DeleteUser&Version=2010-05-08&UserName=alice"),
        replace(request, host="api.acme.example"),
        replace(request, signing=None),
        replace(request, authorization=BEARER),
        replace(request, question="me"),
    ]
    assert all((refusal(each, provider) or "").startswith("refused: ") for each in refused)
    assert refusal(request, replace(provider, hosts=("sts.amazonaws.com",))) is not None
    assert refusal(request, replace(provider, kinds=KINDS[:1])) is not None


def test_a_request_to_aws_is_signed_and_no_part_of_its_secret_is_sent_or_echoed(tmp_path: Path) -> None:
    key_id, secret = expand("AKIA<upper:16>", seed=3), expand("<alnum:40>", seed=4)
    token = expand("<alnum:200>", seed=5)
    owner = held(secret, provider="aws", key_id=key_id, session_token=token)
    request = build_request("aws", "iam:GetUser", {"UserName": "alice"})
    assert isinstance(request, Request)
    echo = plain("403 Forbidden", f"<Error>{token} {secret}</Error>".encode(), "Content-Type: text/xml")
    providers = {"aws": AWS}
    trail = Trail(tmp_path, b"k" * 32)
    with loopback(answers(echo)) as server:
        endpoints = parse_endpoints([f"aws={server.url}"], providers)
        transport = HttpTransport(providers, endpoints, Limits(providers), trail)
        answer = transport.send(request, owner)
        unsigned = transport.send(request, held("", provider="aws"))
        transport.close()
        sent = server.requests
    assert (answer.status, answer.body) == (403, "<Error>… …</Error>")
    assert unsigned.failure == "its access key id was not found"
    assert len(sent) == 1
    assert f"Credential={key_id}/".encode() in sent[0]
    assert sent[0].endswith(b"Action=GetUser&Version=2010-05-08&UserName=alice")
    assert secret.encode() not in sent[0]
    assert token not in trail.path.read_text()
