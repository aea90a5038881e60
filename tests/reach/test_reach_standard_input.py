"""Standard input as documents."""

import io

import pytest

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.sections import SECTION_BYTES
from scopeaudit.reach.standard_input import standard_input


def test_little_is_one_document():
    assert list(standard_input(io.BytesIO(b"abc"))) == [Document(Source.INPUT, "-", b"abc", size=3)]


def test_much_comes_in_sections_whose_own_ranges_make_up_the_whole():
    line = b"0123456789abcde\n"
    text = line * (3 * SECTION_BYTES // len(line))
    found = list(standard_input(io.BytesIO(text)))
    assert len(found) > 1
    assert b"".join(each.data[slice(*each.own)] for each in found) == text
    assert sum(each.size for each in found) == len(text)
    assert [each.continues for each in found] == [False] + [True] * (len(found) - 1)


def test_wide_text_is_read_too():
    found = list(standard_input(io.BytesIO("password = 1\n".encode("utf-16"))))
    assert [each.data for each in found][1:] == [b"password = 1\n"]


class Broken(io.RawIOBase):
    """Gives a little, then fails."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int = -1) -> bytes:
        if not self._pieces:
            raise OSError(5, "Input/output error")
        return self._pieces.pop(0)


@pytest.mark.parametrize("pieces", [[], [b"abc"], [b"x" * (SECTION_BYTES + 1), b"yz"]])
def test_what_was_read_before_an_error_is_kept_and_the_error_is_a_gap(pieces):
    whole = sum(map(len, pieces))
    *found, gap = standard_input(Broken(pieces.copy()))
    why = "could not be read to its end: Input/output error"
    assert gap == Gap(Stage.REACH, "standard input", why)
    assert sum(each.size for each in found) == whole
