"""Job templates, and entries of `allow`, that say exactly what is used."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import JobTemplate, Provider
from scopeaudit.jobs.allowances import read_allowance
from scopeaudit.model.operation import Effect

_LISTED_OPERATIONS = 20
"""More than these are said by trait where a trait says exactly them."""
_LEAST_TOGETHER = 3
"""An entry by trait stands for at least so many operations."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `allow`, and the operations that it selects."""

    written: str
    operations: frozenset[str]


def template_operations(
    template: JobTemplate, catalogue: OperationCatalogue, providers: Mapping[str, Provider]
) -> frozenset[str]:
    """Every operation that a template allows."""
    entries = (read_allowance(Marked(each, 0), catalogue.provider, providers) for each in template.allow)
    return frozenset().union(*(catalogue.select(each) for each in entries))


def fitting(
    operations: AbstractSet[str],
    provider: Provider,
    catalogue: OperationCatalogue,
    providers: Mapping[str, Provider],
) -> JobTemplate | None:
    """The first template that allows exactly these operations."""
    for template in provider.jobs if operations else ():
        if template_operations(template, catalogue, providers) == operations:
            return template
    return None


def covering(
    operations: AbstractSet[str],
    provider: Provider,
    catalogue: OperationCatalogue,
    providers: Mapping[str, Provider],
) -> tuple[JobTemplate, int] | None:
    """The template that allows these operations and the fewest more, with how many more."""
    found = [
        (len(allowed) - len(operations), index)
        for index, template in enumerate(provider.jobs if operations else ())
        if (allowed := template_operations(template, catalogue, providers)) > operations
    ]
    if not found:
        return None
    more, index = min(found)
    return provider.jobs[index], more


def entries_for(
    operations: AbstractSet[str], catalogue: OperationCatalogue, providers: Mapping[str, Provider]
) -> tuple[Entry, ...]:
    """Entries that together select these operations and no other, by name unless that makes a long list."""
    left = set(operations)
    found = list(_by_trait(left, catalogue)) if len(left) > _LISTED_OPERATIONS else []
    found += [Entry(_name(each, catalogue, providers), frozenset({each})) for each in sorted(left)]
    return tuple(found)


def _by_trait(left: set[str], catalogue: OperationCatalogue) -> Iterator[Entry]:
    """Takes what it can say by trait out of `left`; each entry selects only what was in it."""
    wanted = frozenset(left)
    for written in _trait_entries(catalogue):
        selected = catalogue.select(read_allowance(Marked(written, 0), catalogue.provider, ()))
        if selected <= wanted and len(selected & left) >= _LEAST_TOGETHER:
            left -= selected
            yield Entry(written, selected)


def _trait_entries(catalogue: OperationCatalogue) -> Iterator[str]:
    """The widest first."""
    types = sorted({operation.on for operation in catalogue.operations.values() if operation.on is not None})
    yield from (f"effect:{effect}" for effect in Effect)
    yield from (f"effect:{effect}+on:{each}" for effect in Effect for each in types if "+" not in each)


def _name(operation: str, catalogue: OperationCatalogue, providers: Mapping[str, Provider]) -> str:
    """The operation as an entry that selects it alone, whatever characters its id holds."""
    escaped = "".join(f"[{each}]" if each in "*?[" else each for each in operation)
    is_described = operation in catalogue.operations
    is_taken_for_provider = is_described and operation.partition(":")[0] in providers
    return f"{catalogue.provider}:{escaped}" if is_taken_for_provider else escaped
