"""What the calls of one file would send by its mappers, and on which names that depends."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from scopeaudit.catalogue.orm_rules import Group, Orm
from scopeaudit.jobs.use.source.calls import Calls, Chain, Step, snake
from scopeaudit.jobs.use.source.tokens import Code, tokenize
from scopeaudit.jobs.use.text import Kind, Text
from scopeaudit.model.location import Location

_WITHOUT_PARENTHESES = (Kind.RUBY,)
_WITH_BLOCKS = (".kt", ".kts", ".scala", ".groovy")
_MAKES = ("new", "create", "build", "make", "builder", "of", "entity", "init")
_LOADS = frozenset(
    {"find", "get", "first", "last", "query", "select", "fetch", "load", "scalar", "scalars", "single", "one"}
    | {"all", "by", "where", "filter", "take", "retrieve", "execute", "exec"}
)
_FOUND_BY = ("existing", "found", "stored", "current", "loaded", "old")
_SETTER = re.compile(r"set_\w+")
_OWN = frozenset({"self", "this", "$this"})
_LOOPS = ("in", "of", "as")
_PARTS = re.compile(r"[A-Z]\w*|_\w*")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a call sends if the names it depends on are what they seem."""

    orm: str
    needs: str
    """`model`, `instance`, `member`, `type`, or nothing."""
    names: tuple[str, ...]
    does: tuple[str, ...]
    shown: str
    table: str | None
    location: Location


def calls_of(text: Text, orms: Iterable[Orm]) -> Iterator[Sent]:
    """What the calls of a file of source code would send by each of these mappers."""
    allowed = [(orm, groups) for orm in orms if (groups := _groups(orm, text))]
    if not allowed:
        return
    reading = _Reading(text)
    for orm, groups in allowed:
        for group in groups:
            yield from reading.sent(orm, group)
        yield from reading.flushed(orm)


def _groups(orm: Orm, text: Text) -> list[Group]:
    """The groups that the words of a file allow."""
    allowed = []
    for group in orm.groups:
        if group.within and not any(word in text.lower for word in group.within):
            continue
        if _named(group, text.lower) and _gate(group).search(text.text) is not None:
            allowed.append(group)
    return allowed


def _named(group: Group, lower: str) -> bool:
    """Whether a text has a name the calls of a group are on, where names are all they can be on."""
    if group.types or group.models or group.members or not group.names:
        return True
    return any(part in lower for name in group.names for part in (name.strip("_"), name.replace("_", "")))


def _beginnings(group: Group) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`find_by_*` of the calls, without the star."""
    for name, does in group.calls.items():
        if name.endswith("*"):
            yield name[:-1], does


@cache
def _gate_of(words: tuple[str, ...], *, alone: bool) -> re.Pattern[str]:
    letters = "|".join(
        "_?".join(re.escape(part) if part != "*" else r"\w+" for part in word.split("_")) for word in words
    )
    before = r"\b" if alone else r"(?:\.|->|::|\b)"
    return re.compile(rf"{before}(?:{letters})(?:Async)?\b", re.IGNORECASE)


def _gate(group: Group) -> re.Pattern[str]:
    """Finds in a text any call of a group, whatever it is on."""
    functions = {each.rpartition(" ")[2] for each in group.functions}
    words = {*group.reads, *group.saves, *group.calls, *functions}
    return _gate_of(tuple(sorted(words)), alone=bool(functions))


class _Reading:
    """One file."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.code: Code = tokenize(text.text, text.kind)
        self.calls = Calls(self.code)
        self.bare = text.kind in _WITHOUT_PARENTHESES
        self.braced = text.document.path.endswith(_WITH_BLOCKS)

    @cached_property
    def _index(self) -> Mapping[int, int]:
        return {token.start: index for index, token in enumerate(self.code.tokens)}

    @cached_property
    def _classes(self) -> tuple[str, ...]:
        """The classes that the file declares."""
        tokens = self.code.tokens
        declared = (at for at, token in enumerate(tokens[:-1]) if token.text == "class" and token.first)
        return tuple(tokens[at + 1].text for at in declared)

    @cached_property
    def _loops(self) -> Mapping[str, tuple[Step, ...]]:
        """Names that go over what a chain gives: `for order in Order.objects.all()`."""
        found: dict[str, tuple[Step, ...]] = {}
        tokens = self.code.tokens
        for chain in self.calls.chains:
            at = chain.start - 1
            while at > 0 and tokens[at].text in ("await", "(", "yield"):
                at -= 1
            if at > 0 and tokens[at].text in _LOOPS and self.code.is_name(at - 1):
                found.setdefault(snake(tokens[at - 1].text), chain.steps)
            after = chain.end
            opens = after < len(tokens) and tokens[after].text in ("do", "{")
            if opens and self.code.is_mark(after + 1, "|") and self.code.is_name(after + 2):
                found.setdefault(snake(tokens[after + 2].text), chain.steps)
        return found

    def sent(self, orm: Orm, group: Group) -> Iterator[Sent]:
        """What the calls of one group send."""
        for chain in self.calls.chains:
            function = self._function(orm, group, chain)
            if function is not None:
                yield function
            if not any(self._does(group, step) is not None for step in chain.steps):
                continue
            yield from self._of_chain(orm, group, chain)

    def _does(self, group: Group, step: Step) -> tuple[str, ...] | None:
        """What a step of a chain sends; nothing at all for one that is not listed."""
        if not (step.called or self.bare or (self.braced and self._takes_block(step))):
            return None
        word = step.word.removesuffix("_async")
        if word in group.calls:
            return group.calls[word]
        if word in group.saves:
            return ()
        if word in group.reads:
            return ("SELECT",)
        return next((does for start, does in _beginnings(group) if word.startswith(start)), None)

    def _takes_block(self, step: Step) -> bool:
        """`Items.insert { ... }` is a call."""
        return self.code.is_mark(self._index.get(step.offset, -2) + 1, "{")

    def _function(self, orm: Orm, group: Group, chain: Chain) -> Sent | None:
        step = chain.steps[0]
        if not (step.called or self.bare):
            return None
        if step.word in group.functions:
            does = group.functions[step.word]
        else:
            before = self.code.tokens[chain.start - 1].text if chain.start else ""
            does = group.functions.get(f"{before} {step.word}", ())
            if not does:
                return None
        table = _plain(step.first) if group.named else None
        return Sent(orm.name, "", (), does, step.name, table, self.text.location(step.offset))

    def _of_chain(self, orm: Orm, group: Group, chain: Chain) -> Iterator[Sent]:
        own = chain.steps
        for back in range(len(own), 0, -1):
            step = own[-back]
            does = self._does(group, step)
            if does is None:
                continue
            for meaning in self.calls.meanings(chain):
                position = len(meaning) - back
                if position < 0:
                    continue
                receiver = _receiver(group, meaning, position)
                if receiver is None and position == 0 and group.models and (self.bare or own[0].name in _OWN):
                    receiver = "model", self._classes
                if receiver is None:
                    continue
                needs, names = receiver
                if step.word.removesuffix("_async") in group.saves:
                    does = self._saved(own, back, step)
                table = _plain(step.first or (own[-back - 1].first if back < len(own) else None))
                shown = ".".join(each.name for each in own[: len(own) - back + 1][-3:])
                yield Sent(
                    orm.name,
                    needs,
                    names,
                    does,
                    shown,
                    table if group.named else None,
                    self.text.location(step.offset),
                )

    def _saved(self, own: tuple[Step, ...], back: int, step: Step) -> tuple[str, ...]:
        """INSERT for what was made in this file, UPDATE for what was loaded, else what is likelier."""
        argument = self._argument(step)
        name = argument if argument is not None else own[-back - 1].name if back < len(own) else ""
        states = self._states(name)
        if argument is None and back < len(own) and _is_made(own[:-back]):
            states = {"INSERT"}
        if not states:
            loaded = any(part in _FOUND_BY for part in snake(name).split("_"))
            states = {"UPDATE"} if loaded or (argument is None and name) else {"INSERT"}
        return tuple(sorted(states))

    def _argument(self, step: Step) -> str | None:
        """The name that is handed over, or the class that is made on the spot; `None` where nothing is."""
        at = self._index.get(step.offset, -1) + 1
        while (
            self.code.is_mark(at, "<")
            or (at and self.code.is_mark(at - 1, "<"))
            or self.code.is_mark(at, ">")
        ):
            at += 1
        if not self.code.is_mark(at, "("):
            return None
        at += 1
        while at < len(self.code.tokens) and self.code.tokens[at].text in ("new", "&", "*", "await", "$"):
            if self.code.tokens[at].text == "new":
                return ""
            at += 1
        named = self.code.is_mark(at + 1, "=", ":", "=>")
        return self.code.tokens[at].text if self.code.is_name(at) and not named else None

    def _states(self, name: str) -> set[str]:
        """Whether what a name stands for was made or loaded, as the statements that saving it sends."""
        found: set[str] = set()
        word = snake(name)
        for steps in self.calls.bound(name):
            found.add("INSERT" if _is_made(steps) else "UPDATE" if _is_loaded(steps) else "")
        if word in self._loops:
            found.add("UPDATE")
        return found - {""}

    def flushed(self, orm: Orm) -> Iterator[Sent]:
        """UPDATE where something that was loaded is assigned to, and a call writes what was changed."""
        if not orm.flushes:
            return
        flush = next(
            (
                step
                for chain in self.calls.chains
                for step in chain.steps
                if step.word.removesuffix("_async") in orm.flushes
                and (step.called or step.word == "transactional")
            ),
            None,
        )
        if flush is None:
            return
        for name, offset in self._assigned():
            if "UPDATE" in self._states(name):
                yield Sent(
                    orm.name,
                    "",
                    (),
                    ("UPDATE",),
                    f"{name} changed, {flush.name}",
                    None,
                    self.text.location(offset),
                )
                return

    def _assigned(self) -> Iterator[tuple[str, int]]:
        """Names whose members are set."""
        tokens = self.code.tokens
        for chain in self.calls.chains:
            last = chain.steps[-1]
            if len(chain.steps) < 2 or not tokens[chain.start].first:
                continue
            equals = self.code.is_mark(chain.end, "=") and not self.code.is_mark(chain.end + 1, "=")
            if (equals and not last.called) or (last.called and _SETTER.fullmatch(last.word)):
                yield chain.steps[-2].name, last.offset


def _receiver(group: Group, steps: tuple[Step, ...], position: int) -> tuple[str, tuple[str, ...]] | None:
    """On what the call at a position depends; `None` if nothing before it can receive it."""
    before = steps[:position]
    for step in before:
        if any(step.word == name or step.word.endswith(f"_{name}") for name in group.names):
            return "", tuple(each.name for each in before if each.name[:1].isupper())
    if group.types and before:
        return "type", (before[0].name, *(each.name for each in before[-1:]))
    if group.members and before:
        return "member", tuple(each.name for each in before)
    if not group.models:
        return None
    if not before:
        return None
    classes = tuple(each.name for each in before if each.name[:1].isupper())
    if classes:
        return "model", classes
    return "instance", (before[-1].name,)


def _is_made(steps: tuple[Step, ...]) -> bool:
    """`Order(...)`, `Order.new`, `Order.builder()...build()`, `repository.create(...)`."""
    first, last = steps[0], steps[-1]
    if first.name[:1].isupper() and first.called and len(steps) == 1:
        return True
    words = {each.word for each in steps}
    return last.word in _MAKES and not {"objects", "find"} & words


def _is_loaded(steps: tuple[Step, ...]) -> bool:
    return any(
        part in _LOADS
        for each in steps
        if each.called or each.word in _LOADS
        for part in each.word.split("_")
    )


def _plain(text: str | None) -> str | None:
    """A text that is the name of a table."""
    return (
        text
        if text is not None and re.fullmatch(r"[A-Za-z_]\w{0,62}(?:\.[A-Za-z_]\w{0,62})?", text)
        else None
    )
