"""Notebooks of Jupyter as the code, the commands and the SQL of their cells; what cells printed is left out.

Format: https://nbformat.readthedocs.io/en/latest/format_description.html
Magics: https://ipython.readthedocs.io/en/stable/interactive/magics.html
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scopeaudit.jobs.use.text import LONGEST_LINE, Kind, Text, is_skipped
from scopeaudit.model.document import Document

# A string that is never closed goes on to the end, so that no text is looked at twice.
_LEXER = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]:]|\n', re.DOTALL)
_LANGUAGES = {
    "python": Kind.PYTHON,
    "javascript": Kind.JAVASCRIPT,
    "typescript": Kind.JAVASCRIPT,
    "go": Kind.GO,
    "ruby": Kind.RUBY,
    "java": Kind.JAVA,
    "kotlin": Kind.JAVA,
    "scala": Kind.JAVA,
    "rust": Kind.RUST,
    "c#": Kind.CSHARP,
    "php": Kind.PHP,
    "sql": Kind.SQL,
    "bash": Kind.SCRIPT,
}
_WHOLE_CELLS = {
    **dict.fromkeys(("bash", "sh", "script", "!", "sx", "system"), Kind.SCRIPT),
    "sql": Kind.SQL,
    **dict.fromkeys(("javascript", "js"), Kind.JAVASCRIPT),
    "ruby": Kind.RUBY,
    **dict.fromkeys(("time", "timeit", "capture", "prun", "python", "python3"), Kind.PYTHON),
}
"""Magics that say what the rest of a cell is; what any other encloses is no code."""
_CELL = ["", "cells", ""]
_SOURCE = [*_CELL, "source"]
_MAGIC = re.compile(r"\s*%%(!|\w+)")
_COMMAND = re.compile(r"(?:[\w, ]+=)?\s*!(.*)", re.DOTALL)
_LINE_MAGIC = re.compile(r"\s*%(sql|sx|system|time|timeit)\s(.*)", re.DOTALL)


@dataclass(slots=True)
class _Cell:
    is_code: bool = False
    lines: list[tuple[str, int]] = field(default_factory=list)
    """Lines of its source with the line of the file on which each stands, from 1."""


def is_notebook(path: str) -> bool:
    """Whether a file is one by its name."""
    return path.lower().endswith(".ipynb")


def notebook_texts(document: Document) -> Iterator[Text]:
    """What the cells hold, each kind as one text of any length that knows the lines of the file."""
    if document.name is not None or document.continues or is_skipped(document.path):
        return
    content = bytes(document.data).decode("utf-8", "replace")
    language = _language(content)
    found: dict[Kind, list[tuple[str, int]]] = {}
    for cell in _cells(content):
        for kind, line, number in _sorted(cell, language) if cell.is_code else ():
            if len(line) <= LONGEST_LINE:
                found.setdefault(kind, []).append((line.rstrip("\r\n"), number))
    for kind, lines in found.items():
        text = "".join(f"{line}\n" for line, _ in lines)
        data = text.encode("utf-8", "replace")
        yield Text(replace(document, data=data), kind, text, tuple(number for _, number in lines))


def _sorted(cell: _Cell, language: Kind | None) -> Iterator[tuple[Kind, str, int]]:
    """Each line of a cell and what it is written in."""
    kind = language
    for index, (line, number) in enumerate(cell.lines):
        if index == 0 and (magic := _MAGIC.match(line)):
            kind = _WHOLE_CELLS.get(magic.group(1))
        elif kind is Kind.PYTHON and (command := _COMMAND.fullmatch(line)):
            yield Kind.SCRIPT, command.group(1), number
        elif kind is Kind.PYTHON and (magic := _LINE_MAGIC.fullmatch(line)):
            yield _WHOLE_CELLS[magic.group(1)], magic.group(2), number
        elif kind is Kind.PYTHON and line.lstrip().startswith(("%", "?")):
            continue
        elif kind is not None:
            yield kind, line, number


def _language(content: str) -> Kind | None:
    """What cells are written in: Python unless the notebook says otherwise."""
    said = re.search(
        r'"language_info"\s*:\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)?"name"\s*:\s*"([^"]{1,40})"', content
    )
    return Kind.PYTHON if said is None else _LANGUAGES.get(said.group(1).lower())


def _cells(content: str) -> Iterator[_Cell]:
    """The cells in order. Only their own keys count: what they printed may look like anything."""
    cell, line = _Cell(), 1
    path: list[str] = []
    """The key under which each open bracket stands."""
    key, last = "", ""
    is_value = is_cell = is_source = False
    for found in _LEXER.finditer(content):
        mark = found.group()
        if mark == "\n":
            line += 1
        elif mark == ":":
            key, is_value = last, True
        elif mark in "{}[]":
            if mark in "{[":
                path.append(key if is_value else "")
            else:
                if is_cell and mark == "}":
                    yield cell
                del path[-1:]
            key, is_value = "", False
            is_cell, is_source = path == _CELL, path == _SOURCE
            if is_cell and mark == "{":
                cell = _Cell()
        else:
            last = mark[1:-1]
            if is_cell and is_value and key == "cell_type":
                cell.is_code = last == "code"
            elif is_source or (is_cell and is_value and key == "source"):
                cell.lines += [(each, line) for each in _decoded(mark).splitlines()]
            is_value = False
            line += mark.count("\n")


def _decoded(literal: str) -> str:
    try:
        value = json.loads(literal, strict=False)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""
