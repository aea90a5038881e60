"""The objects a repository holds, listed in the order in which they lie in its packs.

All of them are listed: what a branch, a tag, a reflog or the stash leads to, and what nothing leads
to any more. An agent can read that as well.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scopeaudit.reach.git import Git, GitError
from scopeaudit.reach.pipes import open_without_waiting

SHARE_BYTES = 64 << 20
_SHARE_OBJECTS = 20_000
_FORMAT = "%(objecttype) %(objectname) %(objectsize)"
_READ = (b"blob", b"commit", b"tag")
"""Trees hold names alone."""
_INDEX_BYTES = 1 << 20
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Share:
    """Objects to be read in one go."""

    listed: bytes
    """Their ids, a line each: many shares may wait, and one text takes half the memory of a list."""
    number: int
    size: int
    """Their bytes in all."""

    @property
    def ids(self) -> list[bytes]:
        """The ids."""
        return self.listed.split(b"\n")


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a repository keeps its objects, and in which state that is."""

    directories: tuple[Path, ...]
    """Object directories, those of others that it borrows from included."""
    packs: tuple[str, ...]
    """A text for each file of a pack, with what changes when it does: device, inode, size and times."""
    rest: tuple[str, ...]
    """The same of files that decide which pack an object is read from."""
    partial: bool = False
    """Whether git has fetched only a part of the objects, and would fetch more when asked."""


def stores(git: Git, objects: Path) -> Stores:
    """The stores of the repository whose own object directory is `objects`.

    Raises:
        GitError: if git cannot tell, or a directory cannot be listed.
    """
    directories = [objects]
    for line in git.output("count-objects", "-v").split(b"\n"):
        name, _, value = line.partition(b": ")
        if name == b"alternate":
            if value.startswith(b'"'):
                raise GitError("an object directory has an unusual name")
            directories.append(Path(os.fsdecode(value)))
    packs: list[str] = []
    rest: list[str] = []
    partial = False
    for directory in directories:
        for file in _listed(directory / "pack"):
            if file.suffix in (".pack", ".idx"):
                packs.append(_state(file))
            elif file.name.startswith("multi-pack-index"):
                rest.append(_state(file))
            partial = partial or file.suffix == ".promisor"
        rest.extend(_state(directory / "info" / name) for name in ("alternates",))
    return Stores(tuple(directories), tuple(sorted(packs)), tuple(sorted(rest)), partial)


def is_same_file(one: str, other: str) -> bool:
    """Whether two entries of `Stores.packs` are of one file of one size, touched or not."""
    return one.rsplit(".", 2)[0] == other.rsplit(".", 2)[0]


def freshest_first(states: Iterable[str]) -> list[str]:
    """The packs among entries of `Stores.packs`, in the order in which git looks into them."""
    named = [each.partition("\0") for each in states]
    packs = [(-int(numbers.split(".")[3]), name) for name, _, numbers in named if name.endswith(".pack")]
    return [name for _, name in sorted(packs)]


def digest(state: str) -> str:
    """Digest of the content of a pack's file, given by its entry in `Stores.packs`."""
    found = hashlib.blake2b(digest_size=20)
    for part in _content(Path(state.partition("\0")[0])):
        found.update(part)
    return found.hexdigest()


def _listed(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GitError(f"could not be listed: {error.strerror}") from error


def _state(file: Path) -> str:
    try:
        status = file.stat()
    except OSError:
        return f"{file}\0none"
    numbers = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return f"{file}\0{'.'.join(map(str, numbers))}"


def every_object(git: Git) -> Iterator[Share]:
    """Everything in all stores.

    Raises:
        GitError: if git fails.
    """
    arguments = ("cat-file", "--batch-all-objects", "--unordered", "--buffer", f"--batch-check={_FORMAT}")
    with git.stream(*arguments) as stream:
        yield from _shares(stream.lines())
        stream.close()


def objects(git: Git, ids: Iterable[bytes]) -> Iterator[Share]:
    """The given ones without trees; those that git cannot tell the kind of are among them.

    Raises:
        GitError: if git fails.
    """
    feed = (each + b"\n" for each in ids)
    with git.stream("cat-file", "--batch-check=" + _FORMAT, "--buffer", feed=_joined(feed)) as stream:
        yield from _shares(stream.lines())
        stream.close()


def ids_in_packs(git: Git, states: Iterable[str]) -> Iterator[bytes]:
    """The ids in packs, given by their entries in `Stores.packs`, in the order in which they lie there.

    Raises:
        GitError: if an index cannot be read.
    """
    seen = set()
    for each in states:
        index = Path(each.partition("\0")[0]).with_suffix(".idx")
        if index in seen:
            continue
        seen.add(index)
        listed: list[tuple[int, bytes]] = []
        with git.stream("show-index", feed=_content(index)) as stream:
            for lines in stream.lines():
                for line in lines:
                    offset, name = line.split(b" ", 2)[:2]
                    listed.append((int(offset), name))
            stream.close()
        listed.sort()
        yield from (name for _, name in listed)


def loose_ids(directories: Sequence[Path]) -> Iterator[bytes]:
    """The ids of objects that lie in files of their own.

    Raises:
        GitError: if a directory cannot be listed.
    """
    for directory in directories:
        for folder in _listed(directory):
            if len(folder.name) == 2 and _HEX.issuperset(folder.name):
                for file in _listed(folder) if _is_directory(folder) else ():
                    if len(file.name) in (38, 62) and _HEX.issuperset(file.name):
                        yield (folder.name + file.name).encode("ascii")


def _is_directory(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def _content(file: Path) -> Iterator[bytes]:
    try:
        with open(file, "rb", opener=open_without_waiting) as opened:
            while part := opened.read(_INDEX_BYTES):
                yield part
    except OSError:
        return


def _joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for each in parts:
        held.append(each)
        if len(held) == _SHARE_OBJECTS:
            yield b"".join(held)
            held = []
    yield b"".join(held)


def _shares(blocks: Iterable[list[bytes]]) -> Iterator[Share]:
    ids: list[bytes] = []
    total = 0
    for lines in blocks:
        for line in lines:
            if line.startswith(b"tree"):
                continue
            if line.endswith(b" missing"):
                ids.append(line.partition(b" ")[0])
                continue
            kind, _, rest = line.partition(b" ")
            if kind not in _READ:
                continue
            name, _, size = rest.partition(b" ")
            ids.append(name)
            total += int(size)
            if total >= SHARE_BYTES or len(ids) >= _SHARE_OBJECTS:
                yield Share(b"\n".join(ids), len(ids), total)
                ids, total = [], 0
    if ids:
        yield Share(b"\n".join(ids), len(ids), total)
