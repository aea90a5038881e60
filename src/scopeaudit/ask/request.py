"""What is sent and what comes back, as values. Neither holds a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from scopeaudit.catalogue.provider import Authorization, Scheme
from scopeaudit.model.secret import HeldCredential


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One read-only request, complete but for the secret, which the transport fills in."""

    provider: str
    question: str
    """Id of the question in the provider file: the entry of the allow-list."""
    scheme: Scheme
    method: str
    """HTTP method, or `SQL`."""
    host: str
    """Host name, as in the provider file; for SQL the host of the connection string."""
    path: str = ""
    """Percent-encoded path, or the SQL statement."""
    query: tuple[tuple[str, str], ...] = ()
    """Query parameters; for SQL `database`, where it is not the connection string's."""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    authorization: Authorization | None = None
    signing: tuple[str, str] | None = None
    """AWS only: service and region the request is signed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the provider said, or why it said nothing."""

    status: int = 0
    """HTTP status; for SQL 200, or 401 where the login was refused, or 403 for a refused statement."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: object = None
    """Parsed JSON or XML, rows as a list of objects, or text; `None` where there is none."""
    failure: str | None = None
    """Why there is no usable answer, in words without a secret: the question is a gap."""


class Transport(Protocol):
    """Sends one request with one credential. Never raises for what a server or network does."""

    def send(self, request: Request, held: HeldCredential) -> Answer:
        """The answer, or an answer that says why there is none."""
        ...
