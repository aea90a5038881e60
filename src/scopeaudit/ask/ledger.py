"""What a credential is known to hold and to lack, and what follows for an operation.

Three-valued throughout: an atom is held, lacked or unknown, and an unknown atom never makes an
operation denied. Atoms live in dimensions (scope, permission, role, privilege); an operation states
its requirements a dimension at a time, as alternatives of atoms that are all needed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scopeaudit.catalogue.atoms import closure, includers
from scopeaudit.model.authority import Evidence, EvidenceKind, Verdict
from scopeaudit.model.operation import Requirement

Implications = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Dimension, atom (or `*` pattern), to the atoms that holding it includes."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()


@dataclass(slots=True)
class Ledger:
    """Grows while answers come in; read when all are in."""

    implies: Implications = field(default_factory=dict)
    may_imply: Implications = field(default_factory=dict)
    held: dict[str, dict[str, Evidence]] = field(default_factory=dict)
    lacked: dict[str, dict[str, Evidence]] = field(default_factory=dict)
    exhaustive: dict[str, Evidence] = field(default_factory=dict)
    """Dimensions of which every held atom is known."""
    on_resource: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    """Resource id, dimension: every atom held on that resource."""
    lacked_on: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    """The same for atoms lacked, where not every atom held on the resource is known."""
    resource_evidence: dict[str, dict[str, Evidence]] = field(default_factory=dict)
    """Resource id, dimension: what showed it."""

    def hold(self, dimension: str, atoms: Iterable[str], evidence: Evidence) -> None:
        """Note that atoms, and all they include, are held."""
        known = self.held.setdefault(dimension, {})
        for atom in closure(atoms, self.implies.get(dimension, {})):
            known.setdefault(atom, evidence)

    def lack(self, dimension: str, atoms: Iterable[str], evidence: Evidence) -> None:
        """Note that atoms, and all that would include them, are lacked."""
        known = self.lacked.setdefault(dimension, {})
        for atom in includers(atoms, self.implies.get(dimension, {})):
            known.setdefault(atom, evidence)

    def hold_on(self, resource: str, dimension: str, atoms: Iterable[str], evidence: Evidence) -> None:
        """Note every atom held on one resource."""
        reached = closure(atoms, self.implies.get(dimension, {}))
        self.on_resource.setdefault(resource, {})[dimension] = frozenset(reached)
        self.resource_evidence.setdefault(resource, {})[dimension] = evidence

    def lack_on(self, resource: str, dimension: str, atoms: Iterable[str]) -> None:
        """Note what is lacked on a resource; what is neither held nor lacked on it is then unknown."""
        reached = includers(atoms, self.implies.get(dimension, {}))
        self.lacked_on.setdefault(resource, {})[dimension] = frozenset(reached)

    def names(self, dimension: str, atom: str) -> bool:
        """Whether the provider file says anything about this very atom; a pattern does not."""
        tables = (self.implies.get(dimension, {}), self.may_imply.get(dimension, {}))
        return any(atom in (key, *values) for table in tables for key, values in table.items())

    def inherit(self, resource: str, parent: str) -> None:
        """What is held on a resource is held on what lives in it, until something else is said of that."""
        if parent in self.on_resource:
            self.on_resource[resource] = dict(self.on_resource[parent])
            self.lacked_on[resource] = dict(self.lacked_on.get(parent, {}))
            self.resource_evidence[resource] = dict(self.resource_evidence[parent])

    def judge(
        self, requirement: Requirement, *, resource: str | None = None, maximum: frozenset[str] | None = None
    ) -> Judgement:
        """Whether a requirement is met, on a resource if one is named.

        `maximum` is every atom such a credential can hold at all, as documented; others are lacked.
        """
        judged = [
            self._judge_all(requirement.dimension, atoms, resource, maximum)
            for atoms in requirement.alternatives
        ]
        for verdict in (Verdict.GRANTED, Verdict.UNKNOWN):
            for each in judged:
                if each.verdict is verdict:
                    return each
        return Judgement(Verdict.DENIED, _merged(each.evidence for each in judged))

    def _judge_all(
        self, dimension: str, atoms: frozenset[str], resource: str | None, maximum: frozenset[str] | None
    ) -> Judgement:
        each = [self._judge_atom(dimension, atom, resource, maximum) for atom in sorted(atoms)]
        for judgement in each:
            if judgement.verdict is Verdict.DENIED:
                return judgement
        if any(judgement.verdict is Verdict.UNKNOWN for judgement in each):
            return Judgement(Verdict.UNKNOWN)
        return Judgement(Verdict.GRANTED, _merged(judgement.evidence for judgement in each))

    def _judge_atom(
        self, dimension: str, atom: str, resource: str | None, maximum: frozenset[str] | None
    ) -> Judgement:
        if resource is not None and dimension in self.on_resource.get(resource, {}):
            return self._judge_on(dimension, atom, resource)
        held = self.held.get(dimension, {})
        if found := held.get(atom):
            return Judgement(Verdict.GRANTED, (found,))
        if found := self.lacked.get(dimension, {}).get(atom):
            return Judgement(Verdict.DENIED, (found,))
        if self._is_doubtful(dimension, atom, held):
            return Judgement(Verdict.UNKNOWN)
        if found := self.exhaustive.get(dimension):
            return Judgement(Verdict.DENIED, (found,))
        if maximum is not None and atom not in maximum:
            detail = f"no credential of this kind holds {dimension} {atom}"
            return Judgement(Verdict.DENIED, (Evidence(EvidenceKind.DOCUMENTED, detail),))
        return Judgement(Verdict.UNKNOWN)

    def _judge_on(self, dimension: str, atom: str, resource: str) -> Judgement:
        """An atom on a resource of which something is known in this dimension."""
        held = self.on_resource[resource][dimension]
        evidence = (self.resource_evidence[resource][dimension],)
        if atom in held:
            return Judgement(Verdict.GRANTED, evidence)
        lacked = self.lacked_on.get(resource, {}).get(dimension)
        if self._is_doubtful(dimension, atom, held) or (lacked is not None and atom not in lacked):
            return Judgement(Verdict.UNKNOWN)
        return Judgement(Verdict.DENIED, evidence)

    def _is_doubtful(self, dimension: str, atom: str, held: Iterable[str]) -> bool:
        """Whether something held may include the atom."""
        table = self.may_imply.get(dimension)
        return table is not None and atom in closure(held, table)


def _merged(evidence: Iterable[tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(piece for pieces in evidence for piece in pieces))
