"""JSON as a person wrote it: what is new is put in, and every other character stays where it was."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scopeaudit.reach.written import UnreadableError

_DEPTH_LIMIT = 100
_BLANK = " \t\r\n"
_BLANKS = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|[^\s"\[\]{},:]+')
_INDENT = "  "
"""Where the file does not say."""


def new_json(content: Mapping[str, Any]) -> str:
    """A whole file."""
    return json.dumps(content, indent=_INDENT, ensure_ascii=False) + "\n"


def changed_json(text: str, content: Mapping[str, Any]) -> str:
    """The text, so changed that it holds `content`: keys and elements are added and values replaced.

    Comments, order and indentation stay. Nothing is taken out; a list only grows at its end.

    Raises:
        UnreadableError: if that cannot be done in the text.
    """
    root = _read(text)
    edits: list[_Edit] = []
    _change(_Page.of(text, root), root, content, edits)
    parts: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda each: each.start):
        parts += (text[position : edit.start], edit.text)
        position = edit.end
    return "".join((*parts, text[position:]))


def content_of_json(text: str) -> Any:
    """What a text with comments and last commas holds.

    Raises:
        UnreadableError: if it is not valid.
    """
    return _read(text).data


def _read(text: str) -> "_Value":
    return _Reader(_COMMENT.sub(_blanked, text)).root()


def _blanked(match: re.Match[str]) -> str:
    found = match.group()
    return found if found[0] == '"' else re.sub(r"[^\n]", " ", found)


@dataclass(frozen=True, slots=True)
class _Edit:
    """What stands between two positions from now on; of edits at one place the first comes first."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class _Value:
    """A value and where it stands; `end` is behind its last character."""

    start: int
    end: int = 0
    data: Any = None
    children: list["_Value"] = field(default_factory=list)
    key: str | None = None
    key_start: int = 0
    """Where its key begins, or itself where it has none."""
    has_last_comma: bool = False


class _Reader:
    """Reads a text without comments. Commas before a closing bracket are allowed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def root(self) -> _Value:
        value = self._value(0)
        if self._next():
            raise UnreadableError("is not valid JSON")
        return value

    def _next(self) -> str:
        """The next character that is no white space, which stays to be read; nothing at the end."""
        blanks = _BLANKS.match(self._text, self._position)
        self._position = self._position if blanks is None else blanks.end()
        return self._text[self._position : self._position + 1]

    def _expect(self, character: str) -> None:
        if self._next() != character:
            raise UnreadableError("is not valid JSON")
        self._position += 1

    def _value(self, depth: int) -> _Value:
        if depth > _DEPTH_LIMIT:
            raise UnreadableError("is nested too deeply")
        opener = self._next()
        value = _Value(self._position, key_start=self._position)
        if opener and opener in "{[":
            self._children(value, opener, depth)
        else:
            value.data = self._scalar()
        value.end = self._position
        return value

    def _children(self, value: _Value, opener: str, depth: int) -> None:
        closer = "}" if opener == "{" else "]"
        self._expect(opener)
        while self._next() != closer:
            if value.children and not value.has_last_comma:
                raise UnreadableError("is not valid JSON")
            value.children.append(self._member(depth) if opener == "{" else self._value(depth + 1))
            value.has_last_comma = self._next() == ","
            self._position += value.has_last_comma
        self._expect(closer)
        if opener == "{":
            value.data = {str(each.key): each.data for each in value.children}
        else:
            value.data = [each.data for each in value.children]

    def _member(self, depth: int) -> _Value:
        self._next()
        start = self._position
        key = self._scalar()
        if not isinstance(key, str):
            raise UnreadableError("is not valid JSON")
        self._expect(":")
        value = self._value(depth + 1)
        value.key, value.key_start = key, start
        return value

    def _scalar(self) -> Any:
        word = _WORD.match(self._text, self._position)
        if word is None:
            raise UnreadableError("is not valid JSON")
        self._position = word.end()
        try:
            return json.loads(word.group())
        except ValueError:
            raise UnreadableError("is not valid JSON") from None


@dataclass(frozen=True, slots=True)
class _Page:
    """A text and how its lines are written."""

    text: str
    line_end: str
    unit: str
    """One step of indentation."""

    @classmethod
    def of(cls, text: str, root: _Value) -> "_Page":
        """How a text is written, by its first member."""
        page = cls(text, "\r\n" if "\r\n" in text else "\n", _INDENT)
        indent = page.indent_at(root.children[0].key_start) if root.children else None
        return page if indent is None else cls(text, page.line_end, indent)

    def indent_of_line(self, position: int) -> str:
        """The white space the line of a position begins with."""
        line = self.text[self.text.rfind("\n", 0, position) + 1 : position]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def indent_at(self, position: int) -> str | None:
        """The white space before a position, if there is nothing else on its line."""
        line = self.text[self.text.rfind("\n", 0, position) + 1 : position]
        return line if position > len(line) and not line.strip(" \t") else None

    def written(self, data: Any, indent: str | None) -> str:
        """A value whose lines after the first begin with `indent`; on one line without."""
        if indent is None:
            return json.dumps(data, ensure_ascii=False)
        lines = json.dumps(data, ensure_ascii=False, indent=self.unit)
        return lines.replace("\n", self.line_end + indent)


def _change(page: _Page, value: _Value, data: Any, edits: list[_Edit]) -> None:
    """What it takes to make `data` of a value."""
    old = value.data
    if isinstance(old, dict) and isinstance(data, dict) and old.keys() <= data.keys():
        if len(old) != len(value.children):
            raise UnreadableError("names a key twice")
        for child in value.children:
            if repr(child.data) != repr(data[child.key]):
                _change(page, child, data[child.key], edits)
        _append(page, value, [(key, data[key]) for key in data if key not in old], edits)
    elif isinstance(old, list) and isinstance(data, list) and repr(old) == repr(data[: len(old)]):
        _append(page, value, [(None, each) for each in data[len(old) :]], edits)
    else:
        edits.append(_Edit(value.start, value.end, page.written(data, page.indent_of_line(value.start))))


def _append(page: _Page, value: _Value, new: list[tuple[str | None, Any]], edits: list[_Edit]) -> None:
    """Puts new children behind the last one, and behind its comment."""
    if not new:
        return
    closer = value.end - 1
    inside = page.text[value.start : closer].rstrip(_BLANK)
    place = value.start + len(inside)
    base = page.indent_of_line(value.start)
    if not value.children:
        indent = base + page.unit
        lines = [page.line_end + indent + _child(page, key, data, indent) for key, data in new]
        edits.append(_Edit(place, closer, ",".join(lines) + page.line_end + base))
        return
    first, last = value.children[0], value.children[-1]
    in_lines = "\n" in page.text[value.start : first.key_start] or "\n" in page.text[place:closer]
    known = page.indent_at(first.key_start)
    child_indent = (base + page.unit if known is None else known) if in_lines else None
    before = " " if child_indent is None else page.line_end + child_indent
    lines = [before + _child(page, key, data, child_indent) for key, data in new]
    if not value.has_last_comma:
        edits.append(_Edit(last.end, last.end, ","))
    edits.append(_Edit(place, place, ",".join(lines) + ("," if value.has_last_comma else "")))


def _child(page: _Page, key: str | None, data: Any, indent: str | None) -> str:
    name = "" if key is None else json.dumps(key, ensure_ascii=False) + ": "
    return name + page.written(data, indent)
