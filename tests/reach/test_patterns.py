"""Many patterns as one: what they cover is what each of them covers, told without trying each."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.agent import Syntax
from scopeaudit.catalogue.places import System
from scopeaudit.reach.agents.applied import Rules, SharedPatterns
from scopeaudit.reach.agents.globs import Effort, IgnoreLine, ignore_line, match, parts_of
from scopeaudit.reach.agents.ignore_lines import IgnoreLines
from scopeaudit.reach.agents.patterns import Pattern, Patterns, SpentError
from scopeaudit.reach.agents.rules import denial
from scopeaudit.reach.machine import Machine

NAMES = ["a", "b", "A", "ab", "abc", "B.env", ".env", ".env.local", "ſecret", "SECRET", "secret", "x y", ""]
GLOBS = ["*", "?", "a*", "*b", "*.env", ".env*", "s*t", "[ab]*", "[!a]", "*[b]", "sec?et", "a[", "**", "*e*"]
PARTS = st.sampled_from([*NAMES, *GLOBS, "**", "**"])
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map("/".join)
PATTERNS = st.builds(
    lambda parts, loose, folders_only: Pattern(parts_of(parts, loose=loose), folders_only),
    st.lists(PARTS, min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
)
LINES = st.builds(
    lambda again, rooted, parts, folder: f"{again}{rooted}{'/'.join(parts)}{folder}",
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
)
MACHINE = Machine(Path("/home/me"), Path("/home/me/project"), System.LINUX)
WRITTEN = {
    Syntax.GITIGNORE: LINES,
    Syntax.ANYWHERE: LINES,
    Syntax.GLOB: st.builds(
        lambda begin, parts: begin + "/".join(parts),
        st.sampled_from(["", "/", "~/", "//", "./", "/home/me/project/"]),
        st.lists(PARTS, min_size=1, max_size=3),
    ),
}
for _syntax in (Syntax.CLAUDE_RULE, Syntax.CLAUDE_RULE_BELIEVED):
    WRITTEN[_syntax] = st.builds(
        lambda tool, begin, parts: f"{tool}({begin}{'/'.join(parts)})",
        st.sampled_from(["Read", "Edit"]),
        st.sampled_from(["", "/", "//", "~/", "./", "//home/me/", "!"]),
        st.lists(PARTS, min_size=1, max_size=3),
    ) | st.sampled_from(["Read", "Read(*)", "Read()", "no rule"])
ABSOLUTE = st.builds(
    lambda folder, path: folder + path,
    st.sampled_from(["/", "/home/me/", "/home/me/project/", "/home/me/project/"]),
    PATHS,
)


def covers(pattern: Pattern, path: str) -> bool:
    """The plain way."""
    names = path.split("/")
    return match(pattern.parts, names[:-1] if pattern.folders_only else names, inside=True)


@settings(max_examples=500)
@given(st.lists(PATTERNS, max_size=8), st.lists(PATHS, min_size=1, max_size=6))
def test_patterns_cover_together_what_each_covers(patterns: list[Pattern], paths: list[str]) -> None:
    together = Patterns(patterns)
    for path in paths:
        plain = [number for number, each in enumerate(patterns) if covers(each, path)]
        assert list(together.covering(path)) == plain


@settings(max_examples=300)
@given(st.lists(PATTERNS, max_size=6), st.lists(PATHS, min_size=1, max_size=6))
def test_patterns_name_together_what_each_names(patterns: list[Pattern], paths: list[str]) -> None:
    whole = [Pattern(each.parts) for each in patterns]
    together = Patterns(whole)
    for path in paths:
        plain = [
            number for number, each in enumerate(whole) if match(each.parts, path.split("/"), inside=False)
        ]
        assert list(together.naming(path)) == plain


def plainly(lines: list[IgnoreLine], path: str) -> int | None:
    """The plain way: one line after the other."""
    found: int | None = None
    for number, line in enumerate(lines):
        if line.again is (found is not None) and covers(Pattern(line.parts, line.folders_only), path):
            found = None if line.again else number
    return found


@settings(max_examples=500)
@given(st.lists(LINES, max_size=8), st.lists(PATHS, min_size=1, max_size=6))
def test_the_deciding_line_is_the_one_that_decides_line_by_line(written: list[str], paths: list[str]) -> None:
    lines = [line for each in written if (line := ignore_line(each)) is not None]
    together = IgnoreLines(lines)
    assert [together.deciding(path) for path in paths] == [plainly(lines, path) for path in paths]


@pytest.mark.parametrize("syntax", list(WRITTEN), ids=str)
def test_the_first_rule_is_the_first_that_covers(syntax: Syntax) -> None:
    @settings(max_examples=200)
    @given(st.lists(WRITTEN[syntax], max_size=6), st.lists(ABSOLUTE, min_size=1, max_size=5))
    def check(written: list[str], paths: list[str]) -> None:
        rules = [denial(each, syntax, MACHINE, "/home/me/.settings", "Read") for each in written]
        effort = Effort(100_000)
        together = Rules(rules, effort, SharedPatterns(effort))
        for path in paths:
            plain = next((number for number, each in enumerate(rules) if each.path(path)), None)
            assert together.first(path) == plain, path

    check()


def taken(rules: int, places: int) -> int:
    """The effort for so many places and rules of which each place has one."""
    effort = Effort(1 << 40)
    before = effort.left
    patterns = Patterns(
        [
            Pattern(parts_of(each.split("/")))
            for number in range(rules)
            for each in (f"src/m{number}/**/*.env", f"**/key-{number}.pem", f"c{number}-*.json")
        ],
        effort,
    )
    for number in range(places):
        patterns.covering(f"src/m{number % 40}/a/f{number}.env")
        patterns.covering(f"key-{number % 40}.pem")
    return before - effort.left


def test_ten_times_the_rules_cost_about_the_same_and_ten_times_the_places_ten_times() -> None:
    base = taken(50, 400)
    assert taken(500, 400) < 1.5 * base
    assert taken(50, 4_000) < 10.5 * base


def test_what_is_too_much_to_find_out_is_said_and_not_taken_for_nothing() -> None:
    patterns = Patterns([Pattern(parts_of([f"*{number}*"])) for number in range(20)], Effort(50))
    assert list(patterns.covering("a17b")) == [1, 7, 17]
    with pytest.raises(SpentError):
        [patterns.covering(f"{number}") for number in range(5)]


def test_places_on_this_system_are_split_as_it_splits_them(tmp_path: Path) -> None:
    rule = denial("*.env", Syntax.GITIGNORE, MACHINE, str(tmp_path))
    effort = Effort(100)
    rules = Rules([rule], effort, SharedPatterns(effort))
    assert rules.first(os.path.join(tmp_path, "a", "b.env")) == 0  # noqa: PTH118 - a text
