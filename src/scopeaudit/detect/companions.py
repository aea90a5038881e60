"""What belongs to a credential: found by name near it, or as the secret to an id.

Nearness is nearness in structure: the same section or object, then names that differ only in the role
they state, then no closed block between, then distance. In the environment there is no
distance; all variables stand side by side.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scopeaudit.catalogue.provider import Companion
from scopeaudit.detect.names import is_named, normal
from scopeaudit.detect.placeholder import entropy, refusal_of_password, refusal_of_token
from scopeaudit.detect.plan import expression
from scopeaudit.detect.sighting import Sighting
from scopeaudit.detect.structure import assignments
from scopeaudit.detect.view import View
from scopeaudit.model.location import Location

_ROLES = re.compile(
    r"access|key|keyid|id|secret|token|session|api|password|passwd|pass|pwd|user|username|role|host|hostname"
    r"|server|port|database|db|dbname|name|url|uri|addr|address|account|region"
)
_SECTION = re.compile(rb"(?m)^[ \t]{0,8}\[[^\]\n]{1,128}\][ \t\r]{0,8}$")
_BREAK = re.compile(rb"\n[ \t\r]*\n|[}\]]|\n[ \t]*-[ \t]|\n---")
_UNNAMED_ENTROPY = 4.0
_MIXED = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9+/]"))
_SIGNS = "=:>"
"""A sign with spaces around it can be taken for a value."""
_REACH_BYTES = 4096
_REACH_LINES = 20
Score = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A value near a credential, or in another variable."""

    value: str
    name: str | None
    start: int | None
    """Its offset; `None` in another document."""
    scope: tuple[str, ...]
    location: Location


def neighbours(view: View, sightings: Sequence[Sighting], companion: Companion) -> list[Neighbour]:
    """Values around sightings (ascending) that fit a companion's names and pattern, in order."""
    if not companion.names:
        return []
    begin, text = _region(view, sightings)
    return list(named(view, begin, text, companion))


def named(view: View, begin: int, text: str, companion: Companion) -> Iterator[Neighbour]:
    """Values in a part of a document that fit a companion's names and pattern, in order.

    The part begins at `begin`, and its text has a character for every byte.
    """
    for each in assignments(text):
        start = begin + each.start
        value = view.data[start : begin + each.end].decode("utf-8", "surrogateescape")
        if not value.strip(_SIGNS) or not fits(companion, value, quoted=each.quoted, path=view.path):
            continue
        assigned = view.assigned(start)
        if is_named(assigned.names or (each.name,), companion.names):
            name = assigned.name or each.name
            yield Neighbour(value, name, start, assigned.scope, view.location(start, name))


def unnamed(view: View, sightings: Sequence[Sighting], companion: Companion) -> list[Neighbour]:
    """Values without a name that look like a companion and random: the other argument, the next line."""
    if companion.pattern is None:
        return []
    begin, text = _region(view, sightings)
    form = expression(companion.pattern)
    data = text.encode("latin-1")
    found: list[Neighbour] = []
    for match in form.exact.finditer(data):
        value = match.group().decode("latin-1")
        start = begin + match.start()
        if not form.is_apart(data, *match.span()) or entropy(value) < _UNNAMED_ENTROPY:
            continue
        if not all(part.search(value) for part in _MIXED) or refusal_of_token(value):
            continue
        if view.assigned(start).name is None:
            found.append(Neighbour(value, None, start, (), view.location(start, None)))
    return found


def variables(views: Sequence[View], companion: Companion) -> list[Neighbour]:
    """Variables whose name and value fit a companion, in order."""
    found: list[Neighbour] = []
    for view in views if companion.names else ():
        name = view.document.name or ""
        value = view.data[view.lead :].decode("utf-8", "surrogateescape")
        if is_named((name,), companion.names) and fits(companion, value, quoted=True, path=""):
            found.append(Neighbour(value, name, None, (), view.location(view.lead, name)))
    return found


def fits(companion: Companion, value: str, *, quoted: bool, path: str) -> bool:
    """Whether a value can be this companion: it matches the pattern and is no placeholder."""
    if refusal_of_password(value, path, quoted=quoted) is not None:
        return False
    if companion.pattern is None:
        return True
    if not expression(companion.pattern).exact.fullmatch(value.encode("utf-8", "surrogateescape")):
        return False
    return not companion.secret or refusal_of_token(value) is None


def score(view: View | None, sighting: Sighting, near: Neighbour) -> Score | None:
    """Smaller belongs together more; `None` if the two cannot: too far apart, or a section begins between."""
    if view is None or near.start is None:
        return 0, _difference(sighting.location.name or "", near.name or ""), 0, 0
    low, high = sorted((sighting.span[0], near.start))
    if high - low > _REACH_BYTES or view.data.count(b"\n", low, high) > _REACH_LINES:
        return None
    if _SECTION.search(view.data, low, high):
        return None
    affinity = _difference(sighting.location.name or "", near.name or "")
    breaks = sum(1 for _ in _BREAK.finditer(view.data, low, high))
    return _apart(view.assigned(sighting.span[0]).scope, near.scope), affinity, breaks, high - low


def pair(scores: Sequence[Sequence[Score | None]]) -> dict[int, int]:
    """Which id takes which secret, from the score of each with each; each secret is taken once.

    As many ids as secrets that nothing but their order tells apart are paired in order.
    """
    ranked = sorted(
        (each, index, other)
        for index, row in enumerate(scores)
        for other, each in enumerate(row)
        if each is not None
    )
    full = bool(scores) and len(ranked) == len(scores) ** 2 and len(scores) == len(scores[0])
    if full and len({each[:2] for each, _, _ in ranked}) == 1 and not any(each[2] for each, _, _ in ranked):
        return {index: index for index in range(len(scores))}
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, index, other in ranked:
        if index not in taken and other not in used:
            taken[index] = other
            used.add(other)
    return taken


def nearest(scores: Iterable[Score | None]) -> int | None:
    """The index of the smallest score; `None` of nothing."""
    return min(
        ((each, index) for index, each in enumerate(scores) if each is not None), default=(None, None)
    )[1]


def _region(view: View, sightings: Sequence[Sighting]) -> tuple[int, str]:
    begin = max(0, sightings[0].span[0] - _REACH_BYTES)
    end = sightings[-1].span[1] + _REACH_BYTES
    return begin, view.data[begin:end].decode("latin-1")


def _difference(one: str, other: str) -> int:
    """How many words two names differ in, apart from those that state a role."""
    return len(words(one) ^ words(other))


@lru_cache(maxsize=4096)
def words(name: str) -> frozenset[str]:
    """The words of a name, apart from those that state a role."""
    return frozenset(word for word in re.split(r"[_.]", normal(name)) if not _ROLES.fullmatch(word))


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    if one == other:
        return 0
    shorter, longer = sorted((one, other), key=len)
    return 1 if longer[: len(shorter)] == shorter else 2
