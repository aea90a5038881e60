"""Workflows of GitHub: the steps they reuse, what their `permissions:` declare, and their scripts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.found import Found
from scopeaudit.jobs.use.knowledge import Knowledge
from scopeaudit.jobs.use.scripts.passages import Passage
from scopeaudit.model.use import UseKind

_USES = re.compile(
    r"^(?P<indent>[ \t]*)(?:-[ \t]+)?[\"']?uses[\"']?[ \t]*:[ \t]*[\"']?"
    r"(?P<name>[\w.-]+/[\w.-]+)(?P<part>/[\w./-]*)?@",
    re.MULTILINE,
)
_WITH = re.compile(r"^[ \t]*with[ \t]*:[ \t]*(?P<inline>\{.*\})?[ \t]*$", re.MULTILINE)
_INPUT = re.compile(r"[\"']?([\w-]+)[\"']?[ \t]*:[ \t]*[\"']?([^\n\"',}]*)")
_PERMISSIONS = re.compile(r"^(?P<indent>[ \t]*)permissions[ \t]*:[ \t]*(?P<rest>[^\n#]*)", re.MULTILINE)
_LEVEL = re.compile(r"[\"']?([a-z-]+)[\"']?[ \t]*:[ \t]*[\"']?(read|write)\b")
_SCRIPT = re.compile(r"^(?P<indent>[ \t]*)script[ \t]*:[ \t]*(?P<rest>[^\n]*)\n", re.MULTILINE)
_EVERY = (
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "security-events",
    "statuses",
)
"""https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#permissions"""
_LONGEST_STEP = 6_000


@dataclass(frozen=True, slots=True)
class _Step:
    text: str
    offset: int


def is_workflow(path: str) -> bool:
    """Whether a file is a workflow, or a step of one, of GitHub."""
    return ".github/workflows/" in f"/{path}" or path.rpartition("/")[2] in ("action.yml", "action.yaml")


def workflow_uses(text: str, knowledge: Knowledge) -> Iterator[Found]:
    """The steps a workflow reuses that are listed, and what its permissions declare."""
    for found in _USES.finditer(text):
        name = found["name"].lower()
        whole = knowledge.actions.get(name + (found["part"] or "").lower(), ())
        listed = whole or knowledge.actions.get(name, ())
        inputs = _inputs(text, found.end(), len(found["indent"])) if listed else {}
        by_provider: dict[str, set[str]] = {}
        for provider, action in listed:
            if all(_is_given(each, inputs) for each in action.given):
                by_provider.setdefault(provider, set()).update(action.operations)
        for provider, operations in by_provider.items():
            if operations:
                shown = f"uses: {found['name']}"
                yield Found(provider, frozenset(operations), UseKind.COMMAND, shown, found.start("name"))
    if knowledge.github is not None:
        for permission, level, offset in permissions(text):
            operations_allowed = knowledge.github.allowed(permission, level)
            shown = f"permissions: {permission}: {level}"
            yield Found("github", operations_allowed, UseKind.WORKFLOW, shown, offset)


def permissions(text: str) -> Iterator[tuple[str, str, int]]:
    """Permission, level and offset of everything that `permissions:` declare, at the top and in jobs."""
    for found in _PERMISSIONS.finditer(text):
        rest = found["rest"].strip().strip("\"'")
        if rest in ("read-all", "write-all"):
            for each in _EVERY:
                yield each, rest.removesuffix("-all"), found.start()
            continue
        if rest.startswith("{"):
            block, start = found["rest"], found.start("rest")
        else:
            block, start = _block(text, found.end(), len(found["indent"])), found.end()
        for level in _LEVEL.finditer(block):
            if level.group(1) != "id-token":
                yield level.group(1), level.group(2), start + level.start()


def _block(text: str, position: int, indent: int) -> str:
    """The lines after a position that are indented further."""
    start = text.find("\n", position) + 1
    if start == 0:
        return ""
    end = start
    while end < len(text) and end - start < _LONGEST_STEP:
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end + 1
        line = text[end:line_end]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        end = line_end
    return text[start:end]


def _inputs(text: str, position: int, indent: int) -> dict[str, str]:
    """What a step is given: `with:` behind its `uses:`, up to the next step."""
    region = text[position : position + _LONGEST_STEP]
    cut = re.search(rf"^[ \t]{{0,{indent}}}-[ \t]", region, re.MULTILINE)
    region = region[: cut.start()] if cut else region
    found = _WITH.search(region)
    if found is None:
        return {}
    body = found["inline"] or _block(region, found.end(), len(found.group()) - len(found.group().lstrip()))
    return {each.group(1): each.group(2).strip() for each in _INPUT.finditer(body)}


def _is_given(wanted: str, inputs: dict[str, str]) -> bool:
    name, equals, value = wanted.partition("=")
    return name in inputs and (not equals or inputs[name].strip("'\"") == value)


def github_scripts(text: str) -> Iterator[Passage]:
    """JavaScript in steps of `actions/github-script`."""
    if "github-script" not in text:
        return
    for found in _SCRIPT.finditer(text):
        if found["rest"].strip()[:1] in ("|", ">"):
            yield Passage(_block(text, found.end() - 1, len(found["indent"])), found.end())
        else:
            yield Passage(found["rest"], found.start("rest"))
