import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.report.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("scripts/domains.sh", "scripts/domains.sh"),
        ("größe 12 €, 日本語, 🚀", "größe 12 €, 日本語, 🚀"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b]8;;x\x07", r"\x1b]8;;x\x07"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("a\u200bb\ufeff\u00ad", r"a\u200bb\ufeff\xad"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("a\u00a0b\u3000", r"a\xa0b\u3000"),
        ("\udcff", r"\udcff"),
        ("\U000e0041\ufe0f\u3164\u2800", r"\U000e0041\ufe0f\u3164\u2800"),
        ("", ""),
    ],
)
def test_what_does_not_show_as_itself_is_escaped(text, shown):
    assert visible(text) == shown


@given(st.text(alphabet=st.characters()))
def test_what_is_visible_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)
    assert visible(text).isprintable()
