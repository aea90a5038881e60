"""What a job is about in PostgreSQL: databases, schemas, relations, by their real names."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from scopeaudit.jobs.narrow.narrower import Need
from scopeaudit.jobs.narrow.postgresql_privileges import RELATIONS
from scopeaudit.jobs.narrow.quoting import is_postgresql_name
from scopeaudit.jobs.narrow.resources import is_literal, is_named, within_job
from scopeaudit.model.authority import Resource

_TYPES = (*RELATIONS, "sequence")


@dataclass(frozen=True, slots=True, order=True)
class Schema:
    """A schema of a database; the job is about all that is in it."""

    database: str
    name: str
    owners: tuple[str, ...] = ()
    """Who owns what is in it, sorted, as far as it is known."""


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A table, view or sequence that the job names."""

    database: str
    schema: str
    name: str
    type: str
    columns: tuple[str, ...] = ()
    """Those that the job names, sorted; the whole of it where empty."""


@dataclass(frozen=True, slots=True)
class Targets:
    """All of it, sorted."""

    databases: tuple[str, ...] = ()
    schemas: tuple[Schema, ...] = ()
    """Those that the job is about as a whole."""
    relations: tuple[Relation, ...] = ()
    """Those that it names one by one, in other schemas."""
    functions: tuple[tuple[str, str, str], ...] = ()
    """Database, schema, and name with arguments as the server writes them."""
    unplaced: tuple[str, ...] = ()
    """Entries of the job that name nothing known."""
    is_assumed: bool = False
    """Whether the job names no schema, none is known, and `public` stands for it."""
    has_databases: bool = True
    """Whether the job is about a database as a whole, and not only about what is in it."""
    has_cluster: bool = True
    """Whether the job is about the server as a whole."""


def targets_of(need: Need) -> Targets:
    """What the job names, read from the resources that the present login sees, or from the names alone."""
    known = [each for each in need.authority.resources if is_postgresql_name(each.id)]
    by_id = {each.id: each for each in known}
    named = [each for each in need.resources if is_postgresql_name(each)]
    seen = within_job(known, need.resources or _own_database(need))
    schemas = _schemas(seen, by_id)
    whole = {(each.database, each.name) for each in schemas}
    relations = {
        found
        for each in seen
        if each.type in _TYPES and (found := _relation(each, by_id)) is not None
        and (found.database, found.schema) not in whole
    }  # fmt: skip
    functions = {
        place for each in seen if each.type == "function" and (place := _place(each, by_id)) is not None
    }
    others = [each for each in named if _column(each) is None]
    written, unplaced = _written([each for each in others if not _is_seen(each, seen)])
    schemas += [each for each in written if isinstance(each, Schema)]
    relations |= {each for each in written if isinstance(each, Relation)}
    relations = _with_columns(relations, named, {(each.database, each.name) for each in schemas})
    bare = {each for each in written if isinstance(each, str)}
    databases = {each.database for each in schemas} | {each.database for each in relations} | bare
    databases |= {place[0] for place in functions}
    own = need.context.get("database", "")
    if not databases and is_postgresql_name(own):
        databases = {own}
    if not schemas and not relations and not functions and databases:
        schemas = [Schema(each, "public") for each in sorted(databases)]
        is_assumed = True
    else:
        is_assumed = False
    return Targets(
        databases=tuple(sorted(databases)),
        schemas=tuple(sorted(set(schemas))),
        relations=tuple(sorted(relations)),
        functions=tuple(sorted(functions)),
        unplaced=(*unplaced, *(each for each in need.resources if not is_postgresql_name(each))),
        is_assumed=is_assumed,
        has_databases=not need.resources or bool(bare) or any(each.type == "database" for each in seen),
        has_cluster=not need.resources or any(each.startswith("cluster/") for each in need.resources),
    )


def _is_seen(entry: str, seen: Iterable[Resource]) -> bool:
    """Whether an entry of the job named something that the login sees, itself or what that lives in."""
    return any(is_named(each, (entry,)) for each in seen) or entry.startswith("cluster/")


def _own_database(need: Need) -> tuple[str, ...]:
    """Where the job names nothing, it is about the database that the login is for."""
    own = need.context.get("database")
    return (f"database/{own}",) if own and is_literal(own) else ()


def _schemas(seen: Iterable[Resource], by_id: Mapping[str, Resource]) -> list[Schema]:
    """Schemas that are the job's as a whole: named, or in a database that is, or where it names nothing."""
    owners: dict[str, set[str]] = defaultdict(set)
    for each in by_id.values():
        if each.parent is not None and (owner := dict(each.details).get("owner")):
            owners[each.parent].add(owner)
    found = []
    for each in seen:
        if each.type != "schema" or (place := _below(each, by_id)) is None:
            continue
        found.append(Schema(place[0], place[1], tuple(sorted(owners[each.id]))))
    return found


def _below(resource: Resource, by_id: Mapping[str, Resource]) -> tuple[str, str] | None:
    """The key of what it lives in, and its own name below that: a name may hold dots, so it is not split."""
    parent = by_id.get(resource.parent or "")
    key = (resource.parent or "").partition("/")[2] if parent is None else parent.id.partition("/")[2]
    own = resource.id.partition("/")[2]
    return (key, own.removeprefix(f"{key}.")) if key and own.startswith(f"{key}.") else None


def _place(resource: Resource, by_id: Mapping[str, Resource]) -> tuple[str, str, str] | None:
    """Database, schema and name."""
    schema = by_id.get(resource.parent or "")
    if schema is None or (inner := _below(resource, by_id)) is None:
        return None
    outer = _below(schema, by_id)
    return (outer[0], outer[1], inner[1]) if outer is not None else None


def _relation(resource: Resource, by_id: Mapping[str, Resource]) -> Relation | None:
    place = _place(resource, by_id)
    return Relation(*place, resource.type) if place is not None else None


def _column(entry: str) -> tuple[str, str, str, str] | None:
    """Database, schema, table and column of `column/shop.public.orders.total`."""
    kind, _, name = entry.partition("/")
    parts = name.split(".")
    if kind != "column" or len(parts) != 4 or not all(parts) or not is_literal(name):
        return None
    return (parts[0], parts[1], parts[2], parts[3])


def _with_columns(
    relations: Iterable[Relation], entries: Iterable[str], whole: Container[tuple[str, str]]
) -> set[Relation]:
    """The relations, each with its columns that are named; none of a schema that is the job's as a whole."""
    columns: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for each in entries:
        if (found := _column(each)) is not None and found[:2] not in whole:
            columns[found[:3]].add(found[3])
    kept = {(each.database, each.schema, each.name): each for each in relations}
    for place, names in columns.items():
        kept[place] = replace(kept.get(place, Relation(*place, "table")), columns=tuple(sorted(names)))
    return set(kept.values())


def _written(entries: Iterable[str]) -> tuple[list[Schema | Relation | str], tuple[str, ...]]:
    """What entries name by themselves: `table/shop.public.orders`, `schema/shop.public`, `shop.public.*`."""
    found: list[Schema | Relation | str] = []
    unplaced = []
    for each in entries:
        kind, slash, name = each.partition("/")
        parts = (name if slash else each).split(".")
        if len(parts) == 3 and parts[2] == "*" and is_literal("".join(parts[:2])):
            found.append(Schema(parts[0], parts[1]))
        elif not all(parts) or not is_literal(each):
            unplaced.append(each)
        elif slash and kind == "database":
            found.append(name)
        elif slash and kind == "schema" and len(parts) == 2:
            found.append(Schema(parts[0], parts[1]))
        elif len(parts) == 3 and (not slash or kind in _TYPES):
            found.append(Relation(parts[0], parts[1], parts[2], kind if slash else "table"))
        else:
            unplaced.append(each)
    return found, tuple(unplaced)
