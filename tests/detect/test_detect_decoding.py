"""Encoded text is found like plain text, and where it stands."""

import base64
import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect import decoding as module
from scopeaudit.detect.decoding import DEPTH, EXPRESSIONS, decoded, replaced
from scopeaudit.detect.encodings import base64_text
from scopeaudit.detect.engine import Engine
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from tests.pace import within

KEYS = tuple(EXPRESSIONS)
ENGINE = Engine(["decoding"], lambda: dict(enumerate(EXPRESSIONS.values())))
TOKEN = expand("ghp_<alnum:30><crc32>")
PASSWORD = "correct-horse"


def _decoded(view: View, depth: int = DEPTH) -> Iterator[View | Gap]:
    ends = {KEYS[number]: found for number, found in ENGINE.ends(view.data).items()}
    for each in decoded(view, ends):
        if isinstance(each, Gap):
            yield each
        else:
            inner = View(each)
            yield inner
            if depth > 1:
                yield from _decoded(inner, depth - 1)


def _seen(
    data: bytes, value: str, name: str | None = None
) -> list[tuple[int | None, int | None, str | None]]:
    """Line, column and name of every place where decoded text owns the value."""
    found = []
    for view in _decoded(View(Document(Source.TREE, "a", data, name=name))):
        assert isinstance(view, View)
        start = -1
        while (start := view.data.find(value.encode(), start + 1)) >= 0:
            if view.owns(start):
                place = view.location(start, view.assigned(start).name)
                found.append((place.line, place.column, place.name))
    return found


def _b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def _wrapped(text: str, width: int, between: str) -> str:
    return between.join(text[start : start + width] for start in range(0, len(text), width))


BEHIND: dict[str, str] = {
    "a line of its own": "# backup\n{}\n",
    "a line of windows": "# backup\r\n{}\r\n",
    "an empty line alone": "\n{}\n",
    "a document in a shell": "base64 -d <<EOF\n{}\nEOF\n",
    "echo": "echo -n {} | base64 -d\n",
    "a string in a shell": "base64 -d <<< {}\n",
    "an item": "backup:\n- {}\n",
    "a binary block": "backup: !!binary |\n  {}\n",
    "a block that is kept": "backup: |+\n  {}\n",
    "a folded block that is kept": "backup: >+\n  {}\n",
    "a block with its indentation": "backup: |2-\n  {}\n",
    "a list of properties": "<data>\n\t{}\n\t</data>\n",
    "a tab": "backup\t{}\n",
    "a parenthesis": "decode({})\n",
    "a bracket": "[{}]\n",
    "a brace": "{{{}}}\n",
    "a path": "https://host/{}\n",
    "a column": "|{}|\n",
    "a semicolon": "backup;{}\n",
    "a quotation": "> {}\n",
}


@pytest.mark.parametrize("place", BEHIND)
def test_base64_is_found_behind_what_stands_before_it(place: str) -> None:
    text = BEHIND[place].format(_b64(f"GITHUB_TOKEN={TOKEN}\n"))
    line = 1 + text[: text.index(_b64("GITHUB_TOKEN")[:16])].count("\n")
    assert [(found, name) for found, _, name in _seen(text.encode(), TOKEN)] == [(line, "GITHUB_TOKEN")]


def test_base64_that_is_all_of_an_object_is_found_behind_the_header_of_git() -> None:
    encoded = _b64(f"GITHUB_TOKEN={TOKEN}").encode()
    header = b"0" * 40 + b" blob %d\n" % len(encoded)
    begin = len(header)
    ends = ENGINE.ends_in_parts(header + encoded + b"\n", [begin], [begin + len(encoded)])
    assert KEYS.index("base64") in dict(ends)[0]


@pytest.mark.parametrize("before", ["\ufeff", "Clé ", "é é ", "été: "])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_mark_or_an_accent_early_hides_no_base64_in_quotes(before: str, quote: str) -> None:
    text = f"{before}GITHUB_TOKEN={TOKEN}"
    data = f"backup = {quote}{_b64(text)}{quote}\n".encode()
    assert {place[:2] for place in _seen(data, TOKEN)} == {(1, 11)}


def test_a_word_below_base64_is_no_part_of_it() -> None:
    text = f"GITHUB_TOKEN={TOKEN}\n"
    for word in ("EOF", "done", "PlainWordBelow"):
        assert _seen(f"first\n{_b64(text)}\n{word}\n".encode(), TOKEN)
    lines = _wrapped(_b64(text * 6), 64, "\n")
    assert len(_seen(f"first\n{lines}\n".encode(), TOKEN)) == 6


LONG = "some words of text\n" * ((2 << 20) // 28)
CUT = "holds base64 that is too long to be decoded to its end; the rest of it was not decoded"


@pytest.mark.parametrize(
    ("encoded", "count"),
    [
        (_b64(LONG), 0),
        (_b64(LONG + "some words of text\n" * 20_000), 1),
        (_b64(gzip.compress(b"some-words-of-text" * 400_000)), 1),
        (_b64(gzip.compress(b"some words of text\n" * 1000)), 0),
        (_b64(b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(3 << 20)), 0),
    ],
)
def test_base64_that_is_cut_is_a_gap(encoded: str, count: int) -> None:
    data = f'backup = "{encoded}"\n'.encode()
    gaps = [each for each in _decoded(View(Document(Source.TREE, "a", data))) if isinstance(each, Gap)]
    assert gaps == [Gap(Stage.DETECT, "a", CUT)] * count


def test_base64_that_is_cut_by_the_end_of_a_section_is_a_gap() -> None:
    data = f'backup = "{_b64("some words of text " * 40)}'.encode()
    for own, count in (((0, 100), 1), ((0, len(data)), 0), (None, 0)):
        found = list(_decoded(View(Document(Source.TREE, "a", data, own=own))))
        assert sum(isinstance(each, Gap) for each in found) == count


SECRET = """apiVersion: v1
kind: Secret
metadata:
  name: app
data:
  DB_USER: {user}
  DB_PASSWORD: {password}  # rotated
type: Opaque
---
kind: ConfigMap
data:
  DB_OTHER: {password}
"""


def test_short_values_of_a_kubernetes_secret_are_decoded() -> None:
    data = SECRET.format(user=_b64("admin"), password=_b64(PASSWORD[:8])).encode()
    assert _seen(data, PASSWORD[:8]) == [(7, 16, "DB_PASSWORD")]
    (view,) = _decoded(View(Document(Source.TREE, "a", data)))
    assert isinstance(view, View)
    assert f'  DB_USER: "admin"\n  DB_PASSWORD: "{PASSWORD[:8]}"  # rotated\n'.encode() in view.data


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("times", [0, 1])
def test_a_secret_may_be_json_also_in_a_string(indent: int | None, times: int) -> None:
    manifest = {"data": {"password": _b64(PASSWORD[:8])}, "kind": "Secret"}
    text = json.dumps(manifest, indent=indent)
    for _ in range(times):
        text = json.dumps(text)
    assert PASSWORD[:8] in {PASSWORD[:8] for _ in _seen(text.encode(), PASSWORD[:8])}


FORMS: dict[str, Callable[[str], str]] = {
    "standard": lambda text: f'"{_b64(text)}"',
    "bare": _b64,
    "without padding": lambda text: _b64(text).rstrip("="),
    "url-safe": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "twice": lambda text: _b64(_b64(text)),
    "wide": lambda text: "powershell -enc " + _b64(text.encode("utf-16-le")),
    "announced": lambda text: f"data:text/plain;base64,{_b64(text)}",
    "command": lambda text: f"echo {_b64(text)} | base64 -d",
    "line of a string": lambda text: f'"first\\n{_b64(text)}"',
    "gzip": lambda text: _b64(gzip.compress(text.encode())),
    "block": lambda text: "|\n    " + _wrapped(_b64(text * 5), 64, "\n    "),
    "block of windows": lambda text: "|\r\n    " + _wrapped(_b64(text * 5), 76, "\r\n    "),
    "lines in a string": lambda text: '"' + _wrapped(_b64(text * 5), 76, "\\n") + '"',
    "string put together": lambda text: '"' + _wrapped(_b64(text * 5), 64, '" +\n  "') + '"',
    "json in base64": lambda text: _b64(json.dumps({"k": text}).replace("_", "\\u005f")),
}


@settings(deadline=None, max_examples=200)
@given(
    form=st.sampled_from(sorted(FORMS)),
    before=st.integers(0, 300),
    value=st.text("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789_-", min_size=16, max_size=60),
)
def test_what_is_in_base64_is_found_at_its_line(form: str, before: int, value: str) -> None:
    text = f"SOME_TOKEN={value}\n"
    data = "# comment: ü\n" * before + f"settings: {FORMS[form](text)}\nnext: 1\n"
    seen = _seen(data.encode(), value)
    assert seen
    first = 2 if form.startswith("block") else 1
    assert {line for line, _, _ in seen} == {before + first}
    assert "SOME_TOKEN" in {name for _, _, name in seen}


ESCAPES: dict[str, Callable[[str], str]] = {
    "unicode": lambda text: text.replace("_", "\\u005f", 1),
    "upper case": lambda text: text.replace("_", "\\u005F", 1),
    "hexadecimal": lambda text: text.replace("_", "\\x5f", 1),
    "all": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "all hexadecimal": lambda text: "".join(f"\\x{ord(each):02x}" for each in text),
    "twice": lambda text: text.replace("_", "\\\\u005f", 1),
    "percent": lambda text: text.replace("_", "%5F", 1),
}


@settings(deadline=None, max_examples=200)
@given(
    form=st.sampled_from(sorted(ESCAPES)),
    before=st.integers(0, 300),
    value=st.text("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789", min_size=12, max_size=60),
)
def test_what_is_escaped_is_found_at_its_place(form: str, before: int, value: str) -> None:
    token = "tok_" + value
    data = "// cömment\n" * before + f'const a = 1, key = "{ESCAPES[form](token)}";\n'
    assert set(_seen(data.encode(), token)) == {(before + 1, 21, "key")}


def test_a_url_may_be_encoded() -> None:
    url = f"postgres://admin:{PASSWORD}@db.internal:5432/app"
    for encoded in (quote(url, safe=""), url.replace("/", "\\/"), url.replace("/", "\\u002f")):
        assert _seen(f'x\nDATABASE_URL="{encoded}"\n'.encode(), url) == [(2, 15, "DATABASE_URL")]


def test_what_is_encoded_in_the_login_of_a_plain_url_stays() -> None:
    assert _seen(b"DATABASE_URL=postgres://admin:p%40ss%2Fword1@db.internal/app\n", "p@ss") == []
    url = "https://host/login?next=https%3A%2F%2Fadmin%3Apw%40other\n"
    assert _seen(url.encode(), "https://admin:pw@other") == [(1, 25, "next")]


def test_a_key_on_one_line_is_a_key_on_many() -> None:
    lines = [f"-----BEGIN PRIVATE {'KEY'}-----", _wrapped(expand("<alnum:256>"), 64, "\n"), "-----END"]
    key = "\n".join(lines)
    for text in (key, key.replace("\n", "\r\n")):
        data = json.dumps({"type": "service_account", "private_key": text, "client_email": "a@b"})
        assert _seen(data.encode(), text) == [(1, 45, "private_key")]
        assert _seen(json.dumps(data).encode(), text)


def test_lines_in_a_string_are_lines() -> None:
    data = json.dumps({"file": f"A=1\nDB_PASSWORD={PASSWORD}\nB=2"}).encode()
    assert _seen(data, PASSWORD) == [(1, 28, "DB_PASSWORD")]


def test_a_variable_stays_a_variable() -> None:
    assert _seen(_b64(TOKEN).encode(), TOKEN, name="BUILD_SECRET") == [(None, None, "BUILD_SECRET")]
    (view,) = _decoded(View(Document(Source.ENVIRONMENT, "env:A", _b64(TOKEN).encode(), name="A")))
    assert isinstance(view, View)
    assert view.data == f"A={TOKEN}".encode()


def test_decoded_text_stands_among_its_neighbours_and_does_not_speak_for_them() -> None:
    data = f"[prod]\nid = plain-{TOKEN}\nsecret = {_b64(TOKEN)}\nhost = h\n".encode()
    (view,) = _decoded(View(Document(Source.TREE, "a", data)))
    assert isinstance(view, View)
    assert view.data == f'[prod]\nid = plain-{TOKEN}\nsecret = "{TOKEN}"\nhost = h\n'.encode()
    plain, own = view.data.find(TOKEN.encode()), view.data.rfind(TOKEN.encode())
    assert (view.owns(plain), view.owns(own)) == (False, True)
    assert view.location(plain, None).line == 2
    assert view.location(view.data.find(b"host"), None) == view.location(view.data.find(b"host"), None)
    assert view.position(view.data.find(b"host =")) == (4, 1)
    assert view.assigned(own).scope == ("prod",)
    (start, end) = replaced(view.document)[0]
    assert data[start:end].decode() == _b64(TOKEN)


def test_a_section_speaks_for_its_own_range_only() -> None:
    data = f"a: {_b64(TOKEN)}\n".encode()
    for own, count in (((0, 3), 0), ((3, len(data)), 1)):
        document = Document(Source.TREE, "a", data, line=7, own=own)
        views = list(_decoded(View(document)))
        assert len(views) == count
        assert all(isinstance(view, View) and view.document.line == 7 for view in views)


def test_ordinary_text_is_not_decoded() -> None:
    generator = random.Random(1)
    hashes = "\n".join(f'"integrity": "sha512-{_b64(generator.randbytes(64))}",' for _ in range(3000))
    names = " ".join(["getElementsByClassName", "toLocaleLowerCase", "application/octet-stream"] * 200)
    image = _b64(b"\x89PNG\r\n\x1a\n" + generator.randbytes(100_000))
    token = expand('<jwt:{"sub":"1"}>')
    for text in (hashes, names, image, f"t = '{token}'", "%2d items, %d%% of %05d", r"print('\n\n\x1b[0m')"):
        assert list(_decoded(View(Document(Source.TREE, "a", text.encode())))) == []


@pytest.mark.parametrize("limit", ["RUNS_LIMIT", "PIECES_LIMIT", "DECODED_LIMIT_BYTES"])
def test_too_much_is_a_gap(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, limit, 200 if "BYTES" in limit else 3)
    data = "".join(f'k{number}: "tok\\u005f{expand("<alnum:30>")}"\n' for number in range(400)).encode()
    data += f"a: {_b64('some text ' * 40)}\nb: {_b64('more text ' * 40)}\n".encode()
    found = list(_decoded(View(Document(Source.TREE, "a", data)), depth=1))
    why = "holds more encoded text than is decoded; the rest was not decoded"
    assert found[-1] == Gap(Stage.DETECT, "a", why)
    assert all(isinstance(each, View) for each in found[:-1])


HOSTILE = {
    "escapes": b"\\u0041a" * 400_000,
    "percents": b"%3A%2F%2Fab" * 250_000,
    "quotes": b"a\\u0041a'\"" * 250_000,
    "base64": base64.b64encode(b"text, more text, " * 150_000),
    "short base64": (b"=" + base64.b64encode(b"text of some len") + b" ") * 100_000,
    "blanks": (b" " + base64.b64encode(b"text of some len\xff\xfe") + b"\n") * 100_000,
    "words below": (b"\n" + base64.b64encode(b"text, more text, " * 3 + b"\xff" * 9) + b"\nEOF") * 30_000,
    "wrapped": _wrapped(_b64("text, more text, " * 100_000), 64, "\n").encode(),
    "manifests": b"kind: Secret\n" * 200_000,
    "data": b"kind: Secret\ndata:\n" + b"  a: dGV4dA==\n" * 150_000,
    "backslashes": b"-----BEGIN X-----\\n" + b"\\" * 2_000_000,
    "one line": b"-----BEGIN X-----\\n" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_decoding_takes_bounded_time(name: str) -> None:
    with within(5):
        views = list(_decoded(View(Document(Source.TREE, "a", HOSTILE[name]))))
    assert sum(len(view.data) for view in views if isinstance(view, View)) < 40 << 20


@settings(deadline=None, max_examples=300)
@given(
    parts=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.text(max_size=40).map(lambda text: base64.b64encode(text.encode("utf-8", "replace"))),
            st.sampled_from(
                [b"\\u0041", b"\\x41abcd", b"%3A%2F%2Fabcd", b"kind: Secret\ndata:\n  a: ", b'"', b"\n"]
            ),
        ),
        max_size=12,
    ),
    name=st.sampled_from([None, "NAME"]),
)
def test_any_bytes_are_decoded_without_error_and_pieces_tell_the_truth(
    parts: list[bytes], name: str | None
) -> None:
    data = b"".join(parts)
    view = View(Document(Source.TREE, "a", data, name=name))
    for each in _decoded(view, depth=1):
        assert isinstance(each, View)
        document = each.document
        ends = [piece.start for piece in document.pieces[1:]] + [len(document.data)]
        for piece, end in zip(document.pieces, ends, strict=True):
            if not piece.decoded:
                assert document.data[piece.start : end] == data[slice(*piece.origin)]
            assert (piece.line, piece.column) == view.position(piece.origin[0] + view.lead)


@settings(deadline=None)
@given(st.binary(min_size=21, max_size=300))
def test_random_bytes_are_no_text(data: bytes) -> None:
    text = base64_text(base64.b64encode(data))
    printable = sum(0x20 <= byte < 0x7F or byte in b"\t\n\r" for byte in data)
    assert text is None or data.count(b"\0") * 4 >= len(data) or printable * 2 >= len(data)


def test_a_compressed_bomb_in_base64_is_cut() -> None:
    with within(5):
        text = base64_text(base64.b64encode(gzip.compress(b"A" * (200 << 20))))
        assert text is not None
        assert len(text) == 4 << 20
    assert base64_text(base64.b64encode(b"\x1f\x8b\x08" + os.urandom(40))) is None
