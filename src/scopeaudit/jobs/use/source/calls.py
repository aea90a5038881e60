"""Chains of names and calls in source code, `a.b().c(...)`, and what their first name stands for."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace

from scopeaudit.jobs.use.source.definitions import Definitions
from scopeaudit.jobs.use.source.tokens import Code, Token, TokenType
from scopeaudit.jobs.use.text import Kind

CONNECTORS = (".", "->", "::", "?.", "&.")
_OF_PHP = (*CONNECTORS, "\\")
_WITHOUT_ARROW = (".", "::", "?.", "&.")
_DEFINES = frozenset({"def", "function", "fn", "func", "fun", "class", "interface", "struct", "trait"})
_SKIPPED_BEFORE = frozenset({"await", "new", "try", "yield", "async", "mut", "self", "return"})
_NO_ROOT = frozenset(
    [
        "new",
        "await",
        "return",
        "if",
        "for",
        "while",
        "def",
        "func",
        "fn",
        "function",
        "class",
        "import",
        "from",
        "const",
        "let",
        "var",
        "use",
        "using",
        "in",
        "of",
        "not",
        "and",
        "or",
        "else",
        "elif",
        "async",
        "public",
        "private",
        "static",
        "final",
        "readonly",
        "val",
        "mut",
        "case",
        "package",
        "require",
        "throw",
        "yield",
        "type",
        "interface",
        "struct",
        "export",
        "default",
        "extends",
        "implements",
        "protected",
        "internal",
    ]
)
_OWN = frozenset({"self", "this", "$this", "cls", "it"})
MAXIMUM_STEPS = 30
MAXIMUM_DEPTH = 4
MAXIMUM_MEANINGS = 4
_LONGEST_FACTORY = 200
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """A name in snake case, whatever its language writes: `putObject`, `PutObjectAsync`, `@s3`."""
    return _HUMP.sub("_", name.strip("@$")).replace("-", "_").strip("_").lower()


def squash(name: str) -> str:
    """A name without case and separators, so that `PutObject`, `put_object` and `put-object` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a chain."""

    name: str
    """As written."""
    word: str
    """In snake case."""
    called: bool = False
    """Whether it is called, or starts a literal of its type (`s3.PutObjectInput{`)."""
    first: str | None = None
    """The first argument if it is a string or a symbol, or the value of `service_name=`."""
    offset: int = 0
    """In the file."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps joined by `.`, `->` or `::`."""

    steps: tuple[Step, ...]
    start: int
    """Index of the first token."""
    end: int
    """Index after the last."""


class Calls:
    """All chains of a file."""

    def __init__(self, code: Code, definitions: Definitions | None = None) -> None:
        self.code = code
        self._definitions = definitions
        self.chains = tuple(_chains(code))
        self._bound: dict[str, list[tuple[Step, ...]]] = defaultdict(list)
        self._modules: set[str] = set()
        for chain in self.chains:
            for name in self.names_of(chain):
                self._bind(name, chain.steps)

    def _bind(self, name: str, steps: tuple[Step, ...]) -> None:
        known = self._bound[name]
        if len(known) < MAXIMUM_MEANINGS and steps not in known:
            known.append(steps)

    def names_of(self, chain: Chain) -> Iterator[str]:
        """The names a chain's value is given to: variables, parameters of its type, what returns it."""
        yield from _bound_names(self.code, chain)
        before = self.code.tokens[chain.start - 1].text if chain.start else ""
        last = self.code.kind is Kind.RUBY and self.code.is_name(chain.end)
        returned = before in ("return", "new", "await", "=>", "=", "->") or (
            last and self.code.tokens[chain.end].text == "end"
        )
        if returned and self._definitions is not None:
            around = next((each for each in self._definitions.around(chain.start) if not each.type), None)
            if around is not None and chain.start - around.start < _LONGEST_FACTORY:
                yield snake(around.name)

    def through(self, names: Iterable[str]) -> "Calls":
        """The chains alone that begin with one of some names, or with what is made of them."""
        reached = set(names)
        for _ in range(2):
            for name, values in self._bound.items():
                if any(_without_owner(steps)[0].word in reached for steps in values):
                    reached.add(name)
        found = copy(self)
        found.chains = tuple(
            chain
            for chain in self.chains
            if (root := _without_owner(chain.steps)[0].word) in reached or root in self._modules
        )
        return found

    def adopt(self, name: str, steps: tuple[Step, ...], modules: Iterable[str]) -> None:
        """Take what a name of another file stands for, and by which names that file goes."""
        self._bind(name, steps)
        self._modules.update(modules)

    def readings(self, chain: Chain) -> Iterator[tuple[tuple[Step, ...], int]]:
        """Each meaning of a chain, and from which of its steps on it is written at this place."""
        own = len(chain.steps)
        for number, steps in enumerate(self.meanings(chain)):
            yield steps, 0 if number == 0 else max(len(steps) - own + 1, 0)

    def meanings(self, chain: Chain) -> tuple[tuple[Step, ...], ...]:
        """The chain as written, then with its first name replaced by what it stands for; at least one."""
        found: list[tuple[Step, ...]] = []
        queue = [(_without_owner(chain.steps), 0)]
        while queue and len(found) < MAXIMUM_MEANINGS:
            steps, depth = queue.pop(0)
            found.append(steps)
            root = steps[0]
            if len(steps) > 1 and root.word in self._modules and steps[1].word in self._bound:
                steps, root = steps[1:], steps[1]
            if depth >= MAXIMUM_DEPTH or len(steps) > 2 * MAXIMUM_STEPS:
                continue
            for value in self._bound.get(root.word, ()):
                origin = _without_owner(value)
                if origin[0].word != root.word or origin[0].called:
                    rest = steps[1:]
                    if root.called and not rest:
                        continue
                    queue.append((origin + rest, depth + 1))
        return tuple(found)

    def bound(self, name: str) -> tuple[tuple[Step, ...], ...]:
        """What is assigned to a name."""
        return tuple(self._bound.get(snake(name), ()))


def _without_owner(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    while len(steps) > 1 and steps[0].name in _OWN and not steps[0].called:
        steps = steps[1:]
    return steps


def _chains(code: Code) -> Iterator[Chain]:
    connectors = (
        _OF_PHP if code.kind is Kind.PHP else CONNECTORS if code.kind is Kind.OTHER_CODE else _WITHOUT_ARROW
    )
    for index, token in enumerate(code.tokens):
        if token.type is not TokenType.NAME or token.text in _NO_ROOT:
            continue
        if index and code.is_name(index - 1) and code.tokens[index - 1].text in _DEFINES:
            continue
        if code.is_mark(index - 1, *connectors) and _continues(code, index - 2):
            continue
        yield _chain(code, index, connectors)


def _continues(code: Code, index: int) -> bool:
    """Whether a chain can go on after this token."""
    return code.is_name(index) or code.is_mark(index, ")", "]", "?", "!")


def _chain(code: Code, index: int, connectors: tuple[str, ...]) -> Chain:
    steps: list[Step] = []
    start = index
    while code.is_name(index) and len(steps) < MAXIMUM_STEPS:
        token = code.tokens[index]
        step = Step(token.text, snake(token.text), offset=token.start)
        index += 1
        step, index = _called(code, step, token, index)
        steps.append(step)
        index = _over_indexes(code, index)
        if code.is_mark(index, "?", "!") and code.is_mark(index + 1, *connectors):
            index += 1
        if not code.is_mark(index, *connectors) or not code.is_name(index + 1):
            break
        index += 1
    return Chain(tuple(steps), start, index)


def _over_indexes(code: Code, index: int) -> int:
    while (
        code.is_mark(index, "[")
        and index in code.closing
        and code.is_mark(code.closing[index] + 1, *CONNECTORS)
    ):
        index = code.closing[index] + 1
    return index


def _called(code: Code, step: Step, token: Token, index: int) -> tuple[Step, int]:
    """The step with its arguments, if it is called."""
    opening = _over_types(code, index)
    if code.is_mark(opening, "!") and code.is_mark(opening + 1, "("):
        opening += 1
    if code.is_mark(opening, "(") and opening in code.closing:
        closing = code.closing[opening]
        step = replace(step, called=True, first=_first(code, opening, closing))
        return step, closing + 1
    braced = code.is_mark(index, "{") and code.kind in (Kind.GO, Kind.CSHARP) and token.text[:1].isupper()
    if braced and index in code.closing and not code.tokens[index].first:
        return replace(step, called=True), index
    lambda_ = code.is_mark(index, "{") and not code.tokens[index].first and token.text[:1].islower()
    if (
        lambda_
        and index in code.closing
        and code.kind in (Kind.JAVA, Kind.OTHER_CODE)
        and code.is_mark(index - 2, *CONNECTORS)
    ):
        return replace(step, called=True), code.closing[index] + 1
    if code.kind is Kind.CSHARP and code.is_mark(index, "{") and token.text[:1].isupper():
        return replace(step, called=True), index
    if code.kind is Kind.RUBY and index < len(code.tokens) and not code.tokens[index].first:
        after = code.tokens[index]
        if after.type is not TokenType.MARK or (after.text == ":" and code.is_name(index + 1)):
            first = after.text if after.type is TokenType.STRING else None
            return replace(step, called=True, first=first), index
    return step, index


def _over_types(code: Code, index: int) -> int:
    """The index after type arguments, `<User>` or `::<User>`, if they come before a call."""
    opening = index + 1 if code.is_mark(index, "::") and code.is_mark(index + 1, "<") else index
    if not code.is_mark(opening, "<"):
        return index
    depth = 0
    for position in range(opening, min(opening + 24, len(code.tokens))):
        if code.is_mark(position, "<"):
            depth += 1
        elif code.is_mark(position, ">"):
            depth -= 1
            if depth == 0:
                return position + 1 if code.is_mark(position + 1, "(") else index
        elif code.is_mark(position, ";", "{", "}", "&&", "||"):
            break
    return index


def _first(code: Code, opening: int, closing: int) -> str | None:
    tokens = code.tokens
    if opening + 1 < closing and tokens[opening + 1].type is TokenType.STRING:
        return tokens[opening + 1].text
    if code.is_mark(opening + 1, ":") and code.is_name(opening + 2):
        return tokens[opening + 2].text
    if code.is_name(opening + 1) and code.is_mark(opening + 2, "="):
        named = tokens[opening + 1].text == "service_name"
        if named and opening + 3 < closing and tokens[opening + 3].type is TokenType.STRING:
            return tokens[opening + 3].text
    return None


def _bound_names(code: Code, chain: Chain) -> Iterator[str]:
    """The names a chain's value is given to, and those declared with it as their type."""
    index = chain.start - 1
    while index >= 0 and (
        code.is_mark(index, "&", "*", "(", "||", "|", "?") or code.tokens[index].text in _SKIPPED_BEFORE
    ):
        index -= 1
        if chain.start - index > 5:
            return
    if code.is_mark(index, "=", ":="):
        yield from _targets(code, index - 1)
    elif code.is_mark(index, ":") and code.is_name(index - 1):
        yield snake(code.tokens[index - 1].text)
    elif (
        code.kind is Kind.GO
        and code.is_name(index)
        and index == chain.start - 1 - code.is_mark(chain.start - 1, "*")
    ):
        yield snake(code.tokens[index].text)
    elif code.kind is Kind.JAVASCRIPT and code.tokens[index].text == "from":
        return
    if code.is_mark(index, "=>"):
        yield from _of_arrow(code, index)
    if code.is_name(index) and code.tokens[index].text in ("in", "of") and code.is_name(index - 1):
        yield snake(code.tokens[index - 1].text)
    after = chain.end
    if code.is_name(after) and not code.tokens[after].first:
        if code.tokens[after].text == "as" and code.is_name(after + 1):
            yield snake(code.tokens[after + 1].text)
        elif not chain.steps[-1].called and chain.steps[-1].name[:1].isupper():
            yield snake(code.tokens[after].text)


def _of_arrow(code: Code, index: int) -> Iterator[str]:
    """The name of a function that gives what is behind its arrow."""
    if code.is_mark(index - 1, ")") and index - 1 in code.opening:
        before = code.opening[index - 1] - 1
        before -= code.is_name(before) and code.tokens[before].text == "async"
        if code.is_mark(before, "="):
            yield from _targets(code, before - 1)


def _targets(code: Code, index: int) -> Iterator[str]:
    """The name before `=`, behind its type if one is written; of several the first."""
    while code.is_mark(index, "|", "?", "||"):
        index -= 1
    if code.is_mark(index, "!"):
        index -= 1
    names: list[str] = []
    while index >= 0 and len(names) < 6 and code.is_name(index):
        names.append(code.tokens[index].text)
        if code.is_mark(index - 1, ","):
            index -= 2
            continue
        if code.is_mark(index - 1, ":") and code.is_name(index - 2):
            names = [code.tokens[index - 2].text]
        elif (
            code.is_mark(index - 1, ".", "&", "*")
            and code.is_mark(index - 2, ":")
            and code.is_name(index - 3)
        ):
            names = [code.tokens[index - 3].text]
        break
    if names:
        yield snake(names[-1])
