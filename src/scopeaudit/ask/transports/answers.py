"""Reads the body of an answer: JSON within bounds, or text. Hostile input costs no more than its size."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from scopeaudit.model.secret import Secret

MOST_VALUES = 400_000
MOST_LEVELS = 100
_LEAST_SECRET = 6
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_JSON_TYPE = re.compile(r"\s*[a-z0-9.+*_-]+/(?:[a-z0-9.+_-]+\+)?json\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*\"?([a-z0-9_-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says, or why it cannot be read."""

    content: object = None
    failure: str | None = None


def read_body(raw: bytes, content_type: str) -> Body:
    """Parsed JSON where the type or the first character says JSON, else text; `None` where it is empty."""
    stripped = raw.removeprefix(b"\xef\xbb\xbf").strip()
    if not stripped:
        return Body()
    if _JSON_TYPE.match(content_type) or stripped[:1] in (b"{", b"["):
        return _read_json(stripped)
    return Body(_text(raw, content_type))


def redact(raw: bytes, secrets: Iterable[Secret]) -> bytes:
    """A body in which an echo of a secret is no longer one."""
    for secret in secrets:
        if len(secret) >= _LEAST_SECRET:
            raw = _without(raw, secret.reveal().encode("utf-8", "surrogatepass"))
    return raw


def _without(raw: bytes, plain: bytes) -> bytes:
    for form in (
        plain,
        plain.replace(b"/", rb"\/"),
        msgspec.json.encode(plain.decode("utf-8", "replace"))[1:-1],
    ):
        raw = raw.replace(form, "…".encode())
    return raw


def _read_json(raw: bytes) -> Body:
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MOST_VALUES:
        return Body(failure="the answer holds too many values")
    if _levels(raw) > MOST_LEVELS:
        return Body(failure="the answer is nested too deeply")
    try:
        return Body(msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Body(failure="the answer is malformed JSON")


def _levels(raw: bytes) -> int:
    """How deep a text nests, brackets in strings aside. A parser of deep texts can exhaust a stack."""
    if raw.count(b"[") + raw.count(b"{") <= MOST_LEVELS:
        return 0
    level = deepest = 0
    for match in _TOKEN.finditer(raw):
        first = raw[match.start()]
        if first in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif first in b"]}":
            level -= 1
    return deepest


def _text(raw: bytes, content_type: str) -> str:
    charset = _CHARSET.search(content_type)
    is_latin = charset is not None and charset.group(1).lower() in ("iso-8859-1", "latin1", "windows-1252")
    return raw.decode("cp1252" if is_latin else "utf-8", "replace")
