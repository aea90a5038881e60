"""One share of the objects, read and sifted: only the ids of those that hold anything are kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scopeaudit.catalogue.rules import Rules
from scopeaudit.detect.sift import Sieve
from scopeaudit.model.document import ANY_PATH, Document
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Source
from scopeaudit.reach.contents import Block, Contents, Large
from scopeaudit.reach.git import Git
from scopeaudit.reach.history import is_plain
from scopeaudit.reach.views import large_views, views
from scopeaudit.sweep.equipment import detection_engine, detection_plan


@dataclass(frozen=True, slots=True)
class Sifted:
    """What a share came to."""

    found: list[bytes] = field(default_factory=list)
    """Ids of the objects that hold anything."""
    unreadable: list[bytes] = field(default_factory=list)


class Filter:
    """Reads objects of one repository and tells which hold anything."""

    def __init__(self, git: Git, sieve: Sieve) -> None:
        self._git = git
        self._sieve = sieve

    @classmethod
    def from_rules(cls, git: Git, rules: Rules) -> "Filter":
        """A filter with an engine of its own."""
        chosen = detection_plan(rules)
        return cls(git, Sieve(chosen, detection_engine(chosen)))

    def sift(self, ids: Sequence[bytes]) -> Sifted:
        """Read these objects.

        Raises:
            GitError: if there is no git.
        """
        contents = Contents(self._git, cache="256m")
        result = Sifted(unreadable=contents.unreadable)
        for part in contents.read(ids):
            if isinstance(part, Block):
                numbers = self._sieve.holding(part.data, part.starts, part.ends, self._document(b""))
                numbers = sorted({*numbers, *self._others(part)})
                result.found.extend(part.ids[each] for each in numbers)
            elif self._holds_large(part):
                result.found.append(part.id)
        return result

    def judge(self, places: Mapping[bytes, str]) -> Sifted:
        """Read contents of files again, now that their paths are known; what holds nothing there is left out.

        Raises:
            GitError: if there is no git.
        """
        contents = Contents(self._git, cache="256m")
        result = Sifted(unreadable=contents.unreadable)
        for part in contents.read(list(places)):
            if isinstance(part, Block):
                for name, start, end in zip(part.ids, part.starts, part.ends, strict=True):
                    found = views(Source.HISTORY, places[name], part.data[start:end])
                    if any(isinstance(each, Gap) or self._sieve.speaks(each) for each in found):
                        result.found.append(name)
            elif self._speaks_large(part, places[part.id]):
                result.found.append(part.id)
        return result

    def _speaks_large(self, large: Large, path: str) -> bool:
        found = False
        for each in large_views(Source.HISTORY, path, large.chunks):
            found = found or isinstance(each, Gap) or self._sieve.speaks(each)
        return found

    def _others(self, block: Block) -> Iterator[int]:
        """Numbers of the objects that hold anything as text of another encoding, or as an archive."""
        for number, (start, end) in enumerate(zip(block.starts, block.ends, strict=True)):
            if not is_plain(block, number):
                found = views(Source.HISTORY, ANY_PATH, block.data[start:end])
                if any(isinstance(each, Gap) or self._sieve.holds(each) for each in found):
                    yield number

    def _holds_large(self, large: Large) -> bool:
        found = False
        for each in large_views(Source.HISTORY, ANY_PATH, large.chunks):
            found = found or isinstance(each, Gap) or self._sieve.holds(each)
        return found

    def _document(self, data: bytes) -> Document:
        return Document(Source.HISTORY, ANY_PATH, data)
