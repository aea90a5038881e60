"""The user's proxy, from the environment, and the hosts it is not for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from scopeaudit.ask.endpoints import Target
from scopeaudit.ask.hosts import Origin, is_loopback_name, plain_host


def proxy_for(target: Target, environment: Mapping[str, str]) -> str | None:
    """URL of the proxy for a target: `HTTPS_PROXY`, else `ALL_PROXY`, unless `NO_PROXY` excepts it.

    None for this machine, nor for hosts of connection strings: those are connected to at the very
    address that was checked, and a proxy would look the name up again.
    """
    if target.origin is Origin.CONNECTION_STRING or is_loopback_name(target.host):
        return None
    # Names in lower case win, as in curl.
    settings = {name.lower(): value for name, value in sorted(environment.items()) if value}
    proxy = settings.get("https_proxy") or settings.get("all_proxy")
    if proxy is None or _is_excepted(target, settings.get("no_proxy", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


@dataclass(frozen=True, slots=True)
class Proxy:
    """The parts of a proxy's URL."""

    scheme: str
    host: str
    port: int
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User name and password."""


def parse_proxy(url: str) -> Proxy:
    """The parts of an HTTP proxy's URL.

    Raises:
        ValueError: it is none. The text does not repeat the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("not a URL") from None
    host = plain_host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not host or not url.isascii():
        raise ValueError("not the URL of an HTTP proxy")
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Proxy(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), login)


def _is_excepted(target: Target, exceptions: str) -> bool:
    for entry in exceptions.replace(",", " ").split():
        name = entry.lower()
        if name == "*" or name == target.authority:
            return True
        suffix = plain_host(name).lstrip("*").lstrip(".")
        if suffix and (target.host == suffix or target.host.endswith(f".{suffix}")):
            return True
    return False
