"""The machine an agent works on: its system, the home folder, and where named folders lie."""

import fnmatch
import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from scopeaudit.catalogue.places import Places, System
from scopeaudit.model.gap import Gap
from scopeaudit.reach.files import file_gap

MATCHES_LIMIT = 50_000
"""Paths one pattern leads to at most."""
_FOLDER = re.compile(r"\{([a-z-]+)\}")
_CODE = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
"""VS Code and editors made from it, by the name of their folder."""


def this_system() -> System:
    """The system this process runs on; any other Unix counts as Linux."""
    if sys.platform == "darwin":
        return System.MACOS
    return System.WINDOWS if os.name == "nt" else System.LINUX


@dataclass(frozen=True)
class Machine:
    """Where to look. Paths are absolute and as the system this process runs on writes them."""

    home: Path
    project: Path
    """The scanned folder."""
    system: System = field(default_factory=this_system)
    variables: Mapping[str, str] = field(default_factory=dict)
    """The environment; empty for the home of somebody else, whose variables are not known."""
    root: Path | None = None
    """Where paths of the whole system begin; `None` if there is no system around the home folder."""
    _cut: set[str] = field(default_factory=set, init=False, compare=False, repr=False)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Patterns that led to more so far than was looked at, sorted."""
        why = f"leads to more than {MATCHES_LIMIT:,} places; the rest was not looked at"
        return tuple(file_gap(each, why) for each in sorted(self._cut))

    def paths(self, places: Places) -> Iterator[str]:
        """The existing files and folders, sorted within each pattern, each once."""
        seen: set[str] = set()
        for template in places.on(self.system):
            for path in self.find(template):
                if path not in seen:
                    seen.add(path)
                    yield path

    def find(self, template: str) -> list[str]:
        """What exists under one path of `Places`, sorted."""
        return sorted({path for base, rest in self._parts(template) for path in self._matches(base, rest)})

    def _matches(self, base: str, rest: str) -> list[str]:
        """Existing paths; a folder is only listed where a name in the rest holds `*` or `?`."""
        found = [base]
        for name in rest.split("/") if rest else ():
            if "*" in name or "?" in name:
                listed = (each for folder in found for each in _listed(folder, name))
                found = list(islice(listed, MATCHES_LIMIT))
                if next(listed, None) is not None:
                    self._cut.add(self.shown(_joined(base, rest)))
            else:
                found = [_joined(each, name) for each in found]
        return [each for each in found if os.path.lexists(each)]

    def expand(self, template: str) -> list[str]:
        """The path or paths a template stands for, whether there is anything or not; none where unknown."""
        return [_joined(base, rest) for base, rest in self._parts(template)]

    def patterns(self, template: str) -> list[tuple[str, ...]]:
        """The same name by name from the root on, in which only the template's own `*` and `?` are any."""
        return [
            (
                *(glob.escape(name) for name in base.replace(os.sep, "/").rstrip("/").split("/")),
                *rest.split("/"),
            )
            for base, rest in self._parts(template)
            if rest
        ]

    def _parts(self, template: str) -> list[tuple[str, str]]:
        """The folders a template begins with, and the rest of it; a folder may be called `*`."""
        named = _FOLDER.match(template)
        if named is not None:
            rest = template[named.end() :].lstrip("/")
            return [(base, rest) for base in self._folders(named.group(1)) if base]
        if template == "~" or template.startswith("~/"):
            return [(str(self.home), template[2:])]
        if template.startswith("/"):
            return [] if self.root is None else [(str(self.root), template[1:])]
        raise ValueError(f"{template!r} begins with none of the folders of Places")

    def given(self, variable: str, path: str, *, separated: bool) -> list[str] | None:
        """What there is where a variable says that a file lies; `None` where it is not set."""
        value = self.variables.get(variable)
        if not value:
            return None
        separator = ";" if self.system is System.WINDOWS else ":"
        values = value.split(separator) if separated else [value]
        before, held, after = path.partition("{value}")
        bases = [self.located(f"{before}{each if held else ''}") for each in values if each]
        found = (self._matches(base, after.lstrip("/")) for base in bases)
        return [path for each in found for path in sorted(each)]

    def located(self, path: str) -> str:
        """The absolute path of one that a person wrote: from the home folder, or relative to the project."""
        if path == "~" or path.startswith("~/"):
            path = _joined(self.home, path[2:])
        return os.path.normpath(self.project / path)

    def shown(self, path: str) -> str:
        """The path as reports write it: below the scanned folder, `~/...`, else whole."""
        inside = self.inside(path)
        if inside is not None:
            return inside
        below = _below(path, str(self.home))
        if below is not None:
            return "~/" + below if below else "~"
        below = None if self.root is None else _below(path, str(self.root))
        return path.replace(os.sep, "/") if below is None else "/" + below

    def inside(self, path: str) -> str | None:
        """The path relative to the scanned folder, if it lies in it."""
        return _below(path, str(self.project))

    def absolute(self, shown: str) -> str:
        """The inverse of `shown`."""
        if shown.startswith("~/"):
            return _joined(self.home, shown[2:])
        if shown.startswith("/"):
            return shown if self.root is None else _joined(self.root, shown[1:])
        if re.match(r"[A-Za-z]:/", shown):
            return shown.replace("/", os.sep)
        return _joined(self.project, shown)

    def _folders(self, name: str) -> Iterable[str]:
        if name == "project":
            return [str(self.project)]
        if name == "code":
            return [_joined(self._user_data, f"{each}/User") for each in _CODE]
        return [self._named.get(name, "")]

    @cached_property
    def _user_data(self) -> str:
        """Where editors keep what belongs to a person."""
        by_system = {System.LINUX: "config", System.MACOS: "application-support", System.WINDOWS: "appdata"}
        return self._named[by_system[self.system]]

    @cached_property
    def _named(self) -> Mapping[str, str]:
        def folder(variable: str | None, *below: str) -> str:
            given = self.variables.get(variable, "") if variable else ""
            return given if Path(given).is_absolute() else _joined(self.home, "/".join(below))

        system = "" if self.root is None else str(self.root)
        return {
            "config": folder("XDG_CONFIG_HOME", ".config"),
            "data": folder("XDG_DATA_HOME", ".local", "share"),
            "cache": folder("XDG_CACHE_HOME", ".cache"),
            "state": folder("XDG_STATE_HOME", ".local", "state"),
            "runtime": self.variables.get("XDG_RUNTIME_DIR", ""),
            "application-support": folder(None, "Library", "Application Support"),
            "preferences": folder(None, "Library", "Preferences"),
            "appdata": folder("APPDATA", "AppData", "Roaming"),
            "local-appdata": folder("LOCALAPPDATA", "AppData", "Local"),
            "program-data": system and self.variables.get("ProgramData", _joined(system, "ProgramData")),
            "program-files": system and self.variables.get("ProgramFiles", _joined(system, "Program Files")),
        }


def _joined(folder: str | Path, below: str) -> str:
    start = str(folder).rstrip(os.sep) + os.sep
    return start + below.replace("/", os.sep) if below else str(folder)


def _below(path: str, folder: str) -> str | None:
    if path == folder:
        return ""
    start = folder.rstrip(os.sep) + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else None


def _listed(folder: str, pattern: str) -> list[str]:
    expression = re.compile(fnmatch.translate(pattern))
    try:
        with os.scandir(folder) as listing:
            names = [entry.name for entry in listing if expression.match(entry.name)]
    except OSError:
        return []
    if not pattern.startswith("."):
        names = [each for each in names if not each.startswith(".") or pattern == "*"]
    return [_joined(folder, each) for each in sorted(names)]
