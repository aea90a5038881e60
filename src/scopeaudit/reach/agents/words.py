"""Where words of a configuration stand in its text, found in bounded time."""

import json
import re
from bisect import bisect_left
from functools import cached_property

_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'")
_EFFORT = 1 << 29
"""Characters of a text that are searched, in all, for words that do not stand in quotes."""


class Words:
    """A text, and the lines of what stands in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = _EFFORT

    @property
    def is_exhausted(self) -> bool:
        """Whether a word was not looked for, because too much was searched already."""
        return self._left <= 0

    def line_of(self, *words: str) -> int | None:
        """The line on which the last of the words stands, each looked for behind the one before, from 1."""
        position = 0
        for word in words:
            found = self._find(word, position)
            if found < 0:
                found = self._find(word, 0)
            if found < 0:
                return None
            position = found
        return bisect_left(self._breaks, position) + 1

    def _find(self, word: str, start: int) -> int:
        """Where a word stands, as JSON writes it or plainly; -1 where it does not."""
        forms = (json.dumps(word), json.dumps(word, ensure_ascii=False), f'"{word}"', f"'{word}'")
        for written in forms:
            places = self._quoted.get(written, [])
            at = bisect_left(places, start)
            if at < len(places):
                return places[at]
        for written in (*forms, word):
            if self._left <= 0:
                return -1
            self._left -= len(self._text) - start
            found = self._text.find(written, start)
            if found >= 0:
                return found
        return -1

    @cached_property
    def _quoted(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for match in _QUOTED.finditer(self._text):
            places.setdefault(match.group(), []).append(match.start())
        return places

    @cached_property
    def _breaks(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self._text)]
