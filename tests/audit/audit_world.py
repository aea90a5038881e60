"""A small hand-made provider, and short ways to write credentials, authorities and jobs about it."""

import datetime

from scopeaudit.audit.audit import RULES, AuditResult, audit
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Instead, Kind, KindAuthority, Provider
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, Resource, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import Finding
from scopeaudit.model.job import (
    Allowance,
    CredentialSelector,
    Declarations,
    Job,
    OperationGlob,
    RecoveryDeclaration,
    ResourcePattern,
    TraitSelector,
)
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible, Touches, Traits, Window

TODAY = datetime.date(2027, 1, 15)
SOURCE = "https://rail.example/docs"


def operation(
    name: str, effect: Effect, *touches: Touches, on: str | None = None, **traits: object
) -> Operation:
    values = {"reversible": Reversible.NO, "source": SOURCE} | traits
    return Operation(name, "mutation", Traits(effect, frozenset(touches), **values), on=on)


OPERATIONS = {
    each.id: each
    for each in (
        operation("project", Effect.READ, on="project", reversible=Reversible.YES),
        operation("rows", Effect.READ, Touches.DATA, on="volume", reversible=Reversible.YES),
        operation("domainCreate", Effect.WRITE, Touches.NETWORK, on="domain", reversible=Reversible.YES),
        operation("domainDelete", Effect.DELETE, Touches.NETWORK, on="domain", reversible=Reversible.YES),
        operation("serviceDelete", Effect.DELETE, Touches.COMPUTE, on="service"),
        operation(
            "volumeDelete", Effect.DELETE, Touches.DATA, on="volume", reversible=Reversible.WINDOW,
            window=Window(48, "the owner"), gate=Gate.DELAY, takes_recovery=True,
        ),
        operation("volumeWipe", Effect.DELETE, Touches.DATA, on="volume"),
        operation("backupDelete", Effect.DELETE, Touches.RECOVERY, on="volume-backup"),
        operation(
            "projectDelete", Effect.DELETE, Touches.DATA, on="project", gate=Gate.DELAY,
            gate_removed_by="gateRemove", takes_recovery=True,
        ),
        operation("gateRemove", Effect.PERMISSIONS, Touches.IDENTITY, reversible=Reversible.YES),
        operation("tokenCreate", Effect.PERMISSIONS, Touches.IDENTITY, reversible=Reversible.YES),
        operation("variables", Effect.REVEAL, Touches.IDENTITY, on="variable"),
    )
}  # fmt: skip
EVERYTHING = frozenset(OPERATIONS)
CATALOGUE = OperationCatalogue("rail", OPERATIONS)
STORE = OperationCatalogue(
    "store",
    {
        "objectDelete": operation("objectDelete", Effect.DELETE, Touches.DATA, on="bucket"),
        "objectRead": operation("objectRead", Effect.READ, Touches.DATA, on="bucket"),
    },
)
CATALOGUES = {"rail": CATALOGUE, "store": STORE}

ACCOUNT = Kind(id="account-token", title="account token", source=SOURCE)
LIVE = Kind(id="live-key", title="live key", environment="live", source=SOURCE)
PUBLIC = Kind(id="public-key", title="public key", secret=False, environment="live", source=SOURCE)
RAIL = Provider(
    id="rail",
    name="Rail",
    documentation=SOURCE,
    kinds=(ACCOUNT, LIVE, PUBLIC),
    authority=(
        KindAuthority(
            kinds=("account-token",), rules=(), summary="everything its owner can do", source=SOURCE
        ),
    ),
    instead=(
        Instead(operations=("domain*",), issue="a domain token", source=SOURCE),
        Instead(operations=("*",), issue="a project token", remains="it deletes volumes", source=SOURCE),
    ),
)
PROVIDERS = {
    "rail": RAIL,
    "store": Provider(
        id="store", name="Store", documentation=SOURCE,
        kinds=(Kind(id="key", title="access key", source=SOURCE),),
    ),
}  # fmt: skip
FINDING_RULES = {
    each: FindingRule(
        id=each, title=each, what="what", why="why", do=f"mend {each}", severity="computed", references=()
    )
    for each in RULES
}

VOLUME = Resource("volume/v1", "pg-data", parent="environment/prod")
BACKUP = Resource("volume-backup/b1", "nightly", parent="volume/v1")
STAGING_VOLUME = Resource("volume/v2", "pg-staging", parent="environment/stg")
RESOURCES = (
    Resource("project/p1", "shop"),
    Resource("environment/prod", "production", environment="production", parent="project/p1"),
    Resource("environment/stg", "staging", environment="staging", parent="project/p1"),
    VOLUME,
    BACKUP,
    STAGING_VOLUME,
)

ASKED = (Evidence(EvidenceKind.ASKED, "GET /me: 200"),)


def held(
    *granted: str,
    unknown: tuple[str, ...] = (),
    resources: tuple[Resource, ...] = (),
    bound: frozenset[str] | None = None,
    state: State = State.ACTIVE,
    kind: str = "account-token",
    provider: str = "rail",
    path: str = "scripts/domains.sh",
    name: str | None = "TOKEN",
    line: int = 12,
    number: int = 1,
    context: tuple[tuple[str, str], ...] = (),
) -> tuple[Credential, Authority]:
    """A credential with these operations granted or unknown, all others denied."""
    catalogue = CATALOGUES[provider]
    named = frozenset(granted)
    denied = catalogue.ids - named - frozenset(unknown)
    grants = (
        Grant(named, Verdict.GRANTED, ASKED, bound),
        Grant(frozenset(unknown), Verdict.UNKNOWN, ()),
        Grant(denied, Verdict.DENIED, ASKED),
    )
    location = Location(Source.TREE, path, line, 1, name=name)
    return (
        Credential(f"c{number}", provider, kind, "…a1b2 (36 characters)", (location,), context=context),
        Authority(state, kind, grants, resources),
    )


def allow(*entries: str | TraitSelector) -> tuple[Allowance, ...]:
    return tuple(
        Allowance(each, 7, OperationGlob(each)) if isinstance(each, str) else Allowance("trait", 7, each)
        for each in entries
    )


READING = TraitSelector(effects=frozenset({Effect.READ}))


def job(*allowed: str | TraitSelector, **values: object) -> Job:
    settings: dict[str, object] = {
        "name": "domains",
        "credentials": (CredentialSelector(path="scripts/domains.sh"),),
        "provider": "rail",
        "owner": "platform@shop.example",
        "path": "scopeaudit.yaml",
        "line": 4,
        "expires": datetime.date(2027, 12, 31),
    }
    return Job(allow=allow(*allowed), **(settings | values))


KEPT = RecoveryDeclaration(
    protects=ResourcePattern("rail", "*"), copies=(ResourcePattern("vault", "copies"),)
)
"""A copy of everything, where no credential of these tests reaches."""


def declared(*jobs: Job, **values: object) -> Declarations:
    return Declarations(jobs=jobs, path="scopeaudit.yaml", **values)


def audited(
    *credentials: tuple, declarations: Declarations | None = None, today: datetime.date = TODAY
) -> AuditResult:
    return audit(credentials, declarations or Declarations(), PROVIDERS, CATALOGUES, FINDING_RULES, today)


def found(result: AuditResult, rule: str) -> Finding | None:
    """The one finding of this rule, `None` where there is none."""
    findings = [each for each in result.findings if each.rule == rule]
    assert len(findings) <= 1
    return findings[0] if findings else None


def rules_of(result: AuditResult) -> dict[str, str]:
    """Rule to severity, of all findings."""
    return {each.rule: str(each.severity) for each in result.findings}
