"""The lines of an ignore file together: which of them decides on a path.

Source: https://git-scm.com/docs/gitignore, "PATTERN FORMAT".
"""

from collections.abc import Iterable
from functools import cached_property

from scopeaudit.reach.agents.globs import Effort, IgnoreLine
from scopeaudit.reach.agents.patterns import Pattern, Patterns, SpentError


class IgnoreLines:
    """The lines of an ignore file, ready for many paths."""

    def __init__(self, lines: Iterable[IgnoreLine], effort: Effort | None = None) -> None:
        self._lines = tuple(lines)
        self._effort = effort

    def deciding(self, path: str) -> int | None:
        """The number of the line that ignores a path, written with `/`; the last that matches counts."""
        found: int | None = None
        try:
            covering = self._patterns.covering(path)
        except SpentError:
            return None
        for number in covering:
            again = self._lines[number].again
            if again is (found is not None):
                found = None if again else number
        return found

    @cached_property
    def _patterns(self) -> Patterns:
        return Patterns(map(_pattern, self._lines), self._effort)

    @property
    def alone(self) -> Pattern | None:
        """What a single line covers; `None` if there are more, or none, or it covers nothing."""
        return _pattern(self._lines[0]) if len(self._lines) == 1 and not self._lines[0].again else None

    @property
    def is_nothing(self) -> bool:
        """Whether no path is ignored, whatever it is."""
        return all(each.again for each in self._lines)


def _pattern(line: IgnoreLine) -> Pattern:
    return Pattern(line.parts, line.folders_only)


def is_ignored(lines: Iterable[IgnoreLine], path: str) -> bool:
    """Whether lines of an ignore file cover a path relative to its folder; the last that matches counts."""
    return IgnoreLines(lines).deciding(path) is not None
