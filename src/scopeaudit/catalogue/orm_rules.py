"""The files of object-relational mappers: which of their calls sends which statement.

One file a mapper, `rules/uses/orms/<name>.yaml`. Statements are named as PostgreSQL's catalogue names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scopeaudit.catalogue.compiled import fingerprint_of, kept, text_of
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.errors import InvalidFileError

ROOM = "uses/orms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Calls on the same kind of receiver. Names are in snake case, whatever the language writes."""

    names: tuple[str, ...] = ()
    """Variables, members or classes that receive the calls; a longer name may end with one (`user_repo`)."""
    types: tuple[str, ...] = ()
    """Types whose variables receive them, and those of types that are derived from them."""
    models: bool = False
    """Declared models receive them: their classes, and variables and members that are named after them."""
    members: bool = False
    """Members that a declaration names receive them: `DbSet<Order> Orders`, `has_many :orders`."""
    within: tuple[str, ...] = ()
    """Texts in lower case of which one stands in the same file."""
    named: bool = False
    """Whether the first text in the call, or in the call before, is the table."""
    reads: tuple[str, ...] = ()
    """Calls that send SELECT."""
    saves: tuple[str, ...] = ()
    """Calls that send INSERT for what was made and UPDATE for what was loaded."""
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Called on nothing; `create table` is a function `table` behind the word `create`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orm:
    """One mapper, query builder or tool of migrations."""

    name: str
    source: str
    files: tuple[str, ...]
    """Endings of the files that use it."""
    signs: tuple[str, ...]
    """Texts in lower case; a folder without a file that holds one does not use it."""
    bases: tuple[str, ...] = ()
    """Classes whose subclasses are models."""
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Classes whose subclasses send statements by themselves, such as a view of all rows."""
    marks: tuple[str, ...] = ()
    """Annotations that make the class behind them a model."""
    flushes: tuple[str, ...] = ()
    """Calls that send UPDATE for what was loaded and assigned to in the same file."""
    groups: tuple[Group, ...]


def load_orms(rules: Rules) -> tuple[Orm, ...]:
    """Every mapper, sorted by file.

    Raises:
        InvalidFileError: with every problem of every file.
    """
    name = f"orms-{fingerprint_of(rules.directory, (ROOM,))}.msgpack"
    return kept(rules.cache, name, tuple[Orm, ...], lambda: _compile(rules))


def _compile(rules: Rules) -> tuple[Orm, ...]:
    problems: list[str] = []
    found: list[Orm] = []
    for path in sorted((rules.directory / ROOM).glob("*.yaml")):
        name = f"{ROOM}/{path.name}"
        try:
            found.append(decode(text_of(path.read_bytes(), name), f"rules/{name}", Orm))
        except InvalidFileError as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidFileError(tuple(problems))
    return tuple(found)


def orm_problems(rules: Rules) -> tuple[str, ...]:
    """What types cannot say: statements that PostgreSQL's catalogue does not have."""
    known = rules.operations("postgresql").ids
    return tuple(
        f"rules/{ROOM}: {orm.name}: {call}: {does!r} is no operation of postgresql"
        for orm in load_orms(rules)
        for calls in (orm.classes, *(each for group in orm.groups for each in (group.calls, group.functions)))
        for call, statements in calls.items()
        for does in statements
        if does not in known
    )
