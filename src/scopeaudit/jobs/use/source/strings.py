"""Strings of source code joined from their parts: what is written out stays, the rest is a hole."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.routes import HOLE
from scopeaudit.jobs.use.source.calls import snake
from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.text import Kind

LONGEST = 20_000
MAXIMUM_PARTS = 40
_HOLES = re.compile(
    r"\$\{((?:[^{}]|\{[^{}]*\})*)\}|\#\{((?:[^{}]|\{[^{}]*\})*)\}|\{\{|\}\}|\{([^{}\n]{0,200})\}"
    r"|\$([A-Za-z_]\w*)(?:->\w+)*|%[sdvq]|(?<=/):[A-Za-z_]\w*|<[a-z_]+>"
)
_WITHOUT_DOLLAR = frozenset({Kind.JAVASCRIPT, Kind.GO, Kind.RUST, Kind.CSHARP, Kind.PYTHON, Kind.RUBY})
_ADJACENT = (Kind.PYTHON, Kind.RUBY, Kind.OTHER_CODE)
"""Where two strings side by side are one."""
_OF_DEFAULTS = frozenset({"(", ")", ",", ".", "?", "||", "|", "!", "[", "]", "&", "::", "->", "?."})
"""Marks between a name and the value it has by default."""
_JOINS = {Kind.PHP: (".",), Kind.RUST: ()}


@dataclass(frozen=True, slots=True)
class Written:
    """One string expression."""

    text: str
    """With `{}` for what is not written out."""
    lead: str | None
    """Name of the variable that the text begins with, if it does."""
    start: int
    """Index of the first token."""
    end: int
    """Index after the last."""
    offset: int


class Strings:
    """The string expressions of a file, and what its names hold."""

    def __init__(self, code: Code, outside: Callable[[str], str | None] | None = None) -> None:
        """`outside` tells what a name of another file holds."""
        self.code = code
        self.constants: dict[str, str] = {}
        self._outside = outside
        self.written = tuple(self._expressions())

    def _expressions(self) -> Iterator[Written]:
        for index in range(len(self.code.tokens)):
            found = None if self._goes_on(index) else self._expression(index)
            if found is None:
                continue
            name = self.target(found)
            if name is not None and len(found.text) < 500:
                if found.text.startswith(("http://", "https://")) and not self.constants.get(
                    snake(name), ""
                ).startswith("http"):
                    self.constants[snake(name)] = found.text
                self.constants.setdefault(snake(name), found.text)
            yield found

    def _goes_on(self, index: int) -> bool:
        """Whether a token is no first part of an expression, but a later one."""
        if index == 0:
            return False
        if self._joins(index - 1):
            before = self.code.tokens[index - 2] if index > 1 else None
            return before is not None and (before.type is not TokenType.MARK or before.text in (")", "]"))
        adjacent = self.code.tokens[index - 1].type is TokenType.STRING
        return adjacent and self.code.tokens[index].type is TokenType.STRING and self.code.kind in _ADJACENT

    def _expression(self, index: int) -> Written | None:
        token = self.code.tokens[index]
        if token.type is TokenType.STRING:
            if len(token.text) > LONGEST:
                return None
        elif not (token.type is TokenType.NAME and self._joins(self._over_name(index))):
            return None
        start, offset = index, token.start
        parts: list[str] = []
        lead: str | None = None
        while index < len(self.code.tokens) and len(parts) < MAXIMUM_PARTS:
            token = self.code.tokens[index]
            if token.type is TokenType.STRING:
                text, name = self._filled(token.text, index)
                lead = name if not parts else lead
                parts.append(text)
                index += 1
            elif token.type is TokenType.NAME:
                end = self._over_name(index)
                value = self._value(self._names(index, end))
                lead = self.code.tokens[self._last_name(index, end)].text if not parts else lead
                parts.append(HOLE if value is None else value)
                index = end
            else:
                break
            following = index < len(self.code.tokens) and self.code.tokens[index].type is TokenType.STRING
            if following and self.code.kind in _ADJACENT and token.type is TokenType.STRING:
                continue
            if not self._joins(index):
                break
            index += 1
        text = re.sub(r"(?:\{\}){2,}", HOLE, "".join(parts))
        return Written(text, lead, start, index, offset) if any(part != HOLE for part in parts) else None

    def _joins(self, index: int) -> bool:
        """Whether the token joins two strings."""
        marks = _JOINS.get(self.code.kind, ("+",))
        return self.code.is_mark(index, *marks) and (
            self.code.is_name(index + 1)
            or (index + 1 < len(self.code.tokens) and self.code.tokens[index + 1].type is TokenType.STRING)
        )

    def _over_name(self, index: int) -> int:
        """The index after a name with what it is called on and with."""
        for _ in range(12):
            if not self.code.is_name(index):
                return index
            index += 1
            while self.code.is_mark(index, "(", "[") and index in self.code.closing:
                index = self.code.closing[index] + 1
            connectors = ("->", "::") if self.code.kind is Kind.PHP else (".", "::", "?.", "&.")
            if not self.code.is_mark(index, *connectors):
                return index
            index += 1
        return index

    def _names(self, start: int, end: int) -> list[str]:
        """The names of a chain, the last first."""
        return [
            self.code.tokens[at].text
            for at in range(end - 1, start - 1, -1)
            if self.code.is_name(at) and self.code.enclosing[at] == self.code.enclosing[start]
        ][:4]

    def _value(self, names: Iterable[str]) -> str | None:
        """What the first of some names holds that holds anything."""
        for name in names:
            word = snake(name)
            value = self.constants.get(word)
            if value is None and self._outside is not None:
                value = self._outside(word)
            if value is not None:
                return value
        return None

    def _last_name(self, start: int, end: int) -> int:
        return max(
            (
                at
                for at in range(start, end)
                if self.code.is_name(at) and self.code.enclosing[at] == self.code.enclosing[start]
            ),
            default=start,
        )

    def _filled(self, text: str, index: int) -> tuple[str, str | None]:
        """A literal with holes for interpolated parts; a leading one is filled if its value is known."""
        lead: list[str] = []

        def hole(found: re.Match[str]) -> str:
            if found.group() in ("{{", "}}"):
                return found.group()
            if found.group().startswith("$") and found.group(4) and self.code.kind in _WITHOUT_DOLLAR:
                return found.group()
            inner = next((group for group in found.groups() if group), None)
            names = (
                [each for each in re.split(r"[^\w]+", inner.strip()) if each][::-1][:4]
                if inner and re.fullmatch(r"[\s\w.$>()-]+", inner)
                else []
            )
            if found.start() > 0:
                value = self._value(names)
                return value if value is not None and value.startswith("/") else HOLE
            names = names or self._arguments(index)
            if not names:
                return HOLE
            lead.append(names[0])
            return self._value(names) or HOLE

        return _HOLES.sub(hole, text), lead[0] if lead else None

    def _arguments(self, index: int) -> list[str]:
        """The names that fill the first hole: `format(text, name, ...)` or `text.format(name)`."""
        code = self.code
        at = -1
        if code.is_mark(index + 1, ",") and code.is_mark(index - 1, "("):
            at = index + 2
        elif code.is_mark(index + 1, ".") and code.is_name(index + 2) and code.is_mark(index + 3, "("):
            at = index + 4
        elif code.is_mark(index + 1, "%"):
            at = index + 2 + code.is_mark(index + 2, "(")
        return self._names(at, self._over_name(at)) if code.is_name(at) else []

    def target(self, written: Written) -> str | None:
        """The name or key a string is given to, through constructors such as `URI(...)`."""
        at = self.target_at(written)
        return None if at is None else self.code.tokens[at].text

    def target_at(self, written: Written) -> int | None:
        """Where the name stands that a string is given to."""
        index = written.start - 1
        for _ in range(3):
            if self.code.is_mark(index, "=", ":=", "=>", ":"):
                return self._before(index - 1)
            if not self.code.is_mark(index, "("):
                break
            index -= 1
            while index >= 0 and (
                self.code.is_name(index) or self.code.is_mark(index, ".", "::", "&", "*", "!")
            ):
                index -= 1
        return self._by_default(written) if written.text.startswith(("http://", "https://")) else None

    def _by_default(self, written: Written) -> int | None:
        """The name an address is given to by default: `getenv("X", "https://...")`, `x ?? "https://..."`."""
        for index in range(written.start - 1, max(written.start - 24, 0), -1):
            token = self.code.tokens[index]
            if token.type is not TokenType.MARK:
                continue
            if token.text in ("=", ":=", "=>", ":"):
                return self._before(index - 1)
            if token.text not in _OF_DEFAULTS:
                return None
        return None

    def _before(self, index: int) -> int | None:
        tokens = self.code.tokens
        if index < 0:
            return None
        if tokens[index].type is TokenType.STRING:
            return index if re.fullmatch(r"[\w-]{1,60}", tokens[index].text) else None
        if self.code.is_name(index):
            typed = self.code.is_name(index - 1) or self.code.is_mark(index - 1, "&", "*", ".")
            colon = next(
                (at for at in range(index - 1, max(index - 5, 0), -1) if self.code.is_mark(at, ":")), None
            )
            if (
                typed
                and colon is not None
                and self.code.is_name(colon - 1)
                and tokens[index].text in ("str", "String", "string", "Final")
            ):
                return colon - 1
            if self.code.is_mark(index - 1, ":") and self.code.is_name(index - 2):
                return index - 2
            return index
        return None
