"""Staged changes in a real repository."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach import staged as module
from scopeaudit.reach.staged import staged

_IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *_IDENTITY, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    _git(root, "init", "-q", "-b", "main")
    (root / "old.txt").write_text("old\n")
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "first")
    return root


def test_only_what_is_staged_is_read_and_as_it_was_staged(repository: Path) -> None:
    (repository / "old.txt").write_text("changed\n")
    (repository / "new\nline").write_text("staged\n")
    _git(repository, "add", "new\nline")
    (repository / "new\nline").write_text("edited later\n")
    (repository / "untracked").write_text("x")
    assert list(staged(repository)) == [Document(Source.STAGED, "new\nline", b"staged\n", size=7)]


def test_before_the_first_commit_everything_added_is_staged(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("a")
    _git(tmp_path, "add", ".")
    assert list(staged(tmp_path)) == [Document(Source.STAGED, "a", b"a", size=1)]


def test_a_subfolder_and_a_single_file_give_their_own_changes(repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "sub" / "in*.txt").write_text("in")
    (repository / "sub" / "inner.txt").write_text("inner")
    (repository / "out.txt").write_text("out")
    _git(repository, "add", ".")
    both = [
        Document(Source.STAGED, "in*.txt", b"in", size=2),
        Document(Source.STAGED, "inner.txt", b"inner", size=5),
    ]
    assert list(staged(repository / "sub")) == both
    assert list(staged(repository / "sub" / "in*.txt")) == both[:1]


def test_a_folder_without_a_repository_is_a_gap(tmp_path: Path) -> None:
    found = list(staged(tmp_path, {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}))
    assert [each.what for each in found if isinstance(each, Gap)] == ["staged changes"]


def test_a_machine_without_git_is_a_gap(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    why = "could not be read: git is not installed"
    assert list(staged(repository)) == [Gap(Stage.REACH, "staged changes", why)]


def test_the_index_a_commit_hook_is_given_is_read(repository: Path) -> None:
    (repository / "a").write_text("a")
    (repository / "b").write_text("b")
    other = repository / ".git" / "next-index.lock"
    _git(repository, "add", "b")
    (repository / ".git" / "index").rename(other)
    assert [
        each.path
        for each in staged(repository, {**os.environ, "GIT_INDEX_FILE": str(other)})
        if isinstance(each, Document)
    ] == ["b"]


def test_an_index_from_elsewhere_is_not_used(repository: Path, tmp_path: Path) -> None:
    (repository / "a").write_text("a")
    _git(repository, "add", "a")
    variables = {**os.environ, "GIT_INDEX_FILE": str(tmp_path / "index"), "GIT_DIR": str(tmp_path)}
    assert [each.path for each in staged(repository, variables) if isinstance(each, Document)] == ["a"]


def test_nothing_the_repository_configures_is_run(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (repository / ".gitattributes").write_text("* diff=evil filter=evil\n")
    (repository / "a").write_text("a")
    _git(repository, "add", ".")
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "core.askPass",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "credential.helper",
        "pager.diff-index",
        "pager.cat-file",
        "alias.diff-index",
        "alias.cat-file",
        "remote.origin.uploadpack",
        "core.alternateRefsCommand",
    ):
        value = f"!{program}" if key.startswith("alias.") else str(program)
        _git(repository, "config", key, value)
    _git(repository, "config", "core.hooksPath", str(tmp_path))
    paths = [each.path for each in staged(repository) if isinstance(each, Document)]
    assert (paths, ran.exists()) == ([".gitattributes", "a"], False)


def test_a_missing_object_is_a_gap_and_nothing_is_fetched(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\nexit 1\n")
    program.chmod(0o755)
    (repository / "a").write_text("lost")
    _git(repository, "add", "a")
    stored = subprocess.run(
        ["git", "hash-object", "a"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.strip()
    (repository / ".git" / "objects" / stored[:2] / stored[2:]).unlink()
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.uploadpack": str(program),
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        _git(repository, "config", key, value)
    why = f"could not be read: object {stored} is missing"
    assert (list(staged(repository)), ran.exists()) == ([Gap(Stage.REACH, "staged changes", why)], False)


def test_a_replaced_object_is_read_as_it_was_staged(repository: Path) -> None:
    (repository / "a").write_text("real")
    (repository / "b").write_text("harmless")
    _git(repository, "add", ".")
    ids = subprocess.run(
        ["git", "hash-object", "a", "b"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.split()
    _git(repository, "replace", *ids)
    assert [bytes(each.data) for each in staged(repository) if isinstance(each, Document)] == [
        b"real",
        b"harmless",
    ]


def test_conflicts_are_a_gap(repository: Path) -> None:
    _git(repository, "checkout", "-q", "-b", "other")
    (repository / "old.txt").write_text("theirs\n")
    _git(repository, "commit", "-q", "-am", "theirs")
    _git(repository, "checkout", "-q", "main")
    (repository / "old.txt").write_text("ours\n")
    _git(repository, "commit", "-q", "-am", "ours")
    subprocess.run(["git", *_IDENTITY, "merge", "other"], cwd=repository, check=False, capture_output=True)
    why = "has unresolved conflicts; no staged content was read"
    assert list(staged(repository)) == [Gap(Stage.REACH, "old.txt", why)]


def test_a_large_blob_comes_in_sections(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECTION_BYTES", 1000)
    monkeypatch.setattr("scopeaudit.reach.sections.SECTION_BYTES", 1000)
    monkeypatch.setattr("scopeaudit.reach.sections.MARGIN_BYTES", 100)
    monkeypatch.setattr(module, "_CHUNK_BYTES", 300)
    data = b"".join(b"line %d\n" % number for number in range(1000))
    (repository / "a").write_bytes(data)
    (repository / "z").write_bytes(b"after")
    _git(repository, "add", ".")
    found = [each for each in staged(repository) if isinstance(each, Document)]
    assert b"".join(bytes(each.data)[slice(*(each.own or (None,)))] for each in found[:-1]) == data
    assert (found[-1].path, found[-1].data) == ("z", b"after")
