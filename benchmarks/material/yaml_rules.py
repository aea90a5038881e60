"""Nosey Parker and the first series of Kingfisher's rules: examples beside the patterns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .example import Example, fitting_name
from .providers import provider_of

_NO_SECRETS = {"identifier", "hashed"}
"""Categories of rules that report names of things, and hashes of passwords."""


def noseyparker(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Nosey Parker's own rules."""
    rules = folder / "crates" / "noseyparker" / "data" / "default" / "builtin" / "rules"
    yield from _all("noseyparker", rules, problems)


def kingfisher(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Kingfisher's, which are a peer's own: not counted among the other sets."""
    yield from _all("kingfisher", folder / "data" / "rules", problems)


def _all(name: str, folder: Path, problems: list[str]) -> Iterator[Example]:
    for file in sorted(folder.glob("*.y*ml")):
        try:
            rules = yaml.safe_load(file.read_text(encoding="utf-8")).get("rules", [])
        except (yaml.YAMLError, AttributeError):
            problems.append(f"{name} {file.name}: not readable as YAML")
            continue
        for rule in rules:
            yield from _rule(name, file, rule)


def _rule(name: str, file: Path, rule: dict[str, Any]) -> Iterator[Example]:
    parts = str(rule.get("id", "")).split(".")
    provider = provider_of(parts[1] if len(parts) > 1 else file.stem)
    categories = set(rule.get("categories") or ())
    if file.stem == "hashes" or (_NO_SECRETS & categories and "secret" not in categories):
        return
    for key, positive in (("examples", True), ("negative_examples", False)):
        for text in rule.get(key) or []:
            text = str(text)
            yield Example(name, provider, text.encode(), fitting_name(text), positive)
