"""Which privileges of PostgreSQL give which atoms of its provider file, and what grants each.

Source: https://www.postgresql.org/docs/current/ddl-priv.html
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

RELATIONS = ("table", "view", "materialized-view", "foreign-table")
"""Types that `ON TABLE` and `ON ALL TABLES IN SCHEMA` are about."""
OF_RELATION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "select": ("SELECT",), "select-column": ("SELECT",), "insert": ("INSERT",),
        "insert-column": ("INSERT",), "update": ("UPDATE",), "update-column": ("UPDATE",),
        "lock-rows": ("SELECT", "UPDATE"), "delete": ("DELETE",), "truncate": ("TRUNCATE",),
        "references": ("REFERENCES",), "trigger": ("TRIGGER",), "maintain": ("MAINTAIN",),
        "vacuum": ("MAINTAIN",),
    }
)  # fmt: skip
"""Atom on a table or what is like one, to the privileges that give it."""
OF_SEQUENCE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"select": ("SELECT",), "update": ("UPDATE",), "usage": ("USAGE",)}
)
OF_DATABASE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "connect": ("CONNECT",), "temporary": ("TEMPORARY",), "create": ("CREATE",),
        "create-trusted-extension": ("CREATE",),
    }
)  # fmt: skip
OF_SCHEMA: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"create": ("CREATE",), "create-function": ("CREATE",)}
)
OF_ROLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"bypassrls": ("BYPASSRLS",), "replication": ("REPLICATION",), "login-replication": ("REPLICATION",),
     "createdb": ("CREATEDB",)}
)  # fmt: skip
"""Atom to the attribute of a role that gives it."""
PREDEFINED = frozenset(
    {"pg_checkpoint", "pg_read_all_settings", "pg_read_all_stats", "pg_signal_backend", "pg_stat_scan_tables"}
)
"""Predefined roles that give one atom each, and read no row of anybody's.

Source: https://www.postgresql.org/docs/current/predefined-roles.html
"""
OF_COLUMNS = frozenset({"SELECT", "INSERT", "UPDATE", "REFERENCES"})
"""Privileges that can be granted on single columns.

Source: https://www.postgresql.org/docs/current/sql-grant.html
"""
_WHOLE = frozenset({"select", "insert", "update", "lock-rows", "references"})
"""Atoms that privileges on single columns do not give."""
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})


def relation_atoms(privileges: Iterable[str], kind: str, *, by_column: bool = False) -> frozenset[str]:
    """What privileges on a relation of a type come to; those on columns, where it is single ones only."""
    held = frozenset(privileges)
    if kind == "sequence":
        return frozenset(atom for atom, needs in OF_SEQUENCE.items() if held >= set(needs))
    atoms = {atom for atom, needs in OF_RELATION.items() if held >= set(needs)}
    if by_column:
        atoms -= _WHOLE
    if held & _WRITES and not by_column:
        atoms.add("merge")
    return frozenset(atoms)


def atoms_of(table: Mapping[str, tuple[str, ...]], privileges: Iterable[str]) -> frozenset[str]:
    """The atoms of a table that privileges give."""
    held = frozenset(privileges)
    return frozenset(atom for atom, needs in table.items() if held >= set(needs))
