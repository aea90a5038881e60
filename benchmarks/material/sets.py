"""All sets of a folder of checkouts."""

from collections.abc import Callable, Iterator
from pathlib import Path

from . import credsweeper, gitleaks, leaky_repo, secretlint, trufflehog
from .example import Example
from .python_tests import detect_secrets
from .yaml_rules import kingfisher, noseyparker

Extractor = Callable[[Path, list[str]], Iterator[Example]]

EXTRACTORS: dict[str, Extractor] = {
    "gitleaks": gitleaks.examples,
    "trufflehog": trufflehog.examples,
    "noseyparker": noseyparker,
    "CredSweeper": credsweeper.examples,
    "secretlint": secretlint.examples,
    "leaky-repo": leaky_repo.examples,
    "kingfisher": kingfisher,
    "detect-secrets": detect_secrets,
}
PEERS_OWN = {"kingfisher": "kingfisher", "detect-secrets": "detect-secrets", "secretlint": "secretlint"}
"""Sets that are one scanner's own rules or tests."""


def read_sets(folder: Path) -> tuple[list[Example], list[str]]:
    """Every example once, and what could not be extracted."""
    problems: list[str] = []
    found: dict[tuple[str, str | None, bytes], Example] = {}
    for name, extract in EXTRACTORS.items():
        if not (folder / name).is_dir():
            problems.append(f"{name}: no such folder")
            continue
        for example in extract(folder / name, problems):
            key = (example.set, example.provider, example.text)
            # A counter-example of one rule may be an example of another of the same service.
            if example.text.strip() and (key not in found or (example.positive and not found[key].positive)):
                found[key] = example
    return list(found.values()), problems
