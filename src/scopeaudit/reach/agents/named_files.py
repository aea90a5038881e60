"""Files that the configuration of a tool server names: of its variables, and of single values."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from scopeaudit.catalogue.places import Format
from scopeaudit.model.gap import Gap
from scopeaudit.reach.agents.settings import read_text
from scopeaudit.reach.agents.shown import shown
from scopeaudit.reach.files import file_gap, reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError, tree

_FILES_LIMIT = 100
"""Files of variables that are read for one agent."""
_CHARACTERS_LIMIT = 1 << 20
_PLACEHOLDER = re.compile(r"\$\{(?:env:)?([A-Za-z]\w{0,127})\}|\$([A-Za-z_]\w{0,127})|%([A-Za-z_]\w{0,127})%")
_OF_PROJECT = frozenset(["workspaceFolder", "workspaceRoot", "cwd", "PWD"])
_OF_HOME = frozenset(["userHome", "HOME", "USERPROFILE"])
_UNKNOWN = "what a tool server is given there is not known, and its limits count as none"


@dataclass(slots=True)
class NamedFiles:
    """What the configurations of one agent name, each file read once."""

    machine: Machine
    _variables: dict[str, Mapping[str, str] | None] = field(default_factory=dict)
    _gaps: dict[Gap, None] = field(default_factory=dict)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read so far."""
        return tuple(self._gaps)

    def paths(self, written: Iterable[str]) -> Iterator[str]:
        """The absolute paths of files, as far as it is known where they lie."""
        return (path for each in written if (path := self._path(each)) is not None)

    def variables(self, written: Iterable[str], configuration: str) -> Mapping[str, str] | None:
        """What files of variables set, the last one strongest; `None` if that is not known.

        A configuration in the scanned folder does not say which file outside of it is read.
        """
        found: dict[str, str] = {}
        for each in written:
            path = self._path(each)
            if path is None:
                self._miss(shown(each), f"it is not known where that lies; {_UNKNOWN}")
                return None
            inside = self.machine.inside(path) is not None
            if not inside and self.machine.inside(configuration) is not None:
                self._miss(path, f"is named by the scanned folder, and was not read; {_UNKNOWN}")
                return None
            values = self._read(path)
            if values is None:
                return None
            found.update(values)
        return found

    def _read(self, path: str) -> Mapping[str, str] | None:
        if path not in self._variables:
            self._variables[path] = None
            if len(self._variables) > _FILES_LIMIT:
                self._miss(path, f"more than {_FILES_LIMIT} such files are named; {_UNKNOWN}")
            else:
                self._variables[path] = self._content(path)
        return self._variables[path]

    def _content(self, path: str) -> Mapping[str, str] | None:
        try:
            text = read_text(path, self.machine)
            if len(text) > _CHARACTERS_LIMIT:
                raise UnreadableError(f"is larger than {_CHARACTERS_LIMIT >> 20} MiB")
            found = tree(text, Format.ENV)
            return {str(name): str(value) for name, value in found.items()}
        except FileNotFoundError:
            return {}
        except UnreadableError as error:
            self._miss(path, f"{error}; {_UNKNOWN}")
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else "has a name that no file has"
            self._miss(path, f"{why}; {_UNKNOWN}")
        return None

    def _miss(self, path: str, why: str) -> None:
        name = self.machine.shown(path) if os.path.isabs(path) else path  # noqa: PTH117 - a text
        self._gaps[file_gap(name, why)] = None

    def _path(self, written: str) -> str | None:
        """Where a file lies, as far as what stands in its name is known."""
        missing = False

        def filled(match: re.Match[str]) -> str:
            nonlocal missing
            name = match[1] or match[2] or match[3]
            if name in _OF_PROJECT:
                return str(self.machine.project)
            if name in _OF_HOME:
                return str(self.machine.home)
            value = self.machine.variables.get(name)
            missing = missing or value is None
            return value or ""

        path = _PLACEHOLDER.sub(filled, written)
        if missing or not path or "\0" in path or "${" in path or "{" in path:
            return None
        if path == "~" or path.startswith(("~/", "~\\")):
            path = str(self.machine.home) + os.sep + path[2:]
        return os.path.normpath(self.machine.project / path)
