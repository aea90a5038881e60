"""Files of tools as trees: whatever they hold, in bounded time, and nothing of it is run or included."""

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.places import Format
from scopeaudit.reach.selection import select, value_at
from scopeaudit.reach.written import UnreadableError, database, plain_json, tree
from tests.pace import within

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_plain_json_is_left_as_it_is(value: Any) -> None:
    assert plain_json(json.dumps(value)) == json.dumps(value)
    assert tree(json.dumps(value), Format.JSON, typed=True) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, // see [x]\n "b": 2}', {"a": 1, "b": 2}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ('{"a": "// no comment", /* one */ "b": "/* none */"}', {"a": "// no comment", "b": "/* none */"}),
        ('{"a": 1, // last\n}', {"a": 1}),
        ('{"a": "x\\"// y"}', {"a": 'x"// y'}),
    ],
)
def test_comments_and_trailing_commas_are_passed_over(text: str, expected: Any) -> None:
    assert tree(text, Format.JSON, typed=True) == expected
    assert len(plain_json(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1,' + "/**/" * 50_000 + " x",
        '"' + '\\"' * 200_000,
        "[" * 100_000,
        "/*" * 200_000,
        '{"a":' * 50_000,
    ],
)
@pytest.mark.parametrize("form", [each for each in Format if each not in (Format.SQLITE, Format.BINARY)])
def test_no_text_takes_long(form: Format, text: str) -> None:
    with within(5), contextlib.suppress(UnreadableError):
        tree(text, form)


@given(st.text(), st.sampled_from([each for each in Format if each not in (Format.SQLITE, Format.BINARY)]))
def test_any_text_is_read_or_refused(text: str, form: Format) -> None:
    with contextlib.suppress(UnreadableError):
        tree(text, form)


@pytest.mark.parametrize(
    ("form", "text", "at", "key", "expected"),
    [
        (Format.INI, "[default]\naws_access_key_id = x\n", ["default"], "aws_access_key_id", "x"),
        (Format.INI, "[default]\nA=b = c\n", ["default"], "a", "b = c"),
        (Format.ENV, "export A='b c' # d\nB=x # y\n", [], "A", "b c"),
        (Format.ENV, "B=x # y\n", [], "B", "x"),
        (Format.PROPERTIES, "#c\na.b=c=d\n", [], "a.b", "c=d"),
        (Format.TOML, "[a.b]\nc = 'd'\n", ["a", "b"], "c", "d"),
        (Format.YAML, "a:\n- b: 012\n", ["a", "*"], "b", "012"),
        (Format.XML, '<a x="1"><b>c</b><b>d</b></a>', ["a", "b", "1"], "", "d"),
        (Format.XML, '<a x="1"/>', ["a"], "@x", "1"),
        (Format.NETRC, "machine h login u password p\ndefault password q\n", ["h"], "password", "p"),
        (Format.NETRC, "machine h\n  login u\n  password 'p#q'\n", ["h"], "login", "u"),
        (Format.JSON, '{"a": {"x.example": {"k": 7}}}', ["a", "*.example"], "k", "7"),
        (Format.JSON, '{"a": [{"deep": {"k": "v"}}]}', ["**", "deep"], "k", "v"),
        (Format.TEXT, "value", [], "", "value"),
    ],
)
def test_values_are_found_by_their_keys(
    form: Format, text: str, at: list[str], key: str, expected: str
) -> None:
    assert [value_at(node, key) for node in select(tree(text, form), at)] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch sprung']",
        "a: !include /etc/passwd",
        "&a [*a]",
    ],
)
def test_yaml_makes_plain_values_or_nothing(text: str) -> None:
    with contextlib.suppress(UnreadableError):
        list(select(tree(text, Format.YAML), ["**", "x"]))


def test_xml_that_declares_entities_is_refused() -> None:
    with pytest.raises(UnreadableError, match="entities"):
        tree('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', Format.XML)


def test_a_small_file_with_many_aliases_is_bounded() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with within(5), contextlib.suppress(UnreadableError):
        sum(1 for _ in select(tree(text, Format.YAML), ["**", "nothing"]))


HOSTILE = [
    pytest.param(Format.TOML, ".".join("a" * 40_000) + "=1", id="a key of many parts"),
    pytest.param(Format.TOML, "x={" + " . ".join(['"a"'] * 40_000) + "=1}", id="many parts in a table"),
    pytest.param(
        Format.YAML,
        "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
        id="merges of merges",
    ),
    pytest.param(
        Format.YAML,
        "a: &a {" + ", ".join(f"k{n}: 1" for n in range(4_000)) + "}\nb: {<<: [" + "*a, " * 40_000 + "*a]}\n",
        id="one merged many times",
    ),
    pytest.param(Format.YAML, "a: &a {<<: *a}\n", id="merged with itself"),
    pytest.param(Format.YAML, "a: 1" + ":1" * 400_000, id="a number in base sixty"),
    pytest.param(Format.YAML, "a: 1" + ":1" * 400_000 + ".5", id="a fraction in base sixty"),
    pytest.param(
        Format.YAML,
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 14)),
        id="aliases of aliases",
    ),
    pytest.param(Format.YAML, "&a [*a]", id="a list in itself"),
    pytest.param(Format.INI, "[" + " " * 100_000, id="a section that does not end"),
    pytest.param(Format.INI, "[a]" + " " * 100_000 + "x", id="a section that ends too early"),
    pytest.param(Format.INI, "x" + " " * 2_000_000, id="a key that does not end"),
    pytest.param(Format.INI, ("x" + " " * 200) * 10_000, id="keys that do not end"),
    pytest.param(Format.PROPERTIES, "x" + " " * 2_000_000, id="a property that does not end"),
    pytest.param(Format.ENV, "export" + " " * 500_000 + "=", id="no variable"),
    pytest.param(Format.ENV, "set " + "-a " * 200_000 + "=", id="options and no variable"),
    pytest.param(Format.NETRC, '"\\" ' * 200_000, id="quotes"),
    pytest.param(Format.XML, "<a>" * 300_000 + "</a>" * 300_000, id="elements"),
    pytest.param(Format.TOML, "a = 0x" + "f" * 6_000, id="a number too large to be written"),
    pytest.param(Format.YAML, "a: 0x" + "f" * 6_000, id="another one"),
    pytest.param(Format.YAML, "? 0x" + "f" * 6_000 + "\n: 1", id="one as a key"),
]


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize(("form", "text"), HOSTILE)
def test_what_is_read_can_be_walked_through_and_told_in_bounded_time(
    form: Format, text: str, typed: bool
) -> None:
    with within(5), contextlib.suppress(UnreadableError):
        json.dumps(tree(text, form, typed=typed), default=str, skipkeys=True)


def test_sections_and_pairs_are_read_with_their_comments_and_quotes() -> None:
    text = (
        '[ default ] ; first\nkey name  =  value = x \n[remote "origin"] # r\n\turl: u\n[a]]\nb=1\n[]\nc=2\n'
    )
    assert tree(text, Format.INI) == {
        "": {},
        "default": {"key name": "value = x"},
        'remote "origin': {"url": "u", "b": "1", "c": "2"},
    }


def test_a_tree_that_was_not_walked_to_its_end_says_so() -> None:
    content = {"a": [[0] * 1000 for _ in range(1000)]}
    with pytest.raises(UnreadableError, match="too much"):
        list(select(content, ["**", "x"]))


def rows(path: Path, *statements: str) -> Any:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for each in statements:
            connection.execute(each)
        connection.commit()
    return database(str(path), ["auth"])


def test_of_a_database_the_stored_values_are_read_and_nothing_is_worked_out(tmp_path: Path) -> None:
    made = "CREATE TABLE auth (key TEXT, value TEXT, big TEXT GENERATED ALWAYS AS (hex(zeroblob(1000000))))"
    found = rows(tmp_path / "a.db", made, "INSERT INTO auth (key, value) VALUES ('k', '{\"a\": 1}')")
    assert found == {"auth": {"k": {"key": "k", "value": {"a": 1}}}}


@pytest.mark.parametrize(
    "made",
    [
        "CREATE VIEW auth AS SELECT 'k' AS key, hex(zeroblob(100000000)) AS value",
        "CREATE VIRTUAL TABLE auth USING fts5(key, value)",
    ],
)
def test_of_a_database_what_is_no_plain_table_is_left_alone(made: str, tmp_path: Path) -> None:
    assert rows(tmp_path / "a.db", made) == {}


def test_a_database_with_more_than_is_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scopeaudit.reach.written._CELLS_BYTES", 1_000)
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    with pytest.raises(UnreadableError, match="too much"):
        rows(
            tmp_path / "a.db",
            "CREATE TABLE auth (key, value)",
            f"INSERT INTO auth {many} SELECT i, 'xxxxxxxxxxxx' FROM n",
        )


def test_a_database_that_another_program_holds_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    rows(path, "CREATE TABLE auth (key, value)", "INSERT INTO auth VALUES ('k', 'v')")
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert database(str(path), ["auth"])["auth"]["k"]["value"] == "v"


@given(st.binary(max_size=400), st.integers(0, 4_000))
def test_a_broken_database_is_read_or_refused(noise: bytes, at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        rows(path, "CREATE TABLE auth (key, value)", "INSERT INTO auth VALUES ('k', 'v')")
        data = bytearray(path.read_bytes())
        data[at : at + len(noise)] = noise
        path.write_bytes(data)
        with contextlib.suppress(UnreadableError):
            database(str(path), ["auth"])
