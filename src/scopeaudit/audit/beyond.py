"""Authority beyond the job, or without one, or of which nobody knows whether it is held."""

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import Selection
from scopeaudit.audit.severity import at_least, at_most
from scopeaudit.audit.words import counted, credential_named, in_reach, operations_named, worst_of
from scopeaudit.model.finding import Severity

EXCESS = "excess-authority"
UNDECLARED = "undeclared-credential"
UNVERIFIED = "unverified-authority"


def excess_authority(scope: Scope) -> Draft | None:
    """The credential may do more than its job needs."""
    if scope.job is None or scope.is_dead:
        return None
    operations = _noteworthy(scope, scope.excess)
    if not operations:
        return None
    told = counted(len(operations), "operation")
    if scope.expired_job:
        beyond = f"can do {told}, and its job {scope.job.name} has expired and allows nothing any more"
        message = f"{credential_named(scope)} {beyond}: {worst_of(operations)}."
    else:
        beyond = f"can do {told} that its job {scope.job.name} does not need"
        message = f"{credential_named(scope)} {beyond}, {_joined(operations)}."
    severity = _low_if_public(scope, operations.severity)
    return Draft(EXCESS, severity, message + in_reach(operations, scope), operations)


def undeclared_credential(scope: Scope) -> Draft | None:
    """No job says what the credential is for."""
    if scope.job is not None:
        return None
    name = credential_named(scope)
    if scope.is_dead:
        if scope.is_public:
            return None
        message = f"{name} no longer works ({scope.authority.state}), yet it still lies here and has no job."
        return Draft(UNDECLARED, Severity.LOW, message, narrows=False)
    operations = _noteworthy(scope, scope.granted)
    if scope.is_public and not operations:
        return None
    severity = at_least(operations.severity, Severity.MEDIUM)
    severity = _low_if_public(scope, severity)
    if not operations:
        message = f"{name} has no job, and nothing that it can do is known."
        return Draft(UNDECLARED, severity, message, narrows=False)
    told = f"{name} has no job and can do {counted(len(operations), 'operation')}, {_joined(operations)}."
    return Draft(UNDECLARED, severity, told + in_reach(operations, scope), operations, narrows=False)


def unverified_authority(scope: Scope) -> Draft | None:
    """It could not be learned whether the credential may do these operations."""
    if scope.is_dead:
        return None
    operations = _noteworthy(scope, scope.unverified)
    if not operations:
        return None
    limit = Severity.LOW if scope.is_harmless_public else Severity.HIGH
    severity = at_most(operations.severity, limit)
    told = counted(len(operations), "operation")
    maximum = _documented_maximum(scope)
    message = (
        f"{credential_named(scope)} may be able to do {told} more, which could not be verified; the worst "
        f"would be {operations_named(operations)}."
    )
    return Draft(UNVERIFIED, severity, f"{message}{maximum}", operations, narrows=False)


def _documented_maximum(scope: Scope) -> str:
    if scope.provider is None or scope.kind is None:
        return ""
    summaries = [each.summary for each in scope.provider.authority if scope.kind.id in each.kinds]
    return f" Documented at most: {summaries[0].removesuffix('.')}." if summaries else ""


def _joined(operations: Selection) -> str:
    return f"namely {worst_of(operations)}" if len(operations) == 1 else worst_of(operations)


def _noteworthy(scope: Scope, operations: Selection) -> Selection:
    """All of them; of a harmless public credential those that do more than read."""
    return operations.where(~scope.meaning.reading) if scope.is_harmless_public else operations


def _low_if_public(scope: Scope, severity: Severity) -> Severity:
    return Severity.LOW if scope.is_harmless_public else severity
