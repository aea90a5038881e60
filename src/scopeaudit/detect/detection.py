"""From documents to credentials: one pass over all bytes, a closer look at the few matches."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from scopeaudit.catalogue.provider import Kind
from scopeaudit.detect.credentials import Gathering, gaps, merge
from scopeaudit.detect.engine import DatabaseCache, Ends, Engine
from scopeaudit.detect.examine import Examination, suspicious_lines
from scopeaudit.detect.heuristics import (
    LINES_LIMIT,
    Candidate,
    SecondOpinion,
    SuspiciousLine,
    second_opinion,
)
from scopeaudit.detect.plan import Plan, plan
from scopeaudit.detect.sighting import without_overlaps
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.secret import HeldCredential

_BATCH_BYTES = 1 << 20
_BATCH_DOCUMENTS = 512


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found in all documents."""

    credentials: tuple[HeldCredential, ...] = ()
    """`c1`, `c2`, ... in order of their first location."""
    gaps: tuple[Gap, ...] = ()
    """Sorted; those that came among the documents too."""
    candidates: tuple[Candidate, ...] = ()
    """What looks secret and belongs to no known provider."""
    files: int = 0
    bytes: int = 0
    sources: tuple[tuple[str, int], ...] = ()
    """Documents read, by source, sorted."""


def build_engine(kinds: Sequence[tuple[str, Kind]], cache: DatabaseCache | None = None) -> Engine:
    """The one pass for these kinds, from the cache if it holds it.

    Raises:
        PatternError: if a pattern is not of the grammar that both engines understand.
        hyperscan.HyperscanError: if the patterns are too large together.
    """
    chosen = plan(kinds)
    return Engine(chosen.identity, chosen.scanned, cache)


def detect(
    documents: Iterable[Document | Gap],
    kinds: Sequence[tuple[str, Kind]],
    engine: Engine,
    opinion: SecondOpinion | None = second_opinion,
) -> Detection:
    """The credentials in the documents, which are taken one batch at a time.

    `kinds` are those the engine was built for, each with its provider's id. Without an `opinion` there are no
    candidates.
    """
    run = _Run(plan(kinds))
    for batch in _batches(documents, run):
        if len(batch) == 1:
            run.examine(batch[0], engine.ends(batch[0].data))
            continue
        for index, ends in engine.ends_in_many([view.data for view in batch]):
            run.examine(batch[index], ends)
    return run.result(opinion)


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
        if each.name is not None:
            run.gathering.variables.append(view)
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
    plan: Plan
    gaps: set[Gap] = field(default_factory=set)
    gathering: Gathering = field(default_factory=Gathering)
    lines: list[SuspiciousLine] = field(default_factory=list)
    full: bool = False
    files: int = 0
    bytes: int = 0
    sources: dict[str, int] = field(default_factory=dict)

    def count(self, document: Document) -> None:
        self.bytes += document.size
        if not document.continues:
            self.files += 1
            source = document.source.value
            self.sources[source] = self.sources.get(source, 0) + 1

    def examine(self, view: View, ends: Ends) -> None:
        suspicious = ends.pop(self.plan.suspicious, [])
        sightings = []
        if ends:
            examination = Examination(self.plan, view)
            examination.run(ends)
            if examination.overflow:
                why = "holds more values of one form than are looked at; the rest were not examined"
                self.gaps.add(Gap(Stage.DETECT, view.document.path, why))
            sightings = without_overlaps(examination.sightings)
            self.gathering.add(view, sightings)
        for start, text in suspicious_lines(view, suspicious, sightings) if not self.full else ():
            if len(self.lines) == LINES_LIMIT:
                self.full = True
                break
            self.lines.append(SuspiciousLine(view.location(start, None), text))

    def result(self, opinion: SecondOpinion | None) -> Detection:
        self.gathering.close()
        found = set(gaps(self.gathering.incomplete, self.gathering.complete))
        if self.full and opinion:
            why = f"there are more than {LINES_LIMIT}; the rest got no second opinion"
            found.add(Gap(Stage.DETECT, "lines that look secret by name", why))
        return Detection(
            credentials=merge(self.gathering.complete),
            gaps=tuple(sorted(self.gaps | found, key=lambda gap: (gap.stage, gap.what, gap.why))),
            candidates=opinion(self.lines) if opinion else (),
            files=self.files,
            bytes=self.bytes,
            sources=tuple(sorted(self.sources.items())),
        )
