"""Lines for a terminal of a known width. Whatever is put on a page is made visible first.

Rich colours; nothing is read from the environment, so the same page is the same text everywhere.
"""

import io
import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from scopeaudit.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

Word: TypeAlias = tuple[str, str]
"""Visible text that stays in one piece where it takes less than half a line, and its style."""

LEAST_WIDTH = 40
_MARKS = "/:-_.,="
"""What ends a part of a name that is too long for a line."""
_WORD = re.compile(r"`[^`]{1,60}`[^ ]*|[^ ]+")
_LONGEST_PROSE = 2_000
_LONGEST_NAME = 200


def prose(text: str, style: str = "") -> list[Word]:
    """Text that may break at spaces, but not in a short command in backticks; cut after 2,000 characters."""
    if len(text) > _LONGEST_PROSE:
        text = f"{text[: _LONGEST_PROSE - 1]}…"
    return [(word, style) for word in _WORD.findall(visible(text))]


def name(text: str, style: str = "") -> Word:
    """A name; of what is longer than 200 characters the middle is left out."""
    if len(text) > _LONGEST_NAME:
        text = f"{text[: _LONGEST_NAME // 2]}…{text[-_LONGEST_NAME // 2 + 1 :]}"
    return (visible(text), style)


def listing(names: Sequence[str], most: int, style: str = "") -> list[Word]:
    """Names with ` · ` between them: `most` of them, then how many more there are."""
    words = [name(each, style) for each in names[:most]]
    if len(names) > most:
        words.append((f"{len(names) - most:,} more", ""))
    return separated(words)


def separated(words: Sequence[Word]) -> list[Word]:
    """The words with ` · ` after each but the last."""
    return [(f"{text} ·", style) for text, style in words[:-1]] + list(words[-1:])


class Page:
    """Text under construction, line by line."""

    def __init__(self, *, width: int, colour: bool) -> None:
        """`width` in cells, at least 40 are used; without `colour` there is no escape in the text."""
        self.width = max(width, LEAST_WIDTH)
        self._colour = colour
        self._file = io.StringIO()
        self._console: Console | None = None

    def text(self) -> str:
        """All that was written so far."""
        return self._file.getvalue()

    def blank(self) -> None:
        """An empty line, but none at the top."""
        if self._file.tell():
            self._file.write("\n")

    def paragraph(self, words: Sequence[Word], *, indent: int = 0) -> None:
        """Words from the indent to the right edge."""
        for line in _wrapped(words, self.width - indent):
            self._line([(" " * indent, ""), *_spaced(line)])

    def row(self, label: Sequence[Word], words: Sequence[Word], *, indent: int, label_width: int) -> None:
        """A label to the left, wrapped too, and words beside it."""
        start = indent + label_width + 1
        left = _wrapped(label, label_width)
        right = _wrapped(words, self.width - start)
        nothing: list[Word] = []
        for label_line, line in zip_longest(left, right, fillvalue=nothing):
            beside = [(" " * indent, ""), *_spaced(label_line)]
            if line:
                gap = start - sum(_cells(text) for text, _ in beside)
                beside += [(" " * gap, ""), *_spaced(line)]
            self._line(beside)

    def ends(self, left: Sequence[Word], right: Sequence[Word]) -> bool:
        """Words at both edges of one line; False, and nothing written, where they do not fit."""
        if not left or not right:
            return False
        first, last = _spaced(left), _spaced(right)
        space = self.width - sum(_cells(text) for text, _ in (*first, *last))
        if space < 2:
            return False
        self._line([*first, (" " * space, ""), *last])
        return True

    def _line(self, parts: "Iterable[Word]") -> None:
        if not self._colour:
            self._file.write("".join(text for text, _ in parts) + "\n")
            return
        from rich.text import Text

        self._drawing().print(Text.assemble(*parts), soft_wrap=True)

    def _drawing(self) -> "Console":
        if self._console is None:
            from rich.console import Console

            self._console = Console(
                file=self._file,
                width=self.width,
                height=100,
                force_terminal=self._colour,
                force_jupyter=False,
                force_interactive=False,
                color_system="standard" if self._colour else None,
                no_color=not self._colour,
                legacy_windows=False,
                markup=False,
                emoji=False,
                highlight=False,
                _environ={},
            )
        return self._console


def _spaced(words: Sequence[Word]) -> list[Word]:
    """The words with a space between them."""
    return [part for word in words for part in ((" ", ""), word)][1:]


def _cells(text: str) -> int:
    """How many columns the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _wrapped(words: Sequence[Word], width: int) -> list[list[Word]]:
    """The words in lines of at most this many cells."""
    lines: list[list[Word]] = [[]]
    room = width
    for text, style in words:
        for piece in _broken(text, width):
            cells = _cells(piece)
            if lines[-1] and cells >= room:
                lines.append([])
                room = width
            room -= cells + (1 if lines[-1] else 0)
            lines[-1].append((piece, style))
    return [line for line in lines if line]


def _broken(text: str, width: int) -> list[str]:
    """Pieces that fit: broken at spaces where it takes over half a line, else whole."""
    if _cells(text) <= width // 2:
        return [text]
    body, mark = (text[:-2], text[-2:]) if text.endswith((" ·", " →")) else (text, "")
    words = [word for word in body.split(" ") if word] or [body]
    pieces = [piece for word in words[:-1] for piece in _chopped(word, width)]
    pieces += _chopped(words[-1], width - len(mark))
    return [*pieces[:-1], pieces[-1] + mark]


def _may_end(word: str, end: int) -> bool:
    """Whether a part of the name ends there: after a mark, or before a capital letter."""
    return word[end - 1] in _MARKS or (word[end].isupper() and word[end - 1].islower())


def _chopped(word: str, width: int) -> list[str]:
    """A word in pieces of at most this many cells, each ending where a part of the name ends if it can."""
    pieces = []
    while _cells(word) > width:
        from rich.cells import chop_cells

        fits = chop_cells(word, width)[0] or word[0]
        ends = range(len(fits), len(fits) // 2, -1)
        piece = fits[: next((end for end in ends if _may_end(word, end)), len(fits))]
        pieces.append(piece)
        word = word[len(piece) :]
    return [*pieces, word] if word or not pieces else pieces
