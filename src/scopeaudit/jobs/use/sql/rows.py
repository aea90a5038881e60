"""What SQL does with rows: SELECT, INSERT, UPDATE, DELETE, MERGE and TRUNCATE, and what these read besides.

Reading a column needs SELECT also where UPDATE or DELETE read it in a condition, and INSERT in RETURNING:
https://www.postgresql.org/docs/current/sql-update.html, sql-delete.html and sql-insert.html.
"""

from collections.abc import Iterator

from scopeaudit.jobs.use.sql.words import Statement, Word, after, plain


def row_statements(words: list[Word], uppers: list[str], names: frozenset[str]) -> Iterator[Statement]:
    """SELECT, INSERT, UPDATE, DELETE, MERGE and TRUNCATE wherever they stand, in a WITH too."""
    locals_ = {
        words[at - 1].text.lower()
        for at in range(1, len(words) - 1)
        if uppers[at] == "AS" and words[at + 1].text == "("
    }
    changed: set[int] = set()
    for position, (word, upper) in enumerate(zip(words, uppers, strict=True)):
        following = uppers[position + 1] if position + 1 < len(uppers) else ""
        match upper:
            case "INSERT" | "REPLACE" if "INTO" in uppers[position + 1 : position + 4]:
                at = uppers.index("INTO", position) + 1
                changed.add(at)
                yield from _one("INSERT", words, at, word.offset)
            case "UPDATE" if position and (uppers[position - 1] == "DO" or following == "SET"):
                yield Statement("UPDATE", after(words, uppers, "INTO"), word.offset)
            case "UPDATE" if position and uppers[position - 1] == "KEY":
                yield Statement("UPDATE", after(words, uppers, "INTO"), word.offset)
            case "UPDATE" if "SET" in uppers[position + 1 : position + 6]:
                at = position + 1 + (following == "ONLY")
                yield from _one("UPDATE", words, at, word.offset)
                changed.add(at)
            case "DELETE" if following == "FROM":
                at = position + 2 + (uppers[position + 2 : position + 3] == ["ONLY"])
                yield from _one("DELETE", words, at, word.offset)
                changed.add(at)
            case "TRUNCATE":
                at = position + 1 + (following == "TABLE")
                at += uppers[at : at + 1] == ["ONLY"]
                yield from _one("TRUNCATE", words, at, word.offset)
            case "MERGE" if following == "INTO":
                yield from _one("MERGE", words, position + 2, word.offset)
                changed.add(position + 2)
            case _ if (
                upper.lower() in names
                and words[position + 1 : position + 2]
                and words[position + 1].text == "("
            ):
                yield Statement(upper.lower(), None, word.offset)
    yield from _read(words, uppers, locals_, changed)


def _one(does: str, words: list[Word], at: int, offset: int) -> Iterator[Statement]:
    table = plain(words[at]) if at < len(words) else None
    yield Statement(does, table, offset)


def _read(words: list[Word], uppers: list[str], own: set[str], changed: set[int]) -> Iterator[Statement]:
    """SELECT on what is read: tables after FROM and JOIN, and what a condition or RETURNING reads."""
    start = next((word.offset for word in words if word.upper), 0)
    tables = [
        name
        for position in _readers(words, uppers)
        if not _is_called(words, position + 1)
        for at, name in _tables(words, uppers, position + 1)
        if at not in changed and name.lower() not in own
    ]
    selecting = "SELECT" in uppers or "MERGE" in uppers or "USING" in uppers
    public = ("information_schema.", "pg_catalog.", "pg_", "dual")
    read = [name for name in tables if not name.lower().startswith(public)]
    locking = any(
        upper == "FOR" and uppers[at + 1 : at + 2] in (["UPDATE"], ["SHARE"], ["NO"], ["KEY"])
        for at, upper in enumerate(uppers)
    )
    for name in read if selecting else ():
        yield Statement("SELECT", name, start)
    if locking and "SELECT" in uppers:
        yield Statement("SELECT FOR UPDATE", read[0] if read else None, start)
    unnamed = any(word.text in ("{", "$", "%", "?", ":") for word in words)
    if "SELECT" in uppers and not tables and "FROM" in uppers and unnamed:
        yield Statement("SELECT", None, start)
    reading = {"WHERE", "RETURNING", "CONFLICT"} & set(uppers)
    for at in sorted(changed) if reading else ():
        if at < len(words):
            yield Statement("SELECT", plain(words[at]), start)


def _readers(words: list[Word], uppers: list[str]) -> Iterator[int]:
    """Where FROM, JOIN and USING name tables: not inside a call such as `extract(day FROM at)`."""
    rows = [False]
    for position, (word, upper) in enumerate(zip(words, uppers, strict=True)):
        if word.text == "(":
            rows.append(False)
        elif word.text == ")" and len(rows) > 1:
            rows.pop()
        elif upper in ("SELECT", "DELETE", "UPDATE", "MERGE"):
            rows[-1] = True
        elif upper in ("FROM", "JOIN", "USING") and (rows[-1] or upper == "JOIN"):
            yield position


def _is_called(words: list[Word], at: int) -> bool:
    """Whether a function's rows are read, `FROM generate_series(...)`, or columns are named, `USING (id)`."""
    return (
        at + 1 < len(words)
        and (words[at].mark or words[at + 1].text == "(")
        and words[at].text not in ("{", "$", "%")
    )


_NO_TABLE = frozenset(
    [
        "SELECT",
        "WHERE",
        "SET",
        "VALUES",
        "ON",
        "LATERAL",
        "UNNEST",
        "ONLY",
        "NOW",
        "CURRENT_TIMESTAMP",
        "BTREE",
        "HASH",
        "GIN",
        "GIST",
        "AS",
        "STDIN",
    ]
)


def _tables(words: list[Word], uppers: list[str], at: int) -> Iterator[tuple[int, str]]:
    """The tables of a list, `a x, b AS y`, from its first on."""
    while at < len(words) and not words[at].mark:
        if uppers[at] == "ONLY":
            at += 1
            continue
        name = None if uppers[at] in _NO_TABLE else plain(words[at])
        if name is None:
            return
        yield at, name
        at += 1
        if uppers[at : at + 1] == ["AS"]:
            at += 1
        if at < len(words) and not words[at].mark and words[at + 1 : at + 2] and words[at + 1].text == ",":
            at += 1
        if at >= len(words) or words[at].text != ",":
            return
        at += 1
