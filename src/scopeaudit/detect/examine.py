"""From where a match may end to sightings: what stands around a value decides whether it counts."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from scopeaudit.catalogue.claims import claims_fit
from scopeaudit.catalogue.provider import Checksum, Kind, Needs
from scopeaudit.catalogue.templates import github_checksum
from scopeaudit.detect.engine import Ends
from scopeaudit.detect.names import hint, is_identifier, is_named, is_secretive
from scopeaudit.detect.placeholder import (
    entropy,
    refusal_of_generic,
    refusal_of_password,
    refusal_of_token,
)
from scopeaudit.detect.plan import KnownKind, Plan, expression
from scopeaudit.detect.sighting import Sighting, shown
from scopeaudit.detect.structure import assignments
from scopeaudit.detect.view import View
from scopeaudit.model.secret import Secret

KEY_ID = "key_id"
"""Name of what the pattern found where the secret itself stands elsewhere and no group names it."""
_TOKEN_BITS = 64
_SHOWN_PARTS = frozenset({"host", "user", "port", "database", KEY_ID})
_MATCHES_LIMIT = 20_000
"""Matches of one expression in one document; more is a gap."""
_VALUES_LIMIT = 2_000
"""Of them those whose surroundings are read: a name or keyword may be near; more is a gap."""
_LINE_BYTES = 256
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?")
_HINT_BYTES = 300
_GIVES = re.compile(rb"[\w.\-]{0,64}(?:[\\\"'`\])]{0,5}\s{0,20}[=:,?|+<>]|[\\\"'`\])]{0,5}\s)")
"""What may follow a name that is given a value."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
"""Bytes that no credential can be written with: it is a piece of a binary file."""
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SUSPICIOUS_VALUE = 8
"""Characters of the value that the expression for suspicious lines takes in."""
_LEAST_ENTROPY = 2.5
_QUOTED_REST = re.compile(rb"[^\s\"']{8,256}(?=[\"'])")
_NAME_BYTES = 128
_VALUE_BYTES = 600
_LINES_AFTER_NAME = 3
"""The rest of a name's line and two more, where `value:` or the value itself may stand."""
_ASSIGNMENTS_AFTER_NAME = 3
_STOPS = frozenset(b" \t\r\n\"'`,;)]}<>&#|\\\0")


class Examination:
    """What was recognised in one document."""

    def __init__(self, plan: Plan, view: View) -> None:
        self._plan = plan
        self.view = view
        self.sightings: list[Sighting] = []
        self._examined: set[int] = set()
        self.overflow = False
        """Whether some matches were not looked at because there are too many."""

    def run(self, ends: Ends) -> None:
        """Look at everything the pass reported."""
        for number, found in sorted(ends.items()):
            if number >= len(self._plan.probes):
                continue
            probe = self._plan.probes[number]
            self.sightings.extend(
                self._by_name(number, found) if probe.by_name else self._by_value(number, found)
            )

    def _by_value(self, number: int, ends: list[int]) -> Iterator[Sighting]:
        probe = self._plan.probes[number]
        self._examined.clear()
        for count, match in enumerate(expression(probe.text).matches(self.view.data, ends)):
            if count >= _MATCHES_LIMIT or len(self._examined) >= _VALUES_LIMIT:
                self.overflow = True
                return
            if self.view.owns(match.start()):
                for known in probe.kinds:
                    if sighting := self._check(known, match, quoted=True):
                        yield sighting

    def _by_name(self, number: int, ends: list[int]) -> Iterator[Sighting]:
        probe = self._plan.probes[number]
        seen: set[int] = set()
        self.overflow |= len(ends) > _VALUES_LIMIT
        for end in ends[:_VALUES_LIMIT]:
            for match, known, quoted in self._named_values(probe.kinds, end):
                if match.start() in seen or not self.view.owns(match.start()):
                    continue
                if sighting := self._check(known, match, quoted=quoted):
                    seen.add(match.start())
                    yield sighting

    def _named_values(
        self, kinds: tuple[KnownKind, ...], end: int
    ) -> Iterator[tuple[re.Match[bytes], KnownKind, bool]]:
        """Whole values assigned to names of the kinds, where a name ends at `end`."""
        view = self.view
        if view.lead and end < view.lead + 1:
            for known in kinds:
                if match := known.expression.exact.fullmatch(view.data, view.lead):
                    yield match, known, True
            return
        if not _GIVES.match(view.data, end):
            return
        begin = max(0, end - _NAME_BYTES)
        begin = max(begin, view.data.rfind(b"\n", begin, end) + 1)
        after = view.data[end : end + _VALUE_BYTES].split(b"\n", _LINES_AFTER_NAME)[:_LINES_AFTER_NAME]
        text = (view.data[begin:end] + b"\n".join(after)).decode("latin-1")
        behind = (each for each in assignments(text) if begin + each.start >= end)
        for each in islice(behind, _ASSIGNMENTS_AFTER_NAME):
            start = begin + each.start
            if b"\n" in view.data[end:start].strip():
                return
            for known in kinds:
                match = known.expression.exact.fullmatch(view.data, start, begin + each.end)
                if match and is_named(view.assigned(start).names, known.kind.names):
                    yield match, known, each.quoted

    def _check(self, known: KnownKind, match: re.Match[bytes], *, quoted: bool) -> Sighting | None:
        kind = known.kind
        if _CONTROL.search(match.group()):
            return None
        distance = self._distance(kind, match)
        if distance is None:
            return None
        text, span = _secret_of(match)
        parts = _parts(match, kind)
        if any(each.secret for each in kind.companions) and text not in parts.values():
            parts[KEY_ID] = text
        certain = kind.checksum is not None
        if kind.checksum is not None and not _is_sound(kind.checksum, text):
            return None
        if not certain and self._is_refused(kind, text, parts, quoted=quoted):
            return None
        if entropy(text) < kind.entropy or not claims_fit(kind, text):
            return None
        value = _unquote(text) if _is_url(kind) else text
        name = self.view.assigned(match.start()).name
        shows = {each.name for each in kind.companions if each.show} | (
            _SHOWN_PARTS - {each.name for each in kind.companions}
        )
        return Sighting(
            known=known,
            span=span,
            secret=Secret(value),
            shown=shown(value, kind.random_bits),
            location=self.view.location(span[0], name),
            certain=certain,
            distance=distance,
            companions={part: Secret(value) for part, value in parts.items()},
            context=tuple(sorted((part, value) for part, value in parts.items() if part in shows)),
        )

    def _is_refused(self, kind: Kind, text: str, parts: dict[str, str], *, quoted: bool) -> bool:
        if kind.random_bits >= _TOKEN_BITS:
            return refusal_of_token(text) is not None
        reason = refusal_of_password(text, self.view.document.path, quoted=quoted)
        return (reason or refusal_of_generic(text, parts.get("user", ""), parts.get("host", ""))) is not None

    def _distance(self, kind: Kind, match: re.Match[bytes]) -> int | None:
        """How far away lies what the kind needs, in bytes; `None` if it is not there."""
        match kind.needs:
            case Needs.NOTHING:
                self._examined.add(match.start())
                return 0
            case Needs.NAME:
                if kind.keywords and self._keyword_distance(kind, match) is None:
                    return None
                return 0 if self._is_named_value(kind, match) else None
            case Needs.KEYWORD:
                distance = self._keyword_distance(kind, match)
                return distance if distance is None or self._may_be_secret(kind, match) else None

    def _is_named_value(self, kind: Kind, match: re.Match[bytes]) -> bool:
        data, start, end = self.view.data, match.start(), match.end()
        if not hint(kind.names).search(data, max(0, start - _HINT_BYTES), end + _HINT_BYTES):
            return False
        self._examined.add(start)
        if not self._ends_at(end):
            return False
        return is_named(self.view.assigned(start).names, kind.names)

    def _ends_at(self, end: int) -> bool:
        """Whether a value ends there, and not only the part of it that matches."""
        data = self.view.data
        end += data[end : end + 1] == b"."
        return end >= len(data) or data[end] in _STOPS

    def _keyword_distance(self, kind: Kind, match: re.Match[bytes]) -> int | None:
        start, end = match.span()
        near = self.view.near(start, end)
        value = near.find(match.group().lower())
        found = [
            min(abs(hit.start() - value) for hit in hits)
            for keyword in kind.keywords
            if (hits := list(re.finditer(re.escape(keyword.encode()), near)))
        ]
        if found:
            return min(found)
        return len(near) if any(keyword in self.view.path for keyword in kind.keywords) else None

    def _may_be_secret(self, kind: Kind, match: re.Match[bytes]) -> bool:
        """Whether name or line let a value be a secret that only a keyword nearby speaks for.

        A pattern with a group for the secret states the name itself.
        """
        start, end = match.span()
        self._examined.add(start)
        if "secret" in match.re.groupindex:
            return True
        if not self._ends_at(end):
            return False
        assigned = self.view.assigned(start)
        if assigned.name is None:
            line = self.view.line(start, end)
            alone = line.strip(" \t\r\"',;-") == self.view.data[start:end].decode("latin-1")
            return alone or is_secretive(line)
        if kind.names and is_named(assigned.names, kind.names):
            return True
        return is_secretive(assigned.name) and not is_identifier(assigned.name)


def suspicious_lines(view: View, ends: list[int], sightings: list[Sighting]) -> Iterator[tuple[int, str]]:
    """Offset and text of lines worth a second opinion: those on which no credential was recognised.

    Of a long line it is the part around the value.
    """
    taken = sorted(each.span[0] for each in sightings)
    last = -1
    for end in ends:
        if end <= last or not view.owns(end - 1):
            continue
        value = _QUOTED_REST.match(view.data, end - _SUSPICIOUS_VALUE)
        text = value.group().decode("utf-8", "replace") if value else ""
        if entropy(text) < _LEAST_ENTROPY or refusal_of_password(text, "", quoted=True):
            continue
        begin = view.data.rfind(b"\n", max(0, end - _LINE_BYTES), end) + 1 or max(0, end - _LINE_BYTES)
        last = view.data.find(b"\n", end, end + _LINE_BYTES)
        last = last if last >= 0 else min(len(view.data), end + _LINE_BYTES)
        place = bisect_left(taken, begin)
        if place == len(taken) or taken[place] >= last:
            yield begin, view.data[begin:last].decode("utf-8", "replace")


def _secret_of(match: re.Match[bytes]) -> tuple[str, tuple[int, int]]:
    group = "secret" if "secret" in match.re.groupindex else 0
    return match.group(group).decode("utf-8", "surrogateescape"), match.span(group)


def _parts(match: re.Match[bytes], kind: Kind) -> dict[str, str]:
    """What named groups say, under the companions' declared names; several hosts as libpq lists them."""
    declared = {each.name.replace("-", "_"): each.name for each in kind.companions}
    found = {
        declared.get(group, group): value.decode("utf-8", "surrogateescape")
        for group, value in match.groupdict().items()
        if group != "secret" and value is not None
    }
    if _is_url(kind):
        found = {part: _unquote(value) for part, value in found.items()}
    pairs = [_HOST.fullmatch(each) for each in found.get("host", "").split(",")]
    if all(pair and pair.group(1) for pair in pairs):
        ports = [pair.group(2) or "" for pair in pairs if pair]
        ports[-1] = ports[-1] or found.get("port", "")
        found["host"] = ",".join(pair.group(1) for pair in pairs if pair)
        if any(ports):
            found["port"] = ",".join(ports)
    return found


def _unquote(text: str) -> str:
    """Text without percent-encoding; what is no UTF-8 afterwards stays reversible."""
    plain = _PERCENT.sub(
        lambda found: bytes((int(found.group(1), 16),)), text.encode("utf-8", "surrogateescape")
    )
    return plain.decode("utf-8", "surrogateescape")


def _is_url(kind: Kind) -> bool:
    return "://" in (kind.pattern or "")


def _is_sound(checksum: Checksum, text: str) -> bool:
    match checksum:
        case Checksum.GITHUB_CRC32:
            body = text.rpartition("_")[2]
            return github_checksum(body[:-6]) == body[-6:]
