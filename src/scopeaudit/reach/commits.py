"""Which commit brought an object in, under which path and when.

One walk over the history from its beginning names every object once, with the first commit that holds
it: a commit comes after all its ancestors, and among those that are not related the older one first.
What no ref and no reflog leads to is walked only if something of it is asked for.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from scopeaudit.reach.git import Git, GitError

EVERYTHING = ("--all", "--reflog")
"""All refs, those of other working trees too, and what their logs remember, the stash among it."""
_WALK = ("rev-list", "--objects", "--in-commit-order", "--reverse", "--date-order")
_SPARED = ("--missing=allow-any", "--ignore-missing")
"""A ref or an object that leads nowhere takes nothing else with it."""
_BLOCK_BYTES = 1 << 20
_BLOCKS_HELD = 64
_DIFF = (
    *("diff-tree", "--stdin", "-r", "-z", "-m", "--root", "--raw", "--no-abbrev", "--always", "--full-index"),
    *("--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--diff-filter=AMT"),
    "--format=%H %aI",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """How an object came into the history."""

    order: int
    """Earlier ones first, from 0."""
    commit: bytes
    path: bytes
    """As the commit has it, from the top of the repository."""
    authored: str
    """ISO 8601 with zone."""


class Walk:
    """The walk, in the background from the start, so that it costs no time while something else is read.

    It reads ahead no more than some megabytes until it is asked.
    """

    def __init__(self, git: Git, revisions: tuple[str, ...] = EVERYTHING, feed: Iterable[bytes] = ()) -> None:
        """With `--stdin` among the revisions, more of them come from `feed`, one a line."""
        self._git = git
        self._command = (*_WALK, *_SPARED, *revisions)
        self._feed = feed
        self._blocks: queue.Queue[bytes | GitError] = queue.Queue(_BLOCKS_HELD)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Walk":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True
        while self._thread.is_alive():
            with suppress(queue.Empty):
                self._blocks.get(timeout=0.05)

    def introductions(self, wanted: Iterable[bytes]) -> dict[bytes, bytes]:
        """Of each wanted object that the walk meets the first commit, in the order of the walk. Ask once.

        Raises:
            GitError: if git fails.
        """
        left = set(wanted)
        found: dict[bytes, bytes] = {}
        commit = b""
        rest = b""
        while left and (block := self._next()):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for line in lines:
                name, space, _ = line.partition(b" ")
                if not space:
                    commit = name
                elif name in left:
                    left.remove(name)
                    found[name] = commit
        return found

    def _next(self) -> bytes:
        block = self._blocks.get()
        if isinstance(block, GitError):
            raise block
        return block

    def _run(self) -> None:
        end: bytes | GitError = b""
        try:
            with self._git.stream(*self._command, feed=self._feed) as stream:
                while not self._stopped and (block := stream.read(_BLOCK_BYTES)):
                    self._put(block)
                if not self._stopped:
                    stream.close()
        except GitError as error:
            end = error
        self._put(end)

    def _put(self, block: bytes | GitError) -> None:
        while not self._stopped:
            with suppress(queue.Full):
                self._blocks.put(block, timeout=0.1)
                return


def every_commit(git: Git) -> Iterator[bytes]:
    """The ids of all commits in the stores, whether something leads to them or not.

    Raises:
        GitError: if git fails.
    """
    arguments = ("cat-file", "--batch-all-objects", "--unordered", "--buffer")
    with git.stream(*arguments, "--batch-check=%(objecttype) %(objectname)") as stream:
        for lines in stream.lines():
            yield from (line[7:] for line in lines if line.startswith(b"commit "))
        stream.close()


def unreachable_introductions(git: Git, wanted: set[bytes]) -> dict[bytes, bytes]:
    """The first commit of each object among the commits that no ref and no reflog leads to.

    Raises:
        GitError: if git fails.
    """
    feed = (commit + b"\n" for commit in every_commit(git))
    with Walk(git, ("--stdin", "--not", *EVERYTHING), feed) as walk:
        return walk.introductions(wanted)


def objects_between(git: Git, revisions: tuple[str, ...]) -> Iterator[bytes]:
    """The ids of commits in a range and of what they bring in, trees included.

    Raises:
        GitError: if git fails.
    """
    arguments = ("rev-list", "--objects", "--no-object-names", *_SPARED, *revisions)
    with git.stream(*arguments) as stream:
        for lines in stream.lines():
            yield from lines
        stream.close()


def origins(git: Git, introductions: Mapping[bytes, bytes]) -> dict[bytes, Origin]:
    """Path and date of each object, given the commit that brought it in.

    An object that its commit does not bring in is left out.

    Raises:
        GitError: if git fails.
    """
    commits = list(dict.fromkeys(each for each in introductions.values() if each))
    order = {commit: number for number, commit in enumerate(commits)}
    found: dict[bytes, Origin] = {}
    for commit, authored, path, name in _changes(git, commits):
        if introductions.get(name) == commit and name not in found:
            found[name] = Origin(order[commit], commit, path, authored)
    return found


def _changes(git: Git, commits: list[bytes]) -> Iterator[tuple[bytes, str, bytes, bytes]]:
    """What the commits add or change: commit, author date, path and object."""
    if not commits:
        return
    with git.stream(*_DIFF, feed=(commit + b"\n" for commit in commits)) as stream:
        commit, authored = b"", ""
        described: bytes | None = None
        for part in _parts(stream.read, b"\0"):
            if described is not None:
                yield commit, authored, part, described.split(b" ")[3]
                described = None
                continue
            text = part.strip(b"\n")
            if text.startswith(b":"):
                described = text
            elif text:
                commit, _, date = text.partition(b" ")
                authored = date.decode("ascii", "replace")
        stream.close()


def _parts(read: Callable[[int], bytes], separator: bytes) -> Iterator[bytes]:
    rest = b""
    while block := read(_BLOCK_BYTES):
        parts = (rest + block).split(separator)
        rest = parts.pop()
        yield from parts
    if rest:
        yield rest


def in_the_index(git: Git, wanted: set[bytes]) -> dict[bytes, bytes]:
    """The paths under which the index holds some of the objects.

    Raises:
        GitError: if git fails.
    """
    found: dict[bytes, bytes] = {}
    with git.stream("ls-files", "--stage", "-z", "--full-name", ":/") as stream:
        for entry in _parts(stream.read, b"\0"):
            described, _, path = entry.partition(b"\t")
            fields = described.split(b" ")
            if len(fields) == 3 and fields[1] in wanted:
                found.setdefault(fields[1], path)
        stream.close()
    return found


def in_the_tree(git: Git, wanted: set[bytes]) -> set[bytes]:
    """Which of the objects the last commit's tree holds, at any path; none where there is no commit yet.

    Raises:
        GitError: if git fails.
    """
    try:
        git.output("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{tree}")
    except GitError:
        return set()
    found = set()
    with git.stream("ls-tree", "-r", "-z", "--full-tree", "HEAD") as stream:
        for entry in _parts(stream.read, b"\0"):
            name = entry.partition(b"\t")[0].rpartition(b" ")[2]
            if name in wanted:
                found.add(name)
        stream.close()
    return found


def tips(git: Git) -> bytes:
    """What all refs and the checked out commit point to: ids, a line each, sorted.

    Raises:
        GitError: if git fails.
    """
    found = set(git.output("for-each-ref", "--format=%(objectname)").split())
    try:
        found.add(git.output("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD").strip())
    except GitError:
        pass
    return b"\n".join(sorted(found))
