"""What is made of all that was found: credentials with what belongs to them, candidates, remarks."""

from dataclasses import replace

from scopeaudit.detect.candidates import Candidates
from scopeaudit.detect.credentials import Gathering, gaps, merge
from scopeaudit.detect.detection import Detection
from scopeaudit.detect.heuristics import LINES_LIMIT, SecondOpinion, SuspiciousLine, suspicious_lines
from scopeaudit.detect.inspection import Inspection
from scopeaudit.detect.view import View
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.remark import Remark


class Outcome:
    """Takes in one document after the other."""

    def __init__(self, opinion: SecondOpinion | None) -> None:
        self._opinion = opinion
        self._gaps: set[Gap] = set()
        self._gathering = Gathering()
        self._candidates = Candidates()
        self._remarks: list[Remark] = []
        self._lines: list[SuspiciousLine] = []
        self._full = False

    def notice(self, view: View) -> None:
        """Keep what may be needed of a document in which nothing was seen."""
        self._gathering.notice(view)
        self._candidates.read_baseline(view.document)

    def take(self, inspection: Inspection) -> None:
        """Take in what one document holds."""
        for each in inspection.everything():
            self._gaps.update(each.gaps)
            if each.sightings:
                self._gathering.add(each.view, each.sightings)
            if each.values:
                self._candidates.add(each.view, each.values)
            self._remarks.extend(each.remarks)
            if self._opinion is not None:
                self._note_lines(each)

    def _note_lines(self, inspection: Inspection) -> None:
        view = inspection.view
        spans = [each.span[0] for each in inspection.sightings] + [each.start for each in inspection.values]
        for start, text in suspicious_lines(view, inspection.suspicious, spans) if not self._full else ():
            if len(self._lines) == LINES_LIMIT:
                self._full = True
                break
            self._lines.append(SuspiciousLine(view.location(start, None), text))

    def result(self) -> Detection:
        """Everything, without what was counted on the way."""
        self._gathering.close()
        found = set(gaps(self._gathering.incomplete, self._gathering.complete))
        if self._full:
            why = f"there are more than {LINES_LIMIT}; the rest got no second opinion"
            found.add(Gap(Stage.DETECT, "lines that look secret by name", why))
        credentials = merge(self._gathering.complete)
        candidates, noise = self._candidates.result(credentials)
        if self._opinion is not None:
            candidates += tuple(
                replace(each, id=f"p{number}")
                for number, each in enumerate(self._opinion(self._lines), start=len(candidates) + 1)
            )
        return Detection(
            credentials=credentials,
            gaps=tuple(found | self._gaps | self._candidates.gaps),
            candidates=candidates,
            noise=noise,
            remarks=tuple(
                sorted(self._remarks, key=lambda each: (each.location.path, each.location.line or 0))
            ),
        )
