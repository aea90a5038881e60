"""The audit trail notes every request and no secret."""

import json
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ask_samples import ASK_ME, PLANTED, held

from scopeaudit.ask.trail import Trail, open_trail
from scopeaudit.model.errors import ScopeauditError

NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
KEY = bytes(range(32))


def trail(directory: Path, **options: int) -> Trail:
    return Trail(directory, KEY, clock=lambda: NOON, **options)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_request_is_one_line(tmp_path: Path) -> None:
    given = trail(tmp_path / "state")
    given.record(ASK_ME, held(), host="api.acme.example", status=200, note=None)
    given.record(ASK_ME, held(), host="127.0.0.1:9", status=0, note="connection refused")
    assert given.trouble() is None
    entry = {
        "time": "2026-05-04T12:00:00.000+00:00",
        "credential": given.fingerprint("acme", held().secret),
        "provider": "acme",
        "question": "me",
        "method": "GET",
        "host": "api.acme.example",
        "path": "/v1/me",
        "status": 200,
    }
    assert lines(given.path) == [
        entry,
        entry | {"host": "127.0.0.1:9", "status": 0, "note": "connection refused"},
    ]
    if sys.platform != "win32":
        assert {each.stat().st_mode & 0o777 for each in given.path.parent.iterdir()} == {0o600}


def test_a_fingerprint_tells_credentials_apart_and_depends_on_the_key(tmp_path: Path) -> None:
    one, other = held().secret, held("acme_another_value").secret
    given = trail(tmp_path)
    stranger = Trail(tmp_path, b"\x01" * 32)
    prints = {given.fingerprint("acme", one), given.fingerprint("acme", other), given.fingerprint("b", one)}
    assert len(prints | {stranger.fingerprint("acme", one)}) == 4
    assert given.fingerprint("acme", one) == trail(tmp_path).fingerprint("acme", one)


def test_no_line_holds_the_secret_wherever_it_was_put(tmp_path: Path) -> None:
    given = trail(tmp_path)
    request = replace(ASK_ME, path=f"/bot{PLANTED}/me", question=PLANTED, method=PLANTED)
    given.record(request, held(), host=f"{PLANTED}.example", status=200, note=f"said {PLANTED}")
    given.record(ASK_ME, held("a-password", dsn=PLANTED), host="h", status=0, note=f"said {PLANTED}")
    content = given.path.read_bytes()
    assert PLANTED.encode() not in content
    assert lines(given.path)[0]["path"] == "/bot…/me"


def test_text_from_elsewhere_cannot_forge_a_line(tmp_path: Path) -> None:
    given = trail(tmp_path)
    given.record(replace(ASK_ME, path='/a\n{"status": 200}\x1b[2J'), held(), host="h", status=200, note=None)
    assert len(lines(given.path)) == 1
    assert b"\x1b" not in given.path.read_bytes()


def test_the_trail_is_bounded_and_rotates_once(tmp_path: Path) -> None:
    given = trail(tmp_path, most_bytes=1000)
    for status in range(100, 160):
        given.record(ASK_ME, held(), host="api.acme.example", status=status, note=None)
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["lock", "requests.1.jsonl", "requests.jsonl"]
    older, newer = lines(tmp_path / "requests.1.jsonl"), lines(given.path)
    kept = [entry["status"] for entry in older + newer]
    assert kept == list(range(160 - len(kept), 160))
    assert max(given.path.stat().st_size, (tmp_path / "requests.1.jsonl").stat().st_size) <= 1000


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    trails = [trail(tmp_path), trail(tmp_path)]

    def write(index: int) -> None:
        for _ in range(50):
            trails[index % 2].record(ASK_ME, held(), host="h", status=index, note=None)

    threads = [threading.Thread(target=write, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(trails[0].path)) == 300


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_link_in_its_place_is_trouble_and_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_text("kept")
    given = trail(tmp_path)
    given.path.symlink_to(target)
    assert (given.trouble() or "").startswith("the audit trail cannot be written: ")
    given.record(ASK_ME, held(), host="h", status=200, note=None)
    assert target.read_text() == "kept"


def test_a_trail_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    given = trail(tmp_path / "file" / "state")
    assert (given.trouble() or "").startswith("the audit trail cannot be written: ")
    with pytest.raises(ScopeauditError, match="use --offline"):
        open_trail(tmp_path / "file" / "state")


def test_a_disk_that_fills_up_is_trouble_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = trail(tmp_path)
    assert given.trouble() is None
    monkeypatch.setattr("scopeaudit.ask.trail.os.write", lambda descriptor, line: 3)
    given.record(ASK_ME, held(), host="h", status=200, note=None)
    assert given.trouble() == "the audit trail cannot be written: the disk is full"


def test_the_users_own_trail_uses_the_users_own_key(tmp_path: Path) -> None:
    first, second = open_trail(tmp_path), open_trail(tmp_path)
    assert first.fingerprint("acme", held().secret) == second.fingerprint("acme", held().secret)
    assert (tmp_path / "key").stat().st_size == 32
