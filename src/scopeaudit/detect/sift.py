"""Which of very many documents hold anything at all, without keeping what.

Meant for a process that shall not hand out what it sees: the answer is a number of a document. Nothing
that detection would report may be missed, so what a path could speak for is taken as said; what holds
something is then detected again, with its path.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from scopeaudit.detect.engine import Ends, Engine
from scopeaudit.detect.inspection import Inspector
from scopeaudit.detect.plan import Plan
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document


class Sieve:
    """Looks through blocks of documents. One thread at a time."""

    def __init__(self, chosen: Plan, engine: Engine) -> None:
        self._engine = engine
        self._inspector = Inspector(chosen, engine)

    def holding(
        self, data: bytes, starts: Sequence[int], ends: Sequence[int], document: Document
    ) -> list[int]:
        """The numbers of the parts of `data` that hold anything, ascending.

        Parts are given by where they start, ascending, and end. `document` describes all of them.
        """
        found: dict[int, Ends] = {}
        for number, offsets in self._engine.ends(data).items():
            for offset in offsets:
                index = bisect_right(starts, offset - 1) - 1
                if index >= 0 and offset <= ends[index]:
                    found.setdefault(index, {}).setdefault(number, []).append(offset - starts[index])
        return [
            index
            for index, hits in sorted(found.items())
            if self._holds(replace(document, data=data[starts[index] : ends[index]]), hits)
        ]

    def holds(self, document: Document) -> bool:
        """Whether one document holds anything."""
        hits = self._engine.ends(View(document).data)
        return bool(hits) and self._holds(document, hits)

    def _holds(self, document: Document, hits: Ends) -> bool:
        return self._inspector.inspect(View(document), hits).holds
