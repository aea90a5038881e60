"""A role of PostgreSQL that owns nothing and may do what a job needs."""

import re
from collections.abc import Iterable, Iterator, Sequence

from scopeaudit.jobs.narrow.narrower import Form, Narrower, Need
from scopeaudit.jobs.narrow.postgresql_grants import Grants, Within, grants_for
from scopeaudit.jobs.narrow.postgresql_privileges import OF_COLUMNS, RELATIONS
from scopeaudit.jobs.narrow.postgresql_remarks import of_rows_and_columns
from scopeaudit.jobs.narrow.postgresql_targets import Schema, Targets, targets_of
from scopeaudit.jobs.narrow.quoting import postgresql_name
from scopeaudit.jobs.narrow.words import beyond_told, listed, missing_told
from scopeaudit.model.authority import Verdict

_SOURCE = "https://www.postgresql.org/docs/current/sql-grant.html"
_OF_SUPERUSERS = "LOAD"
"""An operation that nobody but a superuser may do."""
_LOCK = "LOCK TABLE"
_ARGUMENTS = re.compile(r"[a-z0-9_ ,\[\]]*")
_FENCE = (
    "what only the owner may do runs in the deployment, as a role that lies nowhere else, or a "
    "person does it: PostgreSQL has no privilege for it"
)


def postgresql_role(need: Need) -> Narrower:
    """CREATE ROLE and GRANT; the password is set by hand, where nobody sees it."""
    targets = targets_of(need)
    owner = _owner(need, targets)
    functions = [each for each in targets.functions if _signature(each) is not None]
    within = Within(
        cluster=targets.has_cluster,
        databases=targets.has_databases,
        functions=bool(functions),
        owner=owner is not None,
        columns=bool(targets.relations)
        and not targets.schemas
        and all(each.columns for each in targets.relations),
    )
    grants = grants_for(need.needed, need.catalogue, within)
    does = grants.does(need.catalogue)
    if grants.owns:
        # Whoever becomes the owner may do what the owner may, and the present login may do no less.
        does |= need.authority.operations(Verdict.GRANTED)
    missing, beyond = need.needed - does, does - need.needed
    role = _role_name(need)
    statements = [*_create(role, grants, owner), *_on_databases(role, grants, targets)]
    statements += _on_schemas(role, grants, targets)
    statements += _on_relations(role, grants, targets)
    if grants.executes:
        statements += [
            f"GRANT EXECUTE ON FUNCTION {_signature(each)} TO {postgresql_name(role)};" for each in functions
        ]
    return Narrower(
        title=f"a database role for job {need.slug}",
        form=Form.SQL,
        text="\n".join([*statements, *_public(targets, need.needed)]),
        steps=(
            _where(targets),
            f"set its password where nobody sees it, in psql: \\password {postgresql_name(role)}",
            "give the new login to the job, and take the old one out of what agents read",
        ),
        remains=_remains(need, targets, grants, missing, beyond),
        next_best=_FENCE if missing or grants.owns else None,
        source=_SOURCE,
        missing=tuple(sorted(missing)),
        beyond=tuple(sorted(beyond)),
    )


def _remains(
    need: Need, targets: Targets, grants: Grants, missing: frozenset[str], beyond: frozenset[str]
) -> tuple[str, ...]:
    return (
        *missing_told(missing - {_LOCK}, "no grant on the job's resources allows them and nothing else"),
        *beyond_told(beyond, need.catalogue, "the same grants come with"),
        *(
            f"resource {each} of the job names nothing that is known: it is left out"
            for each in targets.unplaced
        ),
        *_of_targets(targets, grants, need),
        *of_rows_and_columns(need, targets, grants, _role_name(need)),
        (
            "what PUBLIC may do, every role may: connect to and make temporary tables in every "
            "database, execute functions; the statements behind -- take that away, for every role at "
            "once"
        ),
    )


def _role_name(need: Need) -> str:
    """A name of its own: not that of the present login, and none that PostgreSQL keeps for itself."""
    name = need.slug.replace("-", "_")
    is_taken = name == need.context.get("user") or name in ("public", "none", "postgres")
    return f"{name}_job" if is_taken or name.startswith("pg_") or name[0].isdigit() else name


def _owner(need: Need, targets: Targets) -> str | None:
    """The one owner of the job's schemas, if the present login is or may become it and is no superuser."""
    if _OF_SUPERUSERS in need.authority.operations(Verdict.GRANTED):
        return None
    owners = {each for schema in targets.schemas for each in schema.owners}
    facts = dict(need.authority.facts)
    known = {
        need.authority.account,
        *facts.get("inherits from", "").split(", "),
        *facts.get("can become", "").split(", "),
    }
    if len(owners) != 1 or not owners <= known:
        return None
    return owners.pop()


def _create(role: str, grants: Grants, owner: str | None) -> Iterator[str]:
    attributes = "".join(f" {each}" for each in sorted(grants.attributes))
    inherits = " NOINHERIT" if grants.owns else ""
    yield f"CREATE ROLE {postgresql_name(role)} LOGIN{inherits}{attributes};"
    if grants.owns and owner is not None:
        yield f"GRANT {postgresql_name(owner)} TO {postgresql_name(role)};"
    for each in sorted(grants.roles):
        yield f"GRANT {postgresql_name(each)} TO {postgresql_name(role)};"


def _on_databases(role: str, grants: Grants, targets: Targets) -> Iterator[str]:
    for each in targets.databases:
        privileges = ", ".join(sorted(grants.database))
        yield f"GRANT {privileges} ON DATABASE {postgresql_name(each)} TO {postgresql_name(role)};"


def _on_schemas(role: str, grants: Grants, targets: Targets) -> Iterator[str]:
    name = postgresql_name(role)
    inner = {(each.database, each.schema) for each in targets.relations}
    inner |= {(database, schema) for database, schema, _ in targets.functions} if grants.executes else set()
    for _, schema in sorted(inner - {(each.database, each.name) for each in targets.schemas}):
        yield f"GRANT USAGE ON SCHEMA {postgresql_name(schema)} TO {name};"
    tables = _joined(grants, RELATIONS)
    sequences = _joined(grants, ("sequence",))
    for each in targets.schemas:
        schema = postgresql_name(each.name)
        yield f"GRANT {', '.join(('USAGE', *sorted(grants.schema)))} ON SCHEMA {schema} TO {name};"
        for privileges, kind in ((tables, "TABLES"), (sequences, "SEQUENCES")):
            if privileges:
                yield f"GRANT {privileges} ON ALL {kind} IN SCHEMA {schema} TO {name};"
                yield from _defaults(each, schema, privileges, kind, name)


def _defaults(schema: Schema, quoted: str, privileges: str, kind: str, role: str) -> Iterator[str]:
    """For what is made later: by each owner that is known, else by whoever runs the statement."""
    makers = [f" FOR ROLE {postgresql_name(each)}" for each in schema.owners] or [""]
    for maker in makers:
        yield f"ALTER DEFAULT PRIVILEGES{maker} IN SCHEMA {quoted} GRANT {privileges} ON {kind} TO {role};"


def _joined(grants: Grants, kinds: Iterable[str]) -> str:
    return ", ".join(sorted(frozenset().union(*(grants.relation.get(kind, frozenset()) for kind in kinds))))


def _on_relations(role: str, grants: Grants, targets: Targets) -> Iterator[str]:
    for each in targets.relations:
        columns = ", ".join(map(postgresql_name, each.columns))
        granted = grants.relation.get(each.type, frozenset())
        privileges = ", ".join(
            f"{one} ({columns})" if columns and one in OF_COLUMNS else one for one in sorted(granted)
        )
        if privileges:
            place = f"{postgresql_name(each.schema)}.{postgresql_name(each.name)}"
            kind = "SEQUENCE" if each.type == "sequence" else "TABLE"
            yield f"GRANT {privileges} ON {kind} {place} TO {postgresql_name(role)};"


def _signature(function: tuple[str, str, str]) -> str | None:
    """The function with its arguments, if their types are plain names: nothing else is copied into SQL."""
    _, schema, text = function
    name, bracket, rest = text.partition("(")
    if not bracket or not name or not rest.endswith(")") or not _ARGUMENTS.fullmatch(rest[:-1]):
        return None
    return f"{postgresql_name(schema)}.{postgresql_name(name)}({rest}"


def _public(targets: Targets, needed: frozenset[str]) -> Iterator[str]:
    """What to take from PUBLIC, as comments: it changes what other roles may do."""
    for each in targets.databases:
        if "CREATE TEMPORARY TABLE" not in needed:
            yield f"-- REVOKE TEMPORARY ON DATABASE {postgresql_name(each)} FROM PUBLIC;"
    for schema in targets.schemas:
        if schema.name == "public" and "CREATE TABLE" not in needed:
            yield '-- REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;'
            break
    for name in sorted({schema.name for schema in targets.schemas}):
        yield f"-- REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {postgresql_name(name)} FROM PUBLIC;"


def _where(targets: Targets) -> str:
    if len(targets.databases) > 1:
        names = listed([postgresql_name(each) for each in targets.databases])
        return f"run it as the owner of the tables, in each of {names} what is about its schemas and tables"
    database = f", in database {postgresql_name(targets.databases[0])}" if targets.databases else ""
    return f"run it as the owner of the tables{database}"


def _of_targets(targets: Targets, grants: Grants, need: Need) -> tuple[str, ...]:
    told = []
    if targets.is_assumed:
        told.append("the job names no schema, and none is known: public is assumed")
    if not targets.databases:
        told.append("the job names no database, and none is known: nothing in any is granted")
    if targets.schemas and any(grants.relation.values()):
        told.append(
            "every table of its schemas, those to come included: name tables in the job's resources "
            "to have fewer"
        )
    if any(not each.owners for each in targets.schemas) and any(grants.relation.values()):
        told.append(
            "default privileges are for tables that whoever runs the statement makes: add FOR ROLE otherwise"
        )
    if grants.owns:
        told.append("as a member of the owner it may do all that the owner may, and nothing gates that")
    if grants.attributes:
        told.append(
            f"{', '.join(sorted(grants.attributes))} holds in the whole server: leave it out if the "
            "job can do without"
        )
    if "MAINTAIN" in {each for privileges in grants.relation.values() for each in privileges}:
        told.append("MAINTAIN is known from PostgreSQL 17 on; before, only the owner may do it")
    if _LOCK in need.needed and not _locks(grants.relation.get("table", frozenset())):
        told.append(
            "LOCK TABLE beyond ACCESS SHARE needs a privilege to write, which the job does not: it "
            "is left out"
        )
    return tuple(told)


def _locks(privileges: Sequence[str] | frozenset[str]) -> bool:
    return bool({"UPDATE", "DELETE", "TRUNCATE", "MAINTAIN"} & set(privileges))
