"""From what was learnt to an authority: a verdict for every operation of the provider."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scopeaudit.ask.learnt import Learnt
from scopeaudit.ask.ledger import Judgement, Ledger
from scopeaudit.catalogue.atoms import closure
from scopeaudit.catalogue.operations import OperationCatalogue, glob
from scopeaudit.catalogue.provider import AuthorityRule, KindAuthority, Provider
from scopeaudit.model.authority import (
    Authority,
    Evidence,
    EvidenceKind,
    Grant,
    Resource,
    State,
    Verdict,
)
from scopeaudit.model.operation import Operation, Requirement

_Key = tuple[Verdict, tuple[Evidence, ...], frozenset[str] | None]


def conclude(provider: Provider, catalogue: OperationCatalogue, learnt: Learnt) -> Authority:
    """The authority that follows. What nothing speaks for is unknown."""
    if learnt.state in (State.REVOKED, State.EXPIRED):
        grants = _dead(catalogue, learnt)
    elif learnt.grants is not None:
        grants = learnt.grants
    else:
        grants = _alive(provider, catalogue, learnt)
    return Authority(
        state=learnt.state,
        kind=learnt.kind,
        grants=grants,
        resources=tuple(sorted(learnt.resources.values())),
        incomplete=frozenset(learnt.incomplete),
        account=learnt.account,
        expires=learnt.expires,
        issued=learnt.issued,
        requests=learnt.requests,
        facts=tuple(learnt.shown.items()),
    )


def _dead(catalogue: OperationCatalogue, learnt: Learnt) -> tuple[Grant, ...]:
    evidence = (learnt.identity,) if learnt.identity else ()
    return (Grant(catalogue.ids, Verdict.DENIED, evidence),)


def _alive(provider: Provider, catalogue: OperationCatalogue, learnt: Learnt) -> tuple[Grant, ...]:
    speaking = next((each for each in provider.authority if learnt.kind in each.kinds), None)
    if speaking is None:
        why = Evidence(EvidenceKind.NONE, f"nothing is documented for kind {learnt.kind}")
        return (Grant(catalogue.ids, Verdict.UNKNOWN, (why,)),) if catalogue.ids else ()
    judge = _Judge(provider, speaking, learnt)
    collected: dict[_Key, set[str]] = defaultdict(set)
    seen: dict[tuple[int | None, tuple[Requirement, ...], str | None], list[_Key]] = {}
    for operation in catalogue.operations.values():
        signature = (judge.rule_for(operation), operation.requires, operation.on)
        if signature not in seen:
            seen[signature] = judge.keys(operation, signature[0])
        for key in seen[signature]:
            collected[key].add(operation.id)
    return tuple(
        Grant(frozenset(operations), verdict, evidence, resources)
        for (verdict, evidence, resources), operations in sorted(collected.items(), key=_order)
    )


def _order(item: tuple[_Key, set[str]]) -> tuple[str, tuple[Evidence, ...], tuple[str, ...], str]:
    (verdict, evidence, resources), operations = item
    return verdict, tuple(map(_plain, evidence)), tuple(sorted(resources or ())), min(operations)


def _plain(evidence: Evidence) -> Evidence:
    """Without `None`, so that evidence can be put in order."""
    return Evidence(evidence.kind, evidence.detail, evidence.source or "")


@dataclass(frozen=True, slots=True)
class _Judge:
    """Applies the authority rules of one kind to operations."""

    provider: Provider
    speaking: KindAuthority
    learnt: Learnt

    @property
    def ledger(self) -> Ledger:
        return self.learnt.ledger

    def rule_for(self, operation: Operation) -> int | None:
        return next(
            (index for index, rule in enumerate(self.speaking.rules) if _selects(rule, operation)), None
        )

    def keys(self, operation: Operation, index: int | None) -> list[_Key]:
        """Verdict, evidence and resources that hold for the operation, one of each verdict and reason."""
        identity = (self._identity(),)
        if index is None:
            return [(Verdict.UNKNOWN, (), None)]
        rule = self.speaking.rules[index]
        if rule.verdict is not None:
            return [(rule.verdict, identity, None)]
        resources = self._resources(operation, rule)
        elsewhere = self._judge(operation, rule, None)
        if not resources:
            return [(elsewhere.verdict, elsewhere.evidence or identity, None)]
        by_reason: dict[Judgement, set[str]] = defaultdict(set)
        for resource in resources:
            by_reason[self._judge(operation, rule, resource.id)].add(resource.id)
        if len(by_reason) == 1 and next(iter(by_reason)).verdict is Verdict.DENIED:
            judgement = next(iter(by_reason))
            keys: list[_Key] = [(judgement.verdict, judgement.evidence or identity, None)]
        else:
            keys = [
                (judgement.verdict, judgement.evidence or identity, frozenset(ids))
                for judgement, ids in by_reason.items()
            ]
        if operation.on in self.learnt.incomplete and elsewhere.verdict is not Verdict.DENIED:
            keys.append((elsewhere.verdict, elsewhere.evidence or identity, None))
        return keys

    def _resources(self, operation: Operation, rule: AuthorityRule) -> list[Resource]:
        """Resources of the operation's type, if single atoms are known on any of them."""
        wanted = {requirement.dimension for requirement in operation.requires} & set(rule.needs)
        found = [each for each in self.learnt.resources.values() if each.type == operation.on]
        known = any(wanted & set(self.ledger.on_resource.get(each.id, {})) for each in found)
        return found if known else []

    def _judge(self, operation: Operation, rule: AuthorityRule, resource: str | None) -> Judgement:
        """All dimensions the rule needs, together: one denial denies, one unknown leaves unknown."""
        required = {requirement.dimension: requirement for requirement in operation.requires}
        judged = []
        for dimension in rule.needs:
            if (requirement := required.get(dimension)) is None:
                judged.append(Judgement(rule.absent.get(dimension, Verdict.GRANTED)))
            else:
                maximum = self._maximum(dimension)
                judged.append(self.ledger.judge(requirement, resource=resource, maximum=maximum))
        judgement = _all(judged, self._identity())
        if judgement.verdict is Verdict.DENIED and rule.unmet is not Verdict.DENIED:
            return Judgement(rule.unmet)
        return judgement

    def _maximum(self, dimension: str) -> frozenset[str] | None:
        atoms = self.speaking.maximum.get(dimension)
        if atoms is None:
            return None
        return frozenset(closure(atoms, self.provider.implies.get(dimension, {})))

    def _identity(self) -> Evidence:
        """Why the credential counts as this kind, with the document that says what the kind may do."""
        if (known := self.learnt.identity) is not None:
            return Evidence(known.kind, known.detail, self.speaking.source)
        return Evidence(EvidenceKind.DOCUMENTED, self.speaking.summary, self.speaking.source)


def _all(judged: Iterable[Judgement], identity: Evidence) -> Judgement:
    judgements = list(judged)
    for judgement in judgements:
        if judgement.verdict is Verdict.DENIED:
            return judgement
    if any(judgement.verdict is Verdict.UNKNOWN for judgement in judgements):
        return Judgement(Verdict.UNKNOWN)
    evidence = dict.fromkeys(piece for judgement in judgements for piece in judgement.evidence)
    return Judgement(Verdict.GRANTED, tuple(evidence) or (identity,))


def _selects(rule: AuthorityRule, operation: Operation) -> bool:
    if rule.on and (operation.on or "-") not in rule.on:
        return False
    if rule.effects and operation.traits.effect not in rule.effects:
        return False
    return any(each == "*" or glob(each).match(operation.id) for each in rule.operations)
