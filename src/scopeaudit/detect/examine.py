"""From where a match may end to sightings: what stands around a value decides whether it counts."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from scopeaudit.catalogue.claims import claims_fit
from scopeaudit.catalogue.provider import Checksum, Kind, Needs
from scopeaudit.catalogue.templates import github_checksum
from scopeaudit.detect.context import distance, distance_behind
from scopeaudit.detect.engine import Ends
from scopeaudit.detect.keywords import Chunk, near, places, within
from scopeaudit.detect.logins import login_of
from scopeaudit.detect.placeholder import (
    entropy,
    login_in,
    refusal_of_generic,
    refusal_of_password,
    refusal_of_token,
)
from scopeaudit.detect.plan import By, KnownKind, Plan, expression
from scopeaudit.detect.randomness import is_random
from scopeaudit.detect.sighting import Sighting, shown
from scopeaudit.detect.structure import assignments
from scopeaudit.detect.view import View
from scopeaudit.detect.written import is_illustration, is_wordy
from scopeaudit.model.secret import Secret

KEY_ID = "key_id"
"""Name of what the pattern found where the secret itself stands elsewhere and no group names it."""
_TOKEN_BITS = 64
_SHOWN_PARTS = frozenset({"host", "user", "port", "database", KEY_ID})
_MATCHES_LIMIT = 20_000
"""Matches of one expression in one document; more is a gap."""
_VALUES_LIMIT = 2_000
"""Of them those whose surroundings are read: a name or keyword may be near; more is a gap."""
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
"""Bytes that no credential can be written with: it is a piece of a binary file."""
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_NAME_BYTES = 128
_SENT_BYTES = 200
_HOSTS_LIMIT = 500
"""Addresses of one document in which keywords are looked for; what is sent to others stays a candidate."""
_ADDRESS = re.compile(rb"https?://(?P<host>[0-9A-Za-z.-]{4,100})")
SIGN_BYTES = 12
"""Within so many bytes several ends belong to one name."""
_VALUE_BYTES = 600
_LINES_AFTER_NAME = 3
"""The rest of a name's line and two more, where `value:` or the value itself may stand."""
_ASSIGNMENTS_AFTER_NAME = 3


class Examination:
    """What was recognised in one document."""

    def __init__(self, plan: Plan, view: View) -> None:
        self._plan = plan
        self.view = view
        self.sightings: list[Sighting] = []
        self._hosts: dict[bytes, list[int]] = {}
        self.overflow = False
        """Whether some matches were not looked at because there are too many."""

    def run(self, ends: Ends, chunks: Ends) -> None:
        """Look at everything the pass reported for probes, and for keywords put together."""
        for number, found in sorted(ends.items()):
            way = self._by_name if self._plan.probes[number].by is By.NAME else self._by_value
            self.sightings.extend(way(number, found))
        for number, found in sorted(chunks.items()):
            self.sightings.extend(self._by_keyword(self._plan.index.chunks[number], found))

    def sent(self, start: int, end: int) -> list[Sighting]:
        """Whose a value is by the address that follows on its line, as in a call of curl.

        The keyword has to be in the domain: anybody may name a host of their own after a provider.
        """
        data = self.view.data
        stop = data.find(b"\n", end, end + _SENT_BYTES)
        address = _ADDRESS.search(data, end, stop if stop >= 0 else end + _SENT_BYTES)
        if address is None:
            return []
        host = address["host"]
        domain = address.start("host") + host.rfind(b".", 0, max(host.rfind(b"."), 0)) + 1
        if host not in self._hosts:
            if len(self._hosts) >= _HOSTS_LIMIT:
                return []
            self._hosts[host] = [each for chunk in self._plan.index.chunks for each in within(chunk, host)]
        found = []
        for known in (known for number in self._hosts[host] for known in self._plan.known(number)):
            match = known.expression.exact.fullmatch(data, start, end)
            if (
                match
                and known.kind.needs is Needs.KEYWORD
                and any(
                    place[1] > domain for place in places(known.kind.keywords, data, *address.span("host"))
                )
                and (sighting := self._check(known, match, address.start() - start, quoted=True))
            ):
                found.append(sighting)
        return found

    def _by_value(self, number: int, ends: list[int]) -> Iterator[Sighting]:
        form = expression(self._plan.probes[number].text)
        before = self.view.places_read
        for count, match in enumerate(form.matches(self.view.data, ends)):
            if count >= _MATCHES_LIMIT or self.view.places_read - before >= _VALUES_LIMIT:
                self.overflow = True
                return
            if self.view.owns(match.start()):
                for known in self._plan.known(number):
                    gap = distance(self.view, known.kind, match)
                    if gap is not None and (sighting := self._check(known, match, gap, quoted=True)):
                        yield sighting

    def _by_name(self, number: int, ends: list[int]) -> Iterator[Sighting]:
        seen: set[int] = set()
        line = -1
        before = self.view.places_read
        for end in ends:
            if end <= line:
                continue
            if self.view.places_read - before >= _VALUES_LIMIT:
                self.overflow = True
                return
            line = end + SIGN_BYTES
            for match, known, quoted in self._named_values(number, end):
                if match.start() in seen or not self.view.owns(match.start()):
                    continue
                gap = distance(self.view, known.kind, match)
                if gap is not None and (sighting := self._check(known, match, gap, quoted=quoted)):
                    seen.add(match.start())
                    yield sighting

    def _by_keyword(self, chunk: Chunk, ends: list[int]) -> Iterator[Sighting]:
        data = self.view.data
        before = self.view.places_read
        for end in ends:
            start = end - chunk.lead
            for number in near(chunk, data, start) if self.view.owns(start) else ():
                if self.view.places_read - before >= _VALUES_LIMIT:
                    self.overflow = True
                    return
                yield from self._behind_keyword(number, start)

    def _behind_keyword(self, number: int, start: int) -> Iterator[Sighting]:
        data = self.view.data
        for known in self._plan.known(number):
            form = known.expression
            match = form.exact.match(data, start, start + form.reach)
            if match is None or not form.is_apart(data, *match.span()) or not is_random(_text(match)):
                continue
            gap = distance_behind(self.view, known.kind, match)
            if gap is not None and (sighting := self._check(known, match, gap, quoted=True)):
                yield sighting

    def _named_values(self, number: int, end: int) -> Iterator[tuple[re.Match[bytes], KnownKind, bool]]:
        """Whole values behind a part of the kinds' names, where that and what follows it end at `end`."""
        view = self.view
        if view.lead and end < view.lead + 1:
            for known in self._plan.known(number):
                if match := known.expression.exact.fullmatch(view.data, view.lead):
                    yield match, known, True
            return
        data = view.data
        begin = max(0, end - _NAME_BYTES)
        begin = max(begin, data.rfind(b"\n", begin, end) + 1)
        after = data[end : end + _VALUE_BYTES].split(b"\n", _LINES_AFTER_NAME)[:_LINES_AFTER_NAME]
        text = data[begin:end] + b"\n".join(after)
        for start, stop, quoted, fitting in _values_behind(self._plan, number, text, end - begin):
            for known in fitting:
                match = known.expression.exact.fullmatch(data, begin + start, begin + stop)
                if match and self._counts(known, match, quoted=quoted):
                    yield match, known, quoted

    def _counts(self, known: KnownKind, match: re.Match[bytes], *, quoted: bool) -> bool:
        """Whether a value by itself, wherever it stands, could be of the kind."""
        kind = known.kind
        if _CONTROL.search(match.group()):
            return False
        text, _ = _secret_of(match)
        if kind.checksum is None and self._is_refused(known, text, _parts(match, kind), quoted=quoted):
            return False
        return entropy(text) >= kind.entropy

    def _check(self, known: KnownKind, match: re.Match[bytes], gap: int, *, quoted: bool) -> Sighting | None:
        kind = known.kind
        if _CONTROL.search(match.group()):
            return None
        login = login_of(match, known.expression.exact)
        text, span = _secret_of(login.match)
        span = (span[0] + login.offset, span[1] + login.offset)
        parts = _parts(login.match, kind)
        if not login.has_place:
            parts = {part: value for part, value in parts.items() if part == "user"}
        if any(each.secret for each in kind.companions) and text not in parts.values():
            parts[KEY_ID] = text
        certain = kind.checksum is not None
        if kind.checksum is not None and not _is_sound(kind.checksum, text):
            return None
        if not certain and self._is_refused(known, text, parts, quoted=quoted):
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
            distance=gap,
            companions={part: Secret(value) for part, value in parts.items()},
            context=tuple(sorted((part, value) for part, value in parts.items() if part in shows)),
        )

    def _is_refused(self, known: KnownKind, text: str, parts: dict[str, str], *, quoted: bool) -> bool:
        kind = known.kind
        if kind.random_bits >= _TOKEN_BITS:
            return refusal_of_token(text, repeats=known.expression.repeats) is not None
        if login := login_in(text):
            parts, text = {**parts, "user": login[0]}, login[1]
        path = self.view.document.path
        if refusal_of_password(text, path, quoted=quoted):
            return True
        if refusal_of_generic(text, parts.get("user", ""), parts.get("host", "")):
            return True
        goes_with = "host" in parts or any(each.required for each in kind.companions)
        alone = kind.needs is not Needs.NOTHING and not goes_with
        return (alone or is_illustration(path)) and is_wordy(text)


@lru_cache(maxsize=16384)
def _values_behind(
    plan: Plan, number: int, text: bytes, end: int
) -> tuple[tuple[int, int, bool, tuple[KnownKind, ...]], ...]:
    """Where values stand that are given to a name that ends at `end`, and the kinds whose form they have."""
    found = []
    behind = (each for each in assignments(text.decode("latin-1")) if each.start >= end)
    for each in islice(behind, _ASSIGNMENTS_AFTER_NAME):
        if b"\n" in text[end : each.start].strip():
            break
        fitting = tuple(
            known
            for known in plan.known(number)
            if known.expression.exact.fullmatch(text, each.start, each.end)
        )
        if fitting:
            found.append((each.start, each.end, each.quoted, fitting))
    return tuple(found)


def _text(match: re.Match[bytes]) -> str:
    return match.group().decode("utf-8", "surrogateescape")


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
