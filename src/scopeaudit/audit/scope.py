"""One authority beside one job: what is granted, what is beyond the job, and on which resources."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from scopeaudit.audit.environments import is_same
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.severity import DANGER, destroys_recovery, severity_of
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Kind, Provider
from scopeaudit.model.authority import Authority, EvidenceKind, Grant, State, Verdict, strongest
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.job import Job
from scopeaudit.model.operation import Effect, Gate, Operation, Traits

_UNDESCRIBED = Traits(effect=Effect.WRITE)


def worst_first(operations: Iterable[FindingOperation]) -> tuple[FindingOperation, ...]:
    """By severity, then by effect, then by id."""
    return tuple(sorted(operations, key=lambda each: (-each.severity.rank, -DANGER[each.effect], each.id)))


@dataclass(frozen=True)
class Scope:
    """What an authority and a job have to do with each other. Credentials that agree in both share one."""

    provider_id: str
    detected_kind: str
    authority: Authority
    catalogue: OperationCatalogue
    provider: Provider | None = None
    job: Job | None = None
    allowed: frozenset[str] = frozenset()
    """Operations that the job allows; none where it has expired."""
    expired_job: bool = False

    @cached_property
    def kind(self) -> Kind | None:
        """The kind as the provider made it exact, else as it was detected."""
        if self.provider is None:
            return None
        return self.provider.kind(self.authority.kind) or self.provider.kind(self.detected_kind)

    @property
    def is_public(self) -> bool:
        """Whether the kind is made to be published."""
        return self.kind is not None and not self.kind.secret

    @property
    def is_dead(self) -> bool:
        """Whether the provider says that the credential no longer works."""
        return self.authority.state in (State.REVOKED, State.EXPIRED)

    @cached_property
    def tree(self) -> ResourceTree:
        """The resources the authority lists."""
        return ResourceTree(self.authority.resources)

    @cached_property
    def granted_ids(self) -> frozenset[str]:
        """Operations that are granted."""
        return self.authority.operations(Verdict.GRANTED)

    @cached_property
    def unknown_ids(self) -> frozenset[str]:
        """Operations neither granted nor denied: those said to be unknown, and those nothing is said of."""
        named = self.authority.operations(Verdict.UNKNOWN)
        return (self.catalogue.ids | named) - self.granted_ids - self.authority.operations(Verdict.DENIED)

    @cached_property
    def undescribed_ids(self) -> frozenset[str]:
        """Operations that verdicts name and the catalogue does not."""
        return (self.granted_ids | self.authority.operations(Verdict.UNKNOWN)) - self.catalogue.ids

    @cached_property
    def granted(self) -> tuple[FindingOperation, ...]:
        """Everything granted, with all its resources, worst first."""
        return worst_first(
            self._described(each, Verdict.GRANTED, self.resources_of(each)) for each in self.granted_ids
        )

    @cached_property
    def excess(self) -> tuple[FindingOperation, ...]:
        """What is granted beyond the job, worst first.

        An operation that the job allows is here with the resources outside the job, if there are any.
        """
        found = []
        for each in self.granted:
            if each.id not in self.allowed:
                found.append(each)
            elif outside := tuple(one for one in each.resources if not self._is_in_job(one)):
                found.append(self._described(each.id, Verdict.GRANTED, outside))
            elif self._is_wider_than_job(each.id):
                found.append(each)
        return tuple(found)

    def _is_wider_than_job(self, operation_id: str) -> bool:
        """Whether it is granted on every resource there is while the job names some."""
        if self.authority.enumerates or self.job is None or not self.job.resources:
            return False
        return operation_id not in self._bound_ids and self.operation(operation_id).on is not None

    @cached_property
    def excess_ids(self) -> frozenset[str]:
        """The operations of `excess`."""
        return frozenset(each.id for each in self.excess)

    @cached_property
    def destroys_recovery(self) -> bool:
        """Whether it may destroy recovery copies, be that its job or not."""
        return not self.is_dead and any(
            destroys_recovery(self.operation(each).traits) for each in self.granted_ids
        )

    @cached_property
    def is_harmless_public(self) -> bool:
        """Whether the kind is made to be published, and nothing granted beyond the job is dangerous."""
        public = self.kind is not None and not self.kind.secret
        return public and all(each.severity.rank < Severity.HIGH.rank for each in self.excess)

    @cached_property
    def unverified(self) -> tuple[FindingOperation, ...]:
        """What may be granted beyond the job for all that is known, worst first."""
        return worst_first(
            self._described(each, Verdict.UNKNOWN, self.resources_of(each))
            for each in self.unknown_ids - self.allowed
        )

    def operation(self, operation_id: str) -> Operation:
        """The operation; one that the catalogue does not describe counts as a change of unknown effect."""
        found = self.catalogue.operations.get(operation_id)
        return found or Operation(id=operation_id, verb="", traits=_UNDESCRIBED)

    def limited(self, operation: FindingOperation, resources: Iterable[str]) -> FindingOperation:
        """The operation on these of its resources only."""
        return self._described(operation.id, operation.verdict, tuple(resources))

    def resources_of(self, operation_id: str) -> tuple[str, ...]:
        """Ids of the resources it acts on and, if it deletes, of those that die with them; sorted."""
        operation = self.operation(operation_id)
        deletes = operation.traits.effect is Effect.DELETE
        if operation_id in self._bound_ids:
            bound = [
                grant.resources or frozenset() for grant in self._bound if operation_id in grant.operations
            ]
            return self._reached(frozenset().union(*bound), deletes)
        key = (operation.on, deletes)
        if key not in self._reached_by_type:
            direct = self.tree.by_type.get(operation.on, ()) if operation.on is not None else ()
            self._reached_by_type[key] = self._reached(direct, deletes)
        return self._reached_by_type[key]

    @cached_property
    def _reached_by_type(self) -> dict[tuple[str | None, bool], tuple[str, ...]]:
        return {}

    def _reached(self, direct: Iterable[str], deletes: bool) -> tuple[str, ...]:
        return tuple(sorted(self.tree.with_descendants(direct) if deletes else direct))

    @cached_property
    def _bound(self) -> tuple[Grant, ...]:
        return tuple(
            grant
            for grant in self.authority.grants
            if grant.verdict is Verdict.GRANTED and grant.resources is not None
        )

    @cached_property
    def _bound_ids(self) -> frozenset[str]:
        """Operations granted on single resources only."""
        unbound = [
            grant.operations
            for grant in self.authority.grants
            if grant.verdict is Verdict.GRANTED and grant.resources is None
        ]
        return frozenset().union(*(grant.operations for grant in self._bound)).difference(*unbound)

    @cached_property
    def _evidence(self) -> dict[tuple[str, Verdict], EvidenceKind]:
        found: dict[tuple[str, Verdict], EvidenceKind] = {}
        for grant in self.authority.grants:
            kind = strongest(piece.kind for piece in grant.evidence)
            for each in grant.operations:
                key = (each, grant.verdict)
                found[key] = strongest((kind, found[key])) if key in found else kind
        return found

    @cached_property
    def _in_job(self) -> dict[str, bool]:
        return {}

    def _is_in_job(self, resource_id: str) -> bool:
        if self.job is None or not (self.job.resources or self.job.environments):
            return True
        if resource_id not in self._in_job:
            self._in_job[resource_id] = self._is_named_by(self.job, resource_id)
        return self._in_job[resource_id]

    def _is_named_by(self, job: Job, resource_id: str) -> bool:
        if job.resources and not self.tree.is_matched(resource_id, job.resources):
            return False
        environment = self.tree.environment(resource_id)
        if not job.environments or environment is None:
            return True
        return any(is_same(declared, environment) for declared in job.environments)

    def _described(self, operation_id: str, verdict: Verdict, resources: tuple[str, ...]) -> FindingOperation:
        traits = self.operation(operation_id).traits
        falls = traits.gate is not Gate.NONE and traits.gate_removed_by in self.granted_ids
        return FindingOperation(
            id=operation_id,
            effect=traits.effect,
            touches=traits.touches,
            reversible=traits.reversible,
            gate=traits.gate,
            verdict=verdict,
            evidence=self._evidence.get((operation_id, verdict), EvidenceKind.NONE),
            severity=severity_of(traits, gate_falls=falls),
            resources=resources,
            window=traits.window,
            gate_removed_by=traits.gate_removed_by if falls else None,
            takes_recovery=traits.takes_recovery,
            source=traits.source,
        )
