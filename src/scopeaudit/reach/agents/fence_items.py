"""What a fence adds to a configuration: its templates filled in, and only what is not there yet."""

import copy
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scopeaudit.catalogue.agent import Fence, FencedItem, Subject
from scopeaudit.catalogue.places import Format
from scopeaudit.reach.agents.globs import without_blanks
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError

HEADING = "# Credentials that an agent has no need to read."
"""Above what is added to an ignore file."""
_PLACEHOLDER = re.compile(r"\{(absolute|relative|home|name)\}")
_PATTERN = re.compile(r"[*?\[\]{}\\]")
_IGNORE_PATTERN = re.compile(r"[*?\[\\]")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a fence adds or sets. Nothing in it comes from the file."""

    at: tuple[str, ...]
    """The keys that lead to it; empty in an ignore file."""
    value: str
    """As JSON; in an ignore file the line."""
    replaces: str | None = None
    """What gives way to it: `true`, `false`, `null` or `another value`."""


@dataclass(frozen=True, slots=True)
class Items:
    """The names that go into each list or mapping of a fence, in its order, each sorted and once."""

    names: tuple[tuple[FencedItem, tuple[str, ...]], ...]
    left: tuple[str, ...]
    """What cannot be written so that it means itself, as reports show it."""


def items_of(fence: Fence, machine: Machine, paths: Iterable[str], variables: Iterable[str]) -> Items:
    """The names to fence off; `paths` are absolute."""
    subjects = {Subject.PATHS: sorted(set(paths)), Subject.VARIABLES: sorted(set(variables))}
    subjects[Subject.INSIDE] = [path for path in subjects[Subject.PATHS] if machine.inside(path) is not None]
    subjects[Subject.OUTSIDE] = [path for path in subjects[Subject.PATHS] if machine.inside(path) is None]
    left: set[str] = set()
    names: list[tuple[FencedItem, tuple[str, ...]]] = []
    for item in fence.add:
        written: set[str] = set()
        for subject in subjects[item.of]:
            is_variable = item.of is Subject.VARIABLES
            forms = {"name": subject} if is_variable else _forms(subject, machine)
            name = _filled(item.item, forms, fence.format)
            if name is None:
                left.add(printable(subject if is_variable else machine.shown(subject)))
            else:
                written.add(name)
        names.append((item, tuple(sorted(written))))
    return Items(tuple(names), tuple(sorted(left)))


def _forms(path: str, machine: Machine) -> Mapping[str, str]:
    absolute = path.replace(os.sep, "/")
    home = str(machine.home).replace(os.sep, "/").rstrip("/")
    below = "~" + absolute[len(home) :] if f"{absolute}/".startswith(f"{home}/") else absolute
    inside = machine.inside(path)
    return {"absolute": absolute, "home": below, "relative": absolute if inside is None else inside or "."}


def _filled(template: str, forms: Mapping[str, str], form: Format) -> str | None:
    """The template with its placeholders replaced; `None` if a name would not mean itself there."""
    used = [forms[name] for name in _PLACEHOLDER.findall(template)]
    if not all(text.isprintable() for text in used):
        return None
    if form is Format.LINES:
        line = _PLACEHOLDER.sub(lambda match: _IGNORE_PATTERN.sub(r"\\\g<0>", forms[match[1]]), template)
        line = re.sub(r"\A[#!]", r"\\\g<0>", line) if template.startswith("{") else line
        return re.sub(r" +\Z", lambda match: "\\ " * len(match[0]), line)
    if any(_PATTERN.search(text) for text in used):
        return None
    return _PLACEHOLDER.sub(lambda match: forms[match[1]], template)


def fenced_content(
    content: Any, fence: Fence, items: Items
) -> tuple[dict[str, Any], tuple[Change, ...], tuple[str, ...]]:
    """What a configuration holds with the fence in it, what changed, and names it lists otherwise already.

    Raises:
        UnreadableError: if the fence does not fit into it.
    """
    if not isinstance(content, dict):
        raise UnreadableError("is not a mapping of settings")
    for at in fence.void_with:
        if _is_set(content, at):
            raise UnreadableError(
                f"sets `{dotted(at)}`, which leaves this without effect: take that out first"
            )
    new = copy.deepcopy(content)
    changes: list[Change] = []
    otherwise: list[str] = []
    for assignment in fence.set:
        _set(new, assignment.at, json.loads(assignment.value), changes)
    for item, names in items.names:
        if names and item.value is not None and item.key is None:
            for name in names:
                _set(new, (*item.at, name), json.loads(item.value), changes)
        elif names:
            otherwise += _extend(new, item, names, changes)
    return new, tuple(changes), tuple(sorted(set(otherwise)))


def _is_set(content: Any, at: Sequence[str]) -> bool:
    for key in at:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True


def _mapping(content: dict[str, Any], at: Sequence[str]) -> dict[str, Any]:
    """The mapping some keys lead to, made where there is none."""
    for position, key in enumerate(at):
        content = content.setdefault(key, {})
        if not isinstance(content, dict):
            raise UnreadableError(f"has a value at `{dotted(at[: position + 1])}`, where a mapping belongs")
    return content


def _set(content: dict[str, Any], at: tuple[str, ...], value: Any, changes: list[Change]) -> None:
    mapping, key = _mapping(content, at[:-1]), at[-1]
    old = mapping.get(key)
    if key in mapping and same(old, value):
        return
    if isinstance(old, dict | list):
        raise UnreadableError(f"has a list or mapping at `{dotted(at)}`, where {json.dumps(value)} belongs")
    replaces = None
    if key in mapping:
        replaces = json.dumps(old) if old is None or isinstance(old, bool) else "another value"
    mapping[key] = value
    changes.append(Change(at, json.dumps(value, ensure_ascii=False), replaces))


def _extend(
    content: dict[str, Any], item: FencedItem, names: Iterable[str], changes: list[Change]
) -> list[str]:
    """Adds what is missing in a list; gives the names that it lists with something else beside them."""
    present = _mapping(content, item.at[:-1]).setdefault(item.at[-1], [])
    if not isinstance(present, list):
        raise UnreadableError(f"has a value at `{dotted(item.at)}`, where a list belongs")
    listed = {each.get(item.key) for each in present if isinstance(each, dict) and _is_named(each, item)}
    plain = {each for each in present if isinstance(each, str)}
    otherwise: list[str] = []
    for name in names:
        rest = {} if item.value is None else json.loads(item.value)
        element = name if item.key is None else {item.key: name, **rest}
        if name in plain if item.key is None else any(same(element, each) for each in present):
            continue
        if name in listed:
            otherwise.append(name)
            continue
        present.append(element)
        changes.append(Change(item.at, json.dumps(element, ensure_ascii=False)))
    return otherwise


def _is_named(element: Mapping[str, Any], item: FencedItem) -> bool:
    return item.key is not None and isinstance(element.get(item.key), str)


def fenced_lines(text: str, items: Items) -> tuple[str, tuple[Change, ...]]:
    """An ignore file with the lines that are missing at its end, and these lines.

    A line counts as missing too if one behind it takes something back (`!`).
    """
    written = text.removeprefix("\ufeff").split("\n")
    lines = [without_blanks(line.rstrip("\r")) for line in written]
    last_exception = max((number for number, line in enumerate(lines) if line.startswith("!")), default=-1)
    effective = set(lines[last_exception + 1 :])
    wanted = dict.fromkeys(name for _, names in items.names for name in names)
    missing = [line for line in wanted if line not in effective]
    if not missing:
        return text, ()
    new = missing if HEADING in lines else [HEADING, *missing]
    line_end = "\r\n" if "\r\n" in text else "\n"
    before = text if not text or text.endswith("\n") else text + line_end
    return before + "".join(line + line_end for line in new), tuple(Change((), line) for line in new)


def same(one: Any, other: Any) -> bool:
    """Whether two contents are equal, types included; the order of keys does not matter."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def dotted(at: Sequence[str]) -> str:
    """Keys as one path; what is not a plain word is quoted."""
    return printable(".".join(key if _PLAIN_KEY.fullmatch(key) else json.dumps(key) for key in at))


def printable(text: str) -> str:
    """The text with whatever does not show as itself written as an escape."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
