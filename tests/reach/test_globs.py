"""Patterns over paths: as git reads ignore files, and in bounded time whatever they are."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from scopeaudit.reach.agents.globs import ignore_line, match, parts_of
from scopeaudit.reach.agents.ignore_lines import is_ignored
from tests.pace import within

NAMES = st.sampled_from(["a", "b", ".env", ".env.local", "key.pem", "src", "x y"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(["a", "b", "*", "**", ".env", ".env*", "*.pem", "s?c", "[ab]", "[!a]"])
LINES = st.builds(
    # What `**/` at the end means, the two do not agree on.
    lambda again, rooted, parts, folder: (
        f"{again}{rooted}{'/'.join(parts)}{'' if parts[-1] == '**' else folder}"
    ),
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
)


def lines_of(text: str) -> list:
    return [line for each in text.splitlines() if (line := ignore_line(each)) is not None]


@settings(max_examples=600)
@given(st.lists(LINES, min_size=1, max_size=4), PATHS)
def test_ignore_files_mean_what_they_mean_elsewhere(lines: list[str], path: str) -> None:
    # Two libraries differ in one thing only: git takes nothing back inside a folder that is ignored.
    # The backend that is chosen where Hyperscan is installed overlooks `.env.local/.env.local/a` for `[ab]`.
    expected = GitIgnoreSpec.from_lines(lines, backend="simple").match_file(path)
    found = is_ignored(lines_of("\n".join(lines)), path)
    assert found == expected or any(each.startswith("!") for each in lines)


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (".env", ".env"),
        (".env", "a/b/.env"),
        ("/.env", "a/.env"),
        ("secrets/", "secrets/a/key"),
        ("secrets/", "secrets"),
        ("a/b", "a/b/c"),
        ("a/b", "x/a/b"),
        ("**/b", "a/b"),
        ("a/**", "a/b/c"),
        ("a/**/c", "a/c"),
        ("a/**/c", "a/x/y/c"),
        ("*.pem\n!public.pem", "public.pem"),
        ("*.pem\n!public.pem", "private.pem"),
        ("# a comment\n\n.env  ", ".env"),
        (r"\#odd", "#odd"),
        (r"\!odd", "!odd"),
        ("[ab].txt", "c.txt"),
        ("*", "a/b"),
        ("!*", "a"),
        ("/*\n!/a", "a"),
        ("[ab]", ".env.local/.env.local/a"),
    ],
)
def test_git_agrees(lines: str, path: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text(lines + "\n")
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("")
    asked = subprocess.run(["git", "-C", tmp_path, "check-ignore", "-q", "--no-index", path], check=False)
    assert is_ignored(lines_of(lines), path) == (asked.returncode == 0)


@pytest.mark.parametrize("pattern", ["**/" * 300 + "x", "*a" * 400, "/".join(["**", "a*"] * 150)])
def test_no_pattern_takes_long(pattern: str) -> None:
    with within(2):
        is_ignored(lines_of(pattern), "/".join(["a" * 200] * 40))


def test_what_lies_in_a_folder_that_matches_is_covered_where_asked() -> None:
    home = parts_of(("", "home", "*"))
    assert match(home, ("", "home", "me", ".env"), inside=True)
    assert not match(home, ("", "home", "me", ".env"), inside=False)
    assert not match(parts_of(("a", "**")), ("a",), inside=True)
