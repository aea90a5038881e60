"""The text of a baseline file: JSON, as this program writes it.

It lies in the scanned folder and may be hostile, and it may be large: one key of a large provider can do
thousands of things.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping

from scopeaudit.model.baseline import Baseline, Entry
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import Severity

VERSION = 1
_NAMES = ("fingerprint", "rule", "about", "severity")
_LISTS = ("operations", "unknown", "resources", "places")
_OTHERS = ("reason", "expires")
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
    if found.keys() - {*_NAMES, *_LISTS, *_OTHERS}:
        yield f": unknown key; known are {', '.join(sorted((*_NAMES, *_LISTS, *_OTHERS)))}"
    for name in _NAMES:
        if name not in found:
            yield f".{name}: is missing"
    for name in (*_NAMES, *_OTHERS):
        if name in found and not isinstance(found[name], str):
            yield f".{name}: expected a text"
        elif name in found and not _is_meant(name, found[name]):
            yield f".{name}: {_EXPECTED[name]}"
    for name in _LISTS:
        values = found.get(name, [])
        if not (isinstance(values, list) and all(isinstance(each, str) for each in values)):
            yield f".{name}: expected a list of texts"


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


def _entry(found: Mapping[str, str]) -> Entry:
    """An entry that nothing is wrong with."""
    return Entry(
        fingerprint=found["fingerprint"],
        rule=found["rule"],
        about=found["about"],
        severity=Severity(found["severity"]),
        operations=frozenset(found.get("operations", ())),
        unknown=frozenset(found.get("unknown", ())),
        resources=frozenset(found.get("resources", ())),
        places=frozenset(found.get("places", ())),
        reason=found.get("reason"),
        expires=_day(found.get("expires", "")),
    )


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
    if entry.reason is not None:
        found["reason"] = entry.reason
    if entry.expires is not None:
        found["expires"] = entry.expires.isoformat()
    return found
