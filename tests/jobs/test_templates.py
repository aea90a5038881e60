"""Job templates of the shipped providers, and which of them says exactly what is used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.allowances import read_allowance
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.jobs.templates import covering, entries_for, fitting, template_operations
from scopeaudit.model.operation import Effect, Operation, Reversible
from tests.jobs.jobs_world import CATALOGUES, EFFECTS, PROVIDERS, catalogue

RULES = load_rules()
ASKED = [
    each.id for each in RULES.providers.values() if each.is_asked and RULES.operations(each.id).operations
]
TEMPLATES = [(name, template.name) for name in ASKED for template in RULES.providers[name].jobs]
WORDS = ("delet", "overwrit", "replac", "drop", "cancel", "detach", "lock")
"""A description that says one of them tells that something can be lost."""


def template(provider, name):
    return next(each for each in RULES.providers[provider].jobs if each.name == name)


def selected(provider, name):
    found = RULES.operations(provider)
    ids = template_operations(template(provider, name), found, RULES.providers)
    return [found.operations[each] for each in sorted(ids)]


def is_destructive(operation: Operation) -> bool:
    traits = operation.traits
    return traits.effect is Effect.DELETE or traits.takes_recovery


def test_every_provider_that_can_be_asked_has_four_templates():
    assert {"aws", "github", "postgresql", "pypi", "railway", "stripe", "supabase"} <= set(ASKED)
    assert {
        each: len(RULES.providers[each].jobs) for each in ASKED if len(RULES.providers[each].jobs) < 4
    } == {}


@pytest.mark.parametrize(("provider", "name"), TEMPLATES)
def test_every_entry_of_a_template_selects_an_operation(provider, name):
    found = RULES.operations(provider)
    for entry in template(provider, name).allow:
        allowance = read_allowance(Marked(entry, 1), provider, RULES.providers)
        assert found.select(allowance), entry


@pytest.mark.parametrize("provider", ASKED)
def test_no_two_templates_of_a_provider_have_a_name_or_allow_the_same(provider):
    names = [each.name for each in RULES.providers[provider].jobs]
    allowed = [frozenset(each.id for each in selected(provider, name)) for name in names]
    assert (len(set(names)), len(set(allowed))) == (len(names), len(names))


@pytest.mark.parametrize(("provider", "name"), TEMPLATES)
def test_every_operation_that_a_template_allows_has_a_source(provider, name):
    assert [
        each.id for each in selected(provider, name) if not each.traits.source.startswith("https://")
    ] == []


@pytest.mark.parametrize(("provider", "name"), TEMPLATES)
def test_a_template_is_taken_with_what_a_job_says_beside_it(provider, name):
    beside = "    allow: [more]\n    resources: [shop]\n    environments: [staging]\n"
    text = f"version: 1\njobs:\n  a:\n    use: {provider}/{name}\n{beside}    credentials: [{{env: A}}]\n"
    (job,) = read_declarations(text, "scopeaudit.yaml", RULES.providers).jobs
    assert [each.written for each in job.allow] == ["more", *template(provider, name).allow]
    assert (job.provider, job.resources, job.environments) == (provider, ("shop",), ("staging",))


@pytest.mark.parametrize(("provider", "name"), TEMPLATES)
def test_a_template_destroys_nothing_that_its_description_does_not_speak_of(provider, name):
    destructive = [each.id for each in selected(provider, name) if is_destructive(each)]
    says = any(word in template(provider, name).description for word in WORDS)
    assert says or not destructive, destructive


@pytest.mark.parametrize(("provider", "name"), TEMPLATES)
def test_no_template_changes_who_may_do_what_for_good(provider, name):
    assert [
        each.id
        for each in selected(provider, name)
        if each.traits.effect is Effect.PERMISSIONS and each.traits.reversible is Reversible.NO
    ] == []


def test_a_template_fits_only_what_it_allows_exactly():
    provider, found = PROVIDERS["railway"], CATALOGUES["railway"]
    for operations, expected in (
        ({"domainCreate", "domainDelete"}, "domains"),
        ({"volumes", "domains"}, "observe"),
        ({"domainCreate"}, None),
        ({"domainCreate", "domainDelete", "volumes"}, None),
        (set(), None),
    ):
        fits = fitting(frozenset(operations), provider, found, PROVIDERS)
        assert (None if fits is None else fits.name) == expected


def test_the_template_with_the_fewest_operations_more_is_near():
    near = covering(frozenset({"domainCreate"}), PROVIDERS["railway"], CATALOGUES["railway"], PROVIDERS)
    assert near is not None
    assert (near[0].name, near[1]) == ("domains", 1)
    assert covering(frozenset(), PROVIDERS["railway"], CATALOGUES["railway"], PROVIDERS) is None


MANY = {
    f"{effect}{number}": (effect, kind) for effect in Effect for kind in ("a", "b") for number in range(4)
}
MANY |= {f"{effect}B{number}": (effect, "b") for effect in Effect for number in range(4)} | EFFECTS


@given(st.frozensets(st.sampled_from(sorted(MANY)), min_size=1))
def test_entries_select_what_is_used_and_nothing_else(operations):
    found = catalogue("railway", MANY)
    entries = entries_for(operations, found, PROVIDERS)
    assert frozenset().union(*(each.operations for each in entries)) == operations
    for entry in entries:
        allowance = read_allowance(Marked(entry.written, 1), "railway", PROVIDERS)
        assert found.select(allowance) == entry.operations


def test_a_long_list_is_said_by_trait():
    found = catalogue("railway", MANY)
    reads = frozenset(name for name, (effect, _) in MANY.items() if effect is Effect.READ)
    writes = frozenset(name for name, (effect, _) in MANY.items() if effect is Effect.WRITE)
    entries = entries_for(reads | writes | {"deleteB1"}, found, PROVIDERS)
    assert [each.written for each in entries] == ["effect:read", "effect:write", "deleteB1"]


@pytest.mark.parametrize("provider", ASKED)
def test_the_name_of_every_operation_can_be_written_as_an_entry_that_selects_it_alone(provider):
    found = RULES.operations(provider)
    names = sorted(found.operations)[:: max(1, len(found.operations) // 300)]
    names += [each for each in found.operations if each.partition(":")[0] in RULES.providers][:20]
    for name in names:
        (entry,) = entries_for(frozenset({name}), found, RULES.providers)
        allowance = read_allowance(Marked(entry.written, 1), provider, RULES.providers)
        assert found.select(allowance) == {name}
