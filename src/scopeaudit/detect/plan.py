"""Which expressions the pass looks for, and which kinds each of them speaks for.

A kind is looked for by the form of its value. Where the form says too little and the kind needs a name (any
password), its names are looked for instead; where it needs a keyword (any 40 letters and digits near
`airtable`), the keyword with something opaque behind it is. Patterns are read only when the compiled
database is not in the cache, and kinds only when something of theirs was found.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from scopeaudit.detect.engine import Ends
from scopeaudit.detect.keywords import Chunk, Keyword, chunk_expression, chunks

if TYPE_CHECKING:
    from scopeaudit.catalogue.provider import Kind
    from scopeaudit.detect.expression import Expression

SUSPICIOUS = (
    r"(?i)(?:secret|token|passw(?:or)?d|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|credential)s?"
    r"[\w.-]{0,32}[\"'\]]{0,2}[ \t]{0,8}(?::=|=>|=|:)[ \t]{0,8}[\"'][^\s\"'$<{%(]{8}"
)
"""Lines worth a second opinion: something secret by name is given a quoted value."""
_EXTRAS_DIGEST = "bfaa7ede09c1a755"
"""Of what `extras` gives, which need not be imported to know whether it changed; a test compares them."""
_WAY = "16"
"""Changes whenever the same kinds are looked for in another way."""
FORM = f"{_WAY}-{_EXTRAS_DIGEST}"
"""What the same kinds become, beside themselves; a part of the name under which an index is kept."""


@lru_cache(maxsize=1)
def extras() -> tuple[tuple[str, str, str], ...]:
    """What is looked for beside the kinds: room, name and expression. Numbered after the probes."""
    from scopeaudit.detect import decoding, generic, remarks

    return (
        *(("generic", name, text) for name, text in generic.EXPRESSIONS.items()),
        *(("encoded", name, text) for name, text in decoding.EXPRESSIONS.items()),
        ("remark", "", remarks.EXPRESSION),
        ("suspicious", "", SUSPICIOUS),
    )


def extras_digest() -> str:
    """What `_EXTRAS_DIGEST` has to be."""
    return hashlib.blake2b(repr(extras()).encode(), digest_size=8).hexdigest()


class By(IntEnum):
    """What the pass looks for to find a kind."""

    VALUE = 0
    NAME = 1
    KEYWORD = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """Something the pass looks for, and the kinds that may be there."""

    text: str
    """A pattern, a part of names, or a keyword."""
    by: By
    kinds: tuple[int, ...]
    """Their places among all kinds, from 0."""


@dataclass(frozen=True, slots=True)
class Index:
    """What a plan is made of without any kind: small, and the same for the same kinds."""

    probes: tuple[Probe, ...]
    chunks: tuple[Chunk, ...]
    """The keywords, put together."""
    kinds: tuple[tuple[str, str], ...]
    """Provider's id and kind's id, by place."""
    identity: str
    """Hex digest of everything the compiled database depends on."""


@dataclass(frozen=True, slots=True)
class KnownKind:
    """A kind with the provider it belongs to."""

    provider: str
    kind: "Kind"
    order: int
    """Where it stands among all kinds, from 0."""

    @property
    def expression(self) -> "Expression":
        """Its pattern, compiled when first used."""
        return expression(self.kind.pattern or "")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pass reported, by what it is for."""

    probes: Ends
    chunks: Ends
    """By the number of the chunk."""
    generic: dict[str, list[int]]
    encoded: dict[str, list[int]]
    remarks: list[int]
    suspicious: list[int]


class Plan:
    """All probes of a run; their numbers are their places."""

    def __init__(self, index: Index, kind: "Callable[[str, str], Kind]") -> None:
        """`kind` gives a kind by its provider's id and its own."""
        self.index = index
        self.probes = index.probes
        self._kind = kind
        self._known: dict[int, KnownKind] = {}
        self._groups: dict[int, tuple[KnownKind, ...]] = {}

    def split(self, ends: Ends) -> Parts:
        """Which of the reported ends are whose."""
        first, second = len(self.probes), len(self.probes) + len(extras())
        parts = Parts({}, {}, {}, {}, [], [])
        for number, found in ends.items():
            if number < first:
                parts.probes[number] = found
                continue
            if number >= second:
                parts.chunks[number - second] = found
                continue
            room, name, _ = extras()[number - first]
            match room:
                case "generic":
                    parts.generic[name] = found
                case "encoded":
                    parts.encoded[name] = found
                case "remark":
                    parts.remarks.extend(found)
                case _:
                    parts.suspicious.extend(found)
        return parts

    def known(self, number: int) -> tuple[KnownKind, ...]:
        """The kinds a probe speaks for."""
        if number not in self._groups:
            self._groups[number] = tuple(self._at(order) for order in self.probes[number].kinds)
        return self._groups[number]

    def _at(self, order: int) -> KnownKind:
        if order not in self._known:
            provider, kind = self.index.kinds[order]
            self._known[order] = KnownKind(provider, self._kind(provider, kind), order)
        return self._known[order]

    def scanned(self) -> dict[int, str]:
        """Number to expression in the form for the pass, of the probes that are of use.

        Raises:
            PatternError: if a pattern is not of the grammar.
        """
        from scopeaudit.detect.names import given

        others = [*(text for _, _, text in extras()), *map(chunk_expression, self.index.chunks)]
        found = dict(enumerate(others, start=len(self.probes)))
        for number, each in enumerate(self.probes):
            match each.by:
                case By.VALUE:
                    found[number] = expression(each.text).scanned
                case By.NAME:
                    found[number] = given(each.text)
                case By.KEYWORD:
                    pass
        return found


@lru_cache(maxsize=4096)
def expression(pattern: str) -> "Expression":
    """A pattern, compiled once.

    Raises:
        PatternError: if the pattern is not of the grammar.
    """
    from scopeaudit.detect.expression import compile_expression

    return compile_expression(pattern)


def index(kinds: "Sequence[tuple[str, Kind]]") -> Index:
    """What to look for; kinds without a pattern are told apart by answers alone and left out."""
    found: dict[tuple[By, str], list[int]] = {}
    for order, (_, kind) in enumerate(kinds):
        for by, text in _probes(kind):
            found.setdefault((by, text), []).append(order)
    probes = tuple(Probe(text, by, tuple(orders)) for (by, text), orders in sorted(found.items()))
    grouped = chunks(
        _keyword(number, each.text, [expression(kinds[order][1].pattern or "") for order in each.kinds])
        for number, each in enumerate(probes)
        if each.by is By.KEYWORD
    )
    digest = hashlib.blake2b(FORM.encode(), digest_size=16)
    for each in probes:
        digest.update(f"{int(each.by)}\0{each.text}\n".encode())
    digest.update(repr(grouped).encode())
    return Index(probes, grouped, tuple((provider, kind.id) for provider, kind in kinds), digest.hexdigest())


def _keyword(number: int, word: str, forms: "Sequence[Expression]") -> Keyword:
    alphabet = frozenset().union(*(form.alphabet for form in forms))
    return Keyword(word, number, min(form.least for form in forms), alphabet)


def plan(kinds: "Sequence[tuple[str, Kind]]") -> Plan:
    """A plan for kinds at hand."""
    by_id: Mapping[tuple[str, str], Kind] = {(provider, kind.id): kind for provider, kind in kinds}
    return Plan(index(kinds), lambda provider, kind: by_id[provider, kind])


def _probes(kind: "Kind") -> list[tuple[By, str]]:
    """What the pass looks for to find a kind."""
    from scopeaudit.catalogue.provider import Needs
    from scopeaudit.detect.names import probe

    if kind.pattern is None:
        return []
    form = expression(kind.pattern)
    states_name = "secret" in form.exact.groupindex
    with_names = kind.needs is Needs.KEYWORD and bool(kind.names) and form.is_selective
    by_value = form.is_anchored or states_name or with_names
    if kind.needs is not Needs.NOTHING and not by_value:
        if kind.needs is Needs.KEYWORD:
            return [(By.KEYWORD, keyword) for keyword in kind.keywords]
        parts = [probe(glob) for glob in kind.names]
        found = [(By.NAME, part) for part in dict.fromkeys(parts) if part]
        if all(parts) or kind.keywords:
            others = () if all(parts) else kind.keywords
            return found + [(By.KEYWORD, keyword) for keyword in others]
    return [(By.VALUE, kind.pattern)]
