"""YAML text into typed values, strictly, with the line of every problem.

The types are the schema: dataclass fields are keys (`_` written as `-`), and unknown, duplicate and
missing keys, wrong types and YAML's own guesses (`no`, `012`, `1e3`) are errors. Every scalar is
read as it is written; the field's type says what it means, so `on` and `yes` stay words.
"""

import dataclasses
import datetime
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin

from scopeaudit.model.errors import InvalidFileError

T = TypeVar("T")

MAXIMUM_CHARACTERS = 4_000_000
MAXIMUM_DEPTH = 40

_TRICK = 1_000_000
"""Deeper than anything."""
_BOOLEANS = {"true": True, "false": False}
_GUESSED = frozenset({"yes", "no", "on", "off", "null", "~", "true", "false"})


@dataclasses.dataclass(frozen=True, slots=True)
class Marked:
    """A scalar together with the line it stands on, from 1."""

    text: str
    line: int


def decode(text: str, path: str, kind: type[T]) -> T:
    """The document as a value of `kind`.

    A field called `line` of type `int` takes the line of its mapping and is no key.

    Raises:
        InvalidFileError: with every problem, as `path:line: field: what to do`.
    """
    node = compose(text, path)
    decoder = _Decoder(path)
    value = decoder.value(node, kind, "", 0)
    if decoder.problems:
        raise InvalidFileError(tuple(text for _, text in sorted(decoder.problems)))
    return typing.cast("T", value)


def compose(text: str, path: str) -> Any:
    """The root node of a YAML document without aliases, tags or deep nesting.

    Raises:
        InvalidFileError: if it is none.
    """
    import yaml

    if len(text) > MAXIMUM_CHARACTERS:
        raise InvalidFileError((f"{path}:1: the file is larger than {MAXIMUM_CHARACTERS} characters",))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_tricks(yaml, yaml.scan(text, Loader=loader), path)
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InvalidFileError((f"{path}:{line}: {error.problem or 'not valid YAML'}",)) from None
    except (yaml.YAMLError, UnicodeEncodeError):
        raise InvalidFileError((f"{path}:1: holds characters YAML does not allow",)) from None
    except RecursionError:
        raise InvalidFileError((f"{path}:1: nested too deeply",)) from None
    if node is None:
        raise InvalidFileError((f"{path}:1: the file is empty",))
    return node


def _refuse_tricks(yaml: Any, tokens: Any, path: str) -> None:
    """Aliases multiply, and composing deep nesting exhausts the C stack: both end here."""
    steps = {
        yaml.BlockMappingStartToken: 1,
        yaml.BlockSequenceStartToken: 1,
        yaml.FlowMappingStartToken: 1,
        yaml.FlowSequenceStartToken: 1,
        yaml.BlockEndToken: -1,
        yaml.FlowMappingEndToken: -1,
        yaml.FlowSequenceEndToken: -1,
        yaml.AliasToken: _TRICK,
        yaml.AnchorToken: _TRICK,
        yaml.TagToken: _TRICK,
    }
    depth = 0
    for token in tokens:
        depth += steps.get(type(token), 0)
        if depth > MAXIMUM_DEPTH:
            line = token.start_mark.line + 1
            trick = depth >= _TRICK
            what = "anchors, aliases and tags are not used here" if trick else "nested too deeply"
            raise InvalidFileError((f"{path}:{line}: {what}",))


class _Shape(Enum):
    """What kind of node a type is written as."""

    OPTIONAL = 1
    SEQUENCE = 2
    MAPPING = 3
    FIELDS = 4
    SCALAR = 5


@lru_cache(maxsize=256)
def _shape(kind: Any) -> tuple[_Shape, Any, Any]:
    """The shape of a type hint, what it is made with, and the type inside."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _Shape.OPTIONAL, None, next(each for each in inside if each is not type(None))
    if origin in (tuple, frozenset):
        return _Shape.SEQUENCE, origin, inside[0]
    if origin is not None and issubclass(origin, Mapping):
        return _Shape.MAPPING, None, inside[1]
    if dataclasses.is_dataclass(kind) and kind is not Marked:
        return _Shape.FIELDS, None, None
    return _Shape.SCALAR, None, None


@lru_cache(maxsize=256)
def fields_of(kind: type) -> dict[str, tuple[Any, bool]]:
    """YAML key to the type hint of a dataclass field and whether it is required."""
    hints = typing.get_type_hints(kind)
    result = {}
    for field in dataclasses.fields(kind):
        if field.name == "line" and hints["line"] is int:
            continue
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        result[field.name.replace("_", "-")] = (hints[field.name], required)
    return result


@lru_cache(maxsize=256)
def _has_line(kind: Any) -> bool:
    return any(field.name == "line" for field in dataclasses.fields(kind))


class _Decoder:
    """Walks nodes beside types and collects problems instead of stopping at the first."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[tuple[int, str]] = []

    def problem(self, node: Any, where: str, what: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append((line, f"{self.path}:{line}: {where + ': ' if where else ''}{what}"))

    def value(self, node: Any, kind: Any, where: str, depth: int) -> Any:
        if depth > MAXIMUM_DEPTH:
            self.problem(node, where, "nested too deeply")
            return None
        shape, origin, inside = _shape(kind)
        match shape:
            case _Shape.OPTIONAL:
                return self.value(node, inside, where, depth)
            case _Shape.SEQUENCE:
                return self._sequence(node, origin, inside, where, depth)
            case _Shape.MAPPING:
                return self._mapping(node, inside, where, depth)
            case _Shape.FIELDS:
                return self._dataclass(node, kind, where, depth)
            case _Shape.SCALAR:
                return self._scalar(node, kind, where)

    def _sequence(self, node: Any, origin: Any, item: Any, where: str, depth: int) -> Any:
        if node.id != "sequence":
            self.problem(node, where, "expected a list")
            return origin()
        return origin(
            self.value(each, item, f"{where}[{index}]", depth + 1) for index, each in enumerate(node.value)
        )

    def _pairs(self, node: Any, where: str) -> list[tuple[str, Any, Any]]:
        if node.id != "mapping":
            self.problem(node, where, "expected a mapping of keys to values")
            return []
        seen: set[str] = set()
        pairs = []
        for key, value in node.value:
            if key.id != "scalar":
                self.problem(key, where, "a key is not a plain word")
                continue
            if key.value in seen:
                self.problem(key, _join(where, key.value), "is given twice")
                continue
            seen.add(key.value)
            pairs.append((key.value, key, value))
        return pairs

    def _mapping(self, node: Any, item: Any, where: str, depth: int) -> dict[str, Any]:
        return {
            name: self.value(value, item, _join(where, name), depth + 1)
            for name, _, value in self._pairs(node, where)
        }

    def _dataclass(self, node: Any, kind: Any, where: str, depth: int) -> Any:
        known = fields_of(kind)
        found: dict[str, Any] = {}
        count = len(self.problems)
        for name, key, value in self._pairs(node, where):
            if name not in known:
                self.problem(key, _join(where, name), f"unknown key; known are {', '.join(sorted(known))}")
                continue
            found[name.replace("-", "_")] = self.value(value, known[name][0], _join(where, name), depth + 1)
        if node.id == "mapping":
            for name, (_, required) in known.items():
                if required and name.replace("-", "_") not in found:
                    self.problem(node, _join(where, name), "is missing")
        if len(self.problems) > count:
            return None
        if _has_line(kind):
            found["line"] = node.start_mark.line + 1
        return kind(**found)

    def _scalar(self, node: Any, kind: Any, where: str) -> Any:
        if node.id != "scalar":
            self.problem(node, where, "expected a single value")
            return None
        text: str = node.value
        if kind is Marked:
            return Marked(text=text, line=node.start_mark.line + 1)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._enumeration(node, kind, where)
        plain = not node.style  # None from the one loader, empty from the other
        if kind is str:
            if plain and (text.lower() in _GUESSED or text == ""):
                self.problem(node, where, f"{text or 'nothing'!r} is a guess in YAML: quote it")
            return text
        if kind is bool:
            if not plain or text not in _BOOLEANS:
                self.problem(node, where, "expected true or false")
            return _BOOLEANS.get(text)
        return self._number_or_date(node, kind, where)

    def _enumeration(self, node: Any, kind: type[Enum], where: str) -> Any:
        try:
            return kind(node.value)
        except ValueError:
            allowed = ", ".join(str(each.value) for each in kind)
            self.problem(node, where, f"expected one of {allowed}")
            return None

    def _number_or_date(self, node: Any, kind: Any, where: str) -> Any:
        text: str = node.value
        try:
            if kind is int:
                if not text.isascii() or not text.removeprefix("-").isdigit() or (text[:1] == "0" != text):
                    raise ValueError
                return int(text)
            if kind is float:
                return float(text)
            if kind is datetime.date:
                return datetime.date.fromisoformat(text)
        except ValueError:
            names = {int: "a whole number", float: "a number", datetime.date: "a date such as 2027-03-31"}
            self.problem(node, where, f"expected {names[kind]}")
            return None
        raise TypeError(f"no decoding for {kind!r} at {where}")


def _join(where: str, name: str) -> str:
    shown = name[:60]
    if not shown.isprintable():
        shown = "".join(each if each.isprintable() else "?" for each in shown)
    return f"{where}.{shown}" if where else shown
