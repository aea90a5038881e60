"""The audit trail: one JSON line for each request that was sent, in the user's state directory.

A line tells credentials apart by a fingerprint, an HMAC under the user's own random key, and holds
no secret. A request that could not be noted is not sent.
"""

import hashlib
import hmac
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from scopeaudit.ask.private_files import open_private, state_directory, user_key
from scopeaudit.ask.request import Request
from scopeaudit.model.errors import ScopeauditError
from scopeaudit.model.secret import HeldCredential, Secret

_LEAST_SECRET = 6
_LONGEST_PATH = 400


def _now() -> datetime:
    return datetime.now(UTC)


class Trail:
    """Appends to `requests.jsonl`; what is beyond the size cap moves to `requests.1.jsonl`, once."""

    def __init__(
        self,
        directory: Path,
        key: bytes,
        *,
        most_bytes: int = 5_000_000,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """`key` is the user's own; `most_bytes` is of one of the two files."""
        self.path = directory / "requests.jsonl"
        self._key = key
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._trouble: str | None = None

    def trouble(self) -> str | None:
        """Why nothing can be noted, and so nothing may be sent; `None` if all is well."""
        with self._lock:
            if self._trouble is None:
                try:
                    os.close(open_private(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
                except OSError as error:
                    self._trouble = _words(error)
            return self._trouble

    def record(
        self, request: Request, held: HeldCredential, *, host: str, status: int, note: str | None
    ) -> None:
        """Note a request that was sent. `host` is the one connected to, `status` 0 without an answer."""
        shown = dict(held.credential.context)
        hidden = [held.secret, *(each for name, each in held.companions.items() if name not in shown)]
        entry: dict[str, str | int] = {
            "time": self._clock().isoformat(timespec="milliseconds"),
            "credential": self.fingerprint(request.provider, held.secret),
            "provider": request.provider,
            "question": _without(request.question, hidden),
            "method": _without(request.method, hidden),
            "host": _without(host, [held.secret]),
            "path": _without(request.path, hidden)[:_LONGEST_PATH],
            "status": status,
        }
        if note is not None:
            entry["note"] = _without(note, hidden)
        line = json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n"
        with self._lock:
            try:
                with self._exclusive():
                    self._append(line)
            except OSError as error:
                self._trouble = _words(error)

    def fingerprint(self, provider: str, secret: Secret) -> str:
        """Sixteen hexadecimal digits that mean nothing without the user's key."""
        text = f"trail\0{provider}\0{secret.reveal()}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()[:16]

    def _append(self, line: bytes) -> None:
        descriptor = open_private(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        size = os.fstat(descriptor).st_size
        if size and size + len(line) > self._most_bytes:
            os.close(descriptor)
            self.path.replace(self.path.with_name("requests.1.jsonl"))
            descriptor = open_private(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError("the disk is full")
        finally:
            os.close(descriptor)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Keeps two processes from rotating at once, where the system has file locks."""
        if sys.platform == "win32":
            yield
            return
        import fcntl

        descriptor = open_private(self.path.with_name("lock"), os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def open_trail(directory: Path | None = None) -> Trail:
    """The user's audit trail.

    Raises:
        ScopeauditError: the state directory cannot be written, so nothing may be asked.
    """
    place = directory if directory is not None else state_directory()
    try:
        return Trail(place, user_key(place))
    except OSError as error:
        raise ScopeauditError(
            f"{_words(error)}; make the state directory writable, or use --offline"
        ) from None


def _without(text: str, secrets: Iterable[Secret]) -> str:
    for secret in secrets:
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret.reveal(), "…")
    return text


def _words(error: OSError) -> str:
    return f"the audit trail cannot be written: {error.strerror or error}"
