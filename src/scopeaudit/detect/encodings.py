"""How far encoded text reaches around a place, and what it stands for. All that is read is bounded."""

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

RUN_LIMIT_BYTES = 2 << 20
"""Of longer base64 the beginning is decoded."""
_URL_BYTES = 4096
_STRING_BEFORE_BYTES = 4096
_STRING_BYTES = 32 << 10
_MANIFEST_BYTES = 64 << 10
INFLATED_LIMIT_BYTES = 4 << 20
"""Of more compressed text the beginning is decoded."""

Change = tuple[int, int, bytes]
"""Where something encoded begins and ends, and what it stands for."""

_TEXT = bytes(range(0x20, 0x7F)) + b"\t\n\r"
_ABOVE_ASCII = bytes(range(0x80, 0x100))
_STANDARD = bytes.maketrans(b"-_", b"+/")
_GZIP = b"\x1f\x8b\x08"
_BREAK = (
    rb"(?:(?:\\{1,4}r)?\\{1,4}n"
    rb"|[ \t]{0,4}(?:\\|[\"'][ \t]{0,4}[+.\\]?)?\r?\n[ \t]{0,64}(?:[+.]?[ \t]{0,4}[\"'])?)"
)
"""What stands between the lines of wrapped base64: a line break, perhaps in a string that is put together."""
_BREAKS = re.compile(_BREAK)
_LETTERS = rb"[0-9A-Za-z+/_-]"
_WORD = re.compile(_LETTERS + rb"{1,%d}={0,2}" % RUN_LIMIT_BYTES)
_LEAST_WRAPPED = 40
_DOTTED = re.compile(rb"(?:\.[0-9A-Za-z_-]{1,65536}){1,4}")

_URL_CHARACTERS = re.compile(rb"[0-9A-Za-z%._~!*()+,;:@&=/?#$\[\]-]*")
_PERCENT = re.compile(rb"%(?:([2-7][0-9A-Fa-f])|(0[9AaDd]))")
_QUERY = re.compile(rb"[?#]")

_BEFORE_IN_STRING = re.compile(rb"(?:[^\n\"'`]|[\"'`](?=\\))*")
_AFTER_IN_STRING = re.compile(rb"(?:[^\n\"'`\\]|\\.)*")
_ESCAPE = re.compile(
    rb"\\{1,8}(?:u00([2-7][0-9A-Fa-f]|0[9AaDd])|x([2-7][0-9A-Fa-f]|0[9AaDd])|([nrt])|([\"'`/:=#!&@$ ]))"
)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}

_DATA_LINE = re.compile(
    rb"(?m)^([ \t]{0,64})(?:-[ \t]{1,4})?[\"']?data[\"']?:[ \t]{0,8}(?:#[^\n]{0,256})?\r?\n"
)
_DATA_OBJECT = re.compile(rb"(?<![A-Za-z])data[\\\"']{0,6}\s{0,8}:\s{0,8}\{([^{}]{0,65536})\}")
_VALUE = re.compile(
    rb"[\w.\-]{1,253}[\\\"']{0,6}[ \t]{0,8}:\s{0,8}[\\\"']{0,6}"
    rb"([0-9A-Za-z+/]{3,65536}={0,2})(?=[\\\"'\s,}]|\Z)"
)


def base64_words(data: bytes, start: int) -> tuple[int, int, bool]:
    """Where base64 that begins at `start` ends, over lines of equal length too; whether it is of a JWT.

    The second end takes in a shorter line behind the full ones, which may be the last or a word that follows.
    """
    found = _WORD.match(data, start)
    if found is None:
        return start, start, False
    end = found.end()
    dotted = _DOTTED.match(data, end) if found.group().startswith(b"eyJ") else None
    if dotted is not None:
        return dotted.end(), dotted.end(), True
    width = end - start
    if width >= _LEAST_WRAPPED and not width % 4 and data[end - 1] != b"="[0]:
        lines = _wrapped(width).match(data, end, start + RUN_LIMIT_BYTES)
        if lines is not None:
            return lines.end("full"), lines.end(), False
    return end, end, False


@lru_cache(maxsize=64)
def _wrapped(width: int) -> re.Pattern[bytes]:
    """Further full lines of this width, and a shorter one that ends them."""
    full = rb"(?P<full>(?:%b%b{%d}(?!%b|=))*+)" % (_BREAK, _LETTERS, width, _LETTERS)
    rest = rb"(?:%b%b{1,%d}={0,2}(?![0-9A-Za-z+/_=.:(\[-]))?" % (_BREAK, _LETTERS, width)
    return re.compile(full + rest)


def base64_text(encoded: bytes) -> bytes | None:
    """What base64 stands for, as UTF-8, if that is text."""
    letters = _BREAKS.sub(b"", encoded).translate(_STANDARD).rstrip(b"=")
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        raw = binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return None
    return _text(_inflated(raw) if raw.startswith(_GZIP) else raw)


def _inflated(raw: bytes) -> bytes:
    import zlib

    try:
        return zlib.decompressobj(31).decompress(raw, INFLATED_LIMIT_BYTES)
    except zlib.error:
        return raw


def _text(raw: bytes) -> bytes | None:
    """Bytes as UTF-8 if nearly all of them are text."""
    if not raw:
        return None
    if len(raw) >= 4 and raw[1::2].count(0) * 4 >= len(raw[1::2]) * 3:
        raw = raw[: len(raw) & ~1].decode("utf-16-le", "replace").encode()
    strange = raw.translate(None, _TEXT)
    if not strange:
        return raw
    if strange.translate(None, _ABOVE_ASCII):
        return raw if len(strange) * 64 <= len(raw) else None
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        cut_off = error.start >= len(raw) - 3 and len(raw) > 64
        return raw if cut_off or len(strange) * 64 <= len(raw) else None
    return raw if len(strange) * 2 <= len(raw) else None


def percents(data: bytes, place: int, least: int) -> tuple[int, int, list[Change]]:
    """The word around `place`, from `least` on: where it begins and ends, and its percent-encoded ASCII.

    In a URL that is itself plain, only what follows the `?` is decoded: what is encoded before it is part
    of a user, a password or a path.
    """
    low = max(least, place - _URL_BYTES)
    start = place - _matched(_URL_CHARACTERS, data[low:place][::-1])
    end = place + _matched(_URL_CHARACTERS, data[place : place + _URL_BYTES])
    scheme = data.find(b"://", start, place)
    if scheme >= 0:
        query = _QUERY.search(data, scheme, end)
        if query is None:
            return start, end, []
        start = query.end()
    return (
        start,
        end,
        [
            (each.start(), each.end(), bytes.fromhex((each.group(1) or each.group(2)).decode()))
            for each in _PERCENT.finditer(data, start, end)
        ],
    )


def unescaped(data: bytes, place: int, least: int) -> tuple[int, int, list[Change]]:
    """The string or line around `place`, from `least` on: where it begins and ends, and its escapes.

    Several backslashes count as one: what is escaped twice is text in a string in a string.
    """
    low = max(least, place - _STRING_BEFORE_BYTES)
    start = place - _matched(_BEFORE_IN_STRING, data[low:place][::-1])
    end = place + _matched(_AFTER_IN_STRING, data[place : place + _STRING_BYTES])
    return (
        start,
        end,
        [(each.start(), each.end(), _character(each)) for each in _ESCAPE.finditer(data, start, end)],
    )


def _character(match: re.Match[bytes]) -> bytes:
    short, long, control, itself = match.groups()
    if short or long:
        return bytes.fromhex((short or long).decode())
    return _CONTROLS[control] if control else bytes(itself)


def manifest_values(data: bytes, place: int, least: int) -> tuple[int, list[tuple[int, int]]]:
    """Where the manifest of a Kubernetes secret around `place` ends, and the ranges of its encoded values."""
    low = max(least, place - _MANIFEST_BYTES)
    low = max(low, data.rfind(b"\n---", low, place))
    high = min(len(data), place + _MANIFEST_BYTES)
    cut = data.find(b"\n---", place, high)
    high = cut if cut >= 0 else high
    found = [
        value.span(1)
        for begin, stop in _data_blocks(data, low, high)
        for value in _VALUE.finditer(data, begin, stop)
        if not len(value.group(1)) % 4
    ]
    return high, sorted(set(found))


def _data_blocks(data: bytes, low: int, high: int) -> Iterator[tuple[int, int]]:
    for found in _DATA_OBJECT.finditer(data, low, high):
        yield found.span(1)
    for found in _DATA_LINE.finditer(data, low, high):
        indentation = len(found.group(1))
        stop = found.end()
        while stop < high:
            following = data.find(b"\n", stop, high) + 1 or high
            line = data[stop:following]
            inner = line.lstrip(b" \t")
            if inner.strip() and len(line) - len(inner) <= indentation:
                break
            stop = following
        yield found.end(), stop


def _matched(expression: re.Pattern[bytes], text: bytes) -> int:
    found = expression.match(text)
    return found.end() if found else 0
