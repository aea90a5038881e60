"""Which hosts a credential may be sent to, given where the host's name came from.

Pure but for `resolve`. The addresses that were judged are the ones connected to: a name that
answers differently the second time (DNS rebinding) gains nothing.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int, float], Sequence[str]]
"""Host, port, seconds at most: addresses as text, none where there are none or time ran out."""


class Origin(StrEnum):
    """Who named the host."""

    PROVIDER_FILE = "provider-file"
    USER = "user"
    """An endpoint the user gave."""
    CONNECTION_STRING = "connection-string"
    """The scanned text itself."""


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """What the user allows of the hosts that connection strings name."""

    ci: bool = False
    allow: tuple[str, ...] = ()
    """Globs over host names and addresses, as given with `--allow-host`."""


_METADATA_NAMES = frozenset(
    {"metadata", "instance-data", "metadata.google.internal", "metadata.azure.internal",
     "metadata.tencentyun.com", "instance-data.ec2.internal", "metadata.packet.net"}
)  # fmt: skip
_METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(each)
    for each in (
        "100.100.100.200",  # https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
        "168.63.129.16",  # https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
        "192.0.0.192",  # Oracle Cloud Classic
        "fd00:ec2::254",  # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
        "fd20:ce::254",  # https://cloud.google.com/compute/docs/metadata/querying-metadata
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether a continuous integration service says it runs us: `CI` is set to anything at all."""
    return bool(environment.get("CI"))


def plain_host(host: str) -> str:
    """A host in lower case, without brackets, final dot or zone, so that one host has one spelling."""
    return host.strip("[]").partition("%")[0].rstrip(".").lower()


def is_metadata_name(host: str) -> bool:
    """Whether the name is one of a metadata service."""
    return plain_host(host) in _METADATA_NAMES


def is_loopback_name(host: str) -> bool:
    """Whether the text itself names this machine: `localhost`, or a loopback address."""
    name = plain_host(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = parse_address(name)
    return address is not None and address.is_loopback


def parse_address(text: str) -> Address | None:
    """The address a text spells, with IPv4 unwrapped from mapped, 6to4, Teredo and NAT64 forms."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address


def allowed(
    host: str, addresses: Sequence[str], origin: Origin, *, ci: bool, allow_globs: Sequence[str] = ()
) -> str | None:
    """Why a host that resolves to these addresses may not be asked; `None` if it may.

    Every address must pass: a name with one address that is refused is refused.
    """
    name = plain_host(host)
    if is_metadata_name(name):
        return f"{name} is a metadata service: never asked"
    if not addresses:
        return f"{name} has no address"
    for text in addresses:
        address = parse_address(text)
        if address is None:
            return f"{name} resolves to something that is no address"
        reason = _never(name, address) or _not_without_permission(name, address, origin, ci, allow_globs)
        if reason is not None:
            return reason
    return None


def _never(name: str, address: Address) -> str | None:
    if address.is_link_local:
        return f"{name} is a link-local address: never asked"
    if address in _METADATA_ADDRESSES:
        return f"{name} is the address of a metadata service: never asked"
    if address.is_loopback:
        return None
    if address.is_unspecified or address.is_multicast or address.is_reserved:
        return f"{name} is no address of a single machine: never asked"
    return None


def _not_without_permission(
    name: str, address: Address, origin: Origin, ci: bool, allow_globs: Sequence[str]
) -> str | None:
    if origin is not Origin.CONNECTION_STRING or address.is_loopback:
        return None
    if any(_matches(pattern, name) or _matches(pattern, str(address)) for pattern in allow_globs):
        return None
    if not address.is_global:
        return f"{name} is a private address: asked only with --allow-host"
    if ci:
        return f"{name} is named by a connection string: asked in CI only with --allow-host"
    return None


def _matches(pattern: str, text: str) -> bool:
    return fnmatchcase(text, plain_host(pattern) if "[" not in pattern else pattern.lower())


def resolve(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The addresses of a host in the system's order; empty where there are none in time."""
    import queue
    import socket
    import threading

    found: queue.SimpleQueue[tuple[str, ...]] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            entries = []
        found.put(tuple(dict.fromkeys(str(entry[4][0]) for entry in entries)))

    threading.Thread(target=look_up, name="scopeaudit-resolve", daemon=True).start()
    try:
        return found.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        return ()


def resolve_checked(
    host: str,
    port: int,
    origin: Origin,
    policy: HostPolicy,
    *,
    seconds: float = 5.0,
    resolver: Resolver = resolve,
) -> tuple[tuple[str, ...], str | None]:
    """The addresses to connect to, or the reason why none may be; resolves once."""
    name = plain_host(host)
    if is_metadata_name(name):
        return (), allowed(name, (), origin, ci=policy.ci, allow_globs=policy.allow)
    if parse_address(name) is not None:
        addresses: tuple[str, ...] = (name,)
    elif is_loopback_name(name):
        # https://www.rfc-editor.org/rfc/rfc6761#section-6.3
        addresses = ("127.0.0.1", "::1")
    else:
        addresses = tuple(resolver(name, port, seconds))
    reason = allowed(name, addresses, origin, ci=policy.ci, allow_globs=policy.allow)
    return ((), reason) if reason is not None else (addresses, None)
