"""Sends a request over HTTP, and gives an answer or the reason why there is none.

httpx and its engine are imported with the first request. No redirect is followed, no `.netrc` is
read, no cookie is kept; the one setting of the environment that counts is the user's proxy.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from scopeaudit import __version__
from scopeaudit.ask.endpoints import Endpoints, Target
from scopeaudit.ask.guard import refusal
from scopeaudit.ask.hosts import HostPolicy, Resolver, resolve
from scopeaudit.ask.limits import LONGEST_WAIT_SECONDS, Limits, Timeouts
from scopeaudit.ask.request import Answer, Request
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.answers import read_body, redact
from scopeaudit.ask.transports.authorization import Filled, fill, sign
from scopeaudit.ask.transports.proxies import proxy_for
from scopeaudit.catalogue.provider import Provider, Scheme
from scopeaudit.model.secret import HeldCredential, Secret

if TYPE_CHECKING:
    from scopeaudit.ask.transports.connections import Broken, Connections, Outgoing, Reply

MOST_ANSWER_BYTES = 5_000_000
_SHORT_WAIT_SECONDS = 1.0
_TOO_MANY_REQUESTS = 429
_FORBIDDEN = 403
_SERVER_ERRORS = 5
_RATE_LIMITED = "rate limited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the user and the machine decide, rather than the provider file."""

    policy: HostPolicy = field(default_factory=HostPolicy)
    environment: Mapping[str, str] = field(default_factory=dict)
    """For `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; nothing else is read from it."""
    revealing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Provider id to its operations that return further secrets: never a question."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    most_bytes: int = MOST_ANSWER_BYTES
    """Of one answer, decompressed."""
    resolver: Resolver = resolve


class HttpTransport:
    """The `Transport` for REST, GraphQL and signed requests; safe to share between threads."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        endpoints: Endpoints,
        limits: Limits,
        trail: Trail,
        surroundings: Surroundings = Surroundings(),
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`clock` is for the dates of `Retry-After`. Waiting is done by `limits`."""
        self._providers = providers
        self._endpoints = endpoints
        self._limits = limits
        self._trail = trail
        self._surroundings = surroundings
        self._clock = clock
        self._lock = threading.Lock()
        self._opened: Connections | None = None

    def send(self, request: Request, held: HeldCredential) -> Answer:
        """The answer, or an answer that says why there is none. Sends nothing the guard refuses."""
        refused = self._refused(request, held)
        if refused is not None:
            return Answer(failure=refused)
        outgoing = self._outgoing(request)
        authorization = _authorization(request, held, outgoing.target)
        if isinstance(authorization, str):
            return Answer(failure=authorization)
        answer = self._attempt(request, held, outgoing, authorization)
        if isinstance(answer, _Again):
            answer = self._attempt(request, held, outgoing, authorization)
        return answer if isinstance(answer, Answer) else answer.otherwise

    def close(self) -> None:
        """Close the connections that were kept open."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _refused(self, request: Request, held: HeldCredential) -> str | None:
        provider = self._providers.get(request.provider)
        if provider is None or held.credential.provider != request.provider:
            return "refused: a credential goes to its own provider only"
        if request.scheme is Scheme.POSTGRESQL:
            return "refused: not a request of this transport"
        own_host = held.companions.get("host")
        return refusal(
            request,
            provider,
            own_host=own_host.reveal() if own_host is not None else None,
            revealing=self._surroundings.revealing.get(request.provider, frozenset()),
        )

    def _outgoing(self, request: Request) -> "Outgoing":
        from scopeaudit.ask.transports.connections import Outgoing

        given = {name.lower() for name, _ in request.headers}
        defaults = [("User-Agent", f"scopeaudit/{__version__}"), ("Accept", "application/json, */*;q=0.5")]
        body = request.body.encode("utf-8", "replace") if request.body is not None else None
        if body is not None:
            defaults.append(("Content-Type", "application/json"))
        headers = [each for each in defaults if each[0].lower() not in given] + list(request.headers)
        headers.append(("Accept-Encoding", "gzip"))
        if body is not None:
            headers.append(("Content-Length", str(len(body))))
        path = (
            f"{request.path}?{urlencode(request.query, errors='replace')}" if request.query else request.path
        )
        return Outgoing(request.method, self._target(request), path, tuple(headers), body)

    def _target(self, request: Request) -> Target:
        own = not self._providers[request.provider].hosts
        return self._endpoints.target(request.provider, request.host, from_connection_string=own)

    def _attempt(
        self, request: Request, held: HeldCredential, outgoing: "Outgoing", authorization: tuple[Filled, ...]
    ) -> "Answer | _Again":
        trouble = self._trail.trouble()
        if trouble is not None:
            return Answer(failure=trouble)
        with self._limits.turn(request.provider, held.credential.id) as reason:
            if reason is not None:
                return Answer(failure=reason)
            reply = self._exchange(request, held, outgoing, authorization)
        return self._understood(request, held, reply)

    def _exchange(
        self, request: Request, held: HeldCredential, outgoing: "Outgoing", authorization: tuple[Filled, ...]
    ) -> "Reply | Broken":
        reply: Reply | Broken | None = None
        try:
            reply = self._connections().exchange(
                outgoing,
                authorization,
                proxy=proxy_for(outgoing.target, self._surroundings.environment),
                seconds=self._limits.remaining_seconds(),
            )
            return reply
        finally:
            why = getattr(reply, "why", None if reply is not None else "interrupted")
            status = reply.status if reply is not None else 0
            self._trail.record(request, held, host=outgoing.target.authority, status=status, note=why)

    def _understood(
        self, request: Request, held: HeldCredential, reply: "Reply | Broken"
    ) -> "Answer | _Again":
        from scopeaudit.ask.transports.connections import Broken

        if isinstance(reply, Broken):
            failed = Answer(status=reply.status, failure=reply.why)
            return _Again(failed) if reply.repeat else failed
        secrets = self._secrets(request, held)
        headers = {
            redact(name.encode(), secrets).decode(): redact(value.encode(), secrets).decode()
            for name, value in reply.headers.items()
        }
        failure = _failure(reply.status, headers)
        if failure is not None:
            return self._failed(request, held, Answer(status=reply.status, headers=headers, failure=failure))
        body = read_body(redact(reply.body, secrets), headers.get("content-type", ""))
        return Answer(status=reply.status, headers=headers, body=body.content, failure=body.failure)

    def _failed(self, request: Request, held: HeldCredential, answer: Answer) -> "Answer | _Again":
        """Whether it is worth asking once more; if so `limits` waits as long as the provider asked to."""
        if answer.failure != _RATE_LIMITED and answer.status // 100 != _SERVER_ERRORS:
            return answer
        wait = _wait_seconds(answer.headers, self._clock())
        self._limits.hold(request.provider, held.credential.id, wait)
        return _Again(answer) if wait <= LONGEST_WAIT_SECONDS else answer

    def _secrets(self, request: Request, held: HeldCredential) -> tuple[Secret, ...]:
        """What an answer must not echo: AWS, for one, repeats signed headers in its refusals."""
        kind = self._providers[request.provider].kind(held.credential.kind)
        flagged = {each.name for each in kind.companions if each.secret} if kind is not None else set()
        shown = dict(held.credential.context)
        return held.secret, *(
            value
            for name, value in held.companions.items()
            if name in flagged or (request.scheme is Scheme.AWS and name not in shown)
        )

    def _connections(self) -> "Connections":
        from scopeaudit.ask.transports.connections import Connections

        with self._lock:
            if self._opened is None:
                here = self._surroundings
                self._opened = Connections(
                    here.policy,
                    here.timeouts,
                    most_bytes=here.most_bytes,
                    resolver=here.resolver,
                )
            return self._opened


@dataclass(frozen=True, slots=True)
class _Again:
    """Worth one repetition."""

    otherwise: Answer
    """What to make of it if this was the repetition."""


def _authorization(request: Request, held: HeldCredential, target: Target) -> tuple[Filled, ...] | str:
    """The headers that say who asks, or why there are none."""
    if request.scheme is Scheme.AWS:
        return sign(request, held, target)
    if request.authorization is None:
        return ()
    filled = fill(request.authorization, held)
    return filled if isinstance(filled, str) else (filled,)


def _is_rate_limited(status: int, headers: Mapping[str, str]) -> bool:
    """A refusal for asking too much says nothing about authority; some providers write it as a 403.

    Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if status == _TOO_MANY_REQUESTS:
        return True
    exhausted = headers.get("x-ratelimit-remaining", "").strip() == "0"
    return status == _FORBIDDEN and (exhausted or "retry-after" in headers)


def _failure(status: int, headers: Mapping[str, str]) -> str | None:
    if _is_rate_limited(status, headers):
        return _RATE_LIMITED
    match status // 100:
        case 2 | 4:
            return None
        case 3:
            return "redirect refused"
        case 5:
            return f"the server answered {status}"
        case _:
            return f"an answer of status {status} is no answer"


def _wait_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """What `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3); else a short wait."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    except (ValueError, OverflowError):
        return _SHORT_WAIT_SECONDS
