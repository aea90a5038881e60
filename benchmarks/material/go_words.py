"""Words of Go source, and the few functions of its library that tests use."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|//[^\n]*|/\*.*?\*/)
    |(?P<newline>\n)
    |(?P<raw>`[^`]*`)
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<rune>'(?:[^'\\\n]|\\.[^']*)')
    |(?P<number>0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>:=|\.\.\.|&&|\|\||<-|\+\+|--|[=!<>+\-*/%&|^]=|<<|>>|.)""",
    re.VERBOSE | re.DOTALL,
)
_ENDS_STATEMENT = {")", "]", "}", "++", "--"}
BLOCKS = {"(": ")", "[": "]", "{": "}"}
_VERB = re.compile(r"%[-+# 0]*\d*(?:\.\d+)?([a-zA-Z%])")


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class UnreadableError(Exception):
    """An expression that needs more of Go than is understood."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of Go."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Type:
    """What a composite literal is built of."""

    shape: str
    """`list`, `map`, `struct` or `name`."""
    name: str = ""
    fields: tuple[str, ...] = ()
    element: "Type | None" = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function declared in the file, evaluated when called."""

    parameters: tuple[str, ...]
    body: tuple[Token, ...]


Call = Callable[[list[Any]], Any]


def tokens_of(source: str) -> list[Token]:
    """Words of Go with semicolons put in where the language puts them."""
    found: list[Token] = []

    def end_line() -> None:
        if not found:
            return
        last = found[-1]
        ends = last.kind in {"raw", "string", "rune", "number"} or last.text in _ENDS_STATEMENT
        if last.kind == "name":
            ends = last.text not in {"func", "struct", "map", "const", "var", "type", "import", "package"}
        if ends:
            found.append(Token("sign", ";"))

    for match in _TOKEN.finditer(source):
        kind = str(match.lastgroup)
        if kind == "newline" or (kind == "space" and "\n" in match[0]):
            end_line()
        elif kind != "space":
            found.append(Token(kind, match[0]))
    end_line()
    return found


def go_string(text: str) -> str:
    """The value of a Go string literal in double quotes."""
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text[1:-1]


def sprintf(arguments: list[Any]) -> str:
    """`fmt.Sprintf` for the verbs that tests use."""
    if not arguments or not isinstance(arguments[0], str):
        raise UnreadableError("format")
    rest = list(arguments[1:])

    def one(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        if not rest:
            raise UnreadableError("missing argument")
        value = rest.pop(0)
        if not isinstance(value, str | int | float):
            raise UnreadableError("argument")
        if match[1] == "q":
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        if match[1] in "dsv":
            return str(value)
        return str(match[0] % value)

    return _VERB.sub(one, arguments[0])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnreadableError("not a string")
    return value


CALLS: dict[str, Call] = {
    "fmt.Sprintf": sprintf,
    "strings.Repeat": lambda a: _text(a[0]) * int(a[1]),
    "strings.TrimSpace": lambda a: _text(a[0]).strip(),
    "strings.ToUpper": lambda a: _text(a[0]).upper(),
    "strings.ToLower": lambda a: _text(a[0]).lower(),
    "strings.Join": lambda a: _text(a[1]).join(_text(each) for each in a[0]),
    "strings.Split": lambda a: _text(a[0]).split(_text(a[1])),
    "strings.ReplaceAll": lambda a: _text(a[0]).replace(_text(a[1]), _text(a[2])),
    "strings.Replace": lambda a: _text(a[0]).replace(_text(a[1]), _text(a[2]), int(a[3])),
    "strings.TrimPrefix": lambda a: _text(a[0]).removeprefix(_text(a[1])),
    "strings.TrimSuffix": lambda a: _text(a[0]).removesuffix(_text(a[1])),
    "string": lambda a: _text(a[0]),
    "len": lambda a: len(a[0]),
}
