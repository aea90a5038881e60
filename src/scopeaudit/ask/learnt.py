"""What answers said about a credential, and how a reading of the provider file is taken in."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scopeaudit.ask.dates import read_date, written
from scopeaudit.ask.ledger import Ledger
from scopeaudit.catalogue.expressions import evaluate, is_true, text, texts
from scopeaudit.catalogue.provider import Holding, Question, Reading, ResourceReading
from scopeaudit.model.authority import Evidence, Grant, Resource, State


@dataclass(slots=True)
class Learnt:
    """What the answers said, so far."""

    kind: str
    ledger: Ledger
    state: State = State.UNKNOWN
    account: str | None = None
    expires: str | None = None
    issued: str | None = None
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
class Intake:
    """Takes answers into what was learnt, one reading at a time."""

    learnt: Learnt
    now: datetime.datetime

    def miss(self, question: Question, why: str) -> None:
        """Note that a question has no answer, or not the whole of it."""
        self.learnt.gaps.append((question.asks, why))
        self.leave_open(question)

    def leave_open(self, question: Question) -> None:
        """Note that there may be more of the resources a question lists than are known."""
        self.learnt.incomplete |= {each.type for reading in question.readings for each in _all(reading)}

    def take_in(
        self, question: Question, reading: Reading, names: dict[str, Any], evidence: Evidence
    ) -> None:
        """Take in what a reading says of the answer whose parts are `names`."""
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
            self.miss(question, reading.gap)

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
                if moment < self.now:
                    self.learnt.state = State.EXPIRED
                    self.learnt.identity = evidence
            elif value == "never":
                self.learnt.expires = "never"
        if reading.issued and (moment := read_date(evaluate(reading.issued, names))) is not None:
            self.learnt.issued = written(moment)
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
