"""What files declare for a mapper: classes and their bases, tables, and members that hold rows."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from scopeaudit.jobs.use.source.calls import snake

MAXIMUM_CLASSES = 20_000
"""Of a folder; of what is declared beyond them nothing is known."""
_DEPTH = 6
_BRACED = re.compile(r"\b(?:class|interface|object|trait|record)\s+(\w+)([^{;]{0,300})")
_CLASSES = {
    ".py": re.compile(r"^[ \t]*class[ \t]+(\w+)[ \t]*\(([^)]{0,300})\)", re.MULTILINE),
    ".rb": re.compile(r"^[ \t]*class[ \t]+(?:\w+::)*(\w+)[ \t]*<[ \t]*([^\n]{0,200})", re.MULTILINE),
}
_MEMBERS = {
    ".cs": re.compile(r"\bDbSet<[\w.]{1,80}>\??\s+(\w+)"),
    ".prisma": re.compile(r"^[ \t]*model[ \t]+(\w+)", re.MULTILINE),
    ".py": re.compile(
        r"\brelated_name\s*=\s*[\"'](\w+)"
        r"|^[ \t]*(\w+)[ \t]*=[ \t]*(?:\w*Manager\(|\w+\.as_manager\()",
        re.MULTILINE,
    ),
    ".rb": re.compile(
        r"^[ \t]*(?:has_many|has_and_belongs_to_many|one_to_many|many_to_many)\s+:(\w+)", re.MULTILINE
    ),
    ".php": re.compile(
        r"function\s+(\w+)\s*\([^)]{0,80}\)[^{;]{0,60}\{\s*"
        r"return\s+\$this->(?:hasMany|belongsToMany|hasOne|morphMany|hasManyThrough)\("
    ),
}
_OTHER_MODELS = {
    ".ex": re.compile(r"\bdefmodule\s+(?:\w+\.)*(\w+)\s+do\b(?=[^\x00]{0,600}?\bschema\s+\")"),
    ".js": re.compile(r"\b(\w+)\s*=\s*[\w.]{1,40}\.define(?:<[^>(]{0,80}>)?\("),
    ".kt": re.compile(r"\b(?:object|class)\s+(\w+)[^{;\n]{0,80}:\s*(?:\w*Table|\w*Entity)\b"),
}
_SAME = {
    ".ts": ".js",
    ".tsx": ".js",
    ".mjs": ".js",
    ".cjs": ".js",
    ".exs": ".ex",
    ".kts": ".kt",
    ".rake": ".rb",
}
_WORD = re.compile(r"\w+")
_NEXT_CLASS = re.compile(r"\b(?:class|record)\s+(\w+)")
_TABLE = re.compile(
    r"(?:__tablename__\s*=|\bdb_table\s*=|self\.table_name\s*=|@Table\(\s*(?:name\s*=\s*)?|@Entity\(\s*|\$table\s*=|table_name\s*="
    r"|tableName:|\[Table\(|\bschema)\s*[\"'](\w{1,63})[\"']"
)


def heads(path: str, text: str) -> Iterator[tuple[str, frozenset[str], int]]:
    """Each class of a file, the names behind it, and its offset."""
    ending = PurePosixPath(path).suffix.lower()
    for found in _CLASSES.get(_SAME.get(ending, ending), _BRACED).finditer(text):
        yield found.group(1), frozenset(_WORD.findall(found.group(2))), found.start()


class Declared:
    """What the files of a folder declare."""

    def __init__(self) -> None:
        self._bases: dict[str, set[str]] = defaultdict(set)
        self._models: set[str] = set()
        self._members: set[str] = set()
        self._tables: dict[str, str] = {}

    def see(self, path: str, text: str, marks: Iterable[str]) -> None:
        """The declarations of a file; `marks` are annotations that make a class a model."""
        if len(self._bases) > MAXIMUM_CLASSES:
            return
        ending = PurePosixPath(path).suffix.lower()
        ending = _SAME.get(ending, ending)
        starts: list[tuple[int, str]] = []
        for name, bases, start in heads(path, text):
            self._bases[name].update(bases)
            starts.append((start, name))
        for mark in marks:
            self._marked(text, f"@{mark}")
            self._marked(text, f"[{mark}")
        if ending in _MEMBERS:
            found_members = _MEMBERS[ending].findall(text)
            names = (name for each in found_members for name in ((each,) if isinstance(each, str) else each))
            self._members.update(snake(name) for name in names if name)
        if ending in _OTHER_MODELS:
            self._models.update(_OTHER_MODELS[ending].findall(text))
        self._see_tables(text, starts)

    def _marked(self, text: str, mark: str) -> None:
        position = text.find(mark)
        while position >= 0:
            end = position + len(mark)
            if not text[end : end + 1].isalnum():
                found = _NEXT_CLASS.search(text, end, end + 600)
                if found is not None:
                    self._models.add(found.group(1))
            position = text.find(mark, end)

    def _see_tables(self, text: str, starts: list[tuple[int, str]]) -> None:
        """The table that is written out inside a class, or right before it as an annotation."""
        for found in _TABLE.finditer(text):
            annotation = found.group()[0] in "@["
            named = _NEXT_CLASS.search(text, found.end(), found.end() + 400) if annotation else None
            before = bisect_left(starts, (found.start(), ""))
            name = named.group(1) if named else starts[before - 1][1] if before else None
            if name is not None and len(self._tables) < MAXIMUM_CLASSES:
                self._tables.setdefault(name, found.group(1))

    def derived(self, bases: Iterable[str]) -> frozenset[str]:
        """The classes that are derived from one of these, however far."""
        wanted, found = set(bases), set[str]()
        for _ in range(_DEPTH):
            new = {name for name, of in self._bases.items() if name not in found and of & wanted}
            if not new:
                break
            found |= new
            wanted |= new
        return frozenset(found)

    def models(self, bases: Iterable[str]) -> frozenset[str]:
        """The classes that are models of a mapper with these bases."""
        return self.derived(bases) | self._models

    @property
    def members(self) -> frozenset[str]:
        """Members that hold rows, in snake case."""
        return frozenset(self._members)

    def table(self, model: str) -> str | None:
        """The table that a model's declaration writes out."""
        return self._tables.get(model)
