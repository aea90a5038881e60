"""All that one document holds: credentials, values that look secret, remarks, and what is encoded in it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from scopeaudit.detect import decoding, generic, remarks
from scopeaudit.detect.engine import Ends, Engine
from scopeaudit.detect.plan import Parts, Plan
from scopeaudit.detect.value import Value
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.remark import Remark

if TYPE_CHECKING:
    from scopeaudit.detect.sighting import Sighting


@dataclass(slots=True)
class Inspection:
    """What was found in one document."""

    view: View
    sightings: "list[Sighting]" = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    """What looks secret and is no credential."""
    remarks: list[Remark] = field(default_factory=list)
    suspicious: list[int] = field(default_factory=list)
    """Where lines worth a second opinion were reported."""
    gaps: list[Gap] = field(default_factory=list)
    inner: list["Inspection"] = field(default_factory=list)
    """Of the texts that were decoded."""

    @property
    def holds(self) -> bool:
        """Whether there is a credential, a candidate or a gap."""
        return bool(self.sightings or self.values or self.gaps) or any(each.holds for each in self.inner)

    def everything(self) -> Iterator["Inspection"]:
        """This and what was decoded, the outer first."""
        yield self
        for each in self.inner:
            yield from each.everything()


class Inspector:
    """Looks at one document after the other. One thread at a time."""

    def __init__(self, chosen: Plan, engine: Engine) -> None:
        self._plan = chosen
        self._engine = engine

    def inspect(self, view: View, ends: Ends, depth: int = 0) -> Inspection:
        """What a document holds where the pass reported something."""
        parts = self._plan.split(ends)
        found = Inspection(view, suspicious=parts.suspicious)
        if parts.probes or parts.chunks:
            from scopeaudit.detect.examine import Examination
            from scopeaudit.detect.sighting import without_overlaps

            examination = Examination(self._plan, view)
            examination.run(parts.probes, parts.chunks)
            found.sightings = without_overlaps(examination.sightings)
            if examination.overflow:
                why = "holds more values of one form than are looked at; the rest were not examined"
                found.gaps.append(Gap(Stage.DETECT, view.document.path, why))
        covered: list[tuple[int, int]] = []
        if parts.encoded and depth < decoding.DEPTH:
            covered = self._decode(found, parts.encoded, depth)
        elif parts.encoded and decoding.is_encoded_again(view, parts.encoded):
            why = f"holds text that is encoded more than {decoding.DEPTH} times; it was not decoded further"
            found.gaps.append(Gap(Stage.DETECT, view.document.path, why))
        if found.inner and found.sightings:
            from scopeaudit.detect.sighting import without_raw

            found.sightings = without_raw(found.sightings, _decoded(found))
            _leave_to_encoded(found)
        if parts.generic:
            taken = [*(each.span for each in found.sightings), *covered]
            found.values = beside(self._values(found, parts), taken)
            self._claim(found)
        if parts.remarks:
            spans = [each.span for each in found.sightings] + [
                (each.start, each.end) for each in found.values
            ]
            found.remarks = list(remarks.remarks(view, parts.remarks, spans))
        return found

    def _values(self, found: Inspection, parts: Parts) -> list[Value]:
        values = sorted(generic.values(found.view, parts.generic), key=lambda each: (each.start, -each.end))
        nested = {other for one, other in pairwise(values) if other.start < one.end}
        if any(len(each) > generic.LIMIT for each in parts.generic.values()):
            why = "names more secrets than are looked at; the rest were not examined"
            found.gaps.append(Gap(Stage.DETECT, found.view.document.path, why))
        return [each for each in values if each not in nested]

    def _claim(self, found: Inspection) -> None:
        """Make credentials of the values that are sent to a known provider's address."""
        if not found.values or b"://" not in found.view.data:
            return
        from scopeaudit.detect.examine import Examination
        from scopeaudit.detect.sighting import without_overlaps

        examination = Examination(self._plan, found.view)
        sent = [each for value in found.values for each in examination.sent(value.start, value.end)]
        if sent:
            claimed = without_overlaps(sent)
            found.values = beside(found.values, [each.span for each in claimed])
            found.sightings = sorted([*found.sightings, *claimed], key=lambda each: each.span)

    def _decode(self, found: Inspection, encoded: dict[str, list[int]], depth: int) -> list[tuple[int, int]]:
        """Inspect what is encoded; the ranges in which something was found that way."""
        covered: list[tuple[int, int]] = []
        for document in decoding.decoded(found.view, encoded):
            if isinstance(document, Gap):
                found.gaps.append(document)
                continue
            view = View(document)
            ends = self._engine.ends(view.data)
            inner = self.inspect(view, ends, depth + 1) if ends else None
            if inner is not None and inner.holds:
                found.inner.append(inner)
                covered.extend(_replaced(found.view, document))
        return covered


def _replaced(view: View, document: Document) -> list[tuple[int, int]]:
    return [(start + view.lead, end + view.lead) for start, end in decoding.replaced(document)]


def _decoded(found: Inspection) -> Iterator[tuple[list[tuple[int, int]], "list[Sighting]"]]:
    """Which ranges were decoded, and what was recognised there."""
    for inner in found.inner:
        sightings = [each for one in inner.everything() for each in one.sightings]
        yield _replaced(found.view, inner.view.document), sightings


def _leave_to_encoded(found: Inspection) -> None:
    """Leave out what a value decodes to where the encoded text itself is of a more exact kind."""
    places = {(each.location.line, each.location.column) for each in found.sightings}
    for inner in found.inner:
        for one in inner.everything():
            one.sightings = [
                each
                for each in one.sightings
                if not each.known.kind.general or (each.location.line, each.location.column) not in places
            ]


def beside(values: Iterable[Value], taken: Iterable[tuple[int, int]]) -> list[Value]:
    """The values that lie outside of ranges given by their start and end, in any order and overlapping."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(taken):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    indexes = ((each, bisect_left(starts, each.end)) for each in values)
    return [each for each, index in indexes if not index or ends[index - 1] <= each.start]
