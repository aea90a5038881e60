"""One connection to a PostgreSQL server, driven step by step: bounded in time, rows and bytes.

A server can answer without end, or not at all. libpq knows no limits, so the socket is waited for here,
and what arrives is counted before libpq takes it in.
"""

import contextlib
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import pq

from scopeaudit.ask.transports.answers import read_body, redact
from scopeaudit.model.secret import Secret

MOST_ROWS = 10_000
MOST_BYTES = 5_000_000
_BUFFER_BYTES = 262_144
_BEGIN = (
    b"BEGIN TRANSACTION READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; "
    b"SET LOCAL statement_timeout = 5000; SET LOCAL lock_timeout = 2000; "
    b"SET LOCAL idle_in_transaction_session_timeout = 15000"
)
_BOOLEAN = 16
_INTEGERS = frozenset({20, 21, 23, 26})
_JSON = frozenset({114, 3802})
_ROWS = frozenset({pq.ExecStatus.SINGLE_TUPLE, pq.ExecStatus.TUPLES_OK})
_FINE = _ROWS | {pq.ExecStatus.COMMAND_OK}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement returned."""

    rows: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refused a statement; the connection is still good."""

    code: str
    """SQLSTATE. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


@dataclass(frozen=True, slots=True)
class Lost:
    """Why nothing usable came back; the connection is closed."""

    why: str
    broken: bool = False
    """Whether the connection broke off, as one that was kept open may have."""


class _LostError(Exception):
    """Ends an exchange; the text says why and holds nothing of the server's."""

    def __init__(self, why: str, *, broken: bool = False) -> None:
        super().__init__(why)
        self.broken = broken


def known_parameters() -> list[tuple[str, str | None, str | None]]:
    """The linked libpq's connection parameters: name, environment variable, built-in value."""
    return [
        (
            each.keyword.decode(),
            each.envvar.decode() if each.envvar is not None else None,
            each.compiled.decode() if each.compiled is not None else None,
        )
        for each in pq.Conninfo.parse(b"")
    ]


def connect(settings: Mapping[str, str]) -> "Session | str":
    """A session, or what libpq says of the failure, which names host and user and is not for showing."""
    try:
        connection = psycopg.Connection.connect(autocommit=True, **settings)  # type: ignore[arg-type]
    except psycopg.Error as error:
        return str(error)
    return Session(connection)


class Session:
    """Asks one statement at a time, each in a read-only transaction that is rolled back."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection
        self._ends = 0.0
        self._received = 0
        connection.add_notice_handler(_ignore)
        with self._socket() as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)

    def ask(self, statement: str, secret: Secret | None, *, seconds: float) -> Rows | Refused | Lost:
        """The rows of a statement. An echo of `secret` among them is no longer one."""
        self._ends = time.monotonic() + seconds
        self._received = 0
        try:
            return self._ask(statement.encode("utf-8"), (secret,) if secret is not None else ())
        except _LostError as lost:
            self.close()
            return Lost(str(lost), broken=lost.broken)
        except psycopg.Error:
            self.close()
            return Lost("the connection broke off", broken=True)
        except (ValueError, LookupError):
            self.close()
            return Lost("the server does not answer as PostgreSQL does")

    def close(self) -> None:
        """Close the connection; what is under way is abandoned."""
        with contextlib.suppress(psycopg.Error):
            self._connection.close()

    def _ask(self, statement: bytes, secrets: tuple[Secret, ...]) -> Rows | Refused:
        libpq = self._connection.pgconn
        begun = self._run(lambda: libpq.send_query(_BEGIN), secrets)
        if isinstance(begun, Refused):
            self._run(lambda: libpq.send_query(b"ROLLBACK"), secrets)
            return begun

        def send() -> None:
            libpq.send_query_params(statement, None)
            libpq.set_single_row_mode()

        answer = self._run(send, secrets)
        self._run(lambda: libpq.send_query(b"ROLLBACK"), secrets)
        return answer

    def _run(self, send: Callable[[], None], secrets: tuple[Secret, ...]) -> Rows | Refused:
        """Send, and read until the server is ready for more."""
        libpq = self._connection.pgconn
        send()
        while libpq.flush():
            self._wait(selectors.EVENT_READ | selectors.EVENT_WRITE)
            self._take_in()
        found: list[dict[str, object]] = []
        refused: Refused | None = None
        size = 0
        while True:
            while libpq.is_busy():
                self._wait(selectors.EVENT_READ)
                self._take_in()
            result = libpq.get_result()
            if result is None:
                return refused or Rows(found)
            if result.status in _ROWS:
                rows, weight = _read(result, secrets)
                found.extend(rows)
                size += weight
            elif result.status == pq.ExecStatus.FATAL_ERROR:
                code = result.error_field(pq.DiagnosticField.SQLSTATE)
                if code is None:
                    raise _LostError("the connection broke off", broken=True)
                refused = refused or Refused(code.decode("ascii", "replace")[:5])
            elif result.status not in _FINE:
                raise _LostError("the server does not answer as PostgreSQL does")
            result.clear()
            if len(found) > MOST_ROWS:
                raise _LostError(f"the answer has more than {MOST_ROWS} rows")
            if size > MOST_BYTES:
                raise _LostError(f"the answer is larger than {MOST_BYTES} bytes")

    def _wait(self, events: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection.pgconn.socket, events)
            left = self._ends - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise _LostError("no answer in time")

    def _take_in(self) -> None:
        self._received += self._available()
        if self._received > 2 * MOST_BYTES:
            raise _LostError(f"the answer is larger than {MOST_BYTES} bytes")
        if time.monotonic() > self._ends:
            raise _LostError("no answer in time")
        self._connection.pgconn.consume_input()

    def _available(self) -> int:
        """Bytes that have arrived and were not taken in; 0 where the system does not tell."""
        if sys.platform == "win32":
            return 0
        import fcntl
        import struct
        import termios

        word = fcntl.ioctl(self._connection.pgconn.socket, termios.FIONREAD, b"\0\0\0\0")
        return int(struct.unpack("i", word)[0])

    @contextlib.contextmanager
    def _socket(self) -> Iterator[socket.socket]:
        own = socket.socket(fileno=self._connection.pgconn.socket)
        try:
            yield own
        finally:
            own.detach()


def _read(result: "pq.abc.PGresult", secrets: tuple[Secret, ...]) -> tuple[list[dict[str, object]], int]:
    """Rows as objects, and their size in bytes."""
    names = [(result.fname(at) or b"").decode("utf-8", "replace") for at in range(result.nfields)]
    kinds = [result.ftype(at) for at in range(result.nfields)]
    rows: list[dict[str, object]] = []
    size = 0
    for row in range(result.ntuples):
        found: dict[str, object] = {}
        for at, name in enumerate(names):
            raw = result.get_value(row, at)
            size += len(raw) if raw is not None else 0
            found[name] = None if raw is None or size > MOST_BYTES else _value(raw, kinds[at], secrets)
        rows.append(found)
    return rows, size


def _value(raw: bytes, kind: int, secrets: tuple[Secret, ...]) -> object:
    """A value in the server's text form as JSON has it."""
    if kind == _BOOLEAN:
        return raw == b"t"
    if kind in _INTEGERS:
        return int(raw[:20])
    plain = redact(raw, secrets)
    if kind not in _JSON:
        return plain.decode("utf-8", "replace")
    body = read_body(plain, "application/json")
    if body.failure is not None:
        raise _LostError(body.failure)
    return body.content


def _ignore(_notice: object) -> None:
    return None
