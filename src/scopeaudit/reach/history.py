"""The history: every blob, commit and tag object of the repository that the scanned folder belongs to.

Trees are never read: they hold names alone. Objects are read by id, each once, however many refs and
paths lead to it; which commit brought one in is worked out for those in which something was found.
"""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.archives import form_of
from scopeaudit.reach.commits import Origin
from scopeaudit.reach.contents import Block, Contents
from scopeaudit.reach.git import Git, GitError
from scopeaudit.reach.sections import documents, has_wide_text
from scopeaudit.reach.tree import tree
from scopeaudit.reach.views import large_views, views

HISTORY = "git history"
"""What gaps about it are called."""
_BARE = ("HEAD", "objects", "refs")
_SIGNED = re.compile(rb"^(?:author|tagger) [^\n]*?(-?\d{1,18}) ([+-]\d{4})$", re.MULTILINE)
_TAGGED = re.compile(rb"^object ([0-9a-f]{40,64})$", re.MULTILINE)
_NAMED_UNREADABLE = 20
_FIRST_OF_ARCHIVES = frozenset(b"PB7R(L\x04\x1f\xfd\xff\xed")
"""First bytes of archives that need hold no zero byte; `form_of` decides."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder belongs to."""

    git: Git
    folder: Path
    """Where git is started."""
    bare: bool
    common: Path
    """Its git directory, of several working trees the one they share."""
    prefix: str
    """The scanned folder as seen from the top of the working tree; empty for the top itself."""
    gaps: tuple[Gap, ...] = ()
    """What of its history is not there."""


@dataclass(frozen=True, slots=True)
class Range:
    """Commits between two, the first left out."""

    after: str
    last: str

    @property
    def revisions(self) -> tuple[str, ...]:
        """As git takes them."""
        return (self.last, f"^{self.after}")


def open_repository(root: Path, variables: Mapping[str, str] | None = None) -> Repository | Gap | None:
    """The repository `root` lies in; `None` if there is none, a gap if git does not open it."""
    folder = (root if root.is_dir() else root.parent).resolve()
    bare = all((folder / name).exists() for name in _BARE)
    if not bare and not any((each / ".git").exists() for each in (folder, *folder.parents)):
        return None
    git = Git(folder, variables, bare=bare)
    try:
        common = git.directory("--git-common-dir")
        shallow = _line(git, "--is-shallow-repository") == "true"
        prefix = _line(git, "--show-prefix").rstrip("/")
    except GitError as error:
        return Gap(Stage.REACH, HISTORY, f"was not read: {_said(error)}")
    return Repository(git, folder, bare, common, prefix, tuple(_gaps(common, shallow=shallow)))


def _line(git: Git, *arguments: str) -> str:
    return git.output("rev-parse", *arguments).decode("utf-8", "surrogateescape").removesuffix("\n")


def _said(error: GitError) -> str:
    if "safe.directory" in str(error):
        return "the repository belongs to another user, and git refuses it"
    return str(error)


def _gaps(common: Path, *, shallow: bool) -> Iterator[Gap]:
    if shallow:
        yield Gap(Stage.REACH, HISTORY, "is cut off: in this shallow clone older commits are missing")
    for pack in sorted((common / "objects/pack").glob("*.pack")):
        if not pack.with_suffix(".idx").exists():
            yield Gap(
                Stage.REACH, f"objects/pack/{pack.name}", "has no index, so git does not read it; nor do we"
            )
    for module in _submodules(common / "modules"):
        yield Gap(Stage.REACH, f"submodule {module}", "is a repository of its own; its history was not read")


def _submodules(folder: Path) -> Iterator[str]:
    """Their names, which may have parts; a submodule keeps its own submodules inside of its directory."""
    for place, folders, files in os.walk(folder):
        if "HEAD" in files and "objects" in folders:
            yield Path(place).relative_to(folder).as_posix()
            folders[:] = [each for each in folders if each == "modules"]
        folders.sort()


def directory_documents(repository: Repository) -> Iterator[Document | Gap]:
    """What lies beside the objects of a git directory outside of the scanned folder: settings, logs, hooks.

    That of a folder's own git directory is read with its tree.
    """
    if repository.common.is_relative_to(repository.folder):
        return
    base = os.path.relpath(repository.common, repository.folder).replace(os.sep, "/")
    for each in tree(repository.common):
        if isinstance(each, Document):
            yield replace(each, path=f"{base}/{each.path}")
        else:
            yield replace(each, what=f"{base}/{each.what}")


def commit_range(repository: Repository, text: str) -> Range:
    """`REF`, or `A..B`.

    Raises:
        UsageError: if it names no commits.
    """
    after, dots, last = text.partition("..")
    if last.startswith("."):
        raise UsageError(f"--since {text}: three dots are not understood: name one commit, or A..B")
    return Range(
        *(_commit(repository.git, text, each) for each in (after, last if dots and last else "HEAD"))
    )


def _commit(git: Git, text: str, name: str) -> str:
    try:
        if name and "\0" not in name:
            return _line(git, "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError:
        pass
    raise UsageError(f"--since {text}: no commit is called {name or 'that'}: name one that this clone holds")


def found_documents(
    repository: Repository,
    found: Sequence[bytes],
    origins: Mapping[bytes, Origin],
    current: frozenset[bytes],
    paths: Mapping[bytes, bytes],
) -> Iterator[Document | Gap]:
    """The objects that were found to hold something, the earliest first.

    `current` are those that the last commit's tree holds, `paths` those of what no commit has.
    """
    last = len(origins)
    ordered = sorted(found, key=lambda each: (origins[each].order if each in origins else last, each))
    contents = Contents(repository.git)
    for part in contents.read(ordered):
        if isinstance(part, Block):
            for name, kind, start, end in zip(part.ids, part.kinds, part.starts, part.ends, strict=True):
                data = part.data[start:end]
                if kind == b"blob":
                    place = _place(repository, name, origins, paths)
                    for each in views(Source.HISTORY, place.path, data):
                        yield place.marked(each, current=name in current)
                else:
                    yield from _message(name.decode("ascii"), kind.decode("ascii"), data)
        else:
            place = _place(repository, part.id, origins, paths)
            for each in large_views(Source.HISTORY, place.path, part.chunks):
                yield place.marked(each, current=part.id in current)
    yield from unreadable_gaps(contents.unreadable)


def unreadable_gaps(ids: Sequence[bytes]) -> Iterator[Gap]:
    """A gap for each object that could not be read, up to a number."""
    for each in ids[:_NAMED_UNREADABLE]:
        yield Gap(Stage.REACH, f"git object {each.decode('ascii', 'replace')[:12]}", "could not be read")
    if len(ids) > _NAMED_UNREADABLE:
        yield Gap(Stage.REACH, f"{len(ids) - _NAMED_UNREADABLE} more git objects", "could not be read")


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    commit: str | None = None
    authored: str | None = None

    def marked(self, each: Document | Gap, *, current: bool) -> Document | Gap:
        """The document with what is known of it; it was counted when it was sifted."""
        if isinstance(each, Gap):
            return each
        return replace(
            each, commit=self.commit, authored=self.authored, current=current, size=0, continues=True
        )


def is_plain(block: Block, number: int) -> bool:
    """Whether an object has no view but the one of its bytes as they are."""
    start, end = block.starts[number], block.ends[number]
    data = block.data
    if data.find(b"\0", start, end) < 0:
        return data[start] not in _FIRST_OF_ARCHIVES or form_of(data[start:end]) is None
    data = data[start:end]
    return not has_wide_text(data) and form_of(data) is None


def _place(
    repository: Repository, name: bytes, origins: Mapping[bytes, Origin], paths: Mapping[bytes, bytes]
) -> _Place:
    if (origin := origins.get(name)) is not None:
        return _Place(relative(repository, origin.path), origin.commit.decode("ascii"), origin.authored)
    if (path := paths.get(name)) is not None:
        return _Place(relative(repository, path))
    return _Place(f"git object {name.decode('ascii')}")


def relative(repository: Repository, path: bytes) -> str:
    """A path from the top of the repository, as seen from the scanned folder."""
    text = path.decode("utf-8", "surrogateescape")
    return posixpath.relpath(text, repository.prefix) if repository.prefix else text


def _message(name: str, kind: str, data: bytes) -> Iterator[Document]:
    """A commit or tag: its message, of which lines are counted, and what git keeps above it."""
    head, _, message = data.partition(b"\n\n")
    commit = name
    if kind == "tag" and (tagged := _TAGGED.search(head)):
        commit = tagged.group(1).decode("ascii")
    authored = _signed(head)
    for path, text in ((f"{kind} message", message), (f"{kind} header", head)):
        for each in documents(Source.HISTORY, path, text, commit):
            yield replace(each, authored=authored, size=0, continues=True)


def _signed(head: bytes) -> str | None:
    """The date beside author or tagger, if it is one."""
    found = _SIGNED.search(head)
    if found is None:
        return None
    minutes = int(found.group(2)[-4:-2]) * 60 + int(found.group(2)[-2:])
    sign = -1 if found.group(2).startswith(b"-") else 1
    try:
        zone = timezone(sign * timedelta(minutes=minutes))
        return datetime.fromtimestamp(int(found.group(1)), zone).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None
