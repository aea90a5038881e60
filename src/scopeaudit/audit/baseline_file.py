"""The text of a baseline file: JSON, as this program writes it.

It lies in the scanned folder and may be hostile, and it may be large: one key of a large provider can do
thousands of things.
"""

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scopeaudit.model.baseline import Baseline, Entry
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import Severity

VERSION = 1
_NAMES = ("fingerprint", "rule", "about", "severity")
_LISTS = ("operations", "unknown", "resources", "places")
_APART = "apart"
"""Groups of operations that act on some of the resources, or on none that is known; all others act on all."""
_OF_GROUP = ("operations", "resources")
_OTHERS = ("reason", "expires")
_KEYS = frozenset((*_NAMES, *_LISTS, _APART, *_OTHERS))
_PROBLEMS_TOLD = 20
_UNPRINTABLE = re.compile("[\x7f-\xa0\xad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What editors do not show, and what is no UTF-8."""


def read_baseline(text: str, path: str) -> Baseline:
    """The baseline in a file's text.

    Raises:
        InvalidFileError: with the first problems.
    """
    file = _parsed(text, path)
    problems = list(_of_file(file))
    entries: dict[str, Entry] = {}
    listed = file.get("accepted")
    for index, found in enumerate(listed if isinstance(listed, list) else ()):
        where = f"accepted[{index}]"
        wrong = tuple(_of_entry(found))
        problems += (f"{where}{each}" for each in wrong)
        if len(problems) >= _PROBLEMS_TOLD:
            break
        if not wrong:
            entry = _entry(found)
            if entry.fingerprint in entries:
                problems.append(f"{where}.fingerprint: is given twice")
            entries[entry.fingerprint] = entry
    if problems:
        raise InvalidFileError(tuple(f"{path}:1: {each}" for each in problems[:_PROBLEMS_TOLD]))
    return Baseline(entries)


def _parsed(text: str, path: str) -> Mapping[str, object]:
    try:
        file = json.loads(text, object_pairs_hook=_only)
    except json.JSONDecodeError as error:
        what = "is no JSON" if text.strip() else "the file is empty"
        raise InvalidFileError((f"{path}:{error.lineno}: {what}",)) from None
    except RecursionError:
        raise InvalidFileError((f"{path}:1: nested too deeply",)) from None
    except ValueError:
        what = "a key is given twice, or a number is too large"
        raise InvalidFileError((f"{path}:1: {what}",)) from None
    if not isinstance(file, dict):
        raise InvalidFileError((f"{path}:1: expected a mapping, with version and accepted",))
    return file


def _only(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _of_file(file: Mapping[str, object]) -> Iterator[str]:
    version = file.get("version")
    if type(version) is not int:
        yield "version: expected a whole number"
    elif version != VERSION:
        yield f"version: is {version}; this program reads {VERSION}"
    if not isinstance(file.get("accepted"), list):
        yield "accepted: expected a list"
    if file.keys() - {"version", "accepted"}:
        yield "unknown key; known are accepted and version"


def _of_entry(found: object) -> Iterator[str]:
    """What is wrong with an entry; of its values nothing is repeated."""
    if not isinstance(found, dict):
        yield ": expected a mapping of keys to values"
        return
    if found.keys() - _KEYS:
        yield f": unknown key; known are {', '.join(sorted(_KEYS))}"
    for name in _NAMES:
        if name not in found:
            yield f".{name}: is missing"
    for name in (*_NAMES, *_OTHERS):
        if name in found and not isinstance(found[name], str):
            yield f".{name}: expected a text"
        elif name in found and not _is_meant(name, found[name]):
            yield f".{name}: {_EXPECTED[name]}"
    for name in _LISTS:
        if not _is_texts(found.get(name, [])):
            yield f".{name}: expected a list of texts"
    groups = found.get(_APART, [])
    if not (isinstance(groups, list) and all(map(_is_group, groups))):
        yield f".{_APART}: expected a list of mappings, with operations and resources, lists of texts"


def _is_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


def _is_group(group: object) -> bool:
    return isinstance(group, dict) and group.keys() == {*_OF_GROUP} and all(map(_is_texts, group.values()))


_EXPECTED = {
    "severity": f"expected one of {', '.join(Severity)}",
    "expires": "expected a day, such as 2027-03-31",
    "reason": "is empty: say why, or leave it out",
}


def _is_meant(name: str, text: str) -> bool:
    if name == "severity":
        return text in set(Severity)
    if name == "expires":
        return _day(text) is not None
    return name != "reason" or bool(text.strip())


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _entry(found: Mapping[str, Any]) -> Entry:
    """An entry that nothing is wrong with."""
    operations, resources = (frozenset(found.get(name, ())) for name in _OF_GROUP)
    return Entry(
        fingerprint=found["fingerprint"],
        rule=found["rule"],
        about=found["about"],
        severity=Severity(found["severity"]),
        operations=operations,
        unknown=frozenset(found.get("unknown", ())),
        resources=resources,
        acting=_acting(operations, resources, found.get(_APART)),
        places=frozenset(found.get("places", ())),
        reason=found.get("reason"),
        expires=_day(found.get("expires", "")),
    )


def _acting(
    operations: frozenset[str], resources: frozenset[str], groups: Iterable[Mapping[str, Any]] | None
) -> Mapping[str, frozenset[str]] | None:
    """What each operation acts on; older files tell it only where that is nothing."""
    if groups is None and resources:
        return None
    acting = dict.fromkeys(operations, resources)
    for group in groups or ():
        acting |= dict.fromkeys(group["operations"], frozenset(group["resources"]))
    return acting


def written_baseline(baseline: Baseline) -> str:
    """The text of a baseline file: sorted, an entry to a few lines, with a final newline."""
    entries = [_as_written(each) for each in sorted(baseline.entries.values(), key=order_of)]
    text = json.dumps({"version": VERSION, "accepted": entries}, indent=1, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def order_of(entry: Entry) -> tuple[str, str, str]:
    """What entries are sorted by in the file."""
    return entry.about, entry.rule, entry.fingerprint


def _as_written(entry: Entry) -> dict[str, object]:
    lists = {name: getattr(entry, name) for name in _LISTS}
    found: dict[str, object] = {
        "fingerprint": entry.fingerprint,
        "rule": entry.rule,
        "about": entry.about,
        "severity": entry.severity.value,
        **{name: sorted(values) for name, values in lists.items() if values},
    }
    if entry.resources and entry.acting is not None:
        found[_APART] = _groups(entry.resources, entry.acting)
    if entry.reason is not None:
        found["reason"] = entry.reason
    if entry.expires is not None:
        found["expires"] = entry.expires.isoformat()
    return found


def _groups(everything: frozenset[str], acting: Mapping[str, frozenset[str]]) -> list[dict[str, list[str]]]:
    """The operations that do not act on everything, those together that act on the same."""
    alike: dict[frozenset[str], list[str]] = {}
    for operation, resources in acting.items():
        if resources != everything:
            alike.setdefault(resources, []).append(operation)
    found = ({"operations": sorted(each), "resources": sorted(on)} for on, each in alike.items())
    return sorted(found, key=lambda group: group["operations"])
