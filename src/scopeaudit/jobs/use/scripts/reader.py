"""Reads files of settings and scripts: the commands they hold, and what else asks a provider in them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.found import Found, FoundSql
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.jobs.use.scripts.ansible import ansible_passages, ansible_uses, is_ansible
from scopeaudit.jobs.use.scripts.commands import Commands
from scopeaudit.jobs.use.scripts.functions import MAXIMUM_BYTES, expansions, functions
from scopeaudit.jobs.use.scripts.passages import Passage, passages
from scopeaudit.jobs.use.scripts.powershell import powershell_passages
from scopeaudit.jobs.use.scripts.shell import Command, Script
from scopeaudit.jobs.use.scripts.terraform import terraform_commands, terraform_uses
from scopeaudit.jobs.use.text import Kind, Text

SCRIPTS = frozenset(
    {Kind.SCRIPT, Kind.MAKE, Kind.DOCKERFILE, Kind.YAML, Kind.JSON, Kind.TASKS, Kind.TOML}
    | {Kind.TERRAFORM, Kind.POWERSHELL, Kind.UNIT, Kind.TABLE}
)
_DEPTH = 3
_MAXIMUM_EXPANSIONS = 5_000
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_LOCAL = re.compile(r"(?:^|[\s;])([A-Za-z_]\w*)=")


@dataclass(frozen=True, slots=True)
class _Function:
    body: str
    variables: dict[str, str]
    """Of the script that defines it."""


class ScriptFiles:
    """Reads each file when it comes, and calls of functions of other files at the end."""

    def __init__(self, knowledge: Knowledge, commands: Commands) -> None:
        self._knowledge = knowledge
        self._commands = commands
        self._functions: dict[str, list[_Function]] = {}
        self._kept: list[tuple[Text, dict[str, _Function], dict[str, str]]] = []
        self._bytes = 0
        self._left = _MAXIMUM_EXPANSIONS
        self.is_full = False
        """Whether there was more than is looked at."""
        self.cut_short: set[str] = set()
        """Files that hold more than is read of one."""

    def read(self, text: Text, *, skipped: bool = False) -> Iterator[Found | FoundSql]:
        """What a file uses; `skipped` leaves out scripts of `actions/github-script`, which are no shell's."""
        if text.kind is Kind.TERRAFORM:
            yield from terraform_uses(text.text, self._knowledge)
            yield from self._run(text, Script(), terraform_commands(text.text))
        elif text.kind is Kind.POWERSHELL:
            path = text.document.path
            found = powershell_passages(text.text, cut_short=lambda: self.cut_short.add(path))
            yield from self._run(text, Script(), found)
        elif text.kind is Kind.YAML and is_ansible(text.document.path, text.text):
            yield from ansible_uses(text.text, self._knowledge)
            yield from self._run(text, Script(), ansible_passages(text.text))
        script = Script()
        if self._knowledge.commands.search(text.text) is not None:
            wanted = (each for each in passages(text) if not (skipped and "await github." in each.text))
            yield from self._run(text, script, wanted)
        if text.kind is Kind.SCRIPT:
            self._keep(text, script)

    def _run(self, text: Text, script: Script, found: Iterable[Passage]) -> Iterator[Found | FoundSql]:
        for passage in found:
            for command in script.commands(passage.text, passage.offset):
                yield from self._commands.read(script, command, text.lower)
        if script.is_cut_short:
            self.cut_short.add(text.document.path)

    def _keep(self, text: Text, script: Script) -> None:
        self._bytes += len(text.document.data)
        if self._bytes > MAXIMUM_BYTES:
            self.is_full = True
            return
        own: dict[str, _Function] = {}
        for name, body in functions(text.text).items():
            own[name] = _Function(body, script.variables)
            self._functions.setdefault(name, []).append(own[name])
        self._kept.append((text, own, script.variables))

    def rest(self) -> Iterator[tuple[Text, Found | FoundSql]]:
        """What calls of functions use, those of other files too where only one file defines that name."""
        useful = self._useful()
        shared = {
            name: defined[0]
            for name, defined in self._functions.items()
            if name in useful and len({each.body for each in defined}) == 1
        }
        for text, own, variables in self._kept:
            known = shared | {name: each for name, each in own.items() if name in useful}
            if any(name in text.text for name in known):
                commands = Script(dict(variables)).commands(text.text, 0)
                for each in self._expanded(text, commands, known, variables, 0):
                    yield text, each
        self._kept.clear()

    def _useful(self) -> set[str]:
        """The functions that start a program that is known or given, or call one that does."""
        bodies = [(name, each.body) for name, defined in self._functions.items() for each in defined]
        found = {
            name for name, body in bodies if "@" in body or self._knowledge.commands.search(body) is not None
        }
        for _ in range(_DEPTH):
            found |= {name for name, body in bodies if not found.isdisjoint(_WORD.findall(body))}
        return found

    def _expanded(
        self,
        text: Text,
        commands: Iterable[Command],
        known: dict[str, _Function],
        variables: dict[str, str],
        depth: int,
    ) -> Iterator[Found | FoundSql]:
        bodies = {name: each.body for name, each in known.items()}
        for name, passage in expansions(commands, bodies):
            self._left -= 1
            if self._left < 0:
                self.is_full = True
                return
            inner = known[name].variables | variables
            script = Script(
                {key: value for key, value in inner.items() if key not in _LOCAL.findall(passage.text)}
            )
            again: list[Command] = []
            for command in script.commands(passage.text, 0):
                at = Command(command.words, passage.offset, command.body, passage.offset, command.quoted)
                yield from self._commands.read(script, at, text.lower)
                again.append(at)
            if depth < _DEPTH:
                rest = {key: value for key, value in known.items() if key != name}
                yield from self._expanded(text, again, rest, variables, depth + 1)
