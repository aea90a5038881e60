"""Authorities and jobs become findings. No file and no socket is opened, and no secret is known here."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scopeaudit.audit.beyond import (
    EXCESS,
    UNDECLARED,
    UNVERIFIED,
    excess_authority,
    undeclared_credential,
    unverified_authority,
)
from scopeaudit.audit.crossing import CROSSING, Expectation, environment_crossing, expectation_of
from scopeaudit.audit.destruction import (
    ESCALATION,
    RECOVERY,
    UNGATED,
    escalation,
    recovery_in_blast_radius,
    ungated_destruction,
)
from scopeaudit.audit.draft import Draft, remedy
from scopeaudit.audit.ignoring import CANDIDATE, UNUSED
from scopeaudit.audit.independence import Independence
from scopeaudit.audit.matching import JobIndex, Matched
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.stale import STALE, Staleness, is_expired, stale_jobs
from scopeaudit.audit.words import counted, listed
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.catalogue.operations import EMPTY, OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.authority import Authority
from scopeaudit.model.credential import Credential
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import AuditedCredential, Finding
from scopeaudit.model.fingerprint import fingerprint
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.job import Declarations, Job
from scopeaudit.model.location import Location, Source

RULES = (EXCESS, UNDECLARED, UNGATED, RECOVERY, CROSSING, ESCALATION, UNVERIFIED, STALE, UNUSED, CANDIDATE)
"""Ids of the finding rules that are decided in this room."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What the audit has to say."""

    credentials: tuple[AuditedCredential, ...]
    """In the order they were handed in."""
    findings: tuple[Finding, ...]
    """Worst first, then by place and finding rule."""
    gaps: tuple[Gap, ...]


def audit(
    held: Sequence[tuple[Credential, Authority]],
    declarations: Declarations,
    providers: Mapping[str, Provider],
    catalogues: Mapping[str, OperationCatalogue],
    rules: Mapping[str, FindingRule],
    today: datetime.date,
) -> AuditResult:
    """Compare what each credential may do with what its job needs.

    Raises:
        UsageError: if a finding rule has no file.
    """
    missing = [each for each in RULES if each not in rules]
    if missing:
        raise UsageError(f"rules/findings: no file for {', '.join(missing)}")
    run = _Run(declarations, providers, catalogues, rules, today)
    for credential, authority in held:
        run.add(credential, authority)
    return run.result()


@dataclass(frozen=True, slots=True)
class _Judged:
    """A draft with its remedy, ready for every credential of the same scope."""

    draft: Draft
    remedy: str
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One credential on its way through the audit."""

    credential: Credential
    authority: Authority
    scope: Scope
    expectation: Expectation


@dataclass
class _Run:
    """One audit. Credentials that agree in authority and job share a scope, and its findings."""

    declarations: Declarations
    providers: Mapping[str, Provider]
    catalogues: Mapping[str, OperationCatalogue]
    rules: Mapping[str, FindingRule]
    today: datetime.date
    entries: list[_Entry] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    scopes: dict[object, Scope] = field(default_factory=dict)
    allowed: dict[object, frozenset[str]] = field(default_factory=dict)
    providers_met: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    judged: dict[tuple[int, Expectation], tuple[_Judged, ...]] = field(default_factory=dict)

    index: JobIndex = field(init=False)

    def __post_init__(self) -> None:
        self.index = JobIndex(self.declarations.jobs)

    def add(self, credential: Credential, authority: Authority) -> None:
        """Find the credential's job and scope."""
        matched = self.index.match(credential)
        for each in matched.all:
            self.providers_met.setdefault((each.path, each.name), set()).add(credential.provider)
        if len(matched.best) > 1:
            self.gaps.append(_contradiction(credential, matched))
        job = matched.best[0] if len(matched.best) == 1 else None
        scope = self._scope(credential, authority, job)
        expectation = expectation_of(credential, job, self.declarations)
        self.entries.append(_Entry(credential, authority, scope, expectation))

    def _scope(self, credential: Credential, authority: Authority, job: Job | None) -> Scope:
        key = (
            credential.provider, credential.kind, authority.kind, authority.state, authority.grants,
            authority.resources, dict(authority.facts).get("environment"), _named(job),
        )  # fmt: skip
        if key not in self.scopes:
            expired = job is not None and is_expired(job, self.today)
            self.scopes[key] = Scope(
                provider_id=credential.provider,
                detected_kind=credential.kind,
                authority=authority,
                catalogue=self.catalogues.get(credential.provider, EMPTY),
                provider=self.providers.get(credential.provider),
                job=job,
                allowed=frozenset() if job is None or expired else self._allowed(job, credential.provider),
                expired_job=expired,
            )
        return self.scopes[key]

    def _allowed(self, job: Job, provider: str) -> frozenset[str]:
        key = (_named(job), provider)
        if key not in self.allowed:
            catalogue = self.catalogues.get(provider, EMPTY)
            self.allowed[key] = frozenset().union(*(catalogue.select(entry) for entry in job.allow))
        return self.allowed[key]

    def result(self) -> AuditResult:
        """Findings of all credentials and jobs."""
        findings = [*self._credential_findings(), *self._job_findings()]
        return AuditResult(
            credentials=tuple(_audited(entry) for entry in self.entries),
            findings=tuple(sorted(findings, key=_order)),
            gaps=tuple(dict.fromkeys((*self.gaps, *self._blind_spots()))),
        )

    def _credential_findings(self) -> Iterator[Finding]:
        independence = Independence(self.declarations.recovery, tuple(self.scopes.values()))
        twins: dict[tuple[str, ...], int] = {}
        for entry in sorted(self.entries, key=lambda each: _place(each.credential.locations[0])):
            identity = _identity(entry.credential)
            ordinal = twins[identity] = twins.get(identity, -1) + 1
            for judged in self._judge(entry, independence):
                yield Finding(
                    rule=judged.draft.rule,
                    severity=judged.draft.severity,
                    fingerprint=fingerprint(judged.draft.rule, *identity, str(ordinal)),
                    credential=entry.credential.id,
                    message=judged.draft.message,
                    remedy=judged.remedy,
                    locations=entry.credential.locations,
                    operations=judged.draft.operations,
                    resources=judged.resources,
                )

    def _judge(self, entry: _Entry, independence: Independence) -> tuple[_Judged, ...]:
        key = (id(entry.scope), entry.expectation)
        if key not in self.judged:
            self.judged[key] = tuple(
                _Judged(draft, remedy(draft, self.rules[draft.rule], entry.scope), draft.resources)
                for draft in _drafts(entry.scope, entry.expectation, independence)
                if draft is not None
            )
        return self.judged[key]

    def _job_findings(self) -> Iterator[Finding]:
        jobs = self.declarations.jobs
        for each in stale_jobs(jobs, self.providers_met, self.providers, self.catalogues, self.today):
            yield _stale_finding(each)

    def _blind_spots(self) -> Iterator[Gap]:
        unknown: dict[str, frozenset[str]] = {}
        for scope in self.scopes.values():
            earlier = unknown.get(scope.provider_id, frozenset())
            unknown[scope.provider_id] = earlier | scope.undescribed_ids
        for provider, ids in sorted(unknown.items()):
            if provider not in self.catalogues:
                yield Gap(Stage.AUDIT, f"operations of {provider}", "none of them is described")
            elif ids:
                what = f"{counted(len(ids), 'operation')} of {provider}: {listed(sorted(ids), 3)}"
                yield Gap(Stage.AUDIT, what, "not described, so each counts as a change of unknown effect")


def _drafts(scope: Scope, expectation: Expectation, independence: Independence) -> Iterator[Draft | None]:
    yield excess_authority(scope)
    yield undeclared_credential(scope)
    yield ungated_destruction(scope)
    yield recovery_in_blast_radius(scope, independence)
    yield environment_crossing(scope, expectation)
    yield escalation(scope)
    yield unverified_authority(scope)


def _named(job: Job | None) -> tuple[str, str] | None:
    return None if job is None else (job.path, job.name)


def _audited(entry: _Entry) -> AuditedCredential:
    scope = entry.scope
    return AuditedCredential(
        credential=entry.credential,
        authority=entry.authority,
        job=None if scope.job is None else scope.job.name,
        owner=None if scope.job is None else scope.job.owner,
        destroys_recovery=scope.destroys_recovery,
    )


def _contradiction(credential: Credential, matched: Matched) -> Gap:
    names = ", ".join(job.name for job in matched.best)
    return Gap(
        stage=Stage.JOBS,
        what=f"job of the credential in {credential.locations[0].path}",
        why=f"jobs {names} speak for it equally well, so none counts: make one of them more exact",
        credential=credential.id,
    )


def _stale_finding(staleness: Staleness) -> Finding:
    job = staleness.job
    return Finding(
        rule=STALE,
        severity=staleness.severity,
        fingerprint=fingerprint(STALE, job.provider or "", "", job.path, staleness.name, "0"),
        credential=None,
        message=staleness.message,
        remedy=staleness.remedy,
        locations=(Location(Source.TREE, job.path, staleness.line),),
    )


def _identity(credential: Credential) -> tuple[str, str, str, str]:
    first = credential.locations[0]
    return (credential.provider, credential.kind, first.path, first.name or "")


def _place(location: Location) -> tuple[str, str, int, int, str]:
    return (location.source, location.path, location.line or 0, location.column or 0, location.commit or "")


def _order(finding: Finding) -> tuple[int, tuple[str, str, int, int, str], str, str]:
    return (-finding.severity.rank, _place(finding.locations[0]), finding.rule, finding.fingerprint)
