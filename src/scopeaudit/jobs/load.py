"""Job files from disk, with those they extend."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from scopeaudit.catalogue.provider import Provider
from scopeaudit.jobs.declarations import in_order, read_declared
from scopeaudit.jobs.extending import MAXIMUM_FILES, NotExtendableError, Place, extended
from scopeaudit.jobs.files import MAXIMUM_BYTES, text_of
from scopeaudit.jobs.raw import Problem, Written, read_written
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.job import Declarations

__all__ = ["FILE_NAME", "MAXIMUM_BYTES", "load_declarations"]

FILE_NAME = "scopeaudit.yaml"
"""Name of the job file in the scanned folder."""


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
        root: Folder that `extends` does not lead out of; the file's own where missing.
        extend_from: Folders of the user in which extended files may lie as well.
        offering: Whether its jobs may leave their credentials to a file that extends it.

    Raises:
        InvalidFileError: with every problem, if one of the files is missing, no ordinary file, unreadable,
            too large, no UTF-8, or wrong.
    """
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
        raise InvalidFileError(tuple(problems))
    assert declarations is not None  # noqa: S101 - the chain holds the file itself
    return declarations


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
