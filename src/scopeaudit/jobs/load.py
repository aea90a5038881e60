"""Job files from disk, with those they extend."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from scopeaudit.catalogue.provider import Provider
from scopeaudit.jobs.declarations import in_order, read_declared
from scopeaudit.jobs.extending import MAXIMUM_FILES, NotExtendableError, Place, extended
from scopeaudit.jobs.files import MAXIMUM_BYTES, text_of
from scopeaudit.jobs.raw import Problem, Written, read_written
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.job import Declarations

__all__ = ["MAXIMUM_BYTES", "load_declarations"]

PROBLEMS_TOLD = 500
"""A file of the scanned folder can hold a problem to every few bytes."""


def load_declarations(
    file: Path,
    path: str,
    providers: Mapping[str, Provider],
    *,
    root: Path | None = None,
    extend_from: Sequence[Path] = (),
    offering: bool = False,
) -> Declarations:
    """What the job file declares, together with the files it extends.

    Args:
        file: Where it lies.
        path: Its name in messages, relative to the scanned folder.
        providers: Every provider, for their job templates.
        root: Folder that neither the file, if it is a link, nor `extends` leads out of. The file's own where
            missing: then the user named the file, and it may be a link to anywhere.
        extend_from: Folders of the user in which extended files may lie as well.
        offering: Whether its jobs may leave their credentials to a file that extends it.

    Raises:
        InvalidFileError: with its problems, if one of the files is missing, no ordinary file, unreadable,
            too large, no UTF-8, or wrong.
    """
    if root is not None:
        _refuse_elsewhere(file, path, (root, *extend_from))
    chain = _chain(_first(file, path, root or file.parent), extend_from)
    declarations: Declarations | None = None
    problems: list[str] = []
    for depth, (place, written) in reversed(tuple(enumerate(chain))):
        declarations, found = read_declared(
            written, place.path, providers, parent=declarations, offering=offering or depth > 0
        )
        # What rests on a wrong file would be told wrong things about its own jobs.
        wrong = found if not problems else written.problems
        problems.extend(in_order(wrong, place.path))
    if problems:
        more = len(problems) - PROBLEMS_TOLD
        rest = (f"{path}:1: and {more:,} problems more",) if more > 0 else ()
        raise InvalidFileError((*problems[:PROBLEMS_TOLD], *rest))
    assert declarations is not None  # noqa: S101 - the chain holds the file itself
    return declarations


def _refuse_elsewhere(file: Path, path: str, folders: Sequence[Path]) -> None:
    """What messages repeat of a job file must not be of any file that a link in the folder names."""
    real = Path(os.path.realpath(file))
    if not any(real.is_relative_to(os.path.realpath(each)) for each in folders):
        what = "is a link that leads out of the folder: name the file with --jobs, or put it here"
        raise InvalidFileError((f"{path}:1: {what}",))


def _first(file: Path, path: str, root: Path) -> Place:
    folder, limit = file.parent.resolve(), root.resolve()
    return Place(folder / file.name, limit if folder.is_relative_to(limit) else folder, path)


def _chain(first: Place, extend_from: Sequence[Path]) -> list[tuple[Place, Written]]:
    """The file and those it rests on, in this order.

    Raises:
        InvalidFileError: if one cannot be read, or `extends` cannot be followed.
    """
    chain: list[tuple[Place, Written]] = []
    place = first
    seen: set[Path] = set()
    while True:
        seen.add(place.file.resolve())
        written = read_written(text_of(place.file, place.path), place.path)
        chain.append((place, written))
        named = written.file.extends
        if named is None:
            return chain
        try:
            following = extended(place, named.text, extend_from)
            if following.file in seen:
                raise NotExtendableError("the files extend each other: one of them has to stand alone")
            if len(chain) == MAXIMUM_FILES:
                raise NotExtendableError(f"{MAXIMUM_FILES} files in a row already: extend fewer")
        except NotExtendableError as error:
            wrong = (*written.problems, Problem(named.line, f"extends: {error}"))
            raise InvalidFileError(in_order(wrong, place.path)) from None
        place = following
