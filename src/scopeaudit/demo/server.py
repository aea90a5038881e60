"""A loopback HTTP server for stand-ins of providers."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

MAXIMUM_BODY = 1_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What a stand-in answers."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn(ABC):
    """Answers on a free port of 127.0.0.1 while its `with` block runs."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        """Requests the real provider would refuse, or that would change something."""
        self.seen: list[str] = []
        """Method and path of every request."""
        self._server: ThreadingHTTPServer | None = None

    @abstractmethod
    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply to one request; header names in lower case."""

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the stand-in is not running")
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = min(int(self.headers.get("content-length") or 0), MAXIMUM_BODY)
            headers = {name.lower(): value for name, value in self.headers.items()}
            stand_in.seen.append(f"{self.command} {self.path}")
            reply = stand_in.answer(self.command, self.path, headers, self.rfile.read(length))
            self.send_response(reply.status)
            for name, value in {"content-type": reply.content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: a stand-in is not a log."""

    return Handler
