"""Whether anything would be left to restore from."""

from collections.abc import Sequence

from scopeaudit.audit.crossing import Expectation
from scopeaudit.audit.draft import Draft
from scopeaudit.audit.environments import is_production, says_development
from scopeaudit.audit.independence import Independence
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import one_step_lower
from scopeaudit.audit.words import (
    credential_named,
    critical_of,
    listed,
    operations_named,
    resources_named,
    resources_of,
)
from scopeaudit.model.finding import FindingOperation, Severity

RECOVERY = "recovery-in-blast-radius"
NO_COPY = "no-independent-recovery"

_Operations = tuple[FindingOperation, ...]


def recovery_in_blast_radius(scope: Scope, independence: Independence) -> Draft | None:
    """What data would be restored from can be destroyed together with the data."""
    if scope.is_dead:
        return None
    losing_data, losing_copies = _pairs(scope)
    if not losing_data:
        return None
    data, recovery = scope.granted_in(losing_data), scope.granted_in(losing_copies)
    severity = _pair_severity(scope, data, recovery)
    copies = independence.copies_of(scope.provider_id, data, scope)
    operations = scope.granted_in(losing_data | losing_copies)
    told = _told(scope, data, recovery, ungated=severity is Severity.CRITICAL)
    if not copies:
        return Draft(RECOVERY, severity, told, operations)
    apart = (
        f" An independent copy is declared at {listed(copies, 1)}, out of reach of every credential found."
    )
    return Draft(RECOVERY, one_step_lower(severity), f"{told}{apart}", operations)


def no_independent_recovery(
    scope: Scope, expectation: Expectation, independence: Independence
) -> Draft | None:
    """Data can be destroyed, and nothing is declared from which it could then be restored.

    Whether destroying it is the job does not count: an allowed deletion is restored from the same copies.
    """
    if scope.is_dead or scope.is_harmless_public:
        return None
    data = _that_counts(scope, scope.granted_in(scope.meaning.destroying_data), expectation)
    if not data or independence.copies_of(scope.provider_id, data, scope):
        return None
    ids = resources_of(data) if scope.has_resources else ()
    what = f"data ({resources_named(ids, scope.tree)})" if ids else "data"
    how = operations_named(data, scope)
    declared = independence.declares_any(scope, data)
    why = (
        "every copy that is declared for some of it can be destroyed with the credentials in reach"
        if declared
        else "no copy of some of it is declared that they cannot destroy"
    )
    message = f"{credential_named(scope)} can destroy {what} by {how}, and {why}."
    return Draft(NO_COPY, one_step_lower(data[0].severity), message, data, narrows=False)


def _that_counts(scope: Scope, operations: _Operations, expectation: Expectation) -> _Operations:
    """Where job or folder are declared for environments that nobody depends on, what reaches production."""
    declared = expectation.declared
    if not declared or not all(says_development(each) for each in declared):
        return operations
    if expectation.stated is not None and is_production(expectation.stated):
        return operations
    crossing = (
        (
            each,
            tuple(one for one in each.resources if is_production(scope.tree.environment_or_name(one) or "")),
        )
        for each in operations
    )
    return tuple(scope.limited(each, resources) for each, resources in crossing if resources)


def _pairs(scope: Scope) -> tuple[int, int]:
    """Operations that destroy data, and those that destroy its recovery copies: of a pair one is excess."""
    data = scope.holdings.granted & scope.meaning.destroying_data
    recovery = scope.holdings.granted & scope.meaning.destroying_recovery
    if not recovery & scope.excess_mask:
        data &= scope.excess_mask
    if not data & scope.excess_mask:
        recovery &= scope.excess_mask
    return (data, recovery) if data and recovery else (0, 0)


def _any_excess(scope: Scope, operations: _Operations) -> bool:
    return any(scope.meaning.has(scope.excess_mask, each.id) for each in operations)


def _pair_severity(scope: Scope, data: _Operations, recovery: _Operations) -> Severity:
    """Critical where the data and its copies can both be lost for good, with nothing in the way of either."""
    lost, copies = critical_of(data), critical_of(recovery)
    both = lost and copies and _any_excess(scope, (*lost, *copies))
    return Severity.CRITICAL if both else Severity.HIGH


def _told(scope: Scope, data: _Operations, recovery: _Operations, *, ungated: bool) -> str:
    ids = resources_of(data) if scope.has_resources else ()
    what = f"data ({resources_named(ids, scope.tree)})" if ids else "data"
    if ungated:
        data, recovery = critical_of(data), critical_of(recovery)
    together = [each for each in data if each.takes_recovery]
    name = credential_named(scope)
    if together:
        how = f"{operations_named(together, scope)} {_takes(together)} the backups along"
    else:
        copies = operations_named(recovery, scope)
        how = f"{operations_named(data, scope)} for the data, {copies} for the backups"
    ending = (
        "nothing stands in the way" if ungated else "a gate or a limited time to undo it is all that is left"
    )
    return f"{name} can destroy {what} together with what it would be restored from: {how}; {ending}."


def _takes(operations: Sequence[FindingOperation]) -> str:
    return "takes" if len(operations) == 1 else "take"
