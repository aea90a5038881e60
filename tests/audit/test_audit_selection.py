"""What is told of operations only where somebody reads it is what telling all of it at once would give."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from audit_world import OPERATIONS, RESOURCES, SOURCE
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.audit.holdings import Holdings
from scopeaudit.audit.meaning import Meaning
from scopeaudit.audit.selection import NOTHING, Selection
from scopeaudit.audit.severity import DANGER, severity_of
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import (
    Authority,
    Evidence,
    EvidenceKind,
    Grant,
    Resource,
    State,
    Verdict,
    strongest,
)
from scopeaudit.model.finding import FindingOperation
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible, Touches, Traits

APPROVED = Operation(
    "approved", "mutation", Traits(Effect.DELETE, gate=Gate.SECOND_PRINCIPAL, source=SOURCE), on="service"
)
ASSIGNED = Operation("assign", "mutation", Traits(Effect.WRITE, reversible=Reversible.YES, source=SOURCE))
CATALOGUE = OperationCatalogue("rail", {**OPERATIONS, APPROVED.id: APPROVED, ASSIGNED.id: ASSIGNED})
MEANING = Meaning(CATALOGUE, frozenset({"rumoured", "unheardOf"}))
IDS = sorted({*CATALOGUE.ids, *MEANING.undescribed})
LISTED = (*RESOURCES, Resource("domain/d1", "shop"), Resource("service/s1", "web", parent="project/p1"))

grants = st.builds(
    Grant,
    st.frozensets(st.sampled_from(IDS)),
    st.sampled_from([Verdict.GRANTED, Verdict.GRANTED, Verdict.UNKNOWN, Verdict.DENIED]),
    st.lists(st.builds(Evidence, st.sampled_from(EvidenceKind), st.just("told")), max_size=2).map(tuple),
    st.none() | st.frozensets(st.sampled_from([each.id for each in LISTED] + ["volume/far"]), max_size=3),
)
authorities = st.builds(
    Authority,
    st.just(State.ACTIVE),
    st.just("account-token"),
    st.lists(grants, max_size=5).map(tuple),
    st.lists(st.sampled_from(LISTED), unique=True).map(tuple),
)


def operation_of(one: str) -> Operation:
    return CATALOGUE.operations.get(one) or Operation(one, "", Traits(Effect.WRITE))


def plainly(authority: Authority, verdict: Verdict) -> list[FindingOperation]:
    """Every operation of a verdict, one by one, in the order in which they are told."""
    spoken = {each: {grant.verdict for grant in authority.grants if each in grant.operations} for each in IDS}
    granted = {each for each in IDS if Verdict.GRANTED in spoken[each]}
    unknown = {
        each
        for each in IDS
        if each not in granted
        and (Verdict.UNKNOWN in spoken[each] or (not spoken[each] and each in CATALOGUE.ids))
    }
    chosen = granted if verdict is Verdict.GRANTED else unknown
    return sorted((plain_one(each, verdict, authority, granted) for each in chosen), key=worst_first)


def plain_one(one: str, verdict: Verdict, authority: Authority, granted: set[str]) -> FindingOperation:
    traits = operation_of(one).traits
    falls = verdict is Verdict.GRANTED and traits.gate is not Gate.NONE and traits.gate_removed_by in granted
    naming = [each for each in authority.grants if each.verdict is verdict and one in each.operations]
    return FindingOperation(
        id=one,
        effect=traits.effect,
        touches=traits.touches,
        reversible=traits.reversible,
        gate=traits.gate,
        verdict=verdict,
        evidence=strongest(piece.kind for each in naming for piece in each.evidence),
        severity=severity_of(traits, gate_falls=falls),
        resources=resources_of(operation_of(one), verdict, authority, naming),
        window=traits.window,
        gate_removed_by=traits.gate_removed_by if falls else None,
        takes_recovery=traits.takes_recovery,
        source=traits.source,
    )


def resources_of(
    operation: Operation, verdict: Verdict, authority: Authority, naming: list[Grant]
) -> tuple[str, ...]:
    bound = [each.resources for each in naming if each.resources is not None]
    if verdict is Verdict.GRANTED and len(bound) == len(naming):
        reached = set().union(*bound)
    else:
        reached = {each.id for each in authority.resources if each.type == operation.on}
    while operation.traits.effect is Effect.DELETE:
        lost = {each.id for each in authority.resources if each.parent in reached}
        if lost <= reached:
            break
        reached |= lost
    return tuple(sorted(reached))


def worst_first(one: FindingOperation) -> tuple:
    return (*loss(one), -DANGER[one.effect], one.id)


def loss(one: FindingOperation) -> tuple:
    return (
        -one.severity.rank,
        Touches.DATA not in one.touches,
        one.reversible is not Reversible.NO,
        not one.takes_recovery,
    )


def both(authority: Authority) -> list[tuple[Selection, list[FindingOperation]]]:
    holdings = Holdings(MEANING, authority)
    return [
        (holdings.granted, plainly(authority, Verdict.GRANTED)),
        (holdings.unknown, plainly(authority, Verdict.UNKNOWN)),
    ]


@given(authorities)
def test_it_holds_what_a_tuple_would(authority: Authority) -> None:
    for selection, plain in both(authority):
        assert (list(selection), len(selection), bool(selection)) == (plain, len(plain), bool(plain))


@given(authorities, st.integers(-3, 20), st.integers(-3, 20), st.sampled_from([1, 2, -1]))
def test_it_is_a_sequence_like_a_tuple(authority: Authority, start: int, stop: int, step: int) -> None:
    for selection, plain in both(authority):
        told = tuple(plain)
        assert selection == told
        assert told == selection
        assert selection != (*told, None)
        assert hash(selection) == hash(told)
        assert repr(selection) == repr(told)
        assert selection[start:stop:step] == told[start:stop:step]
        assert list(reversed(selection)) == plain[::-1]
        assert [selection[place] for place in range(len(told))] == plain
        assert all(each in selection for each in told)
        with pytest.raises(IndexError):
            selection[len(told)]


@given(authorities, authorities)
def test_it_equals_another_that_tells_the_same(one: Authority, other: Authority) -> None:
    for (first, first_plain), (second, second_plain) in zip(both(one), both(other), strict=True):
        assert (first == second) is (first_plain == second_plain)
    assert Holdings(MEANING, one).granted == Holdings(MEANING, replace(one, account="other")).granted


@given(authorities, st.frozensets(st.sampled_from(IDS)))
def test_a_part_is_chosen_by_a_mask(authority: Authority, ids: frozenset[str]) -> None:
    mask = MEANING.mask(ids)
    for selection, plain in both(authority):
        assert list(selection.where(mask)) == [each for each in plain if each.id in ids]
        assert list(selection.where(~mask)) == [each for each in plain if each.id not in ids]
        worst = [each for each in plain if each.severity is plain[0].severity]
        assert list(selection.worst) == worst


@given(authorities, st.frozensets(st.sampled_from([each.id for each in LISTED])))
def test_resources_are_those_of_its_operations(authority: Authority, kept: frozenset[str]) -> None:
    for selection, plain in both(authority):
        assert list(selection) == plain
        for chosen in (selection, selection.where(MEANING.deleting), selection.where(MEANING.reading)):
            assert chosen.resources == tuple(sorted({one for each in chosen for one in each.resources}))
        limited = [
            replace(each, resources=tuple(one for one in each.resources if one in kept)) for each in plain
        ]
        assert list(selection.limited(kept.__contains__)) == [each for each in limited if each.resources]


@given(authorities, st.integers(0, 5))
def test_what_acts_on_something_known_is_named_first_among_its_like(
    authority: Authority, number: int
) -> None:
    for selection, plain in both(authority):
        named = sorted(plain, key=lambda one: (*loss(one), not one.resources, -DANGER[one.effect], one.id))
        assert selection.most_telling(number) == [each.id for each in named[:number]]


@given(st.lists(st.frozensets(st.sampled_from(IDS)), max_size=4))
def test_masks_hold_every_row_of_their_operations(sets: list[frozenset[str]]) -> None:
    def rows(ids: frozenset[str]) -> list[bool]:
        return [row.operation.id in ids for row in MEANING.rows]

    def told(mask: int) -> list[bool]:
        return [each == "1" for each in f"{mask:0{len(MEANING.rows)}b}"]

    left = frozenset(IDS).difference(*sets)
    for shared in (sets, [*sets, left]):
        assert [told(each) for each in MEANING.masks(shared)] == [rows(each) for each in shared]
        assert [told(MEANING.mask(each)) for each in shared] == [rows(each) for each in shared]
    for each in ([], sorted(left)[:1]):
        strange = left.difference(each) | {"strange"}
        assert told(MEANING.masks([*sets, strange])[-1]) == rows(strange)


def unread(_row: object) -> Callable[[], None]:
    raise AssertionError("was described")


def test_nothing_is_described_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scopeaudit.audit.selection.FindingOperation", unread)
    resources = (Resource("volume/v1", "pg-data"),)
    grant = Grant(frozenset(IDS), Verdict.GRANTED, ())
    granted = Holdings(MEANING, Authority(State.ACTIVE, "token", (grant,), resources)).granted
    assert (len(granted), granted.resources, len(granted.worst)) == (len(IDS), ("volume/v1",), 3)
    assert granted.most_telling(1) == ["projectDelete"]


def test_nothing_is_an_empty_tuple() -> None:
    assert (tuple(NOTHING), NOTHING == (), NOTHING.severity, NOTHING.resources) == ((), True, "low", ())
