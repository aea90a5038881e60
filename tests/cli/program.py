"""The program as a user runs it, with state and caches of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """Runs `scopeaudit` in a process of its own; nothing of the user's is read or written."""

    home: Path
    cache: Path
    """Compiled rules, shared by all tests: to make them takes longer than most tests."""

    def environment(self, more: Mapping[str, str] = {}) -> dict[str, str]:
        """A small environment with folders of its own."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "SCOPEAUDIT_CACHE_DIR": str(self.cache),
            **more,
        }

    def __call__(
        self,
        *arguments: str,
        cwd: Path | None = None,
        text: str = "",
        environment: Mapping[str, str] = {},
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "scopeaudit", *arguments],
            cwd=cwd,
            env=self.environment(environment),
            input=text,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=100,
        )

    def written(self) -> bytes:
        """Everything in the program's own folders and the cache, files' names included."""
        parts = []
        for path in sorted([*self.home.rglob("*"), *self.cache.rglob("*")]):
            parts.append(str(path).encode())
            if path.is_file():
                parts.append(path.read_bytes())
        return b"\n".join(parts)
