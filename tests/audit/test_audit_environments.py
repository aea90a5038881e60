"""Names say where something belongs, and are read with care."""

import pytest

from scopeaudit.audit.environments import development_word, is_production, is_same, says_production
from scopeaudit.model.location import Location, Source


@pytest.mark.parametrize(
    "name",
    [
        "prod",
        "production",
        "Production",
        "PRD",
        "live",
        "production-eu",
        "eu_prod",
        "prod2",
        "dev-tools-production",
    ],
)
def test_production_is_known_by_name(name: str) -> None:
    assert is_production(name)


@pytest.mark.parametrize(
    "name",
    [
        "staging",
        "main",
        "product",
        "reproduce",
        "preprod",
        "pre-production",
        "non-prod",
        "nonProd",
        "prod-test",
        "",
    ],
)
def test_other_names_are_not_production(name: str) -> None:
    assert not is_production(name)


def test_live_alone_says_nothing_about_a_host_or_a_bucket() -> None:
    assert [
        says_production(each) for each in ("db.prod.shop.example", "shop_production", "live-chat", "shop")
    ] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("declared", "environment", "same"),
    [
        ("production", "Production", True),
        ("prod", "production", True),
        ("production", "live", True),
        ("prod*", "production-eu", True),
        ("production-us", "production-eu", False),
        ("production", "production-eu", False),
        ("staging", "production", False),
    ],
)
def test_a_declared_environment_is_compared_by_name(declared: str, environment: str, same: bool) -> None:
    assert is_same(declared, environment) is same


@pytest.mark.parametrize(
    ("path", "name", "source", "word"),
    [
        (".env.development", None, Source.TREE, "development"),
        ("staging/task.sh", None, Source.TREE, "staging"),
        ("deploy/settings.py", "RAILWAY_TOKEN_DEV", Source.TREE, "dev"),
        ("env:TEST_DATABASE_URL", None, Source.ENVIRONMENT, "test"),
        (".env.production", None, Source.TREE, None),
        ("staging/.env.production", None, Source.TREE, None),
        ("production/.env.test", None, Source.TREE, "test"),
        ("src/latest/contest.py", "DEVICE", Source.TREE, None),
        (".local/share/rail/config.json", None, Source.HOME, None),
        (".env", "TOKEN", Source.TREE, None),
    ],
)
def test_a_place_may_say_that_it_is_for_development(
    path: str, name: str | None, source: Source, word: str | None
) -> None:
    assert development_word([Location(source, path, 1, name=name)]) == word
