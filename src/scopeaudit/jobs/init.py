"""Jobs proposed for credentials that have none: what each is seen to be used for, and nothing more."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.jobs.attribution import Attribution, attribute
from scopeaudit.jobs.templates import Entry, covering, entries_for, fitting
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import CredentialSelector
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Reversible
from scopeaudit.model.policy import Denial, Policy
from scopeaudit.model.use import Use

_IN_FOLDER = (Source.TREE, Source.STAGED)
_KEY = re.compile(r"[A-Za-z_][\w.-]{0,99}", re.ASCII)
_GLOB_CHARACTERS = "*?["
NO_POLICY = Policy()
_Selected = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Barred:
    """Operations that are used and that the user's policy denies to every job."""

    denial: Denial
    operations: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProposedJob:
    """A job for one credential, or for several that nothing but their value tells apart."""

    name: str
    provider: str
    titles: tuple[str, ...]
    """What the credentials are, sorted."""
    places: tuple[Location, ...]
    """Where they lie, sorted."""
    credentials: tuple[CredentialSelector, ...]
    template: str | None
    """`provider/name` where a template allows exactly what is used."""
    entries: tuple[Entry, ...]
    """What is used; empty where nothing is known to be."""
    uses: tuple[Use, ...]
    """The evidence, in order of place."""
    loose: tuple[Use, ...] = ()
    """Uses that may be of this job's credentials or of another job's, and so count for none."""
    near: tuple[str, int] | None = None
    """A template that allows all of this, and how many operations more."""
    destroying: tuple[str, ...] = ()
    """Those of the operations that destroy what may not come back, sorted."""
    barred: tuple[Barred, ...] = ()
    """What is used and left out, in the order of the policy."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed, and what is left out of it."""

    jobs: tuple[ProposedJob, ...] = ()
    """In order of first place."""
    indistinct: tuple[Credential, ...] = ()
    """Credentials that no selector can tell from one that has a job."""
    past: tuple[Credential, ...] = ()
    """Credentials that lie in git history alone: to be revoked, not declared."""
    forbidden: tuple[Credential, ...] = ()
    """Credentials that the policy forbids: to be revoked, too."""


def propose(
    undeclared: Sequence[Credential],
    declared: Sequence[Credential],
    uses: Iterable[Use],
    providers: Mapping[str, Provider],
    catalogues: Mapping[str, OperationCatalogue],
    names: Iterable[str] = (),
    policy: Policy = NO_POLICY,
    masks: Mapping[str, str] = MappingProxyType({}),
) -> Proposal:
    """A job for every undeclared credential, with what it is used for as far as the policy permits.

    `catalogues` holds the operations of every provider of `undeclared`; `names` are those of existing jobs.
    `masks` are paths and names that hold a credential themselves, and how each may be shown.
    """
    past = [each for each in undeclared if all(place.source is Source.HISTORY for place in each.locations)]
    forbidden = [each for each in undeclared if each not in past and _is_forbidden(each, providers, policy)]
    now = [each for each in undeclared if each not in past and each not in forbidden]
    selectors = _all_selectors(now, declared, masks)
    groups = list(_groups([each for each in now if selectors[each.id]], selectors))
    together = {each.id: group[0].id for group in groups for each in group}
    attribution = attribute((*undeclared, *declared), uses, together)
    naming = _Naming(names)
    return Proposal(
        jobs=tuple(
            _proposed(each, selectors, attribution, providers, catalogues, naming, policy) for each in groups
        ),
        indistinct=tuple(each for each in now if not selectors[each.id]),
        past=tuple(past),
        forbidden=tuple(forbidden),
    )


def _all_selectors(
    undeclared: Sequence[Credential], declared: Sequence[Credential], masks: Mapping[str, str]
) -> dict[str, tuple[_Selected, ...]]:
    """Credential id to selectors for those of its places that no declared credential shares."""
    places = [(each.provider, place) for each in declared for place in each.locations]
    taken = {(provider, _alike(chosen)) for provider, place in places if (chosen := _selected(place, masks))}
    variables = {(provider, place.name) for provider, place in places if place.name is not None}
    found: dict[str, tuple[_Selected, ...]] = {}
    for credential in undeclared:
        own: dict[_Selected, _Selected] = {}
        for place in credential.locations:
            chosen = _selected(place, masks)
            if chosen is None or (credential.provider, _alike(chosen)) in taken:
                continue
            if (credential.provider, chosen[1]) in variables:
                # As a variable it would speak for the declared credential of that name in a file, too.
                chosen = (_masked(place.path, masks), None, None)
            own.setdefault(_alike(chosen), chosen)
        found[credential.id] = tuple(
            sorted(own.values(), key=lambda each: tuple(part or "" for part in each))
        )
    return found


def _selected(place: Location, masks: Mapping[str, str]) -> _Selected | None:
    """Path, variable and key that a selector for the place names; `None` where none can."""
    if place.source is Source.HISTORY:
        return None
    if place.path.startswith("env:"):
        return (None, _masked(place.path.removeprefix("env:"), masks), None)
    path = _masked(place.path, masks)
    if path.startswith("/") or ".." in path.split("/"):
        return None
    is_key = place.name is not None and place.name not in masks and _KEY.fullmatch(place.name)
    return (path, None, place.name if is_key else None)


def _masked(text: str, masks: Mapping[str, str]) -> str:
    """A glob for the text, which holds no credential: what is hidden of it is any text there."""
    if text not in masks:
        return _escaped(text)
    shown = masks[text]
    before = _shared(text, shown)
    behind = _shared(text[before:][::-1], shown[before:][::-1])
    hidden_as = "/".join("*" for _ in text[before : len(text) - behind].split("/"))
    behind_it = _escaped(text[len(text) - behind :])
    return f"{_escaped(text[:before])}{hidden_as}{behind_it}"


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (left, right) in pairs if left != right), min(len(one), len(other)))


def _alike(selected: _Selected) -> _Selected:
    """Equal for selectors that mean the same places: keys are compared without regard to case."""
    path, variable, key = selected
    return (path, variable, None if key is None else key.lower())


def _escaped(text: str) -> str:
    """A glob for the text; what a job file cannot hold as written is any character there."""
    return "".join(
        f"[{each}]" if each in _GLOB_CHARACTERS else each if each.isprintable() and each != "\\" else "?"
        for each in text
    )


def _groups(
    credentials: Sequence[Credential], selectors: Mapping[str, tuple[_Selected, ...]]
) -> Iterator[list[Credential]]:
    """Credentials of one provider that share a selector stand together, in order."""
    group_of: dict[tuple[str, _Selected], int] = {}
    groups: dict[int, list[Credential]] = {}
    for number, credential in enumerate(credentials):
        keys = [(credential.provider, _alike(each)) for each in selectors[credential.id]]
        met = sorted({group_of[key] for key in keys if key in group_of})
        members = [*(each for other in met for each in groups.pop(other)), credential]
        target = met[0] if met else number
        groups[target] = members
        for each in members:
            group_of.update({(each.provider, _alike(one)): target for one in selectors[each.id]})
    for number in sorted(groups):
        yield groups[number]


class _Naming:
    """Names that no job has yet."""

    def __init__(self, names: Iterable[str]) -> None:
        self.used = set(names)

    def name(self, provider: str, selectors: Sequence[_Selected]) -> str:
        """A name made of the variable, the key or the file, with the provider in front."""
        path, variable, key = selectors[0]
        named = next((each[1] or each[2] for each in selectors if each[1] or each[2]), None)
        stem = (path or "").rpartition("/")[2].strip(".").partition(".")[0]
        words = re.sub(r"[^a-z0-9]+", "-", (variable or key or named or stem).lower()).strip("-")[:50]
        base = words if words.startswith(provider) else f"{provider}-{words}".rstrip("-")
        name, number = base, 1
        while name in self.used:
            number += 1
            name = f"{base}-{number}"
        self.used.add(name)
        return name


def _proposed(
    group: Sequence[Credential],
    selectors: Mapping[str, tuple[_Selected, ...]],
    attribution: Attribution,
    providers: Mapping[str, Provider],
    catalogues: Mapping[str, OperationCatalogue],
    naming: _Naming,
    policy: Policy,
) -> ProposedJob:
    provider = providers[group[0].provider]
    catalogue = catalogues[provider.id]
    own = tuple({_alike(one): one for each in group for one in selectors[each.id]}.values())
    uses = tuple(dict.fromkeys(use for each in group for use in attribution.by_credential.get(each.id, ())))
    operations = frozenset().union(*(use.operations for use in uses))
    if catalogue.operations:
        operations &= catalogue.ids
    barred = tuple(_barred(operations, catalogue, policy))
    operations = operations.difference(*(each.operations for each in barred))
    template = fitting(operations, provider, catalogue, providers)
    near = None if template is not None else covering(operations, provider, catalogue, providers)
    return ProposedJob(
        name=naming.name(provider.id, own),
        provider=provider.id,
        titles=tuple(sorted({_title(provider, each) for each in group})),
        places=tuple(sorted({place for each in group for place in each.locations}, key=_order)),
        credentials=tuple(CredentialSelector(path=path, env=env, key=key) for path, env, key in own),
        template=None if template is None else f"{provider.id}/{template.name}",
        entries=entries_for(operations, catalogue, providers),
        uses=uses,
        loose=attribution.loose.get(provider.id, ()),
        near=None if near is None else (f"{provider.id}/{near[0].name}", near[1]),
        destroying=tuple(sorted(each for each in operations if _destroys(each, catalogue))),
        barred=barred,
    )


def _destroys(operation_id: str, catalogue: OperationCatalogue) -> bool:
    operation = catalogue.operations.get(operation_id)
    if operation is None:
        return False
    traits = operation.traits
    return traits.reversible is not Reversible.YES and (
        traits.effect is Effect.DELETE or traits.takes_recovery
    )


def _barred(operations: AbstractSet[str], catalogue: OperationCatalogue, policy: Policy) -> Iterator[Barred]:
    """Each operation under the first denial of it."""
    left = set(operations)
    for denial in policy.deny:
        found = left & catalogue.denied(Policy(deny=(denial,)))
        if found:
            left -= found
            yield Barred(denial, frozenset(found))


def _is_forbidden(credential: Credential, providers: Mapping[str, Provider], policy: Policy) -> bool:
    """Whether the policy forbids its kind, or its provider where it is not made to be public."""
    kind = providers[credential.provider].kind(credential.kind)
    named = {f"{credential.provider}/{credential.kind}"}
    if kind is None or kind.secret:
        named.add(credential.provider)
    return any(each.written in named for each in policy.forbid)


def _order(place: Location) -> tuple[str, str, int, int, str]:
    """Places compare by what each has: a line or a name may be missing."""
    return (place.source, place.path, place.line or 0, place.column or 0, place.name or "")


def _title(provider: Provider, credential: Credential) -> str:
    kind = provider.kind(credential.kind)
    return f"{provider.name} {credential.kind if kind is None else kind.title}"
