"""What a folder says is noise, in the words of detect-secrets. It can drop candidates and nothing else.

Source: https://github.com/Yelp/detect-secrets#inline-allowlisting and #auditing-a-baseline
"""

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source

BASELINE = ".secrets.baseline"
"""Name of the file in which detect-secrets keeps what was found earlier."""
PRAGMA_NOISE = "pragma"
BASELINE_NOISE = "baseline"
"""How the report calls the statements by which a candidate was left out."""
_NOW = frozenset({Source.TREE, Source.STAGED})
_DIGEST = re.compile(r"[0-9a-f]{40}")
_PRIVATE_KEY = re.compile(r"-----(BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?)-----")
_LINE_BYTES = 4096
_PRAGMA = rb"[ \t]{0,8} {0,8}pragma: ?"
_MARKS = rb"(?:#|//|(?P<block>/\*)|'|--)"
"""What begins a comment for detect-secrets; markup's `<!--` ends in one of them."""
_HERE = re.compile(_MARKS + _PRAGMA + rb"(?:allow|white)list[ -]secret")
_ABOVE = re.compile(rb"[ \t]*(?:<!)?" + _MARKS + _PRAGMA + rb"allowlist[ -]nextline[ -]secret")
_ONLY_HASH = ".yaml"
"""Ending of the files in which only `#` begins a comment for it."""


class _Entry(msgspec.Struct):
    hashed_secret: str
    line_number: int | None = None
    is_secret: bool | None = None


class _Baseline(msgspec.Struct):
    results: dict[str, list[_Entry]]


@dataclass(frozen=True, slots=True)
class Noise:
    """Values that baselines name, by file: digests only, as the baselines hold them."""

    entries: Mapping[str, Mapping[str, frozenset[int | None]]] = field(default_factory=dict)
    """Path to SHA-1 of a value to the lines it was seen on."""

    @classmethod
    def from_baseline(cls, data: bytes, path: str = BASELINE) -> "Noise | Gap":
        """What the baseline at `path` says; a gap if it is none. What it marks as a secret is no noise."""
        try:
            decoded = msgspec.json.decode(data, type=_Baseline)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Gap(Stage.DETECT, path, "is not a baseline of detect-secrets; nothing in it counts")
        entries: dict[str, dict[str, frozenset[int | None]]] = {}
        folder = posixpath.dirname(path)
        for name, found in decoded.results.items():
            place = posixpath.normpath(posixpath.join(folder, name.replace("\\", "/")))
            for each in found:
                if each.is_secret is not True and _DIGEST.fullmatch(each.hashed_secret):
                    lines = entries.setdefault(place, {})
                    earlier = lines.get(each.hashed_secret, frozenset())
                    lines[each.hashed_secret] = earlier | {each.line_number}
        return cls(entries)

    @classmethod
    def union(cls, several: Iterable["Noise"]) -> "Noise":
        """What any of them says."""
        merged: dict[str, dict[str, frozenset[int | None]]] = {}
        for each in several:
            for path, digests in each.entries.items():
                known = merged.setdefault(path, {})
                for digest, lines in digests.items():
                    known[digest] = known.get(digest, frozenset()) | lines
        return cls(merged)

    def covers(self, path: str, line: int | None, text: str) -> bool:
        """Whether a baseline names this value in this file.

        Of a private key detect-secrets keeps the digest of its first line's words, which all keys of a form
        share: there the line number must agree as well.
        """
        known = self.entries.get(path)
        if not known:
            return False
        if _digest(text) in known:
            return True
        key = _PRIVATE_KEY.match(text)
        return key is not None and line is not None and line in known.get(_digest(key.group(1)), ())


def is_baseline(document: Document) -> bool:
    """Whether a document is a baseline of today's folder; those in history and elsewhere say nothing."""
    return document.source in _NOW and posixpath.basename(document.path) == BASELINE


def baseline_of(document: Document) -> Noise | Gap:
    """What a baseline says; a gap if it is none, or so large that it comes in sections."""
    if document.own is not None:
        return Gap(Stage.DETECT, document.path, "is too large for a baseline; nothing in it counts")
    return Noise.from_baseline(bytes(document.data), document.path)


def has_pragma(data: bytes, start: int, path: str) -> bool:
    """Whether a comment on the line of the value at `start`, or alone on the one above, calls it noise."""
    begin = data.rfind(b"\n", max(0, start - _LINE_BYTES), start) + 1
    end = data.find(b"\n", start, start + _LINE_BYTES)
    line = data[begin or max(0, start - _LINE_BYTES) : end if end >= 0 else start + _LINE_BYTES]
    above = b""
    if begin:
        earlier = data.rfind(b"\n", max(0, begin - 1 - _LINE_BYTES), begin - 1) + 1
        above = data[earlier : begin - 1] if earlier or begin <= _LINE_BYTES else b""
    return any(_counts(each, line, path) for each in _HERE.finditer(line)) or (
        (found := _ABOVE.match(above)) is not None and _counts(found, above, path)
    )


def _counts(found: re.Match[bytes], line: bytes, path: str) -> bool:
    """Whether the mark begins a comment in such a file; a block's end must be that of the line."""
    if path.endswith(_ONLY_HASH):
        return found.group().lstrip(b" \t").startswith(b"#")
    return not found.group("block") or line.rstrip(b" \t\r").endswith(b"*/")


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
