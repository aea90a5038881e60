"""Real repositories with secrets in their past."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scopeaudit.catalogue.templates import expand

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b.example",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def token(seed: int) -> str:
    """A GitHub token of no one."""
    return expand("ghp_<alnum:30><crc32>", seed=seed)


@dataclass
class World:
    """A repository; every commit is a minute later than the one before."""

    root: Path
    minutes: int = 0

    def git(self, *arguments: str, text: str | None = None) -> str:
        """Run git there."""
        self.minutes += 1
        date = f"2024-05-01T{self.minutes // 60:02}:{self.minutes % 60:02}:00+02:00"
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **IDENTITY, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, name: str, text: str | bytes) -> None:
        """A file of the working tree."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(self, message: str, **files: str) -> str:
        """Everything there is, and these files; the commit's id."""
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


def world(root: Path) -> World:
    """An empty repository."""
    root.mkdir(parents=True)
    made = World(root)
    made.git("init", "--quiet", "--initial-branch=main")
    return made
