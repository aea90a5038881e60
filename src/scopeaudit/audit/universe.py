"""Operations described for a report, made once and shared by all credentials that hold them alike."""

from collections.abc import Callable
from dataclasses import dataclass, field

from scopeaudit.audit.meaning import Meaning
from scopeaudit.audit.severity import severity_of
from scopeaudit.model.authority import EvidenceKind, Verdict
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.operation import Effect, Gate, Reversible


def described(
    meaning: Meaning,
    operation_id: str,
    verdict: Verdict,
    evidence: EvidenceKind,
    resources: tuple[str, ...],
    *,
    gate_falls: bool = False,
) -> FindingOperation:
    """One operation as findings tell it; `gate_falls` says that its gate can be taken away."""
    traits = meaning.operation(operation_id).traits
    return FindingOperation(
        id=operation_id,
        effect=traits.effect,
        touches=traits.touches,
        reversible=traits.reversible,
        gate=traits.gate,
        verdict=verdict,
        evidence=evidence,
        severity=severity_of(traits, gate_falls=gate_falls),
        resources=resources,
        window=traits.window,
        gate_removed_by=traits.gate_removed_by if gate_falls else None,
        takes_recovery=traits.takes_recovery,
        source=traits.source,
    )


_NOT_MADE = FindingOperation(
    "", Effect.READ, frozenset(), Reversible.YES, Gate.NONE, Verdict.UNKNOWN, EvidenceKind.NONE, Severity.LOW
)


@dataclass
class Universe:
    """All operations of a provider under one verdict, evidence and set of resources; made as they are needed.

    `resources_of` gives the resources of an operation.
    """

    meaning: Meaning
    verdict: Verdict
    evidence: EvidenceKind
    resources_of: Callable[[str], tuple[str, ...]]
    _made: list[FindingOperation] = field(init=False)
    _mask: int = 0

    def __post_init__(self) -> None:
        self._made = [_NOT_MADE] * len(self.meaning.ids)

    def take(self, mask: int) -> list[FindingOperation]:
        """The operations in the mask, in the order in which they are told."""
        if missing := mask & ~self._mask:
            rows = self.meaning.rows
            for place in self.meaning.select(missing, range(len(rows))):
                one = rows[place].operation.id
                resources, falls = self.resources_of(one), rows[place].gate_falls
                self._made[place] = described(
                    self.meaning, one, self.verdict, self.evidence, resources, gate_falls=falls
                )
            self._mask |= missing
        return list(self.meaning.select(mask, self._made))
