"""Files of tools as trees of mappings, lists and values. Nothing in them is run, included or looked up."""

import json
import os
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from scopeaudit.catalogue.places import Format

LIMIT_BYTES = 16 << 20
_SLOW_LIMIT_BYTES = 2 << 20
"""Of formats that are read in Python."""
_NODES_LIMIT = 2_000_000
"""Of a tree, each as often as aliases repeat it."""
_NUMBER_BITS = 8_192
"""Of a whole number; Python refuses to write down what is much larger."""
_NUMBER_LENGTH = 400
"""Of a number in YAML, which may be written in base sixty."""
_KEY_PARTS = 64
_MERGED_LIMIT = 200_000
"""Pairs that merge keys of YAML bring into mappings, in all."""
_ROWS_LIMIT = 20_000
_CELLS_BYTES = 64 << 20
"""Of the values of a database, in all."""
_STEPS_LIMIT = 5_000_000
"""Of SQLite's virtual machine, in all."""
_DEPTH_LIMIT = 100
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_LAST_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|,(?=\s*+[}\]])', re.DOTALL)
_KEY_PART = re.compile(r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+(\.?)[ \t]*+""")
_SECTION = re.compile(r"\[([^\]]{1,256}+)\]\s*+(?:[#;].*)?")
_PAIR = re.compile(r"([^\s=:#;\[][^=:]{0,255}+)[=:]\s?(.*)")
_VARIABLE = re.compile(r"\s*(?:export\s+|set\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)(?:=|\s+)(.*)")


class UnreadableError(Exception):
    """A file is not written as it should be. The text says why, and nothing of what is in it."""


def tree(text: str, form: Format, *, typed: bool = False) -> Any:
    """The file's content; scalars as they are written, or `typed` as the format means them.

    Raises:
        UnreadableError: if it is not in that format.
    """
    reader = _READERS.get(form)
    if reader is None:
        return text
    if form in (Format.YAML, Format.TOML) and len(text) > _SLOW_LIMIT_BYTES:
        raise UnreadableError(f"is larger than {_SLOW_LIMIT_BYTES >> 20} MiB")
    try:
        content = reader(text, typed)
    except RecursionError:
        raise UnreadableError("is nested too deeply") from None
    refuse_size(content)
    return content


def refuse_size(content: Any, limit: int = _NODES_LIMIT) -> None:
    """Whoever walks through the tree later need not fear it, nor the text of its numbers.

    Raises:
        UnreadableError: if it is too deep or too large, each node counted as often as aliases repeat it.
    """
    pending = [(content, 0)]
    count = 0
    while pending:
        node, depth = pending.pop()
        count += len(node) if isinstance(node, (dict, list)) else 1
        if depth > _DEPTH_LIMIT:
            raise UnreadableError("is nested too deeply")
        if count > limit:
            raise UnreadableError("holds too much")
        inner = (
            (*node, *node.values()) if isinstance(node, dict) else node if isinstance(node, list) else (node,)
        )
        for each in inner:
            if isinstance(each, (dict, list)):
                pending.append((each, depth + 1))
            elif isinstance(each, int) and each.bit_length() > _NUMBER_BITS:
                raise UnreadableError("holds a number that is too large")


def database(path: str, tables: Iterable[str]) -> Mapping[str, Any]:
    """Tables of a SQLite file, opened unchanging: rows as mappings by column; text that is JSON is parsed.

    A table with a column `key` is a mapping of keys to rows, any other a list. Tables that are not there are
    left out, and so are views, virtual tables and generated columns: nothing the file says is worked out.

    Raises:
        UnreadableError: if it is none, or holds too much.
    """
    steps = 0

    def tired() -> int:
        nonlocal steps
        steps += 10_000
        return int(steps > _STEPS_LIMIT)

    try:
        connection = sqlite3.connect(f"{_uri(path)}?mode=ro&immutable=1", uri=True)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMIT_BYTES)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.set_progress_handler(tired, 10_000)
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            # A virtual table has no page of its own.
            listing = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
            )
            present = {str(row[0]) for row in listing}
            return {name: _table(connection, name) for name in tables if name in present}
        finally:
            connection.close()
    except (sqlite3.Error, MemoryError):
        raise UnreadableError("could not be read as a database") from None


def _table(connection: sqlite3.Connection, name: str) -> Any:
    described = connection.execute(f"PRAGMA table_xinfo({_quoted(name)})")
    columns = [str(row[1]) for row in described if row[6] == 0]
    if not columns:
        return []
    chosen = ", ".join(map(_quoted, columns))
    rows = connection.execute(f"SELECT {chosen} FROM {_quoted(name)} LIMIT {_ROWS_LIMIT + 1}")  # noqa: S608
    found: list[dict[str, Any]] = []
    left = _CELLS_BYTES
    for row in rows:
        left -= sum(len(each) for each in row if isinstance(each, (str, bytes)))
        if left < 0 or len(found) == _ROWS_LIMIT:
            raise UnreadableError("holds too much")
        found.append(dict(zip(columns, map(_cell, row), strict=True)))
    return {str(row["key"]): row for row in found} if "key" in columns else found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _uri(path: str) -> str:
    from urllib.parse import quote

    return "file:" + quote(path.replace(os.sep, "/"))


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def plain_json(text: str) -> str:
    """JSON with comments and trailing commas as plain JSON, every character in its place."""

    def blank(match: re.Match[str]) -> str:
        found = match.group()
        return found if found[0] == '"' else re.sub(r"[^\n]", " ", found)

    return _LAST_COMMA.sub(blank, _COMMENT.sub(blank, text))


def _json(text: str, typed: bool) -> Any:
    for attempt in (str, plain_json):
        try:
            plain = attempt(text)
            return json.loads(plain) if typed else json.loads(plain, parse_int=str, parse_float=str)
        except ValueError:
            continue
    raise UnreadableError("is not valid JSON")


def _yaml(text: str, typed: bool) -> Any:
    import yaml

    try:
        _refuse_depth(text)
        return yaml.load(text, Loader=_yaml_loader(typed))  # noqa: S506 - both make plain values only
    except (yaml.YAMLError, ValueError, UnicodeError):
        raise UnreadableError("is not valid YAML") from None


@cache
def _yaml_loader(typed: bool) -> Any:
    """Makes plain values only: texts, or those that YAML means, without what takes long."""
    import yaml

    if not typed:
        return getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    parent: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Careful(parent):  # type: ignore[misc]
        """Merges and numbers of bounded size."""

        merged = 0

        def flatten_mapping(self, node: Any) -> None:
            for key, value in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                        if isinstance(each, yaml.MappingNode):
                            self.flatten_mapping(each)
                            self.merged += len(each.value)
                        if self.merged > _MERGED_LIMIT:
                            raise UnreadableError("holds too much")
            super().flatten_mapping(node)

        def construct_scalar(self, node: Any) -> Any:
            is_number = node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
            if is_number and len(node.value) > _NUMBER_LENGTH:
                raise UnreadableError("holds a number that is too large")
            return super().construct_scalar(node)

    return Careful


def _refuse_depth(text: str) -> None:
    """Composing deep nesting exhausts the C stack."""
    depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            if depth > _DEPTH_LIMIT:
                raise UnreadableError("is nested too deeply")
        elif character in "]}":
            depth -= 1
    indent = max((len(each) - len(each.lstrip(" -?")) for each in text.splitlines()), default=0)
    if indent > 4 * _DEPTH_LIMIT:
        raise UnreadableError("is nested too deeply")


def _toml(text: str, typed: bool) -> Any:
    del typed
    _refuse_long_keys(text)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError):
        raise UnreadableError("is not valid TOML") from None


def _refuse_long_keys(text: str) -> None:
    """Reading a key of many parts takes time that grows with their square."""
    parts, end = 0, -1
    for match in _KEY_PART.finditer(text):
        parts = parts + 1 if match.start() == end and match.group(1) else bool(match.group(1))
        end = match.end()
        if parts > _KEY_PARTS:
            raise UnreadableError("is nested too deeply")


def _ini(text: str, typed: bool) -> Any:
    del typed
    sections: dict[str, dict[str, str]] = {}
    current = sections.setdefault("", {})
    for line in map(str.strip, text.splitlines()):
        if section := _SECTION.fullmatch(line):
            current = sections.setdefault(section.group(1).strip().strip("\"'"), {})
        elif pair := _PAIR.fullmatch(line):
            current[pair.group(1).rstrip()] = pair.group(2).strip()
    return sections


def _properties(text: str, typed: bool) -> Any:
    del typed
    lines = map(str.strip, text.splitlines())
    found = (_PAIR.fullmatch(line) for line in lines if not line.startswith("!"))
    return {pair.group(1).rstrip(): pair.group(2).strip() for pair in found if pair}


def _env(text: str, typed: bool) -> Any:
    del typed
    found = (_VARIABLE.fullmatch(line) for line in text.splitlines())
    return {pair.group(1): _unquoted(pair.group(2).strip()) for pair in found if pair}


def _unquoted(value: str) -> str:
    quote = value[:1]
    if quote in ("'", '"'):
        end = value.find(quote, 1)
        return value[1:end] if end > 0 else value[1:]
    return re.split(r"\s#", value, maxsplit=1)[0].strip().rstrip(";")


def _netrc(text: str, typed: bool) -> Any:
    del typed
    words = [each.strip('"') for each in re.findall(r'"(?:[^"\\]|\\.)*"|#[^\n]*|\S+', text) if each[0] != "#"]
    machines: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    position = 0
    while position < len(words):
        word = words[position]
        if word == "default":
            current = machines.setdefault("", {})
            position += 1
        elif word == "machine":
            current = machines.setdefault(words[position + 1] if position + 1 < len(words) else "", {})
            position += 2
        elif word in ("login", "password", "account"):
            current[word] = words[position + 1] if position + 1 < len(words) else ""
            position += 2
        else:
            position += 1
    return machines


def _xml(text: str, typed: bool) -> Any:
    del typed
    from xml.etree import ElementTree

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnreadableError("declares entities; it was not parsed")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a document type nothing expands
    except (ElementTree.ParseError, ValueError):
        raise UnreadableError("is not valid XML") from None
    return {_local(root.tag): _element(root, 0)}


def _element(element: Any, depth: int) -> Any:
    if depth > _DEPTH_LIMIT:
        raise UnreadableError("is nested too deeply")
    found: dict[str, Any] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        found.setdefault(_local(child.tag), []).append(_element(child, depth + 1))
    found = {
        name: each[0] if isinstance(each, list) and len(each) == 1 else each for name, each in found.items()
    }
    if text := (element.text or "").strip():
        if not found:
            return text
        found["#"] = text
    return found


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


_READERS: Mapping[Format, Callable[[str, bool], Any]] = {
    Format.JSON: _json,
    Format.YAML: _yaml,
    Format.TOML: _toml,
    Format.INI: _ini,
    Format.ENV: _env,
    Format.PROPERTIES: _properties,
    Format.XML: _xml,
    Format.NETRC: _netrc,
}
