"""SQL as words, and whether a text is SQL at all."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAXIMUM_WORDS = 50_000
_LEXER = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z)|\#!?[ \t][^\n]*)"
    r"|(?P<text>'(?:''|\\.|[^'\\])*')"
    r"|(?P<body>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))"
    r"|(?P<word>(?:\"[^\"\n]{1,63}\"|`[^`\n]{1,64}`|\[[A-Za-z_]\w*\]|[A-Za-z_][\w$]*)"
    r"(?:\s?\.\s?(?:\"[^\"\n]{1,63}\"|`[^`\n]{1,64}`|[A-Za-z_][\w$]*|\*))*)"
    r"|(?P<mark>\\?[^\s\w])|(?P<other>\S)",
    re.DOTALL,
)
_STARTS = re.compile(
    r"\A(?:\s|--[^\n]*\n|/\*.*?\*/|\()*"
    r"(?:SELECT\s|INSERT\s+INTO\s|INSERT\s+IGNORE\s|REPLACE\s+INTO\s|UPDATE\s+\S+(?:\s+(?:AS\s+)?\w+)?\s+SET\s|DELETE\s+FROM\s|TRUNCATE\s+\S"
    r"|MERGE\s+INTO\s|COPY\s*\(\s*SELECT\s|COPY\s+\S+\s*(?:\([^)]*\)\s*)?(?:FROM|TO)\s|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\([^)]{0,500}\)\s*)?AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\("
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+|LOCAL\s+|TEMP\s+|TEMPORARY\s+|UNLOGGED\s+|UNIQUE\s+|CONSTRAINT\s+)?"
    r"(?:TABLE|INDEX|VIEW|MATERIALIZED|FUNCTION|PROCEDURE|TRIGGER|EXTENSION|SCHEMA|TYPE|ROLE|USER|DATABASE|POLICY|SEQUENCE"
    r"|DOMAIN|PUBLICATION|SUBSCRIPTION|SERVER|FOREIGN)\s"
    r"|ALTER\s+(?:TABLE|INDEX|VIEW|ROLE|USER|DATABASE|SCHEMA|TYPE|SEQUENCE|FUNCTION|DEFAULT|SYSTEM|POLICY|DOMAIN|EXTENSION)\s"
    r"|DROP\s+(?:TABLE|INDEX|VIEW|MATERIALIZED|FUNCTION|TRIGGER|EXTENSION|SCHEMA|TYPE|ROLE|USER|DATABASE|POLICY|SEQUENCE|OWNED|DOMAIN)\s"
    r"|GRANT\s+(?:[^;]{1,300}?\sON\s|\w+)[^;]{0,300}?\sTO\s|REVOKE\s+\S.*?\sFROM\s|VACUUM(?:\s|\s*;)|ANALYZE\s+\w|REINDEX\s|REFRESH\s+MATERIALIZED\s"
    r"|LOCK\s+TABLE\s|EXPLAIN\s|COMMENT\s+ON\s|SET\s+ROLE\s|REASSIGN\s+OWNED\s|BEGIN\s*;|DO\s+\$)",
    re.IGNORECASE | re.DOTALL,
)
_SHAPE = re.compile(r"\A\W*SELECT\b(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"\sFROM\s+[\w\"`\[{(.$%:@#]|\A\s*[\w.]+\s*\(", re.IGNORECASE)
_FIRST = re.compile(r"(?:--[^\n]*\n|/\*.*?\*/|[\s(])*([A-Za-z]+)", re.DOTALL)
_PROSE = re.compile(
    r"\b(?:from|into|table|user|role|on|to|update|truncate)\s+(?:the|your|this|that|these|an?\s+(?:list|file|menu|set|user|new|given)|our|its|my|their|failed|menu|below)\b"
)
_NAME = re.compile(r"\A[A-Za-z_][\w$]{0,62}(?:\.[A-Za-z_][\w$]{0,62}){0,2}\Z")
_PARTS = 4_000
"""Characters at the beginning of a text by which SQL is known."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that SQL does."""

    does: str
    """As PostgreSQL's catalogue names it, where it has a name for it."""
    table: str | None
    """The table or other object, without quotes; `None` where none is written out."""
    offset: int
    """In the SQL."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or mark."""

    text: str
    upper: str
    offset: int
    mark: bool = False


def is_sql(text: str) -> bool:
    """Whether a text begins like SQL and goes on like it."""
    head = text[:_PARTS]
    if _STARTS.match(head) is None:
        return False
    first = _FIRST.match(head)
    word = first.group(1) if first else ""
    if not (word.isupper() or (word.islower() and _PROSE.search(head) is None)):
        return False
    selecting = _SHAPE.match(head)
    return selecting is None or _FROM.search(selecting["rest"]) is not None


def is_cut_short(sql: str) -> bool:
    """Whether a text has more words and marks than are read."""
    return len(sql) > MAXIMUM_WORDS and any(
        count > MAXIMUM_WORDS for count, _ in enumerate(_LEXER.finditer(sql))
    )


def words(sql: str) -> Iterator[Word]:
    """The words and marks of a text, without comments; what `$$` encloses is one."""
    for count, found in enumerate(_LEXER.finditer(sql)):
        if count > MAXIMUM_WORDS:
            return
        text = found.group()
        if found.lastgroup == "word":
            plain = re.sub(r"[\"`\[\]]", "", text).replace(" ", "")
            yield Word(plain, plain.upper() if text[0] not in '"`[' else "", found.start())
        elif found.lastgroup == "body" or found["body"] is not None:
            yield Word(text, "$$", found.start(), mark=True)
        elif found.lastgroup in ("mark", "text"):
            yield Word(text if found.lastgroup == "mark" else "''", "", found.start(), mark=True)


_BEFORE_NAME = frozenset(
    [
        "TABLE",
        "TABLES",
        "ONLY",
        "SCHEMA",
        "ALL",
        "IN",
        "SEQUENCE",
        "SEQUENCES",
        "FUNCTION",
        "FUNCTIONS",
        "DATABASE",
        "PROCEDURE",
    ]
)


def after(words: list[Word], uppers: list[str], keyword: str) -> str | None:
    """The name that follows a keyword, behind words such as TABLE; `None` if there is none."""
    if keyword not in uppers:
        return None
    at = uppers.index(keyword) + 1
    while at < len(uppers) and uppers[at] in _BEFORE_NAME:
        at += 1
    return plain(words[at]) if at < len(words) else None


def last_name(words: Iterable[Word], start: int) -> str | None:
    """The last name from a position on; `None` if there is none."""
    found = [word for word in list(words)[start:] if not word.mark]
    return plain(found[-1]) if found else None


def plain(word: Word) -> str | None:
    """The name as it may be shown; `None` for what is none."""
    return word.text if _NAME.match(word.text) else None
