"""Asking about many credentials: interviews, transports, what is remembered, and the plan."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import msgspec

from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.hosts import HostPolicy, in_ci
from scopeaudit.ask.interview import Interview
from scopeaudit.ask.limits import Limits
from scopeaudit.ask.memory import Memory, open_memory
from scopeaudit.ask.options import AskOptions
from scopeaudit.ask.request import Answer, Request, Transport
from scopeaudit.ask.silence import Silence
from scopeaudit.ask.trail import open_trail
from scopeaudit.catalogue.provider import Scheme
from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.authority import Authority
from scopeaudit.model.credential import Credential
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.operation import Effect
from scopeaudit.model.secret import HeldCredential

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to."""

    authorities: tuple[tuple[Credential, Authority], ...]
    """In the order of the credentials."""
    gaps: tuple[Gap, ...]
    requests: int
    """Sent now; remembered answers do not count."""
    answered: bool
    """Whether any provider was asked, now or in an answer that is remembered."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What is kept of an interview: its outcome, never an answer's text."""

    authority: Authority
    gaps: tuple[tuple[str, str], ...]
    catalogue: str


def ask(credentials: Sequence[HeldCredential], rules: Rules, options: AskOptions) -> Asked:
    """The authority of every credential. One that fails costs nothing else.

    Raises:
        ScopeauditError: if requests could not be noted in the audit trail, so none may be sent.
    """
    if not credentials:
        return Asked((), (), 0, answered=False)
    for provider_id in {held.credential.provider for held in credentials}:
        rules.operations(provider_id)
    with _Asking(rules, options, credentials) as asking:
        results = _at_once(asking.one, credentials)
        sent = asking.sent
    gaps = tuple(
        Gap(Stage.ASK, what, why, held.credential.id)
        for held, result in zip(credentials, results, strict=True)
        for what, why in dict.fromkeys(result.gaps)
    )
    return Asked(
        authorities=tuple(
            (held.credential, result.authority) for held, result in zip(credentials, results, strict=True)
        ),
        gaps=gaps,
        requests=sent,
        answered=sent > 0 or any(result.authority.requests for result in results),
    )


def _at_once(
    one: Callable[[HeldCredential], "_Result"], credentials: Sequence[HeldCredential]
) -> "list[_Result]":
    """The results in order. An interruption does not wait for requests that are under way."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        return list(pool.map(one, credentials))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request that would be sent, or a question that depends on an earlier answer."""

    credential: str
    provider: str
    method: str
    host: str
    path: str
    asks: str
    depends: str | None
    """Why it is not certain: `for each …`, `if …`; `None` for what is sent first."""


def plan(
    credentials: Sequence[HeldCredential], rules: Rules, options: AskOptions
) -> tuple[PlannedRequest, ...]:
    """Every request asking would send first, and every question that may follow. Nothing is sent."""
    planned: list[PlannedRequest] = []
    for held in credentials:
        if _scheme(held, rules) is Scheme.AWS:
            planned.extend(_plan_aws(held, rules, options))
            continue
        provider = rules.providers[held.credential.provider]
        interview = Interview(provider, held, options.now)
        first = {request.question: request for request in interview.requests()}
        for question in provider.questions:
            if question.decode is not None:
                continue
            request = first.get(question.id)
            if request is None and question.kinds and not interview.may_apply(question):
                continue
            sql = question.sql is not None
            planned.append(
                PlannedRequest(
                    credential=held.credential.id,
                    provider=provider.id,
                    method="SQL" if sql else question.http.method if question.http else "POST",
                    host=_shown_host(request, question.host, provider.hosts, options, provider.id),
                    path=f"query {question.id}" if sql else _template(question.http, provider.graphql_path),
                    asks=question.asks,
                    depends=None if request else _dependence(question.for_each, question.when),
                )
            )
    return tuple(planned)


def _template(http: object, graphql_path: str | None) -> str:
    return getattr(http, "path", None) or graphql_path or "/graphql"


def _dependence(for_each: str | None, when: str | None) -> str:
    if for_each:
        return f"for each of {for_each}"
    return f"if {when}" if when else "if the credential turns out to be of this kind"


def _shown_host(
    request: Request | None, host: str | None, hosts: tuple[str, ...], options: AskOptions, provider: str
) -> str:
    if (given := options.endpoints.url(provider)) is not None:
        return given
    return request.host if request else host or (hosts[0] if hosts else "the host of the connection string")


def _plan_aws(held: HeldCredential, rules: Rules, options: AskOptions) -> list[PlannedRequest]:
    from scopeaudit.ask.aws.plan import planned_requests

    provider = rules.providers[held.credential.provider]
    return [
        PlannedRequest(
            credential=held.credential.id,
            provider=provider.id,
            method="POST",
            host=options.endpoints.url(provider.id) or host,
            path=action,
            asks=asks,
            depends=depends,
        )
        for host, action, asks, depends in planned_requests()
    ]


def _scheme(held: HeldCredential, rules: Rules) -> Scheme:
    kind = rules.providers[held.credential.provider].kind(held.credential.kind)
    return kind.scheme if kind else Scheme.HTTP


class _Interviewer(Protocol):
    """The shape of an interview, whatever the scheme."""

    def requests(self, *, offline: bool = False) -> tuple[Request, ...]: ...
    def take(self, request: Request, answer: Answer) -> None: ...
    def abandon(self, why: str) -> None: ...


class _Closing(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Result:
    authority: Authority
    gaps: tuple[tuple[str, str], ...]
    complete: bool
    """Whether every request that was sent got a usable answer."""


class _Asking:
    """The transports and the memory of one run."""

    def __init__(self, rules: Rules, options: AskOptions, credentials: Sequence[HeldCredential]) -> None:
        self._rules = rules
        self._options = options
        self._transports: dict[Scheme, Transport] = {}
        self._limits: Limits | None = None
        self._memory: Memory | None = None
        self._silence = Silence()
        self._closing: list[_Closing] = []
        if not options.offline and any(_is_askable(held, rules) for held in credentials):
            self._open(credentials)

    def _open(self, credentials: Sequence[HeldCredential]) -> None:
        from scopeaudit.ask.transports.http import HttpTransport, Surroundings

        options, providers = self._options, self._rules.providers
        self._limits = Limits(providers)
        self._memory = open_memory() if options.remember else None
        trail = open_trail()
        policy = HostPolicy(ci=in_ci(os.environ), allow=options.allow_hosts)
        surroundings = Surroundings(
            policy=policy, environment=dict(os.environ), revealing=_revealing(self._rules, credentials)
        )
        web = HttpTransport(providers, options.endpoints, self._limits, trail, surroundings)
        self._transports = {Scheme.HTTP: web, Scheme.AWS: web}
        self._closing.append(web)
        if any(_scheme(held, self._rules) is Scheme.POSTGRESQL for held in credentials):
            from scopeaudit.ask.transports.postgresql import PostgresqlTransport

            database = PostgresqlTransport(providers, self._limits, trail, policy)
            self._transports[Scheme.POSTGRESQL] = database
            self._closing.append(database)

    def __enter__(self) -> "_Asking":
        return self

    def __exit__(self, *_error: object) -> None:
        for each in self._closing:
            each.close()

    @property
    def sent(self) -> int:
        """Requests sent so far."""
        return self._limits.sent if self._limits else 0

    def one(self, held: HeldCredential) -> _Result:
        """The authority of one credential, remembered or asked."""
        provider = self._rules.providers[held.credential.provider]
        catalogue = self._rules.operations(provider.id)
        endpoint = self._options.endpoints.url(provider.id)
        version = f"{self._rules.digest} {catalogue.version}"
        if self._memory and (kept := self._memory.recall(provider, held, endpoint)):
            remembered = _decoded(kept)
            if remembered is not None and remembered.catalogue == version:
                return _Result(remembered.authority, remembered.gaps, complete=True)
        result = self._interview(held)
        if self._memory and result.authority.requests and result.complete:
            kept = msgspec.msgpack.encode(_Remembered(result.authority, result.gaps, version))
            self._memory.remember(provider, held, kept, endpoint)
        return result

    def _interview(self, held: HeldCredential) -> _Result:
        provider = self._rules.providers[held.credential.provider]
        catalogue = self._rules.operations(provider.id)
        scheme = _scheme(held, self._rules)
        if scheme is Scheme.AWS:
            from scopeaudit.ask.aws.interview import AwsInterview

            questioning = AwsInterview(provider, catalogue, held, self._options.now)
            self._drive(questioning, held, scheme)
            authority, gaps, complete = questioning.conclude()
            return _Result(authority, gaps, complete)
        interview = Interview(provider, held, self._options.now)
        self._drive(interview, held, scheme)
        authority = conclude(provider, catalogue, interview.learnt)
        return _Result(authority, tuple(interview.learnt.gaps), complete=interview.learnt.failures == 0)

    def _drive(self, interview: _Interviewer, held: HeldCredential, scheme: Scheme) -> None:
        transport = self._transports.get(scheme)
        if transport is None:
            interview.requests(offline=True)
            if self._options.offline:
                interview.abandon("not asked: the scan ran offline")
            return
        budget = self._rules.providers[held.credential.provider].budget
        while requests := interview.requests():
            for request in requests:
                if budget <= 0:
                    interview.abandon("the credential's budget of requests is used up")
                    return
                if self._silence.is_complete(request):
                    interview.abandon("the server gave no answer, several times in a row")
                    return
                budget -= 1
                answer = transport.send(request, held)
                self._silence.note(request, answer)
                interview.take(request, answer)


def _is_askable(held: HeldCredential, rules: Rules) -> bool:
    provider = rules.providers[held.credential.provider]
    return _scheme(held, rules) is not Scheme.HTTP or any(
        question.decode is None for question in provider.questions
    )


def _revealing(rules: Rules, credentials: Sequence[HeldCredential]) -> Mapping[str, frozenset[str]]:
    """Operations that return further secrets, of every provider that is asked."""
    return {
        provider_id: frozenset(
            operation.id
            for operation in rules.operations(provider_id).operations.values()
            if operation.traits.effect is Effect.REVEAL
        )
        for provider_id in {held.credential.provider for held in credentials}
    }


def _decoded(kept: bytes) -> _Remembered | None:
    try:
        return msgspec.msgpack.decode(kept, type=_Remembered)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
