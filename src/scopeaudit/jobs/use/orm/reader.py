"""What object-relational mappers, query builders and migrations send, by the calls of a folder's code.

A file alone does not say whether `ticket.save` writes a row: the class of a ticket is declared elsewhere. So
each file gives what its calls would send and on which name that depends, and all files together decide.
"""

from collections.abc import Iterable, Iterator

from scopeaudit.catalogue.orm_rules import Orm
from scopeaudit.jobs.use.orm.calls import Sent, calls_of
from scopeaudit.jobs.use.orm.changelogs import HINTS, changes
from scopeaudit.jobs.use.orm.names import Declared, heads
from scopeaudit.jobs.use.source.calls import snake
from scopeaudit.jobs.use.source.roles import is_test
from scopeaudit.jobs.use.sql.statements import Statement
from scopeaudit.jobs.use.text import MAXIMUM_BYTES, Kind, Text
from scopeaudit.model.document import Document

MAXIMUM_CALLS = 50_000
"""Of a folder, before it is known which of them send anything."""

LARGEST_FOLDER = 64_000_000
"""Bytes of source code that are kept until it is known which mappers are used; the rest is read for all."""


class OrmReader:
    """Reads files one after the other and tells at the end what their mappers send."""

    def __init__(self, orms: Iterable[Orm]) -> None:
        self._orms = tuple(orms)
        self._declared = Declared()
        self._seen: set[str] = set()
        self._sent: list[Sent] = []
        self._kept: list[tuple[Text, tuple[Orm, ...]]] = []
        self._bytes = 0
        self.is_full = False
        """Whether there was more than is looked at."""
        self._marks = tuple(sorted({mark for orm in self._orms for mark in orm.marks}))
        self._signs = {orm.name: tuple(sign.encode() for sign in orm.signs) for orm in self._orms}

    def see(self, document: Document) -> None:
        """A file of any kind: it may name a mapper, be its schema, or change tables by itself."""
        path, data = document.path, bytes(document.data)
        if not self._orms or len(data) > MAXIMUM_BYTES:
            return
        if path.endswith(".prisma"):
            self.declare(path, data.decode("utf-8", "replace"))
        if any(hint in data for hint in HINTS) and not is_test(path):
            text = Text(document, Kind.YAML, data.decode("utf-8", "replace"))
            for shown, does, offset in changes(path, text.text):
                self._sent.append(Sent("", "", (), does, shown, None, text.location(offset)))
        missing = [name for name in self._signs if name not in self._seen]
        if not missing:
            return
        lower = data.lower()
        self._seen.update(name for name in missing if any(sign in lower for sign in self._signs[name]))

    def declare(self, path: str, text: str) -> None:
        """What a file declares."""
        self._declared.see(path, text, self._marks)

    def take(self, text: Text) -> None:
        """A file of source code, to be read when it is known which mappers the folder uses."""
        self.declare(text.document.path, text.text)
        if len(self._sent) > MAXIMUM_CALLS or is_test(text.document.path):
            self.is_full |= len(self._sent) > MAXIMUM_CALLS
            return
        here = tuple(orm for orm in self._orms if text.document.path.lower().endswith(orm.files))
        self._bytes += len(text.document.data)
        if self._bytes > LARGEST_FOLDER:
            self._read(text, here)
        elif here:
            self._kept.append((text, here))

    def _read(self, text: Text, orms: Iterable[Orm]) -> None:
        here = tuple(orms)
        self._sent += [each for orm in here if orm.classes for each in _by_class(orm, text)]
        self._sent += calls_of(text, here)

    def sent(self) -> Iterator[tuple[Sent, tuple[Statement, ...]]]:
        """What is sent after all, with its statements."""
        for text, orms in self._kept:
            self._read(text, (orm for orm in orms if orm.name in self._seen))
        self._kept.clear()
        known = {orm.name: _Known(orm, self._declared) for orm in self._orms if orm.name in self._seen}
        for each in self._sent:
            if each.orm and each.orm not in known:
                continue
            named = known[each.orm].named(each) if each.orm else ""
            if named is None:
                continue
            tables = (self._declared.table(name) for name in (named, *each.names))
            table = each.table or next((name for name in tables if name is not None), None)
            does = dict.fromkeys(each.does)
            if {"UPDATE", "DELETE"} & does.keys():
                does["SELECT"] = None
            yield each, tuple(Statement(one, table, 0) for one in does)


def _by_class(orm: Orm, text: Text) -> Iterator[Sent]:
    """What the classes of a file send by what they are derived from."""
    for name, bases, offset in heads(text.document.path, text.text):
        for base in bases & orm.classes.keys():
            yield Sent(orm.name, "", (), orm.classes[base], f"{base} {name}", None, text.location(offset))


class _Known:
    """The names of a folder that mean something to one mapper."""

    def __init__(self, orm: Orm, declared: Declared) -> None:
        self._models = declared.models(orm.bases)
        self._instances = {snake(model): model for model in self._models}
        types = {each for group in orm.groups for each in group.types}
        self._types = {snake(each): each for each in types | declared.derived(types)}
        self._members = declared.members | self._instances.keys()

    def named(self, sent: Sent) -> str | None:
        """The name that makes a call the mapper's; empty where it needs none, `None` if there is none."""
        if not sent.needs:
            return ""
        for name in sent.names:
            if sent.needs == "model" and name in self._models:
                return name
            if sent.needs == "instance":
                for part in _endings(snake(name)):
                    if part in self._instances:
                        return self._instances[part]
            if sent.needs == "type" and snake(name) in self._types:
                return ""
            if sent.needs == "member" and snake(name) in self._members:
                return self._instances.get(snake(name), "")
        return None


def _endings(name: str) -> Iterator[str]:
    """`new_order` and `order` for `new_order`; the singular where a plural is written."""
    parts = name.split("_")[-4:]
    for start in range(len(parts)):
        ending = "_".join(parts[start:])
        yield ending
