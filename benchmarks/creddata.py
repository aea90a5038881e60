"""Recall and precision on CredData (Samsung): real repositories whose lines are labelled by people.

    python benchmarks/creddata.py --data FOLDER/data [--meta FOLDER/meta] [--scanner NAME] [--fresh]
    python benchmarks/creddata.py --data FOLDER/data --show dev --category Password --kind missed

FOLDER is a checkout of https://github.com/Samsung/CredData in which its scripts have built `data`; what could not be
built is left out, and the first line says how much. Nothing of it is written into this repository.

Labels: T is a secret, F is none, X is undecided and counts neither way; a line without a label is no secret. A row T
is found if a place is reported on one of its lines. A reported line is false if it has a label F and no other, or
none in a file that has labels.

Core: rows T with a value in the text, of any category but those of names and numbers that give no access by
themselves (see NOT_CORE). Reports on other rows T count neither for nor against the precision of the core.

CredData's own script replaces the values of rows T by random letters and leaves rows F as they were. What looks at
randomness therefore does better here than on the original text, in recall and in precision: read the figures as a
comparison of scanners and versions, not as a share of real secrets.

Halves: by a hash of the repository's id. **Nobody looks into the held-out half while writing patterns**; only the
development half is ever shown. Reports of other scanners are kept beside the data (paths and lines only); `--fresh`
runs them again.
"""

import argparse
import csv
import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from material.places import SCANNERS, Place

NOT_CORE = frozenset(
    {
        "UUID",
        "Nonce",
        "Salt",
        "Other",
        "AWS Client ID",
        "AWS S3 Bucket",
        "Firebase Domain",
        "Tencent WeChat API App ID",
    }
)
"""Categories of identifiers, names of places, and random values that are no credential alone."""
HALVES = ("development", "held out", "all")
UNLABELLED = "unlabelled"


class Row(NamedTuple):
    """One label."""

    repository: str
    path: str
    first: int
    last: int
    truth: str
    categories: frozenset[str]
    core: bool


def scan(name: str, data: Path, projects: Sequence[str], *, fresh: bool) -> list[Place]:
    """The scanner's report; other scanners' is kept beside the data."""
    kept = data.parent / f"reported-{name}.json"
    if name != "scopeaudit" and kept.exists() and not fresh and kept.stat().st_mtime > data.stat().st_mtime:
        return [Place(*each) for each in json.loads(kept.read_text(encoding="utf-8"))]
    found = SCANNERS[name](data, projects)
    if name != "scopeaudit":
        kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def half_of(repository: str) -> str:
    """Development or held out."""
    return HALVES[hashlib.sha256(f"creddata {repository}".encode()).digest()[0] & 1]


def read_rows(meta: Path, data: Path) -> tuple[list[Row], int, int]:
    """The labels of files that were built; then how many rows, and rows T, there are in all."""
    rows: list[Row] = []
    total = true = 0
    exists: dict[str, bool] = {}
    for file in sorted(meta.glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as opened:
            for raw in csv.DictReader(opened):
                total += 1
                true += raw["GroundTruth"] == "T"
                path = raw["FilePath"].removeprefix("data/")
                if path not in exists:
                    exists[path] = (data / path).is_file()
                if exists[path]:
                    rows.append(_row(raw, path))
    return rows, total, true


def _row(raw: dict[str, Any], path: str) -> Row:
    categories = frozenset(raw["Category"].split(":"))
    first, last = int(raw["LineStart"]), int(raw["LineEnd"])
    valued = bool(raw["ValueStart"]) or last > first
    core = bool(categories - NOT_CORE) and valued and raw["PredefinedPattern"].lower() != "info"
    return Row(raw["RepoName"], path, first, last, raw["GroundTruth"], categories, core)


class Judgement(NamedTuple):
    """What one scanner's report comes to."""

    found: set[Row]
    """Rows T with a report on one of their lines."""
    missed: set[Row]
    false: dict[tuple[str, int], frozenset[str]]
    """False lines, with the categories of their labels F."""
    undecided: int
    """Reported lines that have a label X only."""


def judge(rows: Iterable[Row], places: Iterable[Place]) -> Judgement:
    """Hold a report against labels."""
    true: dict[tuple[str, int], list[Row]] = defaultdict(list)
    other: dict[tuple[str, int], list[Row]] = defaultdict(list)
    files = set()
    every = set()
    for row in rows:
        files.add(row.path)
        if row.truth == "T":
            every.add(row)
        for line in range(row.first, row.last + 1):
            (true if row.truth == "T" else other)[row.path, line].append(row)
    found: set[Row] = set()
    false: dict[tuple[str, int], frozenset[str]] = {}
    undecided = 0
    for key in {(each.path, each.line) for each in places}:
        if key[0] not in files:
            continue
        if key in true:
            found.update(true[key])
        elif key not in other:
            false[key] = frozenset({UNLABELLED})
        elif any(row.truth == "X" for row in other[key]):
            undecided += 1
        else:
            false[key] = frozenset().union(*(row.categories for row in other[key]))
    return Judgement(found, every - found, false, undecided)


def spans(rows: Iterable[Row]) -> int:
    """How many places rows stand for: several labels of the same lines are one."""
    return len({(row.path, row.first, row.last) for row in rows})


def print_totals(judgements: dict[str, dict[str, Judgement]], largest: str) -> None:
    """Core recall and precision, by half, and without the largest repository."""
    print(
        f"\n{'core':<16}{'half':<24}{'rows T':>8}{'found':>8}{'recall':>8}"
        f"{'true':>8}{'false F':>9}{'no label':>9}{'precision':>10}{'F1':>6}{'X hit':>7}"
    )
    for name, halves in judgements.items():
        for half, judged in halves.items():
            core = [row for row in judged.found if row.core]
            wanted = len(core) + sum(row.core for row in judged.missed)
            true = spans(core)
            plain = sum(UNLABELLED in each for each in judged.false.values())
            labelled = len(judged.false) - plain
            recall, precision = ratio(len(core), wanted), ratio(true, true + len(judged.false))
            both = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
            title = f"all but {largest}" if half == "rest" else half
            print(
                f"{name:<16}{title:<24}{wanted:>8}{len(core):>8}{recall:>8.1%}"
                f"{true:>8}{labelled:>9}{plain:>9}{precision:>10.1%}{both:>6.2f}{judged.undecided:>7}"
            )


def ratio(part: int, whole: int) -> float:
    """A share, 0 of nothing."""
    return part / whole if whole else 0.0


def print_categories(judgements: dict[str, Judgement], title: str) -> None:
    """Recall and precision of every category; precision knows lines with a label only."""
    first = next(iter(judgements.values()))
    rows = first.found | first.missed
    counts = Counter(category for row in rows for category in row.categories)
    print(f"\nby category, {title}: recall / precision on labelled lines (* not core)")
    print(f"{'category':<34}{'rows T':>8}" + "".join(f"{name:>22}" for name in judgements))
    for category, number in counts.most_common():
        cells = []
        for judged in judgements.values():
            found = [row for row in judged.found if category in row.categories]
            true, false = spans(found), sum(category in each for each in judged.false.values())
            shown = f"{ratio(true, true + false):.0%}" if true + false else "-"
            cells.append(f"{ratio(len(found), number):.0%} / {shown}")
        star = "*" if category in NOT_CORE else ""
        print(f"{category + star:<34}{number:>8}" + "".join(f"{cell:>22}" for cell in cells))


def show(chosen: argparse.Namespace, judged: Judgement, places: Iterable[Place], data: Path) -> None:
    """Places of the development half, with their line."""
    wanted = chosen.category
    kinds: dict[tuple[str, int], set[str]] = defaultdict(set)
    for each in places:
        kinds[each.path, each.line].add(each.kind)
    if chosen.kind == "missed":
        keys = {
            (row.path, row.first): row.categories
            for row in judged.missed
            if wanted in row.categories or wanted == "all" or (wanted == "core" and row.core)
        }
    else:
        keys = {
            key: each for key, each in judged.false.items() if wanted in each or wanted in {"all", "core"}
        }
    print(f"{len(keys)} {chosen.kind}, development half, {wanted}")
    for path, line in sorted(keys)[chosen.skip : chosen.skip + chosen.limit]:
        lines = (data / path).read_text(encoding="utf-8", errors="replace").split("\n")
        text = lines[line - 1].strip()[: chosen.width] if line <= len(lines) else ""
        said = ",".join(sorted(kinds[path, line]) or sorted(keys[path, line]))
        print(f"{path}:{line} [{said}] {text}")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="the data set's folder, or its `data` folder"
    )
    parser.add_argument("--meta", type=Path, help="its labels; beside the data where missing")
    parser.add_argument(
        "--scanner", action="append", choices=SCANNERS, help="default: all but kingfisher-low"
    )
    parser.add_argument("--fresh", action="store_true", help="run the other scanners again")
    parser.add_argument("--by-category", choices=HALVES, default="all")
    parser.add_argument("--show", choices=("dev",))
    parser.add_argument("--category", default="core", help="a category, core, all, or unlabelled")
    parser.add_argument("--kind", choices=("missed", "false"), default="missed")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--width", type=int, default=160)
    return parser.parse_args()


def main() -> None:
    """Scan, judge and print."""
    chosen = arguments()
    data = chosen.data / "data" if (chosen.data / "data").is_dir() else chosen.data
    rows, total, true = read_rows(chosen.meta or data.parent / "meta", data)
    if not rows:
        raise SystemExit(f"{data}: no file that the labels name")
    names = chosen.scanner or ["scopeaudit", "kingfisher", "detect-secrets"]
    if chosen.show:
        names, rows = names[:1], [row for row in rows if half_of(row.repository) == HALVES[0]]
    projects = sorted({row.repository for row in rows})
    reports = {}
    for name in names:
        start = time.perf_counter()
        reports[name] = scan(name, data, projects, fresh=chosen.fresh)
        if not chosen.show:
            print(f"{name}: {len(reports[name])} reports, {time.perf_counter() - start:.0f} s", flush=True)
    if chosen.show:
        show(chosen, judge(rows, reports[names[0]]), reports[names[0]], data)
        return
    have = sum(row.truth == "T" for row in rows)
    print(
        f"{len(projects)} repositories; {len(rows)} of {total} rows ({len(rows) / total:.0%}), "
        f"{have} of {true} rows T ({have / true:.0%}), {len({row.path for row in rows})} files"
    )
    largest = Counter(row.repository for row in rows if row.truth == "T").most_common(1)[0][0]
    groups = {half: [row for row in rows if half_of(row.repository) == half] for half in HALVES[:2]}
    groups |= {"all": rows, "rest": [row for row in rows if row.repository != largest]}
    judgements: dict[str, dict[str, Judgement]] = {}
    for name, places in reports.items():
        judgements[name] = {half: judge(group, places) for half, group in groups.items()}
        if name == "scopeaudit":
            named = [each for each in places if not each.generic]
            judgements["  named only"] = {"all": judge(rows, named)}
    print_totals(judgements, largest)
    print_categories({name: judgements[name][chosen.by_category] for name in names}, chosen.by_category)


if __name__ == "__main__":
    main()
