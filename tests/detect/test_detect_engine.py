"""The one pass and its compiled form."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from detect_kinds import KINDS
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.engine_cache import EngineCache
from scopeaudit.detect import engine as module
from scopeaudit.detect.detect import build_engine
from scopeaudit.detect.engine import Engine
from scopeaudit.detect.plan import plan

FORMS = {0: "ab+c", 3: "[0-9]{4}", 5: r"(?:\x00)z"}


def _engine(cache: EngineCache | None = None) -> Engine:
    return Engine("one", lambda: FORMS, cache)


def _refuse() -> dict[int, str]:
    raise AssertionError("compiled again")


def _kept(directory: Path) -> Path:
    (path,) = directory.glob("engine-*.bin")
    return path


def test_the_second_start_loads_what_the_first_compiled(tmp_path: Path) -> None:
    cache = EngineCache(tmp_path / "cache")
    data = b"abbc 12345"
    first = _engine(cache).ends(data)
    assert Engine("one", _refuse, cache).ends(data) == first == {0: [4], 3: [9, 10]}


def test_only_the_user_can_read_the_cache(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    _engine(EngineCache(directory))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (directory, _kept(directory))]
    assert modes == [0o700, 0o600]
    assert list(directory.glob(".new-*")) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign", "shared", "link"])
def test_a_cache_that_cannot_be_trusted_is_rebuilt(tmp_path: Path, damage: str) -> None:
    cache = EngineCache(tmp_path / "cache")
    _engine(cache)
    path = _kept(cache.directory)
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[:-1])
        case "flipped":
            path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        case "empty":
            path.write_bytes(b"")
        case "foreign":
            cache.store(path.stem.removeprefix("engine-"), "another processor", b"\0" * 64)
        case "shared":
            path.chmod(0o666)
        case _:
            path.rename(tmp_path / "elsewhere")
            path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AssertionError, match="compiled again"):
        Engine("one", _refuse, cache)
    assert _engine(cache).ends(b"abc") == {0: [3]}
    assert Engine("one", _refuse, cache).ends(b"abc") == {0: [3]} or damage == "shared"


def test_bytes_that_are_no_database_are_rebuilt_although_the_digest_is_right(tmp_path: Path) -> None:
    cache = EngineCache(tmp_path / "cache")
    _engine(cache)
    digest = _kept(cache.directory).stem.removeprefix("engine-")
    cache.store(digest, module._platform(), b"no database")
    assert _engine(cache).ends(b"abc") == {0: [3]}


def test_other_patterns_have_another_entry(tmp_path: Path) -> None:
    cache = EngineCache(tmp_path / "cache")
    _engine(cache)
    assert Engine("two", lambda: {0: "z"}, cache).ends(b"abc z") == {0: [5]}


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert _engine(EngineCache(tmp_path / "file" / "cache")).ends(b"abc") == {0: [3]}


def test_two_processes_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from scopeaudit.catalogue.engine_cache import EngineCache\n"
        "from scopeaudit.detect.engine import Engine\n"
        "for turn in range(30):\n"
        "    name = f'{turn % 3}'\n"
        "    engine = Engine(name, lambda: {0: 'ab+c'}, EngineCache(Path(sys.argv[1])))\n"
        "    assert engine.ends(b'abc') == {0: [3]}\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "cache")], env=environment)
        for _ in range(3)
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert len(list((tmp_path / "cache").iterdir())) == 3


@settings(deadline=None)
@given(st.lists(st.text("abc0123\n\0z", max_size=40).map(str.encode), min_size=1, max_size=12))
def test_documents_scanned_together_give_what_each_gives_alone(documents: list[bytes]) -> None:
    engine = _engine()
    together = dict(engine.ends_in_many(documents))
    alone = {index: ends for index, data in enumerate(documents) if (ends := engine.ends(data))}
    assert together == alone


@settings(deadline=None)
@given(st.text("abc0123 \n", max_size=3000).map(str.encode), st.integers(60, 900))
def test_pieces_give_what_the_whole_gives(data: bytes, size: int) -> None:
    engine = Engine("x", lambda: {0: "ab{1,20}c", 3: "[0-9]{4}"})
    whole = engine.ends(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SCAN_BYTES", size)
        patch.setattr(module, "OVERLAP_BYTES", 30)
        assert engine.ends(data) == whole


def test_all_kinds_compile_together() -> None:
    assert build_engine(plan(KINDS)).ends(b"") == {}


def test_ends_in_parts_of_a_text_are_those_of_each_part_by_itself() -> None:
    engine = Engine("parts", lambda: {0: "ab", 1: "(?:^|[^0-9])[0-9]{4}(?:[^0-9]|\\z)"})
    data = b"ab 1234\nheader ab 9999\n1234\nheader\nnone\nheader\nab ab"
    parts = [b"ab 1234", b"1234", b"none", b"ab ab"]
    starts = [0, 23, 35, 47]
    stops = [start + len(part) for start, part in zip(starts, parts, strict=True)]
    assert [data[start:stop] for start, stop in zip(starts, stops, strict=True)] == parts
    assert dict(engine.ends_in_parts(data, starts, stops)) == {
        0: {0: [2], 1: [8]},
        1: {1: [5]},
        3: {0: [2, 5]},
    }


def test_what_stands_before_the_first_part_belongs_to_none() -> None:
    engine = Engine("before", lambda: {0: "ab"})
    assert dict(engine.ends_in_parts(b"ab\nab\n", [3], [5])) == {0: {0: [2]}}
    assert dict(engine.ends_in_parts(b"ab\n", [], [])) == {}
