"""Which of very many documents hold anything at all, without keeping what.

Meant for a process that shall not hand out what it sees: the answer is a number of a document. Nothing
that detection would report may be missed, so what a path could speak for is taken as said; what holds
something is then detected again, with its path.
"""

from collections.abc import Sequence
from dataclasses import replace

from scopeaudit.detect.engine import Ends, Engine
from scopeaudit.detect.inspection import Inspector
from scopeaudit.detect.keywords import drawn_ends
from scopeaudit.detect.plan import Plan, extras
from scopeaudit.detect.settled import Place, Settled
from scopeaudit.detect.view import View
from scopeaudit.model.document import ANY_PATH, Document

_OF_PATHS = frozenset(("crypt", "pgpass"))
"""Forms that count in files of some names alone."""


class Sieve:
    """Looks through blocks of documents. One thread at a time."""

    def __init__(self, chosen: Plan, engine: Engine) -> None:
        self._plan = chosen
        self._engine = engine
        self._inspector = Inspector(chosen, engine)
        self._settled = Settled(chosen)
        numbered = enumerate(extras(), start=len(chosen.probes))
        self._comments = frozenset(number for number, (room, _, _) in numbered if room == "remark")
        numbered = enumerate(extras(), start=len(chosen.probes))
        self._of_paths = frozenset(number for number, (_, name, _) in numbered if name in _OF_PATHS)
        self._first_chunk = len(chosen.probes) + len(extras())

    def holding(
        self, data: bytes, starts: Sequence[int], ends: Sequence[int], document: Document
    ) -> list[int]:
        """The numbers of the parts of `data` that hold anything, ascending.

        Parts are given by where they start, ascending, and end. `document` describes all of them.
        """
        return [
            index
            for index, hits in self._engine.ends_in_parts(data, starts, ends)
            if self._holds(View(replace(document, data=data[starts[index] : ends[index]])), hits)
        ]

    def holds(self, document: Document) -> bool:
        """Whether one document holds anything."""
        view = View(document)
        hits = self._engine.ends(view.data)
        return bool(hits) and self._holds(view, hits)

    def speaks(self, document: Document) -> bool:
        """Whether detection does anything with a document of a commit, whose path is known.

        That is if it holds something, an ignore comment or a line worth a second opinion: nothing else of
        what a commit brought in is kept for what is found in other files.
        """
        view = View(document)
        hits = self._engine.ends(view.data)
        if not hits:
            return False
        if self._plan.split(hits).suspicious or self._holds(view, hits):
            return True
        return bool(self._inspector.inspect(view, self._remarks(hits)).remarks)

    def _remarks(self, hits: Ends) -> Ends:
        return {number: found for number, found in hits.items() if number in self._comments}

    def _holds(self, view: View, hits: Ends) -> bool:
        """Whether there is anything where the pass reported something; what is settled is not looked at."""
        if view.document.path == ANY_PATH and not self._of_paths.isdisjoint(hits):
            return True
        near, rest = self._settled.split(view, hits)
        answers = [(place, self._settled.answer(place)) for place in near]
        if any(answer for _, answer in answers):
            return True
        new = [place for place, answer in answers if answer is None]
        first = len(self._plan.probes)
        names = [place for place in new if place.number < first]
        values = [place for place in new if place.number >= first]
        for places in (values, names):
            nothing = self._come_to_nothing(view, places)
            if not nothing and any(self._look(view, place) for place in places):
                return True
        rest = self._drawn(view, rest)
        return bool(rest) and self._inspector.inspect(view, rest).holds

    def _come_to_nothing(self, view: View, places: list[Place]) -> bool:
        """Whether places hold nothing, and that is settled: looked at together, which takes less time."""
        ends: Ends = {}
        for place in places:
            ends.setdefault(place.number, []).append(place.end)
        if not ends:
            return True
        fresh = View(view.document)
        if self._inspector.inspect(fresh, ends).holds or fresh.places_read:
            return False
        for place in places:
            self._settled.keep(place, holds=False)
        return True

    def _look(self, view: View, place: Place) -> bool:
        fresh = View(view.document)
        holds = self._inspector.inspect(fresh, {place.number: [place.end]}).holds
        if not fresh.places_read:
            self._settled.keep(place, holds=holds)
        return holds

    def _drawn(self, view: View, hits: Ends) -> Ends:
        """The same without keywords behind which nothing random begins, and what holds nothing by itself."""
        found: Ends = {}
        for number, ends in hits.items():
            if number >= self._first_chunk:
                chunk = self._plan.index.chunks[number - self._first_chunk]
                if kept := drawn_ends(chunk, view.data, ends):
                    found[number] = kept
            elif number not in self._comments:
                found[number] = ends
        return found
