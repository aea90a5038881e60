"""Names from outside, written so that a database reads them as names and as nothing else."""

import re

MOST_MYSQL = 64
"""Characters of a name in MySQL. Source: https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html"""


def is_postgresql_name(text: str) -> bool:
    """Whether a name can be written so: none is empty, and none holds a null or half a character."""
    return bool(text) and not any(each == "\0" or 0xD800 <= ord(each) <= 0xDFFF for each in text)


def postgresql_name(name: str) -> str:
    r"""A name of PostgreSQL in quotes; what does not print is escaped, and so ends no line or comment.

    Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS

    Raises:
        ValueError: if no name can be written so: none is empty, and none holds a null or half a character.
    """
    if not is_postgresql_name(name):
        raise ValueError("no name of PostgreSQL")
    if name.isprintable():
        return '"' + name.replace('"', '""') + '"'
    return 'U&"' + "".join(map(_escaped, name)) + '"'


def _escaped(character: str) -> str:
    if character == '"':
        return '""'
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\{number:04x}" if number <= 0xFFFF else f"\\+{number:06x}"


def mysql_name(name: str) -> str:
    """A name of MySQL in backticks.

    Source: https://dev.mysql.com/doc/refman/8.4/en/identifiers.html

    Raises:
        ValueError: if it does not print, which MySQL has no escape for, is too long, or ends in a space.
    """
    if not name or not name.isprintable() or len(name) > MOST_MYSQL or name.endswith(" "):
        raise ValueError("no name of MySQL that can be written safely")
    return "`" + name.replace("`", "``") + "`"


def mysql_database_pattern(name: str) -> str:
    r"""A database in `GRANT ... ON name.*`, where `_` and `%` are wildcards unless they are escaped.

    Source: https://dev.mysql.com/doc/refman/8.4/en/grant.html

    Raises:
        ValueError: as for any name.
    """
    escaped = re.sub(r"([_%\\])", r"\\\1", name)
    mysql_name(name)
    return "`" + escaped.replace("`", "``") + "`"


def mysql_account(name: str) -> str:
    """The name of a role or account as a string; made of our own letters only.

    Raises:
        ValueError: if it holds anything else.
    """
    if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
        raise ValueError("no name of a role that is made here")
    return f"'{name}'"
