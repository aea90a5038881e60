"""Sightings put together: companions found, equal secrets merged, what is incomplete said."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scopeaudit.catalogue.provider import Companion, Kind
from scopeaudit.detect import companions as near
from scopeaudit.detect.companions import Neighbour, Score
from scopeaudit.detect.folders import Folders
from scopeaudit.detect.incomplete import Incomplete, across_files, is_password, with_places
from scopeaudit.detect.private_keys import BEGIN, normal_key
from scopeaudit.detect.sighting import Sighting, gives_way, has_secret_elsewhere, literal_characters
from scopeaudit.detect.view import View
from scopeaudit.model.credential import Credential
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

_BEGIN = BEGIN.encode()
_COMPARISONS = 2_000_000
"""How many parts of names are compared with secrets; names beyond are not shown."""
_CLUSTER = 32
_CLUSTER_BYTES = 8192


@dataclass(slots=True)
class Gathering:
    """Sightings of all documents so far."""

    complete: list[Sighting] = field(default_factory=list)
    incomplete: list[Incomplete] = field(default_factory=list)
    variables: list[View] = field(default_factory=list)
    """Every variable there is; its value may belong to what is seen in another."""
    folders: Folders = field(default_factory=Folders)
    _in_variables: list[Sighting] = field(default_factory=list)
    _alone: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    """Passwords without a word on where they are used: places in `complete`, and what they stand under."""

    def notice(self, view: View) -> None:
        """Keep what may be needed of a document in which nothing was seen."""
        if view.document.name is not None:
            self.variables.append(view)
        else:
            self.folders.keep(view)

    def add(self, view: View, sightings: Sequence[Sighting]) -> None:
        """Take in what was seen in a document, in order; variables wait until all are there."""
        found = [_with_normal_key(view, each) for each in sightings]
        if view.document.name is not None:
            self._in_variables.extend(found)
        else:
            for group in _by_kind(found):
                for cluster in _clusters(group):
                    self._complete(cluster, _Surroundings(cluster, view, ()))

    def close(self) -> None:
        """Complete what was seen in variables, and what has its companions in other files."""
        for group in _by_kind(self._in_variables):
            self._complete(group, _Surroundings(group, None, self.variables))
        completed, self.incomplete = across_files(self.incomplete, self.complete, self.folders)
        for index, scope in self._alone:
            self.complete[index] = with_places(self.complete[index], scope, self.folders)
        self.complete = without_ids([*self.complete, *completed])

    def _complete(self, group: Sequence[Sighting], surroundings: "_Surroundings") -> None:
        secret = next((each for each in group[0].known.kind.companions if each.secret), None)
        candidates = surroundings.candidates(secret) if secret else []
        taken = near.pair([[surroundings.score(each, other) for other in candidates] for each in group])
        for index, each in enumerate(group):
            if secret is None:
                self._with_others(each, surroundings, ())
            elif index in taken:
                found = candidates[taken[index]]
                whole = each.with_secret(normal_key(found.value), found.location)
                self._with_others(whole, surroundings, ())
            else:
                self._with_others(each, surroundings, (secret,))

    def _with_others(
        self, sighting: Sighting, surroundings: "_Surroundings", lacks: tuple[Companion, ...]
    ) -> None:
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
                lacks = (*lacks, each)
        found = sighting.with_companions(companions, tuple(context))
        if lacks:
            self.incomplete.append(Incomplete(found, lacks, surroundings.scope(sighting)))
            return
        if not found.companions and is_password(found.known.kind):
            self._alone.append((len(self.complete), surroundings.scope(sighting)))
        self.complete.append(found)


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

    def scope(self, sighting: Sighting) -> tuple[str, ...]:
        """What a sighting stands under."""
        return self.view.assigned(sighting.span[0]).scope if self.view is not None else ()


def merge(sightings: Iterable[Sighting]) -> tuple[HeldCredential, ...]:
    """One credential for equal secrets of a provider, with every location; numbered by the first of them.

    A password means nothing without where it is used, so what is not random enough to be unique is only
    equal where its companions are. A secret that a name gives to another provider is that provider's.
    """
    groups: dict[tuple[str, Secret, frozenset[tuple[str, Secret]]], list[Sighting]] = {}
    for each in sightings:
        belongs = frozenset(each.companions.items()) if is_password(each.known.kind) else frozenset()
        groups.setdefault((each.known.provider, each.secret, belongs), []).append(each)
    veil = _Veil(key[1] for key, group in groups.items() if not is_password(group[0].known.kind))
    merged = [_merged(group, others, veil) for group, others in _owned(groups.values())]
    merged.sort(
        key=lambda held: (
            [by_place(each) for each in held.credential.locations],
            held.credential.provider,
            held.credential.kind,
        )
    )
    return tuple(
        replace(held, credential=replace(held.credential, id=f"c{number}"))
        for number, held in enumerate(merged, start=1)
    )


def gaps(incomplete: Iterable[Incomplete], complete: Iterable[Sighting]) -> tuple[Gap, ...]:
    """What was seen without something it needs, unless it is complete elsewhere; one gap a place.

    An id that is reported by itself needs no gap, unless there is a reason to say why it stands alone.
    """
    known: dict[tuple[str, Secret], dict[str, Kind]] = {}
    for sighting in complete:
        for value in (sighting.secret, *sighting.companions.values()):
            kinds = known.setdefault((sighting.known.provider, value), {})
            kinds[sighting.known.kind.id] = sighting.known.kind
    found = set()
    for each in incomplete:
        sighting, kind = each.sighting, each.sighting.known.kind
        kinds = known.get((sighting.known.provider, sighting.secret), {})
        if any(
            kind.id not in other.prefer and (other.secret or not each.elsewhere) for other in kinds.values()
        ):
            continue
        place = sighting.location.path
        if sighting.location.line is not None:
            place += f":{sighting.location.line}"
        lacks = each.lacks[0]
        why = "key id without its secret" if lacks.secret else f"found without its {lacks.name}"
        why += f"; {each.elsewhere}" if each.elsewhere else ""
        found.add(Gap(Stage.DETECT, f"{sighting.known.provider} {kind.id} at {place}", why))
    return tuple(sorted(found, key=lambda gap: (gap.what, gap.why)))


def without_ids(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Sightings without ids that are known with their secret."""
    paired = {
        (each.known.provider, value)
        for each in sightings
        if has_secret_elsewhere(each.known.kind)
        for value in each.companions.values()
    }
    return [
        each
        for each in sightings
        if each.known.kind.secret or (each.known.provider, each.secret) not in paired
    ]


class _Veil:
    """Keeps text that is shown from holding a token: a name or a host can be one, or contain it."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = frozenset(secrets)
        self._lengths = sorted({len(secret) for secret in self._secrets})
        self._known: dict[str, bool] = {}
        self._left = _COMPARISONS

    def covers(self, text: str) -> bool:
        """Whether one of the secrets stands in the text, or there is too much to compare."""
        if text not in self._known:
            self._known[text] = self._holds(text)
        return self._known[text]

    def _holds(self, text: str) -> bool:
        lengths = self._lengths[: bisect_right(self._lengths, len(text))]
        self._left -= sum(len(text) - length + 1 for length in lengths)
        return self._left < 0 or any(
            Secret(text[start : start + length]) in self._secrets
            for length in lengths
            for start in range(len(text) - length + 1)
        )

    def location(self, location: Location) -> Location:
        """The place, without a name that holds a secret."""
        return replace(location, name=None) if location.name and self.covers(location.name) else location


def _owned(groups: Iterable[list[Sighting]]) -> Iterator[tuple[list[Sighting], list[Sighting]]]:
    """Groups of sightings, each with those of other providers that give way to it."""
    by_secret: dict[Secret, list[list[Sighting]]] = {}
    for group in sorted(groups, key=lambda group: group[0].known.provider):
        if is_password(group[0].known.kind):
            yield group, []
        else:
            by_secret.setdefault(group[0].secret, []).append(group)
    for rivals in by_secret.values():
        owners = [_owner(group, rivals) for group in rivals]
        for index, group in enumerate(rivals):
            if owners[index] is group:
                others = [rivals[at] for at, owner in enumerate(owners) if owner is group and at != index]
                yield group, [each for other in others for each in other]


def _owner(group: list[Sighting], rivals: Sequence[list[Sighting]]) -> list[Sighting]:
    """The group that all of a group's sightings give way to, or itself."""
    for other in rivals if len(rivals) > 1 else ():
        called = [each for each in other if each.is_called] if other is not group else []
        if called:
            best = max(called, key=lambda each: literal_characters(each.known))
            if all(gives_way(each, best) for each in group):
                return other
    return group


def _merged(group: Sequence[Sighting], others: Sequence[Sighting], veil: _Veil) -> HeldCredential:
    best = _preferred(group)
    places = [veil.location(place) for each in (*group, *others) for place in (each.location, *each.also)]
    locations = sorted(earliest(once(places)), key=by_place)
    companions: dict[str, Secret] = {}
    context: dict[str, str] = {}
    for each in (best, *sorted(group, key=lambda each: by_place(each.location))):
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


def by_place(location: Location) -> tuple[bool, str, str, int, int, str, str]:
    """Key for locations: what is there now first."""
    return (
        location.source is Source.HISTORY,
        location.source.value,
        location.path,
        location.line or 0,
        location.column or 0,
        location.commit or "",
        location.name or "",
    )


def once(places: Iterable[Location]) -> list[Location]:
    """Each place once, under one name: some readings of it find none, or another."""
    found: dict[Location, str | None] = {}
    for each in places:
        bare = replace(each, name=None)
        known = found.setdefault(bare, each.name)
        if each.name is not None and (known is None or each.name < known):
            found[bare] = each.name
    return [replace(each, name=name) for each, name in found.items()]


def earliest(places: Iterable[Location]) -> list[Location]:
    """The places, of many versions of one path in history the first alone, which says how many there are.

    Of history the places come in its order. A path is current if any of its versions is.
    """
    found: list[Location] = []
    versions: dict[str, dict[str | None, list[Location]]] = {}
    for each in places:
        if each.source is Source.HISTORY:
            versions.setdefault(each.path, {}).setdefault(each.commit, []).append(each)
        else:
            found.append(each)
    for commits in versions.values():
        known = [each.current for places in commits.values() for each in places]
        current = True if True in known else known[0]
        first = next(iter(commits.values()))
        found.extend(replace(each, current=current, versions=len(commits)) for each in first)
    return found


def _preferred(group: Sequence[Sighting]) -> Sighting:
    """The sighting whose kind is the credential's: preferred, then the most certain, then the first."""
    kinds = {each.known.kind.id for each in group}
    standing = [each for each in group if not kinds & (set(each.known.kind.prefer) - {each.known.kind.id})]
    return min(standing or group, key=lambda each: (each.strength, by_place(each.location)))


def _with_normal_key(view: View, sighting: Sighting) -> Sighting:
    """A private key as it is wherever it is written."""
    start, end = sighting.span
    if not view.data.startswith(_BEGIN, start):
        return sighting
    return sighting.with_secret(normal_key(view.data[start:end].decode("utf-8", "surrogateescape")))


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
