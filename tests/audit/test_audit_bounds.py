"""A job that is bound to resources or environments: what may reach beyond them is excess, or unknown."""

from dataclasses import replace

import pytest
from audit_world import (
    CATALOGUES,
    FINDING_RULES,
    PROVIDERS,
    RESOURCES,
    TODAY,
    declared,
    held,
    job,
)

from scopeaudit.audit.audit import audit
from scopeaudit.model.authority import Resource
from scopeaudit.model.finding import Finding
from scopeaudit.model.job import CredentialSelector

BOUNDS = ({"resources": ("volume/v2",)}, {"environments": ("staging",)})


def found(token: tuple, rule: str, **bounds: tuple[str, ...]) -> list[Finding]:
    one = job("*", credentials=(CredentialSelector(path="*"),), provider="rail", **bounds)
    result = audit([token], declared(one), PROVIDERS, CATALOGUES, FINDING_RULES, TODAY)
    return [each for each in result.findings if each.rule == rule]


def with_missed(token: tuple, *types: str) -> tuple:
    credential, authority = token
    return credential, replace(authority, incomplete=frozenset(types))


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_what_acts_on_what_could_not_be_listed_is_unverified(bounds: dict[str, tuple[str, ...]]) -> None:
    token = held("volumeWipe", "domainCreate", path="a")
    assert found(token, "unverified-authority", **bounds) == []
    (finding,) = found(with_missed(token, "volume"), "unverified-authority", **bounds)
    assert [(each.id, each.resources) for each in finding.operations] == [("volumeWipe", ())]
    assert found(with_missed(token, "volume"), "excess-authority", **bounds) == []


def test_a_job_without_bounds_needs_no_list() -> None:
    token = with_missed(held("volumeWipe", path="a"), "volume", "project")
    assert found(token, "unverified-authority") == []


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
def test_what_is_unknown_on_what_the_job_leaves_out_is_unverified(bounds: dict[str, tuple[str, ...]]) -> None:
    token = held(unknown=("volumeWipe",), resources=RESOURCES, path="a")
    (finding,) = found(token, "unverified-authority", **bounds)
    left_out = {each.id for each in RESOURCES if each.id.startswith("volume/")} & set(finding.resources)
    assert [each.id for each in finding.operations] == ["volumeWipe"]
    assert left_out
    assert "volume/v2" not in finding.resources


def test_what_is_unknown_within_the_job_is_its_own() -> None:
    volume = Resource("volume/v2", "cache", environment="staging")
    token = held(unknown=("volumeWipe",), resources=(volume,), path="a")
    assert found(token, "unverified-authority", resources=("volume/v2",)) == []
    missed = with_missed(token, "volume")
    assert len(found(missed, "unverified-authority", resources=("volume/v2",))) == 1
