"""How old a credential is, as far as that is known, and what a policy forbids wherever it is."""

from dataclasses import replace

import pytest
from audit_world import (
    CATALOGUES,
    FINDING_RULES,
    PROVIDERS,
    TODAY,
    declared,
    found,
    held,
    job,
    rules_of,
)

from scopeaudit.audit.audit import AuditResult, audit
from scopeaudit.audit.lifetime import Age, age_of
from scopeaudit.model.authority import State
from scopeaudit.model.finding import Severity
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.job import Declarations
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import Ban, Policy

LIMITED = Policy(max_age_days=90, paths=("policy.yaml",))


def token(issued: str | None = None, *authored: str, state: State = State.ACTIVE) -> tuple:
    credential, authority = held("domainDelete")
    commits = (
        Location(Source.HISTORY, "scripts/domains.sh", 3, authored=each, current=True) for each in authored
    )
    places = (*credential.locations, *commits)
    return replace(credential, locations=places), replace(authority, issued=issued, state=state)


def audited(*tokens: tuple, policy: Policy = LIMITED, jobs: Declarations | None = None) -> AuditResult:
    declarations = jobs or declared(job("domainDelete"))
    return audit(tokens, declarations, PROVIDERS, CATALOGUES, FINDING_RULES, TODAY, policy=policy)


# Today is 2027-01-15: 90 days before is 2026-10-17.


@pytest.mark.parametrize(
    ("issued", "authored", "expected"),
    [
        (None, (), Age(None, is_exact=False)),
        ("2027-01-05T00:00:00Z", (), Age(10, is_exact=True)),
        (None, ("2027-01-05T09:00:00+01:00",), Age(10, is_exact=False)),
        (None, ("2027-01-05T09:00:00Z", "2027-01-14T09:00:00Z"), Age(10, is_exact=False)),
        ("2027-01-13T00:00:00Z", ("2027-01-05T09:00:00Z",), Age(10, is_exact=True)),
        ("2027-01-16T00:00:00Z", (), Age(None, is_exact=False)),
        (None, ("2027-02-01T00:00:00Z",), Age(None, is_exact=False)),
        (None, ("no day at all", "2027-01-05T09:00:00Z"), Age(10, is_exact=False)),
        ("12027-01-05T00:00:00Z", (), Age(None, is_exact=False)),
    ],
    ids=[
        "nothing", "issued", "committed", "first commit", "the older", "issued tomorrow", "committed tomorrow",
        "a strange clock", "a year too far",
    ],
)  # fmt: skip
def test_the_age_is_what_the_provider_says_or_at_least_that_of_the_first_commit(
    issued: str | None, authored: tuple[str, ...], expected: Age
) -> None:
    credential, authority = token(issued, *authored)
    assert age_of(credential, authority, TODAY) == expected


@pytest.mark.parametrize(
    ("issued", "authored", "told"),
    [
        ("2026-10-17T00:00:00Z", (), None),
        ("2026-10-16T00:00:00Z", (), "it is 91 days old, and policy.yaml permits 90"),
        (None, ("2026-10-16T00:00:00Z",), "it is at least 91 days old, and policy.yaml permits 90"),
        (None, ("2026-10-17T00:00:00Z",), None),
        (None, (), None),
    ],
)
def test_a_credential_that_is_known_to_be_too_old_is_told(
    issued: str | None, authored: tuple[str, ...], told: str | None
) -> None:
    finding = found(audited(token(issued, *authored)), "unowned-credential")
    expected = None if told is None else f"The Rail account token is not accounted for: {told}."
    assert (None if finding is None else finding.message) == expected


@pytest.mark.parametrize(
    ("issued", "authored", "why"),
    [
        (None, (), "nothing says when it was issued; policy.yaml permits 90 days"),
        (
            None,
            ("2027-01-05T00:00:00Z",),
            "nothing says when it was issued, and it is at least 10 days old; policy.yaml permits 90 days",
        ),
        ("2027-01-05T00:00:00Z", (), None),
        (None, ("2025-01-05T00:00:00Z",), None),
    ],
    ids=["nothing", "only a commit", "the provider", "a commit long ago"],
)
def test_an_age_that_is_not_known_is_a_gap_and_never_young(
    issued: str | None, authored: tuple[str, ...], why: str | None
) -> None:
    gaps = audited(token(issued, *authored)).gaps
    place = "age of the credential in scripts/domains.sh:12"
    assert gaps == (() if why is None else (Gap(Stage.AUDIT, place, why, "c1"),))


def test_no_age_is_asked_for_where_no_policy_limits_it() -> None:
    for policy in (Policy(), Policy(max_age_days_of=(("store", 5),))):
        result = audited(token(None, "2020-01-05T00:00:00Z"), policy=policy)
        assert (result.findings, result.gaps) == ((), ())


def test_the_limit_of_a_provider_comes_before_the_general_one() -> None:
    policy = replace(LIMITED, max_age_days_of=(("rail", 400),))
    assert audited(token("2026-01-15T00:00:00Z"), policy=policy).findings == ()


def test_a_credential_that_no_longer_works_is_not_too_old() -> None:
    result = audited(token("2020-01-05T00:00:00Z", state=State.REVOKED))
    assert "unowned-credential" not in rules_of(result)
    assert audited(token(state=State.REVOKED)).gaps == ()


def test_a_credential_without_a_job_can_be_too_old() -> None:
    finding = found(audited(token("2020-01-15T00:00:00Z"), jobs=Declarations()), "unowned-credential")
    assert finding is not None
    assert finding.message.endswith(": it is 2,557 days old, and policy.yaml permits 90.")


def test_each_credential_has_an_age_of_its_own() -> None:
    young, old = token("2027-01-05T00:00:00Z"), token("2020-01-05T00:00:00Z")
    second = replace(old[0], id="c2"), old[1]
    findings = audited(young, second).findings
    assert [(each.rule, each.credential) for each in findings] == [("unowned-credential", "c2")]


# what is forbidden wherever it is


@pytest.mark.parametrize(
    ("ban", "is_told"),
    [("rail", True), ("rail/account-token", True), ("rail/live-key", False), ("store", False)],
)
def test_a_forbidden_credential_breaks_the_policy_whatever_its_job_says(ban: str, is_told: bool) -> None:
    finding = found(audited(token(), policy=Policy(forbid=(Ban(ban, "policy.yaml", 3),))), "policy-breach")
    assert (finding is not None) is is_told
    if finding is not None:
        assert (finding.credential, finding.severity) == ("c1", Severity.HIGH)
        assert finding.message == f"The Rail account token is in reach, and policy.yaml:3 forbids {ban}."


@pytest.mark.parametrize(("granted", "is_told"), [("volumeWipe", True), ("domainCreate", False)])
def test_a_job_that_allows_what_is_dangerous_makes_no_public_credential_harmless(
    granted: str, is_told: bool
) -> None:
    public = held(granted, kind="public-key")
    policy = Policy(forbid=(Ban("rail", "policy.yaml", 3),))
    for jobs in (declared(job(granted)), declared(job("*")), declared(job())):
        finding = found(audited(public, policy=policy, jobs=jobs), "policy-breach")
        assert (finding is not None) is is_told


def test_a_forbidden_credential_that_no_longer_works_is_none() -> None:
    policy = Policy(forbid=(Ban("rail", "policy.yaml", 3),))
    assert found(audited(token(state=State.REVOKED), policy=policy), "policy-breach") is None


# where what is out of date stands


def test_an_inherited_entry_that_names_nothing_is_told_in_the_file_it_stands_in() -> None:
    own = job("domainDelete", "gone")
    inherited = replace(own, allow=tuple(replace(each, file="org/base.yaml", line=17) for each in own.allow))
    result = audited(token("2027-01-05T00:00:00Z"), jobs=declared(inherited))
    finding = found(result, "stale-job")
    assert finding is not None
    assert finding.locations == (Location(Source.TREE, "org/base.yaml", 17),)


def test_a_job_that_expired_is_told_where_the_job_stands() -> None:
    late = replace(job("domainDelete", expires=TODAY.replace(year=2026)), path="scopeaudit.yaml", line=4)
    finding = found(audited(token("2027-01-05T00:00:00Z"), jobs=declared(late)), "stale-job")
    assert finding is not None
    assert finding.locations == (Location(Source.TREE, "scopeaudit.yaml", 4),)
