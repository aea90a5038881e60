"""Expressions over settings: true, false, or not decided where settings are written in another way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.conditions import UndecidedError, Variable, evaluated, is_true, value_of
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings

KNOWN = load_surroundings(load_rules())
EXPRESSIONS = sorted(
    {
        text
        for agent in KNOWN.agents
        for text in (
            *(each.when for each in agent.settings),
            *(each.at for each in agent.settings),
            *(each.when for each in agent.ways),
            *(each.when for each in agent.mechanisms),
            *(each.settings for each in agent.mechanisms),
            *(each.excepted for each in agent.mechanisms),
            *(void.when for each in agent.mechanisms for void in each.void),
            *agent.also_inside,
        )
        if text is not None
    }
)
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.floats() | st.sampled_from(["", "*", "Read", "false", "\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["permissions", "deny", "allow", "sandbox", "enabled", "tools", "mode", "path", "*", "rules"]),
        inner,
        max_size=4,
    ),
    max_leaves=16,
)  # fmt: skip


@given(st.sampled_from(EXPRESSIONS), HOSTILE, st.booleans())
def test_no_shape_of_settings_makes_an_expression_fail(expression: str, settings: Any, more: bool) -> None:
    scope = {"settings": settings, "scopes": {"user": settings}, "env": {}, "platform": "linux", "files": {}}
    if more:
        scope["scopes"] = settings
    evaluated(expression, scope)


@pytest.mark.parametrize(
    ("expression", "settings"),
    [
        ("contains(not_null(deny, `[]`), 'Read')", {"deny": "Do not Read"}),
        ("contains(not_null(deny, `[]`), 'Read')", {"deny": {"Read": True}}),
        ("not_null(mode, '') == 'ask'", {"mode": ["ask"]}),
        ("!(sandbox.enabled)", {"sandbox": {"enabled": "false"}}),
        ("!(sandbox.enabled)", {"sandbox": {"enabled": 0}}),
        ("sandbox.enabled && 'x'", {"sandbox": {"enabled": "No"}}),
        ("allow[?starts_with(@, 'mcp')]", {"allow": ["a", 5]}),
        ("allow[?contains(@, 'mcp')]", {"allow": [5]}),
    ],
)
def test_what_is_written_in_another_way_is_not_decided(expression: str, settings: Any) -> None:
    with pytest.raises(UndecidedError):
        is_true(value_of(expression, settings))


@pytest.mark.parametrize(
    ("expression", "settings", "expected"),
    [
        ("contains(not_null(deny, `[]`), 'Read')", {}, False),
        ("contains(not_null(deny, `[]`), 'Read')", {"deny": ["Read"]}, True),
        ("starts_with(mode, ':')", {}, False),
        ("!(sandbox.enabled)", {}, True),
        ("sandbox.enabled", {"sandbox": {"enabled": True}}, True),
        ("env.ALL && env.ALL != 'false'", {"env": {"ALL": Variable("false")}}, False),
        ("starts_with(env.ALL, 'f')", {"env": {"ALL": Variable("false")}}, True),
    ],
)
def test_what_is_not_there_is_false(expression: str, settings: Any, expected: bool) -> None:
    assert is_true(value_of(expression, settings)) is expected


@pytest.mark.parametrize(
    ("patterns", "depth", "left"),
    [
        pytest.param(["**/*.env"], None, ["**/*.env"], id="no-depth"),
        pytest.param(["**/*.env"], "3", ["**/*.env"], id="a-depth-that-is-no-number"),
        pytest.param(["**/*.env"], 1, ["*.env"], id="the-folder-itself"),
        pytest.param(["**/*.env"], 3, ["*.env", "*/*.env", "*/*/*.env"], id="three-deep"),
        pytest.param(["api/**/*.env"], 2, ["api/*.env", "api/*/*.env"], id="from-the-first-wildcard-on"),
        pytest.param(["**/keys/*.pem"], 2, ["keys/*.pem"], id="what-follows-counts-too"),
        pytest.param(["**/keys/*.pem"], 1, [], id="too-deep"),
        pytest.param(["*/*/a.pem"], 2, [], id="too-deep-without-stars"),
        pytest.param(["*/a.pem"], 2, ["*/a.pem"], id="deep-enough"),
        pytest.param(["deploy/key", "secrets/**"], 1, ["deploy/key", "secrets/**"], id="no-search-is-needed"),
        pytest.param(["**/secrets/**", "a/**/b/**/c"], 6, [], id="cannot-be-told"),
        pytest.param(["**/a", 5, None], 0, [], id="nothing-is-searched"),
        pytest.param("**/a", 3, [], id="no-list"),
    ],
)
def test_globs_reach_no_deeper_than_they_are_looked_for(patterns: Any, depth: Any, left: list[str]) -> None:
    assert value_of("within(patterns, depth)", {"patterns": patterns, "depth": depth}) == left


def test_a_depth_without_end_makes_no_globs_without_end() -> None:
    assert len(value_of("within(patterns, `1e300`)", {"patterns": ["**/a"]})) == 64
