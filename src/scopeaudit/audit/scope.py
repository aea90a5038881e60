"""One authority beside one job: what is granted, what is beyond the job, and on which resources."""

from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

from scopeaudit.audit.environments import is_same
from scopeaudit.audit.holdings import Holdings
from scopeaudit.audit.meaning import Meaning
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.selection import Part, Parts, Selection, united
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Kind, Provider
from scopeaudit.model.authority import Authority, State
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Job
from scopeaudit.model.operation import Operation


@dataclass(slots=True, eq=False)
class Scope:
    """What an authority and a job have to do with each other. Credentials that agree in both share one."""

    provider_id: str
    detected_kind: str
    holdings: Holdings
    """The verdicts of the authority."""
    provider: Provider | None = None
    job: Job | None = None
    allowed: frozenset[str] = frozenset()
    """Operations that the job allows; none where it has expired."""
    expired_job: bool = False
    authority: Authority = field(init=False)
    meaning: Meaning = field(init=False)
    """What the operations of the provider come to."""
    kind: Kind | None = field(init=False)
    """The kind as the provider made it exact, else as it was detected."""
    is_dead: bool = field(init=False)
    """Whether the provider says that the credential no longer works."""
    granted: Selection = field(init=False)
    """Everything granted, with all its resources."""
    beside_job: Selection = field(init=False)
    """Everything granted; what is beyond the job, on the resources beyond it."""
    excess: Selection = field(init=False)
    """What is granted beyond the job.

    An operation that the job allows is here with the resources outside the job, if there are any.
    """
    unverified: Selection = field(init=False)
    """What may be granted beyond the job for all that is known."""

    def __post_init__(self) -> None:
        self.authority, self.meaning = self.holdings.authority, self.holdings.meaning
        self.kind = None
        if self.provider is not None:
            self.kind = self.provider.kind(self.authority.kind) or self.provider.kind(self.detected_kind)
        self.is_dead = self.authority.state in (State.REVOKED, State.EXPIRED)
        self.granted = self.beside_job = self.holdings.granted
        allowed = self.meaning.mask_of_many(self.allowed)
        beyond = ~allowed
        self.unverified = self.holdings.unknown.where(beyond)
        if self.job is not None and (self.job.resources or self.job.environments):
            outside = self._outside(self.job, self.granted.where(allowed))
            self.beside_job = self.granted.with_parts(outside)
            beyond |= united(outside) | self._wider_than(self.job)
            self.unverified = self._perhaps_outside(self.job, allowed & ~beyond)
        self.excess = self.beside_job.where(beyond)

    def _outside(self, job: Job, held: Selection) -> tuple[Part, ...]:
        """Operations on the resources that the job leaves out."""
        return held.limited(lambda each: not self._is_named_by(job, each)).parts.all

    def _perhaps_outside(self, job: Job, allowed: int) -> Selection:
        """What is unknown beyond the job, and what it allows as far as that may reach what it leaves out."""
        unknown = self.holdings.unknown
        outside = self._outside(job, unknown.where(allowed))
        reach = allowed & self._of_unknown_reach(job)
        beyond = unknown.mask & (~allowed | united(outside) | reach)
        parts = unknown.with_parts(outside).parts.all
        wider = [
            replace(each, mask=mask, resources=(), made={})
            for each in self.granted.parts.all
            if (mask := each.mask & self.granted.mask & reach & ~self.holdings.bound)
        ]
        return Selection(Parts(self.meaning, (*parts, *wider)), beyond | united(wider))

    def _of_unknown_reach(self, job: Job) -> int:
        """What may act on what the job leaves out, for all that is known."""
        is_bounded = job.resources or self.stated_environment is None
        return self.unlisted if self.authority.enumerates and is_bounded else 0

    @property
    def unlisted(self) -> int:
        """What acts on types that were to be listed and were not, or not to the end."""
        return reduce(or_, (self.meaning.on.get(each, 0) for each in self.authority.incomplete), 0)

    @property
    def stated_environment(self) -> str | None:
        """The environment that its kind or an answer names for the whole credential."""
        kinds = self.provider.kind(self.detected_kind) if self.provider is not None else None
        for kind in (self.kind, kinds):
            if kind is not None and kind.environment is not None:
                return kind.environment
        return dict(self.authority.facts).get("environment")

    def _wider_than(self, job: Job) -> int:
        """What is granted on every resource there is while the job names some."""
        if self.authority.enumerates or not job.resources:
            return 0
        return self.meaning.all & ~self.holdings.bound & ~self.meaning.on.get(None, 0)

    def _is_named_by(self, job: Job, resource_id: str) -> bool:
        if job.resources and not self.tree.is_matched(resource_id, job.resources):
            return False
        environment = self.tree.environment(resource_id)
        if not job.environments or environment is None:
            return True
        return any(is_same(declared, environment) for declared in job.environments)

    @property
    def catalogue(self) -> OperationCatalogue:
        """The operations of the provider."""
        return self.meaning.catalogue

    @property
    def tree(self) -> ResourceTree:
        """The resources the authority lists."""
        return self.holdings.tree

    @property
    def is_public(self) -> bool:
        """Whether the kind is made to be published."""
        return self.kind is not None and not self.kind.secret

    @property
    def is_harmless_public(self) -> bool:
        """Whether the kind is made to be published, and nothing granted beyond the job is dangerous."""
        return self.is_public and self.excess.severity.rank < Severity.HIGH.rank

    @property
    def destroys_recovery(self) -> bool:
        """Whether it may destroy recovery copies, be that its job or not."""
        return not self.is_dead and bool(self.granted.mask & self.meaning.destroying_recovery)

    @property
    def worst_granted(self) -> Severity:
        """That of the worst operation that is granted, be it the job or not; low of none."""
        return self.granted.severity

    def operation(self, operation_id: str) -> Operation:
        """The operation; one that the catalogue does not describe counts as a change of unknown effect."""
        return self.meaning.operation(operation_id)
