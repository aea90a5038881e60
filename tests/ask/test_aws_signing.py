import logging
import traceback
from dataclasses import replace

import pytest
from aws_samples import PLANTED, held, key_id

from scopeaudit.ask.aws.actions import build_request
from scopeaudit.ask.aws.signing import sign
from scopeaudit.ask.request import Request
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.secret import HeldCredential, Secret

REQUEST = build_request("aws", "sts:GetCallerIdentity", {})
assert isinstance(REQUEST, Request)
TOKEN = expand("<base64:200>", seed=3)


def test_the_headers_are_those_of_sigv4() -> None:
    headers = sign(REQUEST, held())
    assert isinstance(headers, dict)
    assert set(headers) == {"Authorization", "X-Amz-Date"}
    assert headers["Authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={key_id()}/")
    assert (
        "/us-east-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
        in headers["Authorization"]
    )


def test_a_session_token_is_sent_and_signed() -> None:
    headers = sign(REQUEST, held(token=TOKEN))
    assert isinstance(headers, dict)
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert "x-amz-security-token" in headers["Authorization"]


def test_the_signature_is_for_the_host_and_path_that_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime

    moment = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_a, **_k: moment, raising=False)
    signatures = {
        str(sign(REQUEST, held(), authority=authority, prefix=prefix))
        for authority, prefix in ((None, ""), ("127.0.0.1:5000", ""), ("127.0.0.1:5000", "/aws"))
    }
    assert len(signatures) == 3


@pytest.mark.parametrize(
    ("credential", "why"),
    [
        (held("nonsense"), "its access key id was not found"),
        (held("AKIA\r\nHost: evil.example"), "its access key id was not found"),
        (held(secret="short"), "its secret access key was not found"),
        (held(secret=key_id()), "its secret access key was not found"),
        (held(token="x y\r\nz" * 9), "its session token holds characters that none has"),
    ],
)
def test_what_cannot_be_signed_is_said_without_showing_it(credential: HeldCredential, why: str) -> None:
    assert sign(REQUEST, credential) == why


def test_a_request_that_is_not_to_be_signed_is_not() -> None:
    assert sign(replace(REQUEST, signing=None), held()) == "the request is not to be signed"


def test_a_secret_among_the_companions_is_the_secret() -> None:
    plain = held()
    moved = HeldCredential(
        plain.credential, Secret(key_id()), {**plain.companions, "secret_access_key": Secret(PLANTED)}
    )
    assert isinstance(sign(REQUEST, moved), dict)


def test_no_log_at_any_level_holds_secret_or_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("botocore").setLevel(logging.DEBUG)
    sign(REQUEST, held(token=TOKEN))
    assert TOKEN not in caplog.text
    assert PLANTED not in caplog.text


def test_no_exception_holds_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("no signature today")

    monkeypatch.setattr("botocore.auth.SigV4Auth.add_auth", fail)
    with pytest.raises(RuntimeError) as caught:
        sign(REQUEST, held(token=TOKEN))
    told = "".join(traceback.format_exception(caught.value))
    assert PLANTED not in told
    assert TOKEN not in told


def test_nothing_shows_the_secret_of_a_request_or_credential() -> None:
    shown = f"{REQUEST!r} {held(token=TOKEN)!r} {REQUEST} {held(token=TOKEN)}"
    assert PLANTED not in shown
    assert TOKEN not in shown
