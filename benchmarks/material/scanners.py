"""Scanners run over the examples, one file each, and what they report."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .example import Example
from .programs import installed, program, run
from .providers import longest_prefix, provider_of


@dataclass(slots=True)
class Reported:
    """What a scanner says about one example."""

    generic: bool = False
    """Whether it reports a secret without naming a service."""
    named: set[str] = field(default_factory=set)
    """Services it names."""
    lines: set[int] = field(default_factory=set)

    @property
    def found(self) -> bool:
        """Whether it reports anything at all."""
        return self.generic or bool(self.named)

    def add(self, provider: str | None, line: int | None) -> None:
        """Record one finding."""
        if provider is None:
            self.generic = True
        else:
            self.named.add(provider)
        if line is not None:
            self.lines.add(line)


Result = dict[int, Reported]
"""By the example's number; without those of which nothing is reported."""
_PORTION = 500

Scanner = Callable[[Sequence[Example], Path, frozenset[str]], Result]


def path_of(number: int, example: Example) -> str:
    """Where an example is written: its name says nothing about its content."""
    return f"e{number:05}/{example.file_name}"


def number_of(path: str) -> int:
    """The example of a reported path."""
    folder = next(
        part for part in Path(path).parts if len(part) == 6 and part[0] == "e" and part[1:].isdigit()
    )
    return int(folder[1:])


def write_files(examples: Sequence[Example], root: Path) -> None:
    """One file for each example."""
    for number, example in enumerate(examples):
        file = root / path_of(number, example)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(example.text)


def scopeaudit(examples: Sequence[Example], _root: Path, _known: frozenset[str]) -> Result:
    """In process, with every kind of the repository's rules."""
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.model.document import Document
    from scopeaudit.model.location import Source
    from scopeaudit.pipeline import detect_documents

    documents = [
        Document(source=Source.TREE, path=path_of(number, each), data=each.text)
        for number, each in enumerate(examples)
    ]
    result: Result = defaultdict(Reported)
    found = detect_documents(documents, load_rules())
    for held in found.credentials:
        provider = provider_of(held.credential.provider)
        for place in held.credential.locations:
            result[number_of(place.path)].add(provider, place.line)
    for candidate in found.candidates:
        for place in candidate.locations:
            result[number_of(place.path)].add(None, place.line)
    return dict(result)


def kingfisher(_examples: Sequence[Example], root: Path, known: frozenset[str]) -> Result:
    """Kingfisher's binary with its own rules, without validation."""
    arguments = [
        "scan",
        str(root),
        "--format",
        "json",
        "--no-validate",
        "--no-dedup",
        "--git-history",
        "none",
    ]
    report = _json_lines(run([program("kingfisher"), *arguments]))
    result: Result = defaultdict(Reported)
    for finding in report["findings"]:
        rule = str(finding["rule"]["id"])
        name = rule.split(".", 1)[1] if "." in rule else rule
        place = finding["finding"]
        result[number_of(place["path"])].add(longest_prefix(name, known), place.get("line"))
    return dict(result)


def detect_secrets(_examples: Sequence[Example], root: Path, _known: frozenset[str]) -> Result:
    """detect-secrets with its default plugins and without verification."""
    output = run([program("detect-secrets"), "scan", "--all-files", "--no-verify", "."], folder=root)
    result: Result = defaultdict(Reported)
    for path, findings in json.loads(output)["results"].items():
        for finding in findings:
            result[number_of(path)].add(provider_of(finding["type"]), finding["line_number"])
    return dict(result)


def secretlint(program: str) -> Scanner:
    """The secretlint of a given program with the recommended preset, which has to be installed beside it."""

    def scan(examples: Sequence[Example], root: Path, _known: frozenset[str]) -> Result:
        preset = {"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}
        report = root.parent / "secretlint.json"
        result: Result = defaultdict(Reported)
        # Its time grows faster than the number of files, so they come in portions; into a file, because a pipe
        # loses the end of what it prints.
        for start in range(0, len(examples), _PORTION):
            portion = [
                path_of(start + index, each) for index, each in enumerate(examples[start : start + _PORTION])
            ]
            options = ["--format", "json", "--output", str(report), "--secretlintrcJSON", json.dumps(preset)]
            run([program, *options, "--no-glob", *portion], folder=root)
            for file in json.loads(report.read_text(encoding="utf-8")):
                for message in file["messages"]:
                    rule = str(message["ruleId"]).rsplit("secretlint-rule-", 1)[-1]
                    line = message["loc"]["start"]["line"]
                    result[number_of(file["filePath"])].add(provider_of(rule), line)
            report.unlink()
        return dict(result)

    return scan


def available(names: Sequence[str], secretlint_program: str | None) -> dict[str, Scanner]:
    """The asked-for scanners that are installed."""
    found: dict[str, Scanner] = {"scopeaudit": scopeaudit}
    if installed("kingfisher"):
        found["kingfisher"] = kingfisher
    if installed("detect-secrets"):
        found["detect-secrets"] = detect_secrets
    program = secretlint_program or installed("secretlint")
    if program:
        found["secretlint"] = secretlint(program)
    return {name: scanner for name, scanner in found.items() if not names or name in names}


def _json_lines(text: str) -> dict[str, Any]:
    """The first object of a report that is followed by a summary."""
    report, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
    return dict(report)
