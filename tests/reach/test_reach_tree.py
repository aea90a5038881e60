"""The working tree on a real file system."""

import os
import socket
import zlib
from pathlib import Path

import pytest

from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach.tree import tree
from tests.pace import within


def _read(root: Path) -> tuple[dict[str, bytes], list[Gap]]:
    found = list(tree(root))
    documents = {each.path: bytes(each.data) for each in found if isinstance(each, Document)}
    return documents, [each for each in found if isinstance(each, Gap)]


def test_every_file_is_read_in_a_fixed_order_and_ignored_ones_too(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("secret.env\n")
    (tmp_path / "secret.env").write_text("A=1\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.txt").write_bytes(b"z")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "empty").write_bytes(b"")
    found = [(each.path, each.data, each.size) for each in tree(tmp_path) if isinstance(each, Document)]
    assert found == [
        (".gitignore", b"secret.env\n", 11),
        ("secret.env", b"A=1\n", 4),
        ("a/empty", b"", 0),
        ("b/z.txt", b"z", 1),
    ]


def test_a_single_file_is_named_by_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "only.txt"
    path.write_bytes(b"text")
    assert list(tree(path)) == [Document(Source.TREE, "only.txt", b"text", size=4)]


def test_a_path_that_does_not_exist_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        list(tree(tmp_path / "missing"))


def test_a_loop_of_links_as_the_root_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError, match="name a file or folder that exists"):
        list(tree(tmp_path / "a"))


def test_of_a_git_directory_only_objects_are_left_out(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    (git / "objects" / "ab").mkdir(parents=True)
    (git / "objects" / "pack").mkdir()
    (git / "refs").mkdir()
    (git / "HEAD").write_bytes(b"ref: refs/heads/main\n")
    (git / "config").write_bytes(b"[remote]\n")
    (git / "objects" / "ab" / ("c" * 38)).write_bytes(zlib.compress(b"blob 1\0a"))
    (git / "objects" / "ab" / ("d" * 38)).write_bytes(b"no object")
    (git / "objects" / "pack" / f"pack-{'d' * 40}.pack").write_bytes(b"PACK")
    (git / "objects" / "ab" / "notes.txt").write_bytes(b"hidden")
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / ("e" * 38)).write_bytes(b"not a store")
    documents, gaps = _read(tmp_path)
    assert documents == {
        ".git/HEAD": b"ref: refs/heads/main\n",
        ".git/config": b"[remote]\n",
        f".git/objects/ab/{'d' * 38}": b"no object",
        ".git/objects/ab/notes.txt": b"hidden",
        f"objects/{'e' * 38}": b"not a store",
    }
    assert gaps == []


def test_links_stay_in_the_tree_and_loops_end(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_bytes(b"file")
    (root / "inside").symlink_to("file")
    (root / "loop").symlink_to(".")
    (root / "self").symlink_to("self")
    (root / "broken").symlink_to("/nonexistent/anywhere")
    (root / "leaves").symlink_to(outside)
    assert _read(root) == (
        {"file": b"file"},
        [Gap(Stage.REACH, "leaves", "is a link out of the folder; it was not followed")],
    )


def test_many_links_out_are_counted(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for number in range(25):
        (root / f"link{number:02}").symlink_to("/")
    _, gaps = _read(root)
    assert len(gaps) == 21
    assert gaps[-1] == Gap(Stage.REACH, "5 more links", "lead out of the folder; they were not followed")


def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        listener.bind("socket")
    finally:
        os.chdir(here)
        listener.close()
    why = "is not a regular file; it was not opened"
    assert _read(tmp_path) == ({}, [Gap(Stage.REACH, "pipe", why), Gap(Stage.REACH, "socket", why)])


def test_a_pipe_given_as_the_root_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert list(tree(tmp_path / "pipe")) == [Gap(Stage.REACH, "pipe", "is neither a file nor a folder")]


def test_a_file_that_becomes_a_pipe_before_it_is_opened_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "swapped"
    path.write_bytes(b"text")
    real = os.open

    def swap(name: str, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(name, flags)

    monkeypatch.setattr(os, "open", swap)
    assert _read(tmp_path) == ({}, [Gap(Stage.REACH, "swapped", "is not a regular file; it was not read")])


def test_what_may_not_be_read_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").write_bytes(b"x")
    (tmp_path / "shut").mkdir()
    real_open, real_scandir = os.open, os.scandir

    def refuse_file(name: str, flags: int) -> int:
        if name.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real_open(name, flags)

    def refuse_folder(name: str) -> object:
        if name.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return real_scandir(name)

    monkeypatch.setattr(os, "open", refuse_file)
    monkeypatch.setattr(os, "scandir", refuse_folder)
    why = "could not be read: Permission denied"
    assert _read(tmp_path) == ({}, [Gap(Stage.REACH, "locked", why), Gap(Stage.REACH, "shut", why)])


def test_names_with_newlines_escapes_and_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    names = ["new\nline", "esc\x1b[31mred", os.fsdecode(b"bad\xff")]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    documents, gaps = _read(tmp_path)
    assert (sorted(documents), gaps) == (sorted(names), [])


def test_a_deep_tree_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1200):
            os.mkdir("d")  # noqa: PTH102 - a path of this length cannot be named
            os.chdir("d")
        Path("deep").write_bytes(b"x")
    finally:
        os.chdir(here)
    try:
        documents, gaps = _read(tmp_path)
    finally:
        _remove_chain(tmp_path)
    assert (len(documents), gaps) == (1, [])


def _remove_chain(folder: Path) -> None:
    """pytest's own removal is recursive and would not get to the end."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        depth = 0
        while Path("d").is_dir():
            os.chdir("d")
            depth += 1
        Path("deep").unlink()
        for _ in range(depth):
            os.chdir("..")
            Path("d").rmdir()
    finally:
        os.chdir(here)


@pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="holes are told by POSIX systems")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_file_with_holes_takes_no_more_than_what_was_written_to_it(tmp_path: Path, encoding: str) -> None:
    """A terabyte of nothing, with text before, amid and behind it."""
    texts = [f"TOKEN_{number}=abcdefghij\n".encode(encoding) for number in range(3)]
    with (tmp_path / "sparse").open("wb") as file:
        for text, at in zip(texts, (0, 1 << 39, (1 << 40) + 4_096), strict=True):
            file.seek(at)
            file.write(text)
        file.truncate((1 << 40) + (1 << 30))
    with within(5):
        found = list(tree(tmp_path))
    assert [each for each in found if isinstance(each, Gap)] == []
    views = [bytes(each.data) for each in found if isinstance(each, Document)]
    for text in texts:
        assert any(text.decode(encoding).encode() in view for view in views)
