"""What no statement says of a role of PostgreSQL: its rows, its columns, and numbers from sequences."""

from scopeaudit.jobs.narrow.narrower import Need
from scopeaudit.jobs.narrow.postgresql_grants import Grants
from scopeaudit.jobs.narrow.postgresql_privileges import OF_COLUMNS, RELATIONS
from scopeaudit.jobs.narrow.postgresql_targets import Targets
from scopeaudit.jobs.narrow.quoting import postgresql_name
from scopeaudit.jobs.narrow.words import listed

_OF_ROWS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_SINGLE = " (single columns)"
_ROW_SECURITY = "https://www.postgresql.org/docs/current/ddl-rowsecurity.html"
_SERIAL = "https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL"


def of_rows_and_columns(need: Need, targets: Targets, grants: Grants, role: str) -> tuple[str, ...]:
    """The remarks, in order."""
    granted = frozenset[str]().union(*(grants.relation.get(kind, frozenset()) for kind in RELATIONS))
    told = [*_of_columns(need, targets, granted)]
    if granted & _OF_ROWS:
        told.append(
            "every row of what is granted: for some rows only, ALTER TABLE ... ENABLE ROW LEVEL SECURITY and "
            f"CREATE POLICY ... TO {postgresql_name(role)} USING (...); where row security is on already, "
            f"the role sees no row until a policy is for it or for PUBLIC ({_ROW_SECURITY})"
        )
    if "INSERT" in granted and "USAGE" not in grants.relation.get("sequence", ()):
        told.append(
            "an INSERT that takes its number from a sequence (serial, DEFAULT nextval) needs USAGE on the "
            "sequence: allow nextval in the job if its tables have one; identity columns need nothing "
            f"({_SERIAL})"
        )
    return tuple(told)


def _of_columns(need: Need, targets: Targets, granted: frozenset[str]) -> list[str]:
    limited = [each for each in targets.relations if each.columns]
    told = []
    for each in limited:
        names = listed([postgresql_name(one) for one in each.columns])
        place = f"{postgresql_name(each.schema)}.{postgresql_name(each.name)}"
        told.append(f"of {place} the columns {names} and no other: SELECT * is refused")
    if whole := sorted(granted - OF_COLUMNS):
        told += [f"{listed(whole)}: PostgreSQL grants these for whole tables"] if limited else []
    single = sorted(each for each in need.needed if each.endswith(_SINGLE))
    only = [each for each in single if each.removesuffix(_SINGLE) not in need.needed]
    if only and not limited:
        told.append(
            f"{listed(only)}: the job names no columns, so whole tables are granted; name "
            "column/database.schema.table.column to have fewer"
        )
    return told
