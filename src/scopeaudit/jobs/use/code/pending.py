"""The source code of a folder, kept until all of it is known: one file is read with the help of others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.code.folder import Folder
from scopeaudit.jobs.use.code.reader import CodeReader
from scopeaudit.jobs.use.found import Found, FoundSql
from scopeaudit.jobs.use.graphql import Field, fields, is_graphql
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.jobs.use.source.calls import snake
from scopeaudit.jobs.use.source.page import Page, address_of
from scopeaudit.jobs.use.source.roles import is_test, stands_in
from scopeaudit.jobs.use.source.settings import Settings, holds_settings
from scopeaudit.jobs.use.source.tokens import MAXIMUM_TOKENS as TOKENS_OF_ONE
from scopeaudit.jobs.use.source.tokens import TokenType, tokenize
from scopeaudit.jobs.use.text import Text
from scopeaudit.model.document import Document

MAXIMUM_BYTES = 64_000_000
"""Of source code without a provider's name that is kept; what comes after is not linked to other files."""
MAXIMUM_TOKENS = 1_500_000
"""Of all files together that are linked; the others are read each by itself."""
_MAXIMUM_NAMES = 2_000
_ROUNDS = 2
_DOCUMENT = re.compile(rb"(?:mutation|query)\b[^:=;\n]{0,200}[{(]|fragment\s+\w+\s+on\b")


@dataclass(slots=True)
class _Kept:
    text: Text
    providers: frozenset[str]
    drivers: frozenset[str]
    sql: bool
    test: bool
    page: Page | None = None


class Pending:
    """Takes texts one after the other, and reads them all at the end."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._kept: list[_Kept] = []
        self._settings = Settings()
        self._bytes = 0
        self._tokens = 0
        self.fields: list[tuple[Text, Field]] = []
        """Root fields of GraphQL in files that do not say whom they ask."""
        self.is_full = False
        """Whether there was more than is kept."""
        self.cut_short: set[str] = set()
        """Files that hold more than is read of one."""
        self.speaks: set[str] = set()
        """Providers whose address is written in code or settings."""

    def see(self, document: Document) -> None:
        """Take a document's addresses, if it is one of settings."""
        if document.name is None and not document.continues and holds_settings(document.path):
            self._settings.take(bytes(document.data))

    def add(self, text: Text, providers: frozenset[str], drivers: frozenset[str], *, sql: bool) -> None:
        """Keep one file of source code; `sql` says that it holds statements."""
        test = is_test(text.document.path)
        named = providers if not (test and stands_in(text.text)) else frozenset()
        if not named and not sql:
            self._bytes += len(text.document.data)
            self.is_full |= self._bytes > MAXIMUM_BYTES
            if self._bytes > MAXIMUM_BYTES or test:
                return
        self._kept.append(_Kept(text, named, drivers, sql, test))

    def read(self, reader: CodeReader) -> Iterator[tuple[Text, Iterator[Found | FoundSql]]]:
        """What every file uses, with the help of the others."""
        for each in self._kept:
            if each.providers:
                each.page = self._page(each.text)
        self._link()
        pages = [each.page for each in self._kept if each.page is not None and not each.test]
        folder = Folder(pages, self._settings, self._knowledge.libraries_of)
        self._see_addresses(pages)
        for each in self._kept:
            if each.page is not None:
                yield each.text, reader.read(each.page, each.providers, each.drivers, folder)
            elif each.providers or each.drivers or each.sql:
                page = Page(each.text.document.path, each.text.text, tokenize(each.text.text, each.text.kind))
                alone = Folder([page], self._settings, self._knowledge.libraries_of)
                yield each.text, reader.read(page, each.providers, each.drivers, alone)
        if "railway" in self.speaks:
            self._take_documents()
        self._kept.clear()

    def _page(self, text: Text) -> Page | None:
        if self._tokens > MAXIMUM_TOKENS:
            self.is_full = True
            return None
        code = tokenize(text.text, text.kind)
        self._tokens += len(code.tokens)
        if len(code.tokens) >= TOKENS_OF_ONE:
            self.cut_short.add(text.document.path)
        return Page(text.document.path, text.text, code)

    def _link(self) -> None:
        """Take apart the files that may call what files with a provider's name hold, and those between."""
        wanted = _Wanted(self._knowledge)
        wanted.take(self._settings)
        fresh = [each.page for each in self._kept if each.page is not None]
        for _ in range(_ROUNDS):
            for page in fresh:
                wanted.see(page)
            finder = wanted.pattern()
            if finder is None:
                return
            fresh = []
            for each in self._kept:
                if each.page is None and not each.test and finder.search(each.text.document.data):
                    each.page = self._page(each.text)
                    if each.page is not None:
                        fresh.append(each.page)
            if not fresh:
                return

    def _see_addresses(self, pages: list[Page]) -> None:
        written = [base for page in pages for _, base in page.addresses] + list(self._settings.values())
        for provider, rules in self._knowledge.uses.items():
            hosts = [host.partition("/")[0] for host in rules.hosts]
            if any(f"//{host}" in base for host in hosts for base in written):
                self.speaks.add(provider)

    def _take_documents(self) -> None:
        """GraphQL in files that name no service, unless it is sent elsewhere."""
        for each in self._kept:
            if each.providers or each.test or not _DOCUMENT.search(each.text.document.data):
                continue
            code = each.page.code if each.page is not None else tokenize(each.text.text, each.text.kind)
            texts = [token for token in code.tokens if token.type is TokenType.STRING]
            if any(address_of(token.text) is not None and "graphql" in token.text for token in texts):
                continue
            for token in texts:
                if len(token.text) > 5 and is_graphql(token.text):
                    self.fields += [
                        (
                            each.text,
                            Field(found.operation, found.name, token.start + found.offset, found.below),
                        )
                        for found in fields(token.text)
                    ]


class _Wanted:
    """The names by which other files may mean what is in those that were looked at."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self.names: set[str] = set()
        self._paths = False

    def see(self, page: Page) -> None:
        """Remember what a file holds for others: constants, clients of libraries, types with an address."""
        for name, value in page.constants.items():
            if address_of(value) is not None:
                self.names.add(name)
        self.names.update(page.exports)
        if any(self._is_known(base) for _, base in page.addresses):
            self.names.update(snake(each.name) for each in page.definitions.all[:200] if page.is_seen(each))
        self._paths = True

    def _is_known(self, address: str) -> bool:
        """Whether an address is of one of the providers."""
        hosts = (host for rules in self._knowledge.uses.values() for host in rules.hosts)
        return any(host.partition("/")[0].lstrip("*.") in address for host in hosts)

    def take(self, settings: Settings) -> None:
        """Remember the keys of settings, if one of them holds the address of a provider."""
        if any(self._is_known(value) for value in settings.values()):
            self.names.update(settings.keys)
            self._paths = True

    def pattern(self) -> re.Pattern[bytes] | None:
        """Finds the names, however a language writes them, and paths of providers' interfaces."""
        names = sorted(name for name in self.names if len(name) > 1)[:_MAXIMUM_NAMES]
        found = ["[_-]?".join(re.escape(part) for part in name.split("_")) for name in names]
        parts = [rf"(?<![A-Za-z0-9])(?i:{'|'.join(found)})(?![A-Za-z0-9])"] if found else []
        if self._paths:
            parts += [rf"[\"'`}}](?:/|)(?:{'|'.join(self._knowledge.first_segments)})[/\"'`?]"]
        return re.compile("|".join(parts).encode()) if parts else None
