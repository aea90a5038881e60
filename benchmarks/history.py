"""Whole-process figures of a scan of a repository's full history, beside Kingfisher in the same run.

    python benchmarks/history.py REPOSITORY [--runs N] [--sizes 0.125,0.25,0.5,1] [--bound SECONDS]

Every run is a process of its own with its own cache: first with nothing remembered, then again with nothing
new. Rules and engines of both are compiled beforehand. Peak memory is of the program's own process and of
its largest child. With more than one size the history is cut at a share of its commits, oldest first, to
show how the cost grows. The commands take turns, so that a slow minute hits both.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_MIB = 1 << 10
_WATCH_SECONDS = 0.05


class Figures(NamedTuple):
    """One finished run."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of the process and all its children, user and system together."""
    own: float
    """Peak of the process itself, in MiB."""
    all: float
    """Peak of the process and its children together, shared memory counted once for each, in MiB."""


def main() -> None:
    """Run both over every size, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--sizes", default="1", help="shares of the commits, separated by commas")
    parser.add_argument("--bound", type=float, default=1800, help="seconds after which a run is stopped")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scopeaudit-history-") as name:
        folder = Path(name)
        for share in map(float, chosen.sizes.split(",")):
            repository = chosen.repository if share >= 1 else cut(chosen.repository, folder, share)
            objects, size = measure(repository)
            print(f"\n{share:g} of the commits: {objects:,} blobs, {size / 1e9:.2f} GB")
            compare(repository, folder, chosen.runs, size, chosen.bound)


def cut(repository: Path, folder: Path, share: float) -> Path:
    """A clone that holds the oldest commits alone, in one pack."""
    made = folder / f"cut-{share:g}"
    listed = subprocess.run(
        ["git", "-C", str(repository), "rev-list", "--all", "--date-order", "--reverse"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    wanted = listed[: max(1, int(len(listed) * share))]
    subprocess.run(["git", "init", "--quiet", "--bare", str(made)], check=True)
    (made / "objects" / "info" / "alternates").write_text(f"{objects_of(repository)}\n")
    packed = ["git", "-C", str(made), "pack-objects", "--revs", "--missing=allow-any", "-q"]
    packed.append(str(made / "objects" / "pack" / "pack"))
    subprocess.run(packed, input="\n".join(wanted), check=True, text=True, stdout=subprocess.DEVNULL)
    (made / "objects" / "info" / "alternates").unlink()
    tips = "".join(f"update refs/cut/{number} {commit}\n" for number, commit in enumerate(wanted))
    subprocess.run(["git", "-C", str(made), "update-ref", "--stdin"], input=tips, check=True, text=True)
    subprocess.run(["git", "-C", str(made), "pack-refs", "--all"], check=True)
    return made


def objects_of(repository: Path) -> str:
    """The repository's object directory."""
    return subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "--path-format=absolute", "--git-path", "objects"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def measure(repository: Path) -> tuple[int, int]:
    """Number and bytes of the blobs."""
    lines = subprocess.run(
        [
            *("git", "-C", str(repository), "cat-file", "--batch-all-objects", "--unordered"),
            "--batch-check=%(objecttype) %(objectsize)",
        ],
        check=True,
        capture_output=True,
    ).stdout.splitlines()
    sizes = [int(line[5:]) for line in lines if line.startswith(b"blob ")]
    return len(sizes), sum(sizes)


def compare(repository: Path, folder: Path, runs: int, size: int, bound: float) -> None:
    """A row for each command: first and again."""
    taken: dict[str, list[Figures]] = {"scopeaudit first": [], "scopeaudit again": [], "kingfisher": []}
    environment = {**os.environ, "SCOPEAUDIT_CACHE_DIR": str(folder / "cache")}
    ours = ["scan", str(repository), "--source", "history", "--offline", "--output", str(folder / "out.json")]
    scopeaudit = [sys.executable, "-m", "scopeaudit", *ours]
    kingfisher = shutil.which("kingfisher") or str(Path(sys.executable).parent / "kingfisher")
    theirs = [kingfisher, "scan", str(repository), "--no-validate", "--git-history=full", "--no-update-check"]
    theirs += ["--format", "json", "--output", str(folder / "kingfisher.json")]
    small = folder / "small"
    small.mkdir(exist_ok=True)
    (small / "a").write_text("a\n")
    run([sys.executable, "-m", "scopeaudit", "scan", str(small), "--offline"], environment, bound)
    for _ in range(runs):
        shutil.rmtree(folder / "cache" / "history", ignore_errors=True)
        taken["scopeaudit first"].append(run(scopeaudit, environment, bound))
        taken["scopeaudit again"].append(run(scopeaudit, environment, bound))
        taken["kingfisher"].append(run(theirs, environment, bound))
    print(
        f"{'':<18}{'wall s':>9}{'cpu s':>9}{'MB/s':>8}{'own MiB':>9}{'all MiB':>9}   wall and cpu, to kingfisher"
    )
    middle = {
        name: [statistics.median(column) for column in zip(*each, strict=True)]
        for name, each in taken.items()
    }
    for name, (wall, cpu, own, everything) in middle.items():
        ratios = [value / other for value, other in zip((wall, cpu), middle["kingfisher"][:2], strict=True)]
        rate = size / 1e6 / wall
        print(
            f"{name:<18}{wall:>9.2f}{cpu:>9.2f}{rate:>8.0f}{own:>9.0f}{everything:>9.0f}"
            f"   {ratios[0]:.2f} {ratios[1]:.2f}"
        )


def run(command: list[str], environment: Mapping[str, str], bound: float) -> Figures:
    """Run to the end, however it ends, and measure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    own = everything = 0.0
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while process.poll() is None:
        memory = resident(process.pid)
        own, everything = max(own, memory.get(process.pid, 0)), max(everything, sum(memory.values()))
        if time.perf_counter() - begin > bound:
            process.terminate()
        time.sleep(_WATCH_SECONDS)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(wall, cpu, own / _MIB, everything / _MIB)


def resident(leader: int) -> dict[int, float]:
    """Resident memory of the processes of a session, in KiB, by process."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            number = int(status.parent.name)
            if os.getsid(number) == leader:
                lines = status.read_text().splitlines()
                found[number] = next(
                    (float(each.split()[1]) for each in lines if each.startswith("VmRSS")), 0
                )
        except OSError:
            continue
    return found


if __name__ == "__main__":
    main()
