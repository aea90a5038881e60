"""What is remembered of a repository between runs, so that a pack is read once.

Kept for each user and repository: the state of every file of its packs and, of the objects that were read
from them, the ids of those that hold anything, with the commit that brought each in. No path, no
text and no secret is kept.

Most of those hold nothing once their path is known: a test, a manual. They are read once more with it, and
then remembered as such, for as long as the same commit brings them in, which settles the path too.

Ids are believed as little as the rest of a scanned folder. A remembered pack counts as read only
while all files are unchanged that were there with it, by device, inode, size and both times, of which
nobody sets the last. Git touches a pack when it meets an object again that is in it, so where a time
alone has changed the content is compared; the order in which git prefers the packs, newest first, must be
what it was. Thus an object that was forged in one pack hides nothing when another pack, or none, begins
to speak for its id. Objects in files of their own are read every time. Nothing is remembered in a
directory that lies in the scanned folder.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from scopeaudit import __version__
from scopeaudit.catalogue.cache import read_entry, write_entry
from scopeaudit.catalogue.rules import Rules
from scopeaudit.reach.history import Repository
from scopeaudit.reach.packs import Stores, digest, freshest_first, is_same_file
from scopeaudit.reach.pipes import open_without_waiting

_FORM = "2"


class _Entry(msgspec.Struct):
    rules: str
    packs: list[tuple[str, str]]
    rest: list[str]
    objects: int
    size: int
    found: bytes
    tips: bytes
    commits: bytes
    place: str
    nothing: bytes


@dataclass(frozen=True, slots=True)
class Remembered:
    """What earlier runs found."""

    packs: frozenset[str] = frozenset()
    """Files of packs that were read whole; all of them are still there, unchanged."""
    objects: int = 0
    """How many objects they hold, trees left out."""
    size: int = 0
    """How long those are in all."""
    found: tuple[bytes, ...] = ()
    """Objects in them that hold something."""
    tips: bytes = b""
    """Where refs pointed when the commits were worked out, a line each, sorted."""
    commits: Mapping[bytes, bytes] = field(default_factory=dict)
    """The commit that brought an object in, earlier ones first; empty where none did."""
    nothing: frozenset[bytes] | None = frozenset()
    """Of those found the ones that hold nothing at the path at which that commit has them.

    `None` if that was worked out for other paths.
    """


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one repository."""

    directory: Path
    name: str
    rules: str
    place: str
    """Digest of what decides on a path beside objects: the scanned folder, and what changes parents."""

    @classmethod
    def of(cls, directory: Path, repository: Repository, rules: Rules, scanned: Path) -> "Memory | None":
        """Where it would be kept; `None` if that is in the scanned folder."""
        common = repository.common
        place = directory.resolve()
        if place.is_relative_to(scanned.resolve()) or place.is_relative_to(common.resolve()):
            return None
        name = hashlib.blake2b(bytes(common.resolve()), digest_size=16).hexdigest()
        digest = hashlib.blake2b(f"{_FORM}\0{__version__}\0{rules.digest}".encode(), digest_size=16)
        parts = (repository.prefix.encode("utf-8", "surrogateescape"), *_parents_of(common))
        seen_from = hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
        return cls(directory / "history", f"{name}.msgpack", digest.hexdigest(), seen_from)

    def recall(self, stores: Stores) -> Remembered:
        """What counts while the stores are as they are."""
        content = read_entry(self.directory, self.name)
        if content is None:
            return Remembered()
        try:
            entry = msgspec.msgpack.decode(content, type=_Entry)
        except msgspec.DecodeError:
            return Remembered()
        if entry.rules != self.rules or entry.rest != list(stores.rest):
            return Remembered()
        present = _unchanged(entry.packs, stores.packs)
        if present is None:
            return Remembered()
        pairs = (line.split(b" ") for line in entry.commits.splitlines())
        return Remembered(
            frozenset(present),
            entry.objects,
            entry.size,
            tuple(entry.found.splitlines()),
            entry.tips,
            {pair[0]: pair[1] for pair in pairs if len(pair) == 2},
            frozenset(entry.nothing.splitlines()) if entry.place == self.place else None,
        )

    def keep(self, stores: Stores, remembered: Remembered) -> None:
        """Remember it in place of what was."""
        entry = _Entry(
            self.rules,
            [(each, digest(each)) for each in sorted(remembered.packs)],
            list(stores.rest),
            remembered.objects,
            remembered.size,
            b"\n".join(sorted(remembered.found)),
            remembered.tips,
            b"\n".join(b"%s %s" % pair for pair in remembered.commits.items()),
            self.place,
            b"\n".join(sorted(remembered.nothing or ())),
        )
        write_entry(self.directory, self.name, msgspec.msgpack.encode(entry))


def _parents_of(common: Path) -> Iterator[bytes]:
    """Digests of the files that give commits other parents than they name."""
    for name in ("shallow", "info/grafts"):
        try:
            with open(common / name, "rb", opener=open_without_waiting) as opened:
                content = opened.read()
        except OSError:
            content = b""
        yield hashlib.blake2b(content, digest_size=16).digest()


def _unchanged(remembered: Sequence[tuple[str, str]], present: Sequence[str]) -> list[str] | None:
    """The files as they are now, if all of them are what they were; `None` otherwise."""
    now = {each.partition("\0")[0]: each for each in present}
    found = []
    for state, content in remembered:
        other = now.get(state.partition("\0")[0])
        if other is None or not is_same_file(state, other):
            return None
        if other != state and digest(other) != content:
            return None
        found.append(other)
    before = freshest_first([state for state, _ in remembered])
    return found if before == freshest_first(found) else None
