"""What a role is to be granted for the operations of a job, and what else that comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.jobs.narrow.postgresql_privileges import (
    OF_DATABASE,
    OF_RELATION,
    OF_ROLE,
    OF_SCHEMA,
    OF_SEQUENCE,
    PREDEFINED,
    RELATIONS,
    atoms_of,
    relation_atoms,
)
from scopeaudit.model.operation import Operation

_ON_THINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"database": OF_DATABASE, "schema": OF_SCHEMA}
)
_OWNED = frozenset({"owner", "drop", "index", "grant", "reindex", "reassign"})
"""Atoms that only owners have."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What one role is granted."""

    relation: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Type to privileges."""
    database: frozenset[str] = frozenset({"CONNECT"})
    schema: frozenset[str] = frozenset()
    """Beside USAGE."""
    attributes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    """Predefined ones."""
    executes: bool = False
    """Whether it calls the job's SECURITY DEFINER functions."""
    owns: bool = False
    """Whether it becomes the owner of the job's things."""
    by_column: bool = False
    """Whether of every relation it is granted single columns only."""

    def does(self, catalogue: OperationCatalogue) -> frozenset[str]:
        """The operations that come with it, CONNECT among them."""
        return frozenset(each.id for each in catalogue.operations.values() if self._does(each))

    def _does(self, operation: Operation) -> bool:
        if not operation.requires:
            return False
        return all(
            any(part <= self._atoms(requirement.dimension, operation.on) for part in requirement.alternatives)
            for requirement in operation.requires
        )

    def _atoms(self, dimension: str, kind: str | None) -> frozenset[str]:
        match dimension:
            case "relation":
                privileges = self.relation.get(kind or "", ())
                found = relation_atoms(privileges, kind or "", by_column=self.by_column)
                return found | _of_owner(OF_RELATION) if self.owns else found
            case "database":
                found = atoms_of(OF_DATABASE, self.database)
                return found | {"owns", "reassign"} if self.owns else found
            case "schema":
                found = frozenset({"usage"}) | atoms_of(OF_SCHEMA, self.schema)
                return found | _of_owner(OF_SCHEMA) if self.owns else found
            case "privilege":
                member = frozenset({"set-role"}) if self.owns or self.roles else frozenset()
                return atoms_of(OF_ROLE, self.attributes) | self.roles | member
            case "definer":
                return frozenset({"execute"}) if self.executes else frozenset()
            case "object":
                return _OWNED_OBJECTS if self.owns else frozenset()
            case _:
                return frozenset()


_OWNED_OBJECTS = frozenset(
    f"{verb}:pg_{each}"
    for verb in ("owns", "drops")
    for each in (
        "proc", "type", "collation", "conversion", "operator", "opclass", "opfamily", "statistic_ext",
        "ts_config", "ts_dict",
    )
)  # fmt: skip
"""What an owner may have made in its schemas."""


def _of_owner(table: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return _OWNED | table.keys() | {"merge", "unfiltered", "usage"}


@dataclass(frozen=True, slots=True)
class Within:
    """How far a job reaches."""

    cluster: bool
    """Whether it is about the server as a whole: attributes and predefined roles are for all of it."""
    databases: bool
    """Whether it is about a database as a whole."""
    functions: bool
    """Whether any function of the job is known."""
    owner: bool
    """Whether a role that may be handed out owns the job's tables."""
    columns: bool = False
    """Whether the job names the columns of every relation that it is about."""


def grants_for(needed: Iterable[str], catalogue: OperationCatalogue, within: Within) -> Grants:
    """The least that does as much of the job as can be granted."""
    operations = [catalogue.operations[each] for each in sorted(needed) if each in catalogue.operations]
    relation: dict[str, set[str]] = {}
    things: dict[str, set[str]] = {"database": {"CONNECT"}, "schema": set()}
    attributes: set[str] = set()
    roles: set[str] = set()
    for operation in operations:
        for way in _ways(operation)[:1]:
            if _is_within(way, within):
                _take(way, operation, relation, things, attributes, roles)
    executes = within.functions and any(_needs(each, "definer", {"execute"}) for each in operations)
    owns = within.owner and any(_is_owners(each) for each in operations)
    return Grants(
        relation={kind: frozenset(found) for kind, found in relation.items()},
        database=frozenset(things["database"]),
        schema=frozenset(things["schema"]),
        attributes=frozenset(each for each in attributes if _brings(each, catalogue) <= frozenset(needed)),
        roles=frozenset(roles),
        executes=executes,
        owns=owns,
        by_column=within.columns,
    )


def _is_within(way: tuple[str, str], within: Within) -> bool:
    dimension, atom = way
    if dimension == "privilege":
        return within.cluster
    return dimension != "database" or atom == "connect" or within.databases


def _brings(attribute: str, catalogue: OperationCatalogue) -> frozenset[str]:
    """What an attribute alone lets a role do. It is for the whole server, so the job must allow all of it."""
    alone = Grants(database=frozenset(), attributes=frozenset({attribute}))
    return alone.does(catalogue)


def _take(
    way: tuple[str, str],
    operation: Operation,
    relation: dict[str, set[str]],
    things: dict[str, set[str]],
    attributes: set[str],
    roles: set[str],
) -> None:
    dimension, atom = way
    match dimension:
        case "relation":
            table = OF_SEQUENCE if operation.on == "sequence" else OF_RELATION
            relation.setdefault(operation.on or "", set()).update(table[atom])
        case "database" | "schema":
            things[dimension].update(_ON_THINGS[dimension][atom])
        case _ if atom in PREDEFINED:
            roles.add(atom)
        case _:
            attributes.update(OF_ROLE[atom])


def _ways(operation: Operation) -> list[tuple[str, str]]:
    """Dimension and atom that can be granted and that suffice, the least first."""
    if len(operation.requires) != 1:
        return []
    requirement = operation.requires[0]
    atoms = [next(iter(part)) for part in requirement.alternatives if len(part) == 1]
    dimension = requirement.dimension
    if dimension == "relation" and operation.on == "sequence":
        return [(dimension, each) for each in ("usage", "select", "update") if each in atoms]
    if dimension == "relation" and operation.on in RELATIONS:
        # What several privileges give comes with the one that the job needs anyway, or not at all.
        found = [each for each in atoms if each in OF_RELATION]
        return [(dimension, found[0])] if len(found) == 1 else []
    if dimension in _ON_THINGS:
        return [(dimension, each) for each in atoms if each in _ON_THINGS[dimension]]
    if dimension == "privilege":
        return [(dimension, each) for each in atoms if each in OF_ROLE or each in PREDEFINED]
    return []


def _needs(operation: Operation, dimension: str, atoms: set[str]) -> bool:
    return any(
        requirement.dimension == dimension and any(part <= atoms for part in requirement.alternatives)
        for requirement in operation.requires
    )


def _is_owners(operation: Operation) -> bool:
    """Whether only an owner of relations may do it."""
    return not _ways(operation) and _needs(operation, "relation", set(_OWNED))
