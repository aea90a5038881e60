"""What looking around costs: a home folder with few files, and the same with 200,000 more.

Stores are looked up and never searched for, so the second should cost what the first does. Prints both
times and their ratio, the best of several runs each, taken in turns.

With `--reach` it prints what it costs to tell how agents reach places: with ten times the rules, which
should cost about the same, and with ten times the places, which should cost ten times as much.
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
AGENTS = (
    "aider",
    "claude-code",
    "cline",
    "continue",
    "cursor",
    "gemini-cli",
    "kiro",
    "opencode",
    "roo-code",
    "windsurf",
    "zed",
)


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


def reach_seconds(folder: Path, rules: int, places: int) -> float:
    """Processor time to tell how eleven agents with so many rules each reach so many places."""
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.catalogue.surroundings import load_surroundings
    from scopeaudit.model.location import Location, Source
    from scopeaudit.reach.context import Outlook
    from scopeaudit.reach.machine import Machine

    project = project_in(folder, rules)
    found = [Location(Source.TREE, f"src/m{each % 200}/a/file-{each}.env", 1, 1) for each in range(places)]
    outlook = Outlook(Machine(folder / "home", project), load_surroundings(load_rules()), AGENTS)
    assert len(outlook.views) == len(AGENTS)
    started = time.process_time()
    outlook.reach(found)
    return time.process_time() - started


def project_in(folder: Path, rules: int) -> Path:
    """A project that tells every agent in its own way what not to read."""
    project = folder / "project"
    project.mkdir(parents=True)
    written = [
        (f"src/m{each}/**/*.env", f"**/key-{each}.pem", f"config-{each}-*.json")[each % 3]
        for each in range(rules)
    ]
    settings: dict[str, object] = {
        ".claude/settings.json": {"permissions": {"deny": [f"Read(./{each})" for each in written]}},
        "opencode.json": {"permission": {"read": dict.fromkeys(written, "deny")}},
        ".zed/settings.json": {"private_files": written},
    }
    for name, content in settings.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(json.dumps(content))
    for agent in ("cursor", "codeium", "cline", "roo", "continue", "gemini", "aider", "kiro"):
        (project / f".{agent}ignore").write_text("\n".join(written) + "\n")
    return project


def measure_reach(runs: int) -> None:
    """Measure and print how the effort grows with rules and with places."""
    sizes = ((50, 1_000), (500, 1_000), (500, 10_000))
    best = dict.fromkeys(sizes, float("inf"))
    for _ in range(runs):
        for rules, places in sizes:
            with tempfile.TemporaryDirectory() as temporary:
                best[rules, places] = min(best[rules, places], reach_seconds(Path(temporary), rules, places))
    few, many, all_of_them = (best[each] for each in sizes)
    print(f"{len(AGENTS)} agents, 10,000 places, 500 rules each: {all_of_them:.2f} s of processor time")
    print(f"ten times the rules {many / few:.2f}, ten times the places {all_of_them / many:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--reach", action="store_true")
    options = parser.parse_args()
    if options.reach:
        measure_reach(options.runs)
        return
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
