"""Values that look secret and belong to no known provider, put together: one candidate a value."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scopeaudit.detect.credentials import by_place, earliest, once
from scopeaudit.detect.noise import BASELINE_NOISE, PRAGMA_NOISE, Noise, baseline_of, has_pragma, is_baseline
from scopeaudit.detect.randomness import is_random
from scopeaudit.detect.value import Value
from scopeaudit.detect.view import View
from scopeaudit.model.candidate import Candidate, CandidateType
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

_LONG_WORD = re.compile(r"[0-9A-Za-z]{12,}")
LIMIT = 50_000
"""Values kept in one run; more is a gap."""


@dataclass(slots=True)
class Candidates:
    """Values of all documents so far."""

    gaps: set[Gap] = field(default_factory=set)
    _values: dict[Secret, tuple[CandidateType, dict[Location, None]]] = field(default_factory=dict)
    _count: int = 0
    _pragmas: set[Location] = field(default_factory=set)
    _baselines: list[Noise] = field(default_factory=list)

    def read_baseline(self, document: Document) -> None:
        """Take in a baseline of detect-secrets, if the document is one."""
        if not is_baseline(document):
            return
        found = baseline_of(document)
        if isinstance(found, Gap):
            self.gaps.add(found)
        else:
            self._baselines.append(found)

    def add(self, view: View, values: Iterable[Value]) -> None:
        """Take in what was seen in a document."""
        for each in values:
            if self._count >= LIMIT:
                why = f"there are more than {LIMIT}; the rest are not listed"
                self.gaps.add(Gap(Stage.DETECT, "values that look secret", why))
                return
            location = view.location(each.start, _shown(each.name))
            secret = Secret(view.data[each.start : each.end].decode("utf-8", "surrogateescape"))
            # The versions of a file in history repeat what was counted with the first.
            self._count += location.source is not Source.HISTORY or secret not in self._values
            _, places = self._values.setdefault(secret, (each.type, {}))
            places[location] = None
            if has_pragma(view.data, each.start, view.document.path):
                self._pragmas.add(location)

    def result(
        self, credentials: Iterable[HeldCredential]
    ) -> tuple[tuple[Candidate, ...], tuple[tuple[str, int], ...]]:
        """The candidates that no statement about noise covers, and how many each statement covers.

        What belongs to a credential is none. A value counts as noise if it does at every place.
        """
        known = {value for each in credentials for value in (each.secret, *each.companions.values())}
        noise = Noise.union(self._baselines)
        covered: Counter[str] = Counter()
        found: list[tuple[list[Location], CandidateType]] = []
        for secret, (kind, places) in self._values.items():
            if secret in known:
                continue
            if statement := self._covers(noise, secret, places):
                covered[statement] += 1
            else:
                found.append((sorted(earliest(once(places)), key=by_place), kind))
        found.sort(key=lambda each: [by_place(place) for place in each[0]])
        candidates = tuple(
            Candidate(f"p{number}", kind, tuple(places))
            for number, (places, kind) in enumerate(found, start=1)
        )
        return candidates, tuple(sorted(covered.items()))

    def _covers(self, noise: Noise, secret: Secret, places: Mapping[Location, None]) -> str | None:
        left = places.keys() - self._pragmas
        if not left:
            return PRAGMA_NOISE
        if noise.entries and all(noise.covers(each.path, each.line, secret.reveal()) for each in left):
            return BASELINE_NOISE
        return None


def _shown(name: str | None) -> str | None:
    """A name that may be shown: one can hold a secret itself."""
    if name is None or any(is_random(part) for part in _LONG_WORD.findall(name)):
        return None
    return name
