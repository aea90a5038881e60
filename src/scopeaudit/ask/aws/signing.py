"""Signs a request with SigV4, at the last moment.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import logging
import re

from scopeaudit.ask.request import Request
from scopeaudit.model.secret import HeldCredential

KEY_ID = "key_id"
SECRET_ACCESS_KEY = "secret_access_key"  # noqa: S105 - the companion's name
SESSION_TOKEN = "session_token"  # noqa: S105 - the companion's name

_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
_SECRET = re.compile(r"[\x21-\x7e]{16,256}")
_TOKEN = re.compile(r"[A-Za-z0-9+/=_%-]{16,16384}")
_SIGNED_HEADERS = ("content-type",)
_LOGGERS = ("botocore.auth", "botocore.awsrequest", "botocore.credentials")


def sign(
    request: Request, held: HeldCredential, *, authority: str | None = None, prefix: str = ""
) -> dict[str, str] | str:
    """The headers that sign the request, or why it cannot be signed.

    `authority` is the `Host` header that will be sent, the request's host where missing; `prefix` is
    what an endpoint of the user puts before the path. The headers are as secret as the key: they
    hold the session token, and whoever has them can repeat the request for some minutes.
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    if request.signing is None:
        return "the request is not to be signed"
    parts = _revealed(held)
    if isinstance(parts, str):
        return parts
    _silence()
    host = authority or request.host
    outgoing = AWSRequest(
        method=request.method,
        url=f"https://{host}{prefix}{request.path}",
        data=(request.body or "").encode(),
        headers={name: value for name, value in request.headers if name.lower() in _SIGNED_HEADERS}
        | {"Host": host},
    )
    service, region = request.signing
    SigV4Auth(Credentials(*parts), service, region).add_auth(outgoing)
    sent = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
    return {name: str(outgoing.headers[name]) for name in sent if name in outgoing.headers}


def _revealed(held: HeldCredential) -> tuple[str, str, str | None] | str:
    """Key id, secret and session token, or which of them is missing or cannot be one."""
    key = held.companions.get(KEY_ID)
    key_id = key.reveal() if key is not None else dict(held.credential.context).get(KEY_ID, "")
    if not _KEY_ID.fullmatch(key_id):
        return "its access key id was not found"
    secret = held.companions.get(SECRET_ACCESS_KEY, held.secret).reveal()
    if not _SECRET.fullmatch(secret) or secret == key_id:
        return "its secret access key was not found"
    token = held.companions.get(SESSION_TOKEN)
    if token is None:
        return key_id, secret, None
    revealed = token.reveal()
    if not _TOKEN.fullmatch(revealed):
        return "its session token holds characters that none has"
    return key_id, secret, revealed


def _silence() -> None:
    """Keep botocore from logging, at whatever level: at DEBUG it writes the session token down."""
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
