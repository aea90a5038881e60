"""Ignore comments: `scopeaudit: ignore[finding-rule] reason`, in the comment style of any language.

A comment is told by its mark alone, not by the file's type. Whether it is honoured is decided where the
findings are known.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scopeaudit.detect.view import View
from scopeaudit.model.location import Source
from scopeaudit.model.remark import Remark

EXPRESSION = r"(?i)scopeaudit:[ \t]{0,8}ignore"
"""For the pass: a match of it may be an ignore comment."""
WITHHELD = "(not shown: a secret may stand in it)"
"""In place of a reason that overlaps a recognised value."""

_REMARKS_LIMIT = 2_000
"""Comments read in one document. More are not honoured, so what they are about is reported."""
_LINE_BYTES = 1024
_LINES_AFTER = 50
_RULES_LIMIT = 40
_RULE_CHARACTERS = 64
_REASON_CHARACTERS = 200

_CLOSERS = {
    b"<%--": b"--%>",
    b"<!--": b"-->",
    b"{{!--": b"--}}",
    b"{{!": b"}}",
    b"{#": b"#}",
    b"{-": b"-}",
    b"(*": b"*)",
    b"/*": b"*/",
    b"*": b"*/",
}
"""What ends a comment before the line does, by what opens it; a single `*` goes on with one opened above."""
_MARK = re.compile(
    rb"(?<![`\w<!])(?<!`[/({])(?:(?P<mark><%--|<!--|\{\{!--|\{\{!|\{#|\{-|\(\*|/\*|\*)[#*!-]{0,8}"
    rb"|(?P<line>//|--|#|;|%|'|!|::|\.\.|(?i:rem|dnl))[/#;%!-]{0,80})[ \t]{0,16}\Z"
)
_WRITTEN = re.compile(rb"ignore(?![\w-])(?:\[(?P<rules>[^\]\n]{0,512})\])?(?P<rest>.*)", re.IGNORECASE)
_LITERAL = re.compile(rb"scopeaudit:[ \t]{0,8}ignore", re.IGNORECASE)
_ANOTHER = re.compile(rb"[^\w\s]{0,8}[ \t]{0,16}scopeaudit:[ \t]{0,8}ignore", re.IGNORECASE)
_MIXED = re.compile(r"(?=[A-Za-z+]{0,200}[0-9])(?=[0-9+]{0,200}[A-Za-z])[A-Za-z0-9+]{12,}")
"""A long run of letters and digits in a reason is no word, and may be a secret."""
_QUOTES = (b'"', b"'", b"`")


@dataclass(frozen=True, slots=True)
class _Comment:
    mark: bytes
    begin: int
    """Offset of the mark."""
    alone: bool
    """Whether only blanks stand before it on its line."""
    text: tuple[int, int]
    """Offsets from `ignore` to the end of the comment, or of the line."""
    closed: bool
    """Whether its closer stands on the line, or it needs none."""
    after: bytes
    """What follows its closer on the line."""
    line_end: int


def remarks(view: View, ends: Sequence[int], taken: Sequence[tuple[int, int]] = ()) -> Iterator[Remark]:
    """The ignore comments of a document, in order.

    `ends` are the offsets where `EXPRESSION` may match, `taken` the spans of the values that were
    recognised: no reason is shown that overlaps one. A variable of the environment holds no comments.
    """
    if view.document.name is not None:
        return
    for end in ends[:_REMARKS_LIMIT]:
        if view.owns(end - 1) and (comment := _comment(view, end)):
            written = _WRITTEN.match(view.data, *comment.text)
            if written:
                yield _remark(view, comment, written, taken)


def _comment(view: View, end: int) -> _Comment | None:
    data = view.data
    literal = _LITERAL.search(data, max(0, end - 64), end)
    while literal and literal.end() != end:
        literal = _LITERAL.search(data, literal.end(), end)
    if literal is None:
        return None
    low = max(0, literal.start() - _LINE_BYTES)
    begin = data.rfind(b"\n", low, literal.start()) + 1 or low
    mark = _MARK.search(data[begin : literal.start()])
    if mark is None:
        return None
    before = data[begin : begin + mark.start()]
    kind = mark.group("mark") or mark.group("line")
    line_end = _line_end(data, end)
    start = end - len(b"ignore")
    text = data[start:line_end]
    if another := _ANOTHER.search(text, 1):
        text = text[: another.start()]
    closer = _CLOSERS.get(kind)
    text, found, after = text.partition(closer) if closer else (text, b"", b"")
    quote = next((each for each in _QUOTES if before.count(each) % 2), None)
    if quote is not None:
        text = text.partition(quote)[0]
    return _Comment(
        mark=kind,
        begin=begin + mark.start(),
        alone=not before.strip(_blanks(view)),
        text=(start, start + len(text.rstrip())),
        closed=closer is None or bool(found),
        after=after.strip(),
        line_end=line_end,
    )


def _blanks(view: View) -> bytes:
    """What may stand before a comment that stands alone: in a piped diff the sign of the line too."""
    return b" \t+-" if view.document.source is Source.INPUT else b" \t"


def _line_end(data: bytes, start: int) -> int:
    limit = min(len(data), start + _LINE_BYTES)
    found = data.find(b"\n", start, limit)
    return found if found >= 0 else limit


def _remark(
    view: View, comment: _Comment, written: re.Match[bytes], taken: Sequence[tuple[int, int]]
) -> Remark:
    location = view.location(comment.begin, None)
    names = (written.group("rules") or b"").decode("utf-8", "replace").split(",")
    rules = [name.strip()[:_RULE_CHARACTERS] for name in names if name.strip()]
    speaks_for = None
    if location.line is not None and (offset := _lines_to_the_subject(view, comment)) is not None:
        speaks_for = location.line + offset
    return Remark(
        location=location,
        speaks_for=speaks_for,
        rules=tuple(dict.fromkeys(rules))[:_RULES_LIMIT],
        reason=_reason(written, taken),
    )


def _reason(written: re.Match[bytes], taken: Sequence[tuple[int, int]]) -> str:
    text = written.group("rest").decode("utf-8", "replace").strip(" \t:,-–—*")
    if not any(character.isalnum() for character in text):
        return ""
    begin, end = written.span("rest")
    if any(start < end and stop > begin for start, stop in taken):
        return WITHHELD
    text = text if len(text) <= _REASON_CHARACTERS else f"{text[: _REASON_CHARACTERS - 1]}…"
    return _MIXED.sub("…", text)


def _lines_to_the_subject(view: View, comment: _Comment) -> int | None:
    """How many lines below the comment's first stands what it is about; 0 where it is the same line."""
    if not comment.alone or comment.after:
        return 0
    closer = _CLOSERS.get(comment.mark)
    inside = not comment.closed
    start = comment.line_end + 1
    for count in range(1, _LINES_AFTER + 1):
        if start >= len(view.data):
            return None
        end = _line_end(view.data, start)
        line = view.data[start:end].lstrip(_blanks(view))
        start = end + 1
        if not inside and (not line.startswith(comment.mark) or comment.mark == b"*"):
            return count
        if closer is not None:
            _, found, rest = line.partition(closer)
            if found and rest.strip():
                return count
            inside = not found
    return None
