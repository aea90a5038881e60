"""What an operation yields is a kind of credential that a provider file describes."""

import pytest

from tests.catalogue.test_check import problems

SECRETS = "    source: https://docs.acme.example/secrets\n"
FORCED = '    reversible: "no"\n    source: https://docs.acme.example/deletes\n'


@pytest.mark.parametrize("kind", ["token", "password", "acme/token"])
def test_a_kind_of_the_same_or_of_a_named_provider_is_yielded(tmp_path, kind):
    assert problems(tmp_path, ("traits", SECRETS, f"    yields: [{kind}]\n{SECRETS}")) == ()


@pytest.mark.parametrize("kind", ["tokem", "acme/tokem", "nowhere/token", "", "/", "acme/", "token/acme"])
def test_what_is_no_kind_is_named(tmp_path, kind):
    changed = problems(tmp_path, ("traits", SECRETS, f'    yields: ["{kind}"]\n{SECRETS}'))
    assert changed == (f"rules/traits/acme.yaml: groups.secrets: yields: '{kind}' is no kind of credential",)


def test_every_wrong_kind_of_every_group_is_named(tmp_path):
    assert problems(
        tmp_path,
        ("traits", SECRETS, f"    yields: [one, token, two]\n{SECRETS}"),
        ("traits", FORCED, f"    yields: [three]\n{FORCED}"),
    ) == tuple(
        f"rules/traits/acme.yaml: groups.{group}: yields: '{kind}' is no kind of credential"
        for group, kind in (("secrets", "one"), ("secrets", "two"), ("forced", "three"))
    )
