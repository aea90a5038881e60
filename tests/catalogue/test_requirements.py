"""Requirements written by hand, beside those a description states."""

from scopeaudit.catalogue.operation_files import (
    OperationRow,
    RequireGroup,
    RequiresFile,
    join_operations,
)
from scopeaudit.catalogue.rules import load_rules


def joined(row: OperationRow, *groups: RequireGroup) -> dict[str, list[set[str]]]:
    file = RequiresFile(provider="acme", source="https://docs.acme.example", requires=groups)
    catalogue = join_operations("acme", ((row, "https://docs.acme.example"),), None, (file,), "1")
    operation = catalogue.operations[row.id]
    return {each.dimension: [set(atoms) for atoms in each.alternatives] for each in operation.requires}


BARE = OperationRow(id="pets/delete", verb="DELETE")
STATED = OperationRow(id="pets/delete", verb="DELETE", requires={"scope": ("pets+write",)})


def test_an_operation_takes_one_group_of_each_dimension():
    scope = RequireGroup(dimension="scope", needs=("pets", "all"), operations=("pets/*",))
    role = RequireGroup(dimension="role", needs=("admin",), operations=("pets/delete",))
    other = RequireGroup(dimension="role", needs=("member",), operations=("pets/*",))
    assert joined(BARE, scope, other, role) == {"role": [{"admin"}], "scope": [{"pets"}, {"all"}]}


def test_what_the_description_states_stays():
    scope = RequireGroup(dimension="scope", needs=("all",), operations=("pets/*",))
    assert joined(STATED, scope) == {"scope": [{"pets", "write"}]}


def test_a_group_that_adds_puts_its_alternatives_beside_those_there_are():
    adding = RequireGroup(dimension="scope", needs=("all",), adds=True, operations=("pets/*",))
    own = RequireGroup(dimension="scope", needs=("pets",), operations=("pets/*",))
    assert joined(STATED, adding) == {"scope": [{"pets", "write"}, {"all"}]}
    assert joined(BARE, adding, own) == {"scope": [{"pets"}, {"all"}]}
    assert joined(BARE, adding) == {"scope": [{"all"}]}


def test_every_write_at_github_needs_a_scope_that_is_named_or_open():
    operations = load_rules().operations("github").operations.values()
    bare = {
        each.id
        for each in operations
        if each.traits.effect not in ("read", "reveal")
        and not any(requirement.dimension == "scope" for requirement in each.requires)
    }
    decided = load_rules().providers["github"].authority[0].rules[:3]
    named = {name.rstrip("*") for rule in decided for name in rule.operations}
    assert {each for each in bare if not any(each.startswith(name) for name in named)} == set()
