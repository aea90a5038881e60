"""Patterns over paths, matched in time that grows with pattern times path, whatever they are.

Ignore files come from scanned folders, so nothing here may be made slow: names are matched by `fnmatch`,
which does not go back, and `**` by remembering what was tried. Of many patterns only those are tried whose
plain names a path has, and no more than there is effort for.

Source for ignore files: https://git-scm.com/docs/gitignore, "PATTERN FORMAT".
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

ANY = "**"
_SPECIAL = re.compile(r"[*?\[\]]")


@dataclass(frozen=True, slots=True)
class NameGlob:
    """What a name has to match."""

    glob: str
    loose: bool
    """Whether case is ignored."""
    expression: re.Pattern[str] = field(compare=False)

    def match(self, name: str) -> bool:
        """Whether a name does."""
        return self.expression.match(name) is not None

    @property
    def start(self) -> str:
        """What every name it matches begins with, but for the case."""
        return _SPECIAL.split(self.glob, maxsplit=1)[0]

    @property
    def end(self) -> str:
        """What every name it matches ends with, but for the case."""
        return _SPECIAL.split(self.glob)[-1]


Part: TypeAlias = "str | NameGlob"
"""A plain name, `**`, or what a name has to match."""


@lru_cache(maxsize=8192)
def _name(pattern: str, loose: bool) -> NameGlob:
    expression = re.compile(fnmatch.translate(pattern), re.IGNORECASE if loose else 0)
    return NameGlob(pattern, loose, expression)


def parts_of(names: Iterable[str], *, loose: bool = False) -> tuple[Part, ...]:
    """A pattern name by name; `loose` ignores case."""
    return tuple(
        each if each == ANY or not (loose or re.search(r"[*?\[]", each)) else _name(each, loose)
        for each in names
    )


def match(pattern: Sequence[Part], names: Sequence[str], *, inside: bool) -> bool:
    """Whether names of a path match a pattern name by name; `**` is any number of them.

    With `inside`, what lies below a match matches too.
    """
    reached = {0}
    for position, part in enumerate(pattern):
        last = position == len(pattern) - 1
        if part == ANY:
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
        self.left = tries

    @property
    def is_spent(self) -> bool:
        """Whether something was not tried."""
        return self.left < 0

    def take(self, tries: int = 1) -> bool:
        """Whether one more may be tried, or as many as are given."""
        self.left -= tries
        return self.left >= 0


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
        parts.insert(0, ANY)
    if again:
        parts = ["*" if re.search(r"[\\\[]", each) else each for each in parts]
    return IgnoreLine(parts_of(parts, loose=again), again, folders_only)


def without_blanks(text: str) -> str:
    """Blanks at the end do not count, but for one behind a backslash."""
    stripped = text.rstrip(" ")
    return stripped + " " if stripped.endswith("\\") and len(stripped) < len(text) else stripped
