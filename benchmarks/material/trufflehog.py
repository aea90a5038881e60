"""TruffleHog: the tables of its detectors' pattern tests."""

import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .example import Example, fitting_name
from .go_source import Reader
from .go_words import CALLS, UNKNOWN, Call, Function
from .providers import provider_of

NAME = "trufflehog"


def examples(folder: Path, problems: list[str]) -> Iterator[Example]:
    """One example for each case of each test file that needs no live secret."""
    detectors = folder / "pkg" / "detectors"
    for file in sorted(detectors.rglob("*_test.go")):
        relative = file.relative_to(detectors)
        source = file.read_text(encoding="utf-8", errors="replace")
        if len(relative.parts) < 2 or "integration" in file.name or "//go:build detectors" in source:
            continue
        provider = _provider(relative)
        for case in _cases(source, str(relative), problems):
            text, positive = case
            yield Example(NAME, provider, text.encode(), fitting_name(text), positive)


def _provider(relative: Path) -> str | None:
    """By the detector's folder; by the inner one where the outer holds several services."""
    if relative.parts[0] == "jdbc":
        return provider_of(relative.stem.removesuffix("_test"))
    if relative.parts[0] == "atlassiandatacenter" and len(relative.parts) > 2:
        return provider_of(relative.parts[1])
    return provider_of(relative.parts[0])


def _cases(source: str, where: str, problems: list[str]) -> Iterator[tuple[str, bool]]:
    reader = Reader(calls=_calls(where))
    functions = reader.read_file(source)
    scopes: list[tuple[str, dict[str, Any]]] = [("", dict(reader.names))]
    for name, function in functions.items():
        if name.startswith(("Test", "Benchmark")):
            names, _ = reader.run(function)
            scopes.append((name, {key: value for key, value in names.items() if key not in reader.names}))
    for name, names in scopes:
        found = False
        for record in _records(list(names.values())):
            case = _case(record)
            if case is None:
                continue
            found = True
            text, positive = case
            if text is UNKNOWN:
                problems.append(f"{NAME} {where}: an input is built by code")
            elif text.strip():
                yield text, positive
        text = names.get("input")
        if name and not found and isinstance(text, str):
            positive = _expects_results(functions[name], names)
            if positive is not None:
                yield text, positive


def _records(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _records(each)


def _case(record: dict[str, Any]) -> tuple[Any, bool] | None:
    """The text of a case and whether the detector is to find something; None for other tables."""
    if "input" in record:
        text = record["input"]
        if text is not UNKNOWN and not isinstance(text, str):
            return None
        if "wantCount" in record:
            return text, bool(record["wantCount"])
        if "wantMatched" in record:
            return text, False
        want = record.get("want", [])
        if want is None or isinstance(want, list):
            return text, bool(want)
    if isinstance(record.get("data"), str):
        if isinstance(record.get("shouldMatch"), bool):
            return record["data"], record["shouldMatch"]
        if isinstance(record.get("wantHost"), str):
            return record["data"], True
    return None


def _expects_results(function: Function, names: dict[str, Any]) -> bool | None:
    """Of a test without a table: whether it looks for results."""
    wanted = names.get("wantedResult", names.get("want"))
    if isinstance(wanted, list):
        return bool(wanted)
    words = "".join(token.text for token in function.body)
    if "Len(results,1)" in words or "Len(results,2)" in words or "NotEmpty(results" in words:
        return True
    if "Empty(results" in words or "len(results)!=0" in words or "Len(results,0)" in words:
        return False
    return None


def _calls(where: str) -> dict[str, Call]:
    """Random values of a fixed seed for the test helpers that make some."""
    chance = random.Random(where)

    def password(arguments: list[Any]) -> str:
        lower, upper, digits, special, length = arguments
        alphabet = string.ascii_lowercase * lower + string.ascii_uppercase * upper + string.digits * digits
        made = "".join(chance.choice(alphabet) for _ in range(length))
        return made[:-1] + "!" if special else made

    return CALLS | {
        "common.GenerateRandomPassword": password,
        "gofakeit.Username": lambda _: "".join(chance.choice(string.ascii_lowercase) for _ in range(9)),
        "gofakeit.Password": lambda a: password([*a[:4], int(a[-1])]),
    }
