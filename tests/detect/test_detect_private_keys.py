"""A private key is one text, however it is written."""

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.private_keys import normal_key, tail
from scopeaudit.detect.sighting import shown

BODY = expand("<base64:150>", seed=3) + "=="
MARK = "RSA PRIVATE " + "KEY"
KEY = "\n".join(
    [f"-----BEGIN {MARK}-----", *(BODY[at : at + 64] for at in range(0, 152, 64)), f"-----END {MARK}-----"]
)
LINES = KEY.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY + "\n",
        KEY.replace("\n", "\r\n"),
        textwrap.indent(KEY, "    ").lstrip(),
        json.dumps(KEY)[1:-1],
        json.dumps(json.dumps(KEY))[3:-3],
        KEY.replace("\n", "\\r\\n"),
        KEY.replace("/", "\\/").replace("\n", "\\n"),
        "\\n".join(LINES[:1]) + '\\n" +\n    "' + '\\n" +\n    "'.join(LINES[1:]),
        "', '".join(LINES),
        "\\n\\\n".join(LINES),
        "\n#6 0.245 ".join(LINES),
        "\nweb_1  | ".join(LINES),
        " ".join(LINES),
        f"{LINES[0]}\n" + "\n".join(BODY[at : at + 76] for at in range(0, 152, 76)) + f"\n{LINES[-1]}",
    ],
)
def test_a_key_is_the_same_however_it_is_written(text: str) -> None:
    assert normal_key(text) == KEY


def test_headers_of_an_encrypted_key_stay() -> None:
    headers = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00FF", ""]
    text = "\n".join([LINES[0], *headers, *LINES[1:]])
    assert normal_key(text.replace("\n", "\\n")) == normal_key(text) == text
    assert normal_key(text) != KEY


def test_another_key_and_a_piece_of_one_are_others() -> None:
    assert normal_key(KEY.replace(BODY[70], "A" if BODY[70] != "A" else "B")) != KEY
    assert normal_key("\n".join(LINES[:2])) == "\n".join(LINES[:2])


def test_what_is_no_key_stays_as_it_is() -> None:
    for text in ("", "a\\n b", f"{LINES[0]}\n", "-----BEGIN", f" {KEY}"):
        assert normal_key(text) == text
    assert tail("abc") is None


def test_of_a_key_the_last_characters_of_its_content_are_shown() -> None:
    assert shown(KEY, 240) == f"…{BODY[-6:-2]} ({len(KEY)} characters)"


def test_what_is_shown_of_a_text_of_many_lines_is_on_one() -> None:
    assert shown("MIIE" * 40 + "\nabcdQPs\n", 1200) == "…dQPs (169 characters)"


@given(st.text(max_size=300).map(lambda text: f"{LINES[0]}{text}{LINES[-1]}"))
def test_what_was_made_normal_stays(text: str) -> None:
    assert normal_key(normal_key(text)) == normal_key(text)
