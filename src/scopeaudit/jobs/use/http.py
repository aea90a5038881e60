"""Calls of a provider's interface in source code: addresses, and with which method they are called."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scopeaudit.jobs.use.calls import snake
from scopeaudit.jobs.use.routes import HOLE, METHODS
from scopeaudit.jobs.use.strings import Strings, Written
from scopeaudit.jobs.use.text import Kind
from scopeaudit.jobs.use.tokens import Code, TokenType

_ADDRESS = re.compile(r"\A\s*https?://([^/\s?#]{1,255})(/[^\s]*)?")
_VERB_PATH = re.compile(r"\A(GET|POST|PUT|PATCH|DELETE|HEAD) (/\S+)")
_RELATIVE = re.compile(r"\A(?:\{\})?/?[A-Za-z][\w{}./:%-]*(?:\?\S*)?\Z")
_SERVERS = frozenset(
    [
        "app",
        "router",
        "routes",
        "route",
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
_READS = frozenset(
    [
        "fetch",
        "urlopen",
        "file_get_contents",
        "openstream",
        "read_url",
        "got",
        "open",
        "getstring",
        "getjson",
        "getforobject",
        "getforentity",
        "getstringasync",
        "ky",
        "ofetch",
        "superagent",
        "curl_init",
        "newbuilder",
        "uri",
        "readtext",
        "newrequest",
    ]
)
_SENDS = frozenset({"data", "body", "json", "CURLOPT_POSTFIELDS", "CURLOPT_POST", "postData"})
_MAXIMUM_USES = 3
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


class Requests:
    """The calls of interfaces in one file."""

    def __init__(self, strings: Strings) -> None:
        self.strings = strings
        self.code: Code = strings.code

    def all(self) -> Iterator[Request]:
        """Every string that is an address or may be the path of one, with its method if that can be told."""
        for written in self.strings.written:
            text = written.text.replace("\\/", "/")
            named = _VERB_PATH.match(text)
            if named is not None:
                yield Request(
                    named.group(1),
                    None,
                    _holes(named.group(2)),
                    None,
                    written.offset,
                    named=True,
                    called=True,
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
            method, called = self._method(written.start, written.end, 0)
            if address is not None:
                host = address.group(1).lower()
                yield Request(
                    method, host, address.group(2) or "/", None, written.offset, named=False, called=called
                )
            elif called and (
                text.startswith(("/", HOLE)) or (method is not None and self._leads(written.start))
            ):
                path = text.removeprefix(HOLE)
                lead = written.lead if text != path else None
                yield Request(method, None, path, lead, written.offset, named=False, called=True)

    def _method(self, start: int, end: int, depth: int) -> tuple[str | None, bool]:
        """The method a string is called with, and whether it is called at all."""
        called = False
        opening = self.code.enclosing[start]
        level = 0
        while opening >= 0 and level < 4:
            if self.code.is_mark(opening, "("):
                names = self._callee(opening)
                if names:
                    level += 1
                    if names[0].lstrip("@") in _SERVERS or names[-1].lower() in _SERVERS:
                        return None, False
                    called = True
                    method = self._of_call(opening, names, end)
                    if method is not None:
                        return method, True
            elif self.code.is_mark(opening, "{") and not self._is_argument(opening):
                break
            opening = self.code.enclosing[opening]
        bare = self._bare(start)
        if bare is not None:
            return bare, True
        found = self._of_uses(start, end) if depth == 0 else None
        return found or (None, called)

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
        return _verb_of(self.code.tokens[start - 1].text)

    def _is_argument(self, opening: int) -> bool:
        return self.code.is_mark(opening - 1, "(", ",", ":", "=>", "=") or self.code.is_name(opening - 1)

    def _of_call(self, opening: int, names: Sequence[str], end: int) -> str | None:
        closing = self.code.closing[opening]
        method = self._in_arguments(opening, min(closing, end + _REGION))
        if method is not None:
            return method
        for name in reversed(names):
            verb = _verb_of(name)
            if verb is not None:
                return verb
        method = self._behind(closing + 1)
        if method is not None:
            return method
        last = names[-1].lower().replace("_", "") if names[-1].lower() not in _READS else names[-1].lower()
        if last == "curl_init":
            return self._of_curl(closing)
        if names[-1] == "Request" or last in ("urlopen", "curl"):
            return "POST" if self._has_name(opening, closing, ("data", "body")) else "GET"
        return "GET" if last in _READS and last not in ("uri", "newrequest", "newbuilder", "open") else None

    def _in_arguments(self, opening: int, closing: int) -> str | None:
        """A method among arguments: `"POST"`, `method: 'delete'`, `HttpMethod.Put`, `:post`."""
        tokens = self.code.tokens
        for index in range(opening + 1, min(closing, opening + _REGION)):
            token = tokens[index]
            if token.type is TokenType.STRING:
                keyed = tokens[index - 1].text in (":", "=", "=>") and tokens[index - 2].text.lower() in (
                    "method",
                    "verb",
                    "type",
                )
                if token.text.upper() in METHODS and (keyed or token.text.isupper() or index == opening + 1):
                    return token.text.upper()
            elif token.type is TokenType.NAME:
                before = tokens[index - 2].text if self.code.is_mark(index - 1, ".", "::") else ""
                if before.lower().endswith("method") and token.text.upper() in METHODS:
                    return token.text.upper()
                if token.text.startswith("Method") and token.text[6:].upper() in METHODS:
                    return token.text[6:].upper()
                symbol = self.code.kind is Kind.RUBY and self.code.is_mark(index - 1, ":")
                if symbol and token.text.upper() in METHODS:
                    return token.text.upper()
        return None

    def _behind(self, index: int) -> str | None:
        """A method further on in the chain, `.uri(...).POST(body)`."""
        for _ in range(12):
            if not self.code.is_mark(index, ".", "->", "?.") or not self.code.is_name(index + 1):
                return None
            name = self.code.tokens[index + 1].text
            if not self.code.is_mark(index + 2, "("):
                index += 2
                continue
            closing = self.code.closing.get(index + 2)
            if closing is None:
                return None
            if name.upper() in METHODS and (name.isupper() or name in ("post", "put", "patch", "delete")):
                return name.upper()
            if name in ("method", "setMethod", "setRequestMethod") and closing > index + 3:
                inner = self.code.tokens[index + 3].text.upper()
                if inner in METHODS:
                    return inner
            index = closing + 1
        return None

    def _of_curl(self, index: int) -> str:
        """The options that follow `curl_init` in PHP."""
        tokens = self.code.tokens
        method = "GET"
        for at in range(index, min(index + _NEAR, len(tokens))):
            text = tokens[at].text
            if text in ("curl_init", "curl_exec"):
                break
            if text == "CURLOPT_CUSTOMREQUEST":
                given = next(
                    (
                        tokens[to].text
                        for to in range(at + 1, min(at + 4, len(tokens)))
                        if tokens[to].type is TokenType.STRING
                    ),
                    "",
                )
                return given.upper() if given.upper() in METHODS else method
            if text in ("CURLOPT_POST", "CURLOPT_POSTFIELDS"):
                method = "POST"
        return method

    def _of_uses(self, start: int, end: int) -> tuple[str | None, bool] | None:
        """What is done with the name that a string is given to."""
        name = self.strings.target(Written("", None, start, end, 0))
        if name is None:
            return None
        wanted = snake(name)
        called = False
        count = 0
        for index in range(end, min(end + _NEAR, len(self.code.tokens))):
            token = self.code.tokens[index]
            if token.type is not TokenType.NAME or snake(token.text) != wanted:
                continue
            if self.code.is_mark(index + 1, "=", ":="):
                break
            method, inside = self._method(index, index + 1, 1)
            called = called or inside
            if method is not None:
                return method, True
            count += 1
            if count == _MAXIMUM_USES:
                break
        return (None, called) if called else None

    def _callee(self, opening: int) -> list[str]:
        """The names of what is called with these brackets, first to last."""
        names: list[str] = []
        index = opening - 1
        if self.code.is_mark(index, ">"):
            while index > 0 and not self.code.is_mark(index, "<") and opening - index < 24:
                index -= 1
            index -= 1
        if self.code.is_mark(index, "!"):
            index -= 1
        while self.code.is_name(index) and len(names) < 6:
            names.append(self.code.tokens[index].text)
            if not self.code.is_mark(index - 1, ".", "->", "::", "?."):
                break
            index -= 2
            if self.code.is_mark(index, ")"):
                break
        return names[::-1]

    def _has_name(self, opening: int, closing: int, names: tuple[str, ...]) -> bool:
        tokens = self.code.tokens
        region = range(opening + 1, min(closing, opening + _REGION))
        return any(tokens[at].text in names and self.code.is_mark(at + 1, "=", ":") for at in region)


def _verb_of(name: str) -> str | None:
    """The method that the name of a function says: `post`, `PostAsync`, `get_json`, `Delete`."""
    words = snake(name).split("_")
    if words[-1:] == ["async"]:
        words = words[:-1]
    for word in (words[0], words[-1]) if words else ():
        if word.upper() in METHODS:
            return word.upper()
    return None


def _holes(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", HOLE, path)
