"""GraphQL documents: their operations' root fields, without resolving anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAXIMUM_FIELDS = 100
_OPERATION = re.compile(r"\b(query|mutation|subscription)\b\s*(\w{0,200})\s*")
_LEXER = re.compile(
    r'\#[^\n]*|"""(?:.*?"""|.*\Z)|"(?:\\.|[^"\\\n])*"|\$?[A-Za-z_]\w*|\.\.\.|[^\s\w]', re.DOTALL
)
_LITERAL = re.compile(
    r"\A[\s\\n]*(?:[$#]\{\w{1,80}\}\s*)*(?:\#[^\n]*\n\s*)*(?:query|mutation|fragment)\b[^:=]{0,400}?[({]|\A\s*\{\s*[A-Za-z_]"
)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Field:
    """A root field of a query or mutation."""

    operation: str
    """`query` or `mutation`."""
    name: str
    offset: int
    below: tuple[str, ...]
    """The fields one level further in."""


def is_graphql(text: str) -> bool:
    """Whether a text begins like a document."""
    return _LITERAL.match(text[:2_000]) is not None and "{" in text


def fields(text: str) -> Iterator[Field]:
    """The root fields of every operation of a text, which may hold other things around them."""
    end = 0
    for found in _OPERATION.finditer(text):
        if found.start() < end:
            continue
        position = _after_variables(text, found.end())
        if position is None:
            continue
        selected, end = _selected(text, position)
        for name, offset, below in selected:
            yield Field(found.group(1), name, offset, below)
    if end == 0 and re.match(r"\A\s*\{", text):
        selected, _ = _selected(text, text.index("{"))
        for name, offset, below in selected:
            yield Field("query", name, offset, below)


def _after_variables(text: str, position: int) -> int | None:
    """The offset of `{` after variables and directives; `None` if none follows."""
    depth = 0
    for found in _LEXER.finditer(text, position, position + 4_000):
        mark = found.group()
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif mark == "{" and depth == 0:
            return found.start()
        elif depth == 0 and not (mark.startswith("@") or mark.isidentifier()):
            return None
    return None


def _selected(text: str, position: int) -> tuple[list[tuple[str, int, tuple[str, ...]]], int]:
    """The fields between a brace and the one that closes it, with theirs, and where that is."""
    found: list[tuple[str, int, list[str]]] = []
    depth = parentheses = 0
    previous = ""
    end = min(position + _LONGEST, len(text))
    for token in _LEXER.finditer(text, position, end):
        mark = token.group()
        if mark == "(":
            parentheses += 1
        elif mark == ")":
            parentheses -= 1
        elif parentheses > 0:
            continue
        elif mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                end = token.end()
                break
        elif mark.isidentifier() and previous not in ("...", "@", "on") and len(found) < MAXIMUM_FIELDS:
            _put(found, mark, token.start(), depth, alias_before=previous == ":")
        previous = mark
    return [(name, offset, tuple(below)) for name, offset, below in found], end


def _put(
    found: list[tuple[str, int, list[str]]], name: str, offset: int, depth: int, *, alias_before: bool
) -> None:
    """A name behind `:` is the field, and the one before it was its alias."""
    if depth == 1:
        if alias_before and found:
            found.pop()
        found.append((name, offset, []))
    elif depth == 2 and found and len(found[-1][2]) < MAXIMUM_FIELDS:
        found[-1][2].append(name)
