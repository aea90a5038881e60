import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.aws_globs import (
    NAME,
    SEGMENT,
    covers,
    is_everything,
    matcher,
    overlaps,
)
from tests.pace import within

PATTERNS = st.text(alphabet="ab:*?", max_size=7)
TEXTS = st.text(alphabet="ab:", max_size=7)


def plain(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern) + r"\Z")


@given(PATTERNS, TEXTS)
def test_a_pattern_matches_what_its_plain_expression_matches(pattern: str, text: str) -> None:
    assert bool(matcher(pattern).match(text)) == bool(plain(pattern).match(text))


@given(PATTERNS, PATTERNS, TEXTS)
def test_what_covers_a_pattern_matches_all_that_it_matches(wide: str, narrow: str, text: str) -> None:
    if covers(wide, narrow) and matcher(narrow).match(text):
        assert matcher(wide).match(text)


@given(PATTERNS, PATTERNS, TEXTS)
def test_patterns_with_a_text_in_common_overlap(one: str, other: str, text: str) -> None:
    if matcher(one).match(text) and matcher(other).match(text):
        assert overlaps(one, other)
        assert overlaps(other, one)


@given(PATTERNS, PATTERNS)
def test_what_is_covered_overlaps(wide: str, narrow: str) -> None:
    if covers(wide, narrow):
        assert overlaps(wide, narrow)


@pytest.mark.parametrize(
    ("pattern", "form", "meets"),
    [
        ("arn:aws:s3:::b", f"arn:aws:s3:::{SEGMENT}", True),
        ("arn:aws:s3:::b/*", f"arn:aws:s3:::{SEGMENT}", False),
        ("arn:aws:s3:::*", f"arn:aws:s3:::{SEGMENT}", True),
        ("arn:aws:s3:::b/*", f"arn:aws:s3:::{SEGMENT}/*", True),
        ("arn:aws:s3:::b", f"arn:aws:s3:::{SEGMENT}/*", False),
        ("arn:aws:rds:*:*:snapshot:*", f"arn:aws:rds:{SEGMENT}:{SEGMENT}:db:{NAME}", False),
        ("arn:aws:rds:*", f"arn:aws:rds:{SEGMENT}:{SEGMENT}:db:{NAME}", True),
        ("*", f"arn:aws:rds:{SEGMENT}:{SEGMENT}:db:*", True),
        ("arn:aws:rd?:eu-west-1:1:db:x", f"arn:aws:rds:{SEGMENT}:{SEGMENT}:db:*", True),
    ],
)
def test_a_segment_of_a_format_holds_no_colon_and_no_slash(pattern: str, form: str, meets: bool) -> None:
    assert overlaps(pattern, form) is meets


def test_only_stars_stand_for_everything() -> None:
    assert [is_everything(each) for each in ("*", "**", "", "?", "a*", "*:*")] == [True, True, *[False] * 4]


def test_hostile_patterns_cost_no_more_than_their_size() -> None:
    with within(2):
        hostile = "*a" * 200 + "b"
        assert not matcher(hostile).match("a" * 2000)
        assert not covers(hostile, "a" * 2000)
        assert not overlaps(hostile, "?a" * 200)
