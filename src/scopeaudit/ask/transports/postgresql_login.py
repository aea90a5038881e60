"""From a credential to what libpq is told, all of it: nothing comes from the environment or the home folder.

A connection string may come from a hostile folder. Of its parameters only those count that make the
connection stricter; files it names (certificates, keys, services), options and further hosts do not.
Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scopeaudit.ask.hosts import parse_address
from scopeaudit.model.secret import HeldCredential, Secret

_DEFAULT_PORT = 5432
_MOST_PORT = 65_535
_NOWHERE = f"{os.devnull}/none"
"""A path that cannot exist: libpq looks into the home folder where it is told of no file."""
_MODES = {
    "disable": "disable",
    "allow": "prefer",
    "prefer": "prefer",
    "require": "require",
    "no-verify": "require",
    "verify-ca": "verify-full",
    "verify-full": "verify-full",
}
_OPTIONS = (
    "-c default_transaction_read_only=on -c statement_timeout=5000 -c lock_timeout=2000 "
    "-c idle_in_transaction_session_timeout=15000"
)
_ALWAYS = {
    "passfile": _NOWHERE,
    "client_encoding": "UTF8",
    "application_name": "scopeaudit",
    "sslcertmode": "disable",
    "sslcrl": _NOWHERE,
    "gssencmode": "disable",
    "target_session_attrs": "any",
    "load_balance_hosts": "disable",
    "min_protocol_version": "3.0",
    "max_protocol_version": "3.0",
}
_SEPARATOR = re.compile(r"&(?:amp;)?|\s+")


@dataclass(frozen=True, slots=True)
class Login:
    """Where to log in, and as whom."""

    host: str
    port: int
    user: str
    database: str
    secret: Secret
    tls: str | None
    """libpq's `sslmode`, made no weaker than the string says; `None` where it says nothing."""
    binding: str
    """libpq's `channel_binding`."""

    @property
    def hidden(self) -> Secret | None:
        """What an answer must not repeat; `None` where it is the name of something, which may be shown."""
        return None if self.secret.reveal() in (self.user, self.database, self.host) else self.secret


def read_login(held: HeldCredential, database: str | None = None) -> Login | str:
    """The login a credential is, or why it is none. `database` stands in for the credential's own."""
    parts = {name: value.reveal() for name, value in held.companions.items()}
    parameters = _parameters(parts.get("params", ""))
    if parts.get("params", "")[:1].isspace():
        own = {"host": "host", "port": "port", "user": "user", "database": "dbname"}
        parts = {name: parameters[key] for name, key in own.items() if key in parameters} | parts
    host = parts.get("host", "").partition(",")[0]
    port = parts.get("port", "").partition(",")[0] or str(_DEFAULT_PORT)
    user = parts.get("user", "")
    found = database or parts.get("database") or user
    tls = _tls(parameters)
    why = _unfit(host, port, user, found) or (None if tls in (None, *_MODES.values()) else tls)
    if why is not None:
        return why
    if any(not _is_sendable(each) for each in (user, found, held.secret.reveal())):
        return "it holds characters that cannot be sent to a database"
    binding = parameters.get("channel_binding", "prefer")
    return Login(
        host=host.strip("[]"),
        port=int(port),
        user=user,
        database=found,
        secret=held.secret,
        tls=tls,
        binding="require" if binding == "require" else "prefer",
    )


def conninfo(
    login: Login,
    address: str,
    known: Iterable[tuple[str, str | None, str | None]],
    *,
    options: bool,
    seconds: float,
) -> dict[str, str] | str:
    """Every parameter libpq reads, or why the login is not safe to try.

    `known` are the linked libpq's parameters: name, environment variable, built-in value. Each that has
    an environment variable is given, so that none of these counts. Without `options`, for poolers that take
    none, the limits are set in each transaction alone. `seconds` are for connecting; libpq takes 2 or more.
    """
    tls, here = _strictness(login, address)
    verified = tls == "verify-full"
    clear = verified or here
    given = _ALWAYS | {
        "host": login.host,
        "hostaddr": address,
        "port": str(login.port),
        "user": login.user,
        "password": login.secret.reveal(),
        "dbname": login.database,
        "connect_timeout": str(max(2, int(seconds))),
        "options": _OPTIONS if options else "",
        "sslmode": tls,
        "sslrootcert": _authorities() if verified else _NOWHERE,
        "channel_binding": login.binding,
        "require_auth": "scram-sha-256,md5,none" + (",password" if clear else ""),
    }
    settings = {}
    for name, variable, built_in in known:
        if name in given:
            settings[name] = given[name]
        elif variable is not None and name != "service":
            settings[name] = built_in or ""
    if "require_auth" not in settings and not clear:
        return "libpq is older than 16: it would send a password in clear text to whoever asks"
    return settings


def _strictness(login: Login, address: str) -> tuple[str, bool]:
    """`sslmode`, and whether the address is this machine's own.

    Where the string says nothing, or leaves it to the server, a public address is met with TLS or not at all.
    """
    parsed = parse_address(address)
    near = parsed is not None and not parsed.is_global
    here = parsed is not None and parsed.is_loopback
    if login.tls in ("verify-full", "require", "disable"):
        return login.tls, here
    return ("prefer" if near else "require"), here


def _authorities() -> str:
    """The file of certificate authorities that HTTP trusts as well."""
    import certifi

    return os.environ.get("SSL_CERT_FILE") or certifi.where()


def _parameters(text: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in _SEPARATOR.split(text) if "=" in each)
    return {name.lower(): value.strip("'") for name, _, value in pairs}


def _tls(parameters: Mapping[str, str]) -> str | None:
    """The mode, `None` where nothing is said, or why it is not understood."""
    said = parameters.get("sslmode")
    if said is None:
        return "verify-full" if parameters.get("ssl", "").lower() in ("true", "1") else None
    return _MODES.get(said.lower(), "its sslmode is none that PostgreSQL knows")


def _unfit(host: str, port: str, user: str, database: str) -> str | None:
    if not host or host.startswith(("/", "@")):
        return "it names no host: a socket of the machine it was made for is not asked"
    if "*" in (host, port, user, database):
        return "it holds for any server: there is none to ask"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) <= _MOST_PORT:
        return "its port is no number of a port"
    if not user:
        return "it names no user"
    return None


def _is_sendable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text
