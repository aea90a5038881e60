"""secretlint: the snapshots of its rules."""

import json
from collections.abc import Iterator
from pathlib import Path

from .example import Example
from .providers import provider_of

NAME = "secretlint"
_NOT_ABOUT_SECRETS = {
    "example", "filter-comments", "internal-test-cjs", "internal-test-esm", "no-dotenv", "no-homedir", "pattern",
    "preset-canary", "preset-recommend",
}  # fmt: skip
_GENERIC = {"basicauth", "no-k8s-kind-secret", "database-connection-string"}
_START = "secretlint-rule-"


def examples(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Every input with its recorded output."""
    for rule in sorted((folder / "packages" / "@secretlint").glob(_START + "*")):
        name = rule.name.removeprefix(_START)
        if name in _NOT_ABOUT_SECRETS:
            continue
        provider = None if name in _GENERIC else provider_of(name)
        for output in sorted(rule.glob("test/snapshots/**/output.json")):
            recorded = json.loads(output.read_text(encoding="utf-8"))
            source = output.parent / Path(recorded["filePath"]).name
            if not source.is_file():
                problems.append(f"{NAME} {rule.name} {output.parent.name}: input not found")
                continue
            ending = source.suffix or (source.name if source.name.startswith(".") else ".txt")
            file_name = source.name if source.name.startswith(".") else f"text{ending}"
            positive = bool(recorded["messages"])
            if positive or not (output.parent / "options.json").exists():
                yield Example(NAME, provider, source.read_bytes(), file_name, positive)
