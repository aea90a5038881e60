"""Who a key belongs to, as `sts:GetCallerIdentity` says, and what that decides about its requests."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from scopeaudit.ask.aws.answers import text_at
from scopeaudit.ask.aws.conditions import Context
from scopeaudit.ask.dates import written

KEYS_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
_ARN = re.compile(r"arn:(aws[a-z-]*):(iam|sts)::([0-9]{12}):([\w+=,.@/-]{1,600})")
_ALWAYS = MappingProxyType(
    {
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
        "aws:calledvia": (),
        "aws:calledviafirst": (),
        "aws:calledvialast": (),
    }
)
"""What holds for every request that is made with a key over TLS, as requests to AWS can always be."""
_LONG_TERM = MappingProxyType(
    {"aws:multifactorauthpresent": (), "aws:multifactorauthage": (), "aws:tokenissuetime": ()}
)
"""Keys that are absent from requests with long-term keys."""
_USER_NAME = "aws:username"


class PrincipalKind(StrEnum):
    """What kind of principal it is; the value is the credential's kind in the provider file."""

    ROOT = "root-key"
    ROOT_SESSION = "root-session"
    USER = "user-key"
    USER_SESSION = "user-session"
    ROLE_SESSION = "role-session"
    FEDERATED_SESSION = "federated-session"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose key it is."""

    kind: PrincipalKind
    arn: str
    partition: str
    account: str
    user_id: str
    name: str
    """Of the user, or of the role; empty for the account itself."""

    @property
    def shown(self) -> str:
        """`user alice`, `role deploy`."""
        is_user = self.kind in (PrincipalKind.USER, PrincipalKind.USER_SESSION)
        return f"{'user' if is_user else 'role'} {self.name}"


def read_principal(result: Mapping[str, object], *, is_temporary: bool) -> Principal | None:
    """The principal an answer names, or `None` if it is of no kind that is documented.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    arn, user_id = text_at(result, "Arn"), text_at(result, "UserId")
    match = _ARN.fullmatch(arn or "")
    if match is None or arn is None or user_id is None:
        return None
    partition, service, account, rest = match.groups()
    type_, _, path = rest.partition("/")
    match service, type_:
        case "iam", "root":
            kind, name = PrincipalKind.ROOT_SESSION if is_temporary else PrincipalKind.ROOT, ""
        case "iam", "user":
            kind = PrincipalKind.USER_SESSION if is_temporary else PrincipalKind.USER
            name = path.rpartition("/")[2]
        case "sts", "assumed-role":
            kind, name = PrincipalKind.ROLE_SESSION, path.partition("/")[0]
        case "sts", "federated-user":
            kind, name = PrincipalKind.FEDERATED_SESSION, path
        case _:
            return None
    return Principal(kind, arn, partition, account, user_id, name)


def context_of(
    principal: Principal,
    now: datetime.datetime,
    *,
    role_arn: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Context:
    """What is known of requests with the key.

    `role_arn` is the ARN of the role behind a session, `tags` those of the user; `None` where they
    could not be read. Source: `KEYS_SOURCE`.
    """
    known: dict[str, tuple[str, ...]] = {
        **_ALWAYS,
        "aws:currenttime": (written(now),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:principalaccount": (principal.account,),
        "aws:userid": (principal.user_id,),
    }
    absent: tuple[str, ...] = ()
    match principal.kind:
        case PrincipalKind.USER | PrincipalKind.USER_SESSION:
            known |= {"aws:principaltype": ("User",), _USER_NAME: (principal.name,)}
            known["aws:principalarn"] = (principal.arn,)
            if tags is not None:
                known |= {f"aws:principaltag/{name.lower()}": (value,) for name, value in tags.items()}
                absent = ("aws:principaltag/",)
        case PrincipalKind.ROLE_SESSION:
            known |= {"aws:principaltype": ("AssumedRole",), _USER_NAME: ()}
            if role_arn is not None:
                known["aws:principalarn"] = (role_arn,)
        case _:
            known[_USER_NAME] = ()
    if principal.kind in (PrincipalKind.USER, PrincipalKind.ROOT):
        known |= _LONG_TERM
    return Context(MappingProxyType(known), absent)
