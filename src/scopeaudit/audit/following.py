"""One step further: what credentials that can be minted or revealed could do at most; none is asked with."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from scopeaudit.audit.meaning import Meaning, Row
from scopeaudit.audit.words import titled
from scopeaudit.catalogue.atoms import closure
from scopeaudit.catalogue.operations import glob
from scopeaudit.catalogue.provider import AuthorityRule, KindAuthority, Provider
from scopeaudit.model.authority import Verdict
from scopeaudit.model.operation import Effect, Operation


@dataclass(frozen=True, slots=True)
class Gained:
    """A credential that an operation mints, reveals or widens, and all that it might do."""

    by: str
    """Id of the operation."""
    does: str
    """`mints` or `reveals`."""
    title: str
    """With its article: `a Railway account token`."""
    named: str
    """Without: `Railway account token`."""
    provider: str
    mask: int
    """What it may do at most, as a mask of `meaning`."""
    meaning: Meaning

    def worst(self, without: int = 0) -> Row | None:
        """The worst by which data or recovery copies may be lost, but for those `without`."""
        destroying = self.meaning.destroying_data | self.meaning.destroying_recovery
        found = self.mask & destroying & ~without
        return self.meaning.first(found) if found else None


@dataclass(frozen=True)
class Following:
    """What is documented about the kinds of credentials that operations yield."""

    providers: Mapping[str, Provider]
    meaning_of: Callable[[str], Meaning]
    """Provider id to its operations; of none where the provider is not described."""
    _at_most: dict[tuple[str, str], int] = field(default_factory=dict)

    def gained(self, provider_id: str, mask: int) -> Iterator[Gained]:
        """What the operations in the mask yield, those of the worst operations first."""
        meaning = self.meaning_of(provider_id)
        for each in meaning.select(mask & meaning.yielding, meaning.rows):
            for written in each.operation.traits.yields:
                yield self._gained(each.operation, provider_id, written)

    def _gained(self, by: Operation, own: str, written: str) -> Gained:
        provider_id, _, kind_id = written.rpartition("/")
        provider = self.providers.get(provider_id or own)
        kind = provider.kind(kind_id) if provider is not None else None
        name, title = (provider.name if provider else own), (kind.title if kind else kind_id)
        named = titled(name, title)
        return Gained(
            by=by.id,
            does="reveals" if by.traits.effect is Effect.REVEAL else "mints",
            title=f"{'an' if named[0].lower() in 'aeiou' else 'a'} {named}",
            named=named,
            provider=provider_id or own,
            mask=self.at_most(provider_id or own, kind_id),
            meaning=self.meaning_of(provider_id or own),
        )

    def at_most(self, provider_id: str, kind_id: str) -> int:
        """What a credential of the kind can do at most for all that is documented, as a mask."""
        key = (provider_id, kind_id)
        if key not in self._at_most:
            provider = self.providers.get(provider_id)
            spoken = () if provider is None else provider.authority
            speaking = next((each for each in spoken if kind_id in each.kinds), None)
            meaning = self.meaning_of(provider_id)
            if provider is None or speaking is None:
                self._at_most[key] = meaning.standing & meaning.described
            else:
                possible = _Possible(provider, speaking)
                self._at_most[key] = (
                    meaning.where(possible.is_possible) & meaning.standing & meaning.described
                )
        return self._at_most[key]


@dataclass(frozen=True, slots=True)
class _Possible:
    """Which operations the rules for a kind do not rule out."""

    provider: Provider
    speaking: KindAuthority

    def is_possible(self, operation: Operation) -> bool:
        rule = next((each for each in self.speaking.rules if _selects(each, operation)), None)
        if rule is None or rule.verdict is not None:
            return rule is None or rule.verdict is not Verdict.DENIED
        return rule.unmet is not Verdict.DENIED or all(
            self._is_met(each, rule, operation) for each in rule.needs
        )

    def _is_met(self, dimension: str, rule: AuthorityRule, operation: Operation) -> bool:
        required = next((each for each in operation.requires if each.dimension == dimension), None)
        if required is None:
            return rule.absent.get(dimension) is not Verdict.DENIED
        atoms = self.speaking.maximum.get(dimension)
        if atoms is None:
            return True
        held = closure(atoms, self.provider.implies.get(dimension, {}))
        return any(alternative <= held for alternative in required.alternatives)


def _selects(rule: AuthorityRule, operation: Operation) -> bool:
    if rule.on and (operation.on or "-") not in rule.on:
        return False
    if rule.effects and operation.traits.effect not in rule.effects:
        return False
    return any(each == "*" or glob(each).match(operation.id) for each in rule.operations)
