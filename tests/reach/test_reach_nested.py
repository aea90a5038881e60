"""Repositories in the scanned folder that it does not belong to."""

import subprocess

import pytest

from scopeaudit.reach.nested import Nested
from scopeaudit.reach.tree import tree


def gaps(root):
    nested = Nested()
    assert list(nested.watched(tree(root))) == list(tree(root))
    return [(each.what, each.why) for each in nested.gaps(root)]


def repository(folder, *options):
    subprocess.run(["git", "init", "--quiet", *options, str(folder)], check=True)


def test_repositories_inside_are_named_and_the_folder_s_own_is_not(tmp_path):
    repository(tmp_path)
    repository(tmp_path / "a")
    repository(tmp_path / "b" / "bare.git", "--bare")
    (tmp_path / "HEAD").write_text("no repository\n")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "HEAD").write_text("no repository\n")
    why = "is a repository of its own; its history was not read"
    assert gaps(tmp_path) == [("a", why), ("b/bare.git", why)]


def test_a_repository_is_named_wherever_it_hides(tmp_path):
    """With a link for a HEAD, as git itself makes it when told so; in the git directory of the folder."""
    repository(tmp_path)
    repository(tmp_path / ".git" / "hidden", "--bare")
    repository(tmp_path / "linked")
    head = tmp_path / "linked" / ".git" / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")
    assert [what for what, _ in gaps(tmp_path)] == [".git/hidden", "linked"]


def test_submodules_are_named_by_the_history_alone(tmp_path):
    repository(tmp_path)
    repository(tmp_path / ".git" / "modules" / "m", "--bare")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / ".git").write_text("gitdir: ../.git/modules/m\n")
    assert gaps(tmp_path) == []


@pytest.mark.parametrize("relative", [True, False])
def test_a_working_tree_of_a_repository_elsewhere_is_named(tmp_path, relative):
    repository(tmp_path / "elsewhere")
    scanned = tmp_path / "scanned"
    (scanned / "w").mkdir(parents=True)
    place = "../../elsewhere/.git" if relative else tmp_path / "elsewhere" / ".git"
    (scanned / "w" / ".git").write_text(f"gitdir: {place}\n")
    ((what, why),) = gaps(scanned)
    assert what == "w"
    assert "outside of the scanned folder" in why


def test_of_very_many_some_are_named_and_the_rest_counted(tmp_path):
    for number in range(23):
        folder = tmp_path / f"r{number:02}" / ".git"
        for name in ("objects", "refs"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
    found = gaps(tmp_path)
    assert [what for what, _ in found[:20]] == [f"r{number:02}" for number in range(20)]
    assert [what for what, _ in found[20:]] == ["3 more repositories"]
