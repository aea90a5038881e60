"""Names from outside, as databases read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from scopeaudit.jobs.narrow.quoting import mysql_account, mysql_database_pattern, mysql_name, postgresql_name

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


@given(PLAIN)
def test_plain_names_are_quoted_as_the_driver_quotes_them(name):
    assert postgresql_name(name) == sql.Identifier(name).as_string(None)


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Orders", '"Orders"'),
        ('or"; DROP TABLE x;--', '"or""; DROP TABLE x;--"'),
        ("a\nb", 'U&"a\\000ab"'),
        ('a\n\\"b', 'U&"a\\000a\\\\""b"'),
        ("x\u202ey", 'U&"x\\202ey"'),
        ("\U000e0041", 'U&"\\+0e0041"'),
        ("größe", '"größe"'),
    ],
)
def test_what_does_not_print_is_escaped(name, quoted):
    assert postgresql_name(name) == quoted


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_no_quoted_name_ends_its_line_or_its_quotes(name):
    quoted = postgresql_name(name)
    assert quoted.isprintable()
    inner = quoted.removeprefix("U&")[1:-1]
    assert '"' not in inner.replace('""', "")


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800"])
def test_what_is_no_name_of_postgresql_is_refused(name):
    with pytest.raises(ValueError, match="no name"):
        postgresql_name(name)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 65, "a ", "\x1b"])
def test_what_cannot_be_written_safely_for_mysql_is_refused(name):
    with pytest.raises(ValueError, match="no name"):
        mysql_name(name)
    with pytest.raises(ValueError, match="no name"):
        mysql_database_pattern(name)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64))
def test_backticks_are_doubled_and_wildcards_escaped_for_mysql(name):
    assert mysql_name(name)[1:-1].replace("``", "").count("`") == 0
    pattern = mysql_database_pattern(name)[1:-1].replace("``", "`")
    literal, position = "", 0
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 1
        else:
            assert pattern[position] not in "_%"
        literal += pattern[position]
        position += 1
    assert literal == name


@pytest.mark.parametrize("name", ["", "a'b", "A", "x" * 33, "a-b"])
def test_names_of_accounts_are_made_of_plain_letters_only(name):
    with pytest.raises(ValueError, match="no name"):
        mysql_account(name)
    assert mysql_account("shop_reader_1") == "'shop_reader_1'"
