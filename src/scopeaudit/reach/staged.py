"""Staged changes: what the next commit would add, as it stands in the index."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.git import Git, GitError, ObjectReader
from scopeaudit.reach.sections import SECTION_BYTES
from scopeaudit.reach.views import large_views, views

_GITLINK = "160000"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Change:
    path: str
    mode: str
    object_id: str
    unmerged: bool


def staged(root: Path, variables: Mapping[str, str] | None = None) -> Iterator[Document | Gap]:
    """The staged content of every file under `root` that differs from the last commit, in path order.

    `root` may be a single file. `variables` is the environment git starts from.
    """
    folder = root if root.is_dir() else root.parent
    git = Git(folder, variables)
    try:
        changes = _changes(git, None if root.is_dir() else root.name)
        if not changes:
            return
        with git.objects() as reader:
            for change in changes:
                yield from _read(reader, change)
    except GitError as error:
        yield Gap(Stage.REACH, "staged changes", f"could not be read: {error}")


def _changes(git: Git, only: str | None) -> list[_Change]:
    git.directory()
    base = _base(git)
    raw = git.output(
        "diff-index",
        "--cached",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=all",
        "--diff-filter=ACMTU",
        "--relative",
        base,
        "--",
        *([f":(literal){only}"] if only else []),
    )
    fields = raw.split(b"\0")
    found = []
    for described, path in zip(fields[0::2], fields[1::2], strict=False):
        _, mode, _, object_id, status = described.decode("ascii").split(" ")
        if mode != _GITLINK:
            name = path.decode("utf-8", "surrogateescape")
            found.append(_Change(name, mode, object_id, status.startswith("U")))
    return sorted(set(found), key=lambda change: (change.path, change.object_id))


def _base(git: Git) -> str:
    """The last commit, or the empty tree where there is none yet."""
    try:
        return (
            git.output("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}")
            .decode()
            .strip()
        )
    except GitError:
        return git.output("hash-object", "-t", "tree", "--stdin").decode().strip()


def _read(reader: ObjectReader, change: _Change) -> Iterator[Document | Gap]:
    if change.unmerged:
        yield Gap(Stage.REACH, change.path, "has unresolved conflicts; no staged content was read")
        return
    chunks = reader.chunks(change.object_id, _CHUNK_BYTES)
    held = b""
    for chunk in chunks:
        held += chunk
        if len(held) > SECTION_BYTES:
            break
    else:
        yield from views(Source.STAGED, change.path, held)
        return
    yield from large_views(Source.STAGED, change.path, chain((held,), chunks))
