"""What `iam:SimulatePrincipalPolicy` says, where policies cannot be read or organizations interfere.

A simulation names no resource, so it speaks of all at once: what it allows is allowed everywhere,
but what it refuses may still be allowed on single resources, unless the operation knows none.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scopeaudit.ask.aws.actions import MOST_ACTION_NAMES, READ_ONLY_ACTIONS
from scopeaudit.ask.aws.answers import list_at, text_at
from scopeaudit.ask.aws.evaluate import SESSION_SOURCE
from scopeaudit.catalogue.aws_resources import formats_of
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Evidence, EvidenceKind, Verdict
from scopeaudit.model.operation import Effect, Operation, Reversible, Touches

QUESTION = "iam:SimulatePrincipalPolicy"
SOURCE = READ_ONLY_ACTIONS[QUESTION].source
_DANGEROUS = (Effect.DELETE, Effect.PERMISSIONS, Effect.REVEAL, Effect.EXECUTE)
_ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Simulated:
    """The result for one operation."""

    decision: str
    """`allowed`, `explicitDeny` or `implicitDeny`."""
    missing: tuple[str, ...] = ()
    """Condition keys that would have to be known."""
    allowed_by_organization: bool | None = None
    """`None` where no organization is said to have a say."""


def dangerous(catalogue: OperationCatalogue) -> tuple[str, ...]:
    """The operations worth a simulation, those that matter most first.

    They destroy, reveal, widen authority, run code or touch recovery copies, and have traits of their own.
    """
    chosen = [each for each in catalogue.operations.values() if each.traits.by_hand and _is_dangerous(each)]
    return tuple(each.id for each in sorted(chosen, key=_rank))


def _is_dangerous(operation: Operation) -> bool:
    return operation.traits.effect in _DANGEROUS or Touches.RECOVERY in operation.traits.touches


def _rank(operation: Operation) -> tuple[bool, bool, bool, int, str]:
    """What cannot be undone comes first, and of that what recovery copies die by."""
    traits = operation.traits
    order = _DANGEROUS.index(traits.effect) if traits.effect in _DANGEROUS else len(_DANGEROUS)
    is_undone = traits.reversible is not Reversible.NO
    spares_recovery = not (traits.takes_recovery or Touches.RECOVERY in traits.touches)
    return is_undone, spares_recovery, Touches.DATA not in traits.touches, order, operation.id


def batches(operations: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The operations in order, as many at a time as one request takes."""
    ordered = tuple(operations)
    for start in range(0, len(ordered), MOST_ACTION_NAMES):
        yield ordered[start : start + MOST_ACTION_NAMES]


def read_simulation(result: Mapping[str, object]) -> dict[str, Simulated]:
    """The results of one page, by operation; what cannot be read is left out."""
    found = {}
    for each in list_at(result, "EvaluationResults"):
        name, decision = text_at(each, "EvalActionName"), text_at(each, "EvalDecision")
        if name is None or decision not in (_ALLOWED, "explicitDeny", "implicitDeny"):
            continue
        said = text_at(each, "OrganizationsDecisionDetail", "AllowedByOrganizations")
        missing = tuple(key for key in list_at(each, "MissingContextValues") if isinstance(key, str))
        found[name] = Simulated(decision, missing, None if said is None else said == "true")
    return found


def verdict_of(
    operation: str, simulated: Simulated, *, has_unseen_session_policy: bool = False, partition: str = "aws"
) -> tuple[Verdict, tuple[Evidence, ...]]:
    """What a simulation says about an operation whose policies are not all known."""
    said = f"{QUESTION} → {simulated.decision}"
    if simulated.missing:
        keys = ", ".join(simulated.missing[:3])
        return Verdict.UNKNOWN, (_asked(f"{said}, and depends on {keys}"),)
    if simulated.decision != _ALLOWED or simulated.allowed_by_organization is False:
        return _refused(operation, said, partition)
    if has_unseen_session_policy:
        detail = "a session policy, if one was passed when the session began, cannot be read"
        return Verdict.UNKNOWN, (_asked(said), Evidence(EvidenceKind.NONE, detail, SESSION_SOURCE))
    return Verdict.GRANTED, (_asked(said),)


def refused_by_organization(
    operation: str, simulated: Simulated, *, partition: str = "aws"
) -> tuple[Verdict, tuple[Evidence, ...]] | None:
    """What becomes of an operation its own policies grant; `None` if the organization leaves it alone."""
    if simulated.allowed_by_organization is not False:
        return None
    return _refused(operation, f"{QUESTION} → not allowed by the organization", partition)


def _refused(operation: str, said: str, partition: str) -> tuple[Verdict, tuple[Evidence, ...]]:
    if formats_of(operation, partition):
        return Verdict.UNKNOWN, (_asked(f"{said} for all resources at once; single ones may be allowed"),)
    return Verdict.DENIED, (_asked(said),)


def _asked(detail: str) -> Evidence:
    return Evidence(EvidenceKind.ASKED, detail, SOURCE)
