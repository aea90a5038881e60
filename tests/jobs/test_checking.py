"""What is right in form in a job file, and still not what its author meant."""

import datetime

from scopeaudit.jobs.checking import Doubt, doubts, idle_denials
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.model.job import OperationGlob
from scopeaudit.model.policy import Denial, Policy
from tests.jobs.jobs_world import CATALOGUES, PROVIDERS, catalogue

TODAY = datetime.date(2026, 11, 21)
GOOD = """\
version: 1
jobs:
  a:
    provider: railway
    owner: x
    expires: 2026-11-21
    allow: [domainCreate, "effect:read"]
    credentials: [{path: a.sh}, {env: A}]
"""


def found(text, unmet=()):
    declarations = read_declarations(text, "scopeaudit.yaml", PROVIDERS)
    unmet = [
        each for job in declarations.jobs for each in job.credentials if (each.path or each.env) in unmet
    ]
    return [
        str(each).removeprefix("scopeaudit.yaml:") for each in doubts(declarations, CATALOGUES, TODAY, unmet)
    ]


def test_a_job_that_says_everything_leaves_no_doubt():
    assert found(GOOD) == []


def test_owner_and_last_day_are_asked_for():
    assert found(GOOD.replace("    owner: x\n    expires: 2026-11-21\n", "")) == [
        "3: jobs.a.expires: is missing: give it a last day, such as expires: 2027-03-31",
        "3: jobs.a.owner: is missing: say who answers for it, such as owner: platform@company.example",
    ]


def test_a_last_day_that_is_past_is_told():
    what = "2026-11-20 is past, so the job allows nothing any more: extend it, or revoke and remove"
    assert found(GOOD.replace("2026-11-21", "2026-11-20")) == [f"3: jobs.a.expires: {what}"]


def test_entries_that_select_nothing_are_told_with_what_was_meant():
    assert found(
        GOOD.replace("[domainCreate, ", '[domainCrate, "zzz*", "on:moon", "railway:volumDelete", ')
    ) == [
        "7: jobs.a.allow[0]: domainCrate selects no operation of railway: did you mean domainCreate?",
        "7: jobs.a.allow[1]: zzz* selects no operation of railway: write it as the provider names it, or remove it",
        "7: jobs.a.allow[2]: on:moon selects no operation of railway: write it as the provider names it, or remove it",
        "7: jobs.a.allow[3]: railway:volumDelete selects no operation of railway: did you mean volumeDelete?",
    ]


def test_only_the_first_few_entries_are_told_what_was_meant():
    entries = ", ".join(f"domainCrate{'x' * (number % 3)}" for number in range(30))
    told = found(GOOD.replace("[domainCreate, ", f"[{entries}, "))
    assert len(told) == 30
    assert sum("did you mean domainCreate?" in each for each in told) == 20


def test_an_entry_of_a_job_without_provider_is_judged_where_it_names_one():
    text = GOOD.replace("    provider: railway\n", "").replace("domainCreate", '"railway:zzz", zzz')
    assert [each.partition(" selects")[0] for each in found(text)] == ["6: jobs.a.allow[0]: railway:zzz"]


def test_a_job_that_allows_nothing_is_told():
    text = GOOD.replace('[domainCreate, "effect:read"]', "[]")
    what = "is empty, so whatever its credentials can do is beyond the job: list what it needs"
    assert found(text) == [f"3: jobs.a.allow: {what}"]


def test_selectors_that_match_nothing_are_told():
    assert found(GOOD, unmet=["A"]) == [
        "8: jobs.a.credentials[1]: matches no credential that was found: mend or remove it"
    ]


def test_what_of_a_policy_denies_nothing_is_told():
    policy = Policy(
        deny=tuple(
            Denial(name, OperationGlob(name), None, "p.yaml", line)
            for line, name in enumerate(
                ["volumeDelete", "volumDelete", "railway:domains", "railway:gone", "y:x", "unknown:x"]
            )
        )
    )
    empty = type(CATALOGUES["railway"])(provider="y", operations={})
    assert idle_denials(policy, {**CATALOGUES, "y": empty, "z": catalogue("z")}) == (
        Doubt("p.yaml", 1, "deny", "volumDelete selects no operation, so it denies nothing"),
        Doubt("p.yaml", 3, "deny", "railway:gone selects no operation, so it denies nothing"),
    )
