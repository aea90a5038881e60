"""What a PostgreSQL server's refusals mean, in our own words: none of the server's.

libpq gives no SQLSTATE for a login that fails, only the server's message. It may be in any language and
is made by whoever runs the server, so it is compared whole with the few that settle something; any other
settles nothing.
"""

from scopeaudit.ask.request import Answer
from scopeaudit.ask.transports.postgresql_login import Login

NOT_CONNECTED = "no connection could be made"
UNSUPPORTED = "unsupported startup parameter"
"""What poolers say of settings sent with the login. Source: https://www.pgbouncer.org/config.html"""
_FATAL = "FATAL:"
_NEXT = "\nconnection to server at "
"""Begins the next try: where TLS is preferred, libpq tries without it as well."""
_KINDS = (
    ("Connection refused", NOT_CONNECTED),
    ("timeout expired", NOT_CONNECTED),
    ("timed out", NOT_CONNECTED),
    ("No route to host", NOT_CONNECTED),
    ("Network is unreachable", NOT_CONNECTED),
    ("server does not support SSL", "the server offers no TLS: beyond private networks nothing less is used"),
    ("certificate verify failed", "the server's TLS certificate is signed by nobody that is trusted here"),
    ("does not match host name", "the server's TLS certificate is for another name"),
    ("SSL error", "no TLS connection could be made"),
    ("channel binding", "the server does not bind the login to the TLS connection"),
    ("requirement", "the server asks for the password in a way that is not safe here"),
    ("no pg_hba.conf entry", "the server lets it in from other addresses only"),
    ("too many connections", "the server has no connection left"),
    ("too many clients", "the server has no connection left"),
    ("remaining connection slots", "the server has no connection left"),
    ("starting up", "the server is starting up or shutting down"),
    ("shutting down", "the server is starting up or shutting down"),
    ("server closed the connection", "the connection broke off"),
)
_OTHERWISE = "the server refused the connection for a reason that is not understood"
_DETAIL = "\nDETAIL:  User does not have CONNECT privilege."
_REASONS = {
    "57014": "the statement took longer than 5 seconds",
    "55P03": "a lock was not free within 2 seconds",
    "25P03": "the transaction took too long",
    "42P01": "the server does not know a catalogue that is asked about",
    "42703": "the server does not know a column that is asked about",
    "42883": "the server does not know a function that is asked about",
    "25006": "the statement was refused in a read-only transaction",
}


def of_connection(said: str, login: Login) -> Answer:
    """What a login that failed comes to."""
    _, *refusals = said.split(_FATAL)
    for each in refusals:
        settled = _settled(each.partition(_NEXT)[0].strip(), login)
        if settled is not None:
            return settled
    told = refusals[-1] if refusals else said
    return Answer(failure=next((words for mark, words in _KINDS if mark in told), _OTHERWISE))


def _settled(text: str, login: Login) -> Answer | None:
    user, database = login.user, login.database
    if text in (
        f'password authentication failed for user "{user}"',
        f"password authentication failed for user '{user}'",
        "password authentication failed",
    ):
        return Answer(status=401, body={"code": "28P01"})
    if text in (f'role "{user}" does not exist', f'role "{user}" is not permitted to log in'):
        return Answer(status=401, body={"code": "28000"})
    if text == f'database "{database}" does not exist':
        return Answer(status=404, body={"code": "3D000"})
    if text in (f'permission denied for database "{database}"' + end for end in ("", _DETAIL)):
        return Answer(status=403, body={"code": "42501"})
    return None


def of_statement(code: str) -> Answer:
    """What a statement that was refused comes to, by SQLSTATE."""
    if code == "42501":
        return Answer(status=403, body={"code": code})
    return Answer(failure=_REASONS.get(code, f"the server refused the statement with SQLSTATE {_safe(code)}"))


def _safe(code: str) -> str:
    return code if code.isascii() and code.isalnum() else "?"
