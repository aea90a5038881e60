"""What tokens say of themselves is read from any text without failing."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymacaroons import Macaroon
from pymacaroons.macaroon import MACAROON_V2

from scopeaudit.catalogue.claims import (
    MAXIMUM_CHARACTERS,
    claims_fit,
    decode_jwt,
    decode_macaroon,
    decode_text,
)
from scopeaudit.catalogue.provider import Claims, Decoder, Kind
from scopeaudit.catalogue.templates import expand

SOURCE = "https://docs.acme.example"
KIND = Kind(
    id="key",
    title="Key",
    claims=Claims(decode=Decoder.JWT, when="claims.iss == 'acme' && claims.role"),
    source=SOURCE,
)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def macaroon(*caveats: str, location: str = "acme.example") -> Macaroon:
    made = Macaroon(location=location, identifier="id", key="key", version=MACAROON_V2)
    for caveat in caveats:
        made.add_first_party_caveat(caveat)
    return made


def test_a_jwt_is_header_and_claims():
    assert decode_jwt(expand('<jwt:{"iss":"acme","exp":1}>')) == {
        "header": {"alg": "HS256", "typ": "JWT"},
        "claims": {"iss": "acme", "exp": 1},
    }


def test_a_macaroon_is_location_identifier_and_caveats():
    made = macaroon('[1, ["a", "b"]]', '{"exp": 5}', "plain words", "[true]", location="")
    assert decode_macaroon(f"x-{made.serialize()}") == {
        "location": "",
        "identifier": "id",
        "caveats": [
            {"tag": 1, "fields": [["a", "b"]]},
            {"tag": None, "legacy": {"exp": 5}},
            {"tag": None, "text": "plain words"},
            {"tag": None, "legacy": [True]},
        ],
    }


def test_a_third_party_caveat_is_one_too():
    made = macaroon()
    made.add_third_party_caveat("https://other.example", "another key", "who")
    assert decode_macaroon(f"x-{made.serialize()}") == {
        "location": "acme.example",
        "identifier": "id",
        "caveats": [{"tag": None, "text": "who"}],
    }


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (expand('<jwt:{"iss":"acme","role":"admin"}>'), True),
        (expand('<jwt:{"iss":"acme"}>'), False),
        (expand('<jwt:{"iss":"other","role":"admin"}>'), False),
        (expand("eyJ<base64url:40>.eyJ<base64url:40>.<base64url:43>"), False),
        ("", False),
    ],
)
def test_a_value_is_of_a_kind_if_it_says_so(text, fits):
    assert claims_fit(KIND, text) is fits


def test_a_kind_that_asks_for_nothing_takes_every_value():
    assert claims_fit(Kind(id="key", title="Key", source=SOURCE), "anything")


@pytest.mark.parametrize("decoder", Decoder)
def test_what_is_too_long_is_not_read(decoder):
    assert decode_text(decoder, "a" * (MAXIMUM_CHARACTERS + 1)) is None


@pytest.mark.parametrize(
    "claims",
    ["[]", "null", '"text"', "{", "[" * 20_000, '{"a":NaN}', '{"a":"\\ud800"}', '{"exp":1e999}', "\ufeff{}"],
    ids=["list", "null", "text", "cut", "deep", "nan", "surrogate", "huge", "mark"],
)
def test_claims_that_are_no_object_are_no_token(claims):
    assert decode_jwt(f"{encoded(b'{}')}.{encoded(claims.encode())}.x") is None


@given(st.integers(0, 200), st.binary(max_size=8))
def test_a_damaged_macaroon_is_read_or_not_and_never_fails(at, noise):
    data = bytearray(base64.urlsafe_b64decode(macaroon('[1, ["a"]]', "[0, 1, 2]").serialize() + "=="))
    data[at : at + len(noise)] = noise
    decode_macaroon(f"x-{encoded(bytes(data))}")


@given(st.integers(0, 200))
def test_a_macaroon_that_was_cut_is_none(length):
    data = base64.urlsafe_b64decode(macaroon('[1, ["a"]]').serialize() + "==")
    if length < len(data):
        assert decode_macaroon(f"x-{encoded(data[:length])}") is None


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_arbitrary_bytes_are_no_trouble(data):
    decode_macaroon(f"x-{encoded(data)}")
    decode_macaroon(f"x-{encoded(bytes([2]) + data)}")
    decode_jwt(f"{encoded(data)}.{encoded(data)}.")


@given(st.text(max_size=200), st.sampled_from(Decoder))
def test_arbitrary_text_is_no_trouble(text, decoder):
    decode_text(decoder, text)
    claims_fit(KIND, text)


@given(st.lists(st.dictionaries(st.text(max_size=4), st.integers()), max_size=4))
def test_caveats_come_back_as_they_went_in(caveats):
    made = macaroon(*(json.dumps(each) for each in caveats))
    said = decode_macaroon(f"x-{made.serialize()}")
    assert said is not None
    assert said["caveats"] == [{"tag": None, "legacy": each} for each in caveats]
