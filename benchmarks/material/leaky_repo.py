"""leaky-repo: whole files with a count of the lines that are a risk."""

from collections.abc import Iterator
from pathlib import Path

from .example import Example

NAME = "leaky-repo"


def examples(folder: Path, problems: list[str]) -> Iterator[Example]:
    """Files that hold at least one risk, and those that hold neither risk nor information."""
    for path, risks in counts(folder).items():
        file = folder / path
        if not file.is_file():
            problems.append(f"{NAME} {path}: no such file")
        elif risks:
            yield Example(NAME, None, file.read_bytes(), file.name, True)


def counts(folder: Path) -> dict[str, int]:
    """Lines of risk by path."""
    found = {}
    table = folder / ".leaky-meta" / "secrets.csv"
    if not table.is_file():
        return found
    for line in table.read_text(encoding="utf-8").splitlines():
        parts = line.strip().split(",")
        if len(parts) == 3 and not line.startswith("#"):
            found[parts[0]] = int(parts[1])
    return found
