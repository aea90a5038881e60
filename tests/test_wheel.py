"""The built wheel works alone, without the checkout's rules and fixtures."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, built and unpacked into an empty folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(installed),
        "SCOPEAUDIT_CACHE_DIR": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return subprocess.run(
        [sys.executable, "-m", "scopeaudit", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_it_holds_every_rules_file_and_incident(installed):
    for room, inside in (("rules", "_rules"), ("fixtures/incidents", "_incidents")):
        wanted = {path.relative_to(ROOT / room) for path in (ROOT / room).rglob("*") if path.is_file()}
        shipped = installed / "scopeaudit" / inside
        assert {path.relative_to(shipped) for path in shipped.rglob("*") if path.is_file()} == wanted


def test_the_demo_runs_from_it_and_ends_in_findings(installed, tmp_path):
    done = run(installed, tmp_path, "demo", "--format", "json")
    assert done.returncode == 1, done.stderr
    assert '"recovery-in-blast-radius"' in done.stdout


def test_its_rules_are_right(installed, tmp_path):
    done = run(installed, tmp_path, "rules", "check")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
