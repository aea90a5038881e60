"""Sentences name numbers, the worst operations and what they reach, in a few words."""

import pytest
from audit_world import RESOURCES

from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.words import counted, listed, resources_named
from scopeaudit.model.authority import Resource


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
    ],
)
def test_lists_are_shortened_only_where_it_helps(names: list[str], told: str) -> None:
    assert listed(names, 2) == told


def test_numbers_carry_their_noun() -> None:
    assert [
        counted(1, "operation"),
        counted(1200, "operation"),
        counted(2, "repository"),
        counted(2, "branch"),
    ] == [
        "1 operation",
        "1,200 operations",
        "2 repositories",
        "2 branches",
    ]


def test_resources_are_told_production_first_and_alike_ones_together() -> None:
    backups = tuple(
        Resource(f"volume-backup/n{number}", str(number), parent="volume/v1") for number in range(3)
    )
    tree = ResourceTree(RESOURCES + backups)
    assert resources_named([each.id for each in tree.resources], tree) == (
        "volume pg-data (production), 4 volume-backups (production), project shop and 1 more"
    )
    assert (
        resources_named(["volume/v1", "volume/v2"], tree, environments=False)
        == "volumes pg-data and pg-staging"
    )
    assert resources_named(["environment/prod"], tree) == "environment production"
    assert resources_named(["volume/gone"], tree) == "volume gone"
    assert resources_named([], tree) == ""
