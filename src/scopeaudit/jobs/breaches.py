"""Jobs that break the user's policy."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace

from scopeaudit.catalogue.environments import may_be_same
from scopeaudit.catalogue.globs import bounds, meet
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Allowance, Declarations, Job, OperationGlob
from scopeaudit.model.policy import Breach, Denial, Policy

_NAMED_OPERATIONS = 3
_HOW = {
    "owner": "say who answers for it, such as owner: platform@company.example",
    "expires": "give the job a last day, such as expires: 2027-03-31",
    "description": "say in a sentence what it is for",
    "environments": "list the environments it works in",
    "resources": "list the resources it works on",
}
_GLOBS = frozenset({"environments", "resources"})


def breaches(
    declarations: Declarations,
    policy: Policy,
    catalogues: Mapping[str, OperationCatalogue],
    today: datetime.date,
) -> tuple[Breach, ...]:
    """Every way in which a job breaks the policy, in the order of the jobs.

    `catalogues` holds the operations of every provider that jobs are of; an entry of a job without a provider
    is held against all of them.
    """
    denied = _Denied(policy, catalogues)
    return tuple(
        breach
        for job in declarations.jobs
        for breach in (
            *_missing(job, policy),
            *_too_long(job, policy, today),
            *_denied_environments(job, policy),
            *_allowed(job, denied),
        )
    ) + tuple(_denied_folder(declarations, policy))


def _missing(job: Job, policy: Policy) -> Iterator[Breach]:
    required = policy.require | ({"expires"} if policy.max_expiry_days is not None else set())
    for key in sorted(required):
        value = getattr(job, key)
        if not value or (key in _GLOBS and not bounds(value)):
            lacks = f"names no {key} in particular" if value else f"has no {key}"
            message = f"Job {job.name} {lacks}, which {policy.named} requires of every job."
            yield _breach(job, key, message, f"{_HOW[key][0].upper()}{_HOW[key][1:]}.")


def _too_long(job: Job, policy: Policy, today: datetime.date) -> Iterator[Breach]:
    if policy.max_expiry_days is None or job.expires is None:
        return
    if (job.expires - today).days > policy.max_expiry_days:
        latest = today + datetime.timedelta(days=policy.max_expiry_days)
        message = (
            f"Job {job.name} ends on {job.expires}; {policy.named} permits {policy.max_expiry_days} days "
            "ahead at most."
        )
        yield _breach(job, "expires", message, f"Let it end on {latest} or before.")


def _denied_environments(job: Job, policy: Policy) -> Iterator[Breach]:
    for index, environment in enumerate(job.environments):
        for ban in policy.deny_environments:
            if may_be_same(environment, ban.written):
                source = f"{ban.path}:{ban.line}"
                message = f"Job {job.name} is for {environment}; {source} denies {ban.written} to every job."
                remedy = "Leave the environment out, and use a credential that does not reach it."
                key = f"environments[{index}]"
                identity = f"{job.name} environment {environment} against {ban.written}"
                yield replace(_breach(job, key, message, remedy), severity=Severity.HIGH, identity=identity)


def _denied_folder(declarations: Declarations, policy: Policy) -> Iterator[Breach]:
    environment = declarations.environment
    for ban in policy.deny_environments if environment is not None else ():
        if environment is not None and may_be_same(environment, ban.written):
            yield Breach(
                job="",
                path=declarations.path or "",
                line=1,
                where="environment",
                message=f"This folder is said to be for {environment}, which {ban.path}:{ban.line} denies.",
                remedy="Leave it out, or name the environment that the folder is worked on for.",
                identity=f"environment {environment} against {ban.written}",
                severity=Severity.HIGH,
            )


def _allowed(job: Job, denied: "_Denied") -> Iterator[Breach]:
    for index, entry in enumerate(job.allow):
        for denial in denied.policy.deny:
            found = sorted(denied.both(job, entry, denial))
            if not found:
                continue
            named = ", ".join(found[:_NAMED_OPERATIONS])
            more = f" and {len(found) - _NAMED_OPERATIONS} more" if len(found) > _NAMED_OPERATIONS else ""
            message = (
                f"Job {job.name} allows {entry.written}, and with it {named}{more}; "
                f"{denial.path}:{denial.line} denies {denial.written} to every job, so these count as not "
                "allowed."
            )
            yield Breach(
                job=job.name,
                path=entry.file or job.path,
                line=entry.line,
                where=f"jobs.{job.name}.allow[{index}]",
                message=message,
                remedy="Name the operations that the job needs and the policy permits.",
                identity=f"{job.name} allow {entry.written} against {denial.written}",
                severity=Severity.HIGH,
                operations=tuple(found),
            )


class _Denied:
    """What each denial selects, worked out once for each provider."""

    def __init__(self, policy: Policy, catalogues: Mapping[str, OperationCatalogue]) -> None:
        self.policy = policy
        self.catalogues = catalogues
        self._found: dict[tuple[str, Denial], frozenset[str]] = {}

    def both(self, job: Job, entry: Allowance, denial: Denial) -> frozenset[str]:
        """The operations that the entry allows and the denial denies."""
        if denial.provider is not None and job.provider not in (None, denial.provider):
            return frozenset()
        met = {job.provider} if job.provider is not None else set(self.catalogues)
        described = sorted(met & self.catalogues.keys())
        found = [self._of(each, denial) & self.catalogues[each].select(entry) for each in described]
        return frozenset().union(*found) or _both_by_name(job, entry, denial, self.catalogues)

    def _of(self, provider: str, denial: Denial) -> frozenset[str]:
        key = (provider, denial)
        if key not in self._found:
            self._found[key] = self.catalogues[provider].denied(Policy(deny=(denial,)))
        return self._found[key]


def _both_by_name(
    job: Job, entry: Allowance, denial: Denial, catalogues: Mapping[str, OperationCatalogue]
) -> frozenset[str]:
    """Where a provider's operations are not described, names are all there is to compare."""
    if job.provider is None or (job.provider in catalogues and catalogues[job.provider].operations):
        return frozenset()
    if not isinstance(entry.selector, OperationGlob) or not isinstance(denial.selector, OperationGlob):
        return frozenset()
    written = entry.selector.pattern.removeprefix(f"{job.provider}:")
    denied = denial.selector.pattern.removeprefix(f"{job.provider}:")
    return frozenset({written} if meet(written, denied) else ())


def _breach(job: Job, key: str, message: str, remedy: str) -> Breach:
    return Breach(
        job=job.name,
        path=job.path,
        line=job.line,
        where=f"jobs.{job.name}.{key}",
        message=message,
        remedy=remedy,
        identity=f"{job.name} {key}",
    )
