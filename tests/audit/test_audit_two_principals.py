"""A gate that takes two principals stands only while nobody else in reach can be the second."""

from dataclasses import replace

import pytest
from audit_world import (
    CATALOGUE,
    CATALOGUES,
    FINDING_RULES,
    PROVIDERS,
    TODAY,
    declared,
    found,
    held,
)

from scopeaudit.audit.audit import AuditResult, audit
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Resource, State
from scopeaudit.model.finding import Finding, Severity, Step
from scopeaudit.model.operation import Gate

MINE, THEIRS = Resource("project/p1", "shop"), Resource("project/p9", "else")


def catalogue(removed_by: str | None = None) -> OperationCatalogue:
    """`projectDelete` takes two principals."""
    operation = CATALOGUE.operations["projectDelete"]
    traits = replace(operation.traits, gate=Gate.SECOND_PRINCIPAL, gate_removed_by=removed_by)
    changed = replace(operation, traits=traits)
    return OperationCatalogue("rail", {**CATALOGUE.operations, operation.id: changed})


def token(
    number: int, account: str | None, *granted: str, resources: tuple[Resource, ...] = (), **values: object
) -> tuple:
    credential, authority = held(*granted, path=f"{number}.env", number=number, resources=resources, **values)
    return credential, replace(authority, account=account)


def together(*tokens: tuple, removed_by: str | None = None) -> AuditResult:
    catalogues = CATALOGUES | {"rail": catalogue(removed_by)}
    return audit(tokens, declared(), PROVIDERS, catalogues, FINDING_RULES, TODAY)


def of_first(result: AuditResult) -> Finding | None:
    return next(
        (each for each in result.findings if (each.rule, each.credential) == ("combined-authority", "c1")),
        None,
    )


def test_one_asks_and_the_other_approves() -> None:
    finding = of_first(together(token(1, "ann", "projectDelete"), token(2, "bob", "projectDelete")))
    assert finding is not None
    assert finding.severity is Severity.CRITICAL
    assert finding.message == (
        "projectDelete of this Rail account token waits for a second principal, which the Rail account token "
        "in 2.env:12 can be: it is of another account and may call projectDelete too."
    )
    assert finding.steps == (
        Step("c2", "Rail account token", "projectDelete", "is the second to ask for it"),
        Step("c1", "Rail account token", "projectDelete", "destroys the data"),
    )
    assert [(each.id, each.severity, each.gate, each.gate_removed_by) for each in finding.operations] == [
        ("projectDelete", Severity.CRITICAL, Gate.SECOND_PRINCIPAL, "projectDelete")
    ]


@pytest.mark.parametrize("accounts", [("ann", None), (None, "bob"), (None, None)], ids=str)
def test_an_account_that_is_not_known_may_be_another(accounts: tuple[str | None, str | None]) -> None:
    """Nothing says that both are one person's, so it counts; nothing says that they are two, so it is high."""
    one, other = (token(number, each, "projectDelete") for number, each in enumerate(accounts, 1))
    finding = of_first(together(one, other))
    assert finding is not None
    assert finding.severity is Severity.HIGH
    assert finding.message == (
        "projectDelete of this Rail account token waits for a second principal, which the Rail account token "
        "in 2.env:12 may be: it may be of another account and may call projectDelete too."
    )


@pytest.mark.parametrize(
    "second",
    [
        token(2, "ann", "projectDelete", "rows", resources=(MINE,)),
        token(2, "bob", "projectDelete", resources=(THEIRS,)),
        token(2, "bob", "domainCreate", resources=(MINE,)),
        token(2, "bob", unknown=("projectDelete",), resources=(MINE,)),
        token(2, "bob", "projectDelete", resources=(MINE,), state=State.REVOKED),
    ],
    ids=["same account", "other resources", "other operation", "not known to hold it", "dead"],
)
def test_who_is_no_second_principal(second: tuple) -> None:
    first = token(1, "ann", "projectDelete", resources=(MINE,))
    assert found(together(first, second), "combined-authority") is None
    assert of_first(together(first, token(2, "bob", "projectDelete", resources=(MINE,)))) is not None


def test_one_credential_is_not_its_own_second_principal() -> None:
    result = together(token(1, "ann", "projectDelete"))
    assert found(result, "combined-authority") is None
    assert found(result, "ungated-destruction") is None


def test_who_is_certain_comes_before_who_may_be() -> None:
    unsure = [token(number, None, "projectDelete") for number in range(2, 6)]
    finding = of_first(together(token(1, "ann", "projectDelete"), *unsure, token(6, "bob", "projectDelete")))
    assert finding is not None
    assert (finding.severity, finding.steps[0].credential) == (Severity.CRITICAL, "c6")


def test_many_of_the_same_account_hide_nobody_else() -> None:
    own = [token(number, "ann", "projectDelete", "rows", resources=(MINE,)) for number in range(2, 6)]
    other = token(6, "bob", "projectDelete", resources=(MINE, THEIRS))
    finding = of_first(together(token(1, "ann", "projectDelete", resources=(MINE,)), *own, other))
    assert finding is not None
    assert finding.steps[0].credential == "c6"


@pytest.mark.parametrize(
    ("granted", "rule", "removed_by"),
    [
        (("projectDelete", "gateRemove"), "ungated-destruction", "gateRemove"),
        (("projectDelete",), "combined-authority", "projectDelete"),
    ],
    ids=["removed by itself", "approved by another"],
)
def test_a_gate_that_also_can_be_removed_is_told_as_it_falls(
    granted: tuple[str, ...], rule: str, removed_by: str
) -> None:
    other = token(2, "bob", "projectDelete")
    result = together(token(1, "ann", *granted), other, removed_by="gateRemove")
    finding = next(each for each in result.findings if (each.rule, each.credential) == (rule, "c1"))
    assert [(each.id, each.gate_removed_by) for each in finding.operations] == [("projectDelete", removed_by)]


def test_an_operation_with_two_ways_past_its_gate_is_named_once() -> None:
    result = together(
        token(1, "ann", "projectDelete", resources=(MINE,)),
        token(2, "bob", "projectDelete", resources=(MINE,)),
        token(3, "ann", "gateRemove"),
        removed_by="gateRemove",
    )
    finding = of_first(result)
    assert finding is not None
    assert [each.id for each in finding.operations] == ["projectDelete"]
    assert "takes it away by gateRemove" in finding.message
    assert "waits for a second principal" in finding.message
