"""Rules that deny paths or variables, each in the way its agent writes them."""

import fnmatch
import os
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from scopeaudit.catalogue.agent import Syntax
from scopeaudit.reach.agents.globs import Effort, Part, ignore_line, match, parts_of
from scopeaudit.reach.agents.ignore_lines import IgnoreLines
from scopeaudit.reach.agents.patterns import Pattern
from scopeaudit.reach.machine import Machine

_CLAUDE = re.compile(r"(?P<tool>[A-Za-z]\w*)(?:\((?P<pattern>.*)\))?", re.DOTALL)
_LIMIT = 1_024
"""Characters of a rule; nothing longer is a path."""


class Denies(Protocol):
    """What a rule covers."""

    def path(self, path: str) -> bool:
        """Whether it covers an absolute path."""

    def variable(self, name: str) -> bool:
        """Whether it covers a variable of the environment."""

    def patterns(self) -> tuple[Pattern, ...] | None:
        """Patterns of absolute paths that cover all it covers; `None` where that cannot be said."""


@dataclass(frozen=True, slots=True)
class _Nothing:
    def path(self, path: str) -> bool:
        del path
        return False

    def variable(self, name: str) -> bool:
        del name
        return False

    def patterns(self) -> tuple[Pattern, ...] | None:
        return ()


@dataclass(frozen=True, slots=True)
class _Everything(_Nothing):
    def path(self, path: str) -> bool:
        del path
        return True

    def patterns(self) -> tuple[Pattern, ...] | None:
        return None


@dataclass(frozen=True, slots=True)
class Ignored(_Nothing):
    """Lines of an ignore file in a folder."""

    folder: str
    lines: IgnoreLines
    numbers: tuple[int, ...]
    """Of the lines that are none of the blank ones and comments, from 0."""

    def path(self, path: str) -> bool:
        """Whether a line covers an absolute path."""
        return self.line(path) is not None

    def line(self, path: str) -> int | None:
        """The number, from 0, of the line that covers an absolute path."""
        start = self.folder.rstrip(os.sep) + os.sep
        if not path.startswith(start):
            return None
        found = self.lines.deciding(path[len(start) :].replace(os.sep, "/"))
        return None if found is None else self.numbers[found]

    def patterns(self) -> tuple[Pattern, ...] | None:
        """As `Denies` has it."""
        if self.lines.is_nothing:
            return ()
        alone = self.lines.alone
        if alone is None:
            return None
        around = self.folder.rstrip(os.sep).replace(os.sep, "/").split("/")
        return (Pattern((*around, *alone.parts), alone.folders_only),)


@dataclass(frozen=True, slots=True)
class _Glob(_Nothing):
    """An absolute path with `*`, `**` and `?`; a folder covers what is in it."""

    parts: tuple[Part, ...]

    def path(self, path: str) -> bool:
        return match(self.parts, path.replace(os.sep, "/").split("/"), inside=True)

    def patterns(self) -> tuple[Pattern, ...] | None:
        return (Pattern(self.parts),)


@dataclass(frozen=True, slots=True)
class _Believed(_Nothing):
    """What a rule is believed to cover, without what it covers."""

    believed: tuple[Denies, ...]
    real: Denies

    def path(self, path: str) -> bool:
        return any(each.path(path) for each in self.believed) and not self.real.path(path)

    def patterns(self) -> tuple[Pattern, ...] | None:
        found = [each.patterns() for each in self.believed]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            return None
        return tuple(replace(each, exact=False) for each in chain.from_iterable(known))


@dataclass(frozen=True, slots=True)
class _Variables(_Nothing):
    names: tuple[str, ...]
    but: bool
    """Whether all others are meant."""

    def variable(self, name: str) -> bool:
        listed = any(fnmatch.fnmatchcase(name.upper(), each.upper()) for each in self.names)
        return listed is not self.but


def _ignored(folder: str, rules: Iterable[str], effort: Effort | None = None) -> Ignored:
    # Of lines too long to be read those that take something back take everything back.
    read = (each if len(each) <= _LIMIT else "!*" if each.startswith("!") else "" for each in rules)
    found = ((number, ignore_line(each)) for number, each in enumerate(read))
    lines = [(number, line) for number, line in found if line is not None]
    return Ignored(
        folder,
        IgnoreLines((line for _, line in lines), effort),
        tuple(number for number, _ in lines),
    )


def denial(
    rule: str, syntax: Syntax, machine: Machine, folder: str, only: str | None = None, *, loose: bool = False
) -> Denies:
    """What one rule covers. `folder` is that of the file it stands in; `loose` ignores case in plain paths.

    A rule that is not written as its syntax asks covers nothing.
    """
    if is_too_long(rule):
        return _Nothing()
    match syntax:
        case Syntax.GITIGNORE:
            return _ignored(folder, [rule])
        case Syntax.ANYWHERE:
            return _ignored(os.sep, [_everywhere(rule, machine)])
        case Syntax.GLOB:
            return _glob(rule, machine, loose=loose)
        case Syntax.CLAUDE_RULE:
            return _claude(rule, machine, folder, only)
        case Syntax.CLAUDE_RULE_BELIEVED:
            return _believed(rule, machine, folder, only)
        case Syntax.VARIABLES:
            return _Variables((rule,), but=False)
        case Syntax.VARIABLES_BUT:
            return _Variables((rule,), but=True)


def is_too_long(rule: str) -> bool:
    """Whether a rule is no rule, by its length or by what no path holds."""
    return len(rule) > _LIMIT or "\0" in rule


def together(
    rules: Sequence[str], syntax: Syntax, folder: str, effort: Effort | None = None
) -> Denies | None:
    """What rules cover that mean something only together: lines of an ignore file, names passed on."""
    match syntax:
        case Syntax.GITIGNORE:
            return _ignored(folder, rules, effort)
        case Syntax.VARIABLES_BUT:
            return _Nothing() if any(map(is_too_long, rules)) else _Variables(tuple(rules), but=True)
        case _:
            return None


def _everywhere(rule: str, machine: Machine) -> str:
    if rule.startswith("~/"):
        return str(machine.home).replace(os.sep, "/") + rule[1:]
    return rule


def _glob(rule: str, machine: Machine, *, loose: bool) -> Denies:
    path = rule.replace("\\", "/") if os.sep == "\\" else rule
    if path in ("~", "$HOME", "${HOME}") or path.startswith(("~/", "$HOME/", "${HOME}/")):
        _, _, below = path.partition("/")
        path = f"{str(machine.home).replace(os.sep, '/')}/{below}"
    elif path.startswith("//"):
        path = path[1:]
    elif not path.startswith("/") and not re.match(r"[A-Za-z]:/", path):
        project = str(machine.project).replace(os.sep, "/")
        path = f"{project}/{path}"
    if "/." in path:
        path = posixpath.normpath(path)
    # A bracket means itself.
    return _Glob(parts_of(path.rstrip("/").replace("[", "[[]").split("/"), loose=loose))


def _claude(rule: str, machine: Machine, folder: str, only: str | None) -> Denies:
    """Source: https://code.claude.com/docs/en/permissions, "Read and Edit"."""
    match = _CLAUDE.fullmatch(rule.strip())
    if match is None or (only is not None and match["tool"] != only):
        return _Nothing()
    pattern = match["pattern"]
    if pattern is None or pattern in ("*", "//**"):
        return _Everything()
    if pattern.startswith("//"):
        return _ignored(os.sep, [pattern[1:]])
    if pattern.startswith("~/"):
        return _ignored(str(machine.home), [pattern[1:]])
    if pattern.startswith("/"):
        return _ignored(folder, [pattern])
    pattern = pattern.removeprefix("./")
    # Below the working directory, at any depth if it is a bare name, as in an ignore file.
    return _ignored(str(machine.project), [pattern])


def _believed(rule: str, machine: Machine, folder: str, only: str | None) -> Denies:
    """Source: https://code.claude.com/docs/en/permissions, the warnings of "Read and Edit"."""
    match = _CLAUDE.fullmatch(rule.strip())
    pattern = match["pattern"] if match is not None else None
    if not pattern or pattern.startswith(("//", "~/", "./")):
        return _Nothing()
    real = _claude(rule, machine, folder, only)
    if pattern.startswith("/"):
        roots = (os.sep, str(machine.project))
        return _Believed(tuple(_ignored(each, [pattern]) for each in roots), real)
    return _Believed((_ignored(os.sep, [f"**/{pattern.removeprefix('**/')}"]),), real)
