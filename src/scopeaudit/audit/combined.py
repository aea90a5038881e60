"""What no single credential in reach does, and several do together."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from scopeaudit.audit.draft import THIS, Draft
from scopeaudit.audit.independence import Independence, places
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import Selection, united
from scopeaudit.audit.severity import at_most, one_step_lower
from scopeaudit.audit.together import Approver, Help, Member, Together
from scopeaudit.audit.words import credential_named, kind_named, operations_named
from scopeaudit.model.finding import Severity, Step
from scopeaudit.model.job import ResourcePattern

COMBINED = "combined-authority"

_TOLD = 3


@dataclass(frozen=True, slots=True)
class _Combination:
    """One thing that takes more than one credential."""

    severity: Severity
    told: str
    operations: Selection
    """Of the credential that the finding is about."""
    steps: tuple[Step, ...]


def combined_authority(scope: Scope, together: Together, independence: Independence) -> Draft | None:
    """With others in reach the credential does what neither does alone."""
    if scope.is_dead:
        return None
    found = sorted(
        (
            *_gates(scope, together),
            *_approvals(scope, together),
            *_native_copies(scope, together, independence),
            *_declared_copies(scope, together, independence),
        ),
        key=lambda each: (-each.severity.rank, len(each.steps)),
    )
    if not found:
        return None
    told = reduce(or_, (each.operations.mask for each in found))
    more = f" And {len(found) - _TOLD:,} more." if len(found) > _TOLD else ""
    return Draft(
        COMBINED,
        found[0].severity,
        " ".join(each.told for each in found[:_TOLD]) + more,
        Selection(scope.granted.parts, _each_once(scope, told)),
        narrows=False,
        steps=found[0].steps,
    )


def _each_once(scope: Scope, mask: int) -> int:
    """Each operation in one row: without its gate, if it is told so."""
    seen = 0
    for each in scope.meaning.openings:
        if mask & each.fallen:
            mask ^= each.fallen if seen & each.standing else 0
            seen |= each.standing
    return mask & ~seen


def _gates(scope: Scope, together: Together) -> Iterator[_Combination]:
    """A gate that another credential may take away, unless the job allows that and what it stands before."""
    by_remover: dict[str, int] = {}
    for each in scope.meaning.openings:
        is_job = each.operation in scope.allowed and not scope.excess.mask & each.standing
        if scope.granted.mask & each.standing and not each.takes_two and not is_job:
            by_remover[each.operation] = by_remover.get(each.operation, 0) | each.fallen
    for remover, fallen in by_remover.items():
        help_ = together.remover(scope, remover)
        if help_ is None:
            continue
        operations = Selection(scope.granted.parts, fallen)
        severity = operations.severity
        if help_.gained is not None:
            severity = at_most(severity, Severity.HIGH)
        told = (
            f"A gate stands before {operations_named(operations)} of {_this(scope)}, and "
            f"{_helper(help_.member)} takes it away by {_by(help_, remover)}."
        )
        steps = (*_steps_of(help_, remover, "takes the gate away"), _last(scope, operations))
        yield _Combination(severity, told, operations, steps)


def _approvals(scope: Scope, together: Together) -> Iterator[_Combination]:
    """What takes two principals, and the credentials of both are in reach."""
    by_approver: dict[str, tuple[Approver, int]] = {}
    for each in scope.meaning.openings:
        if not scope.granted.mask & each.standing or not each.takes_two:
            continue
        approver = together.approver(scope, each.operation)
        if approver is not None:
            _, known = by_approver.get(approver.member.credential.id, (approver, 0))
            by_approver[approver.member.credential.id] = approver, known | each.fallen
    for approver, fallen in by_approver.values():
        yield _approval(scope, approver, Selection(scope.granted.parts, fallen))


def _approval(scope: Scope, approver: Approver, operations: Selection) -> _Combination:
    helper, named = approver.member, operations_named(operations)
    wait = "waits" if len(operations) == 1 else "wait"
    is_it = "can be: it is" if approver.is_another else "may be: it may be"
    told = (
        f"{named} of {_this(scope)} {wait} for a second principal, which {_helper(helper)} {is_it} of "
        f"another account and may call {named} too."
    )
    first = operations.first.operation.id
    asking = Step(helper.credential.id, kind_named(helper.scope), first, "is the second to ask for it")
    severity = operations.severity if approver.is_another else at_most(operations.severity, Severity.HIGH)
    return _Combination(severity, told, operations, (asking, _last(scope, operations)))


def _native_copies(scope: Scope, together: Together, independence: Independence) -> Iterator[_Combination]:
    """The copies that the provider itself keeps can be destroyed by another credential."""
    granted = scope.granted.mask
    if not granted & scope.meaning.destroying_data or granted & scope.meaning.keepers:
        return
    for part, (destroying, recovery) in scope.meaning.families.items():
        if not granted & destroying or granted & recovery:
            continue
        help_ = together.loser_of_copies(scope, part)
        if help_ is None:
            continue
        data = scope.granted.where(destroying)
        if scope.meaning.mask_of_many(scope.allowed) & (recovery | scope.meaning.keepers):
            # Were it granted here as well, as the job allows, only what is beyond the job would count.
            data = data.where(scope.excess.mask)
        if not data:
            continue
        severity = _severity(data, (help_,))
        apart = independence.copies_of(scope.provider_id, data, scope)
        told = (
            f"{credential_named(scope)} can destroy data by {operations_named(data)}, and "
            f"{_helper(help_.member)} its recovery copies by {_by(help_, help_.operation)}."
        )
        if apart:
            severity = one_step_lower(severity)
            told += f" A copy out of reach is declared at {apart[0]}."
        steps = (*_steps_of(help_, help_.operation, "destroys the recovery copies"), _last(scope, data))
        yield _Combination(severity, told, data, steps)


def _declared_copies(scope: Scope, together: Together, independence: Independence) -> Iterator[_Combination]:
    """All copies that are declared for something it destroys can be destroyed by others in reach."""
    data = scope.granted.where(scope.meaning.destroying_data)
    if not independence.declared or not data:
        return
    seen: set[tuple[ResourcePattern, ...]] = set()
    for place in places(scope, data):
        copies = tuple(dict.fromkeys(independence.declared_for(scope.provider_id, place, scope)))
        if not copies or copies in seen:
            continue
        seen.add(copies)
        helps = [_destroyer(copy, scope, together) for copy in copies]
        others = tuple(each for each in helps if each is not None and each.member.scope is not scope)
        if None in helps or not others:
            continue
        at_place = data.where(_acting_on(scope, place))
        named = " and ".join(f"{copy.provider} {copy.resource}" for copy in copies[:2])
        by = " and ".join(
            dict.fromkeys(f"{_helper(each.member)} by {_by(each, each.operation)}" for each in others)
        )
        told = (
            f"{credential_named(scope)} can destroy data by {operations_named(at_place)}, and what it "
            f"would be restored from ({named}) can be destroyed with {by}."
        )
        first = _steps_of(others[0], others[0].operation, "destroys the recovery copies")
        yield _Combination(_severity(at_place, others), told, at_place, (*first, _last(scope, at_place)))


def _acting_on(scope: Scope, place: str) -> int:
    """The operations on a resource, or on the type of resource where none is known: as `places` writes it."""
    kind = place.removesuffix("/*")
    typed = scope.meaning.on.get(None if kind == "None" else kind, 0) if kind != place else 0
    parts = scope.granted.parts
    return united(each for each in parts.all if place in each.resources) | typed & ~parts.acting


def _destroyer(copy: ResourcePattern, scope: Scope, together: Together) -> Help | None:
    """Who is granted the destruction of a copy: another one rather than the scope itself."""
    found = together.destroyers_of(copy)
    return next((each for each in found if each.member.scope is not scope), next(iter(found), None))


def _severity(data: Selection, helps: tuple[Help, ...]) -> Severity:
    """Critical where the data and every copy can be lost for good, with nothing in the way of either."""
    both = data.severity is Severity.CRITICAL and all(each.is_critical for each in helps)
    return Severity.CRITICAL if both else Severity.HIGH


def _this(scope: Scope) -> str:
    return f"this {kind_named(scope)}"


def _helper(member: Member) -> str:
    location = member.credential.locations[0]
    where = location.path if location.line is None else f"{location.path}:{location.line}"
    return f"the {kind_named(member.scope)} in {where}"


def _by(help_: Help, operation_id: str) -> str:
    if help_.gained is None:
        return operation_id
    return f"{help_.gained.by}, which {help_.gained.does} {help_.gained.title} that may call {operation_id}"


def _steps_of(help_: Help, operation_id: str, does: str) -> tuple[Step, ...]:
    named, one = kind_named(help_.member.scope), help_.member.credential.id
    if help_.gained is None:
        return (Step(one, named, operation_id, does),)
    gained = help_.gained
    return (
        Step(one, named, gained.by, f"{gained.does} {gained.title}"),
        Step(None, gained.named, operation_id, does),
    )


def _last(scope: Scope, operations: Selection) -> Step:
    loses_data = operations.mask & scope.meaning.destroying_data
    does = "destroys the data" if loses_data else "is then open"
    return Step(THIS, kind_named(scope), operations.first.operation.id, does)
