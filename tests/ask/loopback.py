"""Real servers on loopback, as hostile as need be: each connection is served by a function of the test."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Serve = Callable[[socket.socket, int], None]
"""Takes a connection whose request was read, and the number of the request, from 0."""


@dataclass
class Loopback:
    """A server and what it has seen."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    """Head and body of each request, in order."""
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def plain(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer with a true length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(*replies: bytes) -> Serve:
    """Serve these in turn, the last for ever."""

    def serve(connection: socket.socket, number: int) -> None:
        connection.sendall(replies[min(number, len(replies) - 1)])

    return serve


@contextlib.contextmanager
def loopback(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Serve until the block ends; a connection stays open for further requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Loopback(listener.getsockname()[1])
    over = threading.Event()

    def work(raw: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection = context.wrap_socket(raw, server_side=True) if context is not None else raw
            with connection:
                while not over.is_set() and (request := _read_request(connection)):
                    server.requests.append(request)
                    serve(connection, len(server.requests) - 1)

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            connection.settimeout(30)
            threading.Thread(target=work, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


OK = plain("200 OK", b'{"id": 1}', "Content-Type: application/json", "X-Scopes: a", "X-Scopes: b")
"""An ordinary answer."""
