"""The only requests that are ever sent to AWS, and the check that a request is one of them.

Each entry reads and changes nothing; the access level of every one is Read or List in
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
and `sts:GetCallerIdentity` needs no permission at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from scopeaudit.ask.request import Request
from scopeaudit.catalogue.provider import Scheme

_STS = "https://docs.aws.amazon.com/STS/latest/APIReference"
_IAM = "https://docs.aws.amazon.com/IAM/latest/APIReference"

SIGNING_REGION = "us-east-1"
"""Region the two global endpoints are signed for.

Source: https://docs.aws.amazon.com/general/latest/gr/iam-service.html
"""
MOST_ACTION_NAMES = 100
"""Action names in one simulation; so many results come in one page unless told otherwise."""
HEADERS = (
    ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
    ("accept", "text/xml"),
)
_MOST_BODY_CHARACTERS = 20_000
_NAME = re.compile(r"[\w+=,.@-]{1,128}")
_ARN = re.compile(r"arn:[a-z0-9-]+:iam::(?:[0-9]{12}|aws):[\w+=,.@/-]{1,600}")
_VERSION = re.compile(r"v[1-9][0-9]{0,8}(?:\.[A-Za-z0-9-]{1,40})?")
_MARKER = re.compile(r"[\x21-\x7e]{1,4096}")
_ACTION_NAME = re.compile(r"[a-z0-9-]{1,64}:[A-Za-z0-9_:*-]{1,100}")
_MEMBER = re.compile(r"ActionNames\.member\.([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class ReadOnlyAction:
    """One entry of the allow-list."""

    service: str
    """`sts` or `iam`: the signed service; the host is `<service>.amazonaws.com`."""
    action: str
    version: str
    source: str
    """URL of the documentation that says what it does."""
    parameters: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Name to the form of its value; all must be given."""
    is_paged: bool = False
    """Whether a `Marker` may be given."""
    simulates: bool = False
    """Whether `ActionNames.member.N` are given."""

    @property
    def host(self) -> str:
        """The global endpoint of the service."""
        return f"{self.service}.amazonaws.com"

    @property
    def question(self) -> str:
        """Its name in requests, trails and evidence: `iam:GetUser`."""
        return f"{self.service}:{self.action}"


def _iam(action: str, *names: str, is_paged: bool = False, simulates: bool = False) -> ReadOnlyAction:
    forms = {"PolicyArn": _ARN, "PolicySourceArn": _ARN, "VersionId": _VERSION}
    return ReadOnlyAction(
        service="iam",
        action=action,
        version="2010-05-08",
        source=f"{_IAM}/API_{action}.html",
        parameters=MappingProxyType({name: forms.get(name, _NAME) for name in names}),
        is_paged=is_paged,
        simulates=simulates,
    )


READ_ONLY_ACTIONS: Mapping[str, ReadOnlyAction] = MappingProxyType(
    {
        entry.question: entry
        for entry in (
            ReadOnlyAction("sts", "GetCallerIdentity", "2011-06-15", f"{_STS}/API_GetCallerIdentity.html"),
            # Without a name it is about the user or root user whose key signs.
            _iam("ListAccessKeys", is_paged=True),
            _iam("GetUser", "UserName"),
            _iam("ListAttachedUserPolicies", "UserName", is_paged=True),
            _iam("ListUserPolicies", "UserName", is_paged=True),
            _iam("GetUserPolicy", "UserName", "PolicyName"),
            _iam("ListGroupsForUser", "UserName", is_paged=True),
            _iam("ListAttachedGroupPolicies", "GroupName", is_paged=True),
            _iam("ListGroupPolicies", "GroupName", is_paged=True),
            _iam("GetGroupPolicy", "GroupName", "PolicyName"),
            _iam("GetRole", "RoleName"),
            _iam("ListAttachedRolePolicies", "RoleName", is_paged=True),
            _iam("ListRolePolicies", "RoleName", is_paged=True),
            _iam("GetRolePolicy", "RoleName", "PolicyName"),
            _iam("GetPolicy", "PolicyArn"),
            _iam("GetPolicyVersion", "PolicyArn", "VersionId"),
            _iam("SimulatePrincipalPolicy", "PolicySourceArn", is_paged=True, simulates=True),
        )
    }
)
"""By `service:Action`."""


def build_request(
    provider: str,
    question: str,
    parameters: Mapping[str, str],
    *,
    action_names: tuple[str, ...] = (),
    marker: str | None = None,
) -> Request | str:
    """The request for an entry of the allow-list, or why it cannot be made."""
    entry = READ_ONLY_ACTIONS[question]
    pairs = [("Action", entry.action), ("Version", entry.version), *parameters.items()]
    pairs += [(f"ActionNames.member.{at}", name) for at, name in enumerate(action_names, 1)]
    if marker is not None:
        pairs.append(("Marker", marker))
    request = Request(
        provider=provider,
        question=question,
        scheme=Scheme.AWS,
        method="POST",
        host=entry.host,
        path="/",
        headers=HEADERS,
        body=urlencode(pairs),
        signing=(entry.service, SIGNING_REGION),
    )
    return refusal(request) or request


def refusal(request: Request) -> str | None:
    """Why a request to AWS must not be sent; `None` if it is, exactly, an entry of the allow-list."""
    entry = READ_ONLY_ACTIONS.get(request.question)
    if entry is None or request.scheme is not Scheme.AWS:
        return "refused: not on the list of AWS actions that only read"
    if (request.method, request.host, request.path, request.query) != ("POST", entry.host, "/", ()):
        return "refused: not the address of the AWS action"
    if request.headers != HEADERS or request.authorization is not None:
        return "refused: not the headers of an AWS question"
    if request.signing != (entry.service, SIGNING_REGION):
        return "refused: the request would be signed for another service"
    if request.body is None or len(request.body) > _MOST_BODY_CHARACTERS:
        return "refused: an AWS question is a form of limited size"
    try:
        pairs = parse_qsl(request.body, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return "refused: the body is no form"
    return _wrong_form(entry, pairs)


def _wrong_form(entry: ReadOnlyAction, pairs: list[tuple[str, str]]) -> str | None:
    if pairs[:2] != [("Action", entry.action), ("Version", entry.version)]:
        return "refused: not the AWS action it says it is"
    given = dict(pairs[2:])
    if len(given) != len(pairs) - 2:
        return "refused: a parameter is given twice"
    members = {name: value for name, value in given.items() if _MEMBER.fullmatch(name)}
    marker = given.pop("Marker", None)
    if marker is not None and not (entry.is_paged and _MARKER.fullmatch(marker)):
        return "refused: not the pages of the AWS action"
    if set(given) - set(members) != set(entry.parameters):
        return "refused: not the parameters of the AWS action"
    for name, form in entry.parameters.items():
        if not form.fullmatch(given[name]):
            return f"refused: {name} is not of the form AWS documents"
    return _wrong_members(entry, members)


def _wrong_members(entry: ReadOnlyAction, members: Mapping[str, str]) -> str | None:
    if bool(members) != entry.simulates or len(members) > MOST_ACTION_NAMES:
        return "refused: not the parameters of the AWS action"
    if not all(_ACTION_NAME.fullmatch(value) for value in members.values()):
        return "refused: what is simulated is no action name"
    return None
