"""Whether anything would be left to restore from."""

from scopeaudit.audit.crossing import Expectation
from scopeaudit.audit.draft import Draft
from scopeaudit.audit.environments import is_production, says_development
from scopeaudit.audit.independence import Independence
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import Selection
from scopeaudit.audit.severity import one_step_lower
from scopeaudit.audit.words import (
    credential_named,
    listed,
    operations_named,
    resources_named,
)
from scopeaudit.model.finding import Severity

RECOVERY = "recovery-in-blast-radius"
NO_COPY = "no-independent-recovery"


def recovery_in_blast_radius(scope: Scope, independence: Independence) -> Draft | None:
    """What data would be restored from can be destroyed together with the data."""
    if scope.is_dead:
        return None
    losing_data, losing_copies = _pairs(scope)
    if not losing_data:
        return None
    data, recovery = scope.beside_job.where(losing_data), scope.beside_job.where(losing_copies)
    severity = _pair_severity(scope, data, recovery)
    copies = independence.copies_of(scope.provider_id, data, scope)
    operations = scope.beside_job.where(losing_data | losing_copies)
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
    data = _that_counts(scope, scope.beside_job.where(scope.meaning.destroying_data), expectation)
    if not data or independence.copies_of(scope.provider_id, data, scope):
        return None
    ids = data.resources
    what = f"data ({resources_named(ids, scope.tree)})" if ids else "data"
    how = operations_named(data)
    declared = independence.declares_any(scope, data)
    why = (
        "every copy that is declared for some of it can be destroyed with the credentials in reach"
        if declared
        else "no copy of some of it is declared that they cannot destroy"
    )
    message = f"{credential_named(scope)} can destroy {what} by {how}, and {why}."
    return Draft(NO_COPY, one_step_lower(data.severity), message, data, narrows=False)


def _that_counts(scope: Scope, operations: Selection, expectation: Expectation) -> Selection:
    """Where job or folder are declared for environments that nobody depends on, what reaches production."""
    declared = expectation.declared
    if not declared or not all(says_development(each) for each in declared):
        return operations
    if expectation.stated is not None and is_production(expectation.stated):
        return operations
    if operations.where(scope.unlisted):
        # Whether production is among what could not be listed nobody knows.
        return operations
    return operations.limited(lambda each: is_production(scope.tree.environment_or_name(each) or ""))


def _pairs(scope: Scope) -> tuple[int, int]:
    """Operations that destroy data, and those that destroy its recovery copies: of a pair one is excess."""
    data = scope.granted.mask & scope.meaning.destroying_data
    recovery = scope.granted.mask & scope.meaning.destroying_recovery
    if not recovery & scope.excess.mask:
        data &= scope.excess.mask
    if not data & scope.excess.mask:
        recovery &= scope.excess.mask
    return (data, recovery) if data and recovery else (0, 0)


def _pair_severity(scope: Scope, data: Selection, recovery: Selection) -> Severity:
    """Critical where the data and its copies can both be lost for good, with nothing in the way of either."""
    lost, copies = data.mask & scope.meaning.critical, recovery.mask & scope.meaning.critical
    both = lost and copies and (lost | copies) & scope.excess.mask
    return Severity.CRITICAL if both else Severity.HIGH


def _told(scope: Scope, data: Selection, recovery: Selection, *, ungated: bool) -> str:
    ids = data.resources
    what = f"data ({resources_named(ids, scope.tree)})" if ids else "data"
    if ungated:
        data, recovery = data.where(scope.meaning.critical), recovery.where(scope.meaning.critical)
    together = data.where(scope.meaning.taking_recovery)
    name = credential_named(scope)
    if together:
        how = f"{operations_named(together)} {_takes(together)} the backups along"
    else:
        how = f"{operations_named(data)} for the data, {operations_named(recovery)} for the backups"
    ending = (
        "nothing stands in the way" if ungated else "a gate or a limited time to undo it is all that is left"
    )
    return f"{name} can destroy {what} together with what it would be restored from: {how}; {ending}."


def _takes(operations: Selection) -> str:
    return "takes" if len(operations) == 1 else "take"
