"""Scanners run over folders, and the lines that they report."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .programs import program, run

_GENERIC_WORDS = (
    "generic",
    "keyword",
    "entropy",
    "password",
    "private-key",
    "private key",
    "pem",
    "jwt",
    "json web token",
    "basic auth",
    "basicauth",
    "connection-string",
    "uri",
)


class Place(NamedTuple):
    """One line that a scanner reports."""

    path: str
    """Relative to the scanned folder."""
    line: int
    kind: str
    """What the scanner calls it."""
    generic: bool
    """Whether the scanner names no service."""


Scanner = Callable[[Path, Sequence[str]], list[Place]]
"""From a folder and the names of the folders in it, each scanned as a project of its own where that matters."""


def scopeaudit(root: Path, projects: Sequence[str]) -> list[Place]:
    """In process, with the repository's rules; candidates count as generic."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.model.location import Source
    from scopeaudit.pipeline import detect_documents
    from scopeaudit.reach.sources import read

    rules = load_rules(cache_in=cache_directory())
    found: list[Place] = []
    for project in projects:
        result = detect_documents(read(root / project, (Source.TREE,)), rules)
        kinds = [
            (f"{held.credential.provider}/{held.credential.kind}", held.credential.locations)
            for held in result.credentials
        ]
        kinds += [(f"candidate/{each.type}", each.locations) for each in result.candidates]
        found += [
            Place(
                f"{project}/{place.path}", place.line or 1, kind, kind.startswith(("generic/", "candidate/"))
            )
            for kind, places in kinds
            for place in places
        ]
    return found


def kingfisher(root: Path, _projects: Sequence[str], confidence: str = "medium") -> list[Place]:
    """Kingfisher's binary with its own rules, without validation, every occurrence."""
    options = ["--no-validate", "--no-dedup", "--git-history=none", "--no-update-check", "--format", "json"]
    output = run([program("kingfisher"), "scan", str(root), *options, "--confidence", confidence], root)
    report, _ = json.JSONDecoder().raw_decode(output)
    found = []
    for each in report["findings"]:
        rule, place = str(each["rule"]["id"]), each["finding"]
        path = Path(place["path"]).resolve().relative_to(root.resolve())
        found.append(Place(path.as_posix(), int(place["line"]), rule, is_generic(rule)))
    return found


def kingfisher_low(root: Path, projects: Sequence[str]) -> list[Place]:
    """Kingfisher with everything it has, at the lowest confidence."""
    return kingfisher(root, projects, "low")


def detect_secrets(root: Path, projects: Sequence[str]) -> list[Place]:
    """detect-secrets with its default plugins and filters, without verification.

    It takes minutes for some projects; one that takes longer than the limit counts as nothing found, and is named.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        reports = pool.map(lambda project: detect_secrets_in(root, [project]), projects)
        return [place for report in reports for place in report]


def detect_secrets_in(root: Path, paths: Sequence[str], seconds: float = 600) -> list[Place]:
    """One run over files or folders of the root."""
    command = [program("detect-secrets"), "scan", "--all-files", "--no-verify", *paths]
    try:
        output = run(command, root, seconds)
    except subprocess.TimeoutExpired:
        print(f"detect-secrets: not finished in {seconds:.0f} s: {paths[0]}", file=sys.stderr)
        return []
    return [
        Place(path, int(each["line_number"]), each["type"], is_generic(each["type"]))
        for path, findings in json.loads(output)["results"].items()
        for each in findings
    ]


SCANNERS: dict[str, Scanner] = {
    "scopeaudit": scopeaudit,
    "kingfisher": kingfisher,
    "kingfisher-low": kingfisher_low,
    "detect-secrets": detect_secrets,
}


def is_generic(name: str) -> bool:
    """Whether another scanner's rule names no service."""
    return any(word in name.lower() for word in _GENERIC_WORDS)
