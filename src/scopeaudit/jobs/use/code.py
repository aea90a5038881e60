"""What a file of source code uses: calls of libraries and interfaces, GraphQL, SQL and commands it starts."""

import re
from collections.abc import Iterator

from scopeaudit.jobs.use.aws import aws_calls, names_services
from scopeaudit.jobs.use.calls import Calls
from scopeaudit.jobs.use.commands import Commands
from scopeaudit.jobs.use.found import Found, FoundSql
from scopeaudit.jobs.use.github import octokit_calls
from scopeaudit.jobs.use.graphql import fields, is_graphql
from scopeaudit.jobs.use.http import Request, Requests
from scopeaudit.jobs.use.knowledge import SQL, Knowledge
from scopeaudit.jobs.use.library import library_calls
from scopeaudit.jobs.use.scripts import started
from scopeaudit.jobs.use.shell import Script
from scopeaudit.jobs.use.sql import is_sql
from scopeaudit.jobs.use.strings import Strings
from scopeaudit.jobs.use.stripe import stripe_calls
from scopeaudit.jobs.use.text import Kind
from scopeaudit.jobs.use.tokens import Code, TokenType, tokenize
from scopeaudit.model.use import UseKind

_OCTOKIT = (
    "octokit",
    "github.rest",
    "probot",
    "go-github",
    "@actions/github",
    *(f"github.{group}." for group in ("issues", "pulls", "repos", "git", "actions", "search", "checks")),
)
_ADDRESSES = ("url", "api", "base", "host", "endpoint")
_TABLE = re.compile(r"\A[A-Za-z_][\w.]{0,62}\Z")


class CodeReader:
    """Reads source code of one kind."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.commands = Commands(knowledge)

    def read(
        self, text: str, kind: Kind, providers: frozenset[str], drivers: frozenset[str]
    ) -> Iterator[Found | FoundSql]:
        """What the text uses of the providers; `drivers` are those whose SQL driver it names."""
        code = tokenize(text, kind)
        lower = text.lower()
        yield from self._literals(code, lower, providers, drivers)
        if not providers:
            return
        calls = Calls(code)
        yield from self._libraries(calls, text, lower, providers)
        strings = Strings(code)
        bases = self._bases(code, lower, providers)
        octokit = any(word in lower for word in _OCTOKIT)
        for request in Requests(strings).all():
            named = bases | {"github"} if request.named and octokit else bases
            yield from self._request(request, named, providers)
        script = Script()
        for passage in started(code):
            for command in script.commands(passage.text, passage.offset):
                yield from self.commands.read(script, command, lower)

    def _libraries(self, calls: Calls, text: str, lower: str, providers: frozenset[str]) -> Iterator[Found]:
        knowledge = self.knowledge
        if "aws" in providers and names_services(text) and knowledge.aws is not None:
            for each in aws_calls(calls, text, knowledge.aws):
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

    def _request(self, request: Request, bases: frozenset[str], providers: frozenset[str]) -> Iterator[Found]:
        for provider in sorted(providers):
            rules = self.knowledge.uses[provider]
            if not rules.hosts:
                continue
            routes = self.knowledge.routes(provider)
            if request.host is not None:
                path = routes.path_of(request.host, request.path)
                paths = [path] if path is not None else []
            elif provider in bases or (request.lead is not None and provider in request.lead.lower()):
                paths = [request.path, f"/v1/{request.path.lstrip('/')}"]
            else:
                paths = []
            for path in paths:
                route = routes.find(request.method, path) if request.called else None
                if route is not None:
                    yield Found(
                        provider,
                        route.operations,
                        UseKind.HTTP,
                        f"{route.method} {route.path}",
                        request.offset,
                    )
                    break

    def _bases(self, code: Code, lower: str, providers: frozenset[str]) -> frozenset[str]:
        """The providers whose interface's address the file has or names, `STRIPE_API_URL`."""
        names = {token.text.lower() for token in code.tokens if token.type is TokenType.NAME}
        addresses = tuple(name for name in names if any(word in name for word in _ADDRESSES))
        return frozenset(
            provider
            for provider in providers
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
