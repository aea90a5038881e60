"""`scopeaudit providers` and `scopeaudit explain`: what is known of whom."""

import pytest

from scopeaudit.catalogue.rules import load_rules

PROVIDERS = load_rules().providers


def test_all_providers_are_listed_with_a_count(program):
    ran = program("providers")
    ids = [line.split()[0] for line in ran.stdout.splitlines()]
    assert ids == ["id", *PROVIDERS]
    assert ran.stderr.startswith(f"{len(PROVIDERS)} providers, ")
    assert ran.returncode == 0


def test_a_part_of_an_id_or_name_chooses(program):
    ran = program("providers", "SLACK")
    assert ran.stdout.splitlines()[1].split() == [
        "slack",
        "Slack",
        str(len(PROVIDERS["slack"].kinds)),
        "recognised",
        "only",
    ]
    assert program("providers", "web services").stdout.splitlines()[1].startswith("aws ")


def test_asked_providers_alone(program):
    ran = program("providers", "--asked")
    ids = [line.split()[0] for line in ran.stdout.splitlines()[1:]]
    assert ids == [provider.id for provider in PROVIDERS.values() if provider.is_asked]
    assert {"aws", "github", "postgresql", "railway"} <= set(ids)
    assert "slack" not in ids


def test_nobody_of_that_name_is_a_mistake(program):
    ran = program("providers", "no such firm")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no such firm: no provider has this in its id or name" in ran.stderr


@pytest.mark.parametrize("provider", ["slack", "npm", "openai"])
def test_it_is_said_that_a_provider_is_not_asked_and_where_its_authority_is_documented(program, provider):
    words = " ".join(program("explain", provider).stdout.split())
    assert "Asked not yet: its credentials are recognised, nothing is sent" in words
    assert f"reported as unknown. {PROVIDERS[provider].documentation} documents it" in words
    assert "Operations" not in words


@pytest.mark.parametrize("provider", ["aws", "github", "jwt", "postgresql"])
def test_of_others_it_is_said_how_they_are_asked(program, provider):
    page = program("explain", provider).stdout
    assert "\nAsked\n" in page
    assert "not yet" not in page
