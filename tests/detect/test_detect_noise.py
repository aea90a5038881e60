"""What detect-secrets' comments and baselines say."""

import hashlib
import json
from types import SimpleNamespace

import pytest

from scopeaudit.detect.noise import Noise, baseline_of, has_pragma, is_baseline
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source

VALUE = "correct horse battery staple"
PRAGMA = "pragma" + ": allowlist"
"""Written in two parts, so that this file holds no such comment."""


def digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def baseline(**results: list[dict]) -> bytes:
    return json.dumps({"version": "1.5.0", "results": results}).encode()


def entry(text: str = VALUE, **more: object) -> dict:
    return {"type": "Secret Keyword", "hashed_secret": digest(text), "line_number": 3, **more}


def noise(data: bytes, path: str = ".secrets.baseline") -> Noise:
    found = Noise.from_baseline(data, path)
    assert isinstance(found, Noise)
    return found


def test_a_baseline_covers_its_value_in_its_file_on_any_line():
    found = noise(baseline(**{"config/app.py": [entry()]}))
    assert found.covers("config/app.py", 99, VALUE)
    assert not found.covers("config/app.py", 3, VALUE + "x")
    assert not found.covers("config/other.py", 3, VALUE)


@pytest.mark.parametrize(("mark", "covered"), [(True, False), (False, True), (None, True)])
def test_what_somebody_marked_as_a_secret_is_no_noise(mark, covered):
    assert noise(baseline(a=[entry(is_secret=mark)])).covers("a", 3, VALUE) is covered


@pytest.mark.parametrize(
    ("path", "name", "covered"),
    [
        ("sub/.secrets.baseline", "a", "sub/a"),
        ("sub/.secrets.baseline", "../a", "a"),
        (".secrets.baseline", "./x/a", "x/a"),
        (".secrets.baseline", "x\\a", "x/a"),
        (".secrets.baseline", "/etc/a", "/etc/a"),
    ],
)
def test_names_are_relative_to_the_baseline(path, name, covered):
    assert noise(baseline(**{name: [entry()]}), path).covers(covered, 3, VALUE)


def test_a_private_key_is_covered_on_its_line_only():
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"
    found = noise(baseline(a=[entry("BEGIN RSA PRIVATE KEY", type="Private Key")]))
    assert (found.covers("a", 3, key), found.covers("a", 4, key)) == (True, False)


def test_several_baselines_are_one():
    both = Noise.union([noise(baseline(a=[entry()])), noise(baseline(a=[entry("other")], b=[entry()]))])
    assert [both.covers(*each) for each in (("a", 1, VALUE), ("a", 1, "other"), ("b", 1, VALUE))] == [
        True
    ] * 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"results": []}',
        b'{"results": {"a": {}}}',
        b'{"results": {"a": [{}]}}',
        b'{"results": {"a": [{"hashed_secret": 1}]}}',
        b'{"results": ' + b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_baseline_is_a_gap(data):
    why = "is not a baseline of detect-secrets; nothing in it counts"
    assert Noise.from_baseline(data, "x/.secrets.baseline") == Gap(Stage.DETECT, "x/.secrets.baseline", why)


def test_entries_that_are_no_digests_cover_nothing():
    assert noise(baseline(a=[entry() | {"hashed_secret": "x"}])) == Noise()


def test_a_slim_baseline_without_lines_is_understood():
    assert noise(baseline(a=[{"hashed_secret": digest(VALUE)}])).covers("a", 3, VALUE)


def test_only_a_baseline_of_today_speaks():
    assert is_baseline(Document(Source.TREE, "x/.secrets.baseline", b""))
    assert is_baseline(Document(Source.STAGED, ".secrets.baseline", b""))
    assert not is_baseline(Document(Source.HISTORY, ".secrets.baseline", b"", "abc"))
    assert not is_baseline(Document(Source.TREE, ".secrets.baseline.md", b""))


def test_a_baseline_in_sections_is_a_gap():
    found = baseline_of(Document(Source.TREE, ".secrets.baseline", baseline(), own=(0, 10)))
    assert found == Gap(
        Stage.DETECT, ".secrets.baseline", "is too large for a baseline; nothing in it counts"
    )
    assert baseline_of(Document(Source.TREE, ".secrets.baseline", baseline())) == Noise()


LINES = [
    f"x = 1  # {PRAGMA} secret",
    f"x = 1  #{PRAGMA} secret because",
    f"x = 1  # {PRAGMA}-secret",
    f"x = 1  # {PRAGMA.replace('allow', 'white')} secret",
    f"x = 1  # {PRAGMA.replace(': ', ':')} secret",
    f"x = 1  # {PRAGMA.replace(': ', ':  ')} secret",
    f"x = 1  // {PRAGMA} secret",
    f"x = 1  /* {PRAGMA} secret */",
    f"x = 1  /* {PRAGMA} secret */  ",
    f"x = 1  /* {PRAGMA} secret */ y",
    f"x = 1  /* {PRAGMA} secret",
    f"x = 1  ' {PRAGMA} secret",
    f"x = 1  -- {PRAGMA} secret",
    f"<x/> <!-- {PRAGMA} secret -->",
    f"<x/> <!-- # {PRAGMA} secret -->",
    f"<x/> <!-- {PRAGMA} secret",
    f"x = 1  ; {PRAGMA} secret",
    f"x = 1  {PRAGMA} secret",
    f"x = 1  # {PRAGMA} nextline secret",
    f"x = 1  # {PRAGMA}",
    "x = 1",
]


@pytest.mark.parametrize("path", ["a.py", "a.yaml", "a.yml"])
@pytest.mark.parametrize("line", LINES)
def test_comments_count_where_detect_secrets_counts_them(line, path):
    from detect_secrets.filters.allowlist import is_line_allowlisted

    expected = is_line_allowlisted(path, line, SimpleNamespace(previous_line=""))
    data = f"a\n{line}\nb\n".encode()
    assert has_pragma(data, data.index(line.encode()), path) is expected


@pytest.mark.parametrize("path", ["a.py", "a.yaml"])
@pytest.mark.parametrize(
    "above",
    [
        *(each.replace("secret", "nextline secret") for each in LINES),
        f"# {PRAGMA} nextline secret",
        f"   # {PRAGMA} nextline secret",
        f"// {PRAGMA}-nextline-secret",
        f"/* {PRAGMA} nextline secret */",
        f"/* {PRAGMA} nextline secret",
        f"<!-- {PRAGMA} nextline secret -->",
        f"# {PRAGMA} secret",
        "",
    ],
)
def test_comments_on_the_line_above_count_where_detect_secrets_counts_them(above, path):
    from detect_secrets.filters.allowlist import is_line_allowlisted

    expected = is_line_allowlisted(path, "x = 1", SimpleNamespace(previous_line=above))
    data = f"z\n{above}\nx = 1\n".encode()
    assert has_pragma(data, data.index(b"x = 1\n", len(above) + 2), path) is expected


def test_a_comment_on_the_first_line_speaks_for_the_second():
    data = f"# {PRAGMA} nextline secret\nx = 1".encode()
    assert has_pragma(data, len(data) - 1, "a")


def test_a_long_line_is_read_near_the_value_only():
    data = b"y" * 10_000 + f"  # {PRAGMA} secret".encode()
    assert has_pragma(data, 9_000, "a")
    assert not has_pragma(data, 10, "a")
