"""What stands behind an incident's credentials: databases, and stand-ins of providers."""

import base64
import json
import logging
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from pymacaroons import MACAROON_V2, Macaroon

from scopeaudit.catalogue.rules import Rules
from scopeaudit.demo.incident import Incident
from tests.demo.databases import served
from tests.stand_ins.github import GitHubStandIn, Repository, Token

_INDEX = "AgEIcHlwaS5vcmc"
"""How the macaroons of the index begin: version, field, length and location."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a replay is given."""

    values: Mapping[str, str]
    """For the `{{name}}` of the checkout."""
    endpoints: tuple[str, ...] = ()
    """`PROVIDER=URL` of each stand-in."""


@contextmanager
def surrounding(incident: Incident, rules: Rules, secrets: Mapping[str, str]) -> Iterator[Surroundings]:
    """Everything that `world.yaml` describes, until the block ends; no stand-in was asked to change anything."""
    world = incident.world()
    with ExitStack() as stack:
        values = dict(secrets) | stack.enter_context(served(world.get("postgresql", {}), secrets))
        values |= {name: _macaroon(caveats) for name, caveats in world.get("pypi", {}).items()}
        endpoints = []
        if "github" in world:
            tokens = {secrets[name]: _token(each) for name, each in world["github"].items()}
            github = stack.enter_context(GitHubStandIn(rules, tokens))
            endpoints.append(f"github={github.url}")
        if "aws" in world:
            cloud = stack.enter_context(_cloud(world["aws"]))
            values |= cloud.values
            endpoints += cloud.endpoints
        yield Surroundings(values, tuple(endpoints))
        if "github" in world:
            assert github.violations == []


def _token(written: Mapping[str, Any]) -> Token:
    rest = {name: value for name, value in written.items() if name != "repositories"}
    return Token(**rest, repositories=tuple(Repository(**each) for each in written.get("repositories", ())))


def _macaroon(caveats: list[Any]) -> str:
    location = base64.urlsafe_b64decode(_INDEX + "=" * (-len(_INDEX) % 4))[3:].decode()
    identifier = "11111111-2222-4333-8444-555555555555"
    macaroon = Macaroon(location=location, identifier=identifier, key="made up", version=MACAROON_V2)
    for caveat in caveats:
        macaroon.add_first_party_caveat(json.dumps(caveat))
    return f"pypi-{macaroon.serialize()}"


@cache
def _moto() -> str:
    """Where moto listens; it goes on until the tests end."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


@contextmanager
def _cloud(users: Mapping[str, list[Any]]) -> Iterator[Surroundings]:
    """An account with these users, each with its statements; policies are enforced inside the block."""
    import boto3

    url = _moto()
    _post(url, "/moto-api/reset-auth", "inf")
    _post(url, "/moto-api/reset")
    session = boto3.session.Session("testing-key-id", "testing-secret", region_name="us-east-1")
    iam = session.client("iam", endpoint_url=url)
    values = {}
    for name, statements in users.items():
        iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        values |= {f"{name}_id": key["AccessKeyId"], f"{name}_secret": key["SecretAccessKey"]}
    _post(url, "/moto-api/reset-auth", "0")
    try:
        yield Surroundings(values, (f"aws={url}",))
    finally:
        _post(url, "/moto-api/reset-auth", "inf")


def _post(url: str, path: str, body: str = "") -> None:
    plain = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{url}{path}", body.encode(), plain, method="POST")
    urllib.request.urlopen(request, timeout=10).close()
