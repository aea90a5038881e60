"""Lines for a terminal of a known width. Whatever is put on a page is made visible first.

Rich draws; nothing is read from the environment, so the same page is the same text everywhere.
"""

import io
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from scopeaudit.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Word: TypeAlias = tuple[str, str]
"""Visible text that stays in one piece where it takes less than half a line, and its style."""

LEAST_WIDTH = 40
_LONGEST_PROSE = 2_000
_LONGEST_NAME = 200


def prose(text: str, style: str = "") -> list[Word]:
    """Text that may break at spaces; what is longer than 2,000 characters is cut."""
    if len(text) > _LONGEST_PROSE:
        text = f"{text[: _LONGEST_PROSE - 1]}…"
    return [(word, style) for word in visible(text).split(" ") if word]


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
        if not self._colour and all(
            text.isascii() and 2 * len(text) <= self.width - indent for text, _ in words
        ):
            self._plain(words, indent)
            return
        for line in _wrapped(words, self.width - indent):
            self._line(indent, [line])

    def row(self, label: Sequence[Word], words: Sequence[Word], *, indent: int, label_width: int) -> None:
        """A label to the left, wrapped too, and words beside it."""
        start = indent + label_width + 1
        left = _wrapped(label, label_width)
        right = _wrapped(words, self.width - start)
        for label_line, line in zip_longest(left, right):
            if label_line is None:
                self._line(start, [line])
            elif line is None:
                self._line(indent, [label_line])
            else:
                self._line(indent, [label_line, " " * (label_width + 1 - label_line.cell_len), line])

    def ends(self, left: Sequence[Word], right: Sequence[Word]) -> bool:
        """Words at both edges of one line; False, and nothing written, where they do not fit."""
        if not left or not right:
            return False
        first, last = _joined(left), _joined(right)
        space = self.width - first.cell_len - last.cell_len
        if space < 2:
            return False
        self._line(0, [first, " " * space, last])
        return True

    def _plain(self, words: Sequence[Word], indent: int) -> None:
        """The same for short words of ASCII without colour, which need nobody to draw them."""
        room, line = self.width - indent, ""
        for text, _ in words:
            if line and len(line) + 1 + len(text) > room:
                self._file.write(f"{' ' * indent}{line}\n")
                line = ""
            line = f"{line} {text}" if line else text
        if line:
            self._file.write(f"{' ' * indent}{line}\n")

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

    def _line(self, indent: int, parts: "Iterable[Text | str]") -> None:
        from rich.text import Text

        self._drawing().print(Text(" " * indent).append_text(Text.assemble(*parts)), soft_wrap=True)


def _joined(words: Sequence[Word]) -> "Text":
    from rich.text import Text

    return Text(" ").join(Text(text, style) for text, style in words)


def _wrapped(words: Sequence[Word], width: int) -> "list[Text]":
    lines: list[list[Word]] = [[]]
    room = width
    for text, style in words:
        for piece, cells in _broken(text, width):
            if lines[-1] and cells >= room:
                lines.append([])
                room = width
            room -= cells + (1 if lines[-1] else 0)
            lines[-1].append((piece, style))
    return [_joined(line) for line in lines if line]


def _broken(text: str, width: int) -> list[tuple[str, int]]:
    """Pieces that fit, each with its cells: broken at spaces where it takes over half a line, else whole."""
    from rich.cells import cell_len, chop_cells

    cells = cell_len(text)
    if cells <= width // 2:
        return [(text, cells)]
    body, mark = (text[:-2], text[-2:]) if text.endswith((" ·", " →")) else (text, "")
    words = [word for word in body.split(" ") if word] or [body]
    words[-1] += mark
    pieces = [
        piece
        for word in words
        for piece in ([word] if cell_len(word) <= width else chop_cells(word, width))
        if piece
    ]
    return [(piece, cell_len(piece)) for piece in pieces]
