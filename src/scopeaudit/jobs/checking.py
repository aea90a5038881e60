"""What is right in form in a job file, and still not what its author meant."""

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.jobs.hints import Hints
from scopeaudit.jobs.raw import printable
from scopeaudit.model.job import Allowance, CredentialSelector, Declarations, Job, OperationGlob
from scopeaudit.model.policy import Denial, Policy

_WANTED = {
    "owner": "say who answers for it, such as owner: platform@company.example",
    "expires": "give it a last day, such as expires: 2027-03-31",
}


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Something to look at in a job file that is read nevertheless."""

    path: str
    line: int
    """From 1."""
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {printable(self.where)}: {printable(self.what)}"


def doubts(
    declarations: Declarations,
    catalogues: Mapping[str, OperationCatalogue],
    today: datetime.date,
    unmet: Collection[CredentialSelector] = (),
) -> tuple[Doubt, ...]:
    """Everything to look at, by file and line.

    `catalogues` holds the operations of every provider that jobs are of; what is of others is not judged.
    `unmet` are the selectors that match no credential that was found.
    """
    hints = Hints()
    found = (
        doubt
        for job in declarations.jobs
        for doubt in (
            *_unsaid(job),
            *_over(job, today),
            *_allowing(job, catalogues, hints),
            *_selecting(job, unmet),
        )
    )
    return tuple(sorted(found))


def idle_denials(policy: Policy, catalogues: Mapping[str, OperationCatalogue]) -> tuple[Doubt, ...]:
    """Entries of a policy's `deny` that select no operation; `catalogues` holds every described provider.

    An entry for a provider whose operations are not described is not judged.
    """
    return tuple(
        Doubt(each.path, each.line, "deny", f"{each.written} selects no operation, so it denies nothing")
        for each in policy.deny
        if _is_described(each, catalogues)
        and not any(catalogue.denied(Policy(deny=(each,))) for catalogue in catalogues.values())
    )


def _is_described(denial: Denial, catalogues: Mapping[str, OperationCatalogue]) -> bool:
    if not isinstance(denial.selector, OperationGlob):
        return denial.provider is None or denial.provider in catalogues
    prefix, colon, _ = denial.selector.pattern.partition(":")
    if not colon or (prefix in catalogues and catalogues[prefix].operations):
        return True
    ids = (each for catalogue in catalogues.values() for each in catalogue.operations)
    return any(each.startswith(f"{prefix}:") for each in ids)


def _unsaid(job: Job) -> Iterator[Doubt]:
    for key, what in _WANTED.items():
        if not getattr(job, key):
            yield Doubt(job.path, job.line, f"jobs.{job.name}.{key}", f"is missing: {what}")


def _over(job: Job, today: datetime.date) -> Iterator[Doubt]:
    if job.expires is not None and job.expires < today:
        what = f"{job.expires} is past, so the job allows nothing any more: extend it, or revoke and remove"
        yield Doubt(job.path, job.line, f"jobs.{job.name}.expires", what)


def _allowing(job: Job, catalogues: Mapping[str, OperationCatalogue], hints: Hints) -> Iterator[Doubt]:
    if not job.allow:
        what = "is empty, so whatever its credentials can do is beyond the job: list what it needs"
        yield Doubt(job.path, job.line, f"jobs.{job.name}.allow", what)
    for index, entry in enumerate(job.allow):
        catalogue = catalogues.get(_provider_of(job, entry, catalogues) or "")
        if catalogue is None or not catalogue.operations or catalogue.select(entry):
            continue
        hint = _hint(entry, catalogue, hints)
        what = f"{entry.written} selects no operation of {catalogue.provider}: {hint}"
        yield Doubt(entry.file or job.path, entry.line, f"jobs.{job.name}.allow[{index}]", what)


def _provider_of(job: Job, entry: Allowance, catalogues: Mapping[str, OperationCatalogue]) -> str | None:
    """The provider whose operations an entry means; `None` where only the credentials can tell."""
    if job.provider is not None or not isinstance(entry.selector, OperationGlob):
        return job.provider
    prefix, colon, _ = entry.selector.pattern.partition(":")
    return prefix if colon and prefix in catalogues else None


def _hint(entry: Allowance, catalogue: OperationCatalogue, hints: Hints) -> str:
    close = None
    if isinstance(entry.selector, OperationGlob):
        written = entry.written.removeprefix(f"{catalogue.provider}:")
        close = hints.close(written, catalogue.operations, likeness=0.75)
    return f"did you mean {close}?" if close else "write it as the provider names it, or remove it"


def _selecting(job: Job, unmet: Collection[CredentialSelector]) -> Iterator[Doubt]:
    for index, selector in enumerate(job.credentials):
        if selector in unmet:
            what = "matches no credential that was found: mend or remove it"
            where = f"jobs.{job.name}.credentials[{index}]"
            yield Doubt(selector.file or job.path, selector.line, where, what)
