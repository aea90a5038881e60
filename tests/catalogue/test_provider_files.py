"""The shipped rules say what they mean."""

import pytest

from scopeaudit.catalogue.check import check_rules
from scopeaudit.catalogue.rules import load_rules

RULES = load_rules()


@pytest.fixture(scope="module")
def problems():
    return check_rules(RULES)


@pytest.mark.parametrize("provider", sorted(RULES.providers))
def test_a_provider_file_has_no_problem(provider, problems):
    rooms = ("providers", "traits", "requires")
    assert [
        each for each in problems if each.startswith(tuple(f"rules/{room}/{provider}." for room in rooms))
    ] == []


def test_nothing_else_has_a_problem(problems):
    assert problems == ()


@pytest.mark.parametrize("provider", sorted(RULES.providers))
def test_a_provider_file_is_complete(provider):
    found = RULES.providers[provider]
    assert found.unasked
    assert found.instead
    assert len(found.jobs) >= 4 or not found.catalogue


def test_no_host_of_a_package_registry_is_asked():
    assert RULES.providers["pypi"].hosts == ()
    assert all(question.decode for question in RULES.providers["pypi"].questions)
