"""One authority beside one job: what is granted, what is beyond the job, and on which resources."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from scopeaudit.audit.environments import is_same
from scopeaudit.audit.holdings import Holdings
from scopeaudit.audit.meaning import Meaning, telling
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.universe import Universe, described
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Kind, Provider
from scopeaudit.model.authority import Authority, EvidenceKind, State, Verdict
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.job import Job
from scopeaudit.model.operation import Operation


def worst_first(operations: Iterable[FindingOperation]) -> tuple[FindingOperation, ...]:
    """By severity, then by what is lost, then by id."""
    return tuple(sorted(operations, key=telling))


@dataclass(frozen=True)
class Scope:
    """What an authority and a job have to do with each other. Credentials that agree in both share one."""

    provider_id: str
    detected_kind: str
    authority: Authority
    meaning: Meaning
    provider: Provider | None = None
    job: Job | None = None
    allowed: frozenset[str] = frozenset()
    """Operations that the job allows; none where it has expired."""
    expired_job: bool = False
    shared: dict[tuple[Verdict, EvidenceKind], Universe] = field(default_factory=dict)
    """Described operations that scopes of this provider have in common."""

    @property
    def catalogue(self) -> OperationCatalogue:
        """The operations of the provider."""
        return self.meaning.catalogue

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
    def holdings(self) -> Holdings:
        """The verdicts of the authority."""
        return Holdings(self.meaning, self.authority, self.shared)

    @property
    def tree(self) -> ResourceTree:
        """The resources the authority lists."""
        return self.holdings.tree

    @property
    def has_resources(self) -> bool:
        """Whether any resource is known, so that operations can name some."""
        return self.holdings.has_resources

    @cached_property
    def granted_ids(self) -> frozenset[str]:
        """Operations that are granted."""
        return self.authority.operations(Verdict.GRANTED)

    @cached_property
    def undescribed_ids(self) -> frozenset[str]:
        """Operations that verdicts name and the catalogue does not."""
        return frozenset().union(*self.holdings.undescribed.values())

    @cached_property
    def granted(self) -> tuple[FindingOperation, ...]:
        """Everything granted, with all its resources, worst first."""
        more = self.holdings.undescribed.get(Verdict.GRANTED, frozenset())
        return self.holdings.told(self.holdings.granted, more=more)

    @cached_property
    def excess(self) -> tuple[FindingOperation, ...]:
        """What is granted beyond the job, worst first.

        An operation that the job allows is here with the resources outside the job, if there are any.
        """
        if self._has_limits:
            return tuple(self._limited_excess)
        if not self.allowed:
            return self.granted
        more = self.holdings.undescribed.get(Verdict.GRANTED, frozenset()) - self.allowed
        return self.holdings.told(self.excess_mask, more=more)

    @property
    def _has_limits(self) -> bool:
        return self.job is not None and bool(self.job.resources or self.job.environments)

    @cached_property
    def _limited_excess(self) -> list[FindingOperation]:
        found = []
        for each in self.granted:
            if each.id not in self.allowed:
                found.append(each)
            elif outside := self._outside(each.resources):
                found.append(self.limited(each, outside))
            elif self._is_wider_than_job(each.id):
                found.append(each)
        return found

    @cached_property
    def excess_mask(self) -> int:
        """The operations of `excess`, as far as they are described."""
        if self._has_limits:
            return self.meaning.mask(frozenset(each.id for each in self._limited_excess))
        return self.holdings.granted & ~self.meaning.mask_of_many(self.allowed)

    def granted_in(self, mask: int) -> tuple[FindingOperation, ...]:
        """Of the operations in the mask those granted; those beyond the job on the resources beyond it."""
        mask &= self.holdings.granted
        if not mask:
            return ()
        found = self.holdings.told(mask)
        if not self._has_limits:
            return found
        beyond = {each.id: each for each in self._limited_excess}
        return tuple(beyond.get(each.id, each) for each in found)

    def _is_wider_than_job(self, operation_id: str) -> bool:
        """Whether it is granted on every resource there is while the job names some."""
        if self.authority.enumerates or self.job is None or not self.job.resources:
            return False
        is_bound = self.meaning.has(self.holdings.bound, operation_id)
        return not is_bound and self.operation(operation_id).on is not None

    @property
    def destroys_recovery(self) -> bool:
        """Whether it may destroy recovery copies, be that its job or not."""
        return not self.is_dead and bool(self.holdings.granted & self.meaning.destroying_recovery)

    @cached_property
    def is_harmless_public(self) -> bool:
        """Whether the kind is made to be published, and nothing granted beyond the job is dangerous."""
        return self.is_public and (not self.excess or self.excess[0].severity.rank < Severity.HIGH.rank)

    @cached_property
    def unverified(self) -> tuple[FindingOperation, ...]:
        """What may be granted beyond the job for all that is known, worst first."""
        mask = self.holdings.unknown & ~self.meaning.mask_of_many(self.allowed)
        more = self.holdings.undescribed.get(Verdict.UNKNOWN, frozenset()) - self.allowed
        return self.holdings.told(mask, Verdict.UNKNOWN, more) if mask or more else ()

    @property
    def worst_granted(self) -> Severity:
        """That of the worst operation that is granted, be it the job or not; low of none."""
        return self.granted[0].severity if self.granted else Severity.LOW

    def operation(self, operation_id: str) -> Operation:
        """The operation; one that the catalogue does not describe counts as a change of unknown effect."""
        return self.meaning.operation(operation_id)

    def limited(self, operation: FindingOperation, resources: Iterable[str]) -> FindingOperation:
        """The operation on these of its resources only."""
        return described(
            self.meaning,
            operation.id,
            operation.verdict,
            operation.evidence,
            tuple(resources),
            gate_falls=operation.gate_removed_by is not None,
        )

    def _outside(self, resources: tuple[str, ...]) -> tuple[str, ...]:
        """Of the resources those that the job leaves out."""
        if resources not in self._found_outside:
            self._found_outside[resources] = tuple(
                each for each in resources if self.job is not None and not self._is_named_by(self.job, each)
            )
        return self._found_outside[resources]

    @cached_property
    def _found_outside(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {}

    def _is_named_by(self, job: Job, resource_id: str) -> bool:
        if job.resources and not self.tree.is_matched(resource_id, job.resources):
            return False
        environment = self.tree.environment(resource_id)
        if not job.environments or environment is None:
            return True
        return any(is_same(declared, environment) for declared in job.environments)
