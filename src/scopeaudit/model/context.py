"""What an agent can reach, by which way, and what stands in that way. No secret is known here."""

from dataclasses import dataclass
from enum import StrEnum

from scopeaudit.model.location import Location


class Way(StrEnum):
    """How an agent gets at a place, the easiest first."""

    PROMPT = "prompt"
    """It is put into the prompt without any tool being called."""
    INHERITED = "inherited"
    """It is in the environment of every command the agent starts."""
    READ_TOOL = "read-tool"
    """The agent's own tools for reading and searching files."""
    SHELL = "shell"
    """Any program the agent starts: `cat`, `git show`, `python -c`."""
    SERVER = "server"
    """A tool server that holds it: what it opens can be used without being seen."""

    @property
    def rank(self) -> int:
        """0 for the easiest."""
        return list(Way).index(self)


class Access(StrEnum):
    """Whether a way is open by itself."""

    FREE = "free"
    ASKS = "asks"
    """A person is asked first."""
    NONE = "none"


class Strength(StrEnum):
    """What enforces a setting that limits an agent, the strongest first."""

    KERNEL = "kernel"
    """The operating system, for every program the agent starts."""
    SHELL_PARSE = "shell-parse"
    """The agent, which recognises some commands by their text."""
    TOOL_ONLY = "tool-only"
    """The agent's own tools; its shell does not know of it."""
    INDEX_ONLY = "index-only"
    """Nothing: the file is left out of an index, and can be read."""
    ADVISORY = "advisory"
    """Nothing: a sentence, or a setting that is never looked at."""
    REMOVED = "removed"
    """Nothing: the mechanism existed once."""


@dataclass(frozen=True, slots=True, order=True)
class Denial:
    """A setting that is meant to keep an agent from a place."""

    agent: str
    mechanism: str
    """What it is called: `permissions.deny`, `.cursorignore`."""
    rule: str
    """The rule as written."""
    strength: Strength
    path: str
    """The file the setting stands in; empty for what is built in."""
    line: int | None
    why: str
    """What it does not stop, or why it has no effect; empty where it holds."""
    instead: str
    """What would be enforced."""
    source: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How one agent gets at one place."""

    agent: str
    location: Location
    open: tuple[Way, ...]
    """Ways without a person in between, the easiest first."""
    asking: tuple[Way, ...] = ()
    """Ways on which the agent's settings ask a person first."""
    denied_by: tuple[Denial, ...] = ()
    """What really closes a way: all of it, if `open` and `asking` are empty."""
    advisory: tuple[Denial, ...] = ()
    """What is meant to close the place and leaves a way."""

    @property
    def is_blocked(self) -> bool:
        """Whether no way is left."""
        return not self.open and not self.asking

    @property
    def by(self) -> Way | None:
        """The easiest way; one without a person before one with."""
        return next(iter((*self.open, *self.asking)), None)


@dataclass(frozen=True, slots=True, order=True)
class Server:
    """A tool server (MCP) that an agent is configured to start or to call."""

    agent: str
    name: str
    path: str
    """The configuration, as in locations."""
    line: int | None
    runs: str | None
    """Program and package it is started with, without arguments; never run by us."""
    host: str | None
    """Of a remote one: the host alone."""
    enabled: bool = True
    known_as: str | None = None
    """Id in `rules/servers`, where it is known."""
    limits: tuple[str, ...] = ()
    """What its configuration holds back, in words."""
    allows: tuple[tuple[str, ...], ...] = ()
    """For each limit that says so the operations it lets through, as entries of a job's `allow`."""
    provider: str | None = None
    lines: frozenset[int] = frozenset()
    """Lines of `path` on which its values stand."""
    variables: frozenset[str] = frozenset()
    """Variables of the environment it takes values from."""
    files: frozenset[str] = frozenset()
    """Files it takes values from, as in locations."""
    held: tuple[str, ...] = ()
    """What it uses and no file shows, in words: `a login of its own`."""


@dataclass(frozen=True, slots=True, order=True)
class Usable:
    """What can be exercised without being read."""

    id: str
    """Of the store or agent that says so."""
    what: str
    where: str
    """The socket, file or variable that shows it."""
    why: str
    """What whoever runs here can do with it."""
    source: str


@dataclass(frozen=True, slots=True, order=True)
class StoreFound:
    """A place where a tool keeps credentials, and which is there."""

    id: str
    name: str
    agent: str | None
    paths: tuple[str, ...]
    """As in locations, sorted."""
    holds: bool = False
    """Whether a credential was found in it."""


@dataclass(frozen=True, slots=True, order=True)
class MechanismFound:
    """A limit of an agent that is in force, or is not and looks so."""

    agent: str
    mechanism: str
    strength: Strength
    rules: int
    path: str
    line: int | None
    why: str
    """What it leaves open; empty where it holds."""
    source: str


@dataclass(frozen=True, slots=True, order=True)
class AgentFound:
    """An agent that is used here, and the ways its settings leave it."""

    id: str
    name: str
    running: bool
    """Whether this process was started by it."""
    settings: tuple[str, ...]
    """Settings files that were read, the strongest last."""
    inside: tuple[tuple[Way, Access], ...]
    """In the scanned folder."""
    outside: tuple[tuple[Way, Access], ...]
    """Everywhere else."""
    because: tuple[str, ...] = ()
    """What in its settings or defaults decides, in words."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that is known of what can be reached, before any credential is looked at."""

    agents: tuple[AgentFound, ...] = ()
    stores: tuple[StoreFound, ...] = ()
    servers: tuple[Server, ...] = ()
    usable: tuple[Usable, ...] = ()
    mechanisms: tuple[MechanismFound, ...] = ()
