"""From documents to credentials: one pass over all bytes, a closer look at the few matches.

What the closer look takes is imported when there is something to look at: most runs of a hook find nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scopeaudit.detect.detection import Detection
from scopeaudit.detect.engine import DatabaseCache, Ends, Engine
from scopeaudit.detect.plan import Plan
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap

if TYPE_CHECKING:
    from scopeaudit.detect.heuristics import SecondOpinion
    from scopeaudit.detect.inspection import Inspector
    from scopeaudit.detect.outcome import Outcome

_BATCH_BYTES = 1 << 20
_BATCH_DOCUMENTS = 512
_NOTICED_BYTES = 8 << 20
"""What is kept of documents before anything was found."""
_BASELINE = ".secrets.baseline"


def build_engine(chosen: Plan, cache: DatabaseCache | None = None) -> Engine:
    """The one pass of a plan, from the cache if it holds it.

    Raises:
        PatternError: if a pattern is not of the grammar that both engines understand.
        hyperscan.HyperscanError: if the patterns are too large together.
    """
    return Engine(chosen.index.identity, chosen.scanned, cache)


def detect(
    documents: Iterable[Document | Gap],
    chosen: Plan,
    engine: Engine,
    opinion: "SecondOpinion | None" = None,
) -> Detection:
    """The credentials in the documents, which are taken one batch at a time.

    `chosen` is the plan the engine was built for. An `opinion` adds candidates of its own.
    """
    run = _Run(chosen, engine, opinion)
    for batch in _batches(documents, run):
        if len(batch) == 1:
            run.take(batch[0], engine.ends(batch[0].data))
            continue
        for index, ends in engine.ends_in_many([view.data for view in batch]):
            run.take(batch[index], ends)
    return run.result()


def _batches(documents: Iterable[Document | Gap], run: "_Run") -> Iterator[list[View]]:
    """Small documents together, large ones alone; gaps and counts go to the run."""
    held: list[View] = []
    total = 0
    for each in documents:
        if isinstance(each, Gap):
            run.gaps.add(each)
            continue
        run.count(each)
        view = View(each)
        run.notice(view)
        if len(view.data) >= _BATCH_BYTES:
            yield [view]
            continue
        held.append(view)
        total += len(view.data)
        if total >= _BATCH_BYTES or len(held) >= _BATCH_DOCUMENTS:
            yield held
            held, total = [], 0
    if held:
        yield held


@dataclass(slots=True)
class _Run:
    """What was read, and what came of it once anything did."""

    chosen: Plan
    engine: Engine
    opinion: "SecondOpinion | None"
    gaps: set[Gap] = field(default_factory=set)
    files: int = 0
    bytes: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    _inspector: "Inspector | None" = None
    _outcome: "Outcome | None" = None
    _noticed: list[View] = field(default_factory=list)
    _noticed_bytes: int = 0

    def count(self, document: Document) -> None:
        self.bytes += document.size
        if not document.continues:
            self.files += 1
            source = document.source.value
            self.sources[source] = self.sources.get(source, 0) + 1

    def notice(self, view: View) -> None:
        """Keep what may be needed of a document in which nothing was seen."""
        if self._outcome is not None:
            self._outcome.notice(view)
            return
        self._noticed.append(view)
        self._noticed_bytes += len(view.data)
        if self._noticed_bytes > _NOTICED_BYTES or view.document.path.endswith(_BASELINE):
            self.outcome()

    def take(self, view: View, ends: Ends) -> None:
        if self._inspector is None:
            from scopeaudit.detect.inspection import Inspector

            self._inspector = Inspector(self.chosen, self.engine)
        found = self._inspector.inspect(view, ends)
        if found.holds or found.remarks or (self.opinion is not None and found.suspicious):
            self.outcome().take(found)

    def outcome(self) -> "Outcome":
        """What came of it, from the first time something did."""
        if self._outcome is None:
            from scopeaudit.detect.outcome import Outcome

            self._outcome = Outcome(self.opinion)
            for view in self._noticed:
                self._outcome.notice(view)
            self._noticed.clear()
        return self._outcome

    def result(self) -> Detection:
        found = Detection() if self._outcome is None else self._outcome.result()
        return replace(
            found,
            gaps=tuple(sorted(self.gaps.union(found.gaps), key=lambda gap: (gap.stage, gap.what, gap.why))),
            files=self.files,
            bytes=self.bytes,
            sources=tuple(sorted(self.sources.items())),
        )
