"""Exit codes a gate can rely on: 1 means findings and nothing else does."""

import subprocess
import sys
from pathlib import Path

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.cli import main as program

TOKEN = expand("sk_live_<alnum:24>", seed=5)


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scopeaudit", *arguments], capture_output=True, text=True, cwd=cwd, timeout=60
    )


@pytest.fixture
def clean(tmp_path):
    (tmp_path / "app.py").write_text("answer = 42\n")
    return tmp_path


@pytest.fixture
def leaking(tmp_path):
    (tmp_path / "billing.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    return tmp_path


def test_a_clean_folder_is_0(clean):
    done = run("scan", str(clean), "--source", "tree", "--offline")
    assert (done.returncode, done.stderr) == (0, "")


def test_findings_are_1_and_the_secret_is_not_shown(leaking):
    done = run("scan", str(leaking), "--source", "tree", "--offline")
    assert done.returncode == 1
    assert "undeclared-credential" in done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_findings_below_the_level_are_0(leaking):
    done = run("scan", str(leaking), "--source", "tree", "--offline", "--fail-on", "never")
    assert done.returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--no-such-option"),
        ("no-such-command",),
        ("scan", "no/such/folder"),
        ("scan", ".", "--fail-on", "sometimes"),
        ("scan", ".", "--source", "moon"),
        ("scan", ".", "--endpoint", "railway"),
        ("scan", ".", "--format", "pdf", "--offline", "--source", "tree"),
        ("explain", "no-such-thing"),
        ("inspect", "--provider", "nobody"),
    ],
)
def test_usage_errors_are_2_and_say_so_on_standard_error(arguments, clean):
    done = run(*arguments, cwd=clean)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scopeaudit: ")
    assert "Traceback" not in done.stderr


def test_a_wrong_job_file_is_2_and_all_its_mistakes_are_named(clean):
    (clean / "scopeaudit.yaml").write_text("""\
version: 2
jobs:
  one:
    provider: nobody
    allow: [effect:dance]
    expires: soon
    credentials: [{path: a, colour: red}]
    owner: no
""")
    done = run("scan", str(clean), "--source", "tree", "--offline")
    assert done.returncode == 2
    lines = [line.removeprefix("scopeaudit: ") for line in done.stderr.splitlines()]
    assert sorted({int(line.split(":")[1]) for line in lines}) == [1, 4, 5, 6, 7, 8]


def test_gaps_are_3_under_strict(clean):
    (clean / "scopeaudit.yaml").write_text("version: 1\n")
    link = clean / "unreadable"
    link.symlink_to("/proc/self/mem")
    (clean / "outside").symlink_to("/etc")
    done = run("scan", str(clean), "--source", "tree", "--offline", "--strict")
    assert done.returncode == 3


def test_a_defect_is_4_without_its_message(monkeypatch, capsys):
    def broken(*_arguments, **_options):
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(program, "app", broken)
    assert program.run(["scan"]) == 4
    said = capsys.readouterr()
    assert "RuntimeError" in said.err
    assert TOKEN not in said.err + said.out


def test_an_interruption_is_4(monkeypatch, capsys):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "app", interrupted)
    assert program.run(["scan"]) == 4
    assert capsys.readouterr().err == "scopeaudit: interrupted\n"
