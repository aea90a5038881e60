"""Every finding rule fires on what it is about, and stays quiet beside its clean twin."""

import dataclasses
import datetime
import hashlib

import pytest
from audit_world import (
    BACKUP,
    CATALOGUE,
    EVERYTHING,
    FINDING_RULES,
    KEPT,
    PROVIDERS,
    READING,
    RESOURCES,
    SOURCE,
    STAGING_VOLUME,
    TODAY,
    VOLUME,
    allow,
    audited,
    declared,
    found,
    held,
    job,
    rules_of,
)

from scopeaudit.audit.audit import AuditResult, audit
from scopeaudit.model.authority import EvidenceKind, Grant, Resource, State, Verdict
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation, Severity
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.job import CredentialSelector, Declarations, RecoveryDeclaration, ResourcePattern
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches, Window

NEEDED = ("domainCreate", "domainDelete", READING)
OFFSITE = RecoveryDeclaration(
    protects=ResourcePattern("rail", "volume/*"), copies=(ResourcePattern("store", "s3://offsite"),)
)


def ids(finding: Finding | None) -> list[str]:
    return [each.id for each in finding.operations] if finding else []


# excess-authority


def test_authority_beyond_the_job_is_told_whole() -> None:
    credential, authority = held("domainCreate", "project", "volumeWipe", resources=(VOLUME, BACKUP))
    result = audited((credential, authority), declarations=declared(job(*NEEDED)))
    wipe = FindingOperation(
        id="volumeWipe",
        effect=Effect.DELETE,
        touches=frozenset({Touches.DATA}),
        reversible=Reversible.NO,
        gate=Gate.NONE,
        verdict=Verdict.GRANTED,
        evidence=EvidenceKind.ASKED,
        severity=Severity.CRITICAL,
        resources=("volume-backup/b1", "volume/v1"),
        source=SOURCE,
    )
    digits = hashlib.sha256(
        b"excess-authority\0rail\0account-token\0scripts/domains.sh\0TOKEN\0" + b"0"
    ).hexdigest()[:32]
    assert found(result, "excess-authority") == Finding(
        rule="excess-authority",
        severity=Severity.CRITICAL,
        fingerprint=digits,
        credential="c1",
        message=(
            "The Rail account token can do 1 operation that its job domains does not need, namely "
            "volumeWipe, "
            "which destroys data or backups for good with nothing in the way. "
            "Within reach: volume pg-data and volume-backup nightly."
        ),
        remedy="Issue instead: a domain token. `scopeaudit narrow c1` prints what to issue for this job.",
        locations=credential.locations,
        operations=(wipe,),
        resources=("volume-backup/b1", "volume/v1"),
    )
    assert result.credentials == (
        AuditedCredential(
            credential,
            authority,
            "domains",
            "platform@shop.example",
            job_expires=datetime.date(2027, 12, 31),
            destroys_recovery=False,
        ),
    )


def test_authority_within_the_job_is_clean() -> None:
    result = audited(held("domainCreate", "project", "rows"), declarations=declared(job(*NEEDED)))
    assert (result.findings, result.gaps) == ((), ())


def test_operations_come_worst_first() -> None:
    finding = found(audited(held(*EVERYTHING), declarations=declared(job(READING))), "excess-authority")
    assert ids(finding) == [
        "projectDelete", "volumeWipe", "backupDelete", "volumeDelete", "serviceDelete",
        "variables", "gateRemove", "tokenCreate", "domainDelete", "domainCreate",
    ]  # fmt: skip
    assert [str(each.severity) for each in finding.operations] == ["critical"] * 3 + ["high"] * 5 + [
        "medium"
    ] * 2
    assert finding.message == (
        "The Rail account token can do 10 operations that its job domains does not need, of which 3 "
        "destroy data "
        "or backups for good with nothing in the way (projectDelete, volumeWipe and backupDelete)."
    )


@pytest.mark.parametrize(
    ("granted", "severity"),
    [("volumeWipe", "critical"), ("volumeDelete", "high"), ("variables", "high"), ("domainDelete", "medium"),
     ("rows", "low")],
)  # fmt: skip
def test_the_worst_operation_beyond_the_job_decides(granted: str, severity: str) -> None:
    result = audited(held(granted, "domainCreate"), declarations=declared(job("domainCreate")))
    assert found(result, "excess-authority").severity == severity


def test_allowed_operations_count_on_resources_outside_the_job() -> None:
    one = job("volumeWipe", environments=("staging",))
    finding = found(
        audited(held("volumeWipe", resources=RESOURCES), declarations=declared(one)), "excess-authority"
    )
    assert finding.resources == ("volume-backup/b1", "volume/v1")
    assert [each.resources for each in finding.operations] == [("volume-backup/b1", "volume/v1")]


@pytest.mark.parametrize(
    "limits",
    [
        {"environments": ("staging",), "resources": ()},
        {"environments": (), "resources": ("volume/v2",)},
        {"environments": (), "resources": ("pg-staging",)},
        {"environments": ("Stag*",), "resources": ("environment/stg",)},
    ],
)
def test_allowed_operations_on_resources_of_the_job_are_clean(limits: dict[str, tuple[str, ...]]) -> None:
    environment = Resource("environment/stg", "staging")
    one = job("volumeWipe", **limits)
    declarations = declared(one, recovery=(KEPT,))
    result = audited(held("volumeWipe", resources=(environment, STAGING_VOLUME)), declarations=declarations)
    assert result.findings == ()


def test_resources_that_are_not_listed_are_not_held_against_the_job() -> None:
    one = job("volumeWipe", environments=("staging",), resources=("volume/v2",))
    assert audited(held("volumeWipe"), declarations=declared(one)).findings == ()


def test_a_grant_bound_to_resources_reaches_those_only() -> None:
    credential = held("volumeWipe", resources=RESOURCES, bound=frozenset({"volume/v2"}))
    finding = found(audited(credential, declarations=declared(job("rows"))), "excess-authority")
    assert finding.resources == ("volume/v2",)


def test_the_remedy_is_the_narrowest_that_covers_the_job() -> None:
    result = audited(held(*EVERYTHING), declarations=declared(job("domainCreate", "domainDelete")))
    assert (
        found(result, "excess-authority").remedy
        == "Issue instead: a domain token. `scopeaudit narrow c1` prints what to issue for this job."
    )


# undeclared-credential


def test_a_credential_without_a_job_is_undeclared() -> None:
    finding = found(audited(held("domainCreate", "volumeWipe")), "undeclared-credential")
    assert (finding.severity, ids(finding), finding.remedy) == (
        Severity.CRITICAL, ["volumeWipe", "domainCreate"], "mend undeclared-credential",
    )  # fmt: skip
    assert finding.message == (
        "The Rail account token has no job and can do 2 operations, of which 1 destroys data or backups "
        "for good "
        "with nothing in the way (volumeWipe)."
    )


def test_an_undeclared_credential_is_at_least_medium() -> None:
    assert rules_of(audited(held("project"))) == {"undeclared-credential": "medium"}
    assert rules_of(audited(held())) == {"undeclared-credential": "medium"}


def test_a_declared_credential_is_not_undeclared() -> None:
    assert audited(held("domainCreate"), declarations=declared(job("domainCreate"))).findings == ()


@pytest.mark.parametrize("state", [State.REVOKED, State.EXPIRED])
def test_a_dead_credential_is_a_low_finding_without_a_job_and_none_with_one(state: State) -> None:
    dead = held(*EVERYTHING, resources=RESOURCES, state=state, path=".env.development")
    result = audited(dead)
    assert rules_of(result) == {"undeclared-credential": "low"}
    assert result.findings[0].message == (
        f"The Rail account token no longer works ({state}), yet it still lies here and has no job."
    )
    one = job("rows", credentials=(CredentialSelector(path=".env.*"),))
    assert audited(dead, declarations=declared(one)).findings == ()


def test_a_public_key_that_reads_is_clean() -> None:
    public = held("project", "rows", kind="public-key", path=".env.development")
    assert audited(public).findings == ()
    one = job("project", credentials=(CredentialSelector(key="TOKEN"),))
    assert audited(public, declarations=declared(one)).findings == ()


def test_a_public_key_that_does_more_is_low_and_a_dangerous_one_is_like_any_other() -> None:
    assert rules_of(audited(held("domainCreate", "project", kind="public-key"))) == {
        "undeclared-credential": "low"
    }
    assert rules_of(audited(held(kind="public-key", unknown=("volumeWipe", "rows")))) == {
        "unverified-authority": "low"
    }
    assert rules_of(audited(held("volumeWipe", kind="public-key"))) == {
        "undeclared-credential": "critical",
        "ungated-destruction": "critical",
        "no-independent-recovery": "high",
    }


# ungated-destruction


def test_destruction_without_a_gate_is_critical() -> None:
    one = declared(job("domainCreate"))
    finding = found(audited(held("volumeWipe", "volumeDelete"), declarations=one), "ungated-destruction")
    assert (finding.severity, ids(finding)) == (Severity.CRITICAL, ["volumeWipe"])
    assert finding.message == (
        "The Rail account token can destroy data or backups for good by 1 operation (volumeWipe) with no "
        "gate on "
        "the API."
    )


@pytest.mark.parametrize("granted", ["volumeDelete", "projectDelete", "serviceDelete", "domainDelete"])
def test_gated_windowed_and_other_deletions_are_not_ungated_destruction(granted: str) -> None:
    assert found(audited(held(granted)), "ungated-destruction") is None


def test_a_gate_that_the_credential_can_take_away_is_none() -> None:
    finding = found(audited(held("projectDelete", "gateRemove")), "ungated-destruction")
    assert [(each.id, each.gate, each.gate_removed_by) for each in finding.operations] == [
        ("projectDelete", Gate.DELAY, "gateRemove")
    ]
    assert "gateRemove takes it away" in finding.message


def test_a_gate_is_not_called_removable_by_what_is_not_granted() -> None:
    finding = found(audited(held("projectDelete", unknown=("gateRemove",))), "undeclared-credential")
    assert [(each.severity, each.gate_removed_by) for each in finding.operations] == [(Severity.HIGH, None)]


def test_destruction_that_is_the_job_is_clean() -> None:
    declarations = declared(job("volumeWipe"), recovery=(KEPT,))
    assert audited(held("volumeWipe"), declarations=declarations).findings == ()


# recovery-in-blast-radius


def test_backups_that_die_with_the_data_are_in_the_blast_radius() -> None:
    result = audited(held("volumeDelete", resources=RESOURCES))
    finding = found(result, "recovery-in-blast-radius")
    assert (finding.severity, ids(finding)) == (Severity.HIGH, ["volumeDelete"])
    assert finding.message == (
        "The Rail account token can destroy data (volume pg-data (production), volume-backup nightly "
        "(production) "
        "and volume pg-staging (staging)) together with what it would be restored from: volumeDelete "
        "takes the "
        "backups along; a gate or a limited time to undo it is all that is left."
    )
    assert result.credentials[0].destroys_recovery


def test_data_and_backups_that_can_both_be_deleted_are_critical() -> None:
    result = audited(held("volumeWipe", "backupDelete"), declarations=declared(job("rows")))
    finding = found(result, "recovery-in-blast-radius")
    assert (finding.severity, ids(finding)) == (Severity.CRITICAL, ["volumeWipe", "backupDelete"])
    assert finding.message == (
        "The Rail account token can destroy data together with what it would be restored from: "
        "volumeWipe for the "
        "data, backupDelete for the backups; nothing stands in the way."
    )


def test_the_blast_radius_is_told_by_what_nothing_stands_before() -> None:
    finding = found(audited(held("volumeWipe", "volumeDelete", "backupDelete")), "recovery-in-blast-radius")
    assert ids(finding) == ["volumeWipe", "backupDelete", "volumeDelete"]
    assert "volumeWipe for the data, backupDelete for the backups; nothing" in finding.message


@pytest.mark.parametrize("granted", [("volumeWipe",), ("backupDelete",), ("serviceDelete", "backupDelete")])
def test_data_or_backups_alone_are_not_the_blast_radius(granted: tuple[str, ...]) -> None:
    assert found(audited(held(*granted)), "recovery-in-blast-radius") is None


def test_one_of_the_two_beyond_the_job_is_enough_and_both_in_it_are_clean() -> None:
    token = held("volumeWipe", "backupDelete")
    one_of_two = audited(token, declarations=declared(job("volumeWipe")))
    assert ids(found(one_of_two, "recovery-in-blast-radius")) == ["volumeWipe", "backupDelete"]
    both = declared(job("volumeWipe", "backupDelete"), recovery=(KEPT,))
    assert audited(token, declarations=both).findings == ()


def test_an_independent_copy_lowers_it_by_a_step() -> None:
    recovery = declared(recovery=(OFFSITE,))
    finding = found(
        audited(held("volumeWipe", "backupDelete"), declarations=recovery), "recovery-in-blast-radius"
    )
    assert finding.severity is Severity.HIGH
    assert finding.message.endswith(
        " An independent copy is declared at store s3://offsite, out of reach of every credential found."
    )


OTHER_BUCKET = (Resource("bucket/other", "other"),)
OFFSITE_BUCKET = (Resource("bucket/offsite", "offsite"),)


@pytest.mark.parametrize(
    ("other", "severity"),
    [
        (held("objectRead", provider="store", kind="key", number=2), "high"),
        (held("objectDelete", resources=OTHER_BUCKET, provider="store", kind="key", number=2), "high"),
        (held("objectDelete", provider="store", kind="key", number=2, state=State.REVOKED), "high"),
        (held("objectDelete", provider="store", kind="key", number=2), "critical"),
        (held("objectDelete", resources=OFFSITE_BUCKET, provider="store", kind="key", number=2), "critical"),
        (held(unknown=("objectDelete",), provider="store", kind="key", number=2), "critical"),
    ],
)
def test_a_copy_counts_only_if_no_credential_in_reach_may_destroy_it(other: tuple, severity: str) -> None:
    result = audited(held("volumeWipe", "backupDelete"), other, declarations=declared(recovery=(OFFSITE,)))
    assert found(result, "recovery-in-blast-radius").severity == severity


def test_a_copy_must_cover_all_that_can_be_destroyed() -> None:
    partial = dataclasses.replace(OFFSITE, protects=ResourcePattern("rail", "pg-data"))
    token = held("volumeWipe", "backupDelete", resources=(VOLUME, STAGING_VOLUME))
    finding = found(audited(token, declarations=declared(recovery=(partial,))), "recovery-in-blast-radius")
    assert finding.severity is Severity.CRITICAL


# environment-crossing


def crossing(result: AuditResult) -> tuple[str, list[str], tuple[str, ...]] | None:
    finding = found(result, "environment-crossing")
    return None if finding is None else (str(finding.severity), ids(finding), finding.resources)


PRODUCTION = ("volume-backup/b1", "volume/v1")


def test_a_job_for_staging_that_reaches_production_crosses() -> None:
    one = declared(job("volumeWipe", "rows", environments=("staging",)))
    result = audited(held("volumeWipe", "rows", "project", resources=RESOURCES), declarations=one)
    assert crossing(result) == ("critical", ["volumeWipe", "rows"], PRODUCTION)
    assert found(result, "environment-crossing").message == (
        "The Rail account token reaches production (volume pg-data and volume-backup nightly) "
        "while its job domains is for staging, by 2 operations that change it or read its data, the "
        "worst of them volumeWipe and rows."
    )


@pytest.mark.parametrize("environments", [("production",), ("prod*",), ("staging", "production")])
def test_a_job_for_production_may_reach_it(environments: tuple[str, ...]) -> None:
    one = declared(job("volumeWipe", environments=environments), environment="staging")
    assert crossing(audited(held("volumeWipe", resources=RESOURCES), declarations=one)) is None


def test_a_folder_for_staging_is_crossed_without_a_job() -> None:
    token = held("volumeWipe", resources=RESOURCES)
    assert crossing(audited(token, declarations=declared(environment="staging"))) == (
        "critical", ["volumeWipe"], PRODUCTION,
    )  # fmt: skip
    assert crossing(audited(token, declarations=declared(environment="production"))) is None
    assert crossing(audited(token)) is None


def test_a_job_that_names_no_environment_leaves_the_word_to_the_folder() -> None:
    token = held("volumeWipe", resources=RESOURCES)
    one = declared(job("volumeWipe"), environment="staging")
    assert crossing(audited(token, declarations=one)) == ("critical", ["volumeWipe"], PRODUCTION)
    assert crossing(audited(token, declarations=declared(job("volumeWipe")))) is None


@pytest.mark.parametrize(
    ("path", "name", "crosses"),
    [
        (".env.development", "TOKEN", True),
        ("staging/task.py", "TOKEN", True),
        ("settings.py", "TOKEN_DEV", True),
        (".env", "TOKEN", False),
        (".env.production", "TOKEN", False),
    ],
)
def test_a_place_for_development_is_crossed(path: str, name: str, crosses: bool) -> None:
    result = audited(held("rows", resources=RESOURCES, path=path, name=name))
    assert crossing(result) == (("medium", ["rows"], ("volume/v1",)) if crosses else None)


def test_reading_what_is_no_data_crosses_nothing() -> None:
    resources = (Resource("project/p9", "shop", environment="production"),)
    assert crossing(audited(held("project", resources=resources, path=".env.test"))) is None


def test_a_resource_without_an_environment_is_known_by_its_name() -> None:
    resources = (Resource("volume/v7", "shop-prod-db"),)
    assert crossing(audited(held("rows", resources=resources, path=".env.test"))) == (
        "medium", ["rows"], ("volume/v7",),
    )  # fmt: skip
    one = job("rows", environments=("production",), credentials=(CredentialSelector(path=".env.test"),))
    token = held("rows", resources=resources, path=".env.test")
    assert crossing(audited(token, declarations=declared(one))) is None


@pytest.mark.parametrize(
    "token",
    [
        held("volumeWipe", kind="live-key", path=".env.test"),
        held("volumeWipe", path=".env.test", context=(("host", "db.prod.shop.example"),)),
    ],
)
def test_kind_and_companions_may_name_production(token: tuple) -> None:
    assert crossing(audited(token)) == ("critical", ["volumeWipe"], ())


def test_a_live_key_for_a_production_job_is_clean() -> None:
    one = job("volumeWipe", environments=("production",), credentials=(CredentialSelector(path=".env.test"),))
    token = held("volumeWipe", kind="live-key", path=".env.test")
    assert audited(token, declarations=declared(one, recovery=(KEPT,))).findings == ()


def test_a_live_key_of_unknown_authority_crosses_at_most_at_high() -> None:
    token = held(kind="live-key", path=".env.test", unknown=("volumeWipe",))
    assert crossing(audited(token)) == ("high", ["volumeWipe"], ())


# escalation


def test_minting_revealing_and_widening_escalate() -> None:
    finding = found(audited(held("tokenCreate", "variables", "rows")), "escalation")
    assert (finding.severity, ids(finding)) == (Severity.HIGH, ["variables", "tokenCreate"])
    assert finding.message == (
        "The Rail account token can gain more authority by 2 operations, all of which change who may do "
        "what or "
        "reveal other secrets (variables and tokenCreate)."
    )


def test_escalation_that_is_the_job_is_clean() -> None:
    assert audited(held("tokenCreate"), declarations=declared(job("tokenCreate"))).findings == ()
    assert found(audited(held("domainCreate", "rows")), "escalation") is None


# unverified-authority


def test_what_could_not_be_verified_is_at_most_high() -> None:
    result = audited(
        held("domainCreate", unknown=("volumeWipe", "rows")), declarations=declared(job(*NEEDED))
    )
    finding = found(result, "unverified-authority")
    assert (finding.severity, ids(finding)) == (Severity.HIGH, ["volumeWipe"])
    assert [(each.verdict, each.evidence, each.severity) for each in finding.operations] == [
        (Verdict.UNKNOWN, EvidenceKind.NONE, Severity.CRITICAL)
    ]
    assert finding.message == (
        "The Rail account token may be able to do 1 operation more, which could not be verified; the "
        "worst would "
        "be volumeWipe. Documented at most: everything its owner can do."
    )
    assert rules_of(result) == {"unverified-authority": "high"}


def test_an_operation_that_nothing_is_said_of_is_unverified() -> None:
    credential, authority = held("domainCreate")
    silent = dataclasses.replace(authority, grants=authority.grants[:1])
    finding = found(
        audited((credential, silent), declarations=declared(job(READING, "domain*"))), "unverified-authority"
    )
    assert set(ids(finding)) == EVERYTHING - {"domainCreate", "domainDelete", "project", "rows"}


def test_unknown_operations_of_the_job_are_clean() -> None:
    assert audited(held(unknown=("volumeWipe",)), declarations=declared(job("volumeWipe"))).findings == ()


# stale-job


def stale(result: AuditResult) -> list[tuple[str, str | None, int | None, str]]:
    return [
        (str(each.severity), each.credential, each.locations[0].line, each.message)
        for each in result.findings
        if each.rule == "stale-job"
    ]


def test_a_job_that_speaks_for_nothing_is_stale() -> None:
    result = audited(declarations=declared(job("domainCreate")))
    assert stale(result) == [("low", None, 4, "Job domains speaks for no credential that was found.")]
    assert result.findings[0].locations == (Location(Source.TREE, "scopeaudit.yaml", 4),)


def test_an_expired_job_is_stale_and_allows_nothing() -> None:
    one = declared(job("domainCreate", expires=datetime.date(2027, 1, 14)))
    result = audited(held("domainCreate"), declarations=one)
    assert stale(result) == [
        ("high", None, 4, "Job domains expired on 2027-01-14, so it allows nothing any more.")
    ]
    assert found(result, "excess-authority").message == (
        "The Rail account token can do 1 operation, and its job domains has expired and allows nothing "
        "any more: "
        "domainCreate, which changes what can be put back."
    )


def test_a_job_lives_to_the_end_of_its_last_day() -> None:
    one = declared(job("domainCreate", expires=datetime.date(2027, 1, 15)))
    assert audited(held("domainCreate"), declarations=one).findings == ()


def test_an_entry_that_names_no_operation_is_stale() -> None:
    one = job("domainCreate", "domianDelete", "rail:domain*")
    result = audited(held("domainCreate"), declarations=declared(one))
    assert stale(result) == [
        ("medium", None, 7, "Job domains allows domianDelete, which names no operation of rail.")
    ]


def test_entries_are_looked_up_at_the_providers_the_job_speaks_for() -> None:
    any_provider = job("domainCreate", "objectRead", provider=None)
    result = audited(held("domainCreate"), declarations=declared(any_provider))
    assert [line for *_, line in stale(result)] == [
        "Job domains allows objectRead, which names no operation of rail."
    ]
    with_prefix = dataclasses.replace(any_provider, allow=allow("domainCreate", "store:objectRead"))
    assert audited(held("domainCreate"), declarations=declared(with_prefix)).findings == ()


def test_an_entry_of_a_provider_whose_operations_are_not_at_hand_is_not_judged() -> None:
    any_provider = job("domainCreate", "store:nothing", provider=None)
    catalogues = {"rail": CATALOGUE}
    result = audit(
        (held("domainCreate"),), declared(any_provider), PROVIDERS, catalogues, FINDING_RULES, TODAY
    )
    assert result.findings == ()
    unmatched = audit((), declared(any_provider), PROVIDERS, catalogues, FINDING_RULES, TODAY)
    assert rules_of(unmatched) == {"stale-job": "low"}


# the whole


def test_fingerprints_survive_moved_lines_and_tell_twins_apart() -> None:
    def prints(*tokens: tuple) -> list[str]:
        return [each.fingerprint for each in audited(*tokens).findings]

    first, second = held("rows", line=3), held("rows", line=9, number=2)
    moved = held("rows", line=30), held("rows", line=90, number=2)
    assert len(set(prints(first, second))) == 2
    assert prints(first, second) == prints(*moved)
    assert prints(first) == prints(first, second)[:1]


def test_the_order_of_credentials_does_not_change_findings() -> None:
    tokens = (
        held("volumeWipe"),
        held(*EVERYTHING, path="b.sh", number=2),
        held("rows", path="a.sh", number=3),
    )
    assert audited(*tokens).findings == audited(*reversed(tokens)).findings
    assert [each.credential.id for each in audited(*reversed(tokens)).credentials] == ["c3", "c2", "c1"]


def test_an_operation_without_a_description_is_a_gap_and_counts_as_a_change() -> None:
    credential, authority = held("rows")
    more = dataclasses.replace(
        authority, grants=(*authority.grants, Grant(frozenset({"newThing"}), Verdict.GRANTED, ()))
    )
    result = audited((credential, more), declarations=declared(job("rows")))
    assert result.gaps == (
        Gap(
            Stage.AUDIT,
            "1 operation of rail: newThing",
            "not described, so each counts as a change of unknown effect",
        ),
    )
    assert rules_of(result) == {"excess-authority": "medium"}


def test_a_provider_without_operations_is_a_gap() -> None:
    result = audit((held("rows"),), Declarations(), {}, {}, FINDING_RULES, datetime.date(2027, 1, 1))
    assert result.gaps == (Gap(Stage.AUDIT, "operations of rail", "none of them is described"),)
    assert rules_of(result) == {"undeclared-credential": "medium"}


def test_a_finding_rule_without_a_file_ends_the_run() -> None:
    rules = {name: rule for name, rule in FINDING_RULES.items() if name != "escalation"}
    with pytest.raises(UsageError, match="no file for escalation"):
        audit((), Declarations(), {}, {}, rules, datetime.date(2027, 1, 1))


def test_resources_that_contain_each_other_end_nowhere_wrong() -> None:
    circle = (
        Resource("volume/a", "a", parent="volume/b"),
        Resource("volume/b", "b", parent="volume/a"),
        Resource("volume/c", "c", parent="environment/gone"),
    )
    finding = found(audited(held("volumeWipe", resources=circle)), "undeclared-credential")
    assert finding.resources == ("volume/a", "volume/b", "volume/c")


def test_windows_are_told() -> None:
    finding = found(audited(held("volumeDelete")), "undeclared-credential")
    assert finding.operations[0].window == Window(48, "the owner")
    assert finding.operations[0].takes_recovery


def test_what_is_granted_on_every_resource_is_beyond_a_job_for_some() -> None:
    credential, authority = held("volumeWipe", resources=())
    everywhere = dataclasses.replace(authority, enumerates=False)
    for_one, for_any = declared(job("volumeWipe", resources=("volume/v1",))), declared(job("volumeWipe"))
    assert ids(found(audited((credential, everywhere), declarations=for_one), "excess-authority")) == [
        "volumeWipe"
    ]
    assert found(audited((credential, everywhere), declarations=for_any), "excess-authority") is None
    assert found(audited((credential, authority), declarations=for_one), "excess-authority") is None
