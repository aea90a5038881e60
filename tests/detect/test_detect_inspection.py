"""What one document holds."""

from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.detect.inspection import beside
from scopeaudit.detect.value import Value
from scopeaudit.model.candidate import CandidateType
from tests.pace import within

_RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda each: (each[0], sum(each))))


def _value(start: int, end: int) -> Value:
    return Value(start, end, CandidateType.TOKEN, "token")


@given(_RANGES, _RANGES)
def test_a_value_counts_if_no_range_that_is_taken_reaches_into_it(
    spans: list[tuple[int, int]], taken: list[tuple[int, int]]
) -> None:
    values = [_value(*span) for span in spans]
    free = [each for each in values if not any(a < each.end and each.start < b for a, b in taken)]
    assert beside(values, taken) == free


def test_many_values_beside_many_credentials_take_no_longer_than_both() -> None:
    taken = [(at, at + 5) for at in range(0, 2_000_000, 20)]
    values = [_value(at + 10, at + 15) for at in range(0, 2_000_000, 20)]
    with within(5):
        assert beside(values, taken) == values
