"""What sends statements without a call: change logs of Liquibase, settings by which a mapper makes tables."""

import re
from collections.abc import Iterator

_NAMES = {
    "createTable": ("CREATE TABLE",),
    "dropTable": ("DROP TABLE",),
    "renameTable": ("ALTER TABLE",),
    "addColumn": ("ALTER TABLE",),
    "renameColumn": ("ALTER TABLE",),
    "dropColumn": ("ALTER TABLE (DROP COLUMN, ALTER TYPE)",),
    "modifyDataType": ("ALTER TABLE (DROP COLUMN, ALTER TYPE)",),
    "addNotNullConstraint": ("ALTER TABLE",),
    "dropNotNullConstraint": ("ALTER TABLE",),
    "addDefaultValue": ("ALTER TABLE",),
    "addPrimaryKey": ("ALTER TABLE",),
    "addUniqueConstraint": ("ALTER TABLE",),
    "addForeignKeyConstraint": ("ALTER TABLE", "REFERENCES"),
    "dropForeignKeyConstraint": ("ALTER TABLE",),
    "createIndex": ("CREATE INDEX",),
    "dropIndex": ("DROP INDEX",),
    "createSequence": ("CREATE SEQUENCE",),
    "createView": ("CREATE VIEW",),
    "dropView": ("DROP VIEW",),
    "insert": ("INSERT",),
    "loadData": ("INSERT",),
    "update": ("SELECT", "UPDATE"),
    "delete": ("SELECT", "DELETE"),
}
"""https://docs.liquibase.com/change-types/home.html"""
_CHANGE = re.compile(
    rf"<(?:\w+:)?({'|'.join(_NAMES)})[\s>]|^[ \t]*(?:-[ \t]+)?\"?({'|'.join(_NAMES)})\"?:", re.MULTILINE
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)
# https://docs.spring.io/spring-boot/how-to/data-initialization.html
_MAKES_TABLES = re.compile(
    r"\b(?:ddl-auto|ddl_auto|hbm2ddl\.auto|database\.generation)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?"
    r"(?P<how>create-drop|create|drop-and-create|update)\b"
)
HINTS = (b"databaseChangeLog", b"ddl-auto", b"ddl_auto", b"hbm2ddl.auto", b"database.generation")


def changes(path: str, text: str) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """What is seen, the statements, and the offset."""
    name = path.lower()
    if "databaseChangeLog" in text and name.endswith((".xml", ".yaml", ".yml", ".json")):
        plain = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
        for found in _CHANGE.finditer(plain):
            change = found.group(1) or found.group(2)
            yield change, _NAMES[change], found.start()
    elif name.endswith((".yml", ".yaml", ".properties", ".xml", ".conf")):
        for found in _MAKES_TABLES.finditer(text):
            changed = ("ALTER TABLE",) if found["how"] == "update" else ()
            shown = found.group().partition(":")[0].partition("=")[0].strip()
            yield shown, ("CREATE TABLE", *changed), found.start()
