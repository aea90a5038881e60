r"""The regular expressions of provider files, read into a tree.

The grammar is what Hyperscan and `re` understand alike: bytes, escapes, classes, groups, alternatives,
repeats, `\b`, and the flags `i` and `s`. Anchors, look-around and back-references are not in it.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

_DIGITS = frozenset(b"0123456789")
_LOWER = frozenset(range(ord("a"), ord("z") + 1))
_UPPER = frozenset(range(ord("A"), ord("Z") + 1))
_SPACE = frozenset(b" \t\n\r\f\v")
WORD = _DIGITS | _LOWER | _UPPER | frozenset(b"_")
r"""The bytes of `\w`."""
_ALL = frozenset(range(256))
_NAMED = {
    "d": _DIGITS,
    "D": _ALL - _DIGITS,
    "w": WORD,
    "W": _ALL - WORD,
    "s": _SPACE,
    "S": _ALL - _SPACE,
}
_CONTROL = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11}
_REPEAT = re.compile(r"(?:\{(\d+)(,)?(\d+)?\}|([*+?]))([?+])?")
_GROUP = re.compile(r"\((?:\?(?:P<(\w+)>|(:)|([is]+):))?")
_FLAGS = re.compile(r"\(\?([is]+)\)")


@dataclass(frozen=True, slots=True)
class Chars:
    """One byte out of a set."""

    allowed: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edge:
    r"""A word boundary, `\b`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """An item repeated, greedily or not."""

    item: "Node"
    least: int
    most: int | None
    start: int
    end: int

    @property
    def quantifier(self) -> int:
        """Where the quantifier begins in the text."""
        return self.item.end


@dataclass(frozen=True, slots=True)
class Series:
    """Items one after the other."""

    items: tuple["Node", ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """Parentheses around alternatives; `name` where it captures under one."""

    options: tuple[Series, ...]
    name: str | None
    start: int
    end: int


Node = Chars | Edge | Run | Series | Group


class PatternError(ValueError):
    """A pattern leaves the grammar; the text says where and what."""


def parse(pattern: str) -> tuple[Group, int]:
    """The tree of a pattern, and where its text begins after leading flags.

    Raises:
        PatternError: if the pattern is not of the grammar.
    """
    flags = _FLAGS.match(pattern)
    offset = flags.end() if flags else 0
    reader = _Reader(pattern, offset, flags.group(1) if flags else "")
    options = reader.options()
    if reader.position != len(pattern):
        reader.fail("closes a group that was not opened")
    return Group(options, None, offset, len(pattern)), offset


def width(node: Node) -> tuple[int, int | None]:
    """The least and most bytes a node matches; `None` for no limit."""
    match node:
        case Chars():
            return 1, 1
        case Edge():
            return 0, 0
        case Run(item, least, most):
            low, high = width(item)
            return low * least, None if most is None or high is None else high * most
        case Series(items):
            widths = [width(each) for each in items]
            highs = [high for _, high in widths]
            total = None if None in highs else sum(high for high in highs if high is not None)
            return sum(low for low, _ in widths), total
        case Group(options):
            widths = [width(each) for each in options]
            tops = [high for _, high in widths]
            top = None if None in tops else max(high for high in tops if high is not None)
            return min(low for low, _ in widths), top


class _Reader:
    def __init__(self, pattern: str, position: int, flags: str) -> None:
        self.pattern = pattern
        self.position = position
        self.folded = "i" in flags
        self.dot_all = "s" in flags

    def fail(self, what: str) -> NoReturn:
        raise PatternError(f"at {self.position + 1}: {what}")

    def options(self) -> tuple[Series, ...]:
        found = [self.series()]
        while self._peek() == "|":
            self.position += 1
            found.append(self.series())
        return tuple(found)

    def series(self) -> Series:
        start = self.position
        items: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            items.append(self._repeated())
        return Series(tuple(items), start, self.position)

    def _peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def _repeated(self) -> Node:
        start = self.position
        item = self._item()
        found = _REPEAT.match(self.pattern, self.position)
        if found is None:
            return item
        if found.group(5) == "+":
            self.fail("possessive repeats are not understood by Hyperscan")
        self.position = found.end()
        least, comma, most, sign, _ = found.groups()
        if sign:
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        else:
            low, high = int(least), int(most) if most else None if comma else int(least)
        return Run(item, low, high, start, self.position)

    def _item(self) -> Node:
        start = self.position
        character = self._peek()
        if character == "(":
            return self._group()
        if character == "[":
            return Chars(self._fold(self._class()), start, self.position)
        if character in "*+?{":
            self.fail("nothing to repeat")
        if character in "^$":
            self.fail("anchors are not used: what stands beside a match is checked afterwards")
        self.position += 1
        if character == ".":
            return Chars(_ALL if self.dot_all else _ALL - {10}, start, self.position)
        if character != "\\":
            if ord(character) > 127:
                self.fail("is not ASCII")
            return Chars(self._fold(frozenset({ord(character)})), start, self.position)
        if self._peek() == "b":
            self.position += 1
            return Edge(start, self.position)
        return Chars(self._fold(self._escape()), start, self.position)

    def _group(self) -> Group:
        start = self.position
        found = _GROUP.match(self.pattern, start)
        if found is None or (found.end() == start + 1 and self.pattern.startswith("(?", start)):
            self.fail("look-around, back-references and this kind of group are not used")
        self.position = found.end()
        folded, dot_all = self.folded, self.dot_all
        self.folded |= "i" in (found.group(3) or "")
        self.dot_all |= "s" in (found.group(3) or "")
        options = self.options()
        self.folded, self.dot_all = folded, dot_all
        if self._peek() != ")":
            self.fail("a group is not closed")
        self.position += 1
        return Group(options, found.group(1), start, self.position)

    def _escape(self) -> frozenset[int]:
        """The set behind a backslash; the position is after it."""
        character = self._peek()
        self.position += 1
        if character in _NAMED:
            return _NAMED[character]
        if character in _CONTROL:
            return frozenset({_CONTROL[character]})
        if character == "x":
            digits = self.pattern[self.position : self.position + 2]
            if not re.fullmatch("[0-9A-Fa-f]{2}", digits):
                self.fail("\\x needs two hexadecimal digits")
            self.position += 2
            return frozenset({int(digits, 16)})
        if not character or character.isalnum() or ord(character) > 127:
            self.fail(f"\\{character} is not used")
        return frozenset({ord(character)})

    def _class(self) -> frozenset[int]:
        self.position += 1
        inverted = self._peek() == "^"
        self.position += inverted
        found: set[int] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            following = self.pattern[self.position + 1 : self.position + 2]
            if self._peek() == "-" and following not in ("]", ""):
                self.position += 1
                high = self._member()
                if len(low) != 1 or len(high) != 1 or min(low) > min(high):
                    self.fail("is no range")
                found.update(range(min(low), min(high) + 1))
            else:
                found |= low
        self.position += 1
        plain = self._fold(frozenset(found))
        return _ALL - plain if inverted else plain

    def _member(self) -> frozenset[int]:
        character = self._peek()
        self.position += 1
        if not character:
            self.fail("a class is not closed")
        if character == "\\":
            return self._escape()
        if ord(character) > 127:
            self.fail("is not ASCII")
        return frozenset({ord(character)})

    def _fold(self, allowed: frozenset[int]) -> frozenset[int]:
        if not self.folded:
            return allowed
        letters = {byte ^ 0x20 for byte in allowed if byte in _LOWER or byte in _UPPER}
        return allowed | letters
