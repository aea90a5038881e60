"""Keys, policies and answers of AWS for tests: nothing here was ever live."""

import base64
import datetime
import functools
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, quote

from scopeaudit.ask.aws.conditions import Context
from scopeaudit.ask.aws.evaluate import Holdings, evaluate, grants
from scopeaudit.ask.aws.interview import AwsInterview
from scopeaudit.ask.aws.policies import Policy, parse_policy
from scopeaudit.ask.request import Answer, Request, Transport
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

NOW = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.UTC)
ACCOUNT = "123456789012"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
PLANTED = expand("<base64:40>", seed=7)
READ_HERE = Evidence(EvidenceKind.ASKED, "iam:GetUserPolicy → 200", "https://docs.example/GetUserPolicy")
Statement = Mapping[str, object]


@functools.cache
def catalogue() -> OperationCatalogue:
    return load_rules().operations("aws")


def provider() -> Provider:
    return load_rules().providers["aws"]


def few(*operations: str) -> OperationCatalogue:
    """The catalogue of these operations only."""
    known = catalogue().operations
    return OperationCatalogue("aws", MappingProxyType({each: known[each] for each in operations}))


def key_id(account: str = ACCOUNT, *, prefix: str = "AKIA") -> str:
    """A made-up key id of the newer generation that names the account."""
    bits = (1 << 47) | (int(account) << 7)
    return prefix + base64.b32encode(bits.to_bytes(6, "big") + b"\x01\x02\x03\x04").decode()


def held(
    key: str | None = None, secret: str = PLANTED, *, token: str | None = None, region: str | None = None
) -> HeldCredential:
    key = key or key_id(prefix="ASIA" if token else "AKIA")
    companions = {"key_id": Secret(key)} | ({"session_token": Secret(token)} if token else {})
    context = [("key_id", key)] + ([("region", region)] if region else [])
    return HeldCredential(
        Credential(
            id="c1",
            provider="aws",
            kind="session-key" if token else "access-key",
            shown="…(40 characters)",
            locations=(Location(Source.TREE, ".env", 1, 1),),
            companions=tuple(sorted(companions)),
            context=tuple(context),
        ),
        Secret(secret),
        companions,
    )


def allow(action: object = "*", resource: object = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object = "*", resource: object = "*", **more: object) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def policy(*statements: Statement, title: str = "policy p") -> Policy:
    parsed = parse_policy(document(*statements), title, READ_HERE)
    assert isinstance(parsed, Policy), parsed
    return parsed


def verdicts(
    holdings: Holdings, operations: OperationCatalogue
) -> dict[str, dict[Verdict, frozenset[str] | None]]:
    """Operation to its verdicts, each with the resources it holds for."""
    found: dict[str, dict[Verdict, frozenset[str] | None]] = {each: {} for each in operations.ids}
    for grant in grants(evaluate(holdings, operations)):
        for operation in grant.operations:
            assert grant.verdict not in found[operation]
            found[operation][grant.verdict] = grant.resources
    return found


def judged(
    operation: str,
    *statements: Statement,
    boundary: Policy | None = None,
    context: Context | None = None,
    has_unseen_session_policy: bool = False,
) -> dict[Verdict, frozenset[str] | None]:
    """What the statements come to for one operation."""
    holdings = Holdings(
        policies=(policy(*statements),),
        boundary=boundary,
        context=context or Context(),
        has_unseen_session_policy=has_unseen_session_policy,
    )
    return verdicts(holdings, few(operation))[operation]


class Scripted:
    """A transport that answers from a table and notes what was asked."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    def send(self, request: Request, held: HeldCredential) -> Answer:
        form = dict(parse_qsl(request.body or ""))
        self.asked.append((request.question, form))
        found = self.answers.get(request.question, error("AccessDenied"))
        if callable(found):
            found = found(form)
        assert isinstance(found, Answer)
        return found

    @property
    def questions(self) -> list[str]:
        return [question for question, _ in self.asked]


def ok(action: str, inner: str) -> Answer:
    """An answer as AWS writes it."""
    space = (
        "https://sts.amazonaws.com/doc/2011-06-15/"
        if action == "GetCallerIdentity"
        else ("https://iam.amazonaws.com/doc/2010-05-08/")
    )
    body = (
        f'<{action}Response xmlns="{space}"><{action}Result>{inner}</{action}Result>'
        f"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    )
    return Answer(status=200, headers={"content-type": "text/xml"}, body=body)


def error(code: str, status: int = 403) -> Answer:
    body = (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    )
    return Answer(status=status, headers={"content-type": "text/xml"}, body=body)


def identity(arn: str = ALICE, user_id: str = "AIDAEXAMPLE") -> Answer:
    account = arn.split(":")[4]
    inner = f"<Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>"
    return ok("GetCallerIdentity", inner)


def members(name: str, *inner: str, more: str = "<IsTruncated>false</IsTruncated>") -> str:
    return f"<{name}>{''.join(f'<member>{each}</member>' for each in inner)}</{name}>{more}"


def user_answers(
    *statements: Statement, boundary: str = "", tags: Mapping[str, str] = MappingProxyType({})
) -> dict[str, object]:
    """Alice has one inline policy, no group and no managed policy."""
    tagged = members("Tags", *(f"<Key>{k}</Key><Value>{v}</Value>" for k, v in tags.items()), more="")
    limit = (
        f"<PermissionsBoundary><PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn>"
        "<PermissionsBoundaryType>Policy</PermissionsBoundaryType></PermissionsBoundary>"
        if boundary
        else ""
    )
    inline = f"<PolicyName>p</PolicyName><PolicyDocument>{quote(document(*statements))}</PolicyDocument>"
    return {
        "sts:GetCallerIdentity": identity(),
        "iam:GetUser": ok("GetUser", f"<User><UserName>alice</UserName>{limit}{tagged}</User>"),
        "iam:ListAttachedUserPolicies": ok("ListAttachedUserPolicies", members("AttachedPolicies")),
        "iam:ListUserPolicies": ok("ListUserPolicies", members("PolicyNames", "p")),
        "iam:GetUserPolicy": ok("GetUserPolicy", f"<UserName>alice</UserName>{inline}"),
        "iam:ListGroupsForUser": ok("ListGroupsForUser", members("Groups")),
        "iam:SimulatePrincipalPolicy": simulation(lambda _: "allowed"),
    }


def simulation(decide: Callable[[str], str]) -> Callable[[Mapping[str, str]], Answer]:
    """Answers every simulated action; `decide` gives `decision`, then what follows it as XML."""

    def answer(form: Mapping[str, str]) -> Answer:
        results = []
        for name, value in form.items():
            if name.startswith("ActionNames.member."):
                decision, _, more = decide(value).partition(" ")
                results.append(
                    f"<EvalActionName>{value}</EvalActionName><EvalResourceName>*</EvalResourceName>"
                    f"<EvalDecision>{decision}</EvalDecision>{more}"
                )
        return ok("SimulatePrincipalPolicy", members("EvaluationResults", *results))

    return answer


def managed(name: str, *statements: Statement) -> dict[str, object]:
    """Answers for a managed policy."""
    body = quote(document(*statements))
    return {
        "iam:GetPolicy": ok(
            "GetPolicy",
            f"<Policy><PolicyName>{name}</PolicyName><DefaultVersionId>v3</DefaultVersionId></Policy>",
        ),
        "iam:GetPolicyVersion": ok(
            "GetPolicyVersion",
            f"<PolicyVersion><Document>{body}</Document><VersionId>v3</VersionId></PolicyVersion>",
        ),
    }


def interview(
    transport: Transport,
    credential: HeldCredential | None = None,
    operations: OperationCatalogue | None = None,
) -> tuple[Authority, tuple[tuple[str, str], ...]]:
    """Ask until nothing is left to ask; the authority and the gaps."""
    credential = credential or held()
    asking = AwsInterview(provider(), operations or catalogue(), credential, NOW)
    while requests := asking.requests():
        for request in requests:
            asking.take(request, transport.send(request, credential))
    authority, gaps, _ = asking.conclude()
    return authority, gaps


def verdict_of(authority: Authority, operation: str) -> Verdict:
    return next(each for each in Verdict if operation in authority.operations(each))
