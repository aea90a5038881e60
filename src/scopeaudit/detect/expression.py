"""One pattern in the two forms it is used in: for the pass over everything, and for a closer look.

The pass only has to say where a match may end. So its form is cut to the shortest text that proves
a match begins (`{10,247}` becomes `{10}`), and a pattern that begins and ends with a class is fenced,
so that a long run of its own alphabet is reported once or never instead of at every byte. `re` then finds
start, groups and the real end in a bounded window.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.detect.syntax import WORD, Chars, Edge, Group, Node, PatternError, Run, Series, parse, width

LIMIT_BYTES = 8192
"""Nothing longer is matched; PEM keys and tokens that fit into a header do."""
_RARE_BYTES = 16
_RARE_STARTS = 80
_FEW_STARTS = 4
_WIDE = 10
"""A class of fewer bytes does not need a fence."""
_ESCAPED = re.compile(
    rb"(?:\\[abefnrtv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}|\x1b\[[0-9;]{0,8}m)\Z"
)
"""What ends in a letter or digit and is none: an escape of a string, of a URL, of a terminal."""
_ESCAPES_IN_FENCE = r"\\[abefnrtv0]|%[0-9A-Fa-f][0-9A-Fa-f]"
_ESCAPE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Expression:
    """A pattern ready for use."""

    pattern: str
    scanned: str
    """The form for Hyperscan."""
    exact: re.Pattern[bytes]
    back: int
    """How far before a reported end a match may begin, in bytes."""
    reach: int
    """How long a match may be, in bytes."""
    fenced: bool
    """Whether a reported end may lie one byte after the match."""
    least: int
    """Bytes of the shortest match."""
    head: frozenset[int]
    """Bytes that may not stand before a match, beside word characters."""
    tail: frozenset[int]
    """Bytes that may not stand after a match; empty where the pattern ends as it likes."""

    def matches(self, data: bytes, ends: list[int]) -> Iterator[re.Match[bytes]]:
        """The matches that reported ends (ascending) belong to, in order, none overlapping another."""
        cursor = 0
        for end in ends:
            if end <= cursor:
                continue
            position = max(cursor, end - self.back - self.fenced, 0)
            stop = min(len(data), end + self.reach)
            while found := self.exact.search(data, position, stop):
                if found.start() >= end:
                    break
                if not self.is_apart(data, found.start(), found.end()):
                    position = found.start() + 1
                    continue
                position = cursor = found.end()
                yield found
                if cursor >= end - self.fenced:
                    break

    def is_apart(self, data: bytes, start: int, end: int) -> bool:
        """Whether no character of its own alphabet stands before or after a match."""
        if start and data[start] in WORD and (data[start - 1] in WORD or data[start - 1] in self.head):
            before = data[max(0, start - _ESCAPE_BYTES) : start]
            if not _ESCAPED.search(before):
                return False
        return end >= len(data) or data[end] not in self.tail


def compile_expression(pattern: str) -> Expression:
    """Both forms of a pattern.

    Raises:
        PatternError: if the pattern is not of the grammar both engines understand.
        re.error: if `re` does not take it.
    """
    tree, offset = parse(pattern)
    head, tail = _first(tree), _last(tree)
    flags, text = pattern[:offset], pattern[offset:]
    fenced = _is_wide(head) and _is_wide(tail)
    if fenced:
        before, after = _class(_set(head)), _class(_set(tail))
        scanned = f"{flags}(?:^|[^{before}]|{_ESCAPES_IN_FENCE})(?:{text})(?:[^{after}]|\\z)"
    else:
        scanned = flags + _shorten(pattern, tree)[offset:]
    least, most = width(tree)
    if not least:
        raise PatternError("at 1: matches where nothing is")
    reach = min(most or LIMIT_BYTES, LIMIT_BYTES)
    return Expression(
        pattern=pattern,
        scanned=scanned,
        exact=re.compile(pattern.encode("ascii")),
        back=reach,
        reach=reach,
        fenced=fenced,
        least=least,
        head=_set(head) if _is_wide(head) else frozenset(),
        tail=_forbidden_after(tail),
    )


def is_selective(expression: Expression) -> bool:
    """Whether a value of this pattern is rare enough in ordinary text to look for it everywhere."""
    tree, _ = parse(expression.pattern)
    starts = _beginnings(tree)
    if expression.least < _RARE_BYTES or len(starts) > _RARE_STARTS:
        return False
    most = width(tree)[1]
    return len(starts) <= _FEW_STARTS or (most is not None and most - expression.least <= _RARE_BYTES)


def _beginnings(node: Node) -> frozenset[int]:
    """The bytes a match can begin with, where no item before the first byte is optional."""
    match node:
        case Chars(allowed):
            return allowed
        case Edge():
            return frozenset()
        case Run(item):
            return _beginnings(item)
        case Series(items):
            return next((found for each in items if (found := _beginnings(each))), frozenset())
        case Group(options):
            return frozenset().union(*(_beginnings(option) for option in options))


def _first(node: Node) -> Node | None:
    """The one item every match begins with; none where there are several."""
    return _outermost(node, 0)


def _last(node: Node) -> Node | None:
    return _outermost(node, -1)


def _outermost(node: Node, which: int) -> Node | None:
    match node:
        case Group(options):
            return _outermost(options[0], which) if len(options) == 1 else None
        case Series(items):
            return _outermost(items[which], which) if items else None
        case Run(item):
            inner = _outermost(item, which)
            return node if inner is item else inner if node.least else None
        case Chars():
            return node
        case Edge():
            return None


def _set(node: Node | None) -> frozenset[int]:
    match node:
        case Run(Chars(allowed)) | Chars(allowed):
            return allowed
        case _:
            return frozenset()


def _is_wide(node: Node | None) -> bool:
    return isinstance(node, Run) and node.least > 1 and _WIDE <= len(_set(node)) <= 128


def _forbidden_after(tail: Node | None) -> frozenset[int]:
    allowed = _set(tail)
    if not allowed or len(allowed) > 128 or (isinstance(tail, Run) and not tail.least):
        return frozenset()
    alphanumeric = WORD - {ord("_")}
    return allowed | alphanumeric if allowed & alphanumeric else frozenset()


def _class(allowed: frozenset[int]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in sorted(allowed))


def _shorten(pattern: str, tree: Group) -> str:
    edits: list[tuple[int, int, str]] = []
    _cut(tree, edits)
    for start, end, text in sorted(edits, reverse=True):
        pattern = pattern[:start] + text + pattern[end:]
    return pattern


def _cut(node: Node, edits: list[tuple[int, int, str]]) -> bool:
    """Note the edits that leave the shortest proof of a match; whether nothing of the node is left."""
    match node:
        case Chars() | Edge():
            return False
        case Run(item, least):
            if not least:
                return True
            inner: list[tuple[int, int, str]] = []
            if least == 1 and not _cut(item, inner):
                edits.extend(inner)
            edits.append((node.quantifier, node.end, f"{{{least}}}" if least > 1 else ""))
            return False
        case Series(items):
            for index in range(len(items) - 1, -1, -1):
                if not _cut(items[index], edits):
                    edits.append((items[index].end, node.end, ""))
                    return False
            return True
        case Group(options):
            inner = []
            gone = [_cut(option, inner) for option in options]
            if any(gone):
                return True
            edits.extend(inner)
            return False
