"""Readers of zip, tar and compressed streams that trust nothing a file says of itself.

They take bytes piece by piece and hold no more than a piece, a header and, of a zip, its directory.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from scopeaudit.reach.archives import (
    CUT_SHORT,
    NAME_LIMIT,
    PIECE_BYTES,
    ZIP_TAIL_BYTES,
    Bytes,
    DamagedError,
    Form,
    is_tar_header,
    pieces,
)

DIRECTORY_LIMIT_BYTES = 8 << 20
"""Of a longer directory of a zip the rest is a gap."""
STREAMS_LIMIT = 10_000
"""Compressed streams one after the other in one file."""
MEMORY_LIMIT_BYTES = 128 << 20
"""What decompressing xz may take."""
_HEADER_LIMIT_BYTES = 1 << 20
_BLOCK = 512
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s22x2H")
_FULL = 0xFFFFFFFF
_ENCRYPTED = 0x1
_UTF8 = 0x800
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_WITHOUT_DATA = frozenset(b"123456")
_TOO_LONG = 1 << 62

Charge = Callable[[int], None]
"""Told of every decompressed byte; it raises where there are too many."""
Note = Callable[[str, str], None]
"""Told why, and of which member, something was not read."""


@dataclass(frozen=True, slots=True)
class Member:
    """Something in an archive. Its bytes are to be taken before the next member is."""

    name: str
    chunks: Iterator[bytes]


class _Machine(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Codec:
    new: Callable[[], _Machine]
    magic: bytes
    """How each further stream begins; empty where there is one."""
    errors: tuple[type[Exception], ...]


class _Inflation:
    """`zlib` with the interface of the other two."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)


def decompressed(form: Form, chunks: Iterator[bytes], charge: Charge) -> Iterator[bytes]:
    """What a compressed file holds; several streams one after the other are one.

    Raises:
        DamagedError: if it is no such file, or not all of it.
    """
    return _unpacked(chunks, _codec(form), charge)


def _codec(form: Form, *, alone: bool = False) -> _Codec:
    match form:
        case Form.BZIP2:
            import bz2

            return _Codec(bz2.BZ2Decompressor, b"" if alone else b"BZh", (OSError, ValueError, EOFError))
        case Form.XZ:
            import lzma

            def new() -> lzma.LZMADecompressor:
                return lzma.LZMADecompressor(lzma.FORMAT_XZ, MEMORY_LIMIT_BYTES)

            return _Codec(new, b"\xfd7zXZ\x00", (lzma.LZMAError, EOFError, ValueError, MemoryError))
        case _:
            return _Codec(lambda: _Inflation(31), b"\x1f\x8b\x08", (zlib.error,))


def _unpacked(chunks: Iterator[bytes], codec: _Codec, charge: Charge) -> Iterator[bytes]:
    machine: _Machine | None = None
    streams = 0
    for chunk in chunks:
        data = chunk
        while data:
            if machine is None:
                # Streams may be padded with zeros: https://tukaani.org/xz/xz-file-format.txt
                if streams and not codec.magic:
                    return
                data = data.lstrip(b"\0") if streams else data
                if not data:
                    break
                if streams and not data.startswith(codec.magic[: len(data)]):
                    raise DamagedError("has something else behind its end, which was not read")
                if streams == STREAMS_LIMIT:
                    raise DamagedError(f"is made of more than {STREAMS_LIMIT} parts; the rest was not read")
                machine, streams = codec.new(), streams + 1
            for piece in _steps(machine, data, codec.errors):
                charge(len(piece))
                yield piece
            data = machine.unused_data if machine.eof else b""
            machine = None if machine.eof else machine
    if machine is not None or not streams:
        raise DamagedError(CUT_SHORT)


def _steps(machine: _Machine, data: bytes, errors: tuple[type[Exception], ...]) -> Iterator[bytes]:
    piece = b" " * PIECE_BYTES
    while len(piece) == PIECE_BYTES and not machine.eof:
        try:
            piece = machine.decompress(data, PIECE_BYTES)
        except errors:
            raise DamagedError("is damaged; the rest was not read") from None
        data = b""
        if piece:
            yield piece


def zip_members(stored: Bytes, charge: Charge, note: Note) -> Iterator[Member]:
    """The members a zip lists, in that order.

    Raises:
        DamagedError: if there is no directory, it is damaged, or members share bytes.
    """
    offset, size, base = _directory(stored)
    directory = stored.read(offset, min(size, DIRECTORY_LIMIT_BYTES))
    position, left = 0, offset - base
    while position + _ENTRY.size <= len(directory):
        entry = _ENTRY.unpack_from(directory, position)
        signature, _, _, flags, method, _, _, crc, packed, length, named, extra, comment, *_, start = entry
        if signature != b"PK\x01\x02":
            raise DamagedError("has a damaged directory; the rest was not read")
        body = position + _ENTRY.size
        name = _name(directory[body : body + named], utf8=bool(flags & _UTF8))
        packed, start = _long(directory[body + named : body + named + extra], packed, length, start)
        position = body + named + extra + comment
        if flags & _ENCRYPTED:
            note("is encrypted", name)
        elif method not in (_STORED, _DEFLATED, _BZIP2):
            note("is compressed by a method that is not read", name)
        elif packed:
            left -= packed
            if left < 0:
                raise DamagedError("has members that share bytes; the rest was not read")
            chunks = _packed(stored, base + start, packed, method, charge)
            yield Member(name, _checked(chunks, crc))
    if position < size:
        raise DamagedError("has a longer directory than is read; the rest was not read")


def _directory(stored: Bytes) -> tuple[int, int, int]:
    """Where the directory begins, its size, and how many bytes stand before the zip."""
    tail_start = max(0, stored.size - ZIP_TAIL_BYTES)
    tail = stored.read(tail_start, stored.size - tail_start)
    place = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - _END.size + 4))
    if place < 0:
        raise DamagedError("is cut short: it has no directory")
    *_, size, offset, _ = _END.unpack_from(tail, place)
    end = tail_start + place
    locator = stored.read(max(0, end - _LOCATOR_64.size), _LOCATOR_64.size)
    if locator.startswith(b"PK\x06\x07") and len(locator) == _LOCATOR_64.size:
        record = stored.read(_LOCATOR_64.unpack(locator)[2], _END_64.size)
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            end = _LOCATOR_64.unpack(locator)[2]
            *_, size, offset = _END_64.unpack(record)
    base = end - size - offset
    if base < 0:
        raise DamagedError("has a damaged directory")
    return offset + base, size, base


def _long(extra: bytes, packed: int, length: int, start: int) -> tuple[int, int]:
    """Size and offset, from the field for long ones where it has them."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            values = iter(struct.unpack_from(f"<{size // 8}Q", extra[position + 4 :].ljust(size, b"\0")))
            if length == _FULL:
                next(values, 0)
            packed = next(values, packed) if packed == _FULL else packed
            start = next(values, start) if start == _FULL else start
            break
        position += 4 + size
    return packed, start


def _packed(stored: Bytes, start: int, size: int, method: int, charge: Charge) -> Iterator[bytes]:
    local = stored.read(start, _LOCAL.size)
    if len(local) < _LOCAL.size or not local.startswith(b"PK\x03\x04"):
        raise DamagedError("is damaged; it was not read")
    _, named, extra = _LOCAL.unpack(local)
    raw = pieces(stored, start + _LOCAL.size + named + extra, size)
    if method == _STORED:
        yield from raw
    elif method == _BZIP2:
        yield from _unpacked(raw, _codec(Form.BZIP2, alone=True), charge)
    else:
        yield from _unpacked(raw, _Codec(lambda: _Inflation(-15), b"", (zlib.error,)), charge)


def _checked(chunks: Iterator[bytes], crc: int) -> Iterator[bytes]:
    found = 0
    for chunk in chunks:
        found = zlib.crc32(chunk, found)
        yield chunk
    if found != crc:
        raise DamagedError("does not match its checksum")


def tar_or_content(name: str, chunks: Iterator[bytes]) -> Iterator[Member]:
    """The members of a tar, or all the bytes as one member of this name.

    Raises:
        DamagedError: if the tar is damaged or cut short.
    """
    reader = _Reader(chunks)
    head = reader.take(_BLOCK)
    reader.put_back(head)
    if len(head) == _BLOCK and is_tar_header(head):
        yield from _tar_members(reader)
    else:
        yield Member(name, reader.rest())


def _tar_members(reader: "_Reader") -> Iterator[Member]:
    long_name: bytes | None = None
    long_size: int | None = None
    while header := reader.take(_BLOCK):
        if not header.strip(b"\0"):
            continue
        if len(header) < _BLOCK:
            raise DamagedError(CUT_SHORT)
        if not is_tar_header(header):
            raise DamagedError("is damaged; the rest was not read")
        kind, size = header[156], _number(header[124:136])
        if kind in b"LKxXg":
            body = _extended(reader, size)
            if kind in b"L":
                long_name = body.rstrip(b"\0")
            elif kind in b"xX":
                long_name, long_size = _pax(body, long_name)
            continue
        size = size if long_size is None else long_size
        name = _name(long_name if long_name is not None else _short_name(header), utf8=True)
        long_name = long_size = None
        if kind in _WITHOUT_DATA:
            continue
        if kind in b"S":
            _skip_sparse_map(reader, header)
        content = reader.content(size)
        if size:
            yield Member(name, content)
        for _ in content:
            pass
        reader.take(-size % _BLOCK)


def _extended(reader: "_Reader", size: int) -> bytes:
    if size > _HEADER_LIMIT_BYTES:
        raise DamagedError("has a longer header than is read; the rest was not read")
    return reader.take(size + -size % _BLOCK)[:size]


def _skip_sparse_map(reader: "_Reader", header: bytes) -> None:
    more = header[482]
    while more:
        block = reader.take(_BLOCK)
        if len(block) < _BLOCK:
            raise DamagedError(CUT_SHORT)
        more = block[504]


def _short_name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(field: bytes) -> int:
    """A size: octal digits, or binary where the first bit says so."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
    else:
        digits = field.partition(b"\0")[0].strip(b" ") or b"0"
        value = int(digits, 8) if not digits.strip(b"01234567") else -1
    if not 0 <= value < _TOO_LONG:
        raise DamagedError("is damaged; the rest was not read")
    return value


def _pax(body: bytes, name: bytes | None) -> tuple[bytes | None, int | None]:
    """Name and size that records of the form `LENGTH KEY=VALUE` state."""
    size: int | None = None
    position = 0
    while position < len(body):
        digits = body[position : position + 10].partition(b" ")[0]
        if not digits.isdigit() or not int(digits):
            break
        record = body[position : position + int(digits)]
        key, _, value = record[len(digits) + 1 :].rstrip(b"\n").partition(b"=")
        if key in (b"path", b"GNU.sparse.name"):
            name = value
        elif key == b"size" and value.isdigit() and len(value) <= 18:
            size = int(value)
        position += int(digits)
    return name, size


def _name(raw: bytes, *, utf8: bool) -> str:
    """A name in text, below the archive whatever it says, and not too long."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape") if utf8 else raw.decode("cp437")
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-NAME_LIMIT:] or "unnamed"


class _Reader:
    """Chunks as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""
        self._position = 0
        self._damage: DamagedError | None = None

    def take(self, count: int) -> bytes:
        """The next bytes; fewer at the end, and where damage follows, which whoever reads on meets."""
        taken = self._next(count)
        try:
            while len(taken) < count and (more := self._next(count - len(taken))):
                taken += more
        except DamagedError as error:
            self._damage = error
        return taken

    def _next(self, count: int) -> bytes:
        """Some of the next bytes; none at the end."""
        if self._position == len(self._held):
            if self._damage is not None:
                raise self._damage
            self._held, self._position = next(self._chunks, b""), 0
        taken = self._held[self._position : self._position + count]
        self._position += len(taken)
        return taken

    def put_back(self, data: bytes) -> None:
        """Give back what was taken."""
        self._held, self._position = data + self._held[self._position :], 0

    def content(self, count: int) -> Iterator[bytes]:
        """The next bytes as chunks."""
        while count:
            chunk = self._next(count)
            if not chunk:
                raise DamagedError(CUT_SHORT)
            count -= len(chunk)
            yield chunk

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        while chunk := self._next(PIECE_BYTES):
            yield chunk
