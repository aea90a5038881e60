"""Fills a provider's authorization header, at the last moment.

The filled value is a `Secret` again, so that no frame on the way to the socket shows it.
"""

import base64
import re
from dataclasses import dataclass

from scopeaudit.ask.endpoints import Target
from scopeaudit.ask.request import Request
from scopeaudit.catalogue.provider import Authorization
from scopeaudit.model.secret import HeldCredential, Secret

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_MOST_CHARACTERS = 16_384
_BASIC = "Basic "


@dataclass(frozen=True, slots=True)
class Filled:
    """A header that is ready to be sent."""

    name: str
    value: Secret


def fill(authorization: Authorization, held: HeldCredential) -> Filled | str:
    """The header with secret and companions filled in, or why there is none.

    What follows `Basic ` is encoded as HTTP Basic asks for (RFC 7617).
    """
    if not _NAME.fullmatch(authorization.header):
        return "the provider file names a header that cannot be"
    missing = [
        name
        for name in _PLACEHOLDER.findall(authorization.value)
        if name != "secret" and name not in held.companions
    ]
    if missing:
        return f"its {missing[0]} was not found"
    value = Secret(_PLACEHOLDER.sub(lambda match: _part(match.group(1), held), authorization.value))
    if authorization.value.startswith(_BASIC):
        value = _basic(value)
    if len(value) > _MOST_CHARACTERS:
        return "the secret is too long for a header"
    if not _VALUE.fullmatch(value.reveal()):
        return "the secret holds characters that no header may hold"
    return Filled(authorization.header, value)


def sign(request: Request, held: HeldCredential, target: Target) -> tuple[Filled, ...] | str:
    """The headers that sign a request to AWS for where it goes, or why there are none."""
    from scopeaudit.ask.aws.signing import sign as signed

    headers = signed(request, held, authority=target.authority, prefix=target.prefix)
    if isinstance(headers, str):
        return headers
    return tuple(Filled(name, Secret(value)) for name, value in headers.items())


def _part(name: str, held: HeldCredential) -> str:
    return (held.secret if name == "secret" else held.companions[name]).reveal()


def _basic(value: Secret) -> Secret:
    pair = value.reveal()[len(_BASIC) :].encode("utf-8", "surrogatepass")
    return Secret(_BASIC + base64.b64encode(pair).decode("ascii"))
