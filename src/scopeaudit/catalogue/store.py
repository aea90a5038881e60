"""The store file: where a command-line tool keeps credentials. One file a tool, `rules/stores/<id>.yaml`."""

from dataclasses import dataclass

from scopeaudit.catalogue.places import NOWHERE, Format, Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A variable that says where the file is."""

    variable: str
    path: str = "{value}"
    """Where it is then; `{value}` is the variable's."""
    separated: bool = False
    """Whether it holds several paths, as `PATH` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValue:
    """One value of an entry."""

    key: str
    """Key below the entry; empty for the entry itself."""
    name: str
    """The variable or key by which detection knows the value: as if it stood behind that name."""
    provider: str | None = None
    """Whose credential it is; missing for companions."""
    kind: str | None = None
    base64: bool = False
    """Whether it is written in base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What belongs together in a file: a profile, a host, a context."""

    at: tuple[str, ...] = ()
    """Keys from the top; `*` for each key or item, `**` for any depth. Case is ignored."""
    values: tuple[StoredValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where the tool keeps its login if the file holds none: usable, and not readable."""

    where: str
    """In words: `the system keyring`."""
    can: str
    """What any command can do with it: `gh api and git push act as the signed-in person`."""
    shown_by: tuple[str, ...] = ()
    """Keys that lead to what shows that there is a login (`credsStore`); words, where the file has no keys.
    The file itself shows it where empty."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFile:
    """One kind of file of a tool."""

    paths: Places = NOWHERE
    moved: tuple[Moved, ...] = ()
    """The first variable that is set says where the tool looks; what lies at `paths` is looked at as well."""
    format: Format
    entries: tuple[Entry, ...] = ()
    many: bool = False
    """Whether there may be very many or very large ones (transcripts, histories): the newest are read, up
    to a limit, and the rest is a gap."""
    opens: str | None = None
    """For what is only usable (a socket, a database we do not open): what whoever runs here can do with it.
    The file is not opened then."""
    examples: tuple[str, ...] = ()
    """Whole files in which every value of the entries is found; templates as in provider files."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A tool and the files in which it keeps credentials."""

    id: str
    name: str
    holds: str
    """What whoever reads it can do, in one sentence of ours."""
    agent: str | None = None
    """The agent whose own store it is."""
    files: tuple[StoreFile, ...]
    elsewhere: Elsewhere | None = None
    """Reported where one of the files is there and none of its values is."""
    documentation: str
