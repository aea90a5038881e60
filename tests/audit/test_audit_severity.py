"""Severity comes from traits, and nothing unknown lowers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.audit.severity import at_least, at_most, one_step_lower, severity_of, worst
from scopeaudit.model.finding import Severity
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches, Traits

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
YES, WINDOW, NO, UNKNOWN = Reversible.YES, Reversible.WINDOW, Reversible.NO, Reversible.UNKNOWN
DATA, RECOVERY, NETWORK = Touches.DATA, Touches.RECOVERY, Touches.NETWORK


@pytest.mark.parametrize(
    ("effect", "touches", "reversible", "gate", "severity"),
    [
        (Effect.DELETE, DATA, NO, Gate.NONE, CRITICAL),
        (Effect.DELETE, DATA, UNKNOWN, Gate.NONE, CRITICAL),
        (Effect.DELETE, RECOVERY, NO, Gate.NONE, CRITICAL),
        (Effect.WRITE, DATA, NO, Gate.NONE, CRITICAL),
        (Effect.EXECUTE, DATA, NO, Gate.NONE, CRITICAL),
        (Effect.EXECUTE, DATA, UNKNOWN, Gate.NONE, HIGH),
        (Effect.DELETE, DATA, NO, Gate.DELAY, HIGH),
        (Effect.DELETE, DATA, WINDOW, Gate.NONE, HIGH),
        (Effect.DELETE, DATA, WINDOW, Gate.MFA, HIGH),
        (Effect.DELETE, NETWORK, NO, Gate.NONE, HIGH),
        (Effect.DELETE, NETWORK, UNKNOWN, Gate.NONE, HIGH),
        (Effect.PERMISSIONS, NETWORK, YES, Gate.NONE, HIGH),
        (Effect.REVEAL, NETWORK, YES, Gate.NONE, HIGH),
        (Effect.EXECUTE, NETWORK, YES, Gate.NONE, HIGH),
        (Effect.SPEND, NETWORK, NO, Gate.NONE, HIGH),
        (Effect.SPEND, NETWORK, UNKNOWN, Gate.NONE, HIGH),
        (Effect.SPEND, NETWORK, YES, Gate.NONE, MEDIUM),
        (Effect.DELETE, DATA, YES, Gate.NONE, MEDIUM),
        (Effect.DELETE, NETWORK, WINDOW, Gate.NONE, MEDIUM),
        (Effect.WRITE, DATA, YES, Gate.NONE, MEDIUM),
        (Effect.WRITE, DATA, UNKNOWN, Gate.NONE, MEDIUM),
        (Effect.READ, DATA, NO, Gate.NONE, LOW),
    ],
)
def test_the_traits_decide(
    effect: Effect, touches: Touches, reversible: Reversible, gate: Gate, severity: Severity
) -> None:
    traits = Traits(effect, frozenset({touches}), reversible, gate=gate)
    assert severity_of(traits) is severity


def test_a_gate_that_falls_is_none() -> None:
    traits = Traits(Effect.DELETE, frozenset({DATA}), NO, gate=Gate.PROTECTION)
    assert [severity_of(traits, gate_falls=falls) for falls in (False, True)] == [HIGH, CRITICAL]


def test_recovery_copies_that_die_with_the_resource_count_as_touched() -> None:
    traits = Traits(Effect.DELETE, frozenset({NETWORK}), NO, takes_recovery=True)
    assert severity_of(traits) is CRITICAL


def test_severities_are_ordered() -> None:
    assert (worst([LOW, HIGH, MEDIUM]), worst([])) == (HIGH, LOW)
    assert (at_most(CRITICAL, HIGH), at_least(LOW, MEDIUM)) == (HIGH, MEDIUM)
    assert [one_step_lower(each) for each in (CRITICAL, HIGH, MEDIUM, LOW)] == [HIGH, MEDIUM, LOW, LOW]


touches = st.frozensets(st.sampled_from(Touches))


@st.composite
def any_traits(draw: st.DrawFn) -> Traits:
    return Traits(
        effect=draw(st.sampled_from(Effect)),
        touches=draw(touches),
        reversible=draw(st.sampled_from(Reversible)),
        gate=draw(st.sampled_from(Gate)),
        takes_recovery=draw(st.booleans()),
    )


def changed(traits: Traits, **values: object) -> Traits:
    fields = ("effect", "touches", "reversible", "gate", "takes_recovery")
    return Traits(**({name: getattr(traits, name) for name in fields} | values))


def is_ordered(*traits: Traits) -> bool:
    ranks = [severity_of(each).rank for each in traits]
    return ranks == sorted(ranks)


@given(any_traits())
def test_severity_never_falls_as_the_effect_grows_more_dangerous(traits: Traits) -> None:
    for ladder in (
        (Effect.READ, Effect.WRITE, Effect.DELETE),
        (Effect.READ, Effect.WRITE, Effect.EXECUTE),
        (Effect.READ, Effect.SPEND, Effect.REVEAL),
        (Effect.READ, Effect.SPEND, Effect.PERMISSIONS),
    ):
        assert is_ordered(*(changed(traits, effect=effect) for effect in ladder))


@given(any_traits())
def test_severity_never_falls_as_less_can_be_undone(traits: Traits) -> None:
    assert is_ordered(*(changed(traits, reversible=each) for each in (YES, WINDOW, UNKNOWN, NO)))


@given(any_traits(), st.sampled_from(Gate))
def test_no_gate_is_never_better_than_a_gate(traits: Traits, gate: Gate) -> None:
    assert is_ordered(changed(traits, gate=gate), changed(traits, gate=Gate.NONE))
    assert severity_of(traits).rank <= severity_of(traits, gate_falls=True).rank


@given(any_traits(), touches)
def test_touching_more_is_never_better(traits: Traits, more: frozenset[Touches]) -> None:
    assert is_ordered(traits, changed(traits, touches=traits.touches | more))
    assert is_ordered(traits, changed(traits, takes_recovery=True))
