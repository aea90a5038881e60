"""What looking around costs: a home folder with few files, and the same with 200,000 more.

Stores are looked up and never searched for, so the second should cost what the first does. Prints both
times and their ratio, the best of several runs each, taken in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDERS = 200


def home_in(folder: Path, files: int) -> Path:
    """A home folder with a store, an agent, and so many files that no tool keeps anything in."""
    (folder / ".railway").mkdir(parents=True)
    (folder / ".railway/config.json").write_text("{}\n")
    (folder / ".claude").mkdir()
    (folder / ".claude/settings.json").write_text(json.dumps({"permissions": {"deny": ["Read(./.env)"]}}))
    for number in range(FOLDERS):
        inner = folder / f"work/project-{number}"
        inner.mkdir(parents=True)
        for each in range(files // FOLDERS):
            (inner / f"{each}.txt").touch()
    return folder


def seconds(home: Path, project: Path, cache: Path) -> float:
    """Wall time of one scan of everything around an empty project."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    environment = {**kept, "HOME": str(home), "SCOPEAUDIT_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "scopeaudit", "scan", str(project), "--offline"]
    sources = ["--source", "home", "--source", "agent"]
    started = time.perf_counter()
    subprocess.run([*command, *sources], env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        project, cache = folder / "project", folder / "cache"
        project.mkdir()
        few, many = home_in(folder / "few", 0), home_in(folder / "many", options.files)
        for home in (few, many):
            seconds(home, project, cache)
        times: dict[Path, list[float]] = {few: [], many: []}
        for _ in range(options.runs):
            for home, taken in times.items():
                taken.append(seconds(home, project, cache))
    without, with_them = min(times[few]), min(times[many])
    print(
        f"few files {without:.3f} s, {options.files:,} more {with_them:.3f} s, ratio {with_them / without:.2f}"
    )


if __name__ == "__main__":
    main()
