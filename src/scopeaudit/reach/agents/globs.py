"""Patterns over paths, matched in time that grows with pattern times path, whatever they are.

Ignore files come from scanned folders, so nothing here may be made slow: names are matched by `fnmatch`,
which does not go back, and `**` by remembering what was tried. Of many patterns only those are tried whose
plain names a path has, and no more than there is effort for.

Source for ignore files: https://git-scm.com/docs/gitignore, "PATTERN FORMAT".
"""

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_ANY = "**"
Part: TypeAlias = "str | re.Pattern[str]"
"""A plain name, `**`, or what a name has to match."""


@lru_cache(maxsize=8192)
def _name(pattern: str, loose: bool) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern), re.IGNORECASE if loose else 0)


def parts_of(names: Iterable[str], *, loose: bool = False) -> tuple[Part, ...]:
    """A pattern name by name; `loose` ignores case."""
    return tuple(
        each if each == _ANY or not (loose or re.search(r"[*?\[]", each)) else _name(each, loose)
        for each in names
    )


def match(pattern: Sequence[Part], names: Sequence[str], *, inside: bool) -> bool:
    """Whether names of a path match a pattern name by name; `**` is any number of them.

    With `inside`, what lies below a match matches too.
    """
    reached = {0}
    for position, part in enumerate(pattern):
        last = position == len(pattern) - 1
        if part == _ANY:
            start = min(reached)
            # At the end it means all that is inside, and not the folder itself.
            reached = set(range(start + last, len(names) + 1))
        elif isinstance(part, str):
            reached = {each + 1 for each in reached if each < len(names) and part == names[each]}
        else:
            reached = {each + 1 for each in reached if each < len(names) and part.match(names[each])}
        if not reached:
            return False
    return inside or len(names) in reached


class Effort:
    """How many patterns may still be tried. What is not tried matches nothing."""

    def __init__(self, tries: int) -> None:
        self._left = tries

    @property
    def is_spent(self) -> bool:
        """Whether something was not tried."""
        return self._left < 0

    def take(self) -> bool:
        """Whether one more may be tried."""
        self._left -= 1
        return self._left >= 0


class Index:
    """Which of many patterns may match a path: those of which it has a certain name, and those without."""

    def __init__(self, needed: Sequence[frozenset[str]]) -> None:
        """`needed` are for each pattern the names that any path it matches has."""
        common = Counter(name for names in needed for name in names)
        self._named: dict[str, list[int]] = {}
        self._others: list[int] = []
        for number, names in enumerate(needed):
            if names:
                self._named.setdefault(min(names, key=lambda each: (common[each], each)), []).append(number)
            else:
                self._others.append(number)

    def candidates(self, names: Sequence[str]) -> list[int]:
        """Numbers of the patterns, ascending."""
        if not self._named:
            return self._others
        found = [number for name in self._named.keys() & names for number in self._named[name]]
        return sorted((*self._others, *found)) if found else self._others


def names_in(pattern: Iterable[Part]) -> frozenset[str]:
    """The names that every path has which a pattern matches."""
    return frozenset(each for each in pattern if isinstance(each, str) and each not in ("", _ANY))


@dataclass(frozen=True, slots=True)
class IgnoreLine:
    """One line of an ignore file."""

    parts: tuple[Part, ...]
    again: bool
    """Whether it takes back what a line before it ignores."""
    folders_only: bool


def ignore_line(line: str) -> IgnoreLine | None:
    """What a line means; `None` for blank lines and comments.

    A line that takes something back may take back more than it says: case is ignored, and a name that is
    written with an escape or a class counts as any.
    """
    text = without_blanks(line.rstrip("\r\n"))
    if not text or text.startswith("#"):
        return None
    again = text.startswith("!")
    text = re.sub(r"\\([ #!])", r"\1", text[again:])
    folders_only = text.endswith("/")
    parts = [each for each in text.strip("/").split("/") if each]
    if not parts:
        return None
    if "/" not in text.rstrip("/"):
        parts.insert(0, _ANY)
    if again:
        parts = ["*" if re.search(r"[\\\[]", each) else each for each in parts]
    return IgnoreLine(parts_of(parts, loose=again), again, folders_only)


def without_blanks(text: str) -> str:
    """Blanks at the end do not count, but for one behind a backslash."""
    stripped = text.rstrip(" ")
    return stripped + " " if stripped.endswith("\\") and len(stripped) < len(text) else stripped


class IgnoreLines:
    """The lines of an ignore file, ready for many paths."""

    def __init__(self, lines: Iterable[IgnoreLine], effort: Effort | None = None) -> None:
        self._lines = tuple(lines)
        self._index = Index([names_in(each.parts) for each in self._lines])
        self._effort = effort

    def deciding(self, names: Sequence[str]) -> int | None:
        """The number of the line that ignores a path, given by names; the last that matches counts."""
        found: int | None = None
        for number in self._index.candidates(names):
            line = self._lines[number]
            if line.again is (found is None):
                continue
            if self._effort is not None and not self._effort.take():
                return None
            if _covers(line, names):
                found = None if line.again else number
        return found

    def needed(self) -> frozenset[str]:
        """The names that every path has which is ignored; none where that is not said in one line."""
        return names_in(self._lines[0].parts) if len(self._lines) == 1 else frozenset()


def is_ignored(lines: Iterable[IgnoreLine], path: str) -> bool:
    """Whether lines of an ignore file cover a path relative to its folder; the last that matches counts."""
    return IgnoreLines(lines).deciding(path.split("/")) is not None


def _covers(line: IgnoreLine, names: Sequence[str]) -> bool:
    if line.folders_only:
        return match(line.parts, names[:-1], inside=True)
    return match(line.parts, names, inside=True)
