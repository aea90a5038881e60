"""The file of uses: which command, call or statement means which operation of a provider.

One file a provider, `rules/uses/<provider>.yaml`. What a catalogue already says (paths of an interface, names
that an SDK derives from them) is not repeated here: it is derived.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scopeaudit.catalogue.compiled import fingerprint_of, kept, text_of
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.errors import InvalidFileError

ROOM = "uses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing a program does."""

    run: str = ""
    """The words that follow the program and its options, in order: `release create`; any where empty."""
    given: tuple[str, ...] = ()
    """Options of which one must be there."""
    unless: tuple[str, ...] = ()
    """Options of which none may be there."""
    words: int = 0
    """How many words follow `run` at least."""
    operations: tuple[str, ...]
    """Empty where it uses nothing of the provider, though a shorter entry would say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command-line program."""

    names: tuple[str, ...]
    valued: tuple[str, ...] = ()
    """Options before the command that take the next word as their value."""
    commands: tuple[Command, ...]
    """All that match at their longest `run` count, those of options besides."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library of some language."""

    name: str
    imports: tuple[str, ...]
    """Texts of which one stands in every file that uses it, in lower case."""
    calls: Mapping[str, tuple[str, ...]]
    """`[receiver.]call`, each in snake case, whatever the language: `issue.create_comment`. A receiver
    matches names that end with it (`new_issue`)."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A step that workflows reuse."""

    uses: str
    """`owner/name`, without version."""
    given: tuple[str, ...] = ()
    """`name` or `name=value` of inputs, all of which must be there."""
    operations: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRules:
    """What is known of one provider's use."""

    id: str
    """The provider's."""
    source: str
    words: tuple[str, ...] = ()
    """Texts in lower case; a file of source code with none of them is not looked at."""
    hosts: tuple[str, ...] = ()
    """Of its interface, with `*`, followed by the part of the path that the catalogue leaves out."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Root field of a GraphQL document to operations, where the catalogue's ids are no fields."""
    drivers: tuple[str, ...] = ()
    """Texts in lower case that say that SQL beside them goes to this provider."""
    statements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Statement as PostgreSQL's catalogue names it, to this provider's operations."""
    programs: tuple[Program, ...] = ()
    libraries: tuple[Library, ...] = ()
    actions: tuple[Action, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Type of a Terraform resource, to what its provider asks to create, read, change and delete one."""
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Type of a Terraform data source, to what its provider asks to read one."""
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ansible: a module's full name, or with `=state`, to what it asks."""
    services: Mapping[str, str] = field(default_factory=dict)
    """AWS: an SDK's or the command line's name of a service to its prefix in actions."""
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """AWS: `service.Call`, where the action is not named like the call."""


def load_uses(rules: Rules) -> Mapping[str, UseRules]:
    """The files of uses by provider, sorted.

    Raises:
        InvalidFileError: with every problem of every file.
    """
    name = f"uses-{fingerprint_of(rules.directory, (ROOM,))}.msgpack"
    found = kept(rules.cache, name, tuple[UseRules, ...], lambda: _compile(rules))
    return {each.id: each for each in found}


def _compile(rules: Rules) -> tuple[UseRules, ...]:
    problems: list[str] = []
    found: list[UseRules] = []
    for path in sorted((rules.directory / ROOM).glob("*.yaml")):
        name = f"{ROOM}/{path.name}"
        try:
            value = decode(text_of(path.read_bytes(), name), f"rules/{name}", UseRules)
        except InvalidFileError as error:
            problems.extend(error.problems)
            continue
        if value.id != path.stem:
            problems.append(f"rules/{name}:1: id: is {value.id!r}, but the file's name says otherwise")
        found.append(value)
    if problems:
        raise InvalidFileError(tuple(problems))
    return tuple(found)


def use_problems(rules: Rules) -> tuple[str, ...]:
    """What types cannot say: providers that are not known, operations their catalogues do not have."""
    problems: list[str] = []
    for each in load_uses(rules).values():
        where = f"rules/{ROOM}/{each.id}.yaml:1"
        if each.id not in rules.providers:
            problems.append(f"{where}: id: no provider file of that name")
            continue
        known = rules.operations(each.id).ids
        for named, operations in _named(each):
            for operation in operations:
                own = operation.startswith(f"{each.id}:")
                if operation not in known and (known or not own):
                    problems.append(f"{where}: {named}: {operation!r} is no operation of {each.id}")
    return tuple(problems)


def _named(rules: UseRules) -> list[tuple[str, tuple[str, ...]]]:
    found = [(f"fields.{name}", operations) for name, operations in rules.fields.items()]
    found += [(f"statements.{name}", operations) for name, operations in rules.statements.items()]
    for room in ("resources", "data", "modules"):
        found += [(f"{room}.{name}", operations) for name, operations in getattr(rules, room).items()]
    found += [(f"calls.{name}", operations) for name, operations in rules.calls.items()]
    found += [(f"actions.{each.uses}", each.operations) for each in rules.actions]
    for program in rules.programs:
        found += [(f"{program.names[0]} {each.run}", each.operations) for each in program.commands]
    for library in rules.libraries:
        found += [(f"{library.name}.{name}", operations) for name, operations in library.calls.items()]
    return found
