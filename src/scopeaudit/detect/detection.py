"""From documents to credentials: one pass over all bytes, a closer look at the few matches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from scopeaudit.detect.candidates import Candidates
from scopeaudit.detect.credentials import Gathering, gaps, merge
from scopeaudit.detect.engine import DatabaseCache, Ends, Engine
from scopeaudit.detect.heuristics import LINES_LIMIT, SecondOpinion, SuspiciousLine, suspicious_lines
from scopeaudit.detect.inspection import Inspection, Inspector
from scopeaudit.detect.plan import Plan
from scopeaudit.detect.view import View
from scopeaudit.model.candidate import Candidate
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.remark import Remark
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
    """What looks secret and belongs to no known provider: one a value, in order of their first location."""
    noise: tuple[tuple[str, int], ...] = ()
    """Candidates left out because the folder calls them noise: by which statement, and how many."""
    remarks: tuple[Remark, ...] = ()
    """Ignore comments, in the order of their places."""
    files: int = 0
    bytes: int = 0
    sources: tuple[tuple[str, int], ...] = ()
    """Documents read, by source, sorted."""


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
    opinion: SecondOpinion | None = None,
) -> Detection:
    """The credentials in the documents, which are taken one batch at a time.

    `chosen` is the plan the engine was built for. An `opinion` adds candidates of its own.
    """
    run = _Run(Inspector(chosen, engine))
    for batch in _batches(documents, run):
        if len(batch) == 1:
            run.take(batch[0], engine.ends(batch[0].data))
            continue
        for index, ends in engine.ends_in_many([view.data for view in batch]):
            run.take(batch[index], ends)
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
        run.gathering.notice(view)
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
    inspector: Inspector
    gaps: set[Gap] = field(default_factory=set)
    gathering: Gathering = field(default_factory=Gathering)
    candidates: Candidates = field(default_factory=Candidates)
    remarks: list[Remark] = field(default_factory=list)
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
        self.candidates.read_baseline(document)

    def take(self, view: View, ends: Ends) -> None:
        for each in self.inspector.inspect(view, ends).everything():
            self.gaps.update(each.gaps)
            if each.sightings:
                self.gathering.add(each.view, each.sightings)
            if each.values:
                self.candidates.add(each.view, each.values)
            self.remarks.extend(each.remarks)
            self._note_lines(each)

    def _note_lines(self, inspection: Inspection) -> None:
        view = inspection.view
        spans = [each.span[0] for each in inspection.sightings] + [each.start for each in inspection.values]
        for start, text in suspicious_lines(view, inspection.suspicious, spans) if not self.full else ():
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
        credentials = merge(self.gathering.complete)
        candidates, noise = self.candidates.result(credentials)
        found |= self.gaps | self.candidates.gaps
        if opinion:
            candidates += tuple(
                replace(each, id=f"p{number}")
                for number, each in enumerate(opinion(self.lines), start=len(candidates) + 1)
            )
        return Detection(
            credentials=credentials,
            gaps=tuple(sorted(found, key=lambda gap: (gap.stage, gap.what, gap.why))),
            candidates=candidates,
            noise=noise,
            remarks=tuple(
                sorted(self.remarks, key=lambda each: (each.location.path, each.location.line or 0))
            ),
            files=self.files,
            bytes=self.bytes,
            sources=tuple(sorted(self.sources.items())),
        )
