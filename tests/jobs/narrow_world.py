"""Jobs of the shipped providers, narrowed; and what a credential may do beyond them."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace

from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.learnt import Learnt
from scopeaudit.ask.ledger import Ledger
from scopeaudit.audit.audit import audit
from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.allowances import read_allowance
from scopeaudit.jobs.narrow.allowed import allowed_by
from scopeaudit.jobs.narrow.narrow import narrow
from scopeaudit.jobs.narrow.narrower import Narrower
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import CredentialSelector, Declarations, Job
from scopeaudit.model.location import Location, Source

RULES = load_rules()
ASKED = Evidence(EvidenceKind.ASKED, "a made-up answer")
NOTHING = Authority(State.UNKNOWN, "")


def job(
    provider: str,
    *allow: str,
    resources: Iterable[str] = (),
    environments: Iterable[str] = (),
    name: str = "its-job",
) -> Job:
    """A job that allows these entries."""
    entries = tuple(read_allowance(Marked(each, 1), provider, RULES.providers) for each in allow)
    return Job(
        name=name,
        credentials=(),
        allow=entries,
        provider=provider,
        resources=tuple(resources),
        environments=tuple(environments),
    )


def template(provider: str, name: str) -> Job:
    """The job of a template."""
    found = next(each for each in RULES.providers[provider].jobs if each.name == name)
    return job(provider, *found.allow, name=name)


def allowed(job: Job) -> frozenset[str]:
    """The operations of the job."""
    assert job.provider is not None
    return allowed_by(job, RULES.operations(job.provider), job.provider)


def narrowed(
    job: Job, kind: str = "", authority: Authority = NOTHING, context: Mapping[str, str] = {}, days: int = 90
) -> Narrower:
    """The narrower credential for the job."""
    assert job.provider is not None
    found = narrow(
        RULES.providers[job.provider],
        RULES.operations(job.provider),
        allowed(job),
        resources=job.resources,
        environments=job.environments,
        authority=authority,
        kind=kind,
        name=job.name,
        context=context,
        days=days,
    )
    assert found is not None
    return found


def excess(job: Job, authority: Authority) -> frozenset[str]:
    """Operations that the audit reports as excess of the job."""
    assert job.provider is not None
    location = Location(Source.TREE, ".env", 1)
    credential = Credential("c1", job.provider, authority.kind, "hidden", (location,))
    declared = replace(job, credentials=(CredentialSelector(path=".env"),), path="scopeaudit.yaml")
    result = audit(
        [(credential, authority)],
        Declarations(jobs=(declared,)),
        RULES.providers,
        {job.provider: RULES.operations(job.provider)},
        RULES.findings,
        datetime.date(2027, 1, 15),
    )
    found = [each for each in result.findings if each.rule == "excess-authority"]
    return frozenset(operation.id for each in found for operation in each.operations)


def holding(provider: str, kind: str, **held: Iterable[str]) -> Authority:
    """The authority of a credential that holds exactly these atoms, of a person who may do everything."""
    file = RULES.providers[provider]
    ledger = Ledger(file.implies, file.may_imply)
    for dimension, atoms in held.items():
        ledger.hold(dimension, atoms, ASKED)
        ledger.exhaustive[dimension] = ASKED
    catalogue = RULES.operations(provider)
    personal = {
        requirement.dimension
        for operation in catalogue.operations.values()
        for requirement in operation.requires
    } - held.keys()
    for dimension in personal:
        every = {
            atom
            for operation in catalogue.operations.values()
            for requirement in operation.requires
            if requirement.dimension == dimension
            for part in requirement.alternatives
            for atom in part
        }
        ledger.hold(dimension, every, ASKED)
    return conclude(file, catalogue, Learnt(kind=kind, ledger=ledger, state=State.ACTIVE))


def granted(authority: Authority) -> frozenset[str]:
    """What it may do."""
    return authority.operations(Verdict.GRANTED)


def everything(provider: str, kind: str) -> Authority:
    """A credential that may do all there is."""
    return Authority(State.ACTIVE, kind, (Grant(RULES.operations(provider).ids, Verdict.GRANTED, (ASKED,)),))
