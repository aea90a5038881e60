"""Which expressions the pass looks for, and which kinds each of them speaks for.

A kind is looked for by the form of its value. Where the form says too little (any password) and the
kind needs a name, its names are looked for instead. Patterns are read only when the compiled
database is not in the cache or when something was found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from scopeaudit.catalogue.provider import Kind, Needs
from scopeaudit.detect.expression import Expression, compile_expression, is_selective
from scopeaudit.detect.names import probe

SUSPICIOUS = (
    r"(?i)(?:secret|token|passw(?:or)?d|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|credential)s?"
    r"[\w.-]{0,32}[\"'\]]{0,2}[ \t]{0,8}(?::=|=>|=|:)[ \t]{0,8}[\"'][^\s\"'$<{%(]{8}"
)
"""Lines worth a second opinion: something secret by name is given a quoted value."""


@dataclass(frozen=True, slots=True)
class KnownKind:
    """A kind with the provider it belongs to."""

    provider: str
    kind: Kind
    order: int
    """Where it stands among all kinds, from 0."""

    @property
    def expression(self) -> Expression:
        """Its pattern, compiled when first used."""
        return expression(self.kind.pattern or "")


@dataclass(frozen=True, slots=True)
class Probe:
    """Something the pass looks for, and the kinds that may be there."""

    text: str
    """A pattern, or a glob over names."""
    by_name: bool
    kinds: tuple[KnownKind, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All probes of a run; their numbers are their places."""

    probes: tuple[Probe, ...]

    @property
    def suspicious(self) -> int:
        """Number of the expression for suspicious lines."""
        return len(self.probes)

    @property
    def identity(self) -> tuple[str, ...]:
        """What the compiled database depends on."""
        return (*(f"{'name' if each.by_name else 'value'} {each.text}" for each in self.probes), SUSPICIOUS)

    def scanned(self) -> dict[int, str]:
        """Number to expression in the form for the pass, of the probes that are of use.

        Raises:
            PatternError: if a pattern is not of the grammar.
        """
        found = {self.suspicious: SUSPICIOUS}
        for number, each in enumerate(self.probes):
            if not each.by_name:
                form = expression(each.text)
                if any(known.kind.needs is not Needs.NAME for known in each.kinds) or is_selective(form):
                    found[number] = form.scanned
            elif (form_of_name := probe(each.text)) and any(is_found_by_name(known) for known in each.kinds):
                found[number] = form_of_name
        return found


@lru_cache(maxsize=4096)
def expression(pattern: str) -> Expression:
    """A pattern, compiled once.

    Raises:
        PatternError: if the pattern is not of the grammar.
    """
    return compile_expression(pattern)


def is_found_by_name(known: KnownKind) -> bool:
    """Whether the names of a kind are looked for rather than the form of its value."""
    return known.kind.needs is Needs.NAME and not is_selective(known.expression)


def plan(kinds: Sequence[tuple[str, Kind]]) -> Plan:
    """What to look for; kinds without a pattern are told apart by answers alone and left out."""
    values: dict[str, list[KnownKind]] = {}
    names: dict[str, list[KnownKind]] = {}
    for order, (provider, kind) in enumerate(kinds):
        if kind.pattern is None:
            continue
        known = KnownKind(provider, kind, order)
        values.setdefault(kind.pattern, []).append(known)
        if kind.needs is Needs.NAME:
            for glob in kind.names:
                names.setdefault(glob, []).append(known)
    return Plan(
        (
            *(Probe(text, False, tuple(found)) for text, found in values.items()),
            *(Probe(text, True, tuple(found)) for text, found in names.items()),
        )
    )
