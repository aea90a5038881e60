"""Puts the SQL questions of a provider file to PostgreSQL servers, read-only, and gives rows back.

psycopg is imported with the first request. A login goes to the address of its own connection string and
nowhere else; no parameter, file or variable from elsewhere has a say in it.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scopeaudit.ask.guard import refusal
from scopeaudit.ask.hosts import HostPolicy, Origin, Resolver, resolve, resolve_checked
from scopeaudit.ask.limits import Limits, Timeouts
from scopeaudit.ask.request import Answer, Request
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.postgresql_login import Login, conninfo, read_login
from scopeaudit.ask.transports.postgresql_words import NOT_CONNECTED, UNSUPPORTED, of_connection, of_statement
from scopeaudit.catalogue.provider import Provider, Scheme
from scopeaudit.model.secret import HeldCredential

if TYPE_CHECKING:
    from scopeaudit.ask.transports.postgresql_session import Session

_READS = re.compile(r"\s*(?:SELECT|WITH|SHOW)\b", re.IGNORECASE)
_MOST_ADDRESSES = 3
_TIMEOUTS = Timeouts()


@dataclass(slots=True)
class _Line:
    """The connection of one credential; there is one at a time, to whichever database was asked last."""

    held: HeldCredential
    """Kept, so that its identity stays its own."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    addresses: tuple[str, ...] = ()
    database: str | None = None
    session: "Session | None" = None

    def hang_up(self) -> None:
        """Close the connection."""
        if self.session is not None:
            self.session.close()
        self.session = None
        self.database = None


class PostgresqlTransport:
    """The `Transport` for SQL; safe to share between threads. One connection for a credential at a time."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        limits: Limits,
        trail: Trail,
        policy: HostPolicy,
        *,
        timeouts: Timeouts = _TIMEOUTS,
        resolver: Resolver = resolve,
    ) -> None:
        """`policy` says which hosts of connection strings may be asked."""
        self._providers = providers
        self._limits = limits
        self._trail = trail
        self._policy = policy
        self._timeouts = timeouts
        self._resolver = resolver
        self._lock = threading.Lock()
        self._lines: dict[int, _Line] = {}

    def send(self, request: Request, held: HeldCredential) -> Answer:
        """Rows as a list of objects, or why there are none. Sends nothing the guard refuses."""
        refused = self._refused(request, held)
        login = read_login(held, dict(request.query).get("database")) if refused is None else refused
        if isinstance(login, str):
            return Answer(failure=login)
        trouble = self._trail.trouble()
        if trouble is not None:
            return Answer(failure=trouble)
        with self._limits.turn(request.provider, held.credential.id) as reason:
            if reason is not None:
                return Answer(failure=reason)
            return self._noted(request, held, login)

    def close(self) -> None:
        """Close the connections that were kept open."""
        with self._lock:
            lines = tuple(self._lines.values())
            self._lines.clear()
        for line in lines:
            with line.lock:
                line.hang_up()

    def _refused(self, request: Request, held: HeldCredential) -> str | None:
        provider = self._providers.get(request.provider)
        if provider is None or held.credential.provider != request.provider:
            return "refused: a credential goes to its own provider only"
        if request.scheme is not Scheme.POSTGRESQL:
            return "refused: not a request of this transport"
        if not _READS.match(request.path) or ";" in request.path:
            return "refused: the statement does more than read"
        host = held.companions.get("host")
        return refusal(request, provider, own_host=host.reveal() if host is not None else None)

    def _noted(self, request: Request, held: HeldCredential, login: Login) -> Answer:
        answer: Answer | None = None
        line = self._line(held)
        with line.lock:
            try:
                answer = self._ask(request, line, login)
                return answer
            finally:
                note = answer.failure if answer is not None else "interrupted"
                host = f"{login.host}:{login.port}"
                self._trail.record(request, held, host=host, status=answer.status if answer else 0, note=note)

    def _line(self, held: HeldCredential) -> _Line:
        with self._lock:
            return self._lines.setdefault(id(held), _Line(held))

    def _ask(self, request: Request, line: _Line, login: Login) -> Answer:
        if line.session is None or line.database != login.database:
            line.hang_up()
            refused = self._call(line, login)
            if refused is not None:
                return refused
        answer, broken = self._put(request, line, login)
        if broken:
            return self._call(line, login) or self._put(request, line, login)[0]
        return answer

    def _put(self, request: Request, line: _Line, login: Login) -> tuple[Answer, bool]:
        """The answer on the open line, and whether the line broke."""
        from scopeaudit.ask.transports.postgresql_session import Lost, Refused, Rows

        if line.session is None:
            return Answer(failure=NOT_CONNECTED), False
        seconds = min(self._timeouts.read, self._limits.remaining_seconds())
        match line.session.ask(request.path, login.hidden, seconds=seconds):
            case Rows(rows):
                return Answer(status=200, body=rows), False
            case Refused(code):
                return of_statement(code), False
            case Lost(why, broken):
                line.hang_up()
                return Answer(failure=why), broken

    def _call(self, line: _Line, login: Login) -> Answer | None:
        """Open the line to the login's database, or say why it cannot be."""
        if not line.addresses:
            found, reason = resolve_checked(
                login.host,
                login.port,
                Origin.CONNECTION_STRING,
                self._policy,
                seconds=min(self._timeouts.connect, self._limits.remaining_seconds()),
                resolver=self._resolver,
            )
            if reason is not None:
                return Answer(failure=f"refused: {reason}")
            line.addresses = found[:_MOST_ADDRESSES]
        answer = Answer(failure=NOT_CONNECTED)
        for address in line.addresses:
            made = _connected(login, address, min(self._timeouts.connect, self._limits.remaining_seconds()))
            if not isinstance(made, Answer):
                line.session, line.database = made, login.database
                line.addresses = (address,)
                return None
            answer = made
            if answer.failure != NOT_CONNECTED:
                break
        return answer


def _connected(login: Login, address: str, seconds: float) -> "Session | Answer":
    """A session, or what its refusal means; poolers that take no options are asked again without."""
    try:
        from scopeaudit.ask.transports.postgresql_session import connect, known_parameters
    except ImportError:
        return Answer(failure="psycopg cannot be loaded: install scopeaudit with its dependencies")
    known = known_parameters()
    said = UNSUPPORTED
    for options in (True, False):
        settings = conninfo(login, address, known, options=options, seconds=seconds)
        if isinstance(settings, str):
            return Answer(failure=settings)
        made = connect(settings)
        if not isinstance(made, str):
            return made
        said = made
        if UNSUPPORTED not in said:
            break
    return of_connection(said, login)
