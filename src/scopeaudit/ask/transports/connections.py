"""One exchange with one server: bound in time, in size, and to the address that was checked.

httpcore, the engine of httpx, is used without the client around it: only there can a connection be
bound to an address and a deadline, and the client would keep cookies from one credential to the next.
TLS is what httpx makes of it: verified, with `SSL_CERT_FILE` and `SSL_CERT_DIR` of the environment.
"""

import contextlib
import logging
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpcore
import httpx

from scopeaudit.ask.endpoints import Target
from scopeaudit.ask.hosts import HostPolicy, Origin, Resolver, resolve_checked
from scopeaudit.ask.limits import Timeouts
from scopeaudit.ask.transports.authorization import Filled
from scopeaudit.ask.transports.failures import RefusedHostError, is_worth_repeating, words
from scopeaudit.ask.transports.proxies import parse_proxy

_LOGGERS = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.http2",
            "httpcore.proxy", "httpcore.socks")  # fmt: skip
_MOST_HEADER_BYTES = 65_536
_TROUBLE = (
    httpcore.ProtocolError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,
    OSError,
    ValueError,
)
_DEADLINE: ContextVar[float] = ContextVar("deadline")

_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; repeated ones joined with `, `."""
    body: bytes = field(repr=False)
    """Decompressed."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Why nothing usable came back."""

    why: str
    status: int = 0
    repeat: bool = False
    """Whether sending it once more may help."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request but for its authorization."""

    method: str
    target: Target
    path: str
    """With query, percent-encoded."""
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None


class Connections:
    """Kept-open connections, apart for every origin of host names and every proxy."""

    def __init__(
        self, policy: HostPolicy, timeouts: Timeouts, *, most_bytes: int, resolver: Resolver
    ) -> None:
        self._policy = policy
        self._timeouts = timeouts
        self._most_bytes = most_bytes
        self._resolver = resolver
        self._lock = threading.Lock()
        self._pools: dict[tuple[Origin, str | None], httpcore.ConnectionPool] = {}
        self._context: ssl.SSLContext | None = None

    def exchange(
        self, outgoing: Outgoing, authorization: tuple[Filled, ...], *, proxy: str | None, seconds: float
    ) -> Reply | Broken:
        """Send and read, in `seconds` at most. Raises nothing of the network's."""
        silence()
        try:
            pool = self._pool(outgoing.target.origin, proxy)
        except (OSError, ValueError):
            return Broken("the environment's proxy or certificate settings cannot be used")
        deadline = time.monotonic() + min(seconds, self._timeouts.total)
        token = _DEADLINE.set(deadline)
        try:
            with contextlib.closing(self._open(pool, outgoing, authorization)) as response:
                return self._read(response)
        except _TROUBLE as error:
            if time.monotonic() >= deadline:
                return Broken("the answer took too long")
            return Broken(words(error), repeat=is_worth_repeating(error))
        finally:
            _DEADLINE.reset(token)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _open(
        self, pool: httpcore.ConnectionPool, outgoing: Outgoing, authorization: tuple[Filled, ...]
    ) -> httpcore.Response:
        target = outgoing.target
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.prefix + outgoing.path
        )
        timeouts = {
            "connect": self._timeouts.connect,
            "read": self._timeouts.read,
            "write": self._timeouts.read,
            "pool": self._timeouts.connect,
        }
        return pool.handle_request(
            httpcore.Request(
                outgoing.method,
                url,
                headers=[("Host", target.authority), *outgoing.headers, *_revealed(authorization)],
                content=outgoing.body,
                extensions={"timeout": timeouts},
            )
        )

    def _read(self, response: httpcore.Response) -> Reply | Broken:
        if sum(len(name) + len(value) for name, value in response.headers) > _MOST_HEADER_BYTES:
            return Broken("the answer's headers are too large", response.status)
        headers: dict[str, str] = {}
        for raw_name, raw_value in response.headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._most_bytes:
            return Broken(_too_large(self._most_bytes), response.status)
        body = _decoded(response.iter_stream(), headers.get("content-encoding", ""), self._most_bytes)
        return body if isinstance(body, Broken) else Reply(response.status, headers, body)

    def _pool(self, origin: Origin, proxy: str | None) -> httpcore.ConnectionPool:
        with self._lock:
            if self._context is None:
                self._context = httpx.create_ssl_context(verify=True, trust_env=True)
            key = (origin, proxy)
            if key not in self._pools:
                self._pools[key] = self._new_pool(origin, proxy, self._context)
            return self._pools[key]

    def _new_pool(
        self, origin: Origin, proxy: str | None, context: ssl.SSLContext
    ) -> httpcore.ConnectionPool:
        backend = _Backend(origin, self._policy, self._resolver, is_proxied=proxy is not None)
        if proxy is None:
            return httpcore.ConnectionPool(
                ssl_context=context, max_connections=None, max_keepalive_connections=20,
                keepalive_expiry=15.0, network_backend=backend,
            )  # fmt: skip
        parsed = parse_proxy(proxy)
        return httpcore.HTTPProxy(
            proxy_url=httpcore.URL(scheme=parsed.scheme, host=parsed.host, port=parsed.port, target="/"),
            proxy_auth=parsed.login, ssl_context=context, max_connections=None,
            max_keepalive_connections=20, keepalive_expiry=15.0, network_backend=backend,
        )  # fmt: skip


def silence() -> None:
    """Keep the HTTP libraries from logging, at whatever level: at DEBUG they write headers down."""
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True


def _revealed(authorization: tuple[Filled, ...]) -> list[tuple[str, str]]:
    return [(each.name, each.value.reveal()) for each in authorization]


def _too_large(most_bytes: int) -> str:
    return f"the answer is larger than {most_bytes // 1_000_000 or 1} MB"


def _decoded(chunks: Iterable[bytes], encoding: str, most_bytes: int) -> bytes | Broken:
    """The body, decompressed no further than the cap; at most one layer, which is all we accept."""
    coding = encoding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        return Broken("the answer is in an encoding that was not asked for")
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if coding.endswith("gzip") else None
    body, received = bytearray(), 0
    for chunk in chunks:
        received += len(chunk)
        try:
            body += chunk if inflate is None else inflate.decompress(chunk, most_bytes + 1 - len(body))
        except zlib.error:
            return Broken("the answer is damaged")
        if max(len(body), received) > most_bytes or (inflate is not None and inflate.unconsumed_tail):
            return Broken(_too_large(most_bytes))
    if inflate is not None and received and not inflate.eof:
        return Broken("the answer broke off")
    return bytes(body)


class _Stream(httpcore.NetworkStream):
    """A stream on which no single step outlasts the exchange."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _clamped(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _clamped(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _clamped(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Resolves a name once, judges the addresses, and connects to these and no others."""

    def __init__(self, origin: Origin, policy: HostPolicy, resolver: Resolver, *, is_proxied: bool) -> None:
        self._origin = origin
        self._policy = policy
        self._resolver = resolver
        self._is_proxied = is_proxied
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - of the interface
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        origin = Origin.USER if self._is_proxied else self._origin
        addresses, reason = resolve_checked(
            host, port, origin, self._policy, seconds=_clamped(timeout), resolver=self._resolver
        )
        if reason is not None:
            raise RefusedHostError(reason)
        return _Stream(self._first(addresses, port, timeout, socket_options))

    def _first(
        self,
        addresses: tuple[str, ...],
        port: int,
        timeout: float | None,
        socket_options: Iterable[_SocketOption] | None,
    ) -> httpcore.NetworkStream:
        last: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address")
        for address in addresses[:4]:
            try:
                return self._sockets.connect_tcp(
                    address, port, timeout=_clamped(timeout), socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


def _clamped(timeout: float | None) -> float:
    """The timeout of one step, cut to what is left of the exchange."""
    left = _DEADLINE.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("deadline")
    return left if timeout is None else min(timeout, left)
