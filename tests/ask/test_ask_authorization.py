"""Filling the authorization header."""

import base64

import pytest
from ask_samples import BEARER, PLANTED, held
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.transports.authorization import Filled, fill
from scopeaudit.catalogue.provider import Authorization

BASIC = Authorization(header="Authorization", value="Basic {user}:{secret}")


def revealed(authorization: Authorization, **companions: str) -> str:
    filled = fill(authorization, held(**companions))
    assert isinstance(filled, Filled)
    return filled.value.reveal()


def test_secret_and_companions_are_filled_in() -> None:
    assert revealed(BEARER) == f"Bearer {PLANTED}"
    assert revealed(Authorization(header="X-Key", value="{id}.{secret}"), id="k1") == f"k1.{PLANTED}"
    encoded = base64.b64encode(f"jo:{PLANTED}".encode()).decode()
    assert revealed(BASIC, user="jo") == f"Basic {encoded}"


def test_a_companion_that_looks_like_a_template_is_not_filled_again() -> None:
    assert revealed(Authorization(header="X-Key", value="{id}"), id="{secret}") == "{secret}"


def test_a_filled_header_shows_nothing() -> None:
    assert PLANTED not in repr(fill(BEARER, held()))


def test_a_companion_that_was_not_found_is_named() -> None:
    assert fill(BASIC, held()) == "its user was not found"


@pytest.mark.parametrize(
    "secret",
    ["a\r\nX-Injected: 1", "a\nb", "a\0b", "é", "\u2028", "a\x7f", "\ud800", " ", "x" * 20_000, "tab\t"],
)
def test_a_secret_that_no_header_may_hold_is_words_without_it(secret: str) -> None:
    reason = fill(BEARER, held(secret))
    assert isinstance(reason, str)
    assert reason.startswith("the secret ")
    assert secret not in reason or secret == " "


def test_basic_encodes_whatever_the_password_is() -> None:
    assert isinstance(fill(BASIC, held("pä\r\nss", user="jo")), Filled)


@given(st.text())
def test_any_secret_is_filled_or_refused(secret: str) -> None:
    filled = fill(BEARER, held(secret))
    if isinstance(filled, Filled):
        assert filled.value.reveal().isascii()
        assert filled.value.reveal().isprintable()
