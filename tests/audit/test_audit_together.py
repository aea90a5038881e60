"""What takes two credentials or two steps, what would be left to restore from, and who answers for it."""

from dataclasses import replace

import pytest
from audit_world import (
    CATALOGUE,
    CATALOGUES,
    FINDING_RULES,
    KEPT,
    PROVIDERS,
    RESOURCES,
    TODAY,
    audited,
    declared,
    found,
    held,
    job,
    rules_of,
)

from scopeaudit.audit.audit import AuditResult, audit
from scopeaudit.audit.reaching import Reached
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Resource, State
from scopeaudit.model.context import Reach
from scopeaudit.model.finding import Severity, Step
from scopeaudit.model.job import CredentialSelector, RecoveryDeclaration, ResourcePattern
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import Policy
from scopeaudit.model.use import Use, UseKind

OFFSITE = RecoveryDeclaration(
    protects=ResourcePattern("rail", "volume/*"), copies=(ResourcePattern("store", "s3://offsite"),)
)
STORE_KEY = held("objectDelete", provider="store", kind="key", path="b.env", number=2)


def other(*granted: str, number: int = 2, **values: object) -> tuple:
    return held(*granted, path="other.sh", number=number, **values)


# combined-authority


def test_one_deletes_the_data_and_another_its_copies() -> None:
    finding = found(audited(held("volumeWipe"), other("backupDelete")), "combined-authority")
    assert (finding.severity, finding.credential, finding.steps) == (
        Severity.CRITICAL,
        "c1",
        (
            Step("c2", "Rail account token", "backupDelete", "destroys the recovery copies"),
            Step("c1", "Rail account token", "volumeWipe", "destroys the data"),
        ),
    )
    assert finding.message == (
        "The Rail account token can destroy data by volumeWipe, and the Rail account token in other.sh:12 "
        "its recovery copies by backupDelete."
    )


def test_one_takes_the_gate_away_that_stands_before_another() -> None:
    finding = found(audited(held("projectDelete"), other("gateRemove")), "combined-authority")
    assert (finding.severity, [each.gate_removed_by for each in finding.operations]) == (
        Severity.CRITICAL,
        ["gateRemove"],
    )
    assert finding.message == (
        "A gate stands before projectDelete of this Rail account token, and the Rail account token in "
        "other.sh:12 takes it away by gateRemove."
    )


def test_what_one_credential_does_alone_is_not_told_as_combined() -> None:
    alone = audited(held("volumeWipe", "backupDelete"), other("domainCreate"))
    assert found(alone, "combined-authority") is None
    gated = audited(held("projectDelete", "gateRemove"), other("domainCreate"))
    assert found(gated, "combined-authority") is None


@pytest.mark.parametrize(
    "second",
    [
        other("domainCreate"),
        other("backupDelete", state=State.REVOKED),
        other(unknown=("backupDelete",)),
    ],
)
def test_who_cannot_help_is_not_combined_with(second: tuple) -> None:
    assert found(audited(held("volumeWipe"), second), "combined-authority") is None


def test_accounts_that_share_nothing_do_not_combine() -> None:
    def of(token: tuple, account: str, *resources: Resource) -> tuple:
        return token[0], replace(token[1], account=account, resources=resources)

    mine, theirs = Resource("volume/v1", "mine"), Resource("volume/v9", "theirs")
    results = [
        audited(of(held("volumeWipe"), "a", mine), of(other("backupDelete"), account, there))
        for account, there in (("b", theirs), ("b", mine), ("a", theirs))
    ]
    assert [found(each, "combined-authority") is not None for each in results] == [False, True, True]


def test_what_something_enforced_keeps_from_every_agent_does_not_combine() -> None:
    tokens = (held("volumeWipe"), other("backupDelete"))
    blocked = Reached((Reach("agent", tokens[1][0].locations[0], ()),))
    result = audit(tokens, declared(), PROVIDERS, CATALOGUES, FINDING_RULES, TODAY, {"c2": blocked})
    assert found(result, "combined-authority") is None


def test_declared_copies_count_as_what_is_destroyed_together() -> None:
    token = held("volumeWipe", resources=RESOURCES)
    finding = found(
        audited(token, STORE_KEY, declarations=declared(recovery=(OFFSITE,))), "combined-authority"
    )
    assert finding.severity is Severity.CRITICAL
    assert finding.message.endswith(
        "what it would be restored from (store s3://offsite) can be destroyed with the Store access key in "
        "b.env:12 by objectDelete."
    )
    assert found(audited(token, declarations=declared(recovery=(OFFSITE,))), "combined-authority") is None


def minting() -> OperationCatalogue:
    """A catalogue in which `tokenCreate` mints an account token and `variables` reveals a key of the store."""
    operations = dict(CATALOGUE.operations)
    for name, kind in (("tokenCreate", "account-token"), ("variables", "store/key")):
        traits = replace(operations[name].traits, yields=(kind,))
        operations[name] = replace(operations[name], traits=traits)
    return OperationCatalogue("rail", operations)


def further(*tokens: tuple, **values: object) -> AuditResult:
    catalogues = CATALOGUES | {"rail": minting()}
    return audit(tokens, declared(**values), PROVIDERS, catalogues, FINDING_RULES, TODAY)


def test_a_copy_that_needs_a_revealed_credential_is_combined_at_high() -> None:
    finding = found(
        further(held("volumeWipe"), other("variables"), recovery=(OFFSITE,)), "combined-authority"
    )
    assert (finding.severity, [(each.credential, each.operation) for each in finding.steps]) == (
        Severity.HIGH,
        [("c2", "variables"), (None, "objectDelete"), ("c1", "volumeWipe")],
    )


def test_an_escalation_is_followed_one_step() -> None:
    finding = found(further(held("tokenCreate")), "escalation")
    assert finding.message.endswith(
        "tokenCreate mints a Rail account token, which may do at most volumeWipe."
    ), finding.message
    assert [(each.credential, each.operation) for each in finding.steps] == [
        ("c1", "tokenCreate"),
        (None, "volumeWipe"),
    ]


# no-independent-recovery


@pytest.mark.parametrize(
    ("recovery", "others", "severity"),
    [
        ((), (), "high"),
        ((OFFSITE,), (), None),
        ((OFFSITE,), (STORE_KEY,), "high"),
        ((KEPT,), (STORE_KEY,), None),
    ],
    ids=["none declared", "out of reach", "all in reach", "elsewhere"],
)
def test_a_copy_must_be_left(recovery: tuple, others: tuple, severity: str | None) -> None:
    token = held("volumeWipe", resources=RESOURCES[3:4])
    one = job("volumeWipe", credentials=(CredentialSelector(path="scripts/*"),))
    result = audited(token, *others, declarations=declared(one, recovery=recovery))
    findings = [
        str(each.severity)
        for each in result.findings
        if (each.rule, each.credential) == ("no-independent-recovery", "c1")
    ]
    assert findings == ([severity] if severity else [])


def test_a_copy_that_a_revealed_credential_may_destroy_is_not_left() -> None:
    result = further(held("volumeWipe", "variables"), recovery=(OFFSITE,))
    assert found(result, "no-independent-recovery") is not None


def test_data_that_is_declared_to_be_for_staging_needs_no_copy() -> None:
    token = held("volumeWipe", resources=RESOURCES)
    staging = audited(held("volumeWipe"), declarations=declared(job("volumeWipe", environments=("staging",))))
    assert staging.findings == ()
    crossing = audited(token, declarations=declared(job("volumeWipe", environments=("staging",))))
    assert found(crossing, "no-independent-recovery").resources == ("volume-backup/b1", "volume/v1")


# stray-copy, unowned-credential, unused-credential


def placed(*more: Location) -> tuple:
    credential, authority = held("domainDelete")
    return replace(credential, locations=(*credential.locations, *more)), authority


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (Location(Source.TREE, "b.env", 3), "b.env:3"),
        (Location(Source.AGENT, "~/.agent/a.jsonl", 9), "~/.agent/a.jsonl:9"),
        (
            Location(Source.HISTORY, "scripts/domains.sh", 3, current=False),
            "scripts/domains.sh:3 in git history",
        ),
        (Location(Source.HISTORY, "scripts/domains.sh", 3, current=True), None),
        (Location(Source.TREE, "scripts/domains.sh", 80), None),
    ],
)
def test_a_place_that_the_job_does_not_name_is_a_stray_copy(place: Location, told: str | None) -> None:
    result = audited(placed(place), declarations=declared(job("domainDelete")))
    finding = found(result, "stray-copy")
    assert (finding is None) == (told is None)
    if finding is not None:
        assert (finding.locations, str(finding.severity)) == ((place,), "low")
        assert finding.message == (
            f"The Rail account token also lies where its job domains does not say that it is: {told}."
        )


@pytest.mark.parametrize(
    ("values", "expires", "severity"),
    [
        ({}, None, None),
        ({"expires": None}, None, "low"),
        ({"expires": None}, "never", "low"),
        ({"expires": None}, "2027-02-01T00:00:00Z", None),
        ({"owner": None}, None, "medium"),
    ],
)
def test_a_credential_needs_an_owner_and_an_end(
    values: dict, expires: str | None, severity: str | None
) -> None:
    credential, authority = held("volumeWipe")
    token = (credential, replace(authority, expires=expires))
    result = audited(token, declarations=declared(job("volumeWipe", **values), recovery=(KEPT,)))
    assert rules_of(result) == ({"unowned-credential": severity} if severity else {})


@pytest.mark.parametrize(("limit", "told"), [(None, False), (400, False), (300, True)])
def test_a_credential_may_be_too_old(limit: int | None, told: bool) -> None:
    first = Location(
        Source.HISTORY, "scripts/domains.sh", 3, authored="2026-01-15T10:00:00+01:00", current=True
    )
    arguments = (declared(job("domainDelete")), PROVIDERS, CATALOGUES, FINDING_RULES, TODAY)
    finding = found(
        audit([placed(first)], *arguments, policy=Policy(max_age_days=limit)), "unowned-credential"
    )
    assert (finding is not None) == told
    if finding is not None:
        assert "it is at least 365 days old, and the policy permits 300" in finding.message


@pytest.mark.parametrize(("provider", "severity"), [(None, None), ("rail", None), ("store", "medium")])
def test_a_credential_whose_provider_nothing_uses_is_unused(
    provider: str | None, severity: str | None
) -> None:
    place = Location(Source.TREE, "a.py", 1)
    uses = None if provider is None else (Use(provider, frozenset(), place, UseKind.SDK, "client"),)
    arguments = (declared(job("domainDelete")), PROVIDERS, CATALOGUES, FINDING_RULES, TODAY)
    result = audit([held("domainDelete")], *arguments, uses=uses)
    assert rules_of(result) == ({"unused-credential": severity} if severity else {})
