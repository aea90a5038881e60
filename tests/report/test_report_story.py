from dataclasses import replace

import pytest
from report_samples import DATABASE, INCIDENT, RAILWAY, RAILWAY_OPERATIONS, operation

from scopeaudit.model.authority import Resource, Verdict
from scopeaudit.model.finding import Severity
from scopeaudit.model.operation import Effect, Gate, Reversible, Window
from scopeaudit.report.danger import grouped, most_dangerous_first
from scopeaudit.report.reached import Reached, ReachedEnvironment, by_environment
from scopeaudit.report.story import Way, stories, the_way


def test_there_is_one_story_for_each_credential_worst_first():
    assert [(story.severity, story.rules) for story in stories(INCIDENT)] == [
        (Severity.CRITICAL, ("excess-authority", "recovery-in-blast-radius", "environment-crossing")),
        (Severity.HIGH, ("unverified-authority",)),
        (Severity.LOW, ("stale-job",)),
    ]


def test_an_operation_that_two_findings_name_is_told_once():
    story = stories(INCIDENT)[0]
    assert len(story.beyond) == len(RAILWAY_OPERATIONS)
    assert [each.id for each in story.within] == ["customDomainDelete"]


def test_the_way_ends_at_the_volume_that_holds_the_backups():
    volume = next(each for each in RAILWAY.authority.resources if each.id == "volume/v1")
    project = next(each for each in RAILWAY.authority.resources if each.id == "project/p1")
    assert the_way(stories(INCIDENT)[0]) == Way(
        INCIDENT.findings[4].locations[0],
        RAILWAY_OPERATIONS[0],
        Reached(volume, (("backup", 3),), project),
        with_copies=True,
    )


def test_the_way_may_end_at_a_backup():
    backup_deletion = RAILWAY_OPERATIONS[1]
    finding = replace(INCIDENT.findings[4], operations=(backup_deletion,))
    way = the_way(stories(replace(INCIDENT, findings=(finding,)))[0])
    assert way is not None
    assert way.target is not None
    assert (way.target.resource.name, way.target.parent.name if way.target.parent else None) == (
        "daily-1",
        "pg-data",
    )


@pytest.mark.parametrize("name", ["stale-job", "excess-authority"])
def test_there_is_no_way_without_a_credential_or_an_operation(name):
    finding = next(each for each in INCIDENT.findings if each.rule == name)
    assert the_way(stories(replace(INCIDENT, findings=(replace(finding, operations=()),)))[0]) is None


def test_a_credential_that_takes_the_recovery_copies_comes_first():
    finding = replace(INCIDENT.findings[4], credential="c2")
    both = replace(INCIDENT, credentials=(DATABASE, RAILWAY), findings=(finding, INCIDENT.findings[4]))
    assert [story.subject for story in stories(both)] == [RAILWAY, DATABASE]


@pytest.mark.parametrize(
    ("described", "label"),
    [
        (operation("x", Effect.DELETE, Severity.HIGH, Reversible.NO), "cannot be undone, no gate"),
        (
            operation("x", Effect.DELETE, Severity.HIGH, Reversible.NO, gate=Gate.SECOND_PRINCIPAL),
            "cannot be undone, a second person must agree",
        ),
        (
            operation(
                "x", Effect.DELETE, Severity.HIGH, Reversible.NO, gate=Gate.PROTECTION, gate_removed_by="y"
            ),
            "cannot be undone, no gate",
        ),
        (operation("x", Effect.WRITE, Severity.HIGH, Reversible.UNKNOWN), "no documented way back, no gate"),
        (operation("x", Effect.WRITE, Severity.HIGH, Reversible.WINDOW), "for a limited time"),
        (
            operation("x", Effect.WRITE, Severity.HIGH, Reversible.WINDOW, window=Window(720, "an admin")),
            "30-day window, by an admin",
        ),
        (operation("x", Effect.WRITE, Severity.HIGH), "can be undone"),
        (operation("x", Effect.PERMISSIONS, Severity.HIGH), "mints or widens credentials"),
        (operation("x", Effect.REVEAL, Severity.HIGH), "reveals other secrets"),
        (operation("x", Effect.EXECUTE, Severity.HIGH), "runs code"),
        (operation("x", Effect.SPEND, Severity.HIGH), "costs money or sends messages"),
        (operation("x", Effect.READ, Severity.LOW), "reads"),
    ],
)
def test_an_operation_stands_under_the_heading_of_what_it_costs(described, label):
    assert [(group.label, group.operations) for group in grouped([described])] == [(label, (described,))]


def test_unknown_comes_after_granted_and_the_worst_description_counts():
    mild = operation("a", Effect.DELETE, Severity.MEDIUM)
    severe = operation("a", Effect.DELETE, Severity.HIGH)
    unknown = operation("b", Effect.DELETE, Severity.HIGH, verdict=Verdict.UNKNOWN)
    assert most_dangerous_first([unknown, mild, severe]) == (severe, unknown)


def test_resources_stand_by_environment_those_at_stake_first():
    staging = Resource("volume/s", "s", "staging")
    cache = Resource("volume/c", "cache", "production")
    data = Resource("volume/d", "data", "production")
    backup = Resource("volume-backup/b", "b", "production", "volume/d")
    loose = Resource("volume-backup/l", "l", "production", "volume/gone")
    workspace = Resource("workspace/w", "w")
    deletion = operation("volumeDelete", Effect.DELETE, Severity.HIGH, resources=("volume/d",))
    assert by_environment([workspace, staging, loose, cache, data, backup], [deletion]) == (
        ReachedEnvironment("production", (Reached(data, (("backup", 1),)), Reached(cache), Reached(loose))),
        ReachedEnvironment("staging", (Reached(staging),)),
        ReachedEnvironment(None, (Reached(workspace),)),
    )
