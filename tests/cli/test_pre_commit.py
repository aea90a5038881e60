"""The hook, run by the real pre-commit in a real repository."""

import subprocess
import sys
from pathlib import Path

import git
import pytest
import yaml

from scopeaudit.catalogue.templates import expand

ROOT = Path(__file__).resolve().parents[2]
TOKEN = expand("sk_live_<alnum:24>", seed=51)


@pytest.fixture
def repository(folder, program):
    """A repository that runs our hook with the installed program, as `language: system` would."""
    (hook,) = [
        each
        for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        if each["id"] == "scopeaudit"
    ]
    local = hook | {"language": "system", "entry": f"{sys.executable} -m {hook['entry']}"}
    (folder / ".pre-commit-config.yaml").write_text(
        yaml.safe_dump({"repos": [{"repo": "local", "hooks": [local]}]})
    )
    made = git.Repo.init(folder)
    made.index.add([".pre-commit-config.yaml"])
    return made


def run(repository, program) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run"],
        cwd=repository.working_dir,
        env=program.environment({"PRE_COMMIT_HOME": str(program.home / "pre-commit")}),
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_a_staged_credential_stops_the_commit(repository, program):
    path = Path(repository.working_dir) / "billing.env"
    path.write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    repository.index.add(["billing.env"])
    done = run(repository, program)
    assert done.returncode == 1
    assert "undeclared-credential" in done.stdout
    assert TOKEN not in done.stdout


def test_what_is_not_staged_does_not(repository, program):
    (Path(repository.working_dir) / "billing.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    done = run(repository, program)
    assert done.returncode == 0, done.stdout


def test_the_staged_text_counts_and_not_the_one_on_disk(repository, program):
    path = Path(repository.working_dir) / "billing.env"
    path.write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    repository.index.add(["billing.env"])
    path.write_text("STRIPE_SECRET_KEY=\n")
    assert run(repository, program).returncode == 1


def test_the_hook_sends_nothing(repository, program):
    path = Path(repository.working_dir) / "billing.env"
    path.write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    repository.index.add(["billing.env"])
    run(repository, program)
    assert list(program.home.rglob("requests.jsonl")) == []
