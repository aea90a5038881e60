"""Whether what stands around a value speaks for a kind of credential, and from how near."""

import re

from scopeaudit.catalogue.provider import Kind, Needs
from scopeaudit.detect.keywords import GAP_BYTES, KEYWORD_BYTES, keyword_expression, places
from scopeaudit.detect.names import hint, is_identifier, is_named, is_secretive
from scopeaudit.detect.view import View
from scopeaudit.model.document import ANY_PATH

_HINT_BYTES = 300
_ABOVE_BYTES = 48
"""How far above a value a keyword still speaks for it if it is none of its parents."""
_ELSEWHERE = 1000
"""What another line adds to a distance, in bytes."""
_STOPS = frozenset(b" \t\r\n\"'`,;)]}<>&#|\\\0")
_GLUES = (b"@", b"?", b"!", b"%", b"^")
"""What joins a value to what stands before it: it is a part of something longer."""
_DIGEST = re.compile(rb"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})(?:-[0-9a-f]+)?")

_INTEGRITY_BYTES = 7
_INTEGRITY = re.compile(rb"sha(?:1|256|384|512)-\Z")
"""What stands before a checksum in a lock file or a page: https://www.w3.org/TR/SRI/."""


def distance(view: View, kind: Kind, match: re.Match[bytes]) -> int | None:
    """How far away lies what the kind needs, in bytes; `None` if it is not there."""
    match kind.needs:
        case Needs.NOTHING:
            return 0
        case Needs.NAME:
            if kind.keywords and _keyword_distance(view, kind, match) is None:
                return None
            return 0 if _is_named_value(view, kind, match) else None
        case Needs.KEYWORD:
            found = _keyword_distance(view, kind, match)
            return found if found is None or _may_be_secret(view, kind, match) else None


def distance_behind(view: View, kind: Kind, match: re.Match[bytes]) -> int | None:
    """The same for a value known only by a keyword before it: in its name, above it, or on its line."""
    start, end = match.span()
    if not ends_at(view, end) or view.data[start - 1 : start] in _GLUES or _is_checksum(view, start):
        return None
    assigned = view.assigned(start)
    if kind.needs is Needs.NAME and not is_named(assigned.names, kind.names):
        return None
    if assigned.name is not None:
        secretive = is_secretive(assigned.name) or is_named(assigned.names, kind.names)
        if is_identifier(assigned.name) and not secretive:
            return None
        if _speaks(kind, assigned.name):
            return 0
        if not secretive:
            return None
        if any(_speaks(kind, each) for each in assigned.scope):
            return 1
    found = places(kind.keywords, view.data, max(0, start - GAP_BYTES - KEYWORD_BYTES), start)
    if not found:
        return None
    gap = start - max(place[1] for place in found)
    lines = view.data.count(b"\n", start - gap, start)
    if lines and (assigned.name is None or gap > _ABOVE_BYTES):
        return None
    if assigned.name is None and not _is_shown_alone(view, match):
        return None
    return 2 + gap + lines * _ELSEWHERE


def ends_at(view: View, end: int) -> bool:
    """Whether a value ends there, and not only the part of it that matches."""
    data = view.data
    end += data[end : end + 1] == b"."
    return end >= len(data) or data[end] in _STOPS


def _is_checksum(view: View, start: int) -> bool:
    return _INTEGRITY.search(view.data, max(0, start - _INTEGRITY_BYTES), start) is not None


def _speaks(kind: Kind, name: str) -> bool:
    text = name.encode("latin-1", "replace")
    return any(keyword_expression(keyword).search(text) for keyword in kind.keywords)


def _is_shown_alone(view: View, match: re.Match[bytes]) -> bool:
    """Whether a line without a name gives a value: it speaks of secrets, or the value is no checksum."""
    return is_secretive(view.line(*match.span())) or not _DIGEST.fullmatch(match.group())


def _is_named_value(view: View, kind: Kind, match: re.Match[bytes]) -> bool:
    data, start, end = view.data, match.start(), match.end()
    if not hint(kind.names).search(data, max(0, start - _HINT_BYTES), end + _HINT_BYTES):
        return False
    if not ends_at(view, end):
        return False
    return is_named(view.assigned(start).names, kind.names)


def _keyword_distance(view: View, kind: Kind, match: re.Match[bytes]) -> int | None:
    start, end = match.span()
    begin, stop = view.near_bounds(start, end)
    found = places(kind.keywords, view.data, begin, stop)
    if found:
        return min(abs(place[0] - start) for place in found)
    if view.document.path == ANY_PATH:
        return stop - begin
    path = view.document.path.encode("utf-8", "surrogateescape")
    return stop - begin if places(kind.keywords, path, 0, len(path)) else None


def _may_be_secret(view: View, kind: Kind, match: re.Match[bytes]) -> bool:
    """Whether name or line let a value be a secret that only a keyword nearby speaks for.

    A pattern with a group for the secret states the name itself.
    """
    start, end = match.span()
    if "secret" in match.re.groupindex:
        return True
    if not ends_at(view, end) or _is_checksum(view, start):
        return False
    assigned = view.assigned(start)
    if assigned.name is None:
        line = view.line(start, end)
        alone = line.strip(" \t\r\"',;-") == view.data[start:end].decode("latin-1")
        return alone or is_secretive(line)
    if kind.names and is_named(assigned.names, kind.names):
        return True
    if _speaks(kind, assigned.name) and not is_identifier(assigned.name):
        return True
    return is_secretive(assigned.name) and not is_identifier(assigned.name)
