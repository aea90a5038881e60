"""Answers are remembered for a while, for one user, and never with a secret."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ask_samples import ACME, ME, PLANTED, held

from scopeaudit.ask.memory import Memory, open_memory
from scopeaudit.catalogue.provider import HttpQuestion

KEY = bytes(range(32))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def memory(directory: Path, *, key: bytes = KEY, clock: Clock | None = None) -> Memory:
    return Memory(directory / "answers", key, seconds=60, clock=clock or Clock())


def entries(directory: Path) -> list[Path]:
    return sorted((directory / "answers").glob("*"))


def test_what_was_remembered_is_recalled_by_another_process(tmp_path: Path) -> None:
    assert memory(tmp_path).recall(ACME, held()) is None
    assert memory(tmp_path).remember(ACME, held(), b"value")
    assert memory(tmp_path).recall(ACME, held()) == b"value"
    if sys.platform != "win32":
        assert [each.stat().st_mode & 0o777 for each in entries(tmp_path)] == [0o600]
        assert (tmp_path / "answers").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("provider", "credential", "endpoint", "key"),
    [
        (ACME, held("acme_another_value"), None, KEY),
        (ACME, held(host="db.example"), None, KEY),
        (ACME, replace(held(), credential=replace(held().credential, kind="role")), None, KEY),
        (ACME, held(), "https://git.example.org", KEY),
        (ACME, held(), None, b"\x01" * 32),
        (replace(ACME, id="other"), held(), None, KEY),
        (replace(ACME, hosts=("elsewhere.example",)), held(), None, KEY),
        (replace(ACME, questions=(replace(ME, http=HttpQuestion(path="/v2/me")),)), held(), None, KEY),
    ],
    ids=["secret", "companions", "kind", "endpoint", "user", "provider", "hosts", "questions"],
)
def test_an_answer_is_for_one_credential_asked_one_way(
    tmp_path: Path, provider: object, credential: object, endpoint: str | None, key: bytes
) -> None:
    memory(tmp_path).remember(ACME, held(), b"value")
    assert memory(tmp_path, key=key).recall(provider, credential, endpoint) is None  # type: ignore[arg-type]


def test_companions_are_kept_apart_from_each_other(tmp_path: Path) -> None:
    memory(tmp_path).remember(ACME, held(a="bc"), b"value")
    assert memory(tmp_path).recall(ACME, held(ab="c")) is None
    assert memory(tmp_path).recall(ACME, held(a="bc")) == b"value"


def test_it_is_forgotten_when_its_time_is_over_and_when_the_clock_went_back(tmp_path: Path) -> None:
    clock = Clock()
    memory(tmp_path, clock=clock).remember(ACME, held(), b"value")
    clock.now += 59
    assert memory(tmp_path, clock=clock).recall(ACME, held()) == b"value"
    clock.now += 1
    assert memory(tmp_path, clock=clock).recall(ACME, held()) is None
    clock.now -= 61
    assert memory(tmp_path, clock=clock).recall(ACME, held()) is None


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    memory(tmp_path).remember(ACME, held(), b"value")
    (path,) = entries(tmp_path)
    sound = path.read_bytes()
    for index in range(len(sound)):
        path.write_bytes(sound[:index] + bytes([sound[index] ^ 1]) + sound[index + 1 :])
        assert memory(tmp_path).recall(ACME, held()) is None
    for damaged in (b"", sound[:10], sound[:-1], sound + b"\0", b"\xc1" * 200):
        path.write_bytes(damaged)
        assert memory(tmp_path).recall(ACME, held()) is None
    path.write_bytes(sound)
    assert memory(tmp_path).recall(ACME, held()) == b"value"


def test_an_entry_cannot_stand_in_for_another(tmp_path: Path) -> None:
    given = memory(tmp_path)
    given.remember(ACME, held(), b"value")
    (first,) = entries(tmp_path)
    given.remember(ACME, held("acme_another_value"), b"other")
    (second,) = set(entries(tmp_path)) - {first}
    second.write_bytes(first.read_bytes())
    assert given.recall(ACME, held("acme_another_value")) is None


def test_nothing_on_disk_holds_the_secret(tmp_path: Path) -> None:
    given = memory(tmp_path)
    assert not given.remember(ACME, held(), b'{"echo": "' + PLANTED.encode() + b'"}')
    assert given.remember(ACME, held(user=PLANTED), b"value")
    for path in entries(tmp_path):
        assert PLANTED.encode() not in path.read_bytes() + path.name.encode()


def test_forget_removes_entries_and_nothing_else(tmp_path: Path) -> None:
    given = memory(tmp_path)
    given.remember(ACME, held(), b"value")
    given.remember(ACME, held("acme_another_value"), b"value")
    (tmp_path / "answers" / "notes.txt").write_text("mine")
    assert given.forget() == 2
    assert given.recall(ACME, held()) is None
    assert [each.name for each in entries(tmp_path)] == ["notes.txt"]
    assert memory(tmp_path / "nowhere").forget() == 0


def test_old_entries_are_cleared_away(tmp_path: Path) -> None:
    clock = Clock()
    memory(tmp_path, clock=clock).remember(ACME, held(), b"value")
    (old,) = entries(tmp_path)
    clock.now = old.stat().st_mtime + 61
    memory(tmp_path, clock=clock).remember(ACME, held("acme_another_value"), b"value")
    assert len(entries(tmp_path)) == 1


def test_a_place_that_cannot_be_written_is_not_remembering(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("in the way")
    assert not memory(tmp_path).remember(ACME, held(), b"value")
    assert memory(tmp_path).recall(ACME, held()) is None


def test_a_link_in_place_of_an_entry_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("links of POSIX")
    given = memory(tmp_path)
    given.remember(ACME, held(), b"value")
    (path,) = entries(tmp_path)
    sound = tmp_path / "sound"
    path.rename(sound)
    path.symlink_to(sound)
    before = sound.read_bytes()
    assert given.recall(ACME, held()) is None
    assert given.remember(ACME, held(), b"new")
    assert (given.recall(ACME, held()), sound.read_bytes()) == (b"new", before)


def test_the_users_own_memory_is_in_the_cache_and_its_key_in_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scopeaudit.ask.memory.cache_directory", lambda: tmp_path / "cache")
    monkeypatch.setattr("scopeaudit.ask.memory.state_directory", lambda: tmp_path / "state")
    given = open_memory()
    assert given is not None
    assert given.remember(ACME, held(), b"value")
    assert (len(list((tmp_path / "cache").iterdir())), [x.name for x in (tmp_path / "state").iterdir()]) == (
        1,
        ["key"],
    )
    monkeypatch.setattr("scopeaudit.ask.memory.state_directory", lambda: tmp_path / "state" / "key")
    assert open_memory() is None
