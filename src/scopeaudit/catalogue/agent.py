"""The agent file: a coding agent, where its settings are and what they really hold back.

One file an agent, `rules/agents/<id>.yaml`. Expressions are JMESPath over
`{settings, scopes, files, platform, env, project}`: the merged settings; the same by the id of their file;
which ignore files are there, by the id of their mechanism; `linux`, `macos` or `windows`; the variables of
the environment; the absolute path of the scanned folder.
"""

from dataclasses import dataclass
from enum import StrEnum

from scopeaudit.catalogue.places import NOWHERE, Format, Places
from scopeaudit.catalogue.store import Moved
from scopeaudit.model.context import Access, Strength, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """One layer of settings."""

    id: str
    paths: Places = NOWHERE
    moved: tuple[Moved, ...] = ()
    """The first variable that is set says where the file is; what lies at `paths` is not read then."""
    format: Format
    at: str | None = None
    """Expression for the part that holds the settings; the whole file where missing."""
    when: str | None = None
    """Expression; the layer counts only if true. It sees the layers before it."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMoved:
    """Files that are put into the prompt where a variable or a setting says."""

    variable: str | None = None
    separator: str | None = None
    """Between the paths of a variable that holds several."""
    setting: str | None = None
    """Expression for a text, a list of them, or a mapping whose keys they are: names, paths or globs."""
    paths: tuple[str, ...]
    """Where they are then, `{value}` being what the variable or the setting says; relative to the project."""
    instead_of: tuple[str, ...] = ()
    """Paths of `prompt` that are not put there then."""
    source: str


class Lists(StrEnum):
    """What becomes of a list that several layers give."""

    JOINED = "joined"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServersFile:
    """A file that names tool servers."""

    paths: Places = NOWHERE
    moved: tuple[Moved, ...] = ()
    """As for settings files."""
    format: Format
    at: str
    """Expression for a mapping of names to servers; `{project}` in it is the scanned folder, quoted."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayRule:
    """Whether a way is open. Of the rules of a way the first whose `when` is true decides."""

    by: Way
    when: str | None = None
    inside: Access
    """In the scanned folder."""
    outside: Access
    """Everywhere else. For the environment and for servers only `inside` counts."""
    because: str
    """The setting or default that decides, in words."""
    source: str


class Syntax(StrEnum):
    """How a mechanism writes what it denies."""

    GITIGNORE = "gitignore"
    """Lines of an ignore file; patterns are relative to the folder it lies in."""
    GLOB = "glob"
    """Paths with `*`, `**`, `?`, `~`; relative ones to the scanned folder. A plain folder covers all in it.
    A bare name (no `/`) is matched in the scanned folder itself only."""
    ANYWHERE = "anywhere"
    """As gitignore patterns, but at any place of the machine."""
    CLAUDE_RULE = "claude-rule"
    """`Tool(pattern)`: gitignore patterns where `//` begins at the root, `~/` at home, `/` at the folder of
    the settings, and anything else at the working directory. `Tool` or `Tool(*)` alone is everything."""
    CLAUDE_RULE_BELIEVED = "claude-rule-believed"
    """What a `claude-rule` is often believed to cover, and does not: `/` begins at the root or in the
    scanned folder, and what begins nowhere is anywhere. It binds nothing, ever."""
    VARIABLES = "variables"
    """Names of variables that are kept back, with `*` and `?`, case ignored."""
    VARIABLES_BUT = "variables-but"
    """Names of the only variables that are passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """Why a mechanism that is written down has no effect. The first whose `when` is true counts."""

    when: str
    why: str
    asks: tuple[Way, ...] = ()
    """The ways on which somebody is asked first all the same: there it can be left, but only so."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A way of keeping the agent from something."""

    id: str
    title: str
    """As its documentation calls it: `permissions.deny`, `.cursorignore`."""
    strength: Strength
    when: str | None = None
    """Expression; the mechanism is looked at only if true. One that is enforced differently under different
    settings stands here more than once."""
    settings: str | None = None
    """Expression for the list of rules (or a mapping whose keys are the rules)."""
    only: str | None = None
    """Of these rules those that begin so: `Read`, for Claude rules the name of the tool."""
    files: Places = NOWHERE
    """Ignore files; `**/` in front means in any folder of the project."""
    always: tuple[str, ...] = ()
    """Rules that are built in."""
    syntax: Syntax
    excepted: str | None = None
    """Expression for rules, in the same syntax, of what is allowed all the same."""
    binds: tuple[Way, ...] = ()
    """The ways it really closes."""
    asks: tuple[Way, ...] = ()
    """The ways that it leaves to somebody who is asked first."""
    void: tuple[Void, ...] = ()
    leaves: str
    """What it does not stop, in one sentence of ours; empty in quotes where nothing is left."""
    instead: str
    """What to write instead, or beside it, that is enforced; if there is nothing, what to do."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A key that a fence sets."""

    at: tuple[str, ...]
    value: str
    """As JSON."""


class Subject(StrEnum):
    """What a fence names one by one."""

    PATHS = "paths"
    INSIDE = "inside"
    """The paths in the scanned folder."""
    OUTSIDE = "outside"
    """All other paths."""
    VARIABLES = "variables"


@dataclass(frozen=True, slots=True, kw_only=True)
class FencedItem:
    """A list (or mapping) that a fence adds to, an element for each path or variable."""

    at: tuple[str, ...]
    """Keys that lead to the list or mapping; empty for an ignore file."""
    item: str
    """`{absolute}`, `{relative}` (to the project; absolute outside of it), `{home}` (`~/...` if it is below),
    `{name}` of a variable. For a mapping: the key."""
    key: str | None = None
    """For a list of mappings: the key that holds the item."""
    value: str | None = None
    """As JSON. For a mapping: the value; for a list of mappings: a mapping of the other keys."""
    of: Subject = Subject.PATHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The strongest configuration that really keeps the agent from paths."""

    title: str
    strength: Strength
    file: str
    """A path of `Places`, of the project or the person."""
    moved: tuple[Moved, ...] = ()
    """The first variable that is set says where the file is instead."""
    format: Format
    """`json`, `toml`, or `lines` for an ignore file."""
    set: tuple[Assignment, ...] = ()
    add: tuple[FencedItem, ...] = ()
    void_with: tuple[tuple[str, ...], ...] = ()
    """Keys that leave the fence without effect where the same file sets them: it is not written then."""
    closes: tuple[Way, ...]
    remains: str
    """What it does not close: it is a fence, not a cure."""
    systems: tuple[str, ...] = ()
    """Systems on which it is enforced; all where empty."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """All that is known of an agent."""

    id: str
    name: str
    documentation: str
    signs: Places
    """Files or folders that show that it is used."""
    variables: tuple[str, ...] = ()
    """Variables it sets for what it starts: scopeaudit then runs inside it."""
    settings: tuple[SettingsFile, ...] = ()
    """The weakest first."""
    lists: Lists = Lists.JOINED
    servers: tuple[ServersFile, ...] = ()
    prompt: tuple[str, ...] = ()
    """Paths of what is put into the prompt."""
    prompt_moved: tuple[PromptMoved, ...] = ()
    also_inside: tuple[str, ...] = ()
    """Expressions for folders that count as the scanned folder does."""
    ways: tuple[WayRule, ...]
    mechanisms: tuple[Mechanism, ...] = ()
    fence: Fence | None = None
    no_fence: str | None = None
    """Where nothing of its own is enforced: what to do instead."""
