"""Endpoints the user gave in place of a provider's hosts: `--endpoint PROVIDER=URL`.

Nothing a scanned folder holds ever becomes one.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from scopeaudit.ask.hosts import (
    Origin,
    allowed,
    is_loopback_name,
    is_metadata_name,
    parse_address,
    plain_host,
)
from scopeaudit.model.errors import UsageError

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
_HTTPS_PORT = 443
_HTTP_PORT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes."""

    scheme: str = "https"
    """`https`, or `http` on loopback."""
    host: str
    port: int = _HTTPS_PORT
    prefix: str = ""
    """Path before the request's own, without a final `/`."""
    origin: Origin

    @property
    def authority(self) -> str:
        """Host and, unless it is the scheme's own, port: the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        standard = _HTTPS_PORT if self.scheme == "https" else _HTTP_PORT
        return host if self.port == standard else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{self.scheme}://{self.authority}{self.prefix}"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The user's endpoints, by provider id."""

    by_provider: Mapping[str, Target] = field(default_factory=lambda: MappingProxyType({}))

    def target(self, provider: str, host: str, *, from_connection_string: bool = False) -> Target:
        """Where requests to a provider's host go: the user's endpoint if there is one, else the host.

        A host that a connection string names is asked itself, whatever endpoints there are.
        """
        if from_connection_string:
            return Target(host=plain_host(host), origin=Origin.CONNECTION_STRING)
        given = self.by_provider.get(provider)
        return given if given is not None else Target(host=host, origin=Origin.PROVIDER_FILE)

    def url(self, provider: str) -> str | None:
        """The base URL the user gave for a provider, if any."""
        given = self.by_provider.get(provider)
        return given.url if given is not None else None


def parse_endpoints(texts: Iterable[str], providers: Collection[str]) -> Endpoints:
    """Endpoints from `PROVIDER=URL` texts.

    Raises:
        UsageError: a text is no endpoint, or a provider is unknown or named twice.
    """
    found: dict[str, Target] = {}
    for text in texts:
        provider, separator, url = text.partition("=")
        provider = provider.strip()
        if not separator or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", provider):
            raise UsageError("--endpoint: expected PROVIDER=URL, as in gitlab=https://gitlab.example.org")
        if provider not in providers:
            raise UsageError(f"--endpoint {provider}: no such provider; see `scopeaudit providers`")
        if provider in found:
            raise UsageError(f"--endpoint {provider}: given twice")
        found[provider] = _parse_url(provider, url.strip())
    return Endpoints(MappingProxyType(found))


def _parse_url(provider: str, url: str) -> Target:
    """No message repeats the URL: it may hold a password."""
    where = f"--endpoint {provider}"
    if not url.isascii() or not url.isprintable() or any(character in url for character in " \\"):
        raise UsageError(f"{where}: the URL holds characters that do not belong in one")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"{where}: not a URL") from None
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host:
        raise UsageError(f"{where}: expected a URL with a host, as in https://gitlab.example.org")
    if "@" in parts.netloc:
        raise UsageError(f"{where}: the URL must not hold a user name or password")
    if "?" in url or "#" in url:
        raise UsageError(f"{where}: the URL must not hold a query or a fragment")
    if port == 0 or (parse_address(host) is None and not _HOST.fullmatch(host)):
        raise UsageError(f"{where}: not a host name and port")
    if not _PREFIX.fullmatch(parts.path) or any(step in (".", "..") for step in parts.path.split("/")):
        raise UsageError(f"{where}: the path of the URL may hold letters, digits, `.`, `_`, `~`, `-` and `/`")
    if parts.scheme == "http" and not is_loopback_name(host):
        raise UsageError(f"{where}: use https:// for a host that is not this machine")
    is_named = parse_address(host) is None and not is_metadata_name(host)
    reason = None if is_named else allowed(host, (host,), Origin.USER, ci=False)
    if reason is not None:
        raise UsageError(f"{where}: {reason}")
    standard = _HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT
    return Target(
        scheme=parts.scheme, host=plain_host(host), port=standard if port is None else port,
        prefix=parts.path.rstrip("/"), origin=Origin.USER,
    )  # fmt: skip
