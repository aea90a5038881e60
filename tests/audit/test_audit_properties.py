"""Severity never falls as authority grows, and allowing more never adds a finding."""

from audit_world import (
    CATALOGUE,
    EVERYTHING,
    FINDING_RULES,
    OPERATIONS,
    PROVIDERS,
    READING,
    RESOURCES,
    TODAY,
    audited,
    declared,
    held,
    job,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.audit.audit import AuditResult, audit
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import CredentialSelector
from scopeaudit.model.location import Location, Source
from tests.pace import within

operations = st.frozensets(st.sampled_from(sorted(EVERYTHING)))
resources = st.lists(st.sampled_from(RESOURCES), unique=True).map(tuple)
places = st.sampled_from(["scripts/domains.sh", ".env.development"])


def worst_rank(result: AuditResult) -> int:
    return max((each.severity.rank for each in result.findings), default=-1)


def by_rule(result: AuditResult) -> dict[str, int]:
    return {each.rule: each.severity.rank for each in result.findings if each.credential is not None}


@given(operations, operations, resources, places, st.booleans())
def test_an_unknown_verdict_is_never_better_than_a_denied_one(
    granted: frozenset[str], unknown: frozenset[str], listed: tuple, path: str, has_job: bool
) -> None:
    jobs = declared(job(READING)) if has_job else None
    denied = audited(held(*granted, resources=listed, path=path), declarations=jobs)
    open_ = audited(
        held(*granted, unknown=tuple(unknown - granted), resources=listed, path=path), declarations=jobs
    )
    assert worst_rank(denied) <= worst_rank(open_)
    assert by_rule(denied).items() <= by_rule(open_).items()


@given(operations, operations, resources, places)
def test_an_unknown_verdict_is_never_worse_than_a_granted_one(
    granted: frozenset[str], unknown: frozenset[str], listed: tuple, path: str
) -> None:
    open_ = audited(held(*granted, unknown=tuple(unknown - granted), resources=listed, path=path))
    given_ = audited(held(*granted | unknown, resources=listed, path=path))
    assert worst_rank(open_) <= worst_rank(given_)


@given(operations, operations, resources, places, st.booleans())
def test_more_authority_is_never_better(
    granted: frozenset[str], more: frozenset[str], listed: tuple, path: str, has_job: bool
) -> None:
    jobs = declared(job(READING)) if has_job else None
    less = by_rule(audited(held(*granted, resources=listed, path=path), declarations=jobs))
    wide = by_rule(audited(held(*granted | more, resources=listed, path=path), declarations=jobs))
    assert all(wide.get(rule, -1) >= rank for rule, rank in less.items())


@given(operations, resources, resources, places)
def test_more_resources_are_never_better(
    granted: frozenset[str], listed: tuple, more: tuple, path: str
) -> None:
    one = declared(job("volumeWipe", READING, environments=("staging",), resources=("pg-*", "project/*")))
    fewer = by_rule(audited(held(*granted, resources=listed, path=path), declarations=one))
    wider = tuple(dict.fromkeys((*listed, *more)))
    rich = by_rule(audited(held(*granted, resources=wider, path=path), declarations=one))
    assert all(rich.get(rule, -1) >= rank for rule, rank in fewer.items())


@given(operations, operations, operations, st.sampled_from(sorted(EVERYTHING)), resources, st.booleans())
def test_allowing_more_never_adds_a_finding_nor_raises_one(
    granted: frozenset[str],
    unknown: frozenset[str],
    allowed: frozenset[str],
    more: str,
    listed: tuple,
    narrow: bool,
) -> None:
    limits = {"environments": ("staging",)} if narrow else {}
    token = held(*granted, unknown=tuple(unknown - granted), resources=listed)
    before = by_rule(audited(token, declarations=declared(job(*sorted(allowed), **limits))))
    after = by_rule(audited(token, declarations=declared(job(*sorted(allowed), more, **limits))))
    assert all(before.get(rule, -1) >= rank for rule, rank in after.items())


@given(operations, operations, resources)
def test_declaring_a_job_never_makes_it_worse(
    granted: frozenset[str], allowed: frozenset[str], listed: tuple
) -> None:
    token = held(*granted, resources=listed)
    assert worst_rank(audited(token, declarations=declared(job(*sorted(allowed))))) <= worst_rank(
        audited(token)
    )


@settings(max_examples=30)
@given(operations, resources)
def test_the_same_input_gives_the_same_values(granted: frozenset[str], listed: tuple) -> None:
    first, second = (audited(held(*granted, resources=listed)) for _ in range(2))
    assert first == second


def test_ten_thousand_credentials_of_a_thousand_operations_share_their_work() -> None:
    names = [f"{name}{number}" for number in range(84) for name in OPERATIONS]
    wide = OperationCatalogue("rail", {name: OPERATIONS[name.rstrip("0123456789")] for name in names})
    evidence = (Evidence(EvidenceKind.ASKED, "GET /me: 200"),)
    authorities = [
        Authority(
            State.ACTIVE,
            "account-token",
            (Grant(frozenset(names[:-part]), Verdict.GRANTED, evidence),),
            RESOURCES,
        )
        for part in range(1, 11)
    ]
    tokens = [
        (
            Credential(
                f"c{number}", "rail", "account-token", "…", (Location(Source.TREE, f"s/{number}.sh", 1),)
            ),
            authorities[number % 10],
        )
        for number in range(10_000)
    ]
    one = declared(job("domain*", credentials=(CredentialSelector(path="s/*5.sh"),)))
    # The figure itself belongs to a benchmark; this only notices work that is not shared.
    with within(20):
        result = audit(tokens, one, PROVIDERS, {"rail": wide, "store": CATALOGUE}, FINDING_RULES, TODAY)
    assert len({each.credential for each in result.findings}) == 10_000
