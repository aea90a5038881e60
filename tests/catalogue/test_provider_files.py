"""The shipped rules say what they mean."""

import pytest

from scopeaudit.catalogue.check import finding_problems, provider_problems
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.model.authority import Verdict

RULES = load_rules()


@pytest.mark.parametrize("provider", RULES.providers)
def test_a_provider_file_has_no_problem(provider):
    assert list(provider_problems(RULES, RULES.providers[provider])) == []


def test_no_finding_rule_has_a_problem():
    assert list(finding_problems(RULES)) == []


@pytest.mark.parametrize("provider", sorted(RULES.providers))
def test_a_provider_file_is_complete(provider):
    found = RULES.providers[provider]
    assert found.unasked
    assert found.instead or not found.is_asked
    assert len(found.jobs) >= 4 or not found.catalogue


@pytest.mark.parametrize("provider", [each for each in RULES.providers if not RULES.providers[each].is_asked])
def test_a_provider_that_is_not_asked_claims_nothing(provider):
    found = RULES.providers[provider]
    assert found.hosts == ()
    assert {rule.verdict for each in found.authority for rule in each.rules} == {Verdict.UNKNOWN}


def test_no_host_of_a_package_registry_is_asked():
    assert RULES.providers["pypi"].hosts == ()
    assert all(question.decode for question in RULES.providers["pypi"].questions)
