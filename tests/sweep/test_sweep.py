"""The history of real repositories: what is found there, and what is said of it."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap
from scopeaudit.pipeline import detect_documents
from scopeaudit.reach import packs
from scopeaudit.reach.contents import Contents
from scopeaudit.sweep import crew as crew_module
from scopeaudit.sweep.sweep import SweepOptions, sweep
from scopeaudit.sweep.tally import Tally
from tests.sweep.history_world import World, token, world

DATE = "2024-05-01T"


def swept(root, rules, **options):
    return list(sweep(root, rules, SweepOptions(**options)))


def locations(root, rules, secret, **options):
    found = detect_documents(iter(swept(root, rules, **options)), rules)
    for held in found.credentials:
        if held.secret.reveal() == secret:
            return held.credential.locations
    return ()


def places(root, rules, secret, **options):
    return [(each.path, each.commit, each.current) for each in locations(root, rules, secret, **options)]


def test_a_removed_secret_is_found_with_the_commit_that_brought_it_in(repository, rules):
    repository.commit("one", a="a\n")
    brought = repository.commit("two", **{"deploy.env": f"GITHUB_TOKEN={token(1)}\n"})
    repository.commit("three", **{"deploy.env": f"X=1\nGITHUB_TOKEN={token(1)}\n"})
    repository.commit("four", **{"deploy.env": "X=1\n"})
    (place,) = locations(repository.root, rules, token(1))
    assert (place.path, place.line, place.commit) == ("deploy.env", 1, brought)
    assert place.authored.startswith(DATE)
    assert place.authored.endswith("+02:00")
    assert (place.current, place.versions) == (False, 2)


def test_what_the_last_commit_still_holds_is_current(repository, rules):
    brought = repository.commit("one", **{"deploy.env": f"GITHUB_TOKEN={token(1)}\n"})
    repository.commit("two", **{"deploy.env": f"GITHUB_TOKEN={token(1)}\nX=1\n"})
    assert places(repository.root, rules, token(1)) == [("deploy.env", brought, True)]


def test_a_renamed_file_is_at_the_path_it_came_with(repository, rules):
    brought = repository.commit("one", **{"old.env": f"GITHUB_TOKEN={token(1)}\n"})
    repository.git("mv", "old.env", "new.env")
    repository.commit("two")
    assert places(repository.root, rules, token(1)) == [("old.env", brought, True)]


def test_a_path_with_a_line_break_is_whole(repository, rules):
    brought = repository.commit("one", **{"a\nb.env": f"GITHUB_TOKEN={token(1)}\n"})
    assert places(repository.root, rules, token(1)) == [("a\nb.env", brought, True)]


def test_what_only_a_merge_brings_in_is_found(repository, rules):
    repository.commit("one", a="a\n")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", b="b\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", c="c\n")
    repository.git("merge", "--no-commit", "--quiet", "side")
    merge = repository.commit("merge", evil=f"GITHUB_TOKEN={token(1)}\n")
    assert places(repository.root, rules, token(1)) == [("evil", merge, True)]


def test_a_merged_branch_is_named_by_its_own_commit(repository, rules):
    repository.commit("one", a="a\n")
    repository.git("checkout", "--quiet", "-b", "side")
    side = repository.commit("side", b=f"GITHUB_TOKEN={token(1)}\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", c="c\n")
    repository.git("merge", "--quiet", "side")
    assert places(repository.root, rules, token(1)) == [("b", side, True)]


def test_messages_of_commits_and_tags_are_read(repository, rules):
    commit = repository.commit(f"use {token(1)} to deploy")
    repository.git("tag", "--annotate", "v1", "--message", f"first\n\ntoken: {token(2)}")
    (message,) = locations(repository.root, rules, token(1))
    assert (message.path, message.line, message.commit) == ("commit message", 1, commit)
    (tag,) = locations(repository.root, rules, token(2))
    assert (tag.path, tag.line, tag.commit) == ("tag message", 3, commit)
    assert tag.authored.startswith(DATE)


def test_the_stash_is_read(repository, rules):
    repository.commit("one", a="a\n")
    repository.write("a", f"GITHUB_TOKEN={token(1)}\n")
    repository.git("stash")
    (place,) = places(repository.root, rules, token(1))
    assert place[0] == "a"
    assert place[2] is False


def test_what_only_a_reflog_leads_to_is_read(repository, rules):
    repository.commit("one", a="a\n")
    lost = repository.commit("two", b=f"GITHUB_TOKEN={token(1)}\n")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    assert places(repository.root, rules, token(1)) == [("b", lost, False)]


def test_what_nothing_leads_to_is_read(repository, rules):
    repository.commit("one", a="a\n")
    lost = repository.commit("two", b=f"GITHUB_TOKEN={token(1)}\n")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=all", "--all")
    (repository.root / ".git" / "ORIG_HEAD").unlink(missing_ok=True)
    blob = repository.git("hash-object", "-w", "--stdin", text=f"GITHUB_TOKEN={token(2)}\n")
    assert places(repository.root, rules, token(1)) == [("b", lost, False)]
    assert places(repository.root, rules, token(2)) == [(f"git object {blob}", None, False)]


def test_what_is_only_in_the_index_has_its_path(repository, rules):
    repository.commit("one", a="a\n")
    repository.write("b", f"GITHUB_TOKEN={token(1)}\n")
    repository.git("add", "b")
    assert places(repository.root, rules, token(1)) == [("b", None, False)]


def test_paths_are_relative_to_the_scanned_folder(repository, rules):
    brought = repository.commit("one", **{"sub/in": f"A={token(1)}\n", "out": f"A={token(2)}\n"})
    assert places(repository.root / "sub", rules, token(1)) == [("in", brought, True)]
    assert places(repository.root / "sub", rules, token(2)) == [("../out", brought, True)]


def test_a_bare_repository_is_read(repository, rules, tmp_path):
    brought = repository.commit("one", a=f"GITHUB_TOKEN={token(1)}\n")
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    assert places(tmp_path / "bare", rules, token(1)) == [("a", brought, True)]


def test_other_encodings_and_archives_are_read(repository, rules, tmp_path):
    import gzip

    repository.write("wide", f"GITHUB_TOKEN={token(1)}\n".encode("utf-16"))
    repository.write("log.gz", gzip.compress(f"GITHUB_TOKEN={token(2)}\n".encode()))
    brought = repository.commit("one")
    assert places(repository.root, rules, token(1)) == [("wide", brought, True)]
    assert [place[1:] for place in places(repository.root, rules, token(2))] == [(brought, True)]


def test_an_object_larger_than_a_section_is_read_to_its_end(repository, rules):
    filler = "x = 1\n" * 200_000
    repository.write("large", filler * 8 + f"GITHUB_TOKEN={token(1)}\n" + filler)
    brought = repository.commit("one", after=f"GITHUB_TOKEN={token(2)}\n")
    (place,) = locations(repository.root, rules, token(1))
    assert (place.path, place.line, place.commit) == ("large", 1_600_001, brought)
    assert places(repository.root, rules, token(2)) == [("after", brought, True)]


def test_every_object_is_counted_once(repository, rules):
    for number in range(3):
        repository.commit(f"c{number}", a="same\n", b=f"{number}\n")
    repository.git("gc", "--quiet")
    repository.git("branch", "other")
    tally = Tally()
    swept(repository.root, rules, tally=tally)
    assert tally.objects == 1 + 3 + 3
    again = Tally()
    swept(repository.root, rules, tally=again)
    assert again == tally


def test_a_folder_without_a_repository_gives_nothing(tmp_path, rules):
    assert swept(tmp_path, rules) == []


def test_a_range_gives_its_own_commits_alone(repository, rules):
    first = repository.commit("one", a=f"A={token(1)}\n")
    second = repository.commit("two", a=f"A={token(2)}\n")
    repository.commit(f"three {token(3)}", a="A=\n")
    assert places(repository.root, rules, token(1), since=first) == []
    assert places(repository.root, rules, token(2), since=first) == [("a", second, False)]
    assert places(repository.root, rules, token(3), since=first) != []
    assert places(repository.root, rules, token(3), since=f"{first}..{second}") == []


@pytest.mark.parametrize("since", ["--all", "nothing", "", "..", "main...HEAD", "-n1", "HEAD:a", "x\0y"])
def test_a_range_that_names_no_commits_is_wrong_usage(repository, rules, since):
    repository.commit("one", a="a\n")
    with pytest.raises(UsageError, match="--since"):
        swept(repository.root, rules, since=since)


def test_a_range_without_a_repository_is_wrong_usage(tmp_path, rules):
    with pytest.raises(UsageError, match="--since"):
        swept(tmp_path, rules, since="HEAD~1")


def test_a_shallow_clone_is_a_gap(repository, rules, tmp_path):
    repository.commit("one", a="a\n")
    repository.commit("two", a="b\n")
    repository.git("clone", "--quiet", "--depth=1", repository.root.as_uri(), str(tmp_path / "shallow"))
    (gap,) = swept(tmp_path / "shallow", rules)
    assert "shallow" in gap.why


def test_a_machine_without_git_is_a_gap(repository, rules, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    (gap,) = swept(repository.root, rules)
    assert "git is not installed" in gap.why


def test_an_object_that_cannot_be_read_is_a_gap_and_hides_no_other(repository, rules):
    repository.commit("one", a=f"A={token(1)}\n", b=f"A={token(2)}\n", c=f"A={token(3)}\n")
    broken = repository.git("rev-parse", "HEAD:b")
    file = repository.root / ".git" / "objects" / broken[:2] / broken[2:]
    file.chmod(0o600)
    file.write_bytes(b"not an object")
    found = swept(repository.root, rules)
    assert any(isinstance(each, Gap) for each in found)
    found = detect_documents(iter(found), rules)
    assert {held.secret.reveal() for held in found.credentials} == {token(1), token(3)}


def many(repository: World) -> None:
    for number in range(12):
        text = f"GITHUB_TOKEN={token(number)}\n" if number % 3 == 0 else f"number = {number}\n"
        repository.commit(f"c{number}", **{f"f{number}": text, "same": f"{number}\n"})


def test_workers_find_what_one_process_finds(repository, rules, monkeypatch):
    many(repository)
    alone = swept(repository.root, rules)
    assert len(alone) >= 4
    monkeypatch.setattr(packs, "_SHARE_OBJECTS", 5)
    assert swept(repository.root, rules, workers=2) == alone


def test_a_worker_that_ends_is_a_gap(repository, rules, monkeypatch):
    many(repository)
    monkeypatch.setattr(packs, "_SHARE_OBJECTS", 5)
    monkeypatch.setattr(crew_module, "_START", "import sys; sys.exit(1)")
    assert any("worker" in each.why for each in swept(repository.root, rules) if isinstance(each, Gap))


def test_no_worker_is_left_when_the_reader_stops(repository, rules, monkeypatch):
    many(repository)
    monkeypatch.setattr(packs, "_SHARE_OBJECTS", 5)
    started = []
    original = subprocess.Popen

    def noted(*arguments, **options):
        process = original(*arguments, **options)
        started.append(process)
        return process

    class Interrupted:
        def total(self, *told):
            pass

        def advance(self, *told):
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", noted)
    with pytest.raises(KeyboardInterrupt):
        swept(repository.root, rules, workers=2, progress=Interrupted())
    time.sleep(0.2)
    assert len(started) > 3
    assert [each for each in started if each.poll() is None] == []


@pytest.fixture
def reads(monkeypatch):
    """Counts objects that are sifted or read."""
    counted = []
    original = Contents.read

    def read(self, ids):
        counted.extend(ids)
        return original(self, ids)

    monkeypatch.setattr(Contents, "read", read)
    return counted


def packed(repository: World) -> None:
    many(repository)
    repository.git("gc", "--quiet")


def test_a_pack_is_read_once(repository, rules, tmp_path, reads):
    packed(repository)
    first = swept(repository.root, rules, memory_in=tmp_path / "cache")
    sifted = len(reads)
    reads.clear()
    assert swept(repository.root, rules, memory_in=tmp_path / "cache") == first
    assert 0 < len(reads) < sifted / 3


def test_only_what_is_new_is_read_and_found(repository, rules, tmp_path, reads):
    packed(repository)
    swept(repository.root, rules, memory_in=tmp_path / "cache")
    new = repository.commit("new", new=f"GITHUB_TOKEN={token(50)}\n")
    reads.clear()
    assert places(repository.root, rules, token(50), memory_in=tmp_path / "cache") == [("new", new, True)]
    assert len(reads) < 20
    repository.git("repack", "-d", "--quiet")
    assert places(repository.root, rules, token(50), memory_in=tmp_path / "cache") == [("new", new, True)]
    assert places(repository.root, rules, token(0), memory_in=tmp_path / "cache") != []


def test_a_changed_pack_is_read_again(repository, rules, tmp_path, reads):
    packed(repository)
    swept(repository.root, rules, memory_in=tmp_path / "cache")
    (pack,) = (repository.root / ".git" / "objects" / "pack").glob("*.pack")
    stamp = pack.stat()
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.chmod(0o600)
    time.sleep(0.02)
    pack.write_bytes(content)
    os.utime(pack, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    reads.clear()
    swept(repository.root, rules, memory_in=tmp_path / "cache")
    assert len(set(reads)) > 30


def test_a_pack_that_git_has_touched_is_not_read_again(repository, rules, tmp_path, reads):
    packed(repository)
    swept(repository.root, rules, memory_in=tmp_path / "cache")
    (pack,) = (repository.root / ".git" / "objects" / "pack").glob("*.pack")
    os.utime(pack)
    reads.clear()
    swept(repository.root, rules, memory_in=tmp_path / "cache")
    assert len(set(reads)) < 10


def test_a_pack_that_git_refuses_is_a_gap_and_hides_nothing_else(repository, rules):
    packed(repository)
    new = repository.commit("new", new=f"GITHUB_TOKEN={token(50)}\n")
    (pack,) = (repository.root / ".git" / "objects" / "pack").glob("*.pack")
    content = bytearray(pack.read_bytes())
    content[-1] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)
    assert new
    found = swept(repository.root, rules)
    assert [each for each in found if isinstance(each, Gap)]
    held = detect_documents(iter(found), rules).credentials
    assert [each.secret.reveal() for each in held] == [token(50)]


def test_the_memory_holds_no_secret_and_no_path(repository, rules, tmp_path):
    packed(repository)
    repository.commit("path", **{f"{token(60)}.txt": f"GITHUB_TOKEN={token(61)}\n"})
    repository.git("gc", "--quiet")
    swept(repository.root, rules, memory_in=tmp_path / "cache")
    files = [each for each in (tmp_path / "cache").rglob("*") if each.is_file()]
    assert files
    for each in files:
        content = each.read_bytes()
        assert not [seed for seed in (*range(12), 60, 61) if token(seed).encode() in content]


NOTHING = "password = Xk39fjQmz1\n"
"""Holds something in a text, and nothing in a program's tests."""


def read_later(root, rules, reads, **options):
    """What is read in another run, and what comes of it."""
    reads.clear()
    return swept(root, rules, **options), set(reads)


def test_what_holds_nothing_at_its_path_is_not_read_again(repository, rules, tmp_path, reads):
    repository.commit("one", **{"tests/test_a.py": NOTHING, "notes.txt": NOTHING + "#\n"})
    blobs = [
        repository.git("rev-parse", f"HEAD:{name}").encode() for name in ("tests/test_a.py", "notes.txt")
    ]
    repository.git("gc", "--quiet")
    options = {"memory_in": tmp_path / "cache"}
    first = swept(repository.root, rules, **options)
    assert [each.path for each in first if isinstance(each, Document)] == ["notes.txt"]
    again, read = read_later(repository.root, rules, reads, **options)
    assert again == first
    assert read.isdisjoint(blobs[:1])
    assert read.issuperset(blobs[1:])


def test_what_is_left_out_changes_nothing_of_what_is_detected(repository, rules, tmp_path):
    repository.commit("one", **{"tests/test_a.py": NOTHING, "notes.txt": NOTHING + "#\n"})
    repository.commit("two", **{"tests/test_b.py": NOTHING + "# scopeaudit: ignore[unused] why\n"})
    repository.git("gc", "--quiet")
    plain = detect_documents(iter(swept(repository.root, rules)), rules)
    for _ in range(2):
        kept = swept(repository.root, rules, memory_in=tmp_path / "cache")
        found = detect_documents(iter(kept), rules)
        assert (found.credentials, found.candidates, found.remarks, found.gaps) == (
            plain.credentials,
            plain.candidates,
            plain.remarks,
            plain.gaps,
        )
    assert plain.candidates
    assert plain.remarks


def test_seen_from_another_folder_a_path_is_judged_again(repository, rules, tmp_path, reads):
    repository.commit("one", **{"tests/test_a.py": NOTHING, "tests/b/c": "c\n"})
    blob = repository.git("rev-parse", "HEAD:tests/test_a.py").encode()
    repository.git("gc", "--quiet")
    options = {"memory_in": tmp_path / "cache"}
    swept(repository.root, rules, **options)
    assert blob not in read_later(repository.root, rules, reads, **options)[1]
    assert blob in read_later(repository.root / "tests", rules, reads, **options)[1]
    assert blob not in read_later(repository.root / "tests", rules, reads, **options)[1]


def test_other_parents_of_commits_are_other_paths(repository, rules, tmp_path, reads):
    repository.commit("one", **{"tests/test_a.py": NOTHING})
    blob = repository.git("rev-parse", "HEAD:tests/test_a.py").encode()
    repository.git("gc", "--quiet")
    options = {"memory_in": tmp_path / "cache"}
    swept(repository.root, rules, **options)
    assert blob not in read_later(repository.root, rules, reads, **options)[1]
    grafts = repository.root / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(repository.git("rev-parse", "HEAD") + "\n")
    assert blob in read_later(repository.root, rules, reads, **options)[1]


def test_workers_judge_what_one_process_judges(repository, rules, monkeypatch, tmp_path):
    for number in range(12):
        repository.commit(
            f"c{number}",
            **{
                f"tests/test {number}é.py": NOTHING + f"# {number}\n",
                f"n{number}.txt": NOTHING * (number + 1),
            },
        )
    repository.git("gc", "--quiet")
    alone = swept(repository.root, rules, memory_in=tmp_path / "one")
    assert len(alone) == 12
    monkeypatch.setattr(packs, "_SHARE_OBJECTS", 5)
    assert swept(repository.root, rules, workers=2, memory_in=tmp_path / "two") == alone


def test_a_damaged_memory_is_no_memory(repository, rules, tmp_path):
    packed(repository)
    first = swept(repository.root, rules, memory_in=tmp_path / "cache")
    for each in (tmp_path / "cache").rglob("*.msgpack"):
        each.write_bytes(each.read_bytes()[:-3] + b"abc")
    assert swept(repository.root, rules, memory_in=tmp_path / "cache") == first


def test_nothing_is_remembered_in_the_scanned_folder(repository, rules):
    packed(repository)
    swept(repository.root, rules, memory_in=repository.root / "cache")
    assert not (repository.root / "cache").exists()


def test_an_object_forged_in_one_pack_hides_nothing_when_that_pack_goes(repository, rules, tmp_path):
    """The id of a blob with a secret, in a second pack that git prefers, leads to something harmless."""
    secret = repository.commit("one", a=f"GITHUB_TOKEN={token(1)}\n")
    blob = repository.git("rev-parse", f"{secret}:a")
    repository.git("gc", "--quiet")
    store = repository.root / ".git" / "objects" / "pack"
    forged = _forged_pack(tmp_path, blob)
    for name in forged:
        (store / name.name).write_bytes(name.read_bytes())
        os.utime(store / name.name, (2_000_000_000, 2_000_000_000))
    assert places(repository.root, rules, token(1), memory_in=tmp_path / "cache") == []
    for name in forged:
        (store / name.name).unlink()
    assert places(repository.root, rules, token(1), memory_in=tmp_path / "cache") == [("a", secret, True)]


def _forged_pack(tmp_path: Path, blob: str) -> list[Path]:
    """A pack of one harmless blob, its index saying that it is another."""
    import hashlib

    other = world(tmp_path / "other")
    other.commit("x", a="harmless\n")
    real = other.git("rev-parse", "HEAD:a")
    name = other.git("pack-objects", str(other.root / "pack"), text=real + "\n")
    index = other.root / f"pack-{name}.idx"
    content = bytearray(index.read_bytes())
    table = 8
    old, new = bytes.fromhex(real), bytes.fromhex(blob)
    content = bytearray(bytes(content).replace(old, new))
    for first in range(256):
        count = 1 if first >= new[0] else 0
        content[table + 4 * first : table + 4 * first + 4] = count.to_bytes(4, "big")
    content[-20:] = hashlib.sha1(bytes(content[:-20])).digest()
    index.chmod(0o600)
    index.write_bytes(bytes(content))
    return [index, index.with_suffix(".pack")]


def test_nothing_the_repository_configures_is_run(repository, rules, tmp_path):
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    program.chmod(0o755)
    repository.commit("one", a=f"GITHUB_TOKEN={token(1)}\n")
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "alias.cat-file",
        "core.alternateRefsCommand",
    ):
        repository.git("config", key, str(program))
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        path = repository.root / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(program.read_bytes())
        path.chmod(0o755)
    assert places(repository.root, rules, token(1)) != []
    assert not ran.exists()


def test_broken_and_circular_refs_hide_nothing(repository, rules):
    repository.commit("one", a=f"GITHUB_TOKEN={token(1)}\n")
    heads = repository.root / ".git" / "refs" / "heads"
    (heads / "loop").write_text("ref: refs/heads/pool\n")
    (heads / "pool").write_text("ref: refs/heads/loop\n")
    (heads / "gone").write_text("0123456789012345678901234567890123456789\n")
    found = swept(repository.root, rules)
    assert [each for each in found if isinstance(each, Document) and token(1).encode() in each.data]


def test_replaced_objects_are_read_as_they_are(repository, rules):
    repository.commit("one", a=f"GITHUB_TOKEN={token(1)}\n")
    harmless = repository.git("hash-object", "-w", "--stdin", text="harmless\n")
    repository.git("replace", repository.git("rev-parse", "HEAD:a"), harmless)
    assert [place[0] for place in places(repository.root, rules, token(1))] == ["a"]
