"""Sightings put together: companions found, equal secrets merged, what is incomplete said."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scopeaudit.catalogue.provider import Companion
from scopeaudit.detect import companions as near
from scopeaudit.detect.companions import Neighbour, Score
from scopeaudit.detect.sighting import Sighting, shown
from scopeaudit.detect.view import View
from scopeaudit.model.credential import Credential
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location
from scopeaudit.model.secret import HeldCredential, Secret

_UNIQUE_BITS = 64
_CLUSTER = 32
_CLUSTER_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A sighting that lacks something without which it cannot be used."""

    sighting: Sighting
    lacks: str


@dataclass(slots=True)
class Gathering:
    """Sightings of all documents so far."""

    complete: list[Sighting] = field(default_factory=list)
    incomplete: list[Incomplete] = field(default_factory=list)
    variables: list[View] = field(default_factory=list)
    """Every variable there is; its value may belong to what is seen in another."""
    _in_variables: list[Sighting] = field(default_factory=list)

    def add(self, view: View, sightings: Sequence[Sighting]) -> None:
        """Take in what was seen in a document, in order; variables wait until all are there."""
        if view.document.name is not None:
            self._in_variables.extend(sightings)
        else:
            for group in _by_kind(sightings):
                for cluster in _clusters(group):
                    self._complete(cluster, _Surroundings(cluster, view, ()))

    def close(self) -> None:
        """Complete what was seen in variables."""
        for group in _by_kind(self._in_variables):
            self._complete(group, _Surroundings(group, None, self.variables))

    def _complete(self, group: Sequence[Sighting], surroundings: "_Surroundings") -> None:
        secret = next((each for each in group[0].known.kind.companions if each.secret), None)
        for sighting in group if secret is None else self._with_secrets(group, secret, surroundings):
            self._with_others(sighting, surroundings)

    def _with_secrets(
        self, ids: Sequence[Sighting], companion: Companion, surroundings: "_Surroundings"
    ) -> list[Sighting]:
        """The ids that have their secret, as sightings of it."""
        candidates = surroundings.candidates(companion)
        taken = near.pair([[surroundings.score(each, other) for other in candidates] for each in ids])
        found: list[Sighting] = []
        for index, each in enumerate(ids):
            if index not in taken:
                self.incomplete.append(Incomplete(each, companion.name))
                continue
            candidate = candidates[taken[index]]
            found.append(
                replace(
                    each,
                    secret=Secret(candidate.value),
                    shown=shown(candidate.value, each.known.kind.random_bits),
                    also=(candidate.location,),
                )
            )
        return found

    def _with_others(self, sighting: Sighting, surroundings: "_Surroundings") -> None:
        companions: dict[str, Secret] = {}
        context: list[tuple[str, str]] = []
        for each in sighting.known.kind.companions:
            if each.secret or each.name in sighting.companions:
                continue
            candidates = surroundings.candidates(each)
            chosen = near.nearest(surroundings.score(sighting, other) for other in candidates)
            if chosen is not None:
                companions[each.name] = Secret(candidates[chosen].value)
                context.extend([(each.name, candidates[chosen].value)] if each.show else [])
            elif each.required:
                self.incomplete.append(Incomplete(sighting, each.name))
                return
        self.complete.append(sighting.with_companions(companions, tuple(context)))


@dataclass(slots=True)
class _Surroundings:
    """Where companions of some sightings are looked for: one document, or all variables."""

    sightings: Sequence[Sighting]
    view: View | None
    variables: Sequence[View]
    _found: dict[str, list[Neighbour]] = field(default_factory=dict)

    def candidates(self, companion: Companion) -> list[Neighbour]:
        """Values that can be this companion of one of the sightings, in order."""
        if companion.name not in self._found:
            self._found[companion.name] = self._search(companion)
        return self._found[companion.name]

    def _search(self, companion: Companion) -> list[Neighbour]:
        if self.view is None:
            return near.variables(self.variables, companion)
        named = near.neighbours(self.view, self.sightings, companion)
        if named or not companion.secret:
            return named
        return near.unnamed(self.view, self.sightings, companion)

    def score(self, sighting: Sighting, candidate: Neighbour) -> Score | None:
        """How near the two are."""
        return near.score(self.view, sighting, candidate)


def merge(sightings: Iterable[Sighting]) -> tuple[HeldCredential, ...]:
    """One credential for equal secrets of a provider, with every location; numbered by the first of them.

    A password means nothing without where it is used, so what is not random enough to be unique is only
    equal where its companions are.
    """
    groups: dict[tuple[str, Secret, frozenset[tuple[str, Secret]]], list[Sighting]] = {}
    for each in sightings:
        unique = each.known.kind.random_bits >= _UNIQUE_BITS
        belongs = frozenset() if unique else frozenset(each.companions.items())
        groups.setdefault((each.known.provider, each.secret, belongs), []).append(each)
    veil = _Veil(key[1] for key, group in groups.items() if group[0].known.kind.random_bits >= _UNIQUE_BITS)
    merged = [_merged(group, veil) for group in groups.values()]
    merged.sort(key=lambda held: (held.credential.locations, held.credential.provider, held.credential.kind))
    return tuple(
        replace(held, credential=replace(held.credential, id=f"c{number}"))
        for number, held in enumerate(merged, start=1)
    )


def gaps(incomplete: Iterable[Incomplete], complete: Iterable[Sighting]) -> tuple[Gap, ...]:
    """What was seen without something it needs, unless it is complete elsewhere; one gap a place."""
    known = {
        (each.known.provider, value)
        for each in complete
        for value in (each.secret, *each.companions.values())
    }
    found = set()
    for each in incomplete:
        sighting = each.sighting
        if (sighting.known.provider, sighting.secret) in known:
            continue
        place = sighting.location.path
        if sighting.location.line is not None:
            place += f":{sighting.location.line}"
        kind = sighting.known.kind
        secret = any(companion.secret for companion in kind.companions)
        what = "key id without its secret" if secret else f"found without its {each.lacks}"
        found.add(Gap(Stage.DETECT, f"{sighting.known.provider} {kind.id} at {place}", what))
    return tuple(sorted(found, key=lambda gap: (gap.what, gap.why)))


class _Veil:
    """Keeps text that is shown from holding a token: a name or a host can be one, or contain it."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = frozenset(secrets)
        self._lengths = sorted({len(secret) for secret in self._secrets})

    def covers(self, text: str) -> bool:
        """Whether one of the secrets stands in the text."""
        return any(
            Secret(text[start : start + length]) in self._secrets
            for length in self._lengths
            for start in range(len(text) - length + 1)
        )

    def location(self, location: Location) -> Location:
        """The place, without a name that holds a secret."""
        return replace(location, name=None) if location.name and self.covers(location.name) else location


def _merged(group: Sequence[Sighting], veil: _Veil) -> HeldCredential:
    best = _preferred(group)
    places = {veil.location(place) for each in group for place in (each.location, *each.also)}
    locations = sorted(places, key=_place)
    companions: dict[str, Secret] = {}
    context: dict[str, str] = {}
    for each in (best, *sorted(group, key=lambda each: _place(each.location))):
        for name, value in each.companions.items():
            companions.setdefault(name, value)
        for name, text in each.context:
            if not veil.covers(text):
                context.setdefault(name, text)
    credential = Credential(
        id="",
        provider=best.known.provider,
        kind=best.known.kind.id,
        shown=best.shown,
        locations=tuple(locations),
        companions=tuple(sorted(companions)),
        context=tuple(sorted(context.items())),
    )
    return HeldCredential(credential, best.secret, companions)


def _preferred(group: Sequence[Sighting]) -> Sighting:
    """The sighting whose kind is the credential's: preferred, then the most certain, then the first."""
    kinds = {each.known.kind.id for each in group}
    standing = [each for each in group if not kinds & (set(each.known.kind.prefer) - {each.known.kind.id})]
    return min(standing or group, key=lambda each: (each.strength, _place(each.location)))


def _by_kind(sightings: Sequence[Sighting]) -> list[list[Sighting]]:
    groups: dict[int, list[Sighting]] = {}
    for each in sightings:
        groups.setdefault(each.known.order, []).append(each)
    return list(groups.values())


def _clusters(group: Sequence[Sighting]) -> Iterator[list[Sighting]]:
    """Sightings that can share companions, a bounded number at a time, so that work grows with size only."""
    held: list[Sighting] = []
    for each in group:
        if held and (len(held) == _CLUSTER or each.span[0] - held[-1].span[1] > _CLUSTER_BYTES):
            yield held
            held = []
        held.append(each)
    if held:
        yield held


def _place(location: Location) -> tuple[str, str, int, int, str, str]:
    return (
        location.source.value,
        location.path,
        location.line or 0,
        location.column or 0,
        location.commit or "",
        location.name or "",
    )
