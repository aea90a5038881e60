"""Jobs that have outlived what they describe."""

import datetime
from collections.abc import Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from scopeaudit.audit.words import listed
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Allowance, Job, OperationGlob

STALE = "stale-job"


@dataclass(frozen=True, slots=True)
class Staleness:
    """One thing that is out of date about a job."""

    job: Job
    severity: Severity
    message: str
    remedy: str
    path: str
    """The file in which what is out of date stands: the job's, or one that it extends."""
    line: int
    """In that file, from 1."""
    name: str
    """What tells it from other findings about the same file; holds no line number."""


def is_expired(job: Job, today: datetime.date) -> bool:
    """Whether the job's last day is past."""
    return job.expires is not None and job.expires < today


def stale_jobs(
    jobs: Sequence[Job],
    providers_met: Mapping[tuple[str, str], AbstractSet[str]],
    providers: Container[str],
    catalogues: Mapping[str, OperationCatalogue],
    today: datetime.date,
) -> Iterator[Staleness]:
    """What is out of date, in the order of the file.

    `providers_met`: path and name of a job to the providers of the credentials it speaks for; a job that
    speaks for none is missing.
    """
    for job in jobs:
        if is_expired(job, today):
            message = f"Job {job.name} expired on {job.expires}, so it allows nothing any more."
            remedy = "Extend expires if the job goes on; else revoke its credentials and remove the job."
            yield Staleness(job, Severity.HIGH, message, remedy, job.path, job.line, f"{job.name} expired")
        met = providers_met.get((job.path, job.name), frozenset())
        if not met:
            message = f"Job {job.name} speaks for no credential that was found."
            remedy = "Mend its credentials (path, env, key), or remove the job."
            yield Staleness(job, Severity.LOW, message, remedy, job.path, job.line, f"{job.name} unmatched")
        yield from _unknown_operations(job, met, providers, catalogues)


def _unknown_operations(
    job: Job, met: AbstractSet[str], providers: Container[str], catalogues: Mapping[str, OperationCatalogue]
) -> Iterator[Staleness]:
    for entry in job.allow:
        asked = _providers_of(entry, job, met, providers)
        if not asked or not asked <= catalogues.keys():
            continue
        if not any(catalogues[each].select(entry) for each in asked):
            names = listed(sorted(asked), 3)
            message = f"Job {job.name} allows {entry.written}, which names no operation of {names}."
            remedy = "Write the operation as the provider names it, or remove the entry."
            identity = f"{job.name} allow {entry.written}"
            path = entry.file or job.path
            yield Staleness(job, Severity.MEDIUM, message, remedy, path, entry.line, identity)


def _providers_of(
    entry: Allowance, job: Job, met: AbstractSet[str], providers: Container[str]
) -> AbstractSet[str]:
    """The provider that the entry's own prefix names, else the job's, else those of its credentials."""
    prefix = entry.selector.pattern.partition(":")[0] if isinstance(entry.selector, OperationGlob) else ""
    if prefix in providers:
        return {prefix}
    return met if job.provider is None else {job.provider}
