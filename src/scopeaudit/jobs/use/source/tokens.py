"""Source code as names, strings and marks, without its comments. One scanner for all languages."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from scopeaudit.jobs.use.text import Kind

MAXIMUM_TOKENS = 60_000
"""Of one file; what follows is left out."""


class TokenType(Enum):
    """What a token is."""

    NAME = 1
    STRING = 2
    MARK = 3


@dataclass(slots=True)
class Token:
    """One token."""

    type: TokenType
    text: str
    """Of a string its content, without quotes and prefix."""
    start: int
    """Offset in the file; of a string of its content."""
    first: bool
    """Whether it is the first on its line."""


_SLASH = r"//[^\n]*|/\*(?:.*?\*/|.*\Z)"
_HASH = r"\#[^\n]*"
_NAME = r"[A-Za-z_$@][\w$]*"
_MARKS = r"\?\.|&\.|->|::|:=|=>|\|\||&&|[^\w\s]"
_DOUBLE = r'"(?:\\.|[^"\\\n])*"'
_SINGLE = r"'(?:\\.|[^'\\\n])*'"
_LONG_DOUBLE = r'"(?:\\.|[^"\\])*"'
_LONG_SINGLE = r"'(?:\\.|[^'\\])*'"
_TRIPLE = r'"""(?:.*?"""|.*\Z)|' + r"'''(?:.*?'''|.*\Z)"
_BACKTICK = r"`(?:\\.|[^`\\])*`"
_RAW = r"`[^`]*`"
_PERCENT = r"%[qQwi]\[[^\]]{0,5000}+\]|%[qQwi]?\([^)]{0,5000}+\)"
"""Bounded, as what opens it does not close it: a file may hold nothing else."""
_CHARACTER = r"'(?:\\[^\n]{1,10}?|[^'\\\n])'"
_HEREDOC = r"<<[~-]?(['\"`]?)(?P<tag>[A-Z_][A-Za-z_]*)\1(?P<rest>[^\n]*)\n(?P<body>.*?)\n[ \t]*(?P=tag)\b"
_PHP_HEREDOC = r"<<<[ \t]*(['\"]?)(?P<tag>[A-Za-z_]\w*)\1[ \t]*\n(?P<body>.*?)\n[ \t]*(?P=tag)\b"


def _scanner(comment: str, *strings: str) -> re.Pattern[str]:
    alternatives = "|".join(f"(?:{each})" for each in strings)
    return re.compile(
        rf"(?P<space>\s+)|(?P<comment>{comment})|(?P<string>{alternatives})|(?P<name>{_NAME})"
        rf"|(?P<number>\d[\w.]*)|(?P<mark>{_MARKS})",
        re.DOTALL,
    )


_SCANNERS = {
    Kind.PYTHON: _scanner(_HASH, rf"(?:[rbfuRBFU]{{1,2}})?(?:{_TRIPLE}|{_DOUBLE}|{_SINGLE})"),
    Kind.RUBY: _scanner(_HASH, r'"""(?:.*?"""|.*\Z)', _LONG_DOUBLE, _LONG_SINGLE, _RAW, _PERCENT),
    Kind.JAVASCRIPT: _scanner(_SLASH, _DOUBLE, _SINGLE, _BACKTICK),
    Kind.GO: _scanner(_SLASH, _DOUBLE, _RAW, _CHARACTER),
    Kind.JAVA: _scanner(_SLASH, r'"""(?:.*?"""|.*\Z)', _DOUBLE, r"'''(?:.*?'''|.*\Z)", _SINGLE),
    Kind.PHP: _scanner(rf"{_SLASH}|\#(?!\[)[^\n]*", _LONG_DOUBLE, _LONG_SINGLE),
    Kind.RUST: _scanner(_SLASH, r'b?r\#"(?:.*?"\#|.*\Z)', rf"[bc]?r?{_LONG_DOUBLE}", _CHARACTER),
    Kind.CSHARP: _scanner(
        _SLASH,
        r'\$*"""(?:.*?"""|.*\Z)',
        r'(?:@\$?|\$@)"(?:""|[^"])*"',
        rf"\$?{_DOUBLE}",
        _CHARACTER,
    ),
    Kind.OTHER_CODE: _scanner(_SLASH, r'"""(?:.*?"""|.*\Z)', _DOUBLE, _SINGLE),
}
_QUOTED = re.compile(r"""[A-Za-z$@%]*\#?(\"\"\"|'''|["'`\[(])""")
_HERE = {Kind.RUBY: re.compile(_HEREDOC, re.DOTALL), Kind.PHP: re.compile(_PHP_HEREDOC, re.DOTALL)}
_REGULAR = re.compile(r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_BEFORE_REGULAR = frozenset("(,=:[!&|?{};+") | {"&&", "||", "=>", "return"}
_QUOTES = frozenset("\"'`")
LONGEST_HEREDOC = 50_000
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(_OPENING.values())
_FORGIVEN = 20
"""Brackets that may be left open before one that is closed."""
_INTERPOLATED = {Kind.JAVASCRIPT: ("`", "${"), Kind.RUBY: ('"', "#{")}
_INSIDE = re.compile(r"""\\.|["'`{}]|[$#]\{""", re.DOTALL)
LONGEST_INTERPOLATED = 20_000
_UNCLOSED = 50
"""Strings with code and here-documents of one file that may be left open."""


class Code:
    """The tokens of a file."""

    def __init__(self, kind: Kind, tokens: list[Token]) -> None:
        self.kind = kind
        self.tokens = tokens

    @cached_property
    def closing(self) -> dict[int, int]:
        """Index of each opening bracket to that of its closing one; those without are missing."""
        found: dict[int, int] = {}
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.type is not TokenType.MARK:
                continue
            if token.text in _OPENING:
                stack.append(index)
            elif token.text in _CLOSING:
                for depth in range(1, min(len(stack), _FORGIVEN) + 1):
                    if _OPENING[self.tokens[stack[-depth]].text] == token.text:
                        found[stack[-depth]] = index
                        del stack[-depth:]
                        break
        return found

    @cached_property
    def opening(self) -> dict[int, int]:
        """Index of each closing bracket to that of its opening one."""
        return {end: start for start, end in self.closing.items()}

    @cached_property
    def enclosing(self) -> list[int]:
        """For each token the index of the bracket it is in, -1 for none."""
        around: list[int] = []
        stack: list[int] = []
        ends = self.opening
        for index in range(len(self.tokens)):
            if index in ends:
                stack.pop()
            around.append(stack[-1] if stack else -1)
            if index in self.closing:
                stack.append(index)
        return around

    def is_mark(self, index: int, *texts: str) -> bool:
        """Whether the token is one of these marks."""
        if not 0 <= index < len(self.tokens):
            return False
        token = self.tokens[index]
        return token.type is TokenType.MARK and token.text in texts

    def is_name(self, index: int) -> bool:
        """Whether the token is a name."""
        return 0 <= index < len(self.tokens) and self.tokens[index].type is TokenType.NAME


def tokenize(text: str, kind: Kind) -> Code:
    """The tokens of source code; strings keep their content as written, comments are left out."""
    tokens = _without_docstrings(kind, _Scanner(text, kind).tokens())
    return _without_tests(Code(kind, tokens)) if kind is Kind.RUST else Code(kind, tokens)


class _Scanner:
    """Goes over a text once. What is opened and never closed is looked for only so often."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.text = text
        self.kind = kind
        self.found: list[Token] = []
        self.unclosed = 0

    def tokens(self) -> list[Token]:
        scan = _SCANNERS[self.kind].match
        position, first = 0, True
        while position < len(self.text) and len(self.found) < MAXIMUM_TOKENS:
            special = self._special(position)
            if special is not None:
                content, start, position = special
                if content is not None:
                    self.found.append(Token(TokenType.STRING, content, start, first))
                first = False
                continue
            match = scan(self.text, position)
            if match is None:
                position += 1
                continue
            group = match.lastgroup
            if group == "space":
                first = first or "\n" in match.group()
            elif group != "comment":
                self._take(match, group, first=first)
                first = False
            position = match.end()
        return self.found

    def _take(self, match: re.Match[str], group: str | None, *, first: bool) -> None:
        value, position = match.group(), match.start()
        if group == "name":
            self.found.append(Token(TokenType.NAME, value, position, first))
        elif group == "mark":
            self.found.append(Token(TokenType.MARK, value, position, first))
        elif group == "string":
            opening = _QUOTED.match(value)
            skip = opening.end() if opening else 1
            end = max(len(value) - (len(opening.group(1)) if opening else 1), skip)
            self.found.append(Token(TokenType.STRING, value[skip:end], position + skip, first))

    def _special(self, position: int) -> tuple[str | None, int, int] | None:
        """What no expression can tell by itself: strings with code in them, here-documents, expressions."""
        mark = self.text[position]
        if mark == "/" and self.kind in (Kind.JAVASCRIPT, Kind.RUBY):
            return self._regular(position)
        if self.unclosed > _UNCLOSED:
            return None
        quote, opener = _INTERPOLATED.get(self.kind, ("", ""))
        if mark == quote and not self.text.startswith(mark * 3, position):
            end = _end_of_interpolated(self.text, position + 1, quote, opener)
            if end is not None:
                return self.text[position + 1 : end - 1], position + 1, end
            self.unclosed += 1
        if mark == "<" and self.kind in _HERE and self.text.startswith("<<", position):
            found = _HERE[self.kind].match(self.text, position, position + LONGEST_HEREDOC)
            if found is not None:
                return found["body"], found.start("body"), found.end()
            self.unclosed += 1
        return None

    def _regular(self, position: int) -> tuple[None, int, int] | None:
        if self.found and self.found[-1].text not in _BEFORE_REGULAR:
            return None
        expression = _REGULAR.match(self.text, position, position + 1000)
        return None if expression is None else (None, position, expression.end())


def _end_of_interpolated(text: str, position: int, quote: str, opener: str) -> int | None:
    """The offset after a string whose parts may be code, which may hold strings again."""
    stack = [quote]
    for found in _INSIDE.finditer(text, position, position + LONGEST_INTERPOLATED):
        mark, top = found.group(), stack[-1]
        if top == "}":
            if mark == "}":
                stack.pop()
            elif mark in ("{", "${", "#{"):
                stack.append("}")
            elif mark in _QUOTES:
                stack.append(mark)
        elif mark == top:
            stack.pop()
            if not stack:
                return found.end()
        elif mark == opener and top in (quote, '"'):
            stack.append("}")
    return None


def _without_tests(code: Code) -> Code:
    """What Rust compiles for tests alone is left out: `#[cfg(test)] mod tests { ... }`."""
    kept: list[Token] = []
    index = 0
    while index < len(code.tokens):
        words = [each.text for each in code.tokens[index : index + 8]]
        if words[:7] == ["#", "[", "cfg", "(", "test", ")", "]"] and "mod" in words:
            body = next((at for at in range(index + 8, index + 12) if code.is_mark(at, "{")), None)
            if body in code.closing:
                index = code.closing[body] + 1
                continue
        kept.append(code.tokens[index])
        index += 1
    return Code(code.kind, kept) if len(kept) < len(code.tokens) else code


def _without_docstrings(kind: Kind, tokens: list[Token]) -> list[Token]:
    """A string that is a statement of its own in Python says something to readers only."""
    if kind is not Kind.PYTHON:
        return tokens
    kept: list[Token] = []
    depth = 0
    for index, token in enumerate(tokens):
        if token.type is TokenType.MARK:
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        alone = index + 1 == len(tokens) or tokens[index + 1].first
        if token.type is TokenType.STRING and token.first and alone and depth <= 0:
            continue
        kept.append(token)
    return kept
