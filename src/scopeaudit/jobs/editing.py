"""Adding jobs to a job file that people wrote, which keeps every byte that is there.

The file is not read and written anew: lines are put in at the end of `jobs`, so comments, order, quoting
and widths stay as they are.
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scopeaudit.catalogue.decode import compose
from scopeaudit.jobs.init import NO_POLICY, ProposedJob
from scopeaudit.jobs.raw import RawFile, read_written
from scopeaudit.jobs.writing import block, flow, new_file
from scopeaudit.model.errors import UsageError
from scopeaudit.model.policy import Policy

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_STEP = 2


def added(
    text: str | None,
    path: str,
    jobs: Sequence[ProposedJob],
    notes: Sequence[str] = (),
    policy: Policy = NO_POLICY,
) -> str:
    """The file's text with the jobs added; a file of its own where there is none yet.

    `notes` are comments in front of the jobs, where these are written in block style; `policy` says what a
    job has to give.

    Raises:
        InvalidFileError: if the text is no YAML we read.
        UsageError: if the text is written in a way that cannot be added to safely.
    """
    if not jobs:
        return text or ""
    if text is None:
        return "\n".join(new_file(jobs, notes, policy)) + "\n"
    place = _place(_Text(text), compose(text, path), _Addition(jobs, tuple(notes), policy))
    edited = text[: place.start] + place.text + text[place.end :]
    if not _adds_only(text, edited, path, jobs):
        raise UsageError(f"{path}: is written in a way that cannot be added to: add the printed jobs by hand")
    return edited


@dataclass(frozen=True, slots=True)
class _Addition:
    """What is put in, in the style of the place."""

    jobs: Sequence[ProposedJob]
    notes: tuple[str, ...]
    policy: Policy

    def block(self, indentation: int) -> list[str]:
        return block(self.jobs, indentation, self.notes, self.policy)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """`text[start:end]` gives way to `text`."""

    start: int
    end: int
    text: str


class _Text:
    """The file's text by lines as YAML counts them."""

    def __init__(self, text: str) -> None:
        self.text = text
        breaks = list(_BREAK.finditer(text))
        self.starts = [0, *(each.end() for each in breaks)]
        self.newline = breaks[0].group() if breaks and breaks[0].group() in ("\n", "\r\n", "\r") else "\n"

    def offset(self, mark: Any) -> int:
        return int(self.starts[mark.line] + mark.column)

    def line(self, number: int) -> str:
        """A line without its break; lines count from 0."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end].rstrip("\r\n\x85\u2028\u2029")

    def after(self, number: int) -> int:
        """The offset behind a line and its break."""
        return self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)

    def lines(self, wanted: Sequence[str], at: int) -> str:
        """Lines to be put in at an offset that begins one, or at the end of the text."""
        first = "" if at in self.starts else self.newline
        return first + "".join(f"{line}{self.newline}" for line in wanted)


def _place(text: _Text, root: Any, more: _Addition) -> _Insertion:
    found = next((value for key, value in root.value if key.value == "jobs"), None)
    if found is None:
        return _without_jobs(text, root, more)
    if found.flow_style:
        in_one_line = found.start_mark.line == found.end_mark.line
        if found.value or root.flow_style or not in_one_line:
            return _into_flow(text, found, more)
        return _in_place_of_nothing(text, root, found, more)
    indentation = found.value[0][0].start_mark.column
    at = _end_of_block(text, found, indentation)
    return _Insertion(at, at, text.lines(more.block(indentation), at))


def _without_jobs(text: _Text, root: Any, more: _Addition) -> _Insertion:
    if root.flow_style:
        inner = _flow_text(text, more)
        at = text.offset(root.end_mark) - 1
        return _Insertion(at, at, f"{_comma(text, root)}jobs: {{{inner}}}")
    indentation = root.value[0][0].start_mark.column if root.value else 0
    at = _end_of_block(text, root, indentation)
    lines = [f"{' ' * indentation}jobs:", *more.block(indentation + _STEP)]
    return _Insertion(at, at, text.lines(lines, at))


def _in_place_of_nothing(text: _Text, root: Any, found: Any, more: _Addition) -> _Insertion:
    """`jobs: {}` becomes a block; a comment behind it stays where it is."""
    start, end = text.offset(found.start_mark), text.offset(found.end_mark)
    line_end = text.starts[found.end_mark.line] + len(text.line(found.end_mark.line))
    behind = text.text[end:line_end]
    at = text.after(found.end_mark.line)
    indentation = root.value[0][0].start_mark.column + _STEP
    while text.text[start - 1] == " ":
        start -= 1
    return _Insertion(start, at, f"{behind}{text.text[line_end:at]}{text.lines(more.block(indentation), at)}")


def _into_flow(text: _Text, found: Any, more: _Addition) -> _Insertion:
    at = text.offset(found.end_mark) - 1
    return _Insertion(at, at, f"{_comma(text, found)}{_flow_text(text, more)}")


def _flow_text(text: _Text, more: _Addition) -> str:
    """The jobs as entries of a flow mapping; a comment there needs lines of its own."""
    parts = []
    for job in more.jobs:
        comments, entry = flow(job, more.policy)
        above = "".join(f"  {each}{text.newline}" for each in comments)
        parts.append(f"{text.newline}{above}  {entry}")
    return ",".join(parts) + text.newline


def _comma(text: _Text, mapping: Any) -> str:
    """What separates a new entry of a flow mapping from those before it."""
    if not mapping.value:
        return ""
    last = mapping.value[-1][1]
    between = text.text[text.offset(last.end_mark) : text.offset(mapping.end_mark) - 1]
    has_comma = any("," in line.partition("#")[0] for line in _BREAK.split(between))
    # A comment may stand behind the last entry: what follows it begins a line.
    return "" if has_comma else f"{text.newline if '#' in between else ''}, "


def _end_of_block(text: _Text, mapping: Any, indentation: int) -> int:
    """The offset of the line behind a block mapping and the comments that belong to its last entry."""
    last, is_literal = _last_line(mapping)
    number = following = last
    while following + 1 < len(text.starts):
        following += 1
        line = text.line(following)
        stripped = line.lstrip(" ")
        if (
            stripped.startswith("#")
            and len(line) - len(stripped) >= indentation
            and not (indentation == 0 and is_literal)
        ):
            number = following
        elif stripped:
            break
    return text.after(number)


def _last_line(node: Any) -> tuple[int, bool]:
    """The last line of a node's content, from 0, and whether a block scalar ends it."""
    while not (node.id == "scalar" or node.flow_style) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    is_literal = node.id == "scalar" and node.style in ("|", ">")
    mark = node.end_mark
    return (mark.line - 1 if is_literal and mark.column == 0 else mark.line), is_literal


def _adds_only(before: str, after: str, path: str, jobs: Sequence[ProposedJob]) -> bool:
    """Whether reading both gives the same but for the jobs, and no comment is lost."""
    try:
        old, new = read_written(before, path).file, read_written(after, path).file
    except UsageError:
        return False
    names = {job.name for job in jobs}
    if names & old.jobs.keys() or new.jobs.keys() != old.jobs.keys() | names:
        return False
    rest = dataclasses.replace(new, jobs={name: new.jobs[name] for name in old.jobs})
    is_same = _without_lines(rest) == _without_lines(old)
    return is_same and all(_is_as_proposed(new, job) for job in jobs)


def _is_as_proposed(file: RawFile, job: ProposedJob) -> bool:
    raw = file.jobs[job.name]
    credentials = [(each.path, each.env, each.key) for each in raw.credentials or ()]
    if credentials != [(each.path, each.env, each.key) for each in job.credentials]:
        return False
    if job.template is not None:
        return raw.use is not None and raw.use.text == job.template and raw.allow is None
    return raw.allow is not None and [each.text for each in raw.allow] == [
        each.written for each in job.entries
    ]


def _without_lines(value: Any) -> Any:
    """The value with every line number left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (each.name for each in dataclasses.fields(value) if each.name != "line")
        return {name: _without_lines(getattr(value, name)) for name in fields}
    if isinstance(value, dict):
        return {name: _without_lines(each) for name, each in value.items()}
    return [_without_lines(each) for each in value] if isinstance(value, tuple) else value
