"""What an agent puts into the prompt by itself: at its usual places, and where variables and settings say."""

import glob
import os
from collections.abc import Iterator, Sequence

from scopeaudit.catalogue.agent import Agent, PromptMoved
from scopeaudit.catalogue.conditions import UndecidedError
from scopeaudit.reach.agents.settings import Settings, rules_of
from scopeaudit.reach.machine import Machine

_VALUES_LIMIT = 1_000
_LENGTH_LIMIT = 1_024


class Prompts:
    """Patterns of absolute paths, name by name from the root on."""

    def __init__(self, agent: Agent, machine: Machine, settings: Settings) -> None:
        self._machine = machine
        self._settings = settings
        self.is_understood = True
        """Whether it is known what the settings name."""
        moved: list[tuple[str, ...]] = []
        gone: set[str] = set()
        self._named_by_variables: list[tuple[str, ...]] = []
        for each in agent.prompt_moved:
            found = list(self._moved(each))
            if found:
                gone.update(each.instead_of)
            moved += found
            if each.variable is not None:
                self._named_by_variables += found
        self._usual = [each for each in agent.prompt if each not in gone]
        usual = [names for each in self._usual for names in machine.patterns(each)]
        self.patterns: tuple[tuple[str, ...], ...] = tuple(dict.fromkeys((*usual, *moved)))

    def outside(self) -> Iterator[str]:
        """What is there of it outside of the scanned folder; settings may name anything, and are left out."""
        for template in self._usual:
            if "{project}" not in template:
                yield from self._machine.find(template)
        for names in self._named_by_variables:
            for path in glob.iglob("/".join(names)):  # noqa: PTH207 - a text with escapes
                if self._machine.inside(path) is None:
                    yield path

    def _moved(self, moved: PromptMoved) -> Iterator[tuple[str, ...]]:
        for value in self._values(moved):
            for template in moved.paths:
                yield from self._placed(template, value, literal=moved.variable is not None)

    def _values(self, moved: PromptMoved) -> Sequence[str]:
        if moved.variable is not None:
            value = self._machine.variables.get(moved.variable, "")
            parts = value.split(moved.separator) if moved.separator else [value]
            return [each.strip() for each in parts if each.strip()]
        try:
            found = list(rules_of(self._settings.value(moved.setting or "''")))
        except UndecidedError:
            self.is_understood = False
            return []
        # An address is fetched, and is no file.
        known = [each for each in found if each and len(each) <= _LENGTH_LIMIT and "://" not in each]
        self.is_understood = self.is_understood and len(known) <= _VALUES_LIMIT
        return known[:_VALUES_LIMIT]

    def _placed(self, template: str, value: str, *, literal: bool) -> Iterator[tuple[str, ...]]:
        """The absolute patterns of a path with a value in it; a value that says where it begins does so."""
        if "\0" in value:
            return
        begins = value.startswith(("/", "~")) or os.path.isabs(value)  # noqa: PTH117 - a text
        if template.startswith("{value}") or begins:
            before, _, after = template.partition("{value}")
            rest = after if begins or not before else template
            names = self._machine.located(value).replace(os.sep, "/").rstrip("/").split("/")
            names = [glob.escape(each) for each in names] if literal else names
            yield (*names, *(each for each in rest.split("/") if each))
        else:
            inner = glob.escape(value) if literal else value
            if not {"{", "}"} & set(inner) and ".." not in inner.split("/"):
                yield from self._machine.patterns(template.replace("{value}", inner.removeprefix("./")))
