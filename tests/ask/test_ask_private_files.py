"""Files of the user's own: mode, links, and a key that every process agrees on."""

import os
import sys
import threading
from pathlib import Path

import pytest

from scopeaudit.ask.private_files import (
    cache_directory,
    open_private,
    read_private,
    state_directory,
    user_key,
    write_private,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_the_key_is_random_private_and_the_same_next_time(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        key = user_key(tmp_path / "a")
    finally:
        os.umask(old)
    assert (len(key), user_key(tmp_path / "a"), mode(tmp_path / "a" / "key")) == (32, key, 0o600)
    assert mode(tmp_path / "a") == 0o700
    assert user_key(tmp_path / "b") != key


def test_threads_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(user_key(tmp_path / "k"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    key = user_key(tmp_path)
    assert (len(key), user_key(tmp_path)) == (32, key)


@posix
def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    key = user_key(tmp_path)
    (tmp_path / "key").chmod(0o644)
    assert (user_key(tmp_path), mode(tmp_path / "key")) == (key, 0o600)


@posix
def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"x" * 32)
    (tmp_path / "key").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    assert user_key(tmp_path) != target.read_bytes()
    assert target.read_bytes() == b"x" * 32
    assert read_private(tmp_path / "pipe", 10) is None
    with pytest.raises(OSError, match=r"."):
        open_private(tmp_path / "pipe", os.O_WRONLY)


def test_a_file_beyond_its_bound_is_not_read(tmp_path: Path) -> None:
    write_private(tmp_path / "x", b"12345")
    assert (read_private(tmp_path / "x", 5), read_private(tmp_path / "x", 4)) == (b"12345", None)
    assert read_private(tmp_path / "missing", 4) is None
    assert read_private(tmp_path, 4) is None


def test_a_write_that_fails_leaves_the_old_content_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match=r"."):
        write_private(tmp_path / "x", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_the_directories_are_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert state_directory().name == "scopeaudit"
    assert cache_directory().name == "answers"
