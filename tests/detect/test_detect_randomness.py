"""Random text and words, told apart by pairs of letters."""

import random
import string

import pytest

from scopeaudit.detect.randomness import is_random, word_score

DRAWS = 2_000


def _drawn(alphabet: str, length: int) -> list[str]:
    source = random.Random(f"{alphabet}{length}")
    return ["".join(source.choices(alphabet, k=length)) for _ in range(DRAWS)]


@pytest.mark.parametrize(
    ("alphabet", "length"),
    [
        (string.ascii_letters + string.digits, 16),
        (string.ascii_letters + string.digits, 32),
        (string.ascii_lowercase + string.digits, 24),
        ("0123456789abcdef", 32),
        (string.ascii_uppercase + "234567", 32),
        (string.ascii_letters, 24),
    ],
)
def test_nearly_all_drawn_text_is_random(alphabet: str, length: int) -> None:
    missed = [text for text in _drawn(alphabet, length) if not is_random(text)]
    assert len(missed) < DRAWS / 100, missed[:5]


@pytest.mark.parametrize(
    "text",
    [
        "authentication-required",
        "internationalization",
        "getElementsByTagName",
        "application_settings",
        "aaaaaaaaaaaaaaaa",
        "deadbeeffeedface",
    ],
)
def test_words_are_not(text: str) -> None:
    assert not is_random(text)


def test_the_score_of_words_is_high_and_of_random_letters_low() -> None:
    words = word_score("the information administration")
    letters = word_score("".join(_drawn(string.ascii_lowercase, 20)[:50]))
    assert words is not None
    assert words > 1
    assert letters is not None
    assert letters < -1


def test_too_little_to_tell() -> None:
    assert word_score("abc") is None
    assert word_score("1a2b3c4d") is None
    assert word_score("") is None
