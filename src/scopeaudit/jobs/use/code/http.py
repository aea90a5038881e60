"""Calls of a provider's interface in source code: addresses, and with which method they are called."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scopeaudit.jobs.use.routes import HOLE, METHODS
from scopeaudit.jobs.use.source.calls import snake
from scopeaudit.jobs.use.source.invocations import Invocations, verb_of
from scopeaudit.jobs.use.source.strings import Strings, Written
from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.text import Kind

_ADDRESS = re.compile(r"\A\s*https?://([^/\s?#]{1,255})(/[^\s]*)?")
_VERB_PATH = re.compile(r"\A(GET|POST|PUT|PATCH|DELETE|HEAD) (/\S+)")
_RELATIVE = re.compile(r"\A(?:\{\})?/?[A-Za-z][\w{}./:%-]*(?:\?\S*)?\Z")
_SERVERS = frozenset(
    [
        "app",
        "router",
        "routes",
        "route",
        "handlefunc",
        "handle",
        "server",
        "fastify",
        "blueprint",
        "bp",
        "mux",
        "express",
        "nock",
        "scope",
        "describe",
        "it",
        "test",
        "expect",
        "mock",
        "moxios",
        "wiremock",
        "stub_request",
        "console",
        "print",
        "println",
        "log",
        "logger",
        "error",
    ]
)
_PATH_KEYS = frozenset({"path", "url", "uri", "endpoint", "route", "pathname"})
_SERVED_KEYS = frozenset({"handler", "controller", "action", "config", "prehandler", "middleware", "schema"})
_MAXIMUM_USES = 3
_MAXIMUM_LEVELS = 4
_MAXIMUM_DEPTH = 40
_NEAR = 600
_REGION = 150


@dataclass(frozen=True, slots=True)
class Request:
    """One call of an interface."""

    method: str | None
    host: str | None
    """`None` where the address is relative to one that is configured elsewhere."""
    path: str
    lead: str | None
    """Name of what the address begins with, if that is not known."""
    offset: int
    named: bool
    """Whether it is written as method and path in one text, `GET /user`."""
    called: bool
    """Whether it stands in a call; else it is only written down."""
    start: int = 0
    """Index of its first token."""
    openings: tuple[int, ...] = ()
    """Indexes of the brackets of the calls it stands in, the innermost first."""
    certain: bool = True
    """Whether it can only be a path; else it is one if what it is called on leads to an address."""


@dataclass(frozen=True, slots=True)
class _Call:
    """How a string is called."""

    method: str | None
    called: bool
    openings: tuple[int, ...]


class Requests:
    """The calls of interfaces in one file."""

    def __init__(self, strings: Strings) -> None:
        self.strings = strings
        self.code: Code = strings.code
        self.calls = Invocations(strings.code)

    def all(self) -> Iterator[Request]:
        """Every string that is an address or may be the path of one, with its method if that can be told."""
        for written in self.strings.written:
            text = written.text.replace("\\/", "/")
            named = _VERB_PATH.match(text)
            if named is not None:
                if self.code.is_mark(written.start - 1, "[") and self.code.is_name(written.start - 2):
                    continue
                openings = self._openings(written.start)
                if not any(self._is_served(self.calls.callee(each)) for each in openings):
                    yield self._request(
                        written, _Call(named.group(1), True, openings), None, named.group(2), named=True
                    )
                continue
            address = _ADDRESS.match(text)
            relative = (
                address is None and len(text) < 300 and "/" in text and _RELATIVE.match(text) is not None
            )
            single = (
                address is None and not relative and re.fullmatch(r"/?[a-z][a-z_]{2,40}", text) is not None
            )
            if address is None and not relative and not single:
                continue
            method = self._listed(written) if address is None else None
            if method is not None and not self._openings(written.start):
                yield self._request(written, _Call(method, True, ()), None, text.removeprefix(HOLE))
                continue
            call = self._method(written.start, written.end, 0)
            if address is not None:
                yield self._request(written, call, address.group(1).lower(), address.group(2) or "/")
            elif call.called:
                certain = text.startswith(("/", HOLE)) or (
                    call.method is not None and self._leads(written.start)
                )
                if certain or (relative and call.openings):
                    yield self._request(written, call, None, text.removeprefix(HOLE), certain=certain)

    def _listed(self, written: Written) -> str | None:
        """The method beside a path in a list of them: `{ method: "POST", path: "/repos/..." }`."""
        at = self.strings.target_at(written)
        opening = self.code.enclosing[written.start]
        if at is None or opening < 0 or self.code.tokens[at].text.lower() not in _PATH_KEYS:
            return None
        keys: dict[str, int] = {}
        for index in range(opening + 1, min(self.code.closing.get(opening, 0), opening + _REGION)):
            if self.code.is_mark(index, ":", "=>", "=") and self.code.enclosing[index] == opening:
                keys.setdefault(self.code.tokens[index - 1].text.lower(), index)
        if keys.keys() & _SERVED_KEYS:
            return None
        method = next((keys[each] for each in ("method", "verb") if each in keys), None)
        given = (
            [each.text.upper() for each in self.code.tokens[method + 1 : method + 5]]
            if method is not None
            else []
        )
        return next((each for each in given if each in METHODS), None)

    def _request(
        self,
        written: Written,
        call: "_Call",
        host: str | None,
        path: str,
        *,
        named: bool = False,
        certain: bool = True,
    ) -> Request:
        led = host is None and not named and written.text.startswith(HOLE)
        return Request(
            call.method,
            host,
            _holes(path) if named else path,
            written.lead if led else None,
            written.offset,
            named,
            call.called,
            written.start,
            call.openings,
            certain,
        )

    def _openings(self, start: int) -> tuple[int, ...]:
        """The brackets of the calls that a token stands in, up to the body of a function."""
        found: list[int] = []
        opening = self.code.enclosing[start]
        for _ in range(_MAXIMUM_DEPTH):
            if opening < 0 or len(found) == _MAXIMUM_LEVELS:
                break
            if self.code.is_mark(opening, "("):
                if self.calls.callee(opening):
                    found.append(opening)
            elif self.code.is_mark(opening, "{") and not self._is_argument(opening):
                break
            opening = self.code.enclosing[opening]
        return tuple(found)

    def _is_served(self, names: Sequence[str]) -> bool:
        """Whether a call declares a route, answers in a test or prints."""
        return names[0].lstrip("@").lower() in _SERVERS or names[-1].lower() in _SERVERS

    def _method(self, start: int, end: int, depth: int) -> "_Call":
        """The method a string is called with, and whether it is called at all."""
        openings = self._openings(start)
        for opening in openings:
            names = self.calls.callee(opening)
            if self._is_served(names):
                return _Call(None, False, ())
            method = self.calls.of_call(opening, names, end)
            if method is not None:
                return _Call(method, True, openings)
        bare = self._bare(start)
        if bare is not None:
            return _Call(bare, True, openings)
        later = self.calls.of_later(start) if openings else None
        if later is not None:
            return _Call(later, True, openings)
        found = self._of_uses(start, end) if depth == 0 else None
        return found or _Call(None, bool(openings), openings)

    def _leads(self, start: int) -> bool:
        """Whether a string is the first argument, but for a method."""
        if self.code.is_mark(start - 1, "("):
            return True
        before = self.code.tokens[start - 2].text.upper() if start > 1 else ""
        return self.code.is_mark(start - 1, ",") and before.removeprefix("METHOD") in METHODS

    def _bare(self, start: int) -> str | None:
        """The method of a call without brackets, `client.get "/path"`, as Ruby allows."""
        if self.code.kind is not Kind.RUBY or not self.code.is_name(start - 1):
            return None
        return verb_of(self.code.tokens[start - 1].text)

    def _is_argument(self, opening: int) -> bool:
        return self.code.is_mark(opening - 1, "(", ",", ":", "=>", "=") or self.code.is_name(opening - 1)

    def _of_uses(self, start: int, end: int) -> _Call | None:
        """What is done with the name that a string is given to."""
        name = self.strings.target(Written("", None, start, end, 0))
        if name is None:
            return None
        wanted = snake(name)
        first: _Call | None = None
        count = 0
        for index in range(end, min(end + _NEAR, len(self.code.tokens))):
            token = self.code.tokens[index]
            if token.type is not TokenType.NAME or snake(token.text) != wanted:
                continue
            if self.code.is_mark(index + 1, "=", ":="):
                break
            call = self._method(index, index + 1, 1)
            if call.method is not None:
                return call
            first = call if first is None and call.called else first
            count += 1
            if count == _MAXIMUM_USES:
                break
        return first

    def is_named(self, request: Request, name: str) -> bool:
        """Whether a request is made by a function of a name."""
        chain = self.calls.chain(request.openings[0]) if request.openings else []
        return bool(chain) and chain[0][0] == name


def _holes(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", HOLE, path)
