"""A job file as it is written: its keys and their types, not yet their meaning.

Every field may be missing here; what a job file must hold is said in `jobs.declarations`, so that
one mistake does not hide the others.
"""

import dataclasses
import datetime
from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

# The same reading of the text as `decode`, with the same refusals.
from scopeaudit.catalogue.decode import Marked, compose, decode, fields_of
from scopeaudit.model.errors import InvalidFileError

MAXIMUM_CHARACTERS = 1_000_000
_SHOWN_CHARACTERS = 400


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a job file."""

    line: int
    """From 1."""
    text: str
    """`field: what to do`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawSelector:
    """One entry of `credentials`."""

    path: str | None = None
    env: str | None = None
    key: str | None = None
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawJob:
    """One entry of `jobs`."""

    description: str | None = None
    owner: str | None = None
    provider: Marked | None = None
    use: Marked | None = None
    allow: tuple[Marked, ...] | None = None
    resources: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    expires: datetime.date | None = None
    credentials: tuple[RawSelector, ...] | None = None
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawResource:
    """Resources of a provider, in `recovery`."""

    provider: Marked | None = None
    resource: Marked | None = None
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawRecovery:
    """One entry of `recovery`."""

    protects: RawResource | None = None
    copies: tuple[RawResource, ...] | None = None
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """The whole file."""

    version: int | None = None
    extends: Marked | None = None
    environment: str | None = None
    jobs: Mapping[str, RawJob] = dataclasses.field(default_factory=dict)
    recovery: tuple[RawRecovery, ...] = ()
    line: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """What a job file holds, and what is wrong with its form."""

    file: RawFile
    """Without the parts that are wrong."""
    problems: tuple[Problem, ...]
    job_lines: Mapping[str, int]
    """Job name to the line it stands on, from 1."""


def read_written(text: str, path: str) -> Written:
    """The parts of the file that are right in form, and the problems of the others.

    Raises:
        InvalidFileError: if the text is no YAML we read: too large, not well-formed, with anchors or
            tags, nested too deeply, or not a mapping.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise InvalidFileError((f"{path}:1: the file is larger than {MAXIMUM_CHARACTERS:,} characters",))
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidFileError((f"{path}:1: the file is not valid UTF-8: save it as UTF-8",))
    document = compose(text, path)
    if document.id != "mapping":
        raise InvalidFileError((f"{path}:1: expected a mapping of keys to values, with version and jobs",))
    lines = _name_lines(document)
    try:
        return Written(decode(text, path, RawFile), (), lines)
    except InvalidFileError as error:
        problems = tuple(_parted(each, path) for each in error.problems)
        return Written(_salvage(document, RawFile), problems, lines)


def _parted(problem: str, path: str) -> Problem:
    line, _, text = problem.removeprefix(f"{path}:").partition(":")
    return Problem(int(line), printable(text.strip()))


def printable(text: str) -> str:
    """The text on one line, shortened, with what a terminal would act upon escaped."""
    shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
    if shown.isprintable():
        return shown
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in shown)


def _pairs(node: Any) -> dict[str, tuple[Any, Any]]:
    """Key to the nodes of key and value; the first of two equal keys, as `decode` takes it."""
    found: dict[str, tuple[Any, Any]] = {}
    for key, value in node.value if node.id == "mapping" else ():
        if key.id == "scalar":
            found.setdefault(key.value, (key, value))
    return found


def _name_lines(document: Any) -> dict[str, int]:
    pair = _pairs(document).get("jobs")
    named = _pairs(pair[1]) if pair else {}
    return {name: key.start_mark.line + 1 for name, (key, _) in named.items()}


def _salvage(node: Any, kind: Any) -> Any:
    """What is right in a part of the document, `None` where nothing is."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _salvage(node, next(each for each in get_args(kind) if each is not type(None)))
    if origin is tuple:
        items = node.value if node.id == "sequence" else ()
        salvaged = (_salvage(each, get_args(kind)[0]) for each in items)
        return tuple(value for value in salvaged if value is not None) if node.id == "sequence" else None
    if origin is not None and issubclass(origin, Mapping):
        values = {name: _salvage(value, get_args(kind)[1]) for name, (_, value) in _pairs(node).items()}
        return {name: value for name, value in values.items() if value is not None}
    if dataclasses.is_dataclass(kind) and kind is not Marked:
        return _salvage_fields(node, kind)
    return _salvage_scalar(node, kind)


def _salvage_fields(node: Any, kind: Any) -> Any:
    if node.id != "mapping":
        return None
    known = fields_of(kind)
    found: dict[str, Any] = {"line": node.start_mark.line + 1}
    for name, (_, value) in _pairs(node).items():
        salvaged = _salvage(value, known[name][0]) if name in known else None
        if salvaged is not None:
            found[name.replace("-", "_")] = salvaged
    return kind(**found)


def _salvage_scalar(node: Any, kind: Any) -> Any:
    if node.id != "scalar":
        return None
    if kind is Marked:
        return Marked(node.value, node.start_mark.line + 1)
    if kind is str:
        return str(node.value)
    try:
        return int(node.value) if kind is int else datetime.date.fromisoformat(node.value)
    except ValueError:
        return None
