"""A baseline accepts what was there, and nothing that is added to it."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.audit.baseline import baseline_of, judge, read_baseline, written_baseline
from scopeaudit.model.authority import Authority, EvidenceKind, State, Verdict
from scopeaudit.model.baseline import Baseline
from scopeaudit.model.baseline import State as Stands
from scopeaudit.model.credential import Credential
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation, Severity
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Reversible

TODAY = datetime.date(2026, 11, 21)
PLACE = Location(Source.TREE, "scripts/deploy.sh", 3, 7, None, "TOKEN")


def operation(name: str) -> FindingOperation:
    return FindingOperation(
        name, Effect.WRITE, frozenset(), Reversible.YES, Gate.NONE, Verdict.GRANTED, EvidenceKind.ASKED,
        Severity.MEDIUM,
    )  # fmt: skip


def finding(
    *operations: str, severity: Severity = Severity.MEDIUM, resources: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        "excess-authority", severity, "ab" * 16, "c1", "It may.", "Narrow it.", (PLACE,),
        tuple(map(operation, operations)), resources,
    )  # fmt: skip


def credential(*places: Location) -> AuditedCredential:
    return AuditedCredential(
        Credential("c1", "railway", "token", "…", places or (PLACE,)), Authority(State.ACTIVE, "token", ())
    )


def standing(before: Finding, now: Finding, *places: Location, expires: datetime.date | None = None) -> str:
    """What is said of a finding that was accepted before; empty if it still is."""
    baseline = baseline_of([before], [credential()])
    entries = {key: replace(each, expires=expires) for key, each in baseline.entries.items()}
    judged = judge([now], [credential(*places)], Baseline(entries), TODAY)
    return "".join(each.message for each in judged.findings)


def test_what_is_as_it_was_is_accepted() -> None:
    assert standing(finding("a", "b"), finding("a", "b")) == ""


def test_what_has_become_less_is_accepted() -> None:
    assert standing(finding("a", "b", resources=("r",)), finding("a")) == ""


@pytest.mark.parametrize(
    ("now", "places", "told"),
    [
        (finding("a", "b"), (), "the operations b"),
        (finding("a", resources=("volume/1",)), (), "the resources volume/1"),
        (finding("a", severity=Severity.HIGH), (), "the severity high"),
        (finding("a"), (PLACE, Location(Source.HOME, "~/.npmrc", 1)), "the places home:~/.npmrc"),
    ],
)
def test_what_has_gained_stands_and_says_what(now: Finding, places: tuple[Location, ...], told: str) -> None:
    assert standing(finding("a"), now, *places).endswith(f"Since it was accepted it has gained {told}.")


def test_a_line_that_moved_is_no_new_place() -> None:
    assert standing(finding("a"), finding("a"), replace(PLACE, line=90)) == ""


def test_an_entry_counts_up_to_its_last_day() -> None:
    assert standing(finding("a"), finding("a"), expires=TODAY) == ""
    yesterday = TODAY - datetime.timedelta(days=1)
    assert "accepted it until 2026-11-20" in standing(finding("a"), finding("a"), expires=yesterday)


def test_what_the_baseline_does_not_know_is_new() -> None:
    judged = judge([finding("a")], [credential()], Baseline({}), TODAY)
    assert (judged.findings, judged.accepted) == ((finding("a"),), ())
    assert list(judged.states.values()) == [Stands.NEW]


NAMES = st.frozensets(st.sampled_from("abcdef"), max_size=5)


@given(NAMES, NAMES, NAMES, NAMES, st.sampled_from(Severity), st.sampled_from(Severity))
def test_it_is_accepted_exactly_if_nothing_is_gained(
    had: frozenset[str],
    has: frozenset[str],
    held: frozenset[str],
    holds: frozenset[str],
    was: Severity,
    now: Severity,
) -> None:
    before = finding(*sorted(had), severity=was, resources=tuple(sorted(held)))
    after = finding(*sorted(has), severity=now, resources=tuple(sorted(holds)))
    accepted = standing(before, after) == ""
    assert accepted is (has <= had and holds <= held and now.rank <= was.rank)


@given(NAMES, st.none() | st.dates(), st.none() | st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_baseline_is_read_as_it_was_written(
    names: frozenset[str], expires: datetime.date | None, reason: str | None
) -> None:
    if reason is not None and not reason.strip():
        reason = None
    baseline = baseline_of([finding(*sorted(names))], [credential()])
    entries = {key: replace(each, expires=expires, reason=reason) for key, each in baseline.entries.items()}
    assert read_baseline(written_baseline(Baseline(entries)), "b.json").entries == entries


def test_reasons_and_days_are_kept_when_it_is_written_anew() -> None:
    earlier = baseline_of([finding("a")], [credential()])
    entries = {key: replace(each, reason="why", expires=TODAY) for key, each in earlier.entries.items()}
    [entry] = baseline_of([finding("a", "b")], [credential()], Baseline(entries)).entries.values()
    assert (entry.reason, entry.expires, entry.operations) == ("why", TODAY, frozenset("ab"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"version": 2, "accepted": []}', "b.json:1: version: is 2"),
        ('{"version": 1, "accepted": [{}]}', "fingerprint: is missing"),
        ('{"version": 1, "accepted": [], "more": 1}', "more: unknown key"),
        ("[]", "expected a mapping"),
        ("", "is empty"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(text: str, problem: str) -> None:
    with pytest.raises(InvalidFileError) as error:
        read_baseline(text, "b.json")
    assert problem in "\n".join(error.value.problems)


def test_what_a_policy_keeps_from_being_accepted_stands() -> None:
    baseline = baseline_of([finding("a")], [credential()])
    judged = judge([finding("a")], [credential()], baseline, TODAY, frozenset({"excess-authority"}))
    assert (judged.findings, judged.accepted) == ((finding("a"),), ())
