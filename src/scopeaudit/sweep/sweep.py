"""The history of a repository as documents: only those objects in which there is anything to detect.

First every object is sifted, by worker processes where there is much; what they hand back is ids. Then
the few that hold anything are given their commit, path and date, and are read again as documents
like those of any other source.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.progress import Progress
from scopeaudit.reach import commits, packs
from scopeaudit.reach.git import GitError
from scopeaudit.reach.history import (
    HISTORY,
    Range,
    Repository,
    commit_range,
    directory_documents,
    found_documents,
    open_repository,
    relative,
    unreadable_gaps,
)
from scopeaudit.sweep.filtering import Filter, Sifted
from scopeaudit.sweep.memory import Memory, Remembered
from scopeaudit.sweep.tally import Tally

if TYPE_CHECKING:
    from scopeaudit.sweep.crew import Crew

_WORKERS_LIMIT = 4
_JUDGED_TOGETHER = 256
"""Objects that are judged in one go."""
_JUDGED_HERE = 4
"""From so many goes on it is worth starting workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """What of a history is read, and how."""

    since: str | None = None
    """Only the commits after this one, or those of `A..B`."""
    memory_in: Path | None = None
    """The user's cache directory; without one nothing is remembered."""
    workers: int | None = None
    """Processes beside this one where there is much to read; one a processor, at most 4, where missing."""
    progress: Progress | None = None
    tally: Tally = field(default_factory=Tally)
    """Is told how much was read."""


def sweep(root: Path, rules: Rules, options: SweepOptions) -> Iterator[Document | Gap]:
    """What the history of the repository around `root` holds, and gaps for what could not be read.

    Raises:
        UsageError: if the range names no commits.
    """
    repository = open_repository(root)
    if not isinstance(repository, Repository):
        if options.since is not None:
            why = repository.why if repository else "is there none"
            raise UsageError(f"--since {options.since}: needs a git repository that can be read: {why}")
        yield from () if repository is None else (repository,)
        return
    chosen = None if options.since is None else commit_range(repository, options.since)
    yield from repository.gaps
    if chosen is None:
        yield from directory_documents(repository)
    try:
        yield from _Sweep(repository, rules, options, chosen).documents(root)
    except GitError as error:
        yield Gap(Stage.REACH, HISTORY, f"could not be read to its end: {error}")


@dataclass(slots=True)
class _Sweep:
    repository: Repository
    rules: Rules
    options: SweepOptions
    range: Range | None
    found: set[bytes] = field(default_factory=set)
    nothing: set[bytes] = field(default_factory=set)
    """Of those the ones that hold nothing at their paths."""
    unreadable: list[bytes] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    lost: int = 0
    """Objects of workers that ended."""
    number: int = 0
    """Objects that were sifted."""
    size: int = 0
    """Their bytes."""
    working: "Crew | None" = None
    """The workers, once there are any."""
    announced: bool = False
    """Whether the progress was told how much there is in all."""

    def documents(self, root: Path) -> Iterator[Document | Gap]:
        git = self.repository.git
        stores = packs.stores(git, self.repository.common / "objects")
        if stores.partial:
            why = "is a partial clone; objects that were never fetched were not read"
            yield Gap(Stage.REACH, HISTORY, why)
        memory = None
        if self.options.memory_in is not None:
            memory = Memory.of(self.options.memory_in, self.repository, self.rules, root)
        known = memory.recall(stores) if memory is not None else Remembered()
        if self.range is None:
            self.found = set(known.found)
            self.options.tally.add(known.objects, known.size)
        with ExitStack() as stack:
            walk = self._sift(stack, self._shares(stores, known), known)
            introductions = self._introductions(known, walk)
            if memory is not None and self.range is None:
                self._judge(stack, known, introductions)
        complete = not self.gaps and not self.lost and not self.unreadable
        if memory is not None and self.range is None and complete:
            self._keep(memory, stores, known, introductions)
        yield from self.gaps
        yield from unreadable_gaps(self.unreadable)
        if self.lost:
            yield Gap(Stage.REACH, HISTORY, f"{self.lost} objects were not read: a worker process ended")
        self.found -= self.nothing
        yield from self._read({name: introductions[name] for name in introductions if name in self.found})

    def _keep(
        self, memory: Memory, stores: packs.Stores, known: Remembered, introductions: dict[bytes, bytes]
    ) -> None:
        git = self.repository.git
        loose = list(packs.objects(git, packs.loose_ids(stores.directories)))
        alone = {name for each in loose for name in each.ids}
        remembered = Remembered(
            packs=frozenset(stores.packs),
            objects=self.options.tally.objects - sum(each.number for each in loose),
            size=self.options.tally.size - sum(each.size for each in loose),
            found=tuple(sorted(self.found - alone)),
            tips=commits.tips(git),
            commits=introductions,
            nothing=frozenset(self.nothing - alone),
        )
        if remembered != known and packs.stores(git, self.repository.common / "objects") == stores:
            memory.keep(stores, remembered)

    def _shares(self, stores: packs.Stores, known: Remembered) -> Iterator[packs.Share]:
        git = self.repository.git
        if self.range is not None:
            return packs.objects(git, commits.objects_between(git, self.range.revisions))
        if not known.packs:
            return self._everything(stores)
        new = [each for each in stores.packs if each not in known.packs]
        loose = packs.loose_ids(stores.directories)
        return packs.objects(git, chain(packs.ids_in_packs(git, new), loose))

    def _everything(self, stores: packs.Stores) -> Iterator[packs.Share]:
        """All that git lists; where a pack keeps it from listing any, what the indexes name."""
        git = self.repository.git
        try:
            yield from packs.every_object(git)
        except GitError:
            named = packs.ids_in_packs(git, stores.packs)
            yield from packs.objects(git, chain(named, packs.loose_ids(stores.directories)))

    def _sift(
        self, stack: ExitStack, shares: Iterator[packs.Share], known: Remembered
    ) -> "commits.Walk | None":
        """Sift everything; a walk that has begun meanwhile, if there was time for one."""
        first = list(islice(shares, 2))
        if len(first) < 2:
            self._sift_here(first)
            return None
        from scopeaudit.sweep.listing import Listing

        walk: commits.Walk | None = None
        self.working = stack.enter_context(self._crew())
        with Listing(chain(first, shares)) as listing:
            for done in self.working.sift(listing):
                self._told(done.share, listing.total)
                if done.sifted is None:
                    self.lost += done.share.number
                    continue
                self.unreadable.extend(done.sifted.unreadable)
                self.found.update(done.sifted.found)
                if walk is None and not known.commits and done.sifted.found:
                    walk = stack.enter_context(self._walk())
        return walk

    def _crew(self) -> "AbstractContextManager[Crew]":
        from scopeaudit.sweep.crew import crew

        workers = self.options.workers or min(_WORKERS_LIMIT, os.cpu_count() or 1)
        return crew(self.repository, workers)

    def _judge(self, stack: ExitStack, known: Remembered, introductions: dict[bytes, bytes]) -> None:
        """Read what was found in files once more, with its path, and note what holds nothing then.

        What an earlier run has judged is not read again where the same commit brings it in: detection does
        nothing with it. Whatever cannot be judged stays found.
        """
        same = {
            name for name, commit in introductions.items() if commit and known.commits.get(name) == commit
        }
        judged = same if known.nothing is not None else set()
        self.nothing = judged & (known.nothing or frozenset())
        try:
            origins = commits.origins(
                self.repository.git,
                {name: introductions[name] for name in introductions if name not in judged},
            )
        except GitError:
            return
        ordered = sorted(origins, key=lambda name: (origins[name].path, origins[name].order))
        asked = [
            {
                name: relative(self.repository, origins[name].path)
                for name in ordered[at : at + _JUDGED_TOGETHER]
            }
            for at in range(0, len(ordered), _JUDGED_TOGETHER)
        ]
        for names, sifted in self._judged(stack, asked):
            self.nothing.update(names.difference(sifted.found, sifted.unreadable))

    def _judged(
        self, stack: ExitStack, asked: Sequence[Mapping[bytes, str]]
    ) -> Iterator[tuple[set[bytes], Sifted]]:
        """The ids that were asked about, and what is known of them, by workers where there is much."""
        if len(asked) < _JUDGED_HERE and self.working is None:
            for places in asked:
                yield set(places), Filter.from_rules(self.repository.git, self.rules).judge(places)
            return
        from scopeaudit.sweep.worker import with_paths

        working = self.working or stack.enter_context(self._crew())
        for done in working.sift(packs.Share(with_paths(places), len(places), 0) for places in asked):
            if done.sifted is not None:
                yield {line.partition(b" ")[0] for line in done.share.ids}, done.sifted

    def _sift_here(self, shares: Sequence[packs.Share]) -> None:
        total = (sum(each.number for each in shares), sum(each.size for each in shares))
        for share in shares:
            sifted = Filter.from_rules(self.repository.git, self.rules).sift(share.ids)
            self._told(share, total)
            self.unreadable.extend(sifted.unreadable)
            self.found.update(sifted.found)

    def _told(self, share: packs.Share, total: tuple[int, int] | None) -> None:
        """Count what was sifted; once the total is known, tell how much of it was left before this."""
        self.options.tally.add(share.number, share.size)
        progress = self.options.progress
        if progress is None:
            return
        if total is not None and not self.announced:
            self.announced = True
            progress.total(total[0] - self.number, total[1] - self.size)
        self.number += share.number
        self.size += share.size
        progress.advance(share.number, share.size, "history")

    def _walk(self) -> "commits.Walk":
        revisions = self.range.revisions if self.range else commits.EVERYTHING
        return commits.Walk(self.repository.git, revisions)

    def _introductions(self, known: Remembered, walk: "commits.Walk | None") -> dict[bytes, bytes]:
        """The commit that brought in each object that was found, as far as there is one."""
        introductions: dict[bytes, bytes] = {}
        try:
            for more in self._introduced(known, walk) if self.found else ():
                introductions |= more
        except GitError as error:
            why = f"the commits of some objects could not be worked out: {error}"
            self.gaps.append(Gap(Stage.REACH, HISTORY, why))
        return introductions | dict.fromkeys(self.found - introductions.keys(), b"")

    def _introduced(self, known: Remembered, walk: "commits.Walk | None") -> Iterator[dict[bytes, bytes]]:
        """The same, piece by piece: what is remembered, what is new, what refs lead to, and the rest."""
        git = self.repository.git
        unchanged = bool(known.commits) and known.tips == commits.tips(git)
        introductions = {
            each: commit
            for each, commit in known.commits.items()
            if each in self.found and (commit or unchanged)
        }
        yield introductions
        missing = self.found - introductions.keys()
        if missing and known.tips and walk is None:
            feed = (b"^" + tip + b"\n" for tip in known.tips.split(b"\n"))
            with commits.Walk(git, (*commits.EVERYTHING, "--stdin"), feed) as newer:
                yield (new := newer.introductions(missing))
            missing -= new.keys()
        if missing:
            with nullcontext(walk) if walk is not None else self._walk() as begun:
                yield (new := begun.introductions(missing))
            missing -= new.keys()
        if self.range is None and missing:
            yield commits.unreachable_introductions(git, missing)

    def _read(self, introductions: dict[bytes, bytes]) -> Iterator[Document | Gap]:
        if not self.found:
            return
        git = self.repository.git
        origins: dict[bytes, commits.Origin] = {}
        paths: dict[bytes, bytes] = {}
        current: set[bytes] = set()
        try:
            current = commits.in_the_tree(git, self.found)
            origins = commits.origins(git, introductions)
            if not self.repository.bare and (without := self.found - origins.keys()):
                paths = commits.in_the_index(git, without)
        except GitError as error:
            yield Gap(Stage.REACH, HISTORY, f"the paths of some objects could not be worked out: {error}")
        yield from found_documents(self.repository, sorted(self.found), origins, frozenset(current), paths)
