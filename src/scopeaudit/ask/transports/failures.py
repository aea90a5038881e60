"""What went wrong on the wire, in our own words: none of the server's, the library's or the URL's."""

import socket
import ssl
from collections.abc import Iterator

import httpcore


class RefusedHostError(httpcore.ConnectError):
    """The host may not be asked; the text says why."""


_PROTOCOL = "the server does not answer in HTTP"


def words(error: BaseException) -> str:
    """Why an exchange failed."""
    match error:
        case RefusedHostError():
            return f"refused: {error}"
        case httpcore.ConnectTimeout() | httpcore.PoolTimeout():
            return "no connection in time"
        case httpcore.ConnectError():
            return next(filter(None, map(_connecting, _chain(error))), "no connection could be made")
        case httpcore.ProxyError():
            return "the proxy refused the connection"
        case httpcore.TimeoutException() | TimeoutError():
            return "no answer in time"
        case httpcore.RemoteProtocolError():
            return "the connection broke off" if _is_broken_off(error) else _PROTOCOL
        case httpcore.ProtocolError():
            return "the request cannot be sent in HTTP"
        case httpcore.NetworkError() | OSError():
            return "the connection broke off"
        case _:
            return "the request cannot be sent"


def is_worth_repeating(error: BaseException) -> bool:
    """Whether a kept-open connection may have been closed under us; every question only reads."""
    if isinstance(error, httpcore.RemoteProtocolError):
        return _is_broken_off(error)
    return isinstance(error, httpcore.ReadError | httpcore.WriteError)


def _is_broken_off(error: BaseException) -> bool:
    return "disconnected" in str(error) or "closed connection" in str(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _connecting(cause: BaseException) -> str | None:
    match cause:
        case ssl.SSLCertVerificationError():
            return "the server's TLS certificate cannot be trusted"
        case ssl.SSLError():
            return "no TLS connection could be made"
        case ConnectionRefusedError():
            return "connection refused"
        case socket.gaierror():
            return "no such host"
        case _:
            return None
