"""What no single credential in reach does, and several do together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from scopeaudit.audit.draft import THIS, Draft
from scopeaudit.audit.independence import Independence, places
from scopeaudit.audit.meaning import telling
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import at_most, one_step_lower, severity_of
from scopeaudit.audit.together import Help, Together
from scopeaudit.audit.words import credential_named, critical_of, kind_named, operations_named
from scopeaudit.model.authority import Verdict
from scopeaudit.model.finding import FindingOperation, Severity, Step
from scopeaudit.model.job import ResourcePattern

COMBINED = "combined-authority"

_TOLD = 3


@dataclass(frozen=True, slots=True)
class _Combination:
    """One thing that takes more than one credential."""

    severity: Severity
    told: str
    operations: tuple[FindingOperation, ...]
    """Of the credential that the finding is about."""
    steps: tuple[Step, ...]


def combined_authority(scope: Scope, together: Together, independence: Independence) -> Draft | None:
    """With others in reach the credential does what neither does alone."""
    if scope.is_dead:
        return None
    found = sorted(
        (
            *_gates(scope, together),
            *_native_copies(scope, together, independence),
            *_declared_copies(scope, together, independence),
        ),
        key=lambda each: (-each.severity.rank, len(each.steps)),
    )
    if not found:
        return None
    worst: dict[str, FindingOperation] = {}
    for each in found:
        for one in each.operations:
            known = worst.setdefault(one.id, one)
            if one.severity.rank > known.severity.rank:
                worst[one.id] = one
    more = f" And {len(found) - _TOLD:,} more." if len(found) > _TOLD else ""
    return Draft(
        COMBINED,
        found[0].severity,
        " ".join(each.told for each in found[:_TOLD]) + more,
        tuple(sorted(worst.values(), key=telling)),
        narrows=False,
        steps=found[0].steps,
    )


def _gates(scope: Scope, together: Together) -> Iterator[_Combination]:
    """A gate that another credential may take away."""
    gated = scope.holdings.granted & scope.meaning.gated
    by_remover: dict[str, list[str]] = {}
    for each in scope.meaning.in_mask(gated):
        remover = scope.operation(each).traits.gate_removed_by
        if remover is not None and each not in scope.holdings.fallen:
            by_remover.setdefault(remover, []).append(each)
    for remover, ids in by_remover.items():
        help_ = together.remover(scope, remover)
        if help_ is None:
            continue
        operations = tuple(sorted((_fallen(scope, each) for each in ids), key=telling))
        severity = operations[0].severity
        if help_.gained is not None:
            severity = at_most(severity, Severity.HIGH)
        told = (
            f"A gate stands before {operations_named(operations, scope)} of {_this(scope)}, and "
            f"{_helper(help_)} takes it away by {_by(help_, remover)}."
        )
        steps = (*_steps_of(help_, remover, "takes the gate away"), _last(scope, operations))
        yield _Combination(severity, told, operations, steps)


def _fallen(scope: Scope, operation_id: str) -> FindingOperation:
    found = scope.holdings.one(operation_id, Verdict.GRANTED, scope.holdings.resources_of(operation_id))
    traits = scope.operation(operation_id).traits
    return replace(
        found, severity=severity_of(traits, gate_falls=True), gate_removed_by=traits.gate_removed_by
    )


def _native_copies(scope: Scope, together: Together, independence: Independence) -> Iterator[_Combination]:
    """The copies that the provider itself keeps can be destroyed by another credential."""
    granted = scope.holdings.granted
    if not granted & scope.meaning.destroying_data or granted & scope.meaning.keepers:
        return
    for part, (destroying, recovery) in scope.meaning.families.items():
        if not granted & destroying or granted & recovery:
            continue
        help_ = together.loser_of_copies(scope, part)
        if help_ is None:
            continue
        data = scope.holdings.told(granted & destroying)
        severity = _severity(data, (help_,))
        apart = independence.copies_of(scope.provider_id, data, scope)
        told = (
            f"{credential_named(scope)} can destroy data by {operations_named(data, scope)}, and "
            f"{_helper(help_)} its recovery copies by {_by(help_, help_.operation)}."
        )
        if apart:
            severity = one_step_lower(severity)
            told += f" A copy out of reach is declared at {apart[0]}."
        steps = (*_steps_of(help_, help_.operation, "destroys the recovery copies"), _last(scope, data))
        yield _Combination(severity, told, data, steps)


def _declared_copies(scope: Scope, together: Together, independence: Independence) -> Iterator[_Combination]:
    """All copies that are declared for something it destroys can be destroyed by others in reach."""
    mask = scope.holdings.granted & scope.meaning.destroying_data
    if not independence.declared or not mask:
        return
    data = scope.holdings.told(mask)
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
        at_place = tuple(each for each in data if place in (each.resources or _type_of(scope, each)))
        named = " and ".join(f"{copy.provider} {copy.resource}" for copy in copies[:2])
        by = " and ".join(dict.fromkeys(f"{_helper(each)} by {_by(each, each.operation)}" for each in others))
        told = (
            f"{credential_named(scope)} can destroy data by {operations_named(at_place, scope)}, and what it "
            f"would be restored from ({named}) can be destroyed with {by}."
        )
        first = _steps_of(others[0], others[0].operation, "destroys the recovery copies")
        yield _Combination(_severity(at_place, others), told, at_place, (*first, _last(scope, at_place)))


def _type_of(scope: Scope, operation: FindingOperation) -> tuple[str, ...]:
    return (f"{scope.operation(operation.id).on}/*",)


def _destroyer(copy: ResourcePattern, scope: Scope, together: Together) -> Help | None:
    """Who is granted the destruction of a copy: another one rather than the scope itself."""
    found = together.destroyers_of(copy)
    return next((each for each in found if each.member.scope is not scope), next(iter(found), None))


def _severity(data: tuple[FindingOperation, ...], helps: tuple[Help, ...]) -> Severity:
    """Critical where the data and every copy can be lost for good, with nothing in the way of either."""
    both = critical_of(data) and all(each.is_critical for each in helps)
    return Severity.CRITICAL if both else Severity.HIGH


def _this(scope: Scope) -> str:
    return f"this {kind_named(scope)}"


def _helper(help_: Help) -> str:
    location = help_.member.credential.locations[0]
    where = location.path if location.line is None else f"{location.path}:{location.line}"
    return f"the {kind_named(help_.member.scope)} in {where}"


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


def _last(scope: Scope, operations: tuple[FindingOperation, ...]) -> Step:
    return Step(THIS, kind_named(scope), operations[0].id, "destroys the data")
