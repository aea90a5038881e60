"""Incidents as data: a checkout, the world behind its credentials, and a twin that is right."""

import random
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.rules import Rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.demo.railway import RailwayStandIn
from scopeaudit.model.errors import ScopeauditError
from scopeaudit.model.location import Source
from scopeaudit.model.report import Report
from scopeaudit.pipeline import ScanOptions, now, scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """`incident.yaml`."""

    title: str
    story: str
    sources: tuple[str, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Name to template; `{{name}}` in a file of the checkout becomes the expanded secret."""
    stand_ins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """One folder of `fixtures/incidents`."""

    folder: Path
    description: Description

    def introduction(self, *, twin: bool) -> str:
        """The story, for a person at a terminal."""
        lines = [self.description.title, *textwrap.wrap(self.description.story, 78)]
        if twin:
            lines += ["", "This is its twin: the credential is right for its job."]
        return "\n".join([*lines, *self.description.sources]) + "\n\n"

    def world(self) -> Mapping[str, Any]:
        """What the stand-ins serve, by provider."""
        import yaml

        loaded = yaml.safe_load((self.folder / "world.yaml").read_text(encoding="utf-8"))
        return dict(loaded or {})

    def secrets(self, seed: int) -> dict[str, str]:
        """Made-up secrets for one replay, by name."""
        return {
            name: expand(template, seed=seed + number)
            for number, (name, template) in enumerate(self.description.secrets.items())
        }

    def write_checkout(self, target: Path, secrets: Mapping[str, str], *, twin: bool) -> None:
        """The checkout, or its twin, with the secrets filled in."""
        for room in ("checkout", "twin") if twin else ("checkout",):
            source = self.folder / room
            for path in _files(source):
                content = path.read_text(encoding="utf-8")
                for name, value in secrets.items():
                    content = content.replace("{{" + name + "}}", value)
                copy = target / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(content, encoding="utf-8")
        removed = self.folder / "twin.removed"
        if twin and removed.is_file():
            for name in removed.read_text(encoding="utf-8").split():
                (target / name).unlink()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


@cache
def incidents_directory() -> Path:
    """Where incidents are: inside an installed package, else the checkout's fixtures."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_incidents"
    return shipped if shipped.is_dir() else package.parents[1] / "fixtures" / "incidents"


def load_incident(name: str) -> Incident:
    """An incident by its folder's name.

    Raises:
        InvalidFileError: if its description is wrong.
    """
    folder = incidents_directory() / name
    text = (folder / "incident.yaml").read_text(encoding="utf-8")
    return Incident(folder, decode(text, f"{name}/incident.yaml", Description))


def _make_repository(folder: Path, message: str) -> None:
    """Make the checkout a git repository with one commit, where git is installed."""
    try:
        from git import Actor, Repo
        from git.exc import GitError
    except ImportError:  # what GitPython raises where there is no git
        return
    author = Actor("scopeaudit", "demo@scopeaudit.example")
    with suppress(GitError, OSError), Repo.init(folder, initial_branch="main") as repository:
        repository.index.add(["*"])
        repository.index.commit(message, author=author, committer=author)


def replay(incident: Incident, rules: Rules, *, twin: bool = False, seed: int | None = None) -> Report:
    """Write the checkout to a temporary folder, start the stand-ins, and scan.

    Raises:
        ScopeauditError: if anything but a question reached a stand-in.
    """
    secrets = incident.secrets(random.SystemRandom().getrandbits(64) if seed is None else seed)
    world = incident.world()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scopeaudit-demo-")))
        incident.write_checkout(folder, secrets, twin=twin)
        _make_repository(folder, incident.description.title)
        tokens = {value: name for name, value in secrets.items()}
        railway = stack.enter_context(RailwayStandIn(world["railway"], tokens))
        options = ScanOptions(
            root=folder,
            sources=(Source.TREE,),
            ask=AskOptions(
                endpoints=parse_endpoints([f"railway={railway.url}"], rules.providers),
                remember=False,
                now=now(),
            ),
        )
        report = scan(options, rules)
        if railway.violations:
            raise ScopeauditError("the stand-in was sent what it must not: " + "; ".join(railway.violations))
    return report
