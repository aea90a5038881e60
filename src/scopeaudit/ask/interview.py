"""One credential's questions and answers, as the provider file has them; no socket in here.

`requests()` gives what to send next, `take()` reads one answer, and when nothing is left to send
`learnt` holds what was said. Questions go in file order: a later one sees the facts of earlier.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scopeaudit.ask.decoders import decode_token
from scopeaudit.ask.learnt import Intake, Learnt
from scopeaudit.ask.ledger import Ledger
from scopeaudit.ask.phrase import build_request, next_page
from scopeaudit.ask.request import Answer, Request
from scopeaudit.catalogue.expressions import evaluate, is_true, text
from scopeaudit.catalogue.provider import Decoder, Kind, Provider, Question, Scheme
from scopeaudit.model.authority import Evidence, EvidenceKind, State
from scopeaudit.model.secret import HeldCredential


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request stands: its question, the item it is for, and the page."""

    question: Question
    item: Any
    page: int


class Interview:
    """Asks everything the provider file asks about one credential."""

    def __init__(self, provider: Provider, held: HeldCredential, now: datetime.datetime) -> None:
        self._provider = provider
        self._held = held
        self._next = 0
        self._waiting: list[tuple[Request, _Place]] = []
        self._skipped: list[Question] = []
        kind = provider.kind(held.credential.kind)
        self._companions = _shown_companions(kind, held)
        self.learnt = Learnt(kind=held.credential.kind, ledger=Ledger(provider.implies, provider.may_imply))
        self._intake = Intake(self.learnt, now)

    def requests(self, *, offline: bool = False) -> tuple[Request, ...]:
        """What to send now; empty when the interview is over. Offline, only decoding happens."""
        while not self._waiting and self._next < len(self._provider.questions):
            question = self._provider.questions[self._next]
            self._next += 1
            if self._is_over() or not self._applies(question):
                continue
            if question.decode:
                self._decode(question, question.decode)
            elif offline:
                self._skipped.append(question)
            else:
                self._open(question)
        return tuple(request for request, _ in self._waiting)

    def take(self, request: Request, answer: Answer) -> None:
        """Read the answer to one of the waiting requests."""
        index = next(at for at, (each, _) in enumerate(self._waiting) if each is request)
        _, place = self._waiting.pop(index)
        self.learnt.requests += 1
        if answer.failure is not None:
            self.learnt.failures += 1
            self._intake.miss(place.question, answer.failure)
            return
        names = self._names(place.item) | {
            "shows": place.question.shows,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body,
        }
        evidence = Evidence(EvidenceKind.ASKED, _said(request, answer))
        if self._read(place.question, names, evidence):
            self._turn_page(place, answer, names)

    def abandon(self, why: str) -> None:
        """Give up what is still to be asked, and say why, once."""
        left = [place.question for _, place in self._waiting] + self._skipped
        left += [each for each in self._provider.questions[self._next :] if self._applies(each)]
        if any(question.decode is None for question in left):
            about = f"what {self._provider.name} says about {self._held.credential.id}"
            self.learnt.gaps.append((about, why))
        for question in left:
            self._intake.leave_open(question)
        self._waiting.clear()
        self._skipped.clear()
        self._next = len(self._provider.questions)

    def may_apply(self, question: Question) -> bool:
        """Whether a question could still come up, now or once the kind is known better."""
        known = self._provider.kind(self.learnt.kind)
        refined = {reading.kind for each in self._provider.questions for reading in each.readings}
        reachable = {self.learnt.kind} | ({kind for kind in refined if kind} if known else set())
        return not question.kinds or bool(reachable & set(question.kinds))

    def _is_over(self) -> bool:
        return self.learnt.state in (State.REVOKED, State.EXPIRED)

    def _names(self, item: Any = None) -> dict[str, Any]:
        return {
            "kind": self.learnt.kind,
            "facts": self.learnt.facts,
            "item": item,
            "companions": self._companions,
            "names": [location.name for location in self._held.credential.locations if location.name],
            "resources": [
                {
                    "id": each.id,
                    "type": each.type,
                    "key": each.id.partition("/")[2],
                    "name": each.name,
                    "environment": each.environment,
                }
                for each in self.learnt.resources.values()
            ],
        }

    def _applies(self, question: Question) -> bool:
        if question.kinds and self.learnt.kind not in question.kinds:
            return False
        return question.when is None or is_true(question.when, self._names())

    def _decode(self, question: Question, decoder: Decoder) -> None:
        said = decode_token(decoder, self._held.secret)
        if said is None:
            self.learnt.gaps.append((question.asks, f"it does not decode as a {decoder}"))
            return
        evidence = Evidence(EvidenceKind.ENCODED, f"the {decoder} itself: {question.asks}")
        self._read(question, self._names() | {"status": 0, "headers": {}, "body": said}, evidence)

    def _open(self, question: Question) -> None:
        items: list[Any] = [None]
        if question.for_each is not None:
            found = evaluate(question.for_each, self._names())
            items = found if isinstance(found, list) else []
            if not items and question.nothing is not None:
                self._intake.miss(question, question.nothing)
        for item in items:
            self._queue(_Place(question, item, 1), cursor=None)

    def _queue(self, place: _Place, cursor: str | None) -> None:
        request = build_request(self._provider, place.question, self._names(place.item), cursor=cursor)
        if isinstance(request, str):
            self._intake.miss(place.question, request)
        else:
            self._waiting.append((request, place))

    def _turn_page(self, place: _Place, answer: Answer, names: Mapping[str, Any]) -> None:
        pages = place.question.pages
        if pages is None:
            return
        cursor = (
            next_page(answer.headers.get("link", ""))
            if pages.link
            else text(evaluate(pages.cursor or "@", names))
        )
        if cursor is None:
            return
        if place.page >= pages.limit:
            self._intake.miss(place.question, f"only the first {pages.limit} pages were asked for")
            return
        self._queue(_Place(place.question, place.item, place.page + 1), cursor)

    def _read(self, question: Question, names: dict[str, Any], evidence: Evidence) -> bool:
        """Take in the first reading that fits; whether one did."""
        for reading in (*self._provider.readings, *question.readings):
            if is_true(reading.when, names):
                if reading.state is State.REVOKED and not isinstance(names["body"], Mapping):
                    # Gateways and proxies refuse with a page, or nothing: that is not the provider's word.
                    break
                self._intake.take_in(question, reading, names, _sourced(evidence, question))
                return True
        self._intake.miss(question, f"an answer we do not understand: {evidence.detail}")
        return False


def _shown_companions(kind: Kind | None, held: HeldCredential) -> dict[str, str]:
    """Companions that are no secret, for expressions of the provider file."""
    hidden = {each.name for each in kind.companions if each.secret or not each.show} if kind else set()
    return {name: value.reveal() for name, value in held.companions.items() if name not in hidden}


def _said(request: Request, answer: Answer) -> str:
    if request.scheme is Scheme.POSTGRESQL:
        count = len(answer.body) if isinstance(answer.body, list) else 0
        where = "".join(f" in {value}" for _, value in request.query)
        said = f"{count} rows" if answer.status == 200 else str(answer.status)
        return f"SQL {request.question}{where} → {said}"
    return f"{request.method} {request.host}{request.path} ({request.question}) → {answer.status}"


def _sourced(evidence: Evidence, question: Question) -> Evidence:
    return Evidence(evidence.kind, evidence.detail, question.read_only)
