"""Recovery copies that nobody in reach can destroy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import destroys_data, destroys_recovery
from scopeaudit.catalogue.operations import glob
from scopeaudit.model.finding import FindingOperation
from scopeaudit.model.job import RecoveryDeclaration, ResourcePattern


@dataclass(frozen=True)
class Independence:
    """What the folder declares about recovery, beside every credential in reach."""

    declared: Sequence[RecoveryDeclaration]
    scopes: Sequence[Scope]
    """Of all credentials in reach, each once."""
    _within_reach: dict[ResourcePattern, bool] = field(default_factory=dict)

    def copies_of(
        self, provider: str, destroyed: Iterable[FindingOperation], scope: Scope
    ) -> tuple[str, ...]:
        """Copies at other providers, out of reach of every credential, if they cover all that is destroyed.

        Written `provider resource`, sorted. Empty where anything destroyed has no such copy.
        """
        found: set[str] = set()
        for operation in destroyed:
            on = scope.operation(operation.id).on
            for resource in operation.resources or (f"{on}/*",):
                copies = self._copies_of(provider, resource, scope)
                if not copies:
                    return ()
                found |= copies
        return tuple(sorted(found))

    def _copies_of(self, provider: str, resource: str, scope: Scope) -> set[str]:
        return {
            f"{copy.provider} {copy.resource}"
            for declaration in self.declared
            if declaration.protects.provider == provider
            and scope.tree.is_matched(resource, (declaration.protects.resource,))
            for copy in declaration.copies
            if copy.provider != provider and not self._is_in_reach(copy)
        }

    def _is_in_reach(self, copy: ResourcePattern) -> bool:
        if copy not in self._within_reach:
            self._within_reach[copy] = any(may_destroy(scope, copy) for scope in self.scopes)
        return self._within_reach[copy]


def may_destroy(scope: Scope, copy: ResourcePattern) -> bool:
    """Whether a credential may destroy the copy, for all that is known. Unknown counts as may."""
    if scope.provider_id != copy.provider or scope.is_dead:
        return False
    return any(_may_reach(scope, each, copy) for each in scope.granted_ids | scope.unknown_ids)


def _may_reach(scope: Scope, operation_id: str, copy: ResourcePattern) -> bool:
    traits = scope.operation(operation_id).traits
    if not (destroys_data(traits) or destroys_recovery(traits)):
        return False
    resources = scope.resources_of(operation_id)
    pattern = copy.resource.rpartition("://")[2]
    return not resources or any(_is_within(scope, each, copy.resource, pattern) for each in resources)


def _is_within(scope: Scope, resource_id: str, written: str, pattern: str) -> bool:
    """`pattern` is `written` without its scheme, as `s3://`."""
    bare = resource_id.partition("/")[2]
    return scope.tree.is_matched(resource_id, {written, pattern}) or glob(pattern).match(bare) is not None
