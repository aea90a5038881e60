r"""Encoded text in documents: base64, percent-encoding, and the escapes of JSON, JavaScript and shells.

The pass points out where something encoded may stand. What decodes to text becomes a document of its own:
a copy of the few lines around it with the decoded text in place, so that names, neighbours and quotes are
where they were, and a list of pieces that says where each part stands in the file. Such a document speaks
only for what was decoded. Decode its own text again for what is encoded twice.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import merge

from scopeaudit.detect.encodings import (
    INFLATED_LIMIT_BYTES,
    RUN_LIMIT_BYTES,
    base64_text,
    base64_words,
    manifest_values,
    percents,
    unescaped,
)
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document, Piece
from scopeaudit.model.gap import Gap, Stage

DEPTH = 2
"""How often what was decoded is looked at again."""
RUNS_LIMIT = 2_000
"""Encoded texts of one document that are decoded."""
PIECES_LIMIT = 50_000
"""Escapes of one document that are decoded."""
DECODED_LIMIT_BYTES = 4 << 20
"""Decoded bytes of one document."""
_CUT_BYTES = 256
"""So much before its limit base64 in lines may have been cut: a line and what stands before it."""
_LONG = "holds base64 that is too long to be decoded to its end; the rest of it was not decoded"
_BEFORE_BYTES = 2048
_AFTER_BYTES = 1024
_QUOTES = frozenset(b"\"'`")
_SIMPLE = re.compile(rb"[^\s\"'`]*")

_QUANTUM = "[CDI-Za-f][ACD-HQS-Xgi-nwyz0-3][ABEFIJMNQRUVYZcdghklopstwx014589][0-9A-Za-z+/_-]"
"""Three bytes of ASCII text in base64: the upper bit of each byte is 0, and control characters are rare."""
_WIDE_QUANTA = "[CDI-Za-f][AQgw][AB][0-9A-Za-z+/_-]A[A-H][AEIMQUYcgkosw048]A"
"""Three characters of UTF-16 in base64."""
_BASE64_BYTES = 16
"""What the expressions for base64 take in of it, from its beginning on."""
_SECRETIVE = "(?i:token|secret|passw|api[-_]?key|access[-_]?key|private[-_]?key|credential)"
_ESCAPES = (
    r"[0-9A-Za-z_./+-]\\u00[2-7][0-9A-Fa-f]",
    r"\\u00[2-7][0-9A-Fa-f][0-9A-Za-z_]",
    r"\\x[2-7][0-9A-Fa-f][0-9A-Za-z_\\-]{4}",
    r":\\{1,8}/\\{1,8}/",
    r"\\://",
    r"-----BEGIN[ A-Z0-9]{1,40}-----\\{1,8}[nr]",
    r"\\n[A-Z][A-Z0-9_]{2,40}=[^\s\\]",
    rf"\\n[\w.\- ]{{0,24}}{_SECRETIVE}[\w.\-]{{0,16}}[\"'\\]{{0,3}} ?[:=]",
)
_TEXT = rf"(?:{_QUANTUM}){{4}}"
_WIDE = rf"(?:{_WIDE_QUANTA}){{2}}"
_LETTER = "[0-9A-Za-z+/_-]"
_BEHIND = r"[\s\"'=:>,(\[{/|;]"
_ACCENTED = "base64-accented"
_ACCENTED_BYTES = 24
"""What the expression for text with an accent early takes in of the plain text behind it."""
EXPRESSIONS: Mapping[str, str] = {
    "base64": rf"{_BEHIND}{_TEXT}",
    "base64-alone": rf"^{_TEXT}|\\n{_TEXT}",
    "base64-marked": rf"(?:^|{_BEHIND})77u/(?:{_QUANTUM}){{3}}",
    _ACCENTED: rf"[\"'](?:{_LETTER}{{4}}){{1,3}}(?:{_QUANTUM}){{6}}",
    "base64-command": rf"(?:(?i:-e(?:nc|ncodedcommand)? {{1,4}})[\"']?|FromBase64String\([\"']){_WIDE}",
    "base64-gzip": r"\bH4sIA[0-9A-Za-z+/_-]{11}",
    "percent": r"%(?:2[BbDdFf]|3[AaDd]|40|5[Ff]|7[Bb]%22|22%3[Aa])[0-9A-Za-z_%-]{4}",
    "escape": "|".join(_ESCAPES),
    "manifest": r"\bkind[\\\"']{0,5}[ \t]{0,4}:[ \t]{0,4}[\\\"']{0,5}Secret\b",
}
"""What the pass looks for, by the key under which `decoded` takes where it may end.

Base64 is looked for behind what may stand before it, so that a long run is not reported at every byte. Four
quanta of ASCII at its beginning make it rare enough to be looked for behind every blank. Put together with
the marks and the accents it takes longer than apart.
"""
_BASE64 = tuple(key for key in EXPRESSIONS if key.startswith("base64") and key != _ACCENTED)


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a document and the text they stand for."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a document in which something is encoded."""

    start: int
    end: int
    parts: tuple[Part, ...]
    """What changes, in order; all between is plain."""
    whole: bool = True
    """Whether it was decoded to its end."""


def decoded(view: View, ends: Mapping[str, list[int]]) -> Iterator[Document | Gap]:
    """Documents with the encoded texts of a document decoded; a gap where there are too many.

    `ends` holds where matches of `EXPRESSIONS` end, ascending. Of a document that was decoded itself only
    what is its own is decoded again.
    """
    runs, complete = _bounded(_runs(view, ends))
    for window in _windows(view, runs):
        yield _spliced(view, window)
    if not all(run.whole for run in runs):
        yield Gap(Stage.DETECT, view.document.path, _LONG)
    if not complete:
        why = "holds more encoded text than is decoded; the rest was not decoded"
        yield Gap(Stage.DETECT, view.document.path, why)


def is_encoded_again(view: View, ends: Mapping[str, list[int]]) -> bool:
    """Whether a document that was decoded holds base64 that would be decoded next.

    Escapes are not asked about: what was escaped several times is decoded at once.
    """
    runs = merge(
        _in_manifests(view, ends.get("manifest", [])),
        _base64(view, _starts(view, ends)),
        key=lambda run: run.start,
    )
    return any(view.owns(run.start) for run in runs)


def replaced(document: Document) -> list[tuple[int, int]]:
    """The ranges that were decoded, as offsets into the bytes the document was decoded from, ascending."""
    return [each.origin for each in document.pieces if each.decoded]


def _runs(view: View, ends: Mapping[str, list[int]]) -> Iterator[Run]:
    """What is encoded, in order, none overlapping another: what begins first is decoded first."""
    found = merge(
        _escaped(view, ends.get("escape", [])),
        _percent_encoded(view, ends.get("percent", [])),
        _in_manifests(view, ends.get("manifest", [])),
        _base64(view, _starts(view, ends)),
        key=lambda run: run.start,
    )
    cursor = 0
    for run in found:
        if run.start >= cursor and view.owns(run.start):
            cursor = run.end
            yield run


def _bounded(runs: Iterator[Run]) -> tuple[list[Run], bool]:
    """As many runs as are decoded, and whether they are all."""
    held: list[Run] = []
    total = pieces = 0
    for run in runs:
        total += sum(len(part.text) for part in run.parts)
        pieces += len(run.parts)
        if len(held) == RUNS_LIMIT or total > DECODED_LIMIT_BYTES or pieces > PIECES_LIMIT:
            return held, False
        held.append(run)
    return held, True


def _escaped(view: View, ends: list[int]) -> Iterator[Run]:
    cursor = view.lead
    for end in ends:
        if end > cursor:
            start, cursor, parts = unescaped(view.data, end, cursor)
            cursor = max(cursor, end)
            if parts:
                yield Run(start, cursor, tuple(Part(*part) for part in parts))


def _percent_encoded(view: View, ends: list[int]) -> Iterator[Run]:
    cursor = view.lead
    for end in ends:
        if end > cursor:
            start, cursor, parts = percents(view.data, end, cursor)
            cursor = max(cursor, end)
            if parts:
                yield Run(start, cursor, tuple(Part(*part) for part in parts))


def _starts(view: View, ends: Mapping[str, list[int]]) -> list[int]:
    """Where base64 may begin, ascending."""
    found = {end - _BASE64_BYTES for key in _BASE64 for end in ends.get(key, ())}
    for end in ends.get(_ACCENTED, ()):
        found.add(_behind_quote(view.data, end - _ACCENTED_BYTES))
    return sorted(found)


def _behind_quote(data: bytes, place: int) -> int:
    """Where base64 in quotes begins of which the part from `place` on was recognised."""
    starts = range(place - 4, place - 16, -4)
    return next((start for start in starts if start > 0 and data[start - 1] in _QUOTES), place)


def _base64(view: View, starts: list[int]) -> Iterator[Run]:
    cursor = view.lead
    for start in starts:
        if start < cursor:
            continue
        full, stop, is_token = base64_words(view.data, start)
        text = None if is_token else base64_text(view.data[start:stop])
        if text is None and full < stop:
            text = base64_text(view.data[start:full])
            stop = stop if text is None else full
        cursor = max(start + _BASE64_BYTES, stop)
        if text is not None:
            whole = len(text) < INFLATED_LIMIT_BYTES and not _is_cut(view, start, stop)
            yield replace(_written(view, start, stop, text), whole=whole)


def _is_cut(view: View, start: int, stop: int) -> bool:
    """Whether base64 goes on behind where it was read to: it is too long, or its section ends."""
    own = view.document.own
    if own is not None and own[1] < len(view.data) <= stop + len(b"\r\n"):
        return True
    return stop - start > RUN_LIMIT_BYTES - _CUT_BYTES


def _in_manifests(view: View, ends: list[int]) -> Iterator[Run]:
    """Values of Kubernetes secrets, which are base64 however short."""
    cursor = view.lead
    for end in ends:
        if end <= cursor:
            continue
        cursor, values = manifest_values(view.data, end, cursor)
        for start, stop in values:
            text = base64_text(view.data[start:stop])
            if text is not None:
                yield _written(view, start, stop, text)


def _written(view: View, start: int, stop: int, text: bytes) -> Run:
    """Decoded text as it can be written where its base64 stands: in quotes, or on lines of its own."""
    data = view.data
    if not _SIMPLE.fullmatch(text):
        text = b"\n" + text.strip(b"\r\n") + b"\n"
    elif view.document.name is None and not (start and data[start - 1] in _QUOTES):
        text = b'"' + text + b'"'
    return Run(start, stop, (Part(start, stop, text),))


def _windows(view: View, runs: list[Run]) -> Iterator[list[Run]]:
    """Runs that are near enough to be written into one document."""
    held: list[Run] = []
    for run in runs:
        near = held and run.start - held[-1].end <= _BEFORE_BYTES + _AFTER_BYTES
        if held and not near and view.document.name is None:
            yield held
            held = []
        held.append(run)
    if held:
        yield held


def _spliced(view: View, runs: list[Run]) -> Document:
    """The text around some runs with what they stand for in their places."""
    begin, stop = _around(view, runs)
    places = _Places(view)
    chunks: list[bytes] = []
    pieces: list[Piece] = []
    length = 0

    def add(start: int, end: int, text: bytes | None, *, own: bool) -> None:
        nonlocal length
        if start < end:
            line, column = places.at(start)
            origin = (start - view.lead, end - view.lead)
            pieces.append(Piece(length, origin, line, column, text is not None, own))
            chunks.append(view.data[start:end] if text is None else text)
            length += len(chunks[-1])

    cursor = begin
    for run in runs:
        add(cursor, run.start, None, own=False)
        cursor = run.start
        for part in run.parts:
            add(cursor, part.start, None, own=True)
            add(part.start, part.end, part.text, own=True)
            cursor = part.end
        add(cursor, run.end, None, own=True)
        cursor = run.end
    add(cursor, stop, None, own=False)
    return replace(
        view.document,
        data=b"".join(chunks),
        own=None,
        size=0,
        continues=True,
        pieces=tuple(pieces),
    )


def _around(view: View, runs: list[Run]) -> tuple[int, int]:
    """A range of whole lines, where they are not too long; of a variable all."""
    if view.document.name is not None:
        return view.lead, len(view.data)
    low = max(0, runs[0].start - _BEFORE_BYTES)
    high = min(len(view.data), runs[-1].end + _AFTER_BYTES)
    begin = view.data.find(b"\n", low, runs[0].start) + 1 if low else 0
    stop = view.data.rfind(b"\n", runs[-1].end, high) + 1 if high < len(view.data) else high
    return begin or low, stop or high


class _Places:
    """Lines and columns of ascending offsets of a view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._mark: tuple[int, int, int] | None = None

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset that is not before the last."""
        if self._view.document.pieces or self._mark is None:
            line, column = self._view.position(offset)
        else:
            line, column = self._view.advance(self._mark, offset)
        self._mark = (offset, line, column)
        return line, column
