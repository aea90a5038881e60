"""What excess could destroy, whether anything would be left to restore from, and what it could widen."""

from collections.abc import Callable, Sequence

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.independence import Independence
from scopeaudit.audit.scope import Scope, worst_first
from scopeaudit.audit.severity import destroys_data, destroys_recovery, one_step_lower, worst
from scopeaudit.audit.words import (
    counted,
    credential_named,
    in_reach,
    listed,
    operations_named,
    resources_named,
    resources_of,
    worst_of,
)
from scopeaudit.model.finding import FindingOperation, Severity
from scopeaudit.model.operation import Effect, Traits

UNGATED = "ungated-destruction"
RECOVERY = "recovery-in-blast-radius"
ESCALATION = "escalation"

_ESCALATING = frozenset({Effect.PERMISSIONS, Effect.REVEAL, Effect.EXECUTE})
_Operations = tuple[FindingOperation, ...]


def ungated_destruction(scope: Scope) -> Draft | None:
    """Data or recovery copies can be destroyed for good, and nothing stands in the way."""
    if scope.is_dead:
        return None
    operations = tuple(each for each in scope.excess if each.severity is Severity.CRITICAL)
    if not operations:
        return None
    gates = [each.gate_removed_by for each in operations if each.gate_removed_by is not None]
    fallen = f" A gate stands before some of it, and {gates[0]} takes it away." if gates else ""
    message = (
        f"{credential_named(scope)} can destroy data or backups for good by "
        f"{counted(len(operations), 'operation')} ({operations_named(operations)}) with no gate on the API."
    )
    reach = in_reach(operations, scope.tree)
    return Draft(UNGATED, Severity.CRITICAL, f"{message}{fallen}{reach}", operations)


def escalation(scope: Scope) -> Draft | None:
    """More authority can be had with it: credentials minted, permissions widened, secrets read, code run."""
    operations = tuple(each for each in scope.excess if each.effect in _ESCALATING)
    if scope.is_dead or not operations:
        return None
    told = counted(len(operations), "operation")
    tail = f"namely {worst_of(operations)}" if len(operations) == 1 else worst_of(operations)
    message = f"{credential_named(scope)} can gain more authority by {told}, {tail}."
    return Draft(ESCALATION, worst(each.severity for each in operations), message, operations)


def recovery_in_blast_radius(scope: Scope, independence: Independence) -> Draft | None:
    """What data would be restored from can be destroyed together with the data."""
    if scope.is_dead:
        return None
    data, recovery = _pairs(scope)
    if not data:
        return None
    severity = _pair_severity(scope, data, recovery)
    copies = independence.copies_of(scope.provider_id, data, scope)
    operations = worst_first({each.id: each for each in (*recovery, *data)}.values())
    told = _told(scope, data, recovery, ungated=severity is Severity.CRITICAL)
    if not copies:
        return Draft(RECOVERY, severity, told, operations)
    apart = (
        f" An independent copy is declared at {listed(copies, 1)}, out of reach of every credential found."
    )
    return Draft(RECOVERY, one_step_lower(severity), f"{told}{apart}", operations)


def _pairs(scope: Scope) -> tuple[_Operations, _Operations]:
    """Operations that destroy data, and those that destroy its recovery copies: of a pair one is excess."""
    data, recovery = _with_traits(scope, destroys_data), _with_traits(scope, destroys_recovery)
    if not _any_excess(scope, recovery):
        data = tuple(each for each in data if each.id in scope.excess_ids)
    if not _any_excess(scope, data):
        recovery = tuple(each for each in recovery if each.id in scope.excess_ids)
    return (data, recovery) if data and recovery else ((), ())


def _with_traits(scope: Scope, has: Callable[[Traits], bool]) -> _Operations:
    """All granted operations with these traits; those beyond the job on the resources beyond it."""
    excess = {each.id: each for each in scope.excess}
    return tuple(excess.get(each.id, each) for each in scope.granted if has(scope.operation(each.id).traits))


def _any_excess(scope: Scope, operations: _Operations) -> bool:
    return any(each.id in scope.excess_ids for each in operations)


def _pair_severity(scope: Scope, data: _Operations, recovery: _Operations) -> Severity:
    """Critical where the data and its copies can both be lost for good, with nothing in the way of either."""
    lost = tuple(each for each in data if each.severity is Severity.CRITICAL)
    copies = tuple(each for each in recovery if each.severity is Severity.CRITICAL)
    both = lost and copies and _any_excess(scope, (*lost, *copies))
    return Severity.CRITICAL if both else Severity.HIGH


def _told(scope: Scope, data: _Operations, recovery: _Operations, *, ungated: bool) -> str:
    ids = resources_of(data)
    what = f"data ({resources_named(ids, scope.tree)})" if ids else "data"
    data, recovery = _worst_of(data, ungated=ungated), _worst_of(recovery, ungated=ungated)
    together = [each for each in data if each.takes_recovery]
    name = credential_named(scope)
    if together:
        how = f"{operations_named(together)} {_takes(together)} the backups along"
    else:
        how = f"{operations_named(data)} for the data, {operations_named(recovery)} for the backups"
    ending = (
        "nothing stands in the way" if ungated else "a gate or a limited time to undo it is all that is left"
    )
    return f"{name} can destroy {what} together with what it would be restored from: {how}; {ending}."


def _worst_of(operations: _Operations, *, ungated: bool) -> _Operations:
    """Where nothing stands in the way, those of which that is true; else all."""
    return tuple(each for each in operations if not ungated or each.severity is Severity.CRITICAL)


def _takes(operations: Sequence[FindingOperation]) -> str:
    return "takes" if len(operations) == 1 else "take"
