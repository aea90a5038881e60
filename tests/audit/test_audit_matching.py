"""A job speaks for credentials by place and name; the most specific wins, and rivals are a gap."""

import pytest
from audit_world import TODAY, audited, declared, held, job, rules_of
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.audit.matching import is_path_matched, match
from scopeaudit.model.credential import Credential
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.job import CredentialSelector, Declarations, Job
from scopeaudit.model.location import Location, Source
from tests.pace import within


def at(*locations: Location, provider: str = "rail") -> Credential:
    return Credential("c1", provider, "account-token", "…", locations)


def tree(path: str, name: str | None = None) -> Location:
    return Location(Source.TREE, path, 1, name=name)


def named(name: str, *selectors: CredentialSelector, provider: str | None = None) -> Job:
    return Job(name=name, credentials=selectors, allow=(), provider=provider)


def chosen(credential: Credential, *jobs: Job) -> str | None:
    found = match(credential, Declarations(jobs=jobs))
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("pattern", "path", "matched"),
    [
        ("scripts/domains.sh", "scripts/domains.sh", True),
        ("scripts/*.sh", "scripts/domains.sh", True),
        ("scripts/*.sh", "scripts/old/domains.sh", False),
        ("scripts/**/*.sh", "scripts/domains.sh", True),
        ("scripts/**/*.sh", "scripts/a/b/domains.sh", True),
        ("**/.env", ".env", True),
        ("**/.env", "a/b/.env", True),
        ("**", "a/b/.env", True),
        ("scripts/**", "scripts/a/b", True),
        ("scripts/**", "other/a", False),
        (".env.?", ".env.a", True),
        ("*", "a/b", False),
        (".ENV", ".env", False),
        ("app/[id]/route.ts", "app/[id]/route.ts", True),
        ("**/**/x", "x", True),
    ],
)
def test_path_globs_stay_within_a_folder_unless_they_have_two_stars(
    pattern: str, path: str, matched: bool
) -> None:
    assert is_path_matched(pattern, path) is matched


def test_a_hostile_glob_costs_no_time() -> None:
    with within(2):
        assert not is_path_matched("**/" * 200 + "*a" * 200 + "b", "a/" * 200 + "a" * 2000)


@given(st.text(alphabet="a*/?[].", max_size=12), st.text(alphabet="ab/.", max_size=12))
def test_any_pattern_meets_any_path_with_an_answer(pattern: str, path: str) -> None:
    assert is_path_matched(pattern, path) in (True, False)
    assert is_path_matched(path, path)


def test_all_given_parts_must_match_at_one_location() -> None:
    selector = CredentialSelector(path="a.env", key="TOKEN")
    assert chosen(at(tree("a.env", "TOKEN")), named("a", selector)) == "a"
    assert chosen(at(tree("a.env", "OTHER"), tree("b.env", "TOKEN")), named("a", selector)) is None


def test_any_location_will_do() -> None:
    credential = at(tree("x.env"), tree("a.env"))
    assert chosen(credential, named("a", CredentialSelector(path="a.env"))) == "a"


def test_an_environment_name_is_of_this_process_or_set_in_a_file() -> None:
    one = named("a", CredentialSelector(env="RAIL_*"))
    process = Location(Source.ENVIRONMENT, "env:RAIL_TOKEN")
    assert [
        chosen(at(each), one)
        for each in (
            process,
            tree(".env", "RAIL_TOKEN"),
            tree(".env", "rail_token"),
            tree("x.json", "RAIL_a.b"),
        )
    ] == ["a", "a", None, None]


def test_keys_are_compared_without_case() -> None:
    assert chosen(at(tree("x.json", "apiKey")), named("a", CredentialSelector(key="APIKEY"))) == "a"


def test_a_job_of_another_provider_does_not_speak() -> None:
    selector = CredentialSelector(path="a.env")
    jobs = (named("store", selector, provider="store"), named("rail", selector, provider="rail"))
    assert [chosen(at(tree("a.env"), provider=each), *jobs) for each in ("rail", "store", "x")] == [
        "rail",
        "store",
        None,
    ]


def test_the_most_specific_wins() -> None:
    wide = named("wide", CredentialSelector(path="**"))
    folder = named("folder", CredentialSelector(path="scripts/*"))
    name = named("name", CredentialSelector(env="TOKEN", key="TOKEN"))
    exact = named("exact", CredentialSelector(path="scripts/a.sh"))
    credential = at(tree("scripts/a.sh", "TOKEN"))
    assert [
        chosen(credential, *jobs)
        for jobs in ((wide,), (wide, folder), (wide, folder, name), (exact, wide, folder, name))
    ] == ["wide", "folder", "name", "exact"]


def test_jobs_that_match_equally_well_are_a_gap_and_none_counts() -> None:
    first = job("*", name="first", credentials=(CredentialSelector(path="scripts/*.sh", line=5),))
    second = job("*", name="second", credentials=(CredentialSelector(path="scripts/d*.s?", line=9),))
    result = audited(held("domainCreate"), declarations=declared(first, second), today=TODAY)
    assert result.credentials[0].job is None
    assert result.gaps == (
        Gap(
            Stage.JOBS,
            "job of the credential in scripts/domains.sh",
            "jobs first, second speak for it equally well, so none counts: make one of them more exact",
            "c1",
        ),
    )
    assert rules_of(result) == {"undeclared-credential": "medium"}
