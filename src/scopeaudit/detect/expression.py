"""One pattern in the two forms it is used in: for the pass over everything, and for a closer look.

The pass only has to say where a match may begin or end. So its form is cut to the shortest text that proves
a match begins (`{10,247}` becomes `{10}`), and to its first 16 bytes if these begin with letters of its own:
a thousand short expressions are compiled in a tenth of the time of long ones. A pattern that begins and
ends with a class is fenced, so that a long run of its own alphabet is reported once or never instead of
at every byte. `re` then finds start, groups and the real end in a bounded window.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.detect.syntax import WORD, Chars, Edge, Group, Node, PatternError, Run, Series, parse, width

LIMIT_BYTES = 8192
"""Nothing longer is matched; PEM keys and tokens that fit into a header do."""
_RARE_BYTES = 16
_FEW_STARTS = 4
_MARKS = 3
_REPEATS = re.compile(r"([0-9A-Za-z])(?:\1{5,}|\{(?:[6-9]|\d\d))")
_TRIED_BYTES = 48
_LITERAL_BYTES = 3
_HEAD_BYTES = 12
_SCHEME_BYTES = 8
"""What many addresses have in common."""
_WIDE = 10
"""A class of fewer bytes does not need a fence."""
_ESCAPED = re.compile(
    rb"(?:\\[abefnrtv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}"
    rb"|(?:\x1b|\\(?:u00|x)1[Bb]|\\e|\\033)\[[0-9;?]{0,20}[A-Za-z])\Z"
)
"""What ends in a letter or digit and is none: an escape of a string, of a URL, of a terminal."""
_ESCAPES_IN_FENCE = r"\\[abefnrtv0]|%[0-9A-Fa-f][0-9A-Fa-f]|\[[0-9;]{0,20}[mK]"
_ESCAPE_BYTES = 32
_BOUNDARY = r"\b"


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
    alphabet: frozenset[int]
    """Every byte a match may hold."""
    repeats: bool
    """Whether the pattern itself asks for one character many times."""
    is_anchored: bool
    """Whether every value of this pattern begins with letters of its own."""
    is_selective: bool
    """Whether a value of this pattern is rare enough in ordinary text to look for it everywhere.

    It begins with one of few characters, or has marks at fixed places, as a UUID has its hyphens.
    """

    def matches(self, data: bytes, ends: list[int]) -> Iterator[re.Match[bytes]]:
        """The matches that reported ends (ascending) belong to, in order, none overlapping another."""
        cursor = 0
        for end in ends:
            if end <= cursor:
                continue
            position = max(cursor, end - self.back - self.fenced, 0)
            stop = min(len(data), end + self.reach)
            while found := self._first(data, position, end, stop):
                if not self.is_apart(data, found.start(), found.end()):
                    position = found.start() + 1
                    continue
                position = cursor = found.end()
                yield found
                if cursor >= end - self.fenced:
                    break

    def _first(self, data: bytes, position: int, end: int, stop: int) -> re.Match[bytes] | None:
        """The first match that begins before `end`.

        `search` would go on to `stop` in vain, so the few places of a short head are tried one by one.
        """
        if end - position > _TRIED_BYTES:
            found = self.exact.search(data, position, stop)
            return found if found and found.start() < end else None
        match = self.exact.match
        for start in range(position, end):
            if found := match(data, start, stop):
                return found
        return None

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
    whole = pattern
    tree, offset = parse(pattern)
    if pattern.startswith(_BOUNDARY, offset) and _beginnings(tree) <= WORD:
        # `is_apart` asks for the same and knows escapes, behind which `\b` is none.
        pattern = pattern[:offset] + pattern[offset + len(_BOUNDARY) :]
        tree, offset = parse(pattern)
    head, tail = _first(tree), _last(tree)
    flags, text = pattern[:offset], pattern[offset:]
    fenced = _is_wide(head) and _is_wide(tail) and not _marks(tree)
    if fenced:
        before, after = _class(_set(head)), _class(_set(tail))
        scanned = f"{flags}(?:^|[^{before}]|{_ESCAPES_IN_FENCE})(?:{text})(?:[^{after}]|\\z)"
        back = None
    else:
        begin = _head(pattern, tree)
        scanned = flags + _shorten(pattern[: begin.end], begin)[offset:]
        back = _back(begin) if begin is not tree else None
    least, most = width(tree)
    if not least:
        raise PatternError("at 1: matches where nothing is")
    reach = min(most or LIMIT_BYTES, LIMIT_BYTES)
    return Expression(
        pattern=whole,
        scanned=scanned,
        exact=re.compile(pattern.encode("ascii")),
        back=min(back or reach, LIMIT_BYTES),
        reach=reach,
        fenced=fenced,
        least=least,
        head=_set(head) if _is_wide(head) else frozenset(),
        tail=_forbidden_after(tail),
        alphabet=_alphabet(tree),
        repeats=_REPEATS.search(pattern) is not None,
        is_anchored=_literal_bytes(tree) >= _LITERAL_BYTES,
        is_selective=_is_selective(tree, least, most),
    )


def _is_selective(tree: Group, least: int, most: int | None) -> bool:
    if least < _RARE_BYTES:
        return False
    if len(_beginnings(tree)) <= _FEW_STARTS:
        return True
    bounded = most is not None and most - least <= _RARE_BYTES
    return bounded and _marks(tree) >= _MARKS


def _marks(node: Node) -> int:
    """How many single characters out of a few every match holds."""
    match node:
        case Chars(allowed):
            return int(len(allowed) <= _FEW_STARTS)
        case Edge():
            return 0
        case Run(item, least):
            return least * _marks(item)
        case Series(items):
            return sum(_marks(each) for each in items)
        case Group(options):
            return min(_marks(option) for option in options)


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


def _alphabet(node: Node) -> frozenset[int]:
    match node:
        case Chars(allowed):
            return allowed
        case Edge():
            return frozenset()
        case Run(item):
            return _alphabet(item)
        case Series(items):
            return frozenset().union(*(_alphabet(each) for each in items))
        case Group(options):
            return frozenset().union(*(_alphabet(option) for option in options))


def _first(node: Node) -> Node | None:
    """The one item every match begins with; none where there are several."""
    return _outermost(node, 0)


def _last(node: Node) -> Node | None:
    return _outermost(node, -1)


def _outermost(node: Node, which: int) -> Node | None:
    match node:
        case Group(options):
            return _alike([_outermost(option, which) for option in options])
        case Series(items):
            return _outermost(items[which], which) if items else None
        case Run(item):
            inner = _outermost(item, which)
            return node if inner is item else inner if node.least else None
        case Chars():
            return node
        case Edge():
            return None


def _alike(nodes: list[Node | None]) -> Node | None:
    """One item for the ends of alternatives: the widest, if it holds all that the others may be."""
    widest = max(nodes, key=lambda node: len(_set(node)))
    together = frozenset().union(*(_set(node) for node in nodes))
    return widest if len(nodes) == 1 or (all(nodes) and _set(widest) == together) else None


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


def _head(pattern: str, tree: Group) -> Group:
    """The first bytes of a pattern that begins with letters of its own; the whole of any other."""
    if len(tree.options) != 1 or _literal_bytes(tree) < _LITERAL_BYTES:
        return tree
    (series,) = tree.options
    total = -_SCHEME_BYTES if pattern.startswith("http") else 0
    for index, item in enumerate(series.items[:-1], start=1):
        total += width(item)[0]
        if total >= _HEAD_BYTES and item.end > item.start:
            cut = Series(series.items[:index], series.start, item.end)
            return Group((cut,), tree.name, tree.start, item.end)
    return tree


def _back(node: Node) -> int | None:
    """How far before the end that the pass reports of a head a match begins at most; `None` for no limit.

    Its last repeat is cut to the fewest there must be, so its end is reported as soon as it is long enough.
    """
    match node:
        case Run(item, least):
            most = width(item)[1]
            return None if most is None else least * most
        case Series(items) if items:
            parts = [*(width(each)[1] for each in items[:-1]), _back(items[-1])]
            known = [each for each in parts if each is not None]
            return sum(known) if len(known) == len(parts) else None
        case Group(options):
            ends = [_back(option) for option in options]
            known = [each for each in ends if each is not None]
            return max(known) if len(known) == len(ends) else None
        case _:
            return width(node)[1]


def _literal_bytes(node: Node) -> int:
    """How many bytes at the beginning are one of very few characters."""
    match node:
        case Chars(allowed):
            return int(len(allowed) <= _FEW_STARTS)
        case Edge():
            return 0
        case Run(item, least):
            return least * _literal_bytes(item) if width(item) == (1, 1) else 0
        case Series(items):
            total = 0
            for each in items:
                found = _literal_bytes(each)
                total += found
                if found < (width(each)[1] or found + 1):
                    break
            return total
        case Group(options):
            return min(_literal_bytes(option) for option in options)


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
