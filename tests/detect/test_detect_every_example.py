"""Every example of every provider file, through the whole of detection."""

from functools import cache

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.detect import build_engine, detect
from scopeaudit.detect.engine import Engine
from scopeaudit.detect.plan import Plan, plan
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

PROVIDERS = load_rules().providers
SEEDS = range(8)
"""A value drawn at random may happen to look like a word, or to be of a narrower kind; most do not."""
MOST = 5
"""How many of the values have to be found."""
OTHERWISE = {
    # The value and what stands around it are the same as those of another kind of the provider.
    "azure/devops-token-named": {"azure/devops-token-old"},
    "azure/openai-key": {"azure/subscription-key"},
    "blynk/bearer-token": {"blynk/organization-token"},
    "blynk/organization-token": {"blynk/bearer-token"},
    # Kinds for addresses of any database: one whose provider is known belongs to that.
    "jdbc/login": {"clickhouse/connection-string"},
    "jdbc/oracle-login": {"oracle/jdbc-url"},
    "jdbc/password-parameter": {"mysql/jdbc-url"},
    "odbc/password": {"sql-server/connection-string"},
    # A keyword nearby does not tell letters alone from a word.
    "logzio/shipping-token": set(),
    "timezoneapi/api-key": set(),
}
"""Kinds whose examples are not recognised as of that kind, and as what they are."""


@cache
def equipment() -> tuple[Plan, Engine]:
    chosen = plan([(provider.id, kind) for provider in PROVIDERS.values() for kind in provider.kinds])
    return chosen, build_engine(chosen)


def found(text: str) -> set[str]:
    """Provider and kind of every credential in a text."""
    data = text.encode()
    detection = detect([Document(Source.TREE, "a/b", data, size=len(data))], *equipment())
    return {f"{held.credential.provider}/{held.credential.kind}" for held in detection.credentials}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_example_is_recognised_as_what_it_is(provider):
    missed = []
    for kind in PROVIDERS[provider].kinds:
        name = f"{provider}/{kind.id}"
        for example in kind.examples:
            results = [found(expand(example, seed=seed)) for seed in SEEDS]
            right = sum(result == OTHERWISE.get(name, {name}) for result in results)
            if right < MOST:
                missed.append((kind.id, example, right, sorted(set().union(*results))))
    assert missed == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_counter_example_is_recognised_as_what_it_is_not(provider):
    mistaken = [
        (kind.id, example)
        for kind in PROVIDERS[provider].kinds
        for example in kind.counterexamples
        if f"{provider}/{kind.id}" in found(expand(example))
    ]
    assert mistaken == []
