"""A role of MySQL with the privileges of a job. A job names them as SQL does: `SELECT`, `CREATE VIEW`."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.quoting import mysql_account, mysql_database_pattern, mysql_name
from scopeaudit.jobs.narrow.resources import is_literal
from scopeaudit.jobs.narrow.words import listed, missing_told

_SOURCE = "https://dev.mysql.com/doc/refman/8.4/en/grant.html"
_PRIVILEGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "SELECT": ("SELECT",), "INSERT": ("INSERT",), "UPDATE": ("UPDATE",), "DELETE": ("DELETE",),
        "REPLACE": ("DELETE", "INSERT"), "LOAD DATA": ("INSERT",), "TRUNCATE TABLE": ("DROP",),
        "CREATE": ("CREATE",), "CREATE TABLE": ("CREATE",), "ALTER": ("ALTER",), "ALTER TABLE": ("ALTER",),
        "DROP": ("DROP",), "DROP TABLE": ("DROP",), "INDEX": ("INDEX",), "CREATE INDEX": ("INDEX",),
        "DROP INDEX": ("INDEX",), "REFERENCES": ("REFERENCES",), "TRIGGER": ("TRIGGER",),
        "CREATE VIEW": ("CREATE VIEW",), "SHOW VIEW": ("SHOW VIEW",),
        "EXECUTE": ("EXECUTE",), "CALL": ("EXECUTE",), "EVENT": ("EVENT",), "LOCK TABLES": ("LOCK TABLES",),
        "CREATE ROUTINE": ("CREATE ROUTINE",), "ALTER ROUTINE": ("ALTER ROUTINE",),
        "CREATE TEMPORARY TABLES": ("CREATE TEMPORARY TABLES",),
        "effect:read": ("SELECT", "SHOW VIEW"),
    }
)  # fmt: skip
"""What a job says, to the privileges it takes. Source: the pages of the statements, and
https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html"""
_OF_TABLES = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER",
     "CREATE VIEW", "SHOW VIEW"}
)  # fmt: skip
"""Privileges that can be granted on one table."""
_MEANS = {
    "DROP": ("DROP TABLE", "TRUNCATE TABLE"),
    "INDEX": ("CREATE INDEX", "DROP INDEX"),
    "CREATE": ("CREATE TABLE",),
    "ALTER": ("ALTER TABLE",),
}
"""Statements that a privilege allows beside each other."""


def mysql_role(need: Need) -> Narrower:
    """CREATE ROLE and GRANT; the login that gets the role is a step, with a password the server makes up."""
    known = {each: _PRIVILEGES[word] for each in need.needed if (word := _word(each)) in _PRIVILEGES}
    missing = need.needed - known.keys()
    privileges = frozenset(one for each in known.values() for one in each)
    targets, unplaced = _targets(need)
    role = mysql_account(need.slug.replace("-", "_"))
    grants, loose = _grants(privileges, targets, role)
    said = {_word(each) for each in known}
    beyond = {
        statement
        for privilege in (privileges & _MEANS.keys()) - said
        for statement in _MEANS[privilege]
        if statement not in said
    }
    login = mysql_account(f"{need.slug.replace('-', '_')[:26]}_login")
    return Narrower(
        title=f"a role for job {need.slug}",
        form=Form.SQL,
        text="\n".join([f"CREATE ROLE {role};", *grants]),
        steps=(
            (
                f"CREATE USER {login}@'the address the job connects from' IDENTIFIED BY RANDOM PASSWORD "
                f"DEFAULT ROLE {role}; the server makes the password up and shows it once (from MySQL "
                "8.0.18)"
            ),
            "when the job runs with it, DROP USER or lock the old account",
        ),
        remains=(
            *missing_told(
                missing, "write privileges or statements, such as SELECT; what is granted on *.* is left out"
            ),
            *(f"resource {each} of the job is no database and no table: it is left out" for each in unplaced),
            *(
                ()
                if targets
                else ("the job names no database, so nothing is granted yet: name database/<name>",)
            ),
            *((f"{listed(sorted(loose))}: MySQL grants these for a whole database",) if loose else ()),
            *((f"the same privileges come with {listed(sorted(beyond))}",) if beyond else ()),
            "every row of those tables: MySQL has no row security, a view can show some rows",
        ),
        next_best=None,
        source=_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _word(entry: str) -> str:
    """An entry of the job as the table has it."""
    word = " ".join(entry.upper().split())
    return {"TRUNCATE": "TRUNCATE TABLE", "EFFECT:READ": "effect:read"}.get(word, word)


def _targets(need: Need) -> tuple[tuple[tuple[str, str | None], ...], tuple[str, ...]]:
    """Databases and tables of the job: the login's own database where it names none."""
    found: list[tuple[str, str | None]] = []
    unplaced = []
    for each in need.resources:
        text = each.removeprefix("database/").removeprefix("table/").removesuffix(".*")
        database, dot, table = text.partition(".")
        if is_literal(text) and _is_name(database) and (not dot or _is_name(table)):
            found.append((database, table if dot else None))
        else:
            unplaced.append(each)
    own = need.context.get("database", "")
    if not need.resources and _is_name(own):
        found.append((own, None))
    return tuple(dict.fromkeys(found)), tuple(unplaced)


def _is_name(text: str) -> bool:
    try:
        mysql_name(text)
    except ValueError:
        return False
    return True


def _grants(
    privileges: frozenset[str], targets: tuple[tuple[str, str | None], ...], role: str
) -> tuple[list[str], frozenset[str]]:
    """The statements, and the privileges that had to be granted for a whole database."""
    by_target: dict[str, set[str]] = defaultdict(set)
    loose = set()
    for database, table in targets:
        whole = f"{mysql_database_pattern(database)}.*"
        for privilege in privileges:
            if table is not None and privilege in _OF_TABLES:
                by_target[f"{mysql_name(database)}.{mysql_name(table)}"].add(privilege)
            else:
                by_target[whole].add(privilege)
                if table is not None:
                    loose.add(privilege)
    statements = [
        f"GRANT {', '.join(sorted(granted))} ON {target} TO {role};"
        for target, granted in sorted(by_target.items())
    ]
    return statements, frozenset(loose)
