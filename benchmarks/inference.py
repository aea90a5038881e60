"""How well the use of credentials is inferred, on small projects whose uses were labelled from documentation.

    python benchmarks/inference.py [--half NAME] [--project NAME] [--wrong]

`labelled/development/` was written before the rules were tuned and was looked at while tuning; `labelled/held-out/` was
written at the same time and run only afterwards. The two sets called blind were written by somebody who had seen neither
the rules nor the code; the first was looked at while tuning, the second never. A project is one file: its files, and by provider the operations that a
reader who knows the documentation would name (`expect`). `maybe` holds operations that a use may involve beside its
purpose (a look-up before a change, say): naming them or not counts neither way. `declared` lists what `permissions:` of
workflows declare; such declarations and tool servers are measured apart, since each stands for hundreds of operations.

Precision is the share of inferred operations that are expected, recall the share of expected operations that are
inferred; both over all projects of a half together.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scopeaudit.catalogue.rules import Rules, load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.model.use import Use, UseKind

LABELLED = Path(__file__).parent / "labelled"
HALVES = ("development", "held-out", "blind-development", "blind-held-out")
APART = (UseKind.WORKFLOW, UseKind.SERVER)

Named = set[tuple[str, str]]
"""Provider and operation."""


@dataclass(frozen=True, slots=True)
class Project:
    """One labelled project."""

    name: str
    languages: tuple[str, ...]
    files: dict[str, str]
    expected: frozenset[tuple[str, str]]
    maybe: frozenset[tuple[str, str]]
    declared: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """What was right and wrong in one project or many."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    maybe: int = 0

    @property
    def precision(self) -> float:
        """1 where nothing was inferred."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """1 where nothing was to be inferred."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.right + other.right,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.maybe + other.maybe,
        )


def projects(half: str) -> Iterator[Project]:
    """The projects of a half, by name."""
    for path in sorted((LABELLED / half).glob("*.yaml")):
        content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        yield Project(
            name=path.stem,
            languages=tuple(content["languages"]),
            files=content["files"],
            expected=frozenset(pairs(content["expect"])),
            maybe=frozenset(pairs(content.get("maybe", {}))),
            declared=frozenset(content.get("declared", ())),
        )


def pairs(labels: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Provider and operation of a label."""
    return ((provider, operation) for provider, operations in labels.items() for operation in operations)


def infer(project: Project, rules: Rules) -> tuple[Use, ...]:
    """What is inferred of a project."""
    reader = UseReader(rules, None)
    for path, text in project.files.items():
        reader.take(Document(Source.TREE, path, text.encode()))
    return reader.uses()


def named(uses: tuple[Use, ...]) -> Named:
    """The operations of uses, without declarations and servers."""
    return {(use.provider, each) for use in uses if use.by not in APART for each in use.operations}


def declared(uses: tuple[Use, ...]) -> set[str]:
    """What workflows declare, as `permission:level`."""
    shown = (use.shown.removeprefix("permissions: ") for use in uses if use.by is UseKind.WORKFLOW)
    return {each.replace(": ", ":") for each in shown}


def score(project: Project, found: Named) -> Score:
    """One project's score."""
    counted = found - project.maybe
    return Score(
        right=len(counted & project.expected),
        wrong=len(counted - project.expected),
        missed=len(project.expected - found),
        maybe=len(found & (project.maybe - project.expected)),
    )


def score_of_half(half: str, rules: Rules) -> tuple[Score, int, int]:
    """The score of all projects, and how many there are and how many declare exactly what is found."""
    total, count, exact = Score(), 0, 0
    for project in projects(half):
        uses = infer(project, rules)
        total += score(project, named(uses))
        count += 1
        exact += declared(uses) == project.declared
    return total, count, exact


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--half", choices=HALVES, action="append")
    parser.add_argument("--project")
    parser.add_argument("--wrong", action="store_true", help="name what was wrong and missed")
    chosen = parser.parse_args()
    rules = load_rules()
    languages: set[str] = set()
    for half in chosen.half or HALVES:
        for project in projects(half):
            languages.update(project.languages)
            if chosen.project in (None, project.name) and (chosen.wrong or chosen.project):
                explain(project, infer(project, rules))
        total, count, exact = score_of_half(half, rules)
        print(
            f"{half:12} {count:3} projects  precision {total.precision:.3f}  recall {total.recall:.3f}  "
            f"right {total.right}  wrong {total.wrong}  missed {total.missed}  beside {total.maybe}  "
            f"permissions exact in {exact} of {count}"
        )
    print(f"languages: {', '.join(sorted(languages))}")


def explain(project: Project, uses: tuple[Use, ...]) -> None:
    """Print what was wrong and missed, with the place of what was wrong."""
    found = named(uses)
    for provider, operation in sorted(found - project.expected - project.maybe):
        places = [
            f"{use.location.path}:{use.location.line} {use.by} {use.shown}"
            for use in uses
            if use.provider == provider and operation in use.operations
        ]
        print(f"  {project.name}: wrong  {provider} {operation}  {'; '.join(places[:2])}")
    for provider, operation in sorted(project.expected - found):
        print(f"  {project.name}: missed {provider} {operation}")
    if declared(uses) != project.declared:
        print(f"  {project.name}: declared {sorted(declared(uses))}, expected {sorted(project.declared)}")


if __name__ == "__main__":
    main()
