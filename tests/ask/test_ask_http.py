"""The HTTP transport against real servers on loopback: what is sent, and what comes back."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ask_samples import (
    ACME,
    ASK_GRAPHQL,
    ASK_ME,
    ASK_PROJECT,
    ASK_SQL,
    BEARER,
    DOCUMENT,
    OWN_HOST,
    PLANTED,
    held,
)
from loopback import OK, Loopback, Serve, answers, loopback, plain

from scopeaudit import __version__
from scopeaudit.ask.endpoints import Endpoints, parse_endpoints
from scopeaudit.ask.limits import Limits
from scopeaudit.ask.request import Answer
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.http import HttpTransport, Surroundings

NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


class Asking:
    """A transport to one loopback server, with time that passes only by sleeping."""

    def __init__(
        self, directory: Path, server: Loopback, surroundings: Surroundings, **limits: float
    ) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        providers = {"acme": ACME, "own": OWN_HOST}
        self.limits = Limits(providers, clock=lambda: self.now, sleep=self.sleep, **limits)  # type: ignore[arg-type]
        self.trail = Trail(directory / "state", b"k" * 32)
        self.transport = HttpTransport(
            providers,
            parse_endpoints([f"acme={server.url}/base"], providers),
            self.limits,
            self.trail,
            surroundings,
            clock=lambda: NOON,
        )
        self.server = server

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def noted(self) -> list[tuple[object, object]]:
        lines = [json.loads(line) for line in self.trail.path.read_text().splitlines()]
        return [(line["status"], line.get("note")) for line in lines]


@contextlib.contextmanager
def asking(
    directory: Path, serve: Serve, surroundings: Surroundings | None = None, **limits: float
) -> Iterator[Asking]:
    with loopback(serve) as server:
        given = Asking(directory, server, surroundings or Surroundings(), **limits)
        try:
            yield given
        finally:
            given.transport.close()


def test_a_request_is_sent_as_it_is_and_its_answer_read(tmp_path: Path) -> None:
    with asking(tmp_path, answers(OK)) as given:
        answer = given.transport.send(ASK_PROJECT, held())
        head, *headers = given.server.requests[0].decode().strip().split("\r\n")
    assert answer.status == 200
    assert answer.body == {"id": 1}
    assert answer.headers == {"content-length": "9", "content-type": "application/json", "x-scopes": "a, b"}
    assert head == "GET /base/v1/projects/p-1/roles?view=all HTTP/1.1"
    assert sorted(headers) == sorted(
        [
            f"Host: 127.0.0.1:{given.server.port}",
            f"User-Agent: scopeaudit/{__version__}",
            "Accept: application/json, */*;q=0.5",
            "Accept-Encoding: gzip",
            "x-version: 3",
            f"Authorization: Bearer {PLANTED}",
        ]
    )
    assert given.noted() == [(200, None)]


def test_a_graphql_query_is_posted(tmp_path: Path) -> None:
    with asking(tmp_path, answers(OK)) as given:
        assert given.transport.send(ASK_GRAPHQL, held()).failure is None
        head, _, body = given.server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/graphql/v2 HTTP/1.1\r\n")
    assert head.lower().count(b"content-type: application/json") == 1
    assert json.loads(body) == {"query": DOCUMENT, "variables": {"after": "x"}}


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (plain("204 No Content"), Answer(status=204, headers={"content-length": "0"})),
        (plain("401 Unauthorized", b"no"), Answer(status=401, headers={"content-length": "2"}, body="no")),
        (plain("403 Forbidden", b"[]"), Answer(status=403, headers={"content-length": "2"}, body=[])),
        (plain("404 Not Found", b"<x/>"), Answer(status=404, headers={"content-length": "4"}, body="<x/>")),
    ],
)
def test_what_a_provider_refuses_is_an_answer(tmp_path: Path, reply: bytes, answer: Answer) -> None:
    with asking(tmp_path, answers(reply)) as given:
        assert given.transport.send(ASK_ME, held()) == answer


def test_connections_are_kept_and_cookies_are_not(tmp_path: Path) -> None:
    reply = plain("200 OK", b"{}", "Set-Cookie: session=other; Path=/")
    with asking(tmp_path, answers(reply)) as given:
        for credential in ("c1", "c2", "c3"):
            assert given.transport.send(ASK_ME, held(credential=credential)).status == 200
        assert given.server.connections == 1
        assert not any(b"cookie" in each.lower() for each in given.server.requests)


def test_a_connection_that_was_closed_meanwhile_is_opened_again(tmp_path: Path) -> None:
    def serve(connection, number):  # type: ignore[no-untyped-def]
        if number == 1:
            connection.close()
        else:
            connection.sendall(OK)

    with asking(tmp_path, serve) as given:
        assert [given.transport.send(ASK_ME, held()).status for _ in range(2)] == [200, 200]
        assert given.noted() == [(200, None), (0, "the connection broke off"), (200, None)]


def test_too_many_requests_waits_as_asked_once(tmp_path: Path) -> None:
    with asking(tmp_path, answers(plain("429 Too Many", b"", "Retry-After: 7"), OK)) as given:
        assert given.transport.send(ASK_ME, held()).status == 200
    assert (given.slept, given.noted()) == ([7.0], [(429, None), (200, None)])


@pytest.mark.parametrize(
    ("header", "slept"),
    [
        ("Retry-After: Mon, 04 May 2026 12:00:04 GMT", [4.0]),
        ("Retry-After: Mon, 04 May 2026 11:00:00 GMT", []),
        ("Retry-After: soon", [1.0]),
        ("Retry-After: Mon, 04 May 99999999999999999999 12:00:04 GMT", [1.0]),
        ("Retry-After: -5", [1.0]),
        ("X: y", [1.0]),
    ],
)
def test_retry_after_may_be_a_date_or_nonsense(tmp_path: Path, header: str, slept: list[float]) -> None:
    with asking(tmp_path, answers(plain("429 Too Many", b"", header), OK)) as given:
        assert given.transport.send(ASK_ME, held()).status == 200
    assert given.slept == slept


def test_too_many_requests_twice_is_a_failure_and_not_an_authority(tmp_path: Path) -> None:
    with asking(tmp_path, answers(plain("429 Too Many", b'{"ok": true}', "Retry-After: 1"))) as given:
        answer = given.transport.send(ASK_ME, held())
        assert (answer.status, answer.body, answer.failure) == (429, None, "rate limited")
        assert len(given.server.requests) == 2


@pytest.mark.parametrize("status", ["429 Too Many", "503 Unavailable"])
def test_a_long_wait_is_not_waited_for_and_nothing_more_is_sent(tmp_path: Path, status: str) -> None:
    with asking(tmp_path, answers(plain(status, b"", "Retry-After: 11"), OK)) as given:
        assert given.transport.send(ASK_ME, held()).failure is not None
        again = given.transport.send(ASK_ME, held()).failure
        assert (again, given.slept) == ("rate limited: the provider asks to wait 11 s", [])
        assert given.transport.send(ASK_ME, held(credential="c2")).status == 200
        assert len(given.server.requests) == 2


@pytest.mark.parametrize("header", ["Retry-After: 60", "X-RateLimit-Remaining: 0"])
def test_a_refusal_for_asking_too_much_is_not_a_refusal_of_authority(tmp_path: Path, header: str) -> None:
    with asking(tmp_path, answers(plain("403 Forbidden", b"{}", header))) as given:
        assert given.transport.send(ASK_ME, held()).failure == "rate limited"


def test_a_server_error_is_tried_once_more(tmp_path: Path) -> None:
    with asking(tmp_path, answers(plain("500 Oops"), OK)) as given:
        assert given.transport.send(ASK_ME, held()).status == 200
    assert given.slept == [1.0]
    with asking(tmp_path, answers(plain("502 Oops", b"[{}]"))) as given:
        answer = given.transport.send(ASK_ME, held())
        assert (answer.status, answer.body, answer.failure) == (502, None, "the server answered 502")
        assert len(given.server.requests) == 2


def test_the_budget_counts_repetitions(tmp_path: Path) -> None:
    with asking(tmp_path, answers(plain("500 Oops"))) as given:
        for _ in range(30):
            given.transport.send(ASK_ME, held())
        assert len(given.server.requests) == 50
        assert given.transport.send(ASK_ME, held()).failure == "its budget of 50 requests is used up"


def test_nothing_is_sent_when_the_time_is_used_up(tmp_path: Path) -> None:
    with asking(tmp_path, answers(OK), run_seconds=0.0) as given:
        assert given.transport.send(ASK_ME, held()).failure == "the time for asking is used up"
        assert given.server.connections == 0


def test_what_the_guard_refuses_opens_no_connection(tmp_path: Path) -> None:
    refused = [
        replace(ASK_ME, path="/v1/other"),
        replace(ASK_ME, host="evil.example"),
        replace(ASK_ME, provider="nobody"),
        replace(ASK_PROJECT, path="/v1/projects/a\r\nX: y/roles"),
        replace(ASK_GRAPHQL, body=json.dumps({"query": "mutation { x }"})),
        replace(ASK_SQL, provider="acme"),
    ]
    with asking(tmp_path, answers(OK)) as given:
        assert all(
            (given.transport.send(each, held()).failure or "").startswith("refused") for each in refused
        )
        other = given.transport.send(ASK_ME, held(provider="own"))
        assert other.failure == "refused: a credential goes to its own provider only"
        assert given.server.connections == 0
        assert not given.trail.path.exists()


def test_the_revealing_operations_of_the_catalogue_reach_the_guard(tmp_path: Path) -> None:
    surroundings = Surroundings(revealing={"acme": frozenset({"projects"})})
    with asking(tmp_path, answers(OK), surroundings) as given:
        assert given.transport.send(ASK_GRAPHQL, held()).failure == "refused: the query reveals other secrets"


@pytest.mark.parametrize("secret", ["a\r\nX-Injected: 1", "é" * 20, "\0" * 20, "\ud800"])
def test_a_secret_no_header_may_hold_is_a_failure(tmp_path: Path, secret: str) -> None:
    with asking(tmp_path, answers(OK)) as given:
        answer = given.transport.send(ASK_ME, held(secret))
        assert answer == Answer(failure="the secret holds characters that no header may hold")
        assert given.server.connections == 0


def test_what_cannot_be_noted_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with asking(tmp_path, answers(OK)) as given:
        failure = given.transport.send(ASK_ME, held()).failure or ""
        assert failure.startswith("the audit trail cannot be written: ")
        assert given.server.connections == 0


def test_threads_share_a_transport(tmp_path: Path) -> None:
    statuses: list[int] = []
    with asking(tmp_path, answers(OK)) as given:

        def ask(credential: str) -> None:
            statuses.extend(
                given.transport.send(ASK_ME, held(credential=credential)).status for _ in range(5)
            )

        threads = [threading.Thread(target=ask, args=(f"c{index}",)) for index in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (statuses, len(given.noted())) == ([200] * 30, 30)


def test_a_connection_string_is_asked_at_the_address_that_was_checked(tmp_path: Path) -> None:
    looked_up: list[str] = []

    def rebinding(host: str, port: int, seconds: float) -> tuple[str, ...]:
        looked_up.append(host)
        return ("10.0.0.1",) if len(looked_up) == 1 else ("169.254.169.254",)

    trail = Trail(tmp_path, b"k" * 32)
    providers = {"own": OWN_HOST, "acme": ACME}
    transport = HttpTransport(
        providers,
        parse_endpoints(["acme=http://127.0.0.1:1"], providers),
        Limits(providers),
        trail,
        Surroundings(resolver=rebinding, environment={"HTTPS_PROXY": "http://127.0.0.1:1"}),
    )
    request = replace(ASK_ME, provider="own", host="registry.example")
    owner = held(provider="own", host="registry.example")
    assert [transport.send(request, owner).failure for _ in range(2)] == [
        "refused: registry.example is a private address: asked only with --allow-host",
        "refused: registry.example is a link-local address: never asked",
    ]
    assert transport.send(replace(request, host="evil.example"), owner).failure is not None
    assert looked_up == ["registry.example"] * 2


def test_importing_the_transport_imports_no_http_library() -> None:
    code = (
        "import sys, scopeaudit.ask.transports.http, scopeaudit.ask.guard, scopeaudit.ask.trail;"
        "heavy = {'httpx', 'httpcore', 'graphql', 'ssl', 'platformdirs'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_endpoint_means_the_providers_own_host(tmp_path: Path) -> None:
    looked_up: list[tuple[str, int]] = []

    def resolver(host: str, port: int, seconds: float) -> tuple[str, ...]:
        looked_up.append((host, port))
        return ()

    providers = {"acme": ACME}
    transport = HttpTransport(
        providers, Endpoints(), Limits(providers), Trail(tmp_path, b"k" * 32), Surroundings(resolver=resolver)
    )
    answer = transport.send(replace(ASK_ME, authorization=BEARER), held())
    assert answer == Answer(failure="refused: api.acme.example has no address")
    assert looked_up == [("api.acme.example", 443)]
