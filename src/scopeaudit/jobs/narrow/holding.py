"""Which atoms do a job with the least beside it, and which operations a holder of atoms may do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from scopeaudit.catalogue.atoms import closure
from scopeaudit.catalogue.operations import OperationCatalogue, glob
from scopeaudit.catalogue.provider import AuthorityRule, Provider
from scopeaudit.model.authority import Verdict
from scopeaudit.model.operation import Operation

Alternatives = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Dimension:
    """One dimension in which operations of a provider require atoms."""

    provider: Provider
    catalogue: OperationCatalogue
    name: str

    @cached_property
    def required(self) -> Mapping[str, Alternatives]:
        """Operation to what it requires here; those that require nothing here are left out."""
        return {
            operation.id: requirement.alternatives
            for operation in self.catalogue.operations.values()
            for requirement in operation.requires
            if requirement.dimension == self.name
        }

    def included(self, atoms: Iterable[str]) -> frozenset[str]:
        """The atoms and all that they include."""
        return frozenset(closure(atoms, self.provider.implies.get(self.name, {})))

    def met(self, atoms: Iterable[str]) -> frozenset[str]:
        """Operations whose requirement here these atoms meet."""
        held = self.included(atoms)
        return frozenset(
            each for each, alternatives in self.required.items() if any(part <= held for part in alternatives)
        )

    def least(self, needed: frozenset[str]) -> frozenset[str]:
        """Atoms that meet what the needed operations require here, with the least met beside them.

        What can be met in one way only is taken first. Not always the least there is, which would take
        trying every combination; nothing in it can be left out.
        """
        wanted = {each: self.required[each] for each in sorted(needed & self.required.keys())}
        chosen: set[str] = set()
        for alternatives in sorted(set(wanted.values()), key=lambda each: (len(each), _order(each))):
            held = self.included(chosen)
            if not any(part <= held for part in alternatives):
                chosen |= self._cheapest(alternatives, chosen, needed)
        return self._pruned(chosen, frozenset(wanted))

    def _cheapest(
        self, alternatives: Alternatives, chosen: set[str], needed: frozenset[str]
    ) -> frozenset[str]:
        def cost(part: frozenset[str]) -> tuple[int, int, list[str]]:
            return len(self.met(chosen | part) - needed), len(part), sorted(part)

        return min(alternatives, key=cost)

    def _pruned(self, chosen: set[str], wanted: frozenset[str]) -> frozenset[str]:
        kept = set(chosen)
        for atom in sorted(chosen):
            if wanted <= self.met(kept - {atom}):
                kept.remove(atom)
        return frozenset(kept)


def _order(alternatives: Alternatives) -> list[list[str]]:
    return [sorted(part) for part in alternatives]


@dataclass(frozen=True, slots=True)
class Reached:
    """What a credential of one kind with known atoms may do, by the provider's authority rules."""

    granted: frozenset[str]
    open: frozenset[str]
    """What the documentation does not settle."""


def reached(
    provider: Provider, kind: str, catalogue: OperationCatalogue, held: Mapping[str, frozenset[str]]
) -> Reached:
    """The most that holding exactly these atoms can come to.

    Dimensions that `held` does not name are the person's own, such as a role, and count as met.
    """
    rules = next((each.rules for each in provider.authority if kind in each.kinds), ())
    full = {
        dimension: Dimension(provider, catalogue, dimension).included(atoms)
        for dimension, atoms in held.items()
    }
    verdicts = {each.id: _verdict(rules, each, full) for each in catalogue.operations.values()}
    return Reached(
        granted=frozenset(each for each, verdict in verdicts.items() if verdict is Verdict.GRANTED),
        open=frozenset(each for each, verdict in verdicts.items() if verdict is Verdict.UNKNOWN),
    )


def _verdict(
    rules: Iterable[AuthorityRule], operation: Operation, held: Mapping[str, frozenset[str]]
) -> Verdict:
    rule = next((each for each in rules if _selects(each, operation)), None)
    if rule is None:
        return Verdict.UNKNOWN
    if rule.verdict is not None:
        return rule.verdict
    required = {each.dimension: each.alternatives for each in operation.requires}
    found = {
        rule.absent.get(dimension, Verdict.GRANTED)
        if dimension not in required
        else _met(required[dimension], held.get(dimension))
        for dimension in rule.needs
    }
    if Verdict.DENIED in found:
        return rule.unmet
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.GRANTED


def _met(alternatives: Alternatives, held: frozenset[str] | None) -> Verdict:
    is_met = held is None or any(part <= held for part in alternatives)
    return Verdict.GRANTED if is_met else Verdict.DENIED


def _selects(rule: AuthorityRule, operation: Operation) -> bool:
    return (
        (not rule.on or (operation.on or "-") in rule.on)
        and (not rule.effects or operation.traits.effect in rule.effects)
        and any(each == "*" or glob(each).match(operation.id) for each in rule.operations)
    )
