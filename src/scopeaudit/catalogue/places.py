"""Where files of tools and agents lie, on each operating system.

A path begins with `~/` (the home folder), `/`, or one of these, and may hold `*` and `?` within a name:

`{project}` the scanned folder · `{config}` `$XDG_CONFIG_HOME`, else `~/.config` · `{data}` `$XDG_DATA_HOME`,
else `~/.local/share` · `{cache}` `$XDG_CACHE_HOME`, else `~/.cache` · `{state}` `$XDG_STATE_HOME`, else
`~/.local/state` · `{runtime}` `$XDG_RUNTIME_DIR` · `{application-support}` `~/Library/Application Support` ·
`{preferences}` `~/Library/Preferences` · `{appdata}` `%APPDATA%` · `{local-appdata}` `%LOCALAPPDATA%` ·
`{program-data}` `%ProgramData%` · `{program-files}` `%ProgramFiles%` · `{code}` the user folders of VS Code
and of editors made from it.
"""

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    """Operating systems."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Paths, with `/` on every system."""

    any: tuple[str, ...] = ()
    linux: tuple[str, ...] = ()
    macos: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()

    def on(self, system: System) -> tuple[str, ...]:
        """The paths of one system."""
        return (*self.any, *getattr(self, system.value))


NOWHERE = Places()


class Format(StrEnum):
    """How a file is written."""

    TEXT = "text"
    """The whole file is one value."""
    LINES = "lines"
    """Anything else that is text; nothing is selected."""
    JSON = "json"
    """Comments and trailing commas are allowed."""
    YAML = "yaml"
    TOML = "toml"
    INI = "ini"
    ENV = "env"
    """`NAME=value` lines."""
    PROPERTIES = "properties"
    XML = "xml"
    """An element is a mapping of its children and `@attributes`; its text is `#`."""
    NETRC = "netrc"
    """Machine to login, password and account."""
    SQLITE = "sqlite"
    """Table to rows; opened unchanging."""
    BINARY = "binary"
    """Not read: its presence is what there is to say."""
