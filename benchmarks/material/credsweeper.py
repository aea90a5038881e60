"""CredSweeper: its sample files with the lines it reports in them, and its rules' tests."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from .example import Example
from .providers import provider_of
from .python_tests import credsweeper_rules

NAME = "CredSweeper"
_AROUND = 2
"""Lines kept before and after those reported."""
_LONGEST = 20_000
_NEGATIVE = ("false_positive", "password_FALSE", "uuid-update.patch", "pass_filtered")


def examples(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Snippets around what is reported, and the files made to report nothing."""
    yield from credsweeper_rules(folder, problems)
    reported = _reported(folder)
    binary = 0
    for file in sorted((folder / "tests" / "samples").iterdir()):
        if not file.is_file():
            continue
        data = file.read_bytes()
        if b"\0" in data or len(data) > 400_000:
            binary += 1
            continue
        lines = data.decode("utf-8", "replace").splitlines()
        file_name = f"text{file.suffix or '.txt'}"
        if file.name in reported:
            yield from _snippets(file_name, lines, reported[file.name])
        elif file.name.endswith(("_n", "_fp")) or file.name in _NEGATIVE:
            yield Example(NAME, None, data, file_name, False)
    problems.append(f"{NAME}: {binary} binary or large sample files left out")


def _reported(folder: Path) -> dict[str, list[tuple[str, int, int]]]:
    """By file: rule, first and last line."""
    found: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for finding in json.loads((folder / "tests" / "data" / "output.json").read_text(encoding="utf-8")):
        numbers = [each["line_num"] for each in finding["line_data_list"] if each["line_num"] >= 1]
        path = finding["line_data_list"][0]["path"]
        if numbers:
            found[path.rsplit("/", 1)[-1]].append((finding["rule"], min(numbers), max(numbers)))
    return found


def _snippets(file_name: str, lines: list[str], findings: list[tuple[str, int, int]]) -> Iterator[Example]:
    taken = {number for _, first, last in findings for number in range(first, last + 1)}
    for rule, first, last in findings:
        # The lines around it belong to it only where nothing else is reported in them.
        low, high = first, _end_of_key(lines, last)
        while low > 1 and first - low < _AROUND and low - 1 not in taken:
            low -= 1
        while high < len(lines) and high - last < _AROUND and high + 1 not in taken:
            high += 1
        text = "\n".join(lines[low - 1 : high]) + "\n"
        if text.strip() and len(text) <= _LONGEST:
            yield Example(NAME, provider_of(rule), text.encode(), file_name, True)


def _end_of_key(lines: list[str], last: int) -> int:
    """A PEM key is reported by its first line."""
    if "-----BEGIN" in lines[last - 1] and "-----END" not in lines[last - 1]:
        for number in range(last, min(len(lines), last + 120)):
            if "-----END" in lines[number]:
                return number + 1
    return last
