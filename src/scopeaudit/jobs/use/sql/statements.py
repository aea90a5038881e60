"""What SQL does: its statements by the names of PostgreSQL's catalogue, and on which tables."""

from collections.abc import Callable, Iterator, Mapping

from scopeaudit.jobs.use.sql.definitions import definitions
from scopeaudit.jobs.use.sql.rows import row_statements
from scopeaudit.jobs.use.sql.words import Statement, Word, after, is_sql, last_name, plain, words

__all__ = ["Statement", "is_sql", "statements"]


def statements(sql: str, names: frozenset[str]) -> Iterator[Statement]:
    """What each statement does, in order, without repetition; `names` are functions that are operations."""
    held: list[Word] = []
    seen: set[tuple[str, str | None]] = set()
    for word in (*words(sql), None):
        if word is not None and word.text != ";":
            held.append(word)
            continue
        for found in _statement(held, names) if held else ():
            key = (found.does, found.table)
            if key not in seen:
                seen.add(key)
                yield found
        held = []


_Reader = Callable[[list[Word], list[str]], str | None]


def _vacuum(held: list[Word], uppers: list[str]) -> str:
    del held
    return "VACUUM FULL" if "FULL" in uppers[:4] else "VACUUM"


def _reindex(held: list[Word], uppers: list[str]) -> str:
    del held
    return f"REINDEX {next((each for each in ('DATABASE', 'SCHEMA') if each in uppers[:3]), 'TABLE')}"


def _set(held: list[Word], uppers: list[str]) -> str | None:
    del held
    if "ROLE" in uppers[1:3]:
        return "SET ROLE"
    return "SET SESSION AUTHORIZATION" if "AUTHORIZATION" in uppers[1:4] else None


_PLAIN: Mapping[str, str] = {
    "REFRESH": "REFRESH MATERIALIZED VIEW",
    "COMMENT": "COMMENT",
    "CLUSTER": "CLUSTER",
    "CHECKPOINT": "CHECKPOINT",
    "ANALYZE": "ANALYZE",
    "LOAD": "LOAD",
    "REASSIGN": "REASSIGN OWNED",
}
_SPECIAL: Mapping[str, _Reader] = {"VACUUM": _vacuum, "REINDEX": _reindex, "SET": _set}
_NAMED = frozenset({"VACUUM", "REINDEX", "REFRESH"})


def _statement(held: list[Word], names: frozenset[str]) -> Iterator[Statement]:
    head, start = held[0].upper, held[0].offset
    uppers = [word.upper for word in held]
    if head in _PLAIN or head in _SPECIAL:
        does = _PLAIN[head] if head in _PLAIN else _SPECIAL[head](held, uppers)
        if does is not None:
            yield Statement(does, last_name(held, 1) if head in _NAMED else None, start)
        return
    match head:
        case "CREATE" | "ALTER" | "DROP":
            yield from definitions(held, uppers)
        case "GRANT" | "REVOKE":
            yield Statement(f"{head} ({_granted(uppers)})", after(held, uppers, "ON"), start)
        case "DO":
            for word in held:
                if word.upper == "$$":
                    yield from statements(word.text.strip("$"), names)
        case "LOCK":
            named = (
                after(held, uppers, "TABLE") if "TABLE" in uppers[1:2] else plain(held[min(1, len(held) - 1)])
            )
            yield Statement("LOCK TABLE", named, start)
        case "COPY":
            yield from _copy(held, uppers, names)
        case _:
            yield from row_statements(held, uppers, names)


def _granted(uppers: list[str]) -> str:
    if "ON" not in uppers:
        return "role"
    after = uppers[uppers.index("ON") + 1 :][:3]
    kinds = (
        ("ALL", "table"),
        ("SCHEMA", "schema"),
        ("DATABASE", "database"),
        ("SEQUENCE", "sequence"),
        ("FUNCTION", "function"),
        ("PROCEDURE", "function"),
        ("LARGE", "large object"),
    )
    found = next((name for word, name in kinds if word in after[:1]), "table")
    if after[:1] == ["ALL"] and len(after) > 1 and after[1] in ("SEQUENCES", "FUNCTIONS"):
        found = "sequence" if after[1] == "SEQUENCES" else "function"
    return found


def _copy(words: list[Word], uppers: list[str], names: frozenset[str]) -> Iterator[Statement]:
    start = words[0].offset
    for position, word in enumerate(uppers):
        if word in ("FROM", "TO") and position + 1 < len(words):
            target = uppers[position + 1]
            if word == "FROM" and "SELECT" in uppers[:position]:
                continue
            standard = target in ("STDIN", "STDOUT", "PSTDIN", "PSTDOUT")
            where = (
                ("STDIN" if word == "FROM" else "STDOUT")
                if standard
                else "PROGRAM"
                if target == "PROGRAM"
                else "file"
            )
            if words[0].text.startswith("\\"):
                where = "STDIN" if word == "FROM" else "STDOUT"
            table = None if words[1].mark else plain(words[1])
            yield Statement(f"COPY {word} {where}", table, start)
            break
    yield from row_statements(words[1:], uppers[1:], names)
