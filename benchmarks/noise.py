"""How many findings a million lines of ordinary code bring: nearly all of them are noise.

    python benchmarks/noise.py FOLDER... [--scanner NAME] [--every N]
    python benchmarks/noise.py FOLDER... --show [--kind WORD]

Each FOLDER is a plain checkout of a public repository that holds no known leak; the folder's name says which half
it belongs to. Development: cargo, laravel, prometheus, sqlalchemy, vue. Held out: angular.js, brew, etcd, redis,
spring-framework. Those of another name are shown and counted in no half. **Nobody looks into the held-out half while
writing patterns**: `--show` lists findings of the development half only.

A finding is a line and what a scanner calls it; where one calls a line several things, a named service wins. Named:
of a known service. Generic: passwords, keys and random text of no known one, private keys and web tokens too. Test
fixtures count like everything else, so the number is never zero for a good scanner.

detect-secrets needs hours for millions of lines: it gets every 20th file (`--every`), chosen by a hash of the path.
Lines are those of files without a zero byte at their beginning.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from material.places import SCANNERS, Place, detect_secrets_in

DEVELOPMENT = frozenset({"cargo", "laravel", "prometheus", "sqlalchemy", "vue"})
HELD_OUT = frozenset({"angular.js", "brew", "etcd", "redis", "spring-framework"})
HALVES = ("development", "held out", "other")
"""Halves in the order of printing."""


class Figures(NamedTuple):
    """What one scanner reports in one folder."""

    lines: int
    named: int
    generic: int
    seconds: float


def half_of(name: str) -> str:
    """Where a folder of this name belongs."""
    if name in DEVELOPMENT:
        return HALVES[0]
    return HALVES[1] if name in HELD_OUT else HALVES[2]


def files_of(folder: Path) -> list[Path]:
    """Its regular files, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def lines_in(files: Sequence[Path]) -> int:
    """Lines of those that are text."""
    total = 0
    for path in files:
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            total += data.count(b"\n")
    return total


def sample(folder: Path, files: Sequence[Path], every: int) -> list[Path]:
    """About one in `every` files."""

    def chosen(path: Path) -> bool:
        name = path.relative_to(folder).as_posix()
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % every == 0

    return [path for path in files if chosen(path)]


def scan(scanner: str, folder: Path, files: Sequence[Path]) -> list[Place]:
    """One finding a line; paths relative to the folder."""
    if scanner == "detect-secrets":
        found = []
        names = [path.relative_to(folder).as_posix() for path in files]
        for start in range(0, len(names), 200):
            found += detect_secrets_in(folder, names[start : start + 200])
    elif scanner == "scopeaudit":
        found = [
            each._replace(path=each.path.partition("/")[2])
            for each in SCANNERS[scanner](folder.parent, [folder.name])
        ]
    else:
        found = SCANNERS[scanner](folder, [])
    best: dict[tuple[str, int], Place] = {}
    for each in sorted(found, key=lambda place: (not place.generic, place.kind)):
        # Generic ones come first: a named one takes their place.
        best[each.path, each.line] = each
    return sorted(best.values())


def print_row(title: str, scanner: str, figures: Sequence[Figures]) -> None:
    """Sums and rates."""
    lines = sum(each.lines for each in figures)
    named = sum(each.named for each in figures)
    generic = sum(each.generic for each in figures)
    if lines:
        million = lines / 1e6
        print(
            f"{title:<20}{scanner:<16}{lines:>10}{named:>7}{generic:>9}{named / million:>9.1f}"
            f"{generic / million:>11.1f}{sum(each.seconds for each in figures):>7.0f}"
        )


def show(scanner: str, folder: Path, places: Sequence[Place], chosen: argparse.Namespace) -> None:
    """List findings with their line."""
    for each in [place for place in places if chosen.kind in place.kind][: chosen.limit]:
        lines = (folder / each.path).read_text(encoding="utf-8", errors="replace").split("\n")
        text = lines[each.line - 1].strip()[: chosen.width] if each.line <= len(lines) else ""
        print(f"{folder.name}/{each.path}:{each.line} [{scanner}: {each.kind}] {text}")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument(
        "--scanner", action="append", choices=SCANNERS, help="default: scopeaudit, kingfisher"
    )
    parser.add_argument("--every", type=int, default=20, help="detect-secrets gets one in N files")
    parser.add_argument("--show", action="store_true", help="list findings, of the development half only")
    parser.add_argument("--kind", default="", help="with --show: only kinds with this word")
    parser.add_argument("--limit", type=int, default=200, help="with --show: of each folder")
    parser.add_argument("--width", type=int, default=160)
    return parser.parse_args()


def main() -> None:
    """Scan, count and print."""
    chosen = arguments()
    scanners = chosen.scanner or ["scopeaudit", "kingfisher"]
    kinds: dict[str, Counter[str]] = {name: Counter() for name in scanners}
    figures: dict[tuple[str, str], list[Figures]] = {}
    if not chosen.show:
        print(
            f"{'folder':<20}{'scanner':<16}{'lines':>10}{'named':>7}{'generic':>9}"
            f"{'named/M':>9}{'generic/M':>11}{'s':>7}"
        )
    for folder in chosen.folders:
        half = half_of(folder.resolve().name)
        if chosen.show and half != HALVES[0]:
            continue
        files = files_of(folder)
        lines = lines_in(files)
        for scanner in scanners:
            some = sample(folder, files, chosen.every) if scanner == "detect-secrets" else files
            start = time.perf_counter()
            places = scan(scanner, folder.resolve(), [path.resolve() for path in some])
            seconds = time.perf_counter() - start
            if chosen.show:
                show(scanner, folder, places, chosen)
                continue
            generic = sum(each.generic for each in places)
            one = Figures(lines if some is files else lines_in(some), len(places) - generic, generic, seconds)
            figures.setdefault((half, scanner), []).append(one)
            print_row(folder.name, scanner, [one])
            if half == HALVES[0]:
                kinds[scanner].update(each.kind for each in places)
    for half in HALVES:
        for scanner in scanners:
            print_row(f"= {half}", scanner, figures.get((half, scanner), []))
    for scanner, counted in kinds.items():
        if counted:
            print(f"{scanner}, development half:", ", ".join(f"{k} {n}" for k, n in counted.most_common(25)))


if __name__ == "__main__":
    main()
