"""What a file of source code uses: calls of libraries and interfaces, GraphQL, SQL and commands it starts."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from scopeaudit.jobs.use.code.clients import Clients
from scopeaudit.jobs.use.code.folder import Folder
from scopeaudit.jobs.use.code.http import Request, Requests
from scopeaudit.jobs.use.code.library import library_calls
from scopeaudit.jobs.use.found import Found, FoundSql
from scopeaudit.jobs.use.graphql import fields, is_graphql
from scopeaudit.jobs.use.knowledge import SQL, Knowledge
from scopeaudit.jobs.use.names.aws import aws_calls, names_services
from scopeaudit.jobs.use.names.github import octokit_calls
from scopeaudit.jobs.use.names.stripe import stripe_calls
from scopeaudit.jobs.use.scripts.commands import Commands
from scopeaudit.jobs.use.scripts.passages import started
from scopeaudit.jobs.use.scripts.shell import Script
from scopeaudit.jobs.use.source.calls import Calls
from scopeaudit.jobs.use.source.page import Page
from scopeaudit.jobs.use.source.strings import Strings
from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.sql.statements import is_sql
from scopeaudit.jobs.use.text import Kind
from scopeaudit.model.use import UseKind

_OCTOKIT = (
    "octokit",
    "github.rest",
    "probot",
    "go-github",
    "@actions/github",
    *(f"github.{group}." for group in ("issues", "pulls", "repos", "git", "actions", "search", "checks")),
)
_MAXIMUM_OTHERS = 40
_ADDRESSES = ("url", "api", "base", "host", "endpoint")
_TABLE = re.compile(r"\A[A-Za-z_][\w.]{0,62}\Z")


class CodeReader:
    """Reads source code of one kind."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.commands = Commands(knowledge)

    def read(
        self, page: Page, providers: frozenset[str], drivers: frozenset[str], folder: Folder
    ) -> Iterator[Found | FoundSql]:
        """What a file uses of the providers that it names, and through the folder's other files of any.

        `drivers` are those whose SQL driver it names.
        """
        yield from self._literals(page.code, page.lower, providers, drivers)
        others = tuple(islice(folder.exports(page), _MAXIMUM_OTHERS))
        if not providers and not others and not folder.leads(page):
            return
        own = page.calls
        alone = tuple(self._libraries(own, page.text, page.lower, providers, folder.defines))
        seen: set[int] = set()
        for other in {each.path: each for _, _, each in others}.values():
            names = [name for name, _, each in others if each is other]
            for name in names:
                own.adopt(name, other.exports[name], other.stems)
            text = f"{page.text}\n{other.text}"
            beside = self._named_in(other.lower)
            for found in self._libraries(own.through(names), text, text.lower(), beside, folder.defines):
                seen.add(found.offset)
                yield replace(found, through=other.lower)
        yield from (found for found in alone if found.offset not in seen)
        yield from self._requests(page, providers, folder)
        script = Script()
        for passage in started(page.code):
            for command in script.commands(passage.text, passage.offset):
                yield from self.commands.read(script, command, page.lower)

    def _named_in(self, lower: str) -> frozenset[str]:
        return frozenset(
            each
            for each, words in self.knowledge.words.items()
            if any(word.decode() in lower for word in words)
        )

    def _requests(self, page: Page, providers: frozenset[str], folder: Folder) -> Iterator[Found]:
        outside: dict[str, str | None] = {}

        def constant(name: str) -> str | None:
            if name not in outside:
                outside[name] = folder.constant(page, name)
            return outside[name]

        requests = Requests(Strings(page.code, constant))
        clients = Clients(folder, page, requests, self.knowledge.addresses)
        bases = self._bases(page.code, page.lower, providers)
        octokit = any(word in page.lower for word in _OCTOKIT)
        for request in requests.all():
            if not request.called:
                continue
            if request.host is not None:
                found = self._at(request, [f"https://{request.host}"])
            elif request.named and octokit:
                found = self._at(
                    request, [self.knowledge.addresses["github"]] if "github" in providers else []
                )
            else:
                led = clients.bases(request)
                if led is None:
                    continue
                near = bases if not clients.serves else frozenset()
                if octokit and requests.is_named(request, "request"):
                    near |= {"github"} & providers
                found = self._at(
                    request, sorted(led) or [self.knowledge.addresses[each] for each in sorted(near)]
                )
            if found is not None:
                yield found if found.provider != "supabase" else _inserted(found, page.lower)

    def _libraries(
        self, calls: Calls, text: str, lower: str, providers: frozenset[str], defined: Callable[[str], bool]
    ) -> Iterator[Found]:
        knowledge = self.knowledge
        if "aws" in providers and names_services(text) and knowledge.aws is not None:
            for each in aws_calls(calls, text, knowledge.aws, defined):
                yield Found("aws", each.operations, UseKind.SDK, each.shown, each.offset)
        if "stripe" in providers and knowledge.stripe is not None:
            for call in stripe_calls(calls, text, knowledge.stripe):
                yield Found("stripe", call.operations, UseKind.SDK, call.shown, call.offset)
        octokit = any(word in lower for word in _OCTOKIT)
        if "github" in providers and knowledge.github is not None and octokit:
            for rest in octokit_calls(calls, knowledge.github):
                yield Found("github", rest.operations, UseKind.SDK, rest.shown, rest.offset)
        for provider in sorted(providers):
            for listed in library_calls(calls, lower, knowledge.libraries(provider)):
                named = (
                    listed.first
                    if provider == "supabase" and listed.first and _TABLE.match(listed.first)
                    else None
                )
                resources = (f"table/{named}",) if named and "rows" in "".join(listed.operations) else ()
                if listed.operations:
                    yield Found(
                        provider,
                        frozenset(listed.operations),
                        UseKind.SDK,
                        listed.shown,
                        listed.offset,
                        resources,
                    )

    def _at(self, request: Request, bases: Iterable[str]) -> Found | None:
        """The operation of a request at the first of some addresses at which there is one."""
        for base in bases:
            host, _, prefix = base.partition("//")[2].partition("/")
            prefix = f"/{prefix.rstrip('/')}" if prefix else ""
            for provider, rules in self.knowledge.uses.items():
                if not rules.hosts:
                    continue
                routes = self.knowledge.routes(provider)
                plain = request.path.lstrip("/")
                for path in (f"{prefix}/{plain}", f"/{plain}", f"/v1/{plain}")[0 if prefix else 1 :]:
                    known = routes.path_of(host.lower(), path)
                    route = routes.find(request.method, known) if known is not None else None
                    if route is not None:
                        shown = f"{route.method} {route.path}"
                        return Found(provider, route.operations, UseKind.HTTP, shown, request.offset)
        return None

    def _bases(self, code: Code, lower: str, providers: frozenset[str]) -> frozenset[str]:
        """The providers whose interface's address the file has or names, `STRIPE_API_URL`."""
        names = {token.text.lower() for token in code.tokens if token.type is TokenType.NAME}
        addresses = tuple(name for name in names if any(word in name for word in _ADDRESSES))
        return frozenset(
            provider
            for provider in providers & self.knowledge.addresses.keys()
            if any(
                host.partition("/")[0].lstrip("*.{}") in lower for host in self.knowledge.uses[provider].hosts
            )
            or any(provider in name for name in addresses)
        )

    def _literals(
        self, code: Code, lower: str, providers: frozenset[str], drivers: frozenset[str]
    ) -> Iterator[Found | FoundSql]:
        """SQL and GraphQL in strings."""
        elsewhere = "sqlite" in lower and not drivers
        provider = next(iter(drivers)) if len(drivers) == 1 else None
        speaks = [each for each in ("railway", "github") if each in providers]
        wanted = any(each in self.knowledge.uses for each in SQL)
        for index, token in enumerate(code.tokens):
            if token.type is not TokenType.STRING or len(token.text) < 6:
                continue
            text = _joined(code, index) if _is_handed(code, index) else None
            if wanted and not elsewhere and text is not None and is_sql(text):
                yield FoundSql(text, token.start, provider)
            elif speaks and is_graphql(token.text):
                for each in fields(token.text):
                    for asked in speaks:
                        operations = self.commands.fields_of(asked, each.name)
                        if operations:
                            offset = token.start + each.offset
                            yield Found(
                                asked, operations, UseKind.HTTP, f"{each.operation} {each.name}", offset
                            )


def _inserted(found: Found, lower: str) -> Found:
    """Rows that are posted are inserted, unless a header or parameter asks for more.

    https://docs.postgrest.org/en/stable/references/api/tables_views.html#upsert
    """
    if any(word in lower for word in ("merge-duplicates", "ignore-duplicates", "on_conflict")):
        return found
    return replace(found, operations=frozenset(each for each in found.operations if "upsert" not in each))


def _is_handed(code: Code, index: int) -> bool:
    """Whether a string is an argument, is given to a name or is returned; else it is only mentioned."""
    if (
        code.is_mark(index - 1, "(", ",", "=", ":=", ":", "=>", "[", "{", "+", ".", "&", "!", ">")
        or index == 0
    ):
        return True
    before = code.tokens[index - 1]
    return (
        code.kind is Kind.RUBY
        or before.type is TokenType.STRING
        or (
            before.type is TokenType.NAME
            and code.tokens[index].start - before.start - len(before.text) in (1, 3)
        )
        or before.text in ("return", "await", "yield", "const", "str")
    )


def _joined(code: Code, index: int) -> str | None:
    """A string with those joined to it; `None` for one that is joined to an earlier one."""
    tokens = code.tokens
    joins = ("+", ".", "..") if code.kind is Kind.PHP else ("+",)
    if index and tokens[index - 1].type is TokenType.STRING:
        return None
    if code.is_mark(index - 1, *joins) and index > 1 and tokens[index - 2].type is TokenType.STRING:
        return None
    parts = [tokens[index].text]
    at = index + 1
    while at < len(tokens) and len(parts) < 60:
        if code.is_mark(at, *joins) and at + 1 < len(tokens) and tokens[at + 1].type is TokenType.STRING:
            at += 1
        if tokens[at].type is not TokenType.STRING:
            break
        parts.append(tokens[at].text)
        at += 1
    return " ".join(parts)
