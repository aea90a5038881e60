"""The rules of an agent's mechanisms on one machine: what its settings and ignore files say, and where."""

import os
import re
from collections.abc import Iterator
from functools import cached_property

from scopeaudit.catalogue.agent import Agent, Mechanism, Syntax, Void
from scopeaudit.catalogue.conditions import UndecidedError
from scopeaudit.model.gap import Gap
from scopeaudit.reach.agents.applied import Applied, Rule, Rules, SharedPatterns
from scopeaudit.reach.agents.globs import Effort
from scopeaudit.reach.agents.rules import Denies, denial, is_too_long, together
from scopeaudit.reach.agents.settings import Settings, read_text, rules_of
from scopeaudit.reach.files import file_gap, reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError

RULES_LIMIT = 2_000
"""Rules of one mechanism that are looked at."""
LINES_LIMIT = 20_000
"""Of one ignore file."""
_TRIES = 1_000_000
"""Rules that are compared with paths, in all."""
_ANYWHERE = "{project}/**/"
_NOT_WORDS = frozenset({"settings", "scopes", "at", "keys", "not_null", "join", "to_array", "merge", "type"})
_OPEN = "what it may keep from the agent counts as open"


class Rulebook:
    """What is meant to keep an agent from places. What cannot be understood closes nothing, and is a gap."""

    def __init__(
        self, agent: Agent, machine: Machine, settings: Settings, *, with_folder: bool = True
    ) -> None:
        """Ignore files of the scanned folder count `with_folder` only."""
        self._agent = agent
        self._machine = machine
        self._settings = settings
        self._with_folder = with_folder
        self._effort = Effort(_TRIES)
        self._patterns = SharedPatterns(self._effort)
        self._gaps: dict[Gap, None] = {}
        self._files: dict[tuple[str, str], Rule | None] = {}
        self._beside: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._lines: dict[str, tuple[str, ...]] = {}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be understood so far."""
        spent = [self._gap("are too many to try each on every place")] if self._effort.is_spent else []
        return (*self._gaps, *spent)

    def _gap(self, why: str) -> Gap:
        return file_gap(f"settings of {self._agent.name}", f"{why}; {_OPEN}")

    def _miss(self, gap: Gap) -> None:
        self._gaps[gap] = None

    @cached_property
    def applied(self) -> tuple[Applied, ...]:
        """The mechanisms that are looked at and have rules; of ignore files those found at fixed places."""
        found = (self._applied(each) for each in self._agent.mechanisms)
        return tuple(each for each in found if each is not None)

    def _applied(self, mechanism: Mechanism) -> Applied | None:
        holds = self._settings.holds(mechanism.when)
        if holds is False:
            return None
        void, is_known = self._void(mechanism)
        is_known = is_known and holds is True and not self._settings.gaps
        rules: list[Rule] = []
        excepted: tuple[Denies, ...] = ()
        try:
            rules = [
                *self._from_settings(mechanism),
                *self._from_files(mechanism),
                *self._built_in(mechanism),
            ]
            excepted = self._excepted(mechanism)
        except UndecidedError:
            is_known = False
        if not is_known and not self._settings.gaps:
            self._miss(self._gap(f"what {mechanism.title} depends on could not be understood or read"))
        return Applied(
            mechanism,
            tuple(rules),
            Rules([each.denies for each in rules], self._effort, self._patterns),
            void,
            excepted,
            Rules(excepted, self._effort, self._patterns) if excepted else None,
            is_unknown=not is_known,
        )

    def _void(self, mechanism: Mechanism) -> tuple[Void | None, bool]:
        """What voids it, and whether that can be told."""
        is_known = True
        for each in mechanism.void:
            holds = self._settings.holds(each.when)
            if holds:
                return each, is_known
            is_known = is_known and holds is not None
        return None, is_known

    def _excepted(self, mechanism: Mechanism) -> tuple[Denies, ...]:
        if mechanism.excepted is None:
            return ()
        folder = str(self._machine.project)
        written = self._texts(mechanism.excepted)
        if any(map(is_too_long, written)):
            raise UndecidedError
        return tuple(
            denial(each, mechanism.syntax, self._machine, folder, mechanism.only, loose=True)
            for each in written
        )

    def _texts(self, expression: str) -> tuple[str, ...]:
        """The rules that an expression gives, each once.

        Raises:
            UndecidedError: if there are too many.
        """
        found = tuple(dict.fromkeys(rules_of(self._settings.value(expression))))
        if len(found) > RULES_LIMIT:
            self._miss(self._gap(f"there are more than {RULES_LIMIT:,} rules of one kind"))
            raise UndecidedError
        return found

    def beside(self, mechanism: Mechanism, path: str) -> tuple[Rule, ...]:
        """Rules of ignore files that may lie in any folder: in those around a path, the nearest first."""
        templates = self._anywhere.get(mechanism.id)
        if not templates:
            return ()
        folder = path.rpartition(os.sep)[0]
        known = self._beside.get((mechanism.id, folder))
        if known is not None:
            return known
        return () if self._machine.inside(path) is None else self._around(mechanism, templates, folder)

    def is_anywhere(self, mechanism: Mechanism) -> bool:
        """Whether a mechanism has ignore files that may lie in any folder."""
        return bool(self._anywhere.get(mechanism.id))

    @cached_property
    def _anywhere(self) -> dict[str, tuple[str, ...]]:
        """By mechanism the names of its ignore files that may lie in any folder."""
        system = self._machine.system
        found = {each.id: each.files.on(system) for each in self._agent.mechanisms}
        return {
            key: tuple(each.removeprefix(_ANYWHERE) for each in templates if each.startswith(_ANYWHERE))
            for key, templates in found.items()
        }

    def _around(self, mechanism: Mechanism, names: tuple[str, ...], folder: str) -> tuple[Rule, ...]:
        """What `beside` gives for a folder, remembered for those in it."""
        missing: list[str] = []
        while (mechanism.id, folder) not in self._beside and self._machine.inside(folder) is not None:
            missing.append(folder)
            folder = folder.rpartition(os.sep)[0]
        outer = self._beside.get((mechanism.id, folder), ())
        for each in reversed(missing):
            own = (rule for name in names for rule in self._from_file(mechanism, each + os.sep + name))
            outer = self._beside[mechanism.id, each] = (*own, *outer)
        return outer

    def _from_settings(self, mechanism: Mechanism) -> Iterator[Rule]:
        if mechanism.settings is None:
            return
        texts = [each for each in self._texts(mechanism.settings) if _concerns(each, mechanism)]
        words = _words(mechanism.settings)
        if mechanism.syntax is Syntax.VARIABLES_BUT and texts:
            path, line = self._place(words, texts[0])
            whole = together(texts, mechanism.syntax, "")
            if whole is not None:
                yield Rule(", ".join(texts[:3]), whole, path, line)
            return
        for text in texts:
            path, line = self._place(words, text)
            folder = self._folder_of(path)
            yield Rule(
                text, denial(text, mechanism.syntax, self._machine, folder, mechanism.only), path, line
            )

    def _place(self, words: tuple[str, ...], text: str) -> tuple[str, int | None]:
        for chosen in ((*words, text), (text,), words):
            if chosen:
                path, line = self._settings.place_of(*chosen)
                if path:
                    return path, line
        return "", None

    def _folder_of(self, shown: str) -> str:
        """The folder that rules of a settings file begin at."""
        path = self._machine.absolute(shown) if shown else str(self._machine.project)
        if self._machine.inside(path) is not None:
            return str(self._machine.project)
        return path.rpartition(os.sep)[0]

    def _built_in(self, mechanism: Mechanism) -> Iterator[Rule]:
        whole = together(mechanism.always, mechanism.syntax, str(self._machine.project))
        if whole is not None and mechanism.syntax is Syntax.VARIABLES_BUT and mechanism.always:
            path, line = self._where_switched_on(mechanism)
            yield Rule("all but " + ", ".join(mechanism.always[:3]), whole, path, line)
            return
        for text in mechanism.always:
            path, line = self._where_switched_on(mechanism)
            folder = str(self._machine.project)
            yield Rule(
                text, denial(text, mechanism.syntax, self._machine, folder, mechanism.only), path, line
            )

    def _where_switched_on(self, mechanism: Mechanism) -> tuple[str, int | None]:
        """Where the setting stands on which a built-in list depends; nothing where it is always on."""
        return self._settings.place_of(*_words(mechanism.when)) if mechanism.when else ("", None)

    def _from_files(self, mechanism: Mechanism) -> Iterator[Rule]:
        for template in mechanism.files.on(self._machine.system):
            if not template.startswith(_ANYWHERE):
                for path in self._machine.find(template):
                    yield from self._from_file(mechanism, path)

    def _from_file(self, mechanism: Mechanism, path: str) -> Iterator[Rule]:
        key = (mechanism.id, path)
        if key not in self._files:
            self._files[key] = self._ignore_file(mechanism, path)
        rule = self._files[key]
        if rule is not None:
            yield rule

    def _ignore_file(self, mechanism: Mechanism, path: str) -> Rule | None:
        if not self._with_folder and self._machine.inside(path) is not None:
            return None
        lines = self._lines_of(path)
        folder = path.rpartition(os.sep)[0]
        if self._machine.inside(path) is None:
            # What belongs to a person holds in every project.
            folder = str(self._machine.project)
        whole = together(lines, mechanism.syntax, folder, self._effort)
        return None if not lines or whole is None else Rule("", whole, self._machine.shown(path), None, lines)

    def _lines_of(self, path: str) -> tuple[str, ...]:
        if path not in self._lines:
            self._lines[path] = ()
            if os.path.lexists(path):
                name = self._machine.shown(path)
                try:
                    # Not `splitlines`: no other end of a line ends a comment.
                    lines = tuple(read_text(path, self._machine).split("\n"))
                    if len(lines) > LINES_LIMIT:
                        raise UnreadableError(f"has more than {LINES_LIMIT:,} lines")
                    self._lines[path] = lines
                except UnreadableError as error:
                    self._miss(file_gap(name, f"{error}; {_OPEN}"))
                except OSError as error:
                    self._miss(file_gap(name, f"{reason(error)}; {_OPEN}"))
        return self._lines[path]


def _concerns(rule: str, mechanism: Mechanism) -> bool:
    """Whether a rule is one of those the mechanism speaks of."""
    if mechanism.only is None:
        return True
    if mechanism.syntax is Syntax.CLAUDE_RULE:
        return rule.partition("(")[0].strip() == mechanism.only
    return rule.startswith(mechanism.only)


def _words(expression: str) -> tuple[str, ...]:
    """The keys an expression names, in order: what to look for in the file's text."""
    head = re.split(r"\[|\||&&", expression, maxsplit=1)[0]
    found = (quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|([A-Za-z_][\w-]*)', head))
    return tuple(each for each in found if each not in _NOT_WORDS)
