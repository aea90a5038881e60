"""Jobs that allow whatever destroys for good."""

import datetime

import pytest

from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Job
from tests.audit.audit_world import audited, declared, held, job

WORST = ("backupDelete", "projectDelete", "volumeWipe")


def told(one: Job, *granted: str) -> list[tuple[Severity, str]]:
    result = audited(held(*(granted or ("volumeWipe",))), declarations=declared(one))
    return [(each.severity, each.message) for each in result.findings if each.rule == "unbounded-job"]


@pytest.mark.parametrize(
    "entries", [("*",), ("*Delete", "volumeWipe"), WORST], ids=["all", "globs", "by name"]
)
def test_a_job_that_allows_the_worst_wherever_it_is_is_told(entries: tuple[str, ...]) -> None:
    assert told(job(*entries)) == [
        (
            Severity.MEDIUM,
            "Job domains allows whatever destroys data or backups at Rail for good (backupDelete, projectDelete "
            "and volumeWipe), so none of it is a finding for its credentials.",
        )
    ]


def test_it_is_told_once_whatever_its_credentials_hold() -> None:
    both = (held("volumeWipe"), held("domainCreate", path="b.sh"))
    one = declared(job("*", path="**"))
    rules = [each.rule for each in audited(*both, declarations=one).findings]
    assert rules.count("unbounded-job") == 1


@pytest.mark.parametrize(
    "one",
    [
        job("*", resources=("*",)),
        job("*", environments=("**",)),
        job("*", resources=("volume/v1", "*")),
        job("*", resources=("*/*",), environments=("*",)),
    ],
)
def test_a_glob_for_everything_is_no_bound(one: Job) -> None:
    assert len(told(one)) == 1


@pytest.mark.parametrize(
    "one",
    [
        job("volumeWipe", "backupDelete", "domain*"),
        job("*", resources=("volume/v1",)),
        job("*", environments=("staging",)),
        job("*", expires=datetime.date(2027, 1, 14)),
    ],
    ids=["one of them is left out", "resources", "environments", "expired"],
)
def test_a_job_with_bounds_is_not(one: Job) -> None:
    assert told(one) == []


def test_a_job_that_speaks_for_no_credential_is_not() -> None:
    rules = [each.rule for each in audited(declarations=declared(job("*"))).findings]
    assert rules == ["stale-job"]
