"""Recovery copies that nobody in reach can destroy."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from scopeaudit.audit.following import Following
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import Part, Selection, united
from scopeaudit.catalogue.operations import glob
from scopeaudit.model.finding import FindingOperation
from scopeaudit.model.job import RecoveryDeclaration, ResourcePattern


@dataclass(frozen=True)
class Independence:
    """What the folder declares about recovery, beside every credential in reach."""

    declared: Sequence[RecoveryDeclaration]
    scopes: Sequence[Scope]
    """Of all credentials in reach, each once."""
    following: Following
    _within_reach: dict[ResourcePattern, bool] = field(default_factory=dict)
    _losing_copies: dict[str, bool] = field(default_factory=dict)

    def copies_of(
        self, provider: str, destroyed: Iterable[FindingOperation], scope: Scope
    ) -> tuple[str, ...]:
        """Copies out of reach of every credential, if they cover all that is destroyed.

        Written `provider resource`, sorted. Empty where anything destroyed has no such copy.
        """
        found: set[str] = set()
        if not self.declared:
            return ()
        for resource in places(scope, destroyed):
            copies = {
                f"{copy.provider} {copy.resource}"
                for copy in self.declared_for(provider, resource, scope)
                if self._is_apart(copy, provider)
            }
            if not copies:
                return ()
            found |= copies
        return tuple(sorted(found))

    def declared_for(self, provider: str, resource: str, scope: Scope) -> Iterator[ResourcePattern]:
        """What the folder says a resource would be restored from."""
        for declaration in self.declared:
            protects = declaration.protects
            if protects.provider == provider and scope.tree.is_matched(resource, (protects.resource,)):
                yield from declaration.copies

    def declares_any(self, scope: Scope, destroyed: Iterable[FindingOperation]) -> bool:
        """Whether the folder says of anything destroyed what it would be restored from."""
        if not self.declared:
            return False
        copies = (self.declared_for(scope.provider_id, each, scope) for each in places(scope, destroyed))
        return any(True for each in copies for _ in each)

    def _is_apart(self, copy: ResourcePattern, provider: str) -> bool:
        """Whether no credential may destroy the copy.

        At the provider of the data itself, answers that list no backups do not show that there are none: a
        copy counts there only if nothing in reach may destroy any recovery copy.
        """
        if copy.provider == provider and self._may_lose_copies(provider):
            return False
        if copy not in self._within_reach:
            self._within_reach[copy] = any(
                may_destroy(scope, copy) or may_gain(scope, copy, self.following) for scope in self.scopes
            )
        return not self._within_reach[copy]

    def _may_lose_copies(self, provider: str) -> bool:
        if provider not in self._losing_copies:
            self._losing_copies[provider] = any(
                not scope.is_dead
                and (scope.granted.mask | scope.holdings.unknown.mask) & scope.meaning.destroying_recovery
                for scope in self.scopes
                if scope.provider_id == provider
            )
        return self._losing_copies[provider]


def places(scope: Scope, destroyed: Iterable[FindingOperation]) -> Iterator[str]:
    """What the operations destroy: resources, or the type of resource where none is known; each once."""
    seen: set[str] = set()
    for operation in destroyed:
        on = scope.operation(operation.id).on
        for resource in operation.resources or (f"{on}/*",):
            if resource not in seen:
                seen.add(resource)
                yield resource


def may_destroy(scope: Scope, copy: ResourcePattern) -> bool:
    """Whether a credential may destroy the copy, for all that is known. Unknown counts as may."""
    if scope.provider_id != copy.provider or scope.is_dead:
        return False
    if not scope.catalogue.operations:
        # Nothing is known of what its provider lets it do.
        return True
    return any(destroyers(scope, copy, each) for each in (scope.granted, scope.holdings.unknown))


def destroyers(scope: Scope, copy: ResourcePattern, held: Selection) -> int:
    """Of operations that are held those that can destroy the copy."""
    destroying = scope.meaning.destroying_data | scope.meaning.destroying_recovery
    return held.mask & destroying & united(each for each in held.parts.all if _reaches(scope, each, copy))


def may_gain(scope: Scope, copy: ResourcePattern, following: Following) -> bool:
    """Whether a credential that this one mints or reveals may destroy the copy."""
    yielding = scope.granted.mask & scope.meaning.yielding
    if scope.is_dead or not yielding:
        return False
    gained = following.gained(scope.provider_id, yielding)
    return any(each.provider == copy.provider and each.worst() is not None for each in gained)


def _reaches(scope: Scope, part: Part, copy: ResourcePattern) -> bool:
    pattern = copy.resource.rpartition("://")[2]
    return not part.resources or any(
        _is_within(scope, each, copy.resource, pattern) for each in part.resources
    )


def _is_within(scope: Scope, resource_id: str, written: str, pattern: str) -> bool:
    """`pattern` is `written` without its scheme, as `s3://`."""
    bare = resource_id.partition("/")[2]
    return scope.tree.is_matched(resource_id, {written, pattern}) or glob(pattern).match(bare) is not None
