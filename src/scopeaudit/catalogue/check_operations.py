"""What types cannot say of operations: that traits cover them and that rules about them mean some."""

from collections import Counter
from collections.abc import Iterable, Iterator

from scopeaudit.catalogue.operation_files import RequiresFile, TraitGroup, TraitsFile
from scopeaudit.catalogue.operations import TRAITS, OperationCatalogue, select_by_name, trait_selector
from scopeaudit.catalogue.provider import AuthorityRule, KindAuthority, Provider, ResourceReading
from scopeaudit.model.job import Allowance, OperationGlob, TraitSelector
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible

NO_RESOURCE = "-"
"""In `on` of an authority rule: operations without a resource type."""


def trait_problems(file: TraitsFile, provider_id: str, catalogue: OperationCatalogue) -> Iterator[str]:
    """Every problem of a traits file, as `field: what to do`."""
    if file.provider != provider_id:
        yield f"provider: is {file.provider!r}, but the file's name says otherwise"
    for name, count in Counter(group.name for group in file.groups).items():
        if count > 1:
            yield f"groups.{name}: name: is given to {count} groups"
    yield from _twice((f"groups.{group.name}", group.operations) for group in file.groups)
    for group in file.groups:
        for problem in _group_problems(group, catalogue):
            yield f"groups.{group.name}: {problem}"
    if file.complete:
        for operation in catalogue.operations.values():
            if not operation.traits.by_hand:
                yield f"complete: no group names {operation.id}"


def requirement_problems(
    file: RequiresFile, provider_id: str, catalogue: OperationCatalogue
) -> Iterator[str]:
    """Every problem of a requirements file, as `field: what to do`."""
    if file.provider != provider_id:
        yield f"provider: is {file.provider!r}, but the file's name says otherwise"
    for way in dict.fromkeys((group.dimension, group.adds) for group in file.requires):
        yield from _twice(
            (f"requires[{index}]", group.operations)
            for index, group in enumerate(file.requires)
            if (group.dimension, group.adds) == way
        )
    for index, group in enumerate(file.requires):
        for name in _missing(group.operations, catalogue):
            yield f"requires[{index}]: operations: {name!r} names no operation"
        if not group.needs or not all(atom for each in group.needs for atom in each.split("+")):
            yield f"requires[{index}]: needs: give atoms, joined by +"


def authority_problems(provider: Provider, catalogue: OperationCatalogue) -> Iterator[str]:
    """Every problem of what is concluded from answers, as `field: what to do`."""
    known = {kind.id for kind in provider.kinds}
    dimensions = _dimensions(catalogue)
    spoken = Counter(kind for each in provider.authority for kind in each.kinds)
    for name, count in spoken.items():
        if name not in known:
            yield f"authority.{name}: kinds: there is no such kind"
        if count > 1:
            yield f"authority.{name}: kinds: {count} entries speak for it; only the first counts"
    for kind in provider.kinds:
        if kind.secret and kind.id not in spoken:
            yield f"authority: nothing speaks for kind {kind.id!r}"
    for each in provider.authority:
        for problem in _authority_problems(each, catalogue, dimensions):
            yield f"authority.{'+'.join(each.kinds)}: {problem}"
    yield from _dimension_problems(provider, dimensions)
    yield from _implied_problems(provider, catalogue)


def advice_problems(provider: Provider, catalogue: OperationCatalogue) -> Iterator[str]:
    """Every problem of job templates and of what to issue instead, as `field: what to do`."""
    for name, count in Counter(job.name for job in provider.jobs).items():
        if count > 1:
            yield f"jobs.{name}: name: is given to {count} jobs"
    for job in provider.jobs:
        if not job.allow:
            yield f"jobs.{job.name}: allow: give at least one entry"
        for entry in job.allow:
            if problem := entry_problem(entry, catalogue):
                yield f"jobs.{job.name}: allow: {problem}"
    for index, instead in enumerate(provider.instead):
        for entry in instead.operations:
            if (catalogue.operations or entry != "*") and (problem := entry_problem(entry, catalogue)):
                yield f"instead[{index}]: operations: {problem}"


def entry_problem(entry: str, catalogue: OperationCatalogue) -> str | None:
    """Why an entry such as `customDomain*` or `effect:read+on:domain` selects no operation."""
    terms = [term.partition(":") for term in entry.split("+")]
    selector: OperationGlob | TraitSelector = OperationGlob(entry)
    if all(trait in TRAITS for trait, _, _ in terms):
        for trait, _, value in terms:
            kind = TRAITS[trait]
            if kind is not None and value not in set(kind):
                return f"{entry!r}: {trait} is one of {', '.join(kind)}"
        selector = trait_selector({trait: value for trait, _, value in terms})
    return None if catalogue.select(Allowance(entry, 0, selector)) else f"{entry!r} names no operation"


def _twice(groups: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for where, names in groups:
        for name in names:
            if not _is_glob(name) and name in first:
                yield f"{where}: operations: {name} stands in {first[name]} already"
            first.setdefault(name, where)


def _group_problems(group: TraitGroup, catalogue: OperationCatalogue) -> Iterator[str]:
    for name in _missing(group.operations, catalogue):
        yield f"operations: {name!r} names no operation"
    if (group.reversible is Reversible.WINDOW) != (group.window is not None):
        yield "window: belongs to reversible: window, and only there"
    if group.window is not None and group.window.hours <= 0:
        yield "window.hours: give at least one hour"
    if group.effect is Effect.READ and group.reversible is not Reversible.YES:
        yield "reversible: a read leaves nothing to undo: yes"
    if group.gate_removed_by is not None:
        if group.gate_removed_by not in catalogue.operations:
            yield f"gate-removed-by: there is no operation {group.gate_removed_by!r}"
        if group.gate is Gate.NONE:
            yield "gate-removed-by: there is no gate to remove"
    for dimension, alternatives in group.requires.items():
        if not alternatives or not all(atom for each in alternatives for atom in each.split("+")):
            yield f"requires.{dimension}: give atoms, joined by +"


def _missing(names: tuple[str, ...], catalogue: OperationCatalogue) -> list[str]:
    return [name for name in names if not select_by_name(name, catalogue.operations)]


def _is_glob(name: str) -> bool:
    return any(character in name for character in "*?[")


def _dimensions(catalogue: OperationCatalogue) -> dict[str, frozenset[str]]:
    """Dimension to the atoms that operations require in it."""
    found: dict[str, set[str]] = {}
    for operation in catalogue.operations.values():
        for requirement in operation.requires:
            found.setdefault(requirement.dimension, set()).update(*requirement.alternatives)
    return {dimension: frozenset(atoms) for dimension, atoms in found.items()}


def _authority_problems(
    each: KindAuthority, catalogue: OperationCatalogue, dimensions: dict[str, frozenset[str]]
) -> Iterator[str]:
    for dimension in each.maximum:
        if dimension not in dimensions:
            yield f"maximum.{dimension}: no operation requires anything in it"
    for index, rule in enumerate(each.rules):
        for problem in _rule_problems(rule, catalogue, dimensions):
            yield f"rules[{index}]: {problem}"


def _rule_problems(
    rule: AuthorityRule, catalogue: OperationCatalogue, dimensions: dict[str, frozenset[str]]
) -> Iterator[str]:
    if (rule.verdict is None) == (not rule.needs):
        yield "give either needs or verdict"
    for dimension in rule.needs:
        if dimension not in dimensions:
            yield f"needs: no operation requires anything in {dimension!r}"
    for dimension in rule.absent:
        if dimension not in rule.needs:
            yield f"absent: {dimension!r} is not in needs"
    yield from _selection_problems(rule, catalogue)


def _selection_problems(rule: AuthorityRule, catalogue: OperationCatalogue) -> Iterator[str]:
    effects = {effect.value for effect in Effect}
    for effect in rule.effects:
        if effect not in effects:
            yield f"effects: {effect!r} is none of {', '.join(sorted(effects))}"
    if not catalogue.operations:
        return
    types = {operation.on or NO_RESOURCE for operation in catalogue.operations.values()}
    for name in rule.on:
        if name not in types:
            yield f"on: no operation acts on {name!r}"
    for name in _missing(rule.operations, catalogue):
        yield f"operations: {name!r} names no operation"
    if not any(_selects(rule, operation) for operation in catalogue.operations.values()):
        yield "selects no operation"


def _selects(rule: AuthorityRule, operation: Operation) -> bool:
    return (
        (not rule.on or (operation.on or NO_RESOURCE) in rule.on)
        and (not rule.effects or operation.traits.effect in rule.effects)
        and any(select_by_name(name, (operation.id,)) for name in rule.operations)
    )


def _dimension_problems(provider: Provider, dimensions: dict[str, frozenset[str]]) -> Iterator[str]:
    for question in provider.questions:
        used: set[str] = set()
        for reading in (*provider.readings, *question.readings):
            used.update(holding.dimension for holding in (*reading.holds, *reading.lacks))
            used.update(_resource_dimensions(reading.resources))
        for dimension in sorted(used - set(dimensions)):
            yield f"questions.{question.id}: readings: no operation requires anything in {dimension!r}"


def _resource_dimensions(readings: Iterable[ResourceReading]) -> Iterator[str]:
    for reading in readings:
        yield from (*reading.holds, *reading.lacks)
        yield from _resource_dimensions(reading.inside)


def _implied_problems(provider: Provider, catalogue: OperationCatalogue) -> Iterator[str]:
    dimensions = _dimensions(catalogue)
    tables = (("implies", provider.implies), ("may-imply", provider.may_imply))
    for field, dimension, implied in ((field, *each) for field, table in tables for each in table.items()):
        if dimension not in dimensions:
            yield f"{field}.{dimension}: no operation requires anything in it"
        for atom, included in implied.items():
            where = f"{field}.{dimension}.{atom}"
            if field == "may-imply" and atom == "*":
                continue
            if not atom.removeprefix("*") or "*" in atom.removeprefix("*"):
                yield f"{where}: give a name, or * and what follows it"
            for other in included:
                if other == atom:
                    yield f"{where}: includes itself"
                elif "*" in other and not (atom.startswith("*") and other.startswith("*")):
                    yield f"{where}: {other!r} has a * that stands for nothing"
