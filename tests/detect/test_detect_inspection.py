"""What one document holds."""

import base64

from detect_kinds import KINDS
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.detect.decoding import DEPTH
from scopeaudit.detect.detect import build_engine
from scopeaudit.detect.inspection import Inspector, beside
from scopeaudit.detect.plan import plan
from scopeaudit.detect.value import Value
from scopeaudit.detect.view import View
from scopeaudit.model.candidate import CandidateType
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
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


def test_what_is_encoded_more_often_than_is_decoded_is_a_gap() -> None:
    chosen = plan(KINDS)
    engine = build_engine(chosen)
    text = b"some words of text, and no secret"
    for times in range(1, DEPTH + 3):
        text = base64.b64encode(text)
        view = View(Document(Source.TREE, "a", b'"' + text + b'"\n'))
        found = Inspector(chosen, engine).inspect(view, engine.ends(view.data))
        gaps = [gap for each in found.everything() for gap in each.gaps]
        why = f"holds text that is encoded more than {DEPTH} times; it was not decoded further"
        assert gaps == [Gap(Stage.DETECT, "a", why)] * (times > DEPTH)
