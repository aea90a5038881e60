"""What lacks something without which it cannot be used, and whether other files of its folder hold it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scopeaudit.catalogue.provider import Companion, Kind
from scopeaudit.detect.folders import Folders, Found
from scopeaudit.detect.private_keys import normal_key
from scopeaudit.detect.sighting import Sighting, has_secret_elsewhere
from scopeaudit.model.secret import Secret

_PASSWORD_BITS = 64
_PLACES = frozenset({"host", "port", "params", "url", "endpoint", "server", "address", "domain"})
"""Companions that say where a secret is sent. That only the secret's own file may say: else whoever adds a
file to a folder could have a password sent to a place of his own."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A sighting that lacks something without which it cannot be used."""

    sighting: Sighting
    lacks: tuple[Companion, ...]
    scope: tuple[str, ...] = ()
    """What its value stands under."""
    elsewhere: str | None = None
    """Why nothing that other files of its folder hold was taken."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A value that alone fits what a sighting lacks."""

    found: Found
    value: Secret
    identity: Secret
    """Of the sighting that claims it."""


def is_password(kind: Kind) -> bool:
    """Whether a secret means nothing without where it is used."""
    return kind.random_bits < _PASSWORD_BITS


def across_files(
    incomplete: Sequence[Incomplete], complete: Iterable[Sighting], folders: Folders
) -> tuple[list[Sighting], list[Incomplete]]:
    """What is complete with values of other files, and what is not.

    A value is taken if it is the only one that fits, if it belongs to nothing that is complete, and if no
    other sighting claims it from as near.
    """
    used = {
        (each.known.provider, value)
        for each in complete
        if has_secret_elsewhere(each.known.kind)
        for value in (each.secret, *each.companions.values())
    }
    choices = [_choices(each, used, folders) for each in incomplete]
    claimants: dict[tuple[str, Secret], dict[bool, set[Secret]]] = {}
    for each, claims in zip(incomplete, choices, strict=True):
        for claim in claims if not isinstance(claims, str) else ():
            by_tier = claimants.setdefault((each.sighting.known.provider, claim.value), {})
            by_tier.setdefault(claim.found.remote, set()).add(claim.identity)
    done: list[Sighting] = []
    left: list[Incomplete] = []
    for each, claims in zip(incomplete, choices, strict=True):
        if isinstance(claims, str):
            left.append(replace(each, elsewhere=claims or None))
        elif why := _disputed(each, claims, claimants):
            left.append(replace(each, elsewhere=why))
        else:
            done.append(_completed(each, claims))
    return done, left


def with_places(sighting: Sighting, scope: tuple[str, ...], folders: Folders) -> Sighting:
    """A password with what other files of its folder say of where it is used, to be shown and never used."""
    context: list[tuple[str, str]] = []
    for each in sighting.known.kind.companions:
        if each.show and each.name not in sighting.companions:
            found = folders.companions(sighting, scope, each)
            if len({one.neighbour.value for one in found}) == 1:
                place = min(one.path for one in found)
                context.append((f"{each.name} in {place}", found[0].neighbour.value))
    return sighting.with_companions({}, tuple(context))


def _choices(each: Incomplete, used: set[tuple[str, Secret]], folders: Folders) -> list[_Claim] | str:
    """For all that is lacking the one value that fits; else why not, and nothing if there is none."""
    claims: list[_Claim] = []
    for companion in each.lacks:
        found = folders.companions(each.sighting, each.scope, companion)
        if not companion.show:
            provider = each.sighting.known.provider
            found = [one for one in found if (provider, Secret(one.neighbour.value)) not in used]
        values = {one.neighbour.value for one in found}
        if not values:
            return "some configuration files were not looked at" if folders.full else ""
        what = "secret" if companion.secret else companion.name
        if len(values) > 1:
            return f"{len(values)} values in other files of its folder may be its {what}"
        first = min(found, key=lambda one: (one.path, one.neighbour.location.line or 0))
        if companion.name in _PLACES:
            return f"{first.path} names one, but only its own file may say where it is sent"
        claims.append(_Claim(first, Secret(first.neighbour.value), each.sighting.secret))
    return claims


def _disputed(
    each: Incomplete,
    claims: Sequence[_Claim],
    claimants: dict[tuple[str, Secret], dict[bool, set[Secret]]],
) -> str | None:
    """Why a value is not taken although nothing else fits: it may be another's."""
    for companion, claim in zip(each.lacks, claims, strict=True):
        by_tier = claimants[each.sighting.known.provider, claim.value]
        nearest = by_tier[min(by_tier)]
        if not companion.show and (claim.identity not in nearest or len(nearest) > 1):
            return f"what {claim.found.path} holds may belong to another"
    return None


def _completed(each: Incomplete, claims: Sequence[_Claim]) -> Sighting:
    sighting = each.sighting
    companions: dict[str, Secret] = {}
    context: list[tuple[str, str]] = []
    for companion, claim in zip(each.lacks, claims, strict=True):
        value, place = claim.found.neighbour.value, claim.found.neighbour.location
        if companion.secret:
            sighting = sighting.with_secret(normal_key(value), place)
            continue
        sighting = replace(sighting, also=(*sighting.also, place))
        companions[companion.name] = claim.value
        context.extend([(companion.name, value)] if companion.show else [])
    return sighting.with_companions(companions, tuple(context))
