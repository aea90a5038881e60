"""One credential's questions and answers, as the provider file has them; no socket in here.

`requests()` gives what to send next, `take()` reads one answer, and when nothing is left to send
`findings` holds what was learnt. Questions go in file order: a later one sees the facts of earlier.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from scopeaudit.ask.dates import read_date, written
from scopeaudit.ask.decoders import decode_token
from scopeaudit.ask.ledger import Ledger
from scopeaudit.ask.request import Answer, Request
from scopeaudit.catalogue.expressions import evaluate, is_true, text, texts
from scopeaudit.catalogue.provider import (
    Decoder,
    Holding,
    Kind,
    Provider,
    Question,
    Reading,
    ResourceReading,
    Scheme,
)
from scopeaudit.model.authority import Evidence, EvidenceKind, Grant, Resource, State
from scopeaudit.model.secret import HeldCredential


@dataclass(slots=True)
class Learnt:
    """What the answers said, so far."""

    kind: str
    ledger: Ledger
    state: State = State.UNKNOWN
    account: str | None = None
    expires: str | None = None
    identity: Evidence | None = None
    """What showed state or kind."""
    facts: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    gaps: list[tuple[str, str]] = field(default_factory=list)
    """What was to be found out, and why it was not."""
    incomplete: set[str] = field(default_factory=set)
    """Resource types of which there may be more than `resources` names."""
    requests: int = 0
    failures: int = 0
    """Requests without a usable answer."""
    grants: tuple[Grant, ...] | None = None
    """Verdicts that are worked out already; the authority rules of the provider file speak where missing."""


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
        self._now = now
        self._next = 0
        self._waiting: list[tuple[Request, _Place]] = []
        self._skipped: list[Question] = []
        kind = provider.kind(held.credential.kind)
        self._companions = _shown_companions(kind, held)
        self.learnt = Learnt(kind=held.credential.kind, ledger=Ledger(provider.implies, provider.may_imply))

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
            self._miss(place.question, answer.failure)
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
            self.learnt.gaps.append((f"what {self._provider.name} says about it", why))
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
                self._miss(question, question.nothing)
        for item in items:
            self._queue(_Place(question, item, 1), cursor=None)

    def _queue(self, place: _Place, cursor: str | None) -> None:
        request = build_request(self._provider, place.question, self._names(place.item), cursor=cursor)
        if isinstance(request, str):
            self._miss(place.question, request)
        else:
            self._waiting.append((request, place))

    def _turn_page(self, place: _Place, answer: Answer, names: Mapping[str, Any]) -> None:
        pages = place.question.pages
        if pages is None:
            return
        cursor = (
            _next_link(answer.headers.get("link", ""))
            if pages.link
            else text(evaluate(pages.cursor or "@", names))
        )
        if cursor is None:
            return
        if place.page >= pages.limit:
            self._miss(place.question, f"only the first {pages.limit} pages were asked for")
            return
        self._queue(_Place(place.question, place.item, place.page + 1), cursor)

    def _read(self, question: Question, names: dict[str, Any], evidence: Evidence) -> bool:
        """Take in the first reading that fits; whether one did."""
        for reading in (*self._provider.readings, *question.readings):
            if is_true(reading.when, names):
                self._take_in(question, reading, names, _sourced(evidence, question))
                return True
        self._miss(question, f"an answer we do not understand: {evidence.detail}")
        return False

    def _miss(self, question: Question, why: str) -> None:
        """Note that a question has no answer, or not the whole of it."""
        self.learnt.gaps.append((question.asks, why))
        self.learnt.incomplete |= {each.type for reading in question.readings for each in _all(reading)}

    def _take_in(
        self, question: Question, reading: Reading, names: dict[str, Any], evidence: Evidence
    ) -> None:
        learnt = self.learnt
        if reading.state is not None or reading.kind is not None:
            learnt.state = reading.state or learnt.state
            learnt.kind = reading.kind or learnt.kind
            learnt.identity = evidence
        if reading.account and (account := text(evaluate(reading.account, names))):
            learnt.account = account
        self._take_expiry(reading, names, evidence)
        for name, expression in reading.facts.items():
            _merge(learnt.facts, name, evaluate(expression, names))
        for label, expression in reading.show.items():
            if found := texts(evaluate(expression, names)):
                learnt.shown[label] = ", ".join(found)
        for holding in reading.holds:
            self._take_holding(question, holding, _atoms(holding, names), evidence)
        for holding in reading.lacks:
            learnt.ledger.lack(holding.dimension, _atoms(holding, names), evidence)
        for resources in reading.resources:
            self._take_resources(resources, names, evidence, None)
        if reading.gap:
            self._miss(question, reading.gap)

    def _take_holding(
        self, question: Question, holding: Holding, atoms: tuple[str, ...], evidence: Evidence
    ) -> None:
        ledger = self.learnt.ledger
        ledger.hold(holding.dimension, atoms, evidence)
        strange = holding.known and not all(ledger.names(holding.dimension, atom) for atom in atoms)
        if strange:
            why = f"it holds a {holding.dimension} that is not known here: what that one allows is unknown"
            self.learnt.gaps.append((question.asks, why))
        elif holding.exhaustive:
            ledger.exhaustive.setdefault(holding.dimension, evidence)

    def _take_expiry(self, reading: Reading, names: dict[str, Any], evidence: Evidence) -> None:
        if reading.expires:
            value = evaluate(reading.expires, names)
            moment = read_date(value)
            if moment is not None:
                self.learnt.expires = written(moment)
                if moment < self._now:
                    self.learnt.state = State.EXPIRED
                    self.learnt.identity = evidence
            elif value == "never":
                self.learnt.expires = "never"
        if reading.expired and is_true(reading.expired, names):
            self.learnt.state = State.EXPIRED
            self.learnt.identity = evidence

    def _take_resources(
        self, reading: ResourceReading, names: dict[str, Any], evidence: Evidence, within: Resource | None
    ) -> None:
        elements = evaluate(reading.each, names)
        around = {within.type: {"id": within.id.partition("/")[2], "name": within.name}} if within else {}
        for element in elements if isinstance(elements, list) else [elements]:
            if element is None:
                if isinstance(elements, list):
                    self.learnt.incomplete.add(reading.type)
                continue
            inner = names | around | {"it": element}
            key = text(evaluate(reading.id, inner))
            if not key:
                self.learnt.incomplete.add(reading.type)
                continue
            resource = _resource(reading, key, inner, within)
            self.learnt.resources[resource.id] = resource
            if resource.parent is not None:
                self.learnt.ledger.inherit(resource.id, resource.parent)
            for dimension, expression in reading.holds.items():
                if (found := evaluate(expression, inner)) is not None:
                    self.learnt.ledger.hold_on(resource.id, dimension, texts(found), evidence)
            for dimension, expression in reading.lacks.items():
                if (found := evaluate(expression, inner)) is not None:
                    self.learnt.ledger.lack_on(resource.id, dimension, texts(found))
            for child in reading.inside:
                self._take_resources(child, inner, evidence, resource)


def _all(reading: Reading) -> tuple[ResourceReading, ...]:
    """The resource readings of a reading, at any depth."""
    found = list(reading.resources)
    for each in found:
        found.extend(each.inside)
    return tuple(found)


def _resource(reading: ResourceReading, key: str, names: dict[str, Any], within: Resource | None) -> Resource:
    environment = text(evaluate(reading.environment, names)) if reading.environment else None
    parent = text(evaluate(reading.parent, names)) if reading.parent else None
    details = ((label, text(evaluate(each, names))) for label, each in reading.details.items())
    return Resource(
        id=f"{reading.type}/{key}",
        name=text(evaluate(reading.name, names)) or key,
        environment=environment or (within.environment if within else None),
        parent=parent or (within.id if within else None),
        details=tuple((label, value) for label, value in details if value),
    )


def build_request(
    provider: Provider,
    question: Question,
    names: Mapping[str, Any],
    *,
    cursor: str | None,
) -> Request | str:
    """The request a question becomes, or why it cannot be made."""
    values: dict[str, str] = {}
    for name, expression in question.values.items():
        value = text(evaluate(expression, names))
        if value is None:
            return f"{name} is not known"
        values[name] = value
    into = {question.pages.into: cursor} if question.pages and question.pages.into and cursor else {}
    kind = provider.kind(str(names["kind"]))
    authorization = question.authorization or (kind.authorization if kind else None) or provider.authorization
    if question.sql is not None:
        return Request(
            provider=provider.id,
            question=question.id,
            scheme=Scheme.POSTGRESQL,
            method="SQL",
            host=str(names["companions"].get("host", "")),
            path=question.sql,
            query=tuple(values.items()),
        )
    host = question.host or provider.hosts[0]
    if question.graphql is not None:
        body: dict[str, object] = {"query": question.graphql}
        if values or into:
            body["variables"] = values | into
        return Request(
            provider=provider.id,
            question=question.id,
            scheme=Scheme.HTTP,
            method="POST",
            host=host,
            path=provider.graphql_path or "/graphql",
            headers=(("content-type", "application/json"),),
            body=json.dumps(body, separators=(",", ":")),
            authorization=authorization,
        )
    if question.http is None:
        return "the question has nothing to send"
    path = _filled(question.http.path, values)
    if path is None:
        return "a part of the path would change the request's meaning"
    return Request(
        provider=provider.id,
        question=question.id,
        scheme=Scheme.HTTP,
        method=question.http.method,
        host=host,
        path=path,
        query=tuple({**question.http.query, **into}.items()),
        headers=tuple(question.http.headers.items()),
        authorization=authorization,
    )


def _filled(template: str, values: Mapping[str, str]) -> str | None:
    """The path with its parameters percent-encoded; `None` if one is a step in the path."""
    path = template
    for name, value in values.items():
        if value in ("", ".", ".."):
            return None
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


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


def _atoms(holding: Holding, names: Mapping[str, Any]) -> tuple[str, ...]:
    if holding.each is None:
        return holding.atoms
    found = texts(evaluate(holding.each, names))
    if holding.split is not None:
        found = tuple(part.strip() for each in found for part in each.split(holding.split))
    return tuple(holding.template.replace("{}", each) for each in found if each)


def _merge(facts: dict[str, Any], name: str, value: Any) -> None:
    """Answers to one question asked for several items add up."""
    old = facts.get(name)
    if isinstance(old, list) and isinstance(value, list):
        facts[name] = old + value
    elif value is not None or name not in facts:
        facts[name] = value


def _next_link(header: str) -> str | None:
    """The page number of `rel="next"`. Only the number is taken: a link never says where to go.

    Source: https://www.rfc-editor.org/rfc/rfc8288
    """
    for part in header.split(","):
        target, _, parameters = part.partition(";")
        if 'rel="next"' in parameters:
            page = parse_qs(urlsplit(target.strip(" <>")).query).get("page", [""])[0]
            return page if page.isdigit() else None
    return None
