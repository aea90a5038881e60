"""Whole-process figures of a scan, beside detect-secrets and Kingfisher in the same run.

    python benchmarks/scan.py [--runs N] [--files N] [--megabytes N]

Prints the median of every command's wall time, processor time and peak memory, and each as a ratio to
scopeaudit's. Machines are noisy: the commands take turns, so that a slow minute hits all of them.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

WORDS = (
    "account address balance cache channel client config connect context count create customer data default "
    "delete document domain element error event export field filter format function handler header import index "
    "input invoice item label length limit list load local locale manager message method model module name node "
    "number object option order output owner package parent parse path payload permission policy process product "
    "project provider query queue read record region release request resource response result return role route "
    "schema scope search server service session setting source stage state status storage stream string subject "
    "table target template tenant text thread title token type update upload user value version volume window"
).split()


class Figures(NamedTuple):
    """One finished run."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system together."""
    memory: float
    """Peak of the largest process, in MiB."""


def main() -> None:
    """Make a tree, run every scanner over it, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=3500)
    parser.add_argument("--megabytes", type=float, default=22.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scopeaudit-bench-") as name:
        folder = Path(name)
        tree, small = folder / "tree", folder / "small"
        size = make_tree(tree, files=chosen.files, megabytes=chosen.megabytes)
        make_tree(small, files=1, megabytes=0.002)
        print(
            f"{chosen.files} files, {size / 1e6:.1f} MB; {chosen.runs} runs each after one to warm caches\n"
        )
        compare("one small file", small, chosen.runs, size=None)
        compare("the tree", tree, chosen.runs, size=size)


def compare(title: str, tree: Path, runs: int, *, size: int | None) -> None:
    """Run all commands in turn and print a row each."""
    commands = available()
    taken: dict[str, list[Figures]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            figures = run(command, tree)
            if number:
                taken[name].append(figures)
    print(f"{title:<16}{'wall s':>9}{'cpu s':>9}{'MiB':>8}{'MB/s':>8}   wall as a ratio to scopeaudit")
    base = statistics.median(each.wall for each in taken["scopeaudit"])
    for name, all_figures in taken.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*all_figures, strict=True))
        rate = f"{size / 1e6 / wall:.0f}" if size else ""
        print(f"{name:<16}{wall:>9.3f}{cpu:>9.3f}{memory:>8.0f}{rate:>8}   {wall / base:.2f}")
    print()


def available() -> dict[str, list[str]]:
    """Name to command of every scanner that is installed."""
    here = Path(sys.executable).parent
    commands = {
        "scopeaudit": [str(here / "scopeaudit"), "scan", ".", "--source", "tree", "--offline"],
        "detect-secrets": [str(here / "detect-secrets"), "scan", "--all-files", "--no-verify", "."],
    }
    kingfisher = shutil.which("kingfisher", path=f"{here}{os.pathsep}{os.environ.get('PATH', '')}")
    if kingfisher:
        commands["kingfisher"] = [kingfisher, "scan", ".", "--no-validate", "--git-history=none"]
    return {name: command for name, command in commands.items() if Path(command[0]).exists()}


def run(command: list[str], tree: Path) -> Figures:
    """One run in the tree, from outside the process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    wall = time.perf_counter() - start
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def make_tree(folder: Path, *, files: int, megabytes: float) -> int:
    """Source-like files of many sizes; gives the bytes written."""
    chooser = random.Random(2026)
    lines = [make_line(chooser) for _ in range(20_000)]
    average = megabytes * 1e6 / files
    total = 0
    for number in range(files):
        wanted = int(average * chooser.choice((0.2, 0.5, 0.8, 1.0, 2.5)))
        text: list[str] = []
        length = 0
        while length < wanted:
            line = chooser.choice(lines)
            text.append(line)
            length += len(line)
        ending = chooser.choice((".py", ".ts", ".go", ".yaml", ".json", ".md", ".tf", ".env.example"))
        path = folder / f"package{number % 60}" / f"{chooser.choice(WORDS)}{number}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(text), encoding="utf-8")
        total += length
    return total


def make_line(chooser: random.Random) -> str:
    """A line as programs and configurations have them."""
    one, two, three = chooser.choices(WORDS, k=3)
    shapes = (
        f"    {one}_{two} = self.{three}({one}, {two}={chooser.randrange(1000)})\n",
        f"def {one}_{two}({three}: str, *, {one}: int = {chooser.randrange(99)}) -> None:\n",
        f'{one.upper()}_{two.upper()}: "{three}-{chooser.randrange(10**6)}"\n',
        f'  "{one}": {{"{two}": "{three}", "id": {chooser.randrange(10**9)}}},\n',
        f"export {one.upper()}={two}/{three}\n",
        f"# {one} {two} {three} {one} {two}\n",
        f"  sha: {chooser.getrandbits(160):040x}\n" if chooser.random() < 0.02 else "\n",
    )
    return chooser.choice(shapes)


if __name__ == "__main__":
    main()
