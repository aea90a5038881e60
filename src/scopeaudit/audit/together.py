"""All credentials in reach, and which of them can help another to do what it cannot do alone."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from scopeaudit.audit.following import Following, Gained
from scopeaudit.audit.independence import destroyers
from scopeaudit.audit.meaning import Meaning
from scopeaudit.audit.scope import Scope
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import ResourcePattern

_KEPT = 2
"""Of the credentials that can help alike and as badly, enough that one is not the one to be helped."""


@dataclass(slots=True)
class Member:
    """A credential in reach; one stands for all of its scope."""

    scope: Scope
    credential: Credential


@dataclass(slots=True)
class Help:
    """What a credential adds: an operation of its own, or one of a credential that it mints or reveals."""

    member: Member
    meaning: Meaning
    mask: int
    """At least one operation."""
    gained: Gained | None = None

    @property
    def operation(self) -> str:
        """The worst of them, by its id."""
        return self.meaning.first(self.mask).operation.id

    @property
    def is_critical(self) -> bool:
        """Whether the worst of it is known to be granted and is critical."""
        return self.gained is None and bool(self.mask & self.meaning.critical)


@dataclass
class _Shelf:
    """Those that can help with one thing, by what shows that they act on the same: account and resources."""

    accounts: dict[str, list[Help]] = field(default_factory=lambda: defaultdict(list))
    resources: dict[str, list[Help]] = field(default_factory=lambda: defaultdict(list))
    without_account: list[Help] = field(default_factory=list)
    without_resources: list[Help] = field(default_factory=list)
    without_both: list[Help] = field(default_factory=list)
    every: list[Help] = field(default_factory=list)

    def put(self, help_: Help) -> None:
        authority = help_.member.scope.authority
        lists = [self.every]
        if authority.account is None:
            lists.append(self.without_account)
        else:
            lists.append(self.accounts[authority.account])
        if not authority.resources:
            lists.append(self.without_resources)
        if authority.account is None and not authority.resources:
            lists.append(self.without_both)
        lists += [self.resources[each.id] for each in authority.resources]
        is_critical = help_.is_critical
        for each in lists:
            if len(each) < _KEPT or sum(known.is_critical == is_critical for known in each) < _KEPT:
                each.append(help_)

    def find(self, scope: Scope) -> Iterator[Help]:
        """Those of other scopes that are not known to act on something else."""
        authority = scope.authority
        found: list[Help] = []
        if authority.account is None:
            found += self.without_resources if authority.resources else self.every
        else:
            found += self.accounts.get(authority.account, ())
            found += self.without_both if authority.resources else self.without_account
        for each in authority.resources:
            found += self.resources.get(each.id, ())
        return (each for each in found if each.member.scope is not scope)


@dataclass(frozen=True, slots=True)
class Approver:
    """A credential that may be the second principal an operation takes."""

    member: Member
    is_another: bool
    """Whether both accounts are known; one of which nothing is known may be another."""


@dataclass
class _Principals:
    """Those that hold one operation that takes two principals, by the resources they act on."""

    resources: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    without_resources: list[Member] = field(default_factory=list)
    every: list[Member] = field(default_factory=list)

    def put(self, member: Member) -> None:
        authority = member.scope.authority
        places = [self.resources[each.id] for each in authority.resources] or [self.without_resources]
        for each in (self.every, *places):
            accounts = [known.scope.authority.account for known in each]
            alike = [known for known in accounts if (known is None) == (authority.account is None)]
            if len(alike) < _KEPT and (authority.account is None or authority.account not in accounts):
                each.append(member)

    def find(self, scope: Scope) -> Approver | None:
        """One that is not known to be the same principal, nor to act on something else."""
        own, listed = scope.authority.account, scope.authority.resources
        found = [
            *self.without_resources,
            *(one for each in listed for one in self.resources.get(each.id, ())),
        ]
        others = (
            Approver(each, is_another=None not in (own, each.scope.authority.account))
            for each in (found if listed else self.every)
            if each.scope is not scope and (own is None or each.scope.authority.account != own)
        )
        return min(others, key=lambda each: not each.is_another, default=None)


@dataclass(frozen=True)
class Together:
    """The union of everything in reach, by what it takes to complete a destruction."""

    members: Sequence[Member]
    """One for each scope that is in reach, in the order of their places."""
    following: Following

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Of all credentials in reach, each once."""
        return tuple(each.scope for each in self.members)

    def remover(self, scope: Scope, operation_id: str) -> Help | None:
        """Who can call an operation that removes a gate."""
        return self._first((scope.provider_id, operation_id), scope)

    def approver(self, scope: Scope, operation_id: str) -> Approver | None:
        """Who can be the second principal that an operation takes."""
        principals = self._principals.get((scope.provider_id, operation_id))
        return principals.find(scope) if principals is not None else None

    @cached_property
    def _principals(self) -> dict[tuple[str, str], _Principals]:
        found: dict[tuple[str, str], _Principals] = defaultdict(_Principals)
        for member in self.members:
            scope = member.scope
            taking_two = 0 if scope.is_dead else scope.granted.mask & scope.meaning.taking_two
            for each in scope.meaning.in_mask(taking_two):
                found[scope.provider_id, each].put(member)
        return found

    def loser_of_copies(self, scope: Scope, part: str) -> Help | None:
        """Who can destroy the recovery copies that one part of the provider keeps, or keeps for all parts."""
        own = self._first((scope.provider_id, part, "copies"), scope)
        return own or self._first((scope.provider_id, "", "copies of all"), scope)

    def destroyers_of(self, copy: ResourcePattern) -> tuple[Help, ...]:
        """Who is granted the destruction of a recovery copy, a few of them; directly if possible."""
        if copy not in self._destroyers:
            direct = islice(self._destroying(copy), _KEPT)
            further = islice(self._gaining(copy), _KEPT)
            self._destroyers[copy] = (*direct, *further)
        return self._destroyers[copy]

    @cached_property
    def _destroyers(self) -> dict[ResourcePattern, tuple[Help, ...]]:
        return {}

    def _destroying(self, copy: ResourcePattern) -> Iterator[Help]:
        for member in self.members:
            scope = member.scope
            if scope.provider_id != copy.provider or scope.is_dead:
                continue
            if mask := destroyers(scope, copy, scope.granted):
                yield Help(member, scope.meaning, mask)

    def _gaining(self, copy: ResourcePattern) -> Iterator[Help]:
        for member in self.members:
            scope = member.scope
            yielding = scope.granted.mask & scope.meaning.yielding
            if scope.is_dead or not yielding:
                continue
            for gained in self.following.gained(scope.provider_id, yielding):
                row = gained.worst()
                if gained.provider == copy.provider and row is not None:
                    only = gained.meaning.mask(frozenset({row.operation.id})) & gained.mask
                    yield Help(member, gained.meaning, only, gained)

    def _first(self, key: tuple[str, ...], scope: Scope) -> Help | None:
        for shelves in (self._direct, self._further):
            shelf = shelves.get(key)
            helps = shelf.find(scope) if shelf is not None else ()
            # Who does the worst of it first: one more that can help must not make it look less bad.
            found = min(helps, key=lambda each: not each.is_critical, default=None)
            if found is not None:
                return found
        return None

    @cached_property
    def _direct(self) -> dict[tuple[str, ...], _Shelf]:
        shelves: dict[tuple[str, ...], _Shelf] = defaultdict(_Shelf)
        for member in self.members:
            scope = member.scope
            if not scope.is_dead:
                for key, mask in _abilities(scope.meaning, scope.provider_id, scope.granted.mask):
                    shelves[key].put(Help(member, scope.meaning, mask))
        return shelves

    @cached_property
    def _further(self) -> dict[tuple[str, ...], _Shelf]:
        shelves: dict[tuple[str, ...], _Shelf] = defaultdict(_Shelf)
        for member in self.members:
            scope = member.scope
            yielding = scope.granted.mask & scope.meaning.yielding
            if scope.is_dead or not yielding:
                continue
            for gained in self.following.gained(scope.provider_id, yielding):
                for key, mask in _abilities(gained.meaning, gained.provider, gained.mask):
                    shelves[key].put(Help(member, gained.meaning, mask, gained))
        return shelves


def _abilities(meaning: Meaning, provider: str, mask: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """What the operations in the mask can help with, and which of them do."""
    for each, row in meaning.removers.items():
        if chosen := mask & row:
            yield (provider, each), chosen
    if not mask & meaning.destroying_recovery:
        return
    for part, (_, recovery) in meaning.families.items():
        if chosen := mask & recovery:
            yield (provider, part, "copies"), chosen
    if chosen := mask & meaning.keepers:
        yield (provider, "", "copies of all"), chosen
