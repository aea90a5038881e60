"""Which secret belongs to which id."""

from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.detect.companions import Score, nearest, pair


def test_as_many_as_each_other_in_one_block_are_paired_in_order() -> None:
    ids, secrets = (0, 10), (20, 30)
    assert pair([[(0, 0, 0, other - each) for other in secrets] for each in ids]) == {0: 0, 1: 1}


def test_names_that_agree_come_before_distance() -> None:
    assert pair([[(0, 2, 0, 5), (0, 0, 0, 90)], [(0, 0, 0, 40), (0, 2, 0, 5)]]) == {0: 1, 1: 0}


def test_a_closed_block_between_comes_before_distance() -> None:
    assert pair([[(0, 0, 1, 5), (0, 0, 0, 30)]]) == {0: 1}


def test_what_cannot_belong_together_stays_alone() -> None:
    assert pair([[None, None]]) == {}
    assert pair([]) == {}
    assert nearest([None, (0, 0, 0, 3), (0, 0, 0, 2)]) == 2
    assert nearest([]) is None


_SCORES = st.none() | st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 9))


@settings(deadline=None)
@given(
    st.integers(0, 5).flatmap(
        lambda width: st.lists(st.lists(_SCORES, min_size=width, max_size=width), max_size=5)
    )
)
def test_no_secret_is_taken_twice(scores: list[list[Score | None]]) -> None:
    taken = pair(scores)
    assert len(set(taken.values())) == len(taken)
    assert all(scores[index][other] is not None for index, other in taken.items())
