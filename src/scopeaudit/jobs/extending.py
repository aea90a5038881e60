"""Which file a job file extends: a local one, inside the same folder or in one that the user named."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scopeaudit.jobs.raw import printable

MAXIMUM_FILES = 6
"""In one chain: the file itself and five that it rests on."""
_ENDINGS = (".yaml", ".yml")
_MAXIMUM_CHARACTERS = 400


class NotExtendableError(ValueError):
    """What `extends` names cannot be taken; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job file lies, and how far up its `extends` may lead."""

    file: Path
    root: Path
    """Nothing outside of this folder is read for it; links in its own path are resolved."""
    path: str
    """Its name in messages, relative to the root of the first file."""


def extended(place: Place, named: str, folders: Sequence[Path]) -> Place:
    """The place that `extends: named` in the file at `place` means.

    The folder of the file comes first, then `folders`, which the user named. A link that leads out of its
    folder is refused.

    Raises:
        NotExtendableError: if it is no file name of ours, or lies elsewhere.
    """
    _refuse_unusable(named)
    here = place.file.parent / named
    if not _is_within(here, place.root):
        raise NotExtendableError("leads out of the folder: name a file inside of it")
    if os.path.lexists(here):
        return Place(_real(here), place.root, _joined(place.path, named))
    for folder in folders:
        there = folder / named
        if os.path.lexists(there):
            if not _is_within(there, folder):
                raise NotExtendableError("leads out of the folder that the policy names in extend-from")
            return Place(_real(there), _real(folder), named.removeprefix("./"))
    raise NotExtendableError(f"there is no file {printable(named)}: name one beside this file")


def _refuse_unusable(named: str) -> None:
    if "://" in named:
        raise NotExtendableError("addresses are not fetched: name a local file")
    if named.startswith(("/", "~")) or "\\" in named or ":" in named or not named.isprintable():
        raise NotExtendableError("expected a path relative to this file, written with /")
    if not named.endswith(_ENDINGS) or len(named) > _MAXIMUM_CHARACTERS:
        raise NotExtendableError("expected the name of a job file, ending in .yaml or .yml")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_within(path: Path, root: Path) -> bool:
    """Whether the path lies in the folder as written, and after every link."""
    written = Path(os.path.normpath(path.absolute()))
    top = Path(os.path.normpath(root.absolute()))
    return written.is_relative_to(top) and _real(path).is_relative_to(_real(root))


def _joined(path: str, named: str) -> str:
    folder, slash, _ = path.rpartition("/")
    return os.path.normpath(f"{folder}{slash}{named}").replace(os.sep, "/")
