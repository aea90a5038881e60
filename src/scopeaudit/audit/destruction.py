"""What excess could destroy, and what it could be widened to."""

from scopeaudit.audit.draft import THIS, Draft
from scopeaudit.audit.following import Following, Gained
from scopeaudit.audit.meaning import Row
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.words import (
    counted,
    credential_named,
    in_reach,
    kind_named,
    operations_named,
    worst_of,
)
from scopeaudit.model.authority import Verdict
from scopeaudit.model.finding import Severity, Step

UNGATED = "ungated-destruction"
ESCALATION = "escalation"


def ungated_destruction(scope: Scope) -> Draft | None:
    """Data or recovery copies can be destroyed for good, and nothing stands in the way."""
    if scope.is_dead:
        return None
    operations = scope.excess.where(scope.meaning.critical)
    if not operations:
        return None
    ungated = operations.where(scope.meaning.falling)
    remover = ungated.first.removed_by if ungated else None
    fallen = f" A gate stands before some of it, and {remover} takes it away." if remover else ""
    told = f"{counted(len(operations), 'operation')} ({operations_named(operations)})"
    message = (
        f"{credential_named(scope)} can destroy data or backups for good by {told} with no gate on the API."
    )
    reach = in_reach(operations, scope)
    return Draft(UNGATED, Severity.CRITICAL, f"{message}{fallen}{reach}", operations)


def escalation(scope: Scope, following: Following) -> Draft | None:
    """More authority can be had with it: credentials minted, permissions widened, secrets read, code run."""
    operations = scope.excess.where(scope.meaning.escalating)
    if scope.is_dead or not operations:
        return None
    told = counted(len(operations), "operation")
    tail = f"namely {worst_of(operations)}" if len(operations) == 1 else worst_of(operations)
    message = f"{credential_named(scope)} can gain more authority by {told}, {tail}."
    found = _one_step_further(scope, following)
    if found is None:
        return Draft(ESCALATION, operations.severity, message, operations)
    gained, row = found
    further = f" {gained.by} {gained.does} {gained.title}, which may do at most {row.operation.id}."
    steps = (
        Step(THIS, kind_named(scope), gained.by, f"{gained.does} {gained.title}"),
        Step(None, gained.named, row.operation.id, "may destroy data or backups"),
    )
    return Draft(ESCALATION, operations.severity, message + further, operations, steps=steps)


def _one_step_further(scope: Scope, following: Following) -> tuple[Gained, Row] | None:
    """The worst that a credential it mints or reveals may do and it may not do itself."""
    mask = scope.excess.mask & scope.meaning.yielding
    if not mask:
        return None
    found = []
    for gained in following.gained(scope.provider_id, mask):
        own = scope.holdings.said[Verdict.GRANTED] if gained.provider == scope.provider_id else 0
        if (row := gained.worst(without=own)) is not None:
            found.append((gained, row))
    return min(found, key=lambda each: each[1].order, default=None)
