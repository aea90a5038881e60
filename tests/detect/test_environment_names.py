"""Every variable that is known to hold a credential, with a value of the form it has in use."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.detect import build_engine, detect
from scopeaudit.detect.detection import Detection
from scopeaudit.detect.engine import Engine
from scopeaudit.detect.plan import Plan, plan
from scopeaudit.model.secret import Secret
from scopeaudit.reach.environment import environment

PROVIDERS = load_rules().providers
ENTRIES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "fixtures" / "environment.yaml").read_text(encoding="utf-8")
)
SEEDS = range(4)
"""A value drawn at random may happen to look like a word; most do not."""
MOST = 3
"""How many of the values have to be found."""


def which(found: str) -> list[dict[str, Any]]:
    """The entries of which that is said to be found."""
    return [each for each in ENTRIES if each.get("found", "credential") == found]


@cache
def equipment() -> tuple[Plan, Engine]:
    chosen = plan([(provider.id, kind) for provider in PROVIDERS.values() for kind in provider.kinds])
    return chosen, build_engine(chosen)


def detected(entry: Mapping[str, Any], seed: int) -> tuple[dict[str, str], Detection]:
    """The variables of an entry, and what is found in them."""
    templates = {entry["name"]: entry["value"], **entry.get("with", {})}
    variables = {name: expand(template, seed=seed) for name, template in templates.items()}
    return variables, detect(environment(variables), *equipment())


def holds(entry: Mapping[str, Any], seed: int) -> bool:
    """Whether the one credential that is found is the entry's, and the variable is a part of it."""
    variables, detection = detected(entry, seed)
    wanted = (entry["provider"], entry["kind"])
    if [(each.credential.provider, each.credential.kind) for each in detection.credentials] != [wanted]:
        return False
    [held] = detection.credentials
    named = {place.name for place in held.credential.locations}
    return entry["name"] in named or Secret(variables[entry["name"]]) in held.companions.values()


def described(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']}-{entry.get('kind', entry.get('found'))}"


@pytest.mark.parametrize("entry", which("credential"), ids=described)
def test_the_value_of_a_variable_is_recognised_as_what_it_is(entry):
    assert sum(holds(entry, seed) for seed in SEEDS) >= MOST


@pytest.mark.parametrize("entry", which("nothing"), ids=described)
def test_nothing_is_found_in_a_variable_that_holds_no_secret(entry):
    found = [detected(entry, seed)[1] for seed in SEEDS]
    assert [(each.credentials, each.candidates) for each in found] == [((), ())] * len(SEEDS)


@pytest.mark.parametrize("entry", which("candidate"), ids=described)
def test_what_belongs_to_no_provider_may_still_look_secret(entry):
    found = [detected(entry, seed)[1] for seed in SEEDS]
    assert [(each.credentials, len(each.candidates)) for each in found] == [((), 1)] * len(SEEDS)


def test_every_name_has_a_provider_or_is_said_to_hold_nothing():
    stated = {"name", "provider", "kind", "value", "with"}
    for entry in ENTRIES:
        if entry.get("found") in ("nothing", "candidate"):
            assert set(entry) == {"name", "value", "found"}
        else:
            assert stated - {"with"} <= set(entry) <= stated
            assert PROVIDERS[entry["provider"]].kind(entry["kind"]) is not None


def test_no_entry_is_there_twice():
    ids = [(described(each), each["value"]) for each in ENTRIES]
    assert len(ids) == len(set(ids))
