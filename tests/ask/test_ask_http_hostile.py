"""Hostile servers and networks: every promise of the HTTP transport, and somebody who tries to break it."""

import contextlib
import datetime
import gzip
import ipaddress
import logging
import socket
import ssl
import time
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ask_samples import ACME, ASK_ME, PLANTED, held
from loopback import OK, Loopback, Serve, answers, loopback, plain

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.limits import Limits, Timeouts
from scopeaudit.ask.request import Answer
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.http import HttpTransport, Surroundings

PROVIDERS = {"acme": ACME}
QUICK = Surroundings(timeouts=Timeouts(connect=0.5, read=0.4, total=1.0), most_bytes=1_000_000)


def transport(directory: Path, url: str, surroundings: Surroundings = QUICK) -> HttpTransport:
    limits = Limits(PROVIDERS, sleep=lambda seconds: None)
    trail = Trail(directory / "state", b"k" * 32)
    return HttpTransport(PROVIDERS, parse_endpoints([f"acme={url}"], PROVIDERS), limits, trail, surroundings)


@contextlib.contextmanager
def asked(
    directory: Path, serve: Serve, surroundings: Surroundings = QUICK
) -> Iterator[tuple[Answer, Loopback]]:
    with (
        loopback(serve) as server,
        contextlib.closing(transport(directory, server.url, surroundings)) as given,
    ):
        yield given.send(ASK_ME, held()), server


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_refused_and_the_other_host_sees_nothing(tmp_path: Path, status: int) -> None:
    with loopback(answers(OK)) as other:
        reply = plain(f"{status} Moved", b"", f"Location: {other.url}/v1/me")
        with asked(tmp_path, answers(reply)) as (answer, server):
            assert (answer.status, answer.failure) == (status, "redirect refused")
            assert (len(server.requests), other.connections) == (1, 0)


def test_a_refresh_header_is_no_more_than_a_header(tmp_path: Path) -> None:
    with loopback(answers(OK)) as other:
        reply = plain("200 OK", b"{}", f"Refresh: 0; url={other.url}", f"Location: {other.url}")
        with asked(tmp_path, answers(reply)) as (answer, _):
            assert (answer.body, other.connections) == ({}, 0)


def drip(data: bytes, every: float) -> Serve:
    def serve(connection: socket.socket, number: int) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    return serve


@pytest.mark.parametrize(
    ("serve", "failure"),
    [
        (lambda connection, number: time.sleep(3), "no answer in time"),
        (drip(OK * 100, 0.1), "the answer took too long"),
        (drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100, 0.05),
         "the answer took too long"),
        (drip(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, 0.02), "the answer took too long"),
    ],
    ids=["silent", "slow head", "slow body", "endless hints"],
)  # fmt: skip
def test_a_slow_server_is_given_up(tmp_path: Path, serve: Serve, failure: str) -> None:
    started = time.monotonic()
    with asked(tmp_path, serve) as (answer, _):
        assert answer == Answer(failure=failure)
        assert time.monotonic() - started < 20


def endless(head: bytes, chunk: bytes) -> Serve:
    def serve(connection: socket.socket, number: int) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(chunk)

    return serve


TOO_LARGE = "the answer is larger than 1 MB"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


@pytest.mark.parametrize(
    ("serve", "failure"),
    [
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), TOO_LARGE),
        (endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK), TOO_LARGE),
        (endless(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", b"x" * 65536), TOO_LARGE),
        (endless(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 20 + b"\r\n\r\n", b""), TOO_LARGE),
        (
            endless(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1000 + b"\r\n"),
            "the server does not answer in HTTP",
        ),
        (endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536), "the server does not answer in HTTP"),
        (endless(b"", b"x" * 65536), "the server does not answer in HTTP"),
    ],
    ids=["until close", "chunked", "10 GB", "absurd length", "headers", "one header", "no HTTP"],
)
def test_an_endless_answer_is_cut_off(tmp_path: Path, serve: Serve, failure: str) -> None:
    generous = replace(QUICK, timeouts=Timeouts(total=10))
    with asked(tmp_path, serve, generous) as (answer, _):
        assert answer.failure == failure
        assert answer.body is None


def test_headers_that_are_too_large_are_a_failure(tmp_path: Path) -> None:
    reply = plain("200 OK", b"{}", "X: " + "x" * 70_000)
    with asked(tmp_path, answers(reply)) as (answer, _):
        assert answer.failure == "the answer's headers are too large"


def bomb(layers: int) -> bytes:
    data = bytes(200_000_000)
    for _ in range(layers):
        data = gzip.compress(data, 9)
    return data


def deflated(data: bytes) -> bytes:
    return zlib.compress(data)


@pytest.mark.parametrize(
    ("encoding", "body", "failure"),
    [
        ("gzip", gzip.compress(b'{"a": 1}'), None),
        ("GZIP", gzip.compress(b'{"a": 1}'), None),
        ("identity", b'{"a": 1}', None),
        ("gzip", bomb(1), TOO_LARGE),
        ("gzip, gzip", bomb(2), "the answer is in an encoding that was not asked for"),
        ("deflate", deflated(b"{}"), "the answer is in an encoding that was not asked for"),
        ("br", b"x", "the answer is in an encoding that was not asked for"),
        ("gzip", b"not gzip", "the answer is damaged"),
        ("gzip", gzip.compress(b'{"a": 1}')[:-6], "the answer broke off"),
        ("gzip", gzip.compress(b""), None),
    ],
    ids=["gzip", "case", "identity", "bomb", "two layers", "deflate", "br", "damaged", "cut off", "nothing"],
)
def test_compression_is_undone_up_to_the_cap(
    tmp_path: Path, encoding: str, body: bytes, failure: str | None
) -> None:
    reply = plain("200 OK", body, f"Content-Encoding: {encoding}", "Content-Type: application/json")
    with asked(tmp_path, answers(reply)) as (answer, _):
        assert answer.failure == failure
        assert answer.body in ({"a": 1}, None)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}", "no answer in time"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "the server does not answer in HTTP"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
            "the server does not answer in HTTP",
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "the server does not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", "the answer is malformed JSON"),
        (plain("200 OK", b"<html>", "Content-Type: application/json"), "the answer is malformed JSON"),
        (plain("200 OK", b"[NaN]"), "the answer is malformed JSON"),
        (plain("200 OK", b"[" * 100_000), "the answer is nested too deeply"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "the server does not answer in HTTP"),
        (b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", "an answer of status 999 is no answer"),
    ],
)
def test_an_answer_that_is_none_is_a_failure(tmp_path: Path, reply: bytes, failure: str) -> None:
    with asked(tmp_path, answers(reply)) as (answer, _):
        assert (answer.failure, answer.body) == (failure, None)


def test_a_connection_that_is_cut_is_tried_once_more_and_then_a_failure(tmp_path: Path) -> None:
    def cut(connection: socket.socket, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}")
        connection.close()

    with asked(tmp_path, cut) as (answer, server):
        assert (answer, len(server.requests)) == (Answer(failure="the connection broke off"), 2)


def test_a_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with loopback(answers(OK)) as server:
        gone = server.port
    given = transport(tmp_path, f"http://127.0.0.1:{gone}")
    assert given.send(ASK_ME, held()) == Answer(failure="connection refused")
    started = time.monotonic()
    unresolved = transport(tmp_path, "https://nowhere.invalid", replace(QUICK, resolver=lambda *_: ()))
    assert unresolved.send(ASK_ME, held()) == Answer(failure="refused: nowhere.invalid has no address")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("name", ["169.254.169.254", "fe80::1", "metadata.google.internal"])
def test_a_host_that_leads_to_a_metadata_service_is_never_connected_to(tmp_path: Path, name: str) -> None:
    given = transport(tmp_path, "https://git.example.org", replace(QUICK, resolver=lambda *_: (name,)))
    assert (given.send(ASK_ME, held()).failure or "").startswith("refused: git.example.org ")


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context and the certificate that vouches for it, made for this test."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative: x509.GeneralName = x509.DNSName(name)
    with contextlib.suppress(ValueError):
        alternative = x509.IPAddress(ipaddress.ip_address(name))
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / "certificate.pem", directory / "key.pem"
    public.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def test_tls_is_verified_against_the_users_own_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, public = certificate(tmp_path, "127.0.0.1")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with loopback(answers(OK), context) as server:
        url = f"https://127.0.0.1:{server.port}"
        answer = transport(tmp_path, url).send(ASK_ME, held())
        assert answer == Answer(failure="the server's TLS certificate cannot be trusted")
        assert server.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        assert transport(tmp_path, url).send(ASK_ME, held()).status == 200
        named = transport(tmp_path, f"https://localhost:{server.port}")
        assert named.send(ASK_ME, held()).failure == "the server's TLS certificate cannot be trusted"
        assert len(server.requests) == 1


def test_a_name_is_verified_though_the_checked_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, public = certificate(tmp_path, "git.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with loopback(answers(OK), context) as server:
        here = replace(QUICK, resolver=lambda *_: ("127.0.0.1",))
        answer = transport(tmp_path, f"https://git.example.org:{server.port}", here).send(ASK_ME, held())
        assert answer.status == 200
        assert f"Host: git.example.org:{server.port}".encode() in server.requests[0]


def test_a_server_without_tls_is_a_failure(tmp_path: Path) -> None:
    with loopback(answers(OK)) as server:
        answer = transport(tmp_path, f"https://127.0.0.1:{server.port}").send(ASK_ME, held())
        assert answer.failure in ("no TLS connection could be made", "no connection in time")
        assert server.requests == []


def test_certificates_that_cannot_be_loaded_are_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    answer = transport(tmp_path, "https://127.0.0.1:1").send(ASK_ME, held())
    assert answer == Answer(failure="the environment's proxy or certificate settings cannot be used")


def test_a_netrc_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login mallory password netrc-password\n")
    (tmp_path / ".netrc").write_text("default login mallory password netrc-password\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with asked(tmp_path, answers(OK)) as (answer, server):
        assert answer.status == 200
        assert server.requests[0].count(b"Authorization") == 1
        assert f"Bearer {PLANTED}".encode() in server.requests[0]


@pytest.mark.parametrize(
    ("proxy", "failure"),
    [
        ("http://127.0.0.1:{port}", "the proxy refused the connection"),
        ("http://user:proxy-password@127.0.0.1:{port}", "the proxy refused the connection"),
        ("socks5://127.0.0.1:{port}", "the environment's proxy or certificate settings cannot be used"),
        ("http://[", "the environment's proxy or certificate settings cannot be used"),
        ("http://127.0.0.1:99999999", "the environment's proxy or certificate settings cannot be used"),
    ],
)
def test_the_users_proxy_sees_no_secret(tmp_path: Path, proxy: str, failure: str) -> None:
    with loopback(answers(plain("403 Forbidden"))) as server:
        here = replace(QUICK, environment={"HTTPS_PROXY": proxy.replace("{port}", str(server.port))})
        answer = transport(tmp_path, "https://git.example.org", here).send(ASK_ME, held())
        assert answer == Answer(failure=failure)
        for seen in server.requests:
            assert seen.startswith(b"CONNECT git.example.org:443 ")
            assert PLANTED.encode() not in seen


HOSTILE = [
    OK,
    plain("401 Unauthorized", f'{{"message": "bad token {PLANTED}"}}'.encode(), f"X-Echo: {PLANTED}"),
    plain("302 Found", PLANTED.encode(), f"Location: https://evil.example/{PLANTED}"),
    plain("500 Oops", PLANTED.encode()),
    plain("429 Too Many", PLANTED.encode(), f"Retry-After: {PLANTED}"),
    plain("200 OK", f"{{{PLANTED}".encode()),
    b"HTTP/1.1 200 " + PLANTED.encode() + b"\r\nContent-Length: " + PLANTED.encode() + b"\r\n\r\n",
    PLANTED.encode() + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
]


@pytest.mark.parametrize("reply", HOSTILE)
def test_a_planted_secret_is_in_no_log_answer_or_trail(
    tmp_path: Path, reply: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("", "httpx", "httpcore", "httpcore.http11", "httpcore.connection", "httpcore.proxy"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    with asked(tmp_path, answers(reply)) as (answer, server):
        assert any(PLANTED.encode() in each for each in server.requests)
    records = [f"{each.getMessage()} {each.__dict__}" for each in caplog.records]
    assert not any(each.name.startswith("http") for each in caplog.records)
    written = [each.read_text() for each in tmp_path.rglob("*") if each.is_file() and each.name != "lock"]
    printed = capfd.readouterr()
    for text in (repr(answer), *records, *written, printed.out, printed.err):
        assert PLANTED not in text


def test_an_interruption_in_mid_request_shows_no_secret_and_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: object, max_bytes: int, timeout: float | None = None) -> bytes:
        raise KeyboardInterrupt

    with loopback(answers(OK)) as server:
        given = transport(tmp_path, server.url)
        owner = held()
        monkeypatch.setattr("httpcore._backends.sync.SyncStream.read", interrupted)
        with pytest.raises(KeyboardInterrupt) as raised:
            given.send(ASK_ME, owner)
    ours = raised.value.__traceback__
    assert ours is not None
    # The first frame is this test's, which holds what the server has seen.
    frames = traceback.TracebackException(KeyboardInterrupt, raised.value, ours.tb_next, capture_locals=True)
    assert "receive_response_headers" in "".join(frames.format())
    assert PLANTED not in "".join(frames.format())
    assert '"note": "interrupted"' in (tmp_path / "state" / "requests.jsonl").read_text()


def test_an_error_inside_the_library_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(self: object, buffer: bytes, timeout: float | None = None) -> None:
        del self, buffer, timeout
        raise ZeroDivisionError

    with loopback(answers(OK)) as server:
        given = transport(tmp_path, server.url)
        owner = held()
        monkeypatch.setattr("httpcore._backends.sync.SyncStream.write", defect)
        with pytest.raises(ZeroDivisionError) as raised:
            given.send(ASK_ME, owner)
    chain: BaseException | None = raised.value
    while chain is not None:
        assert PLANTED not in str(chain)
        assert PLANTED not in repr(getattr(chain, "args", ()))
        assert PLANTED not in "".join(traceback.format_exception(chain))
        chain = chain.__cause__ or chain.__context__
