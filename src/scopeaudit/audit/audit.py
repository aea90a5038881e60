"""Authorities and jobs become findings. No file and no socket is opened, and no secret is known here."""

import datetime
import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from scopeaudit.audit.beyond import (
    EXCESS,
    UNDECLARED,
    UNVERIFIED,
    excess_authority,
    undeclared_credential,
    unverified_authority,
)
from scopeaudit.audit.combined import COMBINED, combined_authority
from scopeaudit.audit.crossing import CROSSING, Expectation, environment_crossing, expectation_of
from scopeaudit.audit.destruction import (
    ESCALATION,
    UNGATED,
    escalation,
    ungated_destruction,
)
from scopeaudit.audit.draft import THIS, Draft, Remedy, remedy
from scopeaudit.audit.following import Following
from scopeaudit.audit.forbidding import forbidden_credential
from scopeaudit.audit.holdings import Holdings
from scopeaudit.audit.ignoring import CANDIDATE, UNUSED
from scopeaudit.audit.independence import Independence
from scopeaudit.audit.lifetime import (
    STRAY,
    UNUSED_CREDENTIAL,
    stray_copy,
    unknown_age,
    unowned_credential,
    unused_credential,
)
from scopeaudit.audit.matching import JobIndex, Matched
from scopeaudit.audit.meaning import Meaning
from scopeaudit.audit.reaching import ADVISORY, AROUND, Reached, advisory_deny, less_restricted_path
from scopeaudit.audit.recovery import NO_COPY, RECOVERY, no_independent_recovery, recovery_in_blast_radius
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.stale import STALE, Staleness, is_expired, stale_jobs
from scopeaudit.audit.together import Member, Together
from scopeaudit.audit.unbounded import UNBOUNDED, Unbounded, unbounded_jobs
from scopeaudit.audit.words import counted, listed
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.catalogue.operations import EMPTY, OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.authority import Authority
from scopeaudit.model.credential import Credential
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import AuditedCredential, Finding, Step
from scopeaudit.model.fingerprint import fingerprint
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.job import Declarations, Job
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import BREACH, UNOWNED, Breach, Policy
from scopeaudit.model.use import Use

NO_POLICY = Policy()
_NOT_LOOKED_AT = Reached()
RULES = (
    EXCESS, UNDECLARED, UNGATED, RECOVERY, NO_COPY, COMBINED, CROSSING, ESCALATION, UNVERIFIED, ADVISORY,
    AROUND, STRAY, UNOWNED, UNUSED_CREDENTIAL, STALE, UNBOUNDED, BREACH, UNUSED, CANDIDATE,
)  # fmt: skip
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
    reached: Mapping[str, Reached] = MappingProxyType({}),
    *,
    uses: Iterable[Use] | None = None,
    policy: Policy = NO_POLICY,
    breaches: Sequence[Breach] = (),
) -> AuditResult:
    """Compare what each credential may do with what its job needs.

    `reached` says by credential how agents get at it. What something enforced keeps from all of them is no
    finding. `uses` is what the folder is seen to use; `None` where nobody looked. What `policy` denies no
    job allows; `breaches` are the jobs that break it.

    Raises:
        UsageError: if a finding rule has no file.
    """
    missing = [each for each in RULES if each not in rules]
    if missing:
        raise UsageError(f"rules/findings: no file for {', '.join(missing)}")
    used = None if uses is None else frozenset(each.provider for each in uses)

    def run(undescribed: Mapping[str, frozenset[str]]) -> _Run:
        started = _Run(
            declarations, providers, catalogues, rules, today, reached, used, policy, breaches, undescribed
        )
        for credential, authority in held:
            started.add(credential, authority)
        return started

    with _no_collection():
        first = run({})
        unknown = first.unknown_operations()
        return (run(unknown) if unknown else first).result()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the collector of reference cycles from walking, again and again, through millions of values."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # Straight to the oldest generation: as young they would all be walked through at once now.
            gc.freeze()
            gc.unfreeze()
            gc.enable()


@dataclass(slots=True)
class _Judged:
    """A draft with its remedy, ready for every credential of the same scope."""

    draft: Draft
    remedy: Remedy
    resources: tuple[str, ...]


@dataclass(slots=True)
class _Entry:
    """One credential on its way through the audit."""

    credential: Credential
    authority: Authority
    scope: Scope
    expectation: Expectation

    @property
    def aged(self) -> tuple[Scope, Credential, Authority]:
        """What tells its age: those that share a scope may have been issued on different days."""
        return self.scope, self.credential, self.authority


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a credential is judged beside."""

    following: Following
    together: Together
    independence: Independence


@dataclass
class _Run:
    """One audit. Credentials that agree in authority and job share a scope, and its findings."""

    declarations: Declarations
    providers: Mapping[str, Provider]
    catalogues: Mapping[str, OperationCatalogue]
    rules: Mapping[str, FindingRule]
    today: datetime.date
    reached: Mapping[str, Reached]
    used: frozenset[str] | None
    """Providers; `None` where nobody looked."""
    policy: Policy
    breaches: Sequence[Breach]
    undescribed: Mapping[str, frozenset[str]]
    """By provider the operations that its catalogue does not describe."""
    entries: list[_Entry] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    scopes: dict[object, Scope] = field(default_factory=dict)
    allowed: dict[object, frozenset[str]] = field(default_factory=dict)
    meanings: dict[str, Meaning] = field(default_factory=dict)
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
        # What has expired says nothing any more of where it may be used.
        speaking = None if scope.expired_job else job
        expectation = expectation_of(credential, speaking, self.declarations)
        self.entries.append(_Entry(credential, authority, scope, expectation))

    def _scope(self, credential: Credential, authority: Authority, job: Job | None) -> Scope:
        meaning = self._meaning(credential.provider)
        # Two credentials of unknown accounts may be two principals, so that neither stands for the other.
        account = authority.account or (credential.id if meaning.taking_two else None)
        key = (
            credential.provider, credential.kind, authority.kind, authority.state, authority.grants,
            authority.resources, authority.enumerates, authority.incomplete, authority.account, account,
            dict(authority.facts).get("environment"), _named(job),
        )  # fmt: skip
        if key not in self.scopes:
            expired = job is not None and is_expired(job, self.today)
            self.scopes[key] = Scope(
                provider_id=credential.provider,
                detected_kind=credential.kind,
                holdings=Holdings(meaning, authority),
                provider=self.providers.get(credential.provider),
                job=job,
                allowed=frozenset() if job is None or expired else self._allowed(job, credential.provider),
                expired_job=expired,
            )
        return self.scopes[key]

    def _meaning(self, provider: str) -> Meaning:
        if provider not in self.meanings:
            undescribed = self.undescribed.get(provider, frozenset())
            self.meanings[provider] = Meaning(self.catalogues.get(provider, EMPTY), undescribed)
        return self.meanings[provider]

    def _allowed(self, job: Job, provider: str) -> frozenset[str]:
        key = (_named(job), provider)
        if key not in self.allowed:
            catalogue = self.catalogues.get(provider, EMPTY)
            chosen = frozenset().union(*(catalogue.select(entry) for entry in job.allow))
            self.allowed[key] = chosen - catalogue.denied(self.policy)
        return self.allowed[key]

    def unknown_operations(self) -> Mapping[str, frozenset[str]]:
        """By provider the operations that verdicts name and it is not known to have."""
        found: dict[str, set[str]] = {}
        for scope in self.scopes.values():
            if ids := scope.holdings.undescribed():
                found.setdefault(scope.provider_id, set()).update(ids)
        return {provider: frozenset(ids) for provider, ids in found.items()}

    def result(self) -> AuditResult:
        """Findings of all credentials and jobs."""
        findings = [*self._credential_findings(), *self._job_findings()]
        return AuditResult(
            credentials=tuple(self._audited(entry) for entry in self.entries),
            findings=tuple(sorted(findings, key=_order)),
            gaps=tuple(dict.fromkeys((*self.gaps, *self._blind_spots(), *self._unknown_ages()))),
        )

    def _credential_findings(self) -> Iterator[Finding]:
        surroundings = self._surroundings()
        twins: dict[tuple[str, ...], int] = {}
        for entry in self.in_order:
            identity = _identity(entry.credential)
            ordinal = twins[identity] = twins.get(identity, -1) + 1
            identified = "\0".join((*identity, str(ordinal)))
            for judged in self._judged_of(entry, surroundings):
                yield Finding(
                    rule=judged.draft.rule,
                    severity=judged.draft.severity,
                    fingerprint=fingerprint(judged.draft.rule, identified),
                    credential=entry.credential.id,
                    message=judged.draft.message,
                    remedy=judged.remedy.of(entry.credential.id),
                    locations=judged.draft.locations or entry.credential.locations,
                    operations=judged.draft.operations,
                    resources=judged.resources,
                    steps=_steps(judged.draft, entry.credential),
                )

    @cached_property
    def in_order(self) -> list[_Entry]:
        """The credentials by place; those of one place by id."""
        return sorted(
            self.entries, key=lambda each: (_place(each.credential.locations[0]), each.credential.id)
        )

    def _surroundings(self) -> _Surroundings:
        members: dict[int, Member] = {}
        for entry in self.in_order:
            if not self.reached.get(entry.credential.id, _NOT_LOOKED_AT).is_blocked:
                members.setdefault(id(entry.scope), Member(entry.scope, entry.credential))
        following = Following(self.providers, self._meaning)
        together = Together(tuple(members.values()), following)
        independence = Independence(self.declarations.recovery, together.scopes, following)
        return _Surroundings(following, together, independence)

    def _judged_of(self, entry: _Entry, surroundings: _Surroundings) -> Iterator[_Judged]:
        """All that is wrong with a credential; what only concerns how it is reached comes last."""
        reached = self.reached.get(entry.credential.id, _NOT_LOOKED_AT)
        if reached.is_blocked:
            # What the user's policy forbids is forbidden, whatever keeps agents from it.
            yield from self._ready(entry, (forbidden_credential(entry.scope, self.policy),))
            return
        judged = self._judge(entry, surroundings)
        yield from judged
        drafts = (
            less_restricted_path(entry.scope, reached),
            forbidden_credential(entry.scope, self.policy),
            stray_copy(entry.scope, entry.credential),
            unowned_credential(*entry.aged, self.today, self.policy),
            unused_credential(entry.scope, self.used),
            advisory_deny(reached, (each.draft.severity for each in judged)),
        )
        yield from self._ready(entry, drafts)

    def _ready(self, entry: _Entry, drafts: Iterable[Draft | None]) -> Iterator[_Judged]:
        for draft in drafts:
            if draft is not None:
                told = remedy(draft, self.rules[draft.rule], entry.scope)
                yield _Judged(draft, told, draft.operations.resources)

    def _audited(self, entry: _Entry) -> AuditedCredential:
        scope = entry.scope
        return AuditedCredential(
            credential=entry.credential,
            authority=entry.authority,
            job=None if scope.job is None else scope.job.name,
            owner=None if scope.job is None else scope.job.owner,
            job_expires=None if scope.job is None else scope.job.expires,
            job_description=None if scope.job is None else scope.job.description,
            destroys_recovery=scope.destroys_recovery,
            reach=self.reached.get(entry.credential.id, _NOT_LOOKED_AT).reach,
        )

    def _judge(self, entry: _Entry, surroundings: _Surroundings) -> tuple[_Judged, ...]:
        key = (id(entry.scope), entry.expectation)
        if key not in self.judged:
            drafts = _drafts(entry.scope, entry.expectation, surroundings)
            self.judged[key] = tuple(self._ready(entry, drafts))
        return self.judged[key]

    def _job_findings(self) -> Iterator[Finding]:
        jobs = self.declarations.jobs
        for each in stale_jobs(jobs, self.providers_met, self.providers, self.catalogues, self.today):
            identity = (each.job.provider or "", each.job.path, each.name)
            yield _of_job_file(STALE, each, (each.path, each.line), identity)
        for unbounded in unbounded_jobs(self.scopes.values()):
            job = unbounded.job
            identity = (unbounded.provider, job.path, job.name)
            yield _of_job_file(UNBOUNDED, unbounded, (job.path, job.line), identity)
        for breach in self.breaches:
            identity = ("", breach.path, breach.identity)
            yield _of_job_file(BREACH, breach, (breach.path, breach.line), identity)

    def _unknown_ages(self) -> Iterator[Gap]:
        for entry in self.entries:
            gap = unknown_age(*entry.aged, self.today, self.policy)
            if gap is not None:
                yield gap

    def _blind_spots(self) -> Iterator[Gap]:
        met = {scope.provider_id for scope in self.scopes.values()}
        for provider in sorted(met):
            ids = self.undescribed.get(provider, frozenset())
            if provider not in self.catalogues:
                yield Gap(Stage.AUDIT, f"operations of {provider}", "none of them is described")
            elif ids:
                what = f"{counted(len(ids), 'operation')} of {provider}: {listed(sorted(ids), 3)}"
                yield Gap(Stage.AUDIT, what, "not described, so each counts as a change of unknown effect")


def _drafts(scope: Scope, expectation: Expectation, around: _Surroundings) -> Iterator[Draft | None]:
    yield excess_authority(scope)
    yield undeclared_credential(scope)
    yield ungated_destruction(scope)
    yield recovery_in_blast_radius(scope, around.independence)
    yield no_independent_recovery(scope, expectation, around.independence)
    yield combined_authority(scope, around.together, around.independence)
    yield environment_crossing(scope, expectation)
    yield escalation(scope, around.following)
    yield unverified_authority(scope)


def _steps(draft: Draft, credential: Credential) -> tuple[Step, ...]:
    if not draft.steps:
        return ()
    return tuple(
        replace(each, credential=credential.id) if each.credential == THIS else each for each in draft.steps
    )


def _named(job: Job | None) -> tuple[str, str] | None:
    return None if job is None else (job.path, job.name)


def _contradiction(credential: Credential, matched: Matched) -> Gap:
    names = ", ".join(job.name for job in matched.best)
    return Gap(
        stage=Stage.JOBS,
        what=f"job of the credential in {credential.locations[0].path}",
        why=f"jobs {names} speak for it equally well, so none counts: make one of them more exact",
        credential=credential.id,
    )


def _of_job_file(
    rule: str,
    told: Breach | Staleness | Unbounded,
    place: tuple[str, int],
    identity: tuple[str, str, str],
) -> Finding:
    """A finding about a job and no credential, at a file and line; `identity` is provider, file and name."""
    provider, file, name = identity
    return Finding(
        rule=rule,
        severity=told.severity,
        fingerprint=fingerprint(rule, provider, "", file, name, "0"),
        credential=None,
        message=told.message,
        remedy=told.remedy,
        locations=(Location(Source.TREE, *place),),
    )


def _identity(credential: Credential) -> tuple[str, str, str, str]:
    first = credential.locations[0]
    return (credential.provider, credential.kind, first.path, first.name or "")


def _place(location: Location) -> tuple[str, str, int, int, str]:
    return (location.source, location.path, location.line or 0, location.column or 0, location.commit or "")


def _order(finding: Finding) -> tuple[int, tuple[str, str, int, int, str], str, str]:
    return (-finding.severity.rank, _place(finding.locations[0]), finding.rule, finding.fingerprint)
