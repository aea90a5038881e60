"""Where the types and functions of a file begin and end, in any language."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.text import Kind

_TYPES = frozenset(
    {"class", "interface", "struct", "trait", "object", "enum", "record", "module", "protocol", "extension"}
    | {"impl", "actor", "defmodule", "type"}
)
_FUNCTIONS = frozenset({"def", "defp", "function", "fn", "func", "fun", "suspend"})
_INDENTED = (Kind.PYTHON, Kind.RUBY)
_NO_FUNCTION = frozenset(
    {
        "if",
        "for",
        "while",
        "switch",
        "catch",
        "when",
        "with",
        "match",
        "foreach",
        "using",
        "lock",
        "synchronized",
    }
)
_GOES_ON = frozenset(
    [
        ".",
        "->",
        "?.",
        "::",
        "&.",
        "|",
        "&&",
        "||",
        "+",
        "?",
        ":",
        ",",
        "{",
        ")",
        "]",
        "}",
        "=",
        "=>",
        ">",
        "<",
    ]
)
_LONGEST_HEAD = 60
_LONGEST_STATEMENT = 120


@dataclass(frozen=True, slots=True)
class Definition:
    """A type or function with its body."""

    name: str
    start: int
    """Index of the first token."""
    end: int
    """Index after the last."""
    type: bool
    """Whether it is a type, or a module."""


class Definitions:
    """The definitions of one file, in order."""

    def __init__(self, code: Code, text: str) -> None:
        self._code = code
        found = _indented(code, text) if code.kind in _INDENTED else _braced(code)
        self.all = tuple(sorted(found, key=lambda each: (each.start, -each.end)))
        self._starts = [each.start for each in self.all]

    def around(self, index: int) -> Iterator[Definition]:
        """The definitions that a token lies in, the innermost first; the nearest hundred are looked at."""
        last = bisect_right(self._starts, index)
        for each in reversed(self.all[max(last - 100, 0) : last]):
            if each.end > index:
                yield each


def statement_end(code: Code, index: int) -> int:
    """The index after the statement that a token is in the middle of."""
    for _ in range(_LONGEST_STATEMENT):
        if index >= len(code.tokens):
            break
        token = code.tokens[index]
        if token.type is TokenType.MARK:
            if token.text == ";" or token.text in (")", "]", "}"):
                return index
            if index in code.closing:
                index = code.closing[index] + 1
                if index < len(code.tokens) and code.tokens[index].first and not _goes_on(code, index):
                    return index
                continue
        index += 1
        if index < len(code.tokens) and code.tokens[index].first and not _goes_on(code, index):
            return index
    return min(index, len(code.tokens))


def statement_start(code: Code, index: int) -> int:
    """The index of the first token of the statement that a token is in."""
    for at in range(index, max(index - _LONGEST_HEAD, 0), -1):
        before = code.tokens[at - 1]
        if before.type is TokenType.MARK and before.text in (";", "{", "}"):
            return at
        if code.tokens[at].first and not _goes_on(code, at):
            return at
    return max(index - _LONGEST_HEAD, 0)


def _goes_on(code: Code, index: int) -> bool:
    """Whether a line continues the one before."""
    here, before = code.tokens[index], code.tokens[index - 1]
    return (here.type is TokenType.MARK and here.text in _GOES_ON) or (
        before.type is TokenType.MARK and before.text in _GOES_ON - {")", "]", "}", ">"}
    )


def _indented(code: Code, text: str) -> Iterator[Definition]:
    """Bodies by their indentation: each ends where a line begins no further in than it did."""
    opened: list[tuple[int, int, str, bool]] = []
    for index, token in enumerate(code.tokens):
        if not token.first or code.enclosing[index] >= 0:
            continue
        column = token.start - text.rfind("\n", 0, token.start) - 1
        while opened and opened[-1][0] >= column:
            _, start, name, is_type = opened.pop()
            yield Definition(name, start, index, is_type)
        at = index + (token.text == "async")
        word = code.tokens[at].text if code.is_name(at) else ""
        if word in _TYPES or word in _FUNCTIONS:
            named = _last_name(code, at + 1)
            if named is not None and len(opened) < 50:
                opened.append((column, index, named, word in _TYPES))
    for _, start, name, is_type in opened:
        yield Definition(name, start, len(code.tokens), is_type)


def _last_name(code: Code, index: int) -> str | None:
    """The last part of `Acme::Client`, `self.forge`, `Digest.GitHub`."""
    if not code.is_name(index):
        return None
    for _ in range(8):
        if not (code.is_mark(index + 1, ".", "::") and code.is_name(index + 2)):
            break
        index += 2
    return code.tokens[index].text


def _braced(code: Code) -> Iterator[Definition]:
    for index, token in enumerate(code.tokens):
        if token.type is not TokenType.NAME:
            continue
        if token.text in _TYPES and code.is_name(index + 1):
            end = _body_end(code, index + 1)
            word = _implemented(code, index) if token.text == "impl" else code.tokens[index + 1].text
            if end is not None and word != "class":
                yield Definition(word, index, end, type=True)
        elif token.text in _FUNCTIONS:
            yield from _function(code, index)
        elif code.is_mark(index + 1, "(") and index + 1 in code.closing and token.text not in _NO_FUNCTION:
            yield from _method(code, index)


def _implemented(code: Code, index: int) -> str:
    """The type that an `impl` is for: the last name before its body."""
    name = ""
    for at in range(index + 1, min(index + 20, len(code.tokens))):
        if code.is_mark(at, "{"):
            break
        if code.is_name(at) and code.tokens[at].text not in ("for", "where"):
            name = code.tokens[at].text
    return name


def _function(code: Code, index: int) -> Iterator[Definition]:
    """`fun name(`, `func (c *Client) name(`: with a body or an expression; a receiver's type has it too."""
    at = index + 1
    owner: str | None = None
    if code.is_mark(at, "(") and at in code.closing and code.kind is Kind.GO:
        closing = code.closing[at]
        owner = next((code.tokens[i].text for i in range(closing - 1, at, -1) if code.is_name(i)), None)
        at = closing + 1
    if not code.is_name(at):
        return
    end = _body_end(code, at)
    if end is None:
        return
    yield Definition(code.tokens[at].text, index, end, type=False)
    if owner is not None:
        yield Definition(owner, index, end, type=True)


def _method(code: Code, index: int) -> Iterator[Definition]:
    """`name(...) {` without a keyword, as Java, C# and JavaScript write it; `name(...) => expression`."""
    after = code.closing[index + 1] + 1
    for at in range(after, min(after + 8, len(code.tokens))):
        if code.is_mark(at, "{") and at in code.closing:
            if not code.is_mark(index - 1, ".", "->", "?.", "new"):
                yield Definition(code.tokens[index].text, index, code.closing[at] + 1, type=False)
            return
        if code.is_mark(at, "=>") and code.kind is Kind.CSHARP and code.is_name(index - 1):
            yield Definition(code.tokens[index].text, index, statement_end(code, at + 1), type=False)
            return
        if not (code.is_name(at) or code.is_mark(at, ":", "<", ">", "|", "[", "]", "->", "?", ".", ",", "-")):
            return


def _body_end(code: Code, index: int) -> int | None:
    """The index after the body that follows a head; `None` if there is none."""
    for _ in range(_LONGEST_HEAD):
        if code.is_mark(index, "{") and index in code.closing:
            return code.closing[index] + 1
        if code.is_mark(index, ";", "}", ")") or index >= len(code.tokens):
            return None
        if code.is_mark(index, "=", "=>"):
            return statement_end(code, index + 1)
        index = code.closing[index] + 1 if index in code.closing else index + 1
    return None
