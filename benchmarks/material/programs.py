"""Other scanners' programs: where they are, and what they print."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def installed(name: str) -> str | None:
    """Where a program is: beside this Python, or on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def program(name: str) -> str:
    """The same of one that there must be.

    Raises:
        SystemExit: if it is not installed.
    """
    found = installed(name)
    if found is None:
        raise SystemExit(f"{name} is not installed")
    return found


def run(command: Sequence[str], folder: Path | None = None, seconds: float | None = None) -> str:
    """What a program prints, in a folder. Scanners end with 1 where they found something.

    Raises:
        SystemExit: if it fails.
        subprocess.TimeoutExpired: if it takes longer.
    """
    done = subprocess.run(
        list(command),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=seconds,
    )
    if done.returncode > 1 and not done.stdout.strip():
        raise SystemExit(f"{command[0]} failed: {done.stderr[-500:]}")
    return done.stdout
