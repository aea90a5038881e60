"""Names and messages that hold a credential themselves, as they may be shown.

A file, a variable, a job or a server can be called by a token, and whatever tells about it would repeat
the token. Names decide which job, comment or fence is meant, so they stay as they are until that is done.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from scopeaudit.catalogue.rules import Rules
from scopeaudit.detect.detect import detect
from scopeaudit.model.authority import Grant
from scopeaudit.model.document import Document
from scopeaudit.model.finding import FindingOperation
from scopeaudit.model.location import Source
from scopeaudit.reach.agents.shown import is_random
from scopeaudit.sweep.equipment import detection_engine, detection_plan

LEFT_OUT = "…"
T = TypeVar("T")
_LEAST_CHARACTERS = 12
_REST = re.compile(r"[A-Za-z0-9_+=~%-]*")
_RUN = re.compile(r"[A-Za-z0-9_+=~%-]{12,}")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WITHOUT_NAMES = (FindingOperation, Grant)
"""What holds words of the rules and ids that a provider gave, and a great many of both."""


def concealed(values: T, rules: Rules) -> T:
    """The same value, with the credentials that stand in any of its texts left out.

    It is a frozen dataclass, or tuples and mappings of such.
    """
    texts: dict[str, None] = {}
    _collect(values, texts, set())
    hidden = _hidden(texts, rules)
    return _rewritten(values, hidden, {}) if hidden else values


def concealed_text(text: str, rules: Rules | None) -> str:
    """A message without the credentials it repeats; as it is where there are no rules to know them by."""
    if rules is None:
        return text
    # A line alone: what stands beside a value on other lines may speak for or against it.
    lines = text.split("\n")
    hidden = _hidden(dict.fromkeys(lines), rules)
    return "\n".join(hidden.get(line, line) for line in lines)


def without_runs(text: str) -> str:
    """The text without anything that looks made by chance, ids of git objects excepted."""
    return _RUN.sub(_shown_run, text)


def _hidden(texts: Iterable[str], rules: Rules) -> dict[str, str]:
    """Those of the texts that hold credentials, and how each may be shown."""
    numbered = [each for each in texts if len(each) >= _LEAST_CHARACTERS]
    if not numbered:
        return {}
    chosen = detection_plan(rules)
    documents = (
        Document(Source.INPUT, str(number), each.encode("utf-8", "surrogateescape"))
        for number, each in enumerate(numbered)
    )
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for held in detect(documents, chosen, detection_engine(chosen)).credentials:
        kept = held.credential.shown.partition(" ")[0]
        kept = kept if kept.startswith(LEFT_OUT) else LEFT_OUT
        for place in held.credential.locations:
            start = _offset(numbered[int(place.path)], place.line or 1, place.column or 1)
            spans.setdefault(int(place.path), []).append((start, len(held.secret), kept))
    return {numbered[number]: _cut(numbered[number], found) for number, found in spans.items()}


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return start + column - 1


def _cut(text: str, spans: list[tuple[int, int, str]]) -> str:
    """The text without the spans, and without what else in it looks made by chance."""
    parts, at = [], 0
    for start, length, kept in sorted(spans):
        if start < at:
            continue
        rest = _REST.match(text, min(len(text), start + length))
        parts += [without_runs(text[at:start]), kept]
        at = rest.end() if rest else len(text)
    return "".join((*parts, without_runs(text[at:])))


def _shown_run(run: re.Match[str]) -> str:
    text = run.group()
    return LEFT_OUT if is_random(text) and not _OBJECT_ID.fullmatch(text) else text


def _parts(value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        return (getattr(value, each.name) for each in fields(value))
    return iter((*value.keys(), *value.values()) if isinstance(value, Mapping) else value)


def _is_made_of_parts(value: Any) -> bool:
    if isinstance(value, (Enum, type, *_WITHOUT_NAMES)):
        return False
    return is_dataclass(value) or isinstance(value, (tuple, frozenset, list, Mapping))


def _collect(value: Any, texts: dict[str, None], seen: set[int]) -> None:
    if isinstance(value, str):
        if not isinstance(value, Enum):
            texts[value] = None
    elif _is_made_of_parts(value) and id(value) not in seen:
        seen.add(id(value))
        for each in _parts(value):
            _collect(each, texts, seen)


def _rewritten(value: Any, hidden: Mapping[str, str], made: dict[int, Any]) -> Any:
    """The value with texts exchanged; what holds none of them stays the same object."""
    if isinstance(value, str):
        return value if isinstance(value, Enum) else hidden.get(value, value)
    if not _is_made_of_parts(value):
        return value
    if id(value) not in made:
        made[id(value)] = _made_anew(value, hidden, made)
    return made[id(value)]


def _made_anew(value: Any, hidden: Mapping[str, str], made: dict[int, Any]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        old = {each.name: getattr(value, each.name) for each in fields(value)}
        changed = {
            name: new for name, part in old.items() if (new := _rewritten(part, hidden, made)) is not part
        }
        return replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        return {_rewritten(key, hidden, made): _rewritten(part, hidden, made) for key, part in value.items()}
    parts = [_rewritten(each, hidden, made) for each in value]
    return value if all(new is old for new, old in zip(parts, value, strict=True)) else type(value)(parts)
