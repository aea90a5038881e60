"""A mechanism of an agent as it counts on one machine: its rules there, and what voids it."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scopeaudit.catalogue.agent import Mechanism, Void
from scopeaudit.model.context import Strength, Way
from scopeaudit.reach.agents.globs import Effort
from scopeaudit.reach.agents.patterns import Pattern, Patterns, SpentError
from scopeaudit.reach.agents.rules import Denies, Ignored


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule of a mechanism and where it stands; no two are the same."""

    text: str
    """As written; empty for a whole ignore file."""
    denies: Denies
    path: str
    """As reports write it; empty for what is built in."""
    line: int | None
    lines: Sequence[str] = ()
    """Of an ignore file."""
    _by_line: "dict[int, Rule]" = field(default_factory=dict, repr=False)

    def exact(self, path: str) -> "Rule":
        """Of an ignore file the line that covers a path: the same for the same line."""
        number = self.denies.line(path) if isinstance(self.denies, Ignored) and self.lines else None
        if number is None:
            return self
        if number not in self._by_line:
            text = self.lines[number].strip()
            self._by_line[number] = Rule(text, self.denies, self.path, number + 1, self.lines)
        return self._by_line[number]


class SharedPatterns:
    """Patterns by what they are: several mechanisms often have the same."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._known: dict[tuple[Pattern, ...], Patterns] = {}

    def of(self, patterns: tuple[Pattern, ...]) -> Patterns:
        """Those patterns."""
        if patterns not in self._known:
            self._known[patterns] = Patterns(patterns, self._effort)
        return self._known[patterns]


class Rules:
    """Many rules, in their order, tried with bounded effort."""

    def __init__(self, rules: Sequence[Denies], effort: Effort, patterns: "SharedPatterns") -> None:
        self._rules = rules
        self._effort = effort
        written = [each.patterns() for each in rules]
        self._always = [number for number, each in enumerate(written) if each is None]
        pairs = [(number, each) for number, known in enumerate(written) for each in known or ()]
        self._owners = [(number, each.exact) for number, each in pairs]
        self._patterns = patterns.of(tuple(each for _, each in pairs))

    def first(self, path: str, *, untried: int | None = None) -> int | None:
        """The number of the first that covers an absolute path; `untried` if not all of them can be tried."""
        try:
            covering = self._patterns.covering(path.replace(os.sep, "/"))
        except SpentError:
            return untried
        if not covering and not self._always:
            return None
        known = {number for number, exact in map(self._owners.__getitem__, covering) if exact}
        for number in sorted({*self._always, *(self._owners[each][0] for each in covering)}):
            if number in known:
                return number
            if not self._effort.take():
                return untried
            if self._rules[number].path(path):
                return number
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """A mechanism that is looked at, with its rules; no two are the same."""

    mechanism: Mechanism
    rules: tuple[Rule, ...]
    ordered: Rules
    """What the rules deny, in the same order."""
    void: Void | None = None
    """Why it has no effect."""
    excepted: tuple[Denies, ...] = ()
    """What is allowed all the same."""
    allowed: Rules | None = None
    """The same, ordered."""
    is_unknown: bool = False
    """Whether it cannot be told if it has an effect: then it has none, and is not said to lack one."""

    def rule_for(self, path: str, beside: Iterable[Rule]) -> Rule | None:
        """The first rule that covers a path for which no exception is made; `beside` lie around it."""
        number = self.ordered.first(path)
        if number is None:
            rule = next((each for each in beside if each.denies.path(path)), None)
        else:
            rule = self.rules[number]
        if rule is None:
            return None
        if self.allowed is not None and self.allowed.first(path, untried=0) is not None:
            return None
        return rule.exact(path)

    def rule_for_variable(self, name: str) -> Rule | None:
        """The first rule that covers a variable for which no exception is made."""
        if any(each.variable(name) for each in self.excepted):
            return None
        return next((each for each in self.rules if each.denies.variable(name)), None)

    @property
    def asks(self) -> frozenset[Way]:
        """The ways on which somebody is asked first for what it covers."""
        if self.is_unknown:
            return frozenset()
        return frozenset(self.mechanism.asks if self.void is None else self.void.asks)

    @property
    def strength(self) -> Strength:
        """How it is enforced."""
        is_empty = self.is_unknown or (self.void is not None and not self.void.asks)
        return Strength.ADVISORY if is_empty else self.mechanism.strength

    @property
    def why(self) -> str:
        """What it leaves open."""
        if self.is_unknown:
            return "Some of the agent's settings could not be understood, so whether it holds is not known."
        if self.void is None:
            return self.mechanism.leaves
        return f"{self.mechanism.leaves} {self.void.why}".strip() if self.void.asks else self.void.why

    @property
    def source(self) -> str:
        """Where that is documented."""
        return self.mechanism.source if self.void is None else self.void.source

    @property
    def closes(self) -> frozenset[Way]:
        """The ways it closes for what it covers."""
        return frozenset() if self.is_unknown or self.void is not None else frozenset(self.mechanism.binds)
