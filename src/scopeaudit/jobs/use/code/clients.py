"""Whom a request with a relative path goes to: what its call, its receiver or the type around it leads to."""

import re
from collections.abc import Iterable, Iterator, Mapping

from scopeaudit.jobs.use.code.folder import NOTHING, Folder
from scopeaudit.jobs.use.code.http import Request, Requests
from scopeaudit.jobs.use.routes import METHODS
from scopeaudit.jobs.use.source.calls import snake
from scopeaudit.jobs.use.source.page import Page
from scopeaudit.jobs.use.source.roles import sends_by_annotation, serves

_NO_CLIENT = re.compile(
    r"cache|redis|memo|(?:^|_)(?:map|dict|set|list|queue|seen|pending|log|logger|metrics|statsd|tracer|params|headers|query"
    r"|assert|expect|router|routes|mux|events|emitter|path|os|fs|re|console|screen|page|navigator|history|location)$"
)
"""Receivers that are asked for things by their paths and send nothing."""
_NEAR = 40


class Clients:
    """Tells for the requests of one file whom they go to."""

    def __init__(self, folder: Folder, page: Page, requests: Requests, hosts: Mapping[str, str]) -> None:
        """`hosts` are the addresses that stand for the providers where only their name is written."""
        self._folder = folder
        self._page = page
        self._requests = requests
        self._hosts = hosts
        self.serves = serves(page.text)
        self._annotates = sends_by_annotation(page.text)

    def bases(self, request: Request) -> frozenset[str] | None:
        """The addresses a request begins with; empty if nothing says so, `None` if it is no request."""
        openings = request.openings
        if openings and self._requests.calls.is_annotation(openings[0]):
            declared = next(iter(self._page.definitions.around(request.start)), None)
            interface = declared is not None and self._page.code.tokens[declared.start].text == "interface"
            return self._of_types(request.start) if self._annotates or interface else None
        for opening in openings[:2]:
            closing = min(self._requests.code.closing[opening], opening + _NEAR)
            found = self._folder.direct(self._page, opening + 1, closing)
            if found:
                return found
        if request.lead is not None:
            found = self._named(request.lead)
            if found:
                return found
        chains = [self._requests.calls.chain(each) for each in openings[:2] or (request.start,)]
        for chain in chains:
            if any(self._is_no_client(name, index) for name, index in chain[1:] or chain):
                return None
            found = self._of_chain(chain)
            if found:
                return found
        if not request.certain:
            return None
        return NOTHING if self.serves else self._around(request.start)

    def _of_chain(self, chain: list[tuple[str, int]]) -> frozenset[str]:
        """What the names of a chain lead to, the last first, then the texts it is called with."""
        for name, _ in chain:
            found = NOTHING if name.upper() in METHODS else self._named(name)
            if found:
                return found
        for text in self._texts(chain):
            found = self._folder.of_name(self._page, snake(text)) or self._folder.near(snake(text))
            if found:
                return found
        return NOTHING

    def _is_no_client(self, name: str, index: int) -> bool:
        called = self._page.code.is_mark(index + 1, "(")
        return not called and _NO_CLIENT.search(snake(name)) is not None

    def _named(self, name: str) -> frozenset[str]:
        """What a name leads to, else the provider it is called after."""
        word = snake(name)
        found = self._folder.of_name(self._page, word)
        if found:
            return found
        return frozenset(base for provider, base in self._hosts.items() if provider in word)

    def _texts(self, chain: Iterable[tuple[str, int]]) -> Iterator[str]:
        """First arguments that are texts: the client's name in `factory.client("payments").get(...)`."""
        for _, index in list(chain)[1:]:
            token = self._page.code.tokens[index + 2 : index + 3]
            if (
                self._page.code.is_mark(index + 1, "(")
                and token
                and re.fullmatch(r"[\w-]{2,60}", token[0].text)
            ):
                yield token[0].text

    def _around(self, index: int) -> frozenset[str]:
        for each in self._page.definitions.around(index):
            found = self._folder.direct(self._page, each.start, each.end)
            if found:
                return found
        return self._of_types(index)

    def _of_types(self, index: int) -> frozenset[str]:
        for each in self._page.definitions.around(index):
            found = self._folder.of_name(self._page, snake(each.name)) if each.type else NOTHING
            if found:
                return found
        return NOTHING
