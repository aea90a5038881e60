"""Tasks of Ansible: modules that ask a provider, and those that do what a command does, as that command."""

import re
from collections.abc import Iterator, Mapping

from scopeaudit.jobs.use.found import Found
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.jobs.use.scripts.passages import Passage, quoted
from scopeaudit.model.use import UseKind

_KEY = re.compile(r"^(?P<indent>[ \t]*(?:-[ \t]+)?)(?P<key>[a-z][\w.]*):(?:[ \t]+(?P<rest>.*))?$")
_PLAYS = re.compile(
    r"^(?:-[ ]+|[ ]*)(?:hosts|tasks|pre_tasks|post_tasks|handlers|roles):|^[ ]*-[ ]+name:", re.MULTILINE
)
_FOLDERS = ("tasks", "handlers", "playbooks", "roles", "plays")
_TEMPLATE = re.compile(r"\{\{[^{}\n]{0,300}\}\}")
_INLINE = re.compile(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S+)")
_STATES = ("state", "mode", "action")
_LONGEST_TASK = 200
"""Lines of one module's parameters."""


def is_ansible(path: str, text: str) -> bool:
    """Whether a file of YAML holds plays or tasks."""
    parts = path.lower().split("/")
    named = any(part in _FOLDERS for part in parts[:-1]) or "playbook" in parts[-1] or parts[-1] == "site.yml"
    return (named or "hosts:" in text) and _PLAYS.search(text) is not None


def ansible_uses(text: str, knowledge: Knowledge) -> Iterator[Found]:
    """The listed modules of the tasks of a file."""
    for name, given, offset in _modules(text):
        short = name.rpartition(".")[2]
        state = next((given[key] for key in _STATES if key in given), "")
        for provider, rules in knowledge.uses.items():
            operations = rules.modules.get(f"{short}={state}", rules.modules.get(short, ()))
            if operations:
                shown = f"{short} {state}".strip() if f"{short}={state}" in rules.modules else short
                yield Found(provider, frozenset(operations), UseKind.COMMAND, shown, offset)


def ansible_passages(text: str) -> Iterator[Passage]:
    """Modules that do what a command of a shell does, as that command."""
    for name, given, offset in _modules(text):
        match name.rpartition(".")[2]:
            case "uri" | "get_url" if "url" in given:
                method = given.get("method", "").upper()
                sent = "-d x " if {"body", "src"} & given.keys() and method else ""
                yield Passage(
                    f"curl {f'-X {quoted(method)} ' if method else ''}{sent}{quoted(given['url'])}", offset
                )
            case "postgresql_query" | "postgresql_script" if "query" in given:
                yield Passage(f"psql -c {quoted(given['query'])}", offset)
            case "mysql_query" if "query" in given:
                yield Passage(f"mysql -e {quoted(given['query'])}", offset)
            case "docker_image" | "docker_image_push" if given.get("push") in (
                "true",
                "yes",
                "True",
            ) or name.endswith("push"):
                yield Passage(
                    f"docker push {quoted(given.get('repository', given.get('name', 'x')))}", offset
                )
            case _:
                pass


def _modules(text: str) -> Iterator[tuple[str, Mapping[str, str], int]]:
    """Each key of a task with its parameters and offset; which of the keys are modules, the rules know."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for number, line in enumerate(lines):
        found = _KEY.match(line.rstrip())
        if found is None:
            continue
        rest = (found["rest"] or "").strip()
        if rest and "=" not in rest and "." not in found["key"]:
            continue
        given = dict(_INLINE.findall(rest)) if rest else _parameters(lines, number + 1, len(found["indent"]))
        if given:
            yield found["key"], {key: _plain(value) for key, value in given.items()}, starts[number]


def _parameters(lines: list[str], number: int, indent: int) -> dict[str, str]:
    """The keys right below a key, with their values; a block's lines are one value."""
    given: dict[str, str] = {}
    depth: int | None = None
    last = ""
    for line in lines[number : number + _LONGEST_TASK]:
        plain = line.strip()
        column = len(line) - len(line.lstrip(" "))
        if not plain or plain.startswith("#"):
            continue
        if column <= indent:
            break
        depth = column if depth is None else depth
        found = _KEY.match(line.rstrip()) if column == depth else None
        if found is not None and not plain.startswith("-"):
            last = found["key"]
            rest = (found["rest"] or "").strip()
            given[last] = "" if rest[:1] in ("|", ">") else rest
        elif last and len(given[last]) < 4000:
            given[last] += f"{' ' if given[last] else ''}{plain}"
    return given


def _plain(value: str) -> str:
    stripped = value.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "\"'":
        stripped = stripped[1:-1]
    return _TEMPLATE.sub("$x", stripped)
