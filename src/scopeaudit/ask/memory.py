"""Answers remembered for a while, so that a pre-commit run is fast and does not ask twice.

An entry's name and seal are made with the user's own random key, so that neither can be derived
from a secret without it. What an entry holds is the caller's; it is never stored if the secret is in it.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from scopeaudit import __version__
from scopeaudit.ask.private_files import (
    cache_directory,
    read_private,
    state_directory,
    user_key,
    write_private,
)
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.secret import HeldCredential

_SEAL_BYTES = 32
_MOST_BYTES = 20_000_000
_LEAST_SECRET = 6
_ENTRY = re.compile(r"\.?[0-9a-f]{64}\.answer(?:\.[0-9a-f]{16})?")


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    stored: float
    value: bytes


class Memory:
    """Values by credential, provider file and endpoint. Trouble of any sort reads as "not remembered"."""

    def __init__(
        self, directory: Path, key: bytes, *, seconds: float = 3600.0, clock: Callable[[], float] = time.time
    ) -> None:
        """`key` is the user's own; `seconds` is how long an answer is remembered."""
        self._directory = directory
        self._key = key
        self._seconds = seconds
        self._clock = clock
        self._digests: dict[str, tuple[Provider, bytes]] = {}
        self._pruned = False

    def recall(self, provider: Provider, held: HeldCredential, endpoint: str | None = None) -> bytes | None:
        """What was remembered and is not too old; `None` otherwise."""
        name = self._name(provider, held, endpoint)
        content = read_private(self._path(name), _MOST_BYTES)
        if content is None or not hmac.compare_digest(content[:_SEAL_BYTES], self._seal(name, content)):
            return None
        try:
            entry = msgspec.msgpack.decode(content[_SEAL_BYTES:], type=_Entry)
        except msgspec.DecodeError:
            return None
        age = self._clock() - entry.stored
        return entry.value if 0 <= age < self._seconds else None

    def remember(
        self, provider: Provider, held: HeldCredential, value: bytes, endpoint: str | None = None
    ) -> bool:
        """Keep a value; says whether it was kept. A value that holds the secret is not."""
        secret = held.secret.reveal().encode("utf-8", "surrogatepass")
        if len(secret) >= _LEAST_SECRET and secret in value:
            return False
        name = self._name(provider, held, endpoint)
        body = msgspec.msgpack.encode(_Entry(self._clock(), value))
        seal = self._seal(name, bytes(_SEAL_BYTES) + body)
        if len(body) + _SEAL_BYTES > _MOST_BYTES:
            return False
        try:
            self._prune()
            write_private(self._path(name), seal + body)
        except OSError:
            return False
        return True

    def forget(self) -> int:
        """Remove every entry; says how many there were."""
        return self._remove(lambda _age: True)

    def _prune(self) -> None:
        if not self._pruned:
            self._pruned = True
            self._remove(lambda age: age > self._seconds)

    def _remove(self, is_due: Callable[[float], bool]) -> int:
        removed = 0
        try:
            paths = sorted(self._directory.iterdir())
        except OSError:
            return 0
        for path in paths:
            if not _ENTRY.fullmatch(path.name):
                continue
            try:
                if is_due(self._clock() - path.lstat().st_mtime):
                    path.unlink()
                    removed += not path.name.startswith(".")
            except OSError:
                continue
        return removed

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.answer"

    def _seal(self, name: str, content: bytes) -> bytes:
        text = b"seal\0" + name.encode() + content[_SEAL_BYTES:]
        return hmac.digest(self._key, text, "sha256")

    def _name(self, provider: Provider, held: HeldCredential, endpoint: str | None) -> str:
        parts = [
            provider.id.encode(),
            held.credential.kind.encode(),
            held.secret.reveal().encode("utf-8", "surrogatepass"),
            self._digest(provider),
            (endpoint or "").encode(),
        ]
        for name, companion in sorted(held.companions.items(), key=lambda pair: pair[0]):
            parts += [name.encode(), companion.reveal().encode("utf-8", "surrogatepass")]
        return hmac.new(self._key, b"memory\0" + msgspec.msgpack.encode(parts), hashlib.sha256).hexdigest()

    def _digest(self, provider: Provider) -> bytes:
        """Of the whole provider file, since what an answer means is in it as well."""
        known = self._digests.get(provider.id)
        if known is None or known[0] is not provider:
            text = msgspec.msgpack.encode([__version__, provider], enc_hook=_plain, order="deterministic")
            known = self._digests[provider.id] = (provider, hashlib.sha256(text).digest())
        return known[1]


def open_memory(*, seconds: float = 3600.0) -> Memory | None:
    """The user's memory; `None` where there is no place to keep a key."""
    try:
        return Memory(cache_directory(), user_key(state_directory()), seconds=seconds)
    except OSError:
        return None


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value).__name__)
