"""What the files of a folder tell each other: addresses in constants, and what is called through whom.

A client is often made in one file and called in another, with an address that stands in a third. Names lead
from one to the next: what is given to a name, of which type it is, where that type or function is defined,
and what is written there. Nothing is executed; where names lead nowhere, nothing is said.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from scopeaudit.jobs.use.source.calls import Step, snake
from scopeaudit.jobs.use.source.definitions import Definition, statement_end, statement_start
from scopeaudit.jobs.use.source.page import Page, address_of
from scopeaudit.jobs.use.source.settings import Settings
from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.text import Kind

_TOGETHER = (Kind.GO, Kind.JAVA, Kind.CSHARP, Kind.OTHER_CODE)
"""Where files of one directory see each other's names."""
_MAXIMUM_NAMES = 30
_MAXIMUM_DEPTH = 3
_MAXIMUM_OTHERS = 8
_NEAR = 60
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Home:
    """Where a name is defined."""

    page: "Page"
    definition: Definition


class Folder:
    """The pages of a folder, and what their names lead to."""

    def __init__(self, pages: Iterable[Page], settings: Settings, names: Mapping[str, str]) -> None:
        """`names` are those of libraries that alone say where a request goes."""
        self._names = names
        self.pages = tuple(pages)
        self.settings = settings
        self._constants: dict[str, list[tuple[Page, str]]] = defaultdict(list)
        self._homes: dict[str, list[Home]] = defaultdict(list)
        self._mentions: dict[str, list[Page]] = defaultdict(list)
        self._evidence: dict[str, list[tuple[int, str]]] = {}
        self._known: dict[tuple[str, str], frozenset[str]] = {}
        self._linked: dict[tuple[str, str], bool] = {}
        for page in self.pages:
            for name, value in page.constants.items():
                self._constants[name].append((page, value))
            for definition in page.definitions.all:
                self._homes[snake(definition.name)].append(Home(page, definition))
            for name in page.places:
                self._mentions[name].append(page)

    def linked(self, page: Page, other: Page) -> bool:
        """Whether one file names another: its module, a type it defines, or the folder they share."""
        key = (page.path, other.path)
        if key not in self._linked:
            self._linked[key] = page is other or self._are_linked(page, other)
        return self._linked[key]

    def _are_linked(self, page: Page, other: Page) -> bool:
        if any(stem in page.places for stem in other.stems):
            return True
        if page.code.kind in _TOGETHER and page.directory == other.directory:
            return True
        return any(each.type and snake(each.name) in page.places for each in other.definitions.all[:50])

    def constant(self, page: Page, name: str) -> str | None:
        """What a name of another file holds, if those that are meant agree."""
        listed = self._constants.get(name, ())
        values = {value for other, value in listed[:50] if other is not page and self.linked(page, other)}
        return values.pop() if len(values) == 1 else None

    def defines(self, word: str) -> bool:
        """Whether the folder has a function of a name, in snake case."""
        return any(not each.definition.type for each in self._homes.get(word, ()))

    def leads(self, page: Page) -> bool:
        """Whether there are addresses at all that names of a file may lead to."""
        return bool(self.settings.keys) or any(each.addresses for each in self.pages) or bool(page.addresses)

    def exports(self, page: Page) -> Iterator[tuple[str, tuple[Step, ...], Page]]:
        """The clients of other files that a file may mean by names it does not bind itself."""
        for name in sorted(page.places.keys() & self._exporters.keys()):
            if _is_made(page.calls.bound(name)):
                continue
            others = [each for each in self._exporters[name] if each is not page]
            alone = len(others) == 1 and name not in _COMMON
            for other in islice(others, _MAXIMUM_OTHERS):
                if alone or self.linked(page, other):
                    yield name, other.exports[name], other

    @cached_property
    def _exporters(self) -> Mapping[str, list[Page]]:
        """The files that have a client of a name."""
        found: dict[str, list[Page]] = defaultdict(list)
        for page in self.pages:
            for name in page.exports:
                found[name].append(page)
        return found

    def evidence(self, page: Page) -> list[tuple[int, str]]:
        """Index and address of all that stands for one: written out, in a constant, in a setting."""
        found = self._evidence.get(page.path)
        if found is None:
            found = self._evidence[page.path] = sorted({*page.addresses, *self._named(page)})
        return found

    def _named(self, page: Page) -> Iterator[tuple[int, str]]:
        for name, indexes in page.places.items():
            value = page.constants[name] if name in page.constants else self.constant(page, name)
            base = address_of(value) if value is not None else None
            for index in indexes if base is not None else ():
                yield index, base or ""
        for index, token in enumerate(page.code.tokens):
            wanted = token.type is TokenType.STRING or (token.type is TokenType.NAME and token.text.isupper())
            if wanted and 2 < len(token.text) < 100:
                for base in self.settings.find(token.text):
                    yield index, base

    def direct(self, page: Page, start: int, end: int) -> frozenset[str]:
        """The addresses between two tokens."""
        listed = self.evidence(page)
        first = bisect_left(listed, (start, ""))
        found = set()
        for index, base in listed[first : first + 20]:
            if index >= end:
                break
            found.add(base)
        return frozenset(found)

    def of_name(self, page: Page, name: str, depth: int = 0) -> frozenset[str]:
        """The addresses that a name of a file leads to."""
        key = (page.path, name)
        if key in self._known:
            return self._known[key]
        if depth > _MAXIMUM_DEPTH:
            return NOTHING
        self._known[key] = NOTHING
        found: set[str] = set()
        for index in page.places.get(name, ()):
            found |= self._bound(page, index, depth)
        if not found:
            found |= self.of_definition(page, name, depth) or self._elsewhere(page, name, depth)
        if not found and name in self._names:
            found.add(self._names[name])
        self._known[key] = frozenset(found)
        return self._known[key]

    def _elsewhere(self, page: Page, name: str, depth: int) -> frozenset[str]:
        """The addresses that a name leads to in the files that a file means by it, if they agree."""
        several: set[frozenset[str]] = set()
        others = (
            each for each in self._mentions.get(name, ()) if each is not page and self.linked(page, each)
        )
        for other in islice(others, _MAXIMUM_OTHERS):
            found: set[str] = set()
            for index in other.places[name]:
                if other.outside_functions(index):
                    found |= self._bound(other, index, depth + 1)
            if found:
                several.add(frozenset(found))
        return several.pop() if len(several) == 1 else NOTHING

    def _bound(self, page: Page, index: int, depth: int) -> frozenset[str]:
        """What is given to a name here, or which type it is declared with."""
        code, tokens = page.code, page.code.tokens
        if code.is_mark(index + 1, "=", ":=", ":", "=>") or (
            index + 1 < len(tokens) and tokens[index + 1].text in ("by", "||")
        ):
            if code.is_mark(index + 2, "=", ">") and code.is_mark(index + 1, "="):
                return NOTHING
            return self.region(page, index + 1, _until_comma(code, index + 2), depth)
        if code.is_name(index - 1) and tokens[index - 1].text[:1].isupper():
            return self.of_definition(page, snake(tokens[index - 1].text), depth + 1)
        if code.is_mark(index - 1, ">", "?") and code.is_name(index - 2):
            return self.of_definition(page, snake(tokens[index - 2].text), depth + 1)
        if code.kind is Kind.GO:
            at = index + 1 + code.is_mark(index + 1, "*")
            at += 2 * (code.is_mark(at + 1, ".") and code.is_name(at + 2))
            if code.is_name(at) and not tokens[at].first:
                return self.of_definition(page, snake(tokens[at].text), depth + 1)
        return NOTHING

    def region(self, page: Page, start: int, end: int, depth: int) -> frozenset[str]:
        """The addresses between two tokens, or those that the names between them lead to."""
        found = self.direct(page, start, end)
        if found or depth > _MAXIMUM_DEPTH:
            return found
        code = page.code
        led: set[str] = set()
        names: set[str] = set()
        for index in range(start, min(end, start + 300, len(code.tokens))):
            token = code.tokens[index]
            if (
                token.type is not TokenType.NAME
                or code.is_mark(index - 1, ".", "->", "?.")
                or token.text in _PLAIN
            ):
                continue
            name = snake(token.text)
            if name and name not in names and len(names) < _MAXIMUM_NAMES:
                names.add(name)
                led |= self.of_name(page, name, depth + 1)
        return frozenset(led)

    def of_definition(self, page: Page, name: str, depth: int) -> frozenset[str]:
        """The addresses in the types and functions of a name, else where those types are made use of."""
        homes = [each for each in self._homes.get(name, ())[:50] if self.linked(page, each.page)]
        own = [each for each in homes if each.page is page]
        found: set[str] = set()
        for home in (own or homes)[:8]:
            found |= self.of_home(home, depth + 1)
        return frozenset(found)

    def of_home(self, home: Home, depth: int = 0) -> frozenset[str]:
        """The addresses that one definition leads to."""
        definition = home.definition
        key = (home.page.path, f"{definition.start} {definition.name}")
        if key in self._known:
            return self._known[key]
        self._known[key] = NOTHING
        found = self.region(home.page, definition.start, definition.end, depth)
        if not found and definition.type:
            found = self._made(home)
        self._known[key] = found
        return found

    def _made(self, home: Home) -> frozenset[str]:
        """The addresses nearest to where a type is named elsewhere: `create(Forge.class)`, `Forge("https://...")`."""
        return self.near(snake(home.definition.name), home)

    def near(self, name: str, home: Home | None = None) -> frozenset[str]:
        """The addresses nearest to a name or a text wherever it is written, but for its home."""
        found: set[str] = set()
        for page in self._mentions.get(name, ())[:20]:
            for index in page.places[name]:
                inside = home is not None and home.definition.start <= index < home.definition.end
                if inside and home is not None and page is home.page:
                    continue
                start, end = statement_start(page.code, index), statement_end(page.code, index)
                near = [(abs(at - index), base) for at, base in self.evidence(page) if start <= at < end]
                if near:
                    found.add(min(near)[1])
        return frozenset(found)


_COMMON = frozenset(
    {
        "client",
        "db",
        "api",
        "http",
        "session",
        "conn",
        "connection",
        "service",
        "get",
        "run",
        "main",
        "new",
        "create",
        "config",
    }
)


def _is_made(values: Iterable[tuple[Step, ...]]) -> bool:
    """Whether something else than another name is given to a name."""
    return any(step.called for steps in values for step in steps)


_PLAIN = frozenset(
    [
        "self",
        "this",
        "return",
        "new",
        "await",
        "const",
        "let",
        "var",
        "val",
        "def",
        "func",
        "fn",
        "fun",
        "async",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "request",
        "data",
        "json",
        "body",
        "headers",
        "str",
        "string",
        "None",
        "null",
        "nil",
        "true",
        "false",
        "url",
        "if",
        "else",
        "for",
        "in",
        "not",
        "and",
        "or",
        "import",
        "from",
        "as",
        "type",
        "name",
        "id",
        "key",
        "value",
        "result",
        "response",
        "res",
    ]
)


def _until_comma(code: Code, index: int) -> int:
    """The end of what is given to a name: of the statement, or of one argument among several."""
    end = statement_end(code, index)
    at = index
    for _ in range(_NEAR):
        if at >= end or code.is_mark(at, ","):
            return at
        at = code.closing[at] + 1 if at in code.closing else at + 1
    return end
