"""Jobs that hide what they are there to show: they allow whatever destroys for good, wherever it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scopeaudit.audit.scope import Scope
from scopeaudit.audit.words import listed
from scopeaudit.catalogue.globs import bounds
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Job

UNBOUNDED = "unbounded-job"
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Unbounded:
    """One job that allows everything critical of one provider."""

    job: Job
    provider: str
    severity: Severity
    message: str
    remedy: str


def unbounded_jobs(scopes: Iterable[Scope]) -> Iterator[Unbounded]:
    """The jobs of the scopes that bound nothing, each once for each provider, in the order of the scopes.

    One that names resources or environments is bounded by these, unless a glob among them means all there
    is. One that has expired is bounded, too.
    """
    told: set[tuple[str, str, str]] = set()
    for scope in scopes:
        job = scope.job
        if job is None or _is_bounded(job) or not _allows_the_worst(scope):
            continue
        key = (job.path, job.name, scope.provider_id)
        if key not in told:
            told.add(key)
            yield _unbounded(job, scope)


def _is_bounded(job: Job) -> bool:
    return bounds(job.resources) or bounds(job.environments)


def _allows_the_worst(scope: Scope) -> bool:
    worst = scope.meaning.critical
    return bool(worst) and not worst & ~scope.meaning.mask_of_many(scope.allowed)


def _unbounded(job: Job, scope: Scope) -> Unbounded:
    worst = sorted(set(scope.meaning.in_mask(scope.meaning.critical)))
    name = scope.provider.name if scope.provider is not None else scope.provider_id
    message = (
        f"Job {job.name} allows whatever destroys data or backups at {name} for good "
        f"({listed(worst, _NAMED)}), so none of it is a finding for its credentials."
    )
    remedy = (
        "List the operations that the job needs (`scopeaudit jobs init` shows what is used), "
        "or name the resources or environments it is for."
    )
    return Unbounded(job, scope.provider_id, Severity.MEDIUM, message, remedy)
