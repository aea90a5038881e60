"""What is in archives, and what happens to those that are damaged or built to do harm."""

import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.reach import archives as module
from scopeaudit.reach.archives import PIECE_BYTES, Form, Held, expand, form_of
from scopeaudit.reach.tree import tree
from tests.pace import within

TEXT = b"first\nTOKEN=something\n"


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _tar(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _expanded(data: bytes, path: str = "a") -> list[Document | Gap]:
    return list(expand(Document(Source.TREE, path, data)))


def _read(data: bytes, path: str = "a") -> tuple[dict[str, bytes], list[Gap]]:
    found = _expanded(data, path)
    documents = {each.path: bytes(each.data) for each in found if isinstance(each, Document)}
    return documents, [each for each in found if isinstance(each, Gap)]


def _gap(path: str, why: str) -> Gap:
    return Gap(Stage.REACH, path, why)


MEMBERS = {"pkg/settings.py": TEXT, "b": b"x" * 70_000, "name with ü": bytes(range(256))}
WRITERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": _zip,
    "stored zip": lambda members: _zip(members, zipfile.ZIP_STORED),
    "bzip2 in zip": lambda members: _zip(members, zipfile.ZIP_BZIP2),
    "zip after a program": lambda members: b"#!/bin/sh\nexit\n" + _zip(members),
    "pax": _tar,
    "gnu": lambda members: _tar(members, tarfile.GNU_FORMAT),
    "ustar": lambda members: _tar(members, tarfile.USTAR_FORMAT),
    "tar.gz": lambda members: gzip.compress(_tar(members)),
    "tar.bz2": lambda members: bz2.compress(_tar(members)),
    "tar.xz": lambda members: lzma.compress(_tar(members)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_member_is_read(writer: str) -> None:
    documents, gaps = _read(WRITERS[writer](MEMBERS), "dist/app.whl")
    assert {f"dist/app.whl!/{name}": data for name, data in MEMBERS.items()} == documents
    assert gaps == []


@settings(deadline=None, max_examples=60)
@given(
    members=st.dictionaries(
        st.text("abcdef/_.-ü", min_size=1, max_size=150).filter(
            lambda name: all(part not in ("", ".", "..") for part in name.split("/"))
        ),
        st.binary(min_size=1, max_size=2000),
        min_size=1,
        max_size=6,
    ),
    writer=st.sampled_from([name for name in WRITERS if name != "ustar"]),
)
def test_what_is_packed_is_read_again(members: dict[str, bytes], writer: str) -> None:
    if any(form_of(data) for data in members.values()):
        return
    documents, gaps = _read(WRITERS[writer](members))
    assert documents == {f"a!/{name}": data for name, data in members.items()}
    assert gaps == []


@pytest.mark.parametrize(
    ("path", "pack", "name"),
    [
        ("x/dump.sql.gz", gzip.compress, "dump.sql"),
        ("dump.sql.bz2", bz2.compress, "dump.sql"),
        ("dump.XZ", lzma.compress, "dump"),
        ("blob", gzip.compress, "blob"),
        ("a.tgz", gzip.compress, "a.tar"),
    ],
)
def test_a_compressed_file_has_one_member(path: str, pack: Callable[[bytes], bytes], name: str) -> None:
    assert _read(pack(TEXT), path) == ({f"{path}!/{name}": TEXT}, [])


def test_compressed_streams_one_after_the_other_are_one() -> None:
    parts = b"".join(gzip.compress(TEXT) for _ in range(3))
    assert _read(parts + b"\0" * 100) == ({"a!/a": TEXT * 3}, [])


def test_members_are_like_the_archive_and_add_no_bytes_and_no_files() -> None:
    document = Document(Source.HISTORY, "a.zip", _zip({"m": TEXT}), commit="c0ffee", size=9)
    (member,) = expand(document)
    assert member == Document(Source.HISTORY, "a.zip!/m", TEXT, commit="c0ffee", continues=True)


def test_archives_in_archives_are_opened_to_a_depth() -> None:
    data = TEXT
    for _ in range(4):
        data = _zip({"m": data})
    documents, gaps = _read(data)
    assert list(documents) == ["a!/m", "a!/m!/m", "a!/m!/m!/m"]
    assert gaps == [_gap("a!/m!/m!/m", "lies in 3 archives; it was not opened")]
    documents, gaps = _read(_zip({"m": gzip.compress(_tar({"t": TEXT}))}))
    assert documents["a!/m!/t"] == TEXT
    assert gaps == []


def test_the_form_is_told_by_bytes_alone() -> None:
    assert form_of(b"") is None
    assert form_of(TEXT * 100) is None
    assert form_of(b"\0" * 2000) is None
    assert form_of(b"BZhello") is None
    assert form_of(memoryview(gzip.compress(b""))) is Form.GZIP
    assert form_of(_zip({})) is Form.ZIP
    old = bytearray(_tar({"a": b"b"}))[:512]
    old[257:512] = bytes(255)
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old)
    assert form_of(bytes(old)) is Form.TAR
    assert _expanded(TEXT * 100) == []


@pytest.mark.parametrize(
    "magic",
    [
        b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"LZIP\x01", b"\x1f\x9d\x90",
        b"\xff\x06\0\0sNaPpY", b"MSCF\0\0\0\0", b"xar!\0\x1c", b"hsqs", b"\xed\xab\xee\xdb", b"!<arch>\ndebian-binary   ",
    ],
)  # fmt: skip
def test_other_archives_are_a_gap(magic: bytes) -> None:
    assert _expanded(magic + b"rest") == [_gap("a", "is an archive of a kind that is not read")]


# What is damaged or hostile.


def test_what_was_read_before_a_cut_stays() -> None:
    noise = os.urandom(100_000)
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        documents, gaps = _read(pack(TEXT * 500 + noise)[:-60_000], "x.gz")
        assert gaps[0].why == "is cut short"
        assert pack is bz2.compress or documents["x.gz!/x"].startswith(TEXT * 500)
    documents, gaps = _read(_tar({"m": TEXT, "n": noise})[:90_000])
    assert documents["a!/m"] == TEXT
    assert len(documents["a!/n"]) > 80_000
    assert gaps == [_gap("a!/n", "is cut short")]
    assert _read(_zip(MEMBERS)[:-30]) == ({}, [_gap("a", "is cut short: it has no directory")])


def _patched(data: bytes, signature: bytes, offset: int, layout: str, value: int) -> bytes:
    changed = bytearray(data)
    place = changed.index(signature)
    struct.pack_into(layout, changed, place + offset, value)
    return bytes(changed)


def test_an_encrypted_member_is_a_gap_and_hides_no_other() -> None:
    data = _patched(_zip({"m": TEXT, "n": TEXT}), b"PK\x01\x02", 8, "<H", 1)
    assert _read(data) == ({"a!/n": TEXT}, [_gap("a!/m", "is encrypted")])


def test_many_members_that_cannot_be_read_are_one_gap() -> None:
    members = {f"m{number}": TEXT for number in range(50)}
    data = bytearray(_zip(members))
    place = -1
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        struct.pack_into("<H", data, place + 10, 98)
    why = "is compressed by a method that is not read; so are 49 more members"
    assert _read(bytes(data)) == ({}, [_gap("a!/m0", why)])


def test_a_size_that_is_a_lie_changes_nothing() -> None:
    data = _patched(_zip({"m": TEXT * 9}), b"PK\x01\x02", 24, "<L", 3)
    assert _read(data) == ({"a!/m": TEXT * 9}, [])


def test_a_checksum_that_does_not_match_is_said() -> None:
    data = _patched(_zip({"m": TEXT}), b"PK\x01\x02", 16, "<L", 3)
    assert _read(data) == ({"a!/m": TEXT}, [_gap("a!/m", "does not match its checksum")])


@pytest.mark.filterwarnings("ignore:Duplicate")
def test_names_cannot_leave_the_archive_and_are_read_twice_if_given_twice() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("/etc/passwd", "../../up", "..\\up", "m\x1b[31m", "m\x1b[31m", "d/", "x" * 9000):
            archive.writestr(name, name.encode() if name != "d/" else b"")
    names = [each.path for each in _expanded(file.getvalue()) if isinstance(each, Document)]
    assert names == ["a!/etc/passwd", "a!/up", "a!/up", "a!/m\x1b[31m", "a!/m\x1b[31m", "a!/" + "x" * 512]


def test_links_and_devices_in_a_tar_are_not_read() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("link")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("m")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    assert _read(file.getvalue()) == ({"a!/m": TEXT}, [])


def _refused(data: bytes) -> tuple[list[str], int]:
    """The reasons, and the bytes that it took at the peak; it ends soon."""
    tracemalloc.start()
    try:
        with within(5):
            reasons = [each.why for each in expand(Document(Source.TREE, "a", data)) if isinstance(each, Gap)]
        return reasons, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _zeros_in_zip(count: int) -> bytes:
    """One compressed member that is listed many times."""
    single = _zip({"m": bytes(20 << 20)})
    place = single.index(b"PK\x01\x02")
    entry, end = single[place : single.index(b"PK\x05\x06")], bytearray(single[single.index(b"PK\x05\x06") :])
    struct.pack_into("<2H2L", end, 8, count, count, len(entry) * count, place)
    return single[:place] + entry * count + bytes(end)


TIMES = "expands to more than 200 times its size; the rest was not read"
BOMBS = {
    "gzip": (lambda: gzip.compress(bytes(300 << 20)), TIMES),
    "bzip2": (lambda: bz2.compress(bytes(60 << 20)), TIMES),
    "xz": (lambda: lzma.compress(bytes(60 << 20)), TIMES),
    "zip": (lambda: _zip({"m": bytes(60 << 20)}), TIMES),
    "tar": (lambda: gzip.compress(_tar({"m": bytes(60 << 20)})), TIMES),
    "nested": (lambda: _zip({"m": _zip({"m": _zip({"m": bytes(60 << 20)})})}), TIMES),
    "overlapping": (lambda: _zeros_in_zip(30_000), "has members that share bytes; the rest was not read"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_in_bounded_time_and_memory(bomb: str) -> None:
    build, why = BOMBS[bomb]
    reasons, peak = _refused(build())
    assert reasons == [why]
    assert peak < 100 << 20


def test_there_is_a_limit_for_all_that_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXPANDED_LIMIT_BYTES", 5 << 20)
    data = _zip({f"m{number}": os.urandom(2 << 20) for number in range(4)})
    documents, gaps = _read(data)
    assert list(documents) == ["a!/m0", "a!/m1", "a!/m2"]
    assert gaps == [_gap("a", "expands to more than 5 MiB; the rest was not read")]


def test_there_is_a_limit_for_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMBERS_LIMIT", 3)
    for pack in (_zip, _tar):
        documents, gaps = _read(pack({f"m{number}": TEXT for number in range(5)}))
        assert len(documents) == 3
        assert gaps == [_gap("a", "has more than 3 members; the rest were not read")]


def test_a_large_archive_in_another_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_LIMIT_BYTES", 9 << 20)
    small = _zip({"n": os.urandom(8_600_000)})
    large = _zip({"n": os.urandom(10 << 20)})
    documents, gaps = _read(_tar({"small": small, "large": large, "m": TEXT}))
    assert set(documents) == {"a!/small", "a!/small!/n", "a!/large", "a!/m"}
    assert gaps == [_gap("a!/large", "is an archive of more than 9 MiB in another; it was not opened")]


def test_a_long_member_comes_in_sections() -> None:
    data = b"0123456789\n" * (2 << 20)
    found = [
        each for each in expand(Document(Source.TREE, "a", _tar({"m": data}))) if isinstance(each, Document)
    ]
    assert len(found) == 3
    assert b"".join(bytes(each.data)[slice(*(each.own or ()))] for each in found) == data
    assert found[1].line > 1


def _crc_fixed_point() -> bytes:
    """A gzip file whose content is itself is simulated: each level holds the same again."""
    data = gzip.compress(b"core")
    for _ in range(50):
        data = gzip.compress(data)
    return data


def test_endless_nesting_ends() -> None:
    documents, gaps = _read(_crc_fixed_point())
    assert len(documents) == 3
    assert gaps == [_gap("a!/a!/a!/a", "lies in 3 archives; it was not opened")]


def test_many_small_streams_end() -> None:
    reasons, _ = _refused(gzip.compress(b"") * 300_000)
    assert reasons == ["is made of more than 10000 parts; the rest was not read"]


def test_a_tar_header_cannot_ask_for_memory() -> None:
    info = tarfile.TarInfo("m")
    info.type, info.size = b"x", 4 << 30
    why = "has a longer header than is read; the rest was not read"
    assert _read(info.tobuf(tarfile.GNU_FORMAT) + b"rest") == ({}, [_gap("a", why)])
    info.type = b"0"
    documents, gaps = _read(info.tobuf(tarfile.GNU_FORMAT) + b"rest")
    assert documents == {"a!/m": b"rest"}
    assert {gap.why for gap in gaps} == {"is cut short"}


@settings(deadline=None, max_examples=300)
@given(
    writer=st.sampled_from(sorted(WRITERS)),
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=8)), max_size=6),
    cut=st.integers(0, 4000),
)
def test_damage_of_any_kind_never_raises(writer: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(_SMALL[writer])
    for place, change in changes:
        start = place % len(data)
        data[start : start + len(change)] = change
    for each in _expanded(bytes(data[: len(data) - cut % len(data)])):
        assert each.path.startswith("a") if isinstance(each, Document) else each.why


_SMALL = {
    name: write({"m": TEXT, "x" * 60 + "/" + "y" * 60: TEXT * 3, "n.gz": gzip.compress(TEXT)})
    for name, write in WRITERS.items()
}


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(
        [b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\x00", b"PK\x01\x02"]
    ),
    st.binary(max_size=600),
)
def test_random_bytes_never_raise(magic: bytes, data: bytes) -> None:
    _expanded(magic + data)
    _expanded(data + magic + bytes(18))


# In the working tree.


def test_the_tree_opens_archives_of_any_size(tmp_path: Path) -> None:
    (tmp_path / "small.bin").write_bytes(_zip({"m": TEXT}))
    (tmp_path / "z-large.bin").write_bytes(_zip({"noise": os.urandom(9 << 20), "m": TEXT}))
    found = {each.path: bytes(each.data) for each in tree(tmp_path) if isinstance(each, Document)}
    assert found["small.bin!/m"] == found["z-large.bin!/m"] == TEXT
    assert next(iter(found)) == "small.bin"


def test_a_scan_without_archives_imports_no_reader_of_them(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(TEXT * 100)
    program = (
        "import sys; from pathlib import Path; from scopeaudit.reach.tree import tree\n"
        f"list(tree(Path({str(tmp_path)!r})))\n"
        "print(*[m for m in ('zipfile','tarfile','bz2','lzma','scopeaudit.reach.containers') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.returncode) == ("", 0)


def test_held_bytes_are_copied_out() -> None:
    assert Held(memoryview(b"abcdef")).read(4, 10) == b"ef"
    assert zlib.crc32(Held(b"ab").read(5, 1)) == 0


@pytest.mark.parametrize("beginning", [b"PACK\0\0\0\x02", b"# v2 git bundle\n", b"# v3 git bundle\n"])
def test_a_pack_of_git_objects_is_a_gap(beginning: bytes) -> None:
    why = "is a pack of git objects: only those of a repository are read"
    assert _expanded(beginning + b"rest") == [_gap("a", why)]
    assert _read(_zip({"b.pack": beginning}))[1] == [_gap("a!/b.pack", why)]


@pytest.mark.parametrize("archive", [_zip, _tar])
def test_a_repository_in_an_archive_is_one_gap(archive: Callable[[dict[str, bytes]], bytes]) -> None:
    objects = {
        f"x/.git/objects/{number:02x}/{number:038x}": zlib.compress(b"blob 1\0a") for number in range(3)
    }
    _, gaps = _read(archive({"x/.git/HEAD": TEXT} | objects))
    why = "is an object of git: only those of a repository are read; so are 2 more members"
    assert gaps == [_gap(f"a!/{next(iter(objects))}", why)]


@pytest.mark.parametrize("stub", [b"", b"#!/bin/sh\nexec unzip $0\n"])
@pytest.mark.parametrize(
    ("comment", "behind"), [(b"made by hand", b""), (b"", b"\n"), (b"x" * 0xFFFF, b"\r\n")]
)
def test_a_zip_is_told_by_its_end_whatever_stands_around_it(
    stub: bytes, comment: bytes, behind: bytes
) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("m", TEXT)
        archive.comment = comment
    assert _read(stub + file.getvalue() + behind) == ({"a!/m": TEXT}, [])


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_streams_that_are_padded_with_zeros_are_one(compress: Callable[[bytes], bytes]) -> None:
    data = compress(TEXT) + bytes(8) + compress(b"second\n") + bytes(PIECE_BYTES)
    assert _read(data) == ({"a!/a": TEXT + b"second\n"}, [])


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_follows_a_compressed_stream_is_a_gap(compress: Callable[[bytes], bytes]) -> None:
    documents, gaps = _read(compress(TEXT) + b"more")
    assert documents == {"a!/a": TEXT}
    assert [each.why for each in gaps] == ["has something else behind its end, which was not read"]
