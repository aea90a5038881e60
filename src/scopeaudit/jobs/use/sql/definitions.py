"""What SQL defines: CREATE, ALTER and DROP, with the variants that PostgreSQL's catalogue has."""

import re
from collections.abc import Iterator

from scopeaudit.jobs.use.sql.rows import row_statements
from scopeaudit.jobs.use.sql.words import Statement, Word, after, plain

TRUSTED = frozenset(
    [
        "btree_gin",
        "btree_gist",
        "citext",
        "cube",
        "dict_int",
        "fuzzystrmatch",
        "hstore",
        "intarray",
        "isn",
        "lo",
        "ltree",
        "pgcrypto",
        "pg_trgm",
        "plpgsql",
        "seg",
        "tablefunc",
        "tcn",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp",
    ]
)
"""Extensions that need no superuser: https://www.postgresql.org/docs/current/contrib.html"""
_OBJECTS = (
    "ACCESS METHOD",
    "EVENT TRIGGER",
    "FOREIGN DATA WRAPPER",
    "FOREIGN TABLE",
    "MATERIALIZED VIEW",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "USER MAPPING",
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "CONVERSION",
    "DATABASE",
    "DOMAIN",
    "EXTENSION",
    "FUNCTION",
    "INDEX",
    "LANGUAGE",
    "OPERATOR",
    "OWNED",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROLE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "SYSTEM",
    "TABLESPACE",
    "TABLE",
    "TRANSFORM",
    "TRIGGER",
    "TYPE",
    "VIEW",
)
_MODIFIERS = frozenset(
    [
        "OR",
        "REPLACE",
        "GLOBAL",
        "LOCAL",
        "TEMP",
        "TEMPORARY",
        "UNLOGGED",
        "UNIQUE",
        "CONSTRAINT",
        "TRUSTED",
        "PROCEDURAL",
        "RECURSIVE",
        "DEFINER",
    ]
)
_ROLE_POWERS = ("SUPERUSER", "CREATEDB", "BYPASSRLS", "REPLICATION")


def definitions(words: list[Word], uppers: list[str]) -> Iterator[Statement]:
    """CREATE, ALTER and DROP, with the variants the catalogue has."""
    head, start = uppers[0], words[0].offset
    position = 1
    while position < len(uppers) and uppers[position] in _MODIFIERS:
        position += 1
    rest = " ".join(uppers[position : position + 4])
    rest = re.sub(r"^(USER|GROUP)(?! MAPPING)", "ROLE", rest)
    rest = re.sub(r"^ROUTINE", "FUNCTION", rest)
    kind = next((each for each in _OBJECTS if re.match(rf"{each}\b", rest)), None)
    if kind is None:
        return
    kind = "FUNCTION" if kind == "PROCEDURE" and head != "CREATE" else kind
    position += kind.count(" ") + 1
    while position < len(uppers) and uppers[position] in ("IF", "NOT", "EXISTS", "CONCURRENTLY", "ONLY"):
        position += 1
    name = plain(words[position]) if position < len(words) else None
    if kind in ("INDEX", "POLICY", "TRIGGER", "RULE"):
        name = after(words, uppers, "ON") or name
    does = f"{head} {kind}"
    tail = uppers[position:]
    replaced = "REPLACE" in uppers[:3]
    yield from (
        Statement(each, name, start) for each in _variants(does, tail, words[position:], uppers[:position])
    )
    if replaced and kind in ("FUNCTION", "VIEW") and head == "CREATE":
        yield Statement(f"CREATE OR REPLACE {kind}", name, start)
    if kind == "TABLE" and head != "DROP" and "REFERENCES" in tail:
        yield Statement("REFERENCES", after(words, uppers, "REFERENCES"), start)
    if does in ("CREATE VIEW", "CREATE MATERIALIZED VIEW", "CREATE TABLE") and "SELECT" in tail:
        where = len(uppers) - len(tail) + tail.index("SELECT")
        yield from row_statements(words[where:], uppers[where:], frozenset())


def _variants(does: str, tail: list[str], words: list[Word], before: list[str]) -> Iterator[str]:
    match does:
        case "ALTER TABLE":
            yield from _altered(tail)
        case "CREATE TABLE":
            if "TEMP" in before or "TEMPORARY" in before:
                yield "CREATE TEMPORARY TABLE"
            else:
                yield "CREATE TABLE AS" if "AS" in tail[:4] and "SELECT" in tail else does
        case "CREATE EXTENSION":
            yield "CREATE EXTENSION (trusted)" if words and words[0].text in TRUSTED else does
        case "CREATE FUNCTION":
            languages = [tail[at + 1] for at, word in enumerate(tail[:-1]) if word == "LANGUAGE"]
            odd = [each for each in languages if each not in ("SQL", "PLPGSQL", "")]
            yield does if not odd else f"{does} (C)" if odd[0] == "C" else f"{does} (untrusted language)"
        case "CREATE ROLE" | "ALTER ROLE":
            yield does
            for power in _ROLE_POWERS:
                if power in tail and (does == "CREATE ROLE" or power == "SUPERUSER"):
                    yield f"{does} ({power})"
        case _:
            yield does


_DROPS = (
    r"\bDROP (?:COLUMN\b|(?!CONSTRAINT|NOT|DEFAULT|IDENTITY|EXPRESSION)\w)"
    r"|\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b"
)


def _altered(tail: list[str]) -> Iterator[str]:
    """The variants of ALTER TABLE; the plain one where anything else is changed."""
    joined = " ".join(tail)
    found = False
    for pattern, variant in (
        (_DROPS, "DROP COLUMN, ALTER TYPE"),
        (r"\bOWNER TO\b", "OWNER TO"),
        (r"\bROW LEVEL SECURITY\b", "ROW LEVEL SECURITY"),
    ):
        if re.search(pattern, joined):
            found = True
            yield f"ALTER TABLE ({variant})"
    if not found or re.search(
        r"\b(?:ADD|RENAME|SET (?:NOT|DEFAULT|SCHEMA)|VALIDATE|INHERIT|ATTACH)\b", joined
    ):
        yield "ALTER TABLE"
