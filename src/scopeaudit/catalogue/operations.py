"""The operations of a provider, joined with what each would mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import cached_property, lru_cache
from re import Pattern
from re import compile as compile_pattern
from types import MappingProxyType

from scopeaudit.model.job import Allowance, OperationGlob, TraitSelector
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible, Touches
from scopeaudit.model.policy import Policy

TRAITS: Mapping[str, type[StrEnum] | None] = MappingProxyType(
    {"effect": Effect, "touches": Touches, "reversible": Reversible, "gate": Gate, "on": None}
)
"""What an entry may select by, with the values it may take; resource types are the provider's own."""


def trait_selector(values: Mapping[str, str]) -> TraitSelector:
    """The selector for a value of each trait named; the others may be anything.

    Raises:
        ValueError: if a value is none of its trait's.
    """
    return TraitSelector(
        effects=frozenset({Effect(values["effect"])} if "effect" in values else ()),
        touches=frozenset({Touches(values["touches"])} if "touches" in values else ()),
        reversible=frozenset({Reversible(values["reversible"])} if "reversible" in values else ()),
        gates=frozenset({Gate(values["gate"])} if "gate" in values else ()),
        on=frozenset({values["on"]} if "on" in values else ()),
    )


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Pattern[str]:
    """A case-sensitive shell glob as a compiled expression for `match`."""
    return compile_pattern(translate(pattern))


def select_by_name(pattern: str, ids: Iterable[str]) -> frozenset[str]:
    """The ids that a glob names."""
    if not any(character in pattern for character in "*?["):
        return frozenset(each for each in ids if each == pattern)
    expression = glob(pattern)
    return frozenset(each for each in ids if expression.match(each))


@dataclass(frozen=True)
class OperationCatalogue:
    """Every operation of one provider."""

    provider: str
    operations: Mapping[str, Operation]
    version: str = ""
    """Of the official description they were generated from."""

    @cached_property
    def ids(self) -> frozenset[str]:
        """All operation ids."""
        return frozenset(self.operations)

    def select(self, allowance: Allowance) -> frozenset[str]:
        """The operations an entry of a job's `allow` names; empty if it names none."""
        match allowance.selector:
            case OperationGlob(pattern):
                return select_by_name(pattern.removeprefix(f"{self.provider}:"), self.operations)
            case TraitSelector() as selector:
                return self._by_traits(selector)

    def denied(self, policy: Policy) -> frozenset[str]:
        """The operations that no job may allow under the policy."""
        entries = (each for each in policy.deny if each.provider in (None, self.provider))
        return frozenset().union(
            *(self.select(Allowance(each.written, each.line, each.selector)) for each in entries)
        )

    @cached_property
    def _selected(self) -> dict[TraitSelector, frozenset[str]]:
        return {}

    def _by_traits(self, selector: TraitSelector) -> frozenset[str]:
        if selector not in self._selected:
            self._selected[selector] = frozenset(
                operation.id for operation in self.operations.values() if _has_traits(operation, selector)
            )
        return self._selected[selector]


def _has_traits(operation: Operation, selector: TraitSelector) -> bool:
    traits = operation.traits
    return (
        (not selector.effects or traits.effect in selector.effects)
        and (not selector.touches or bool(traits.touches & selector.touches))
        and (not selector.reversible or traits.reversible in selector.reversible)
        and (not selector.gates or traits.gate in selector.gates)
        and (not selector.on or operation.on in selector.on)
    )


EMPTY = OperationCatalogue(provider="", operations=MappingProxyType({}))
