"""Where files hold shell text: whole scripts, recipes, steps of workflows, container files, tasks."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.text import Kind, Text

_KEYS = frozenset(
    [
        "run",
        "script",
        "before_script",
        "after_script",
        "command",
        "commands",
        "cmd",
        "cmds",
        "sh",
        "shell",
        "entrypoint",
        "args",
        "install",
        "build",
        "deploy",
        "test",
        "bash",
        "inline_script",
        "inlinescript",
        "postdeploy",
        "predeploy",
        "release",
        "pre_build",
        "post_build",
        "start",
        "startcommand",
        "buildcommand",
        "predeploycommand",
        "startup",
        "task",
        "tasks",
        "exec",
    ]
)
_YAML_KEY = re.compile(
    r"^(?P<indent>[ \t]*(?:-[ \t]+)*)(?P<quote>[\"']?)(?P<key>[\w.-]+)(?P=quote)[ \t]*:"
    r"(?:[ \t]+(?P<rest>.*))?$"
)
_MODULE = re.compile(r"^ansible\.(?:builtin|windows)\.(?:win_)?")
_BLOCK = re.compile(r"^[|>][+-]?\d?[+-]?\s*(?:#.*)?$")
_FLOW = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|([^\s,\[\]\"']+)")
_MAKE_ASSIGNMENT = re.compile(r"^(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*(?::=|\?=|\+=|::=|=)[ \t]*\S.*$")
_DOCKER = re.compile(r"^(?:RUN|CMD|ENTRYPOINT|HEALTHCHECK(?:[ \t]+--\S+)*[ \t]+CMD)\b[ \t]*", re.IGNORECASE)
_SETTING = re.compile(r"^[ \t]*[\w\"-]+[ \t]*=[ \t]*\"((?:\\.|[^\"\\\n])*)\"[ \t]*$", re.MULTILINE)
_UNIT = re.compile(r"^Exec\w+=[-@:+!|]*(?P<command>[^\n]*(?:(?<=\\)\n[^\n]*)*)", re.MULTILINE)
_CRON = re.compile(
    r"^[ \t]*(?:@\w+|[\d*/,-]+(?:[ \t]+[\w*/,#?-]+){4})[ \t]+(?P<command>\S[^\n]*)$",
    re.MULTILINE,
)
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}[ \t]+")
_TASK = re.compile(r"^[\w.-]+[^\n:]*:[ \t]*(?P<command>\S.*)?$")
_RUN_CALLS = re.compile(
    r"(?:subprocess\.\w+|os\.(?:system|popen|exec\w*)|exec(?:Sync|File|FileSync)?|spawn(?:Sync)?|execa(?:Sync|Command)?|system|"
    r"sh|shell_exec|passthru|proc_open|exec\.Command(?:Context)?|Command::new|Process|ProcessBuilder|popen|check_call|"
    r"check_output|run|call|bat|\$|zx|c\.run|session\.run|local)\Z"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Shell text, and where it begins in its file."""

    text: str
    offset: int


def passages(text: Text) -> Iterator[Passage]:
    """The shell text of a file of settings or scripts."""
    match text.kind:
        case Kind.SCRIPT:
            yield Passage(text.text, 0)
        case Kind.MAKE:
            yield from _recipes(text.text)
        case Kind.DOCKERFILE:
            yield from _instructions(text.text)
        case Kind.YAML:
            yield from yaml_passages(text.text)
        case Kind.JSON:
            yield from _package_scripts(text)
        case Kind.TASKS:
            yield from _tasks(text.text)
        case Kind.UNIT:
            for found in _UNIT.finditer(text.text):
                yield Passage(found["command"].replace("\\\n", "  "), found.start("command"))
        case Kind.TABLE:
            yield from _scheduled(text)
        case Kind.TOML:
            for found in _SETTING.finditer(text.text):
                yield Passage(found.group(1), found.start(1))
        case _:
            return


def _tasks(text: str) -> Iterator[Passage]:
    """Lines of `name: command`, and those indented below a name."""
    for found in re.finditer(r"^.*$", text, re.MULTILINE):
        task = _TASK.match(found.group())
        indented = found.group()[:1] in " \t"
        if task is not None and not indented and task["command"]:
            yield Passage(task["command"], found.start() + task.start("command"))
        elif indented:
            yield Passage(found.group().lstrip(" \t@-"), found.start())


def _scheduled(text: Text) -> Iterator[Passage]:
    """The commands of a table of cron; in a system's own a user stands before each."""
    system = "/cron.d/" in f"/{text.document.path}"
    for found in _CRON.finditer(text.text):
        user = _USER.match(found["command"]) if system else None
        skip = user.end() if user else 0
        yield Passage(found["command"][skip:].replace("\\%", "%"), found.start("command") + skip)


def _recipes(text: str) -> Iterator[Passage]:
    """Recipe lines and assignments of a Makefile; a line that ends in a backslash goes on."""
    offset = 0
    joined: list[str] = []
    start = 0
    for line in text.splitlines(keepends=True):
        plain = line.rstrip("\r\n")
        if joined:
            joined.append(line)
        elif line.startswith("\t"):
            body = plain.lstrip("\t @-+")
            if not body.startswith("#"):
                start = offset + plain.index(body) if body else offset
                joined = [line[len(plain) - len(body) :]]
        elif _MAKE_ASSIGNMENT.match(plain):
            start = offset
            joined = [
                re.sub(r"[ \t]*(::=|:=|\?=|\+=|=)[ \t]*", r"\1", plain, count=1).replace(" ", "\\ ") + "\n"
            ]
        if joined and not plain.endswith("\\"):
            yield Passage("".join(joined).replace("$$", "$"), start)
            joined = []
        offset += len(line)


def _instructions(text: str) -> Iterator[Passage]:
    """RUN, CMD and ENTRYPOINT of a container file."""
    lines = text.splitlines(keepends=True)
    offset = index = 0
    while index < len(lines):
        found = _DOCKER.match(lines[index])
        begun = offset
        if found is None:
            offset += len(lines[index])
            index += 1
            continue
        parts = [lines[index][found.end() :]]
        offset += len(lines[index])
        index += 1
        while parts[-1].rstrip().endswith("\\") and index < len(lines):
            parts.append(lines[index] if not lines[index].lstrip().startswith("#") else "\\\n")
            offset += len(lines[index])
            index += 1
        body = re.sub(r"^(?:--\S+[ \t]+)+", "", "".join(parts))
        yield Passage(_flow(body) if body.startswith("[") else body, begun + found.end())


def yaml_passages(text: str) -> Iterator[Passage]:
    """Values of keys that hold commands, by indentation alone: one pass over the lines."""
    lines = text.splitlines(keepends=True)
    offset = index = 0
    while index < len(lines):
        line = lines[index].rstrip("\r\n")
        found = _YAML_KEY.match(line)
        key = _MODULE.sub("", found["key"].lower()).replace("-", "_") if found else ""
        if found is None or (key not in _KEYS and key.replace("_", "") not in _KEYS):
            offset += len(lines[index])
            index += 1
            continue
        indent = len(found["indent"])
        rest = (found["rest"] or "").strip()
        at = offset + (found.start("rest") if found["rest"] else len(line))
        offset += len(lines[index])
        index += 1
        block, index, end = _indented(lines, index, offset, indent)
        if _BLOCK.match(rest):
            yield Passage(_dedented(block, folded=rest.startswith(">")), offset)
        elif rest.startswith("["):
            whole = rest if rest.endswith("]") else rest + block
            yield Passage(_flow(whole), at)
        elif rest and not rest.startswith(("{", "&", "*", "#")):
            yield Passage(_scalar(rest), at)
        elif block.strip():
            yield from _items(block, offset)
        offset = end


def _indented(lines: list[str], index: int, offset: int, indent: int) -> tuple[str, int, int]:
    """The lines that belong to a key at this indentation, and where they end."""
    taken: list[str] = []
    while index < len(lines):
        line = lines[index]
        stripped = line.lstrip(" ")
        depth = len(line) - len(stripped)
        if stripped.strip() and depth <= indent and not (depth == indent and stripped.startswith("- ")):
            break
        taken.append(line)
        offset += len(line)
        index += 1
    return "".join(taken), index, offset


def _dedented(block: str, *, folded: bool) -> str:
    """The block with its indentation kept as spaces, so that offsets stay; folded lines are one command."""
    if not folded:
        return block
    lines = block.splitlines(keepends=True)
    return "".join(line.rstrip("\r\n") + (" " * (len(line) - len(line.rstrip("\r\n")))) for line in lines)


def _items(block: str, offset: int) -> Iterator[Passage]:
    """List items: each a command, a block of commands, or a mapping of keys to either."""
    words: list[str] = []
    plain = True
    for found in re.finditer(
        r"^[ \t]*-[ \t]+(?P<value>.*(?:\n(?![ \t]*-[ \t])[ \t]+.*)*)", block, re.MULTILINE
    ):
        value, at = found["value"], offset + found.start("value")
        head, _, tail = value.partition("\n")
        if _BLOCK.match(head.strip()):
            yield Passage(_dedented(tail, folded=head.startswith(">")), at + len(head) + 1)
            plain = False
        elif _YAML_KEY.match(head):
            yield from (Passage(each.text, at + each.offset) for each in yaml_passages(value))
            plain = False
        else:
            word = _scalar(value.strip())
            words.append(word)
            plain = plain and " " not in word
            yield Passage(word, at)
    if plain and len(words) > 1:
        yield Passage(" ".join(quoted(word) for word in words), offset)


def _scalar(value: str) -> str:
    """The text of a plain or quoted value."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner.replace("''", "'") if value[0] == "'" else inner.replace('\\"', '"').replace("\\n", "\n")
    return re.sub(r"[ \t]#.*$", "", value) if "\n" not in value else value


def _flow(value: str) -> str:
    """The items of `["a", "b c"]` as words of one command."""
    return " ".join(quoted(a or b or c) for a, b, c in _FLOW.findall(value)[:200])


def quoted(word: str) -> str:
    """A word as a shell reads it back."""
    return "'" + word.replace("'", "'\\''") + "'" if re.search(r"[^\w@%+=:,./-]", word) else word


def _package_scripts(text: Text) -> Iterator[Passage]:
    """`scripts` of package.json and composer.json, `tasks` of deno.json, commands of containers."""
    name = text.document.path.rpartition("/")[2]
    if name not in (
        "package.json",
        "composer.json",
        "deno.json",
        "devcontainer.json",
        "railway.json",
        "vercel.json",
    ):
        return
    try:
        content = json.loads(text.text)
    except (ValueError, RecursionError):
        return
    if not isinstance(content, dict):
        return
    groups = [
        content.get("scripts"),
        content.get("tasks"),
        content.get("deploy"),
        content.get("build"),
        content,
    ]
    for group in groups:
        for key, value in group.items() if isinstance(group, dict) else ():
            named = group is not content or "command" in key.lower()
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and named and isinstance(key, str):
                    at = text.text.find(json.dumps(each, ensure_ascii=False))
                    yield Passage(each, max(at, 0))


def started(code: Code) -> Iterator[Passage]:
    """Commands that source code starts: `subprocess.run(["aws", ...])`, `exec("gh ...")`, `sh '...'`."""
    tokens = code.tokens
    for index, token in enumerate(tokens):
        if token.type is not TokenType.STRING or not token.text.strip():
            continue
        opening = index - 1
        listed = code.is_mark(opening, "[", "{") or (
            code.is_mark(opening, "(") and code.is_mark(opening - 1, "!")
        )
        outer = opening - 1 if listed else opening
        while code.is_mark(outer, "(") and not code.is_name(outer - 1) and outer > 0:
            outer -= 1
        if not (code.is_mark(outer, "(") or code.kind in (Kind.RUBY, Kind.JAVA, Kind.JAVASCRIPT)):
            continue
        name = _callee(code, outer - 1 if code.is_mark(outer, "(") else opening)
        if name is None or _RUN_CALLS.search(name) is None:
            continue
        words = _literal_words(code, index, opening if listed or _takes_words(name) else -1)
        text = " ".join(quoted(word) for word in words) if len(words) > 1 else token.text
        if len(words) > 1 or " " in token.text:
            yield Passage(text, token.start)


def _takes_words(name: str) -> bool:
    return name.endswith(
        (
            "Command",
            "CommandContext",
            "spawn",
            "spawnSync",
            "execFile",
            "execFileSync",
            "execa",
            "system",
            "new",
        )
    )


def _callee(code: Code, index: int) -> str | None:
    """The dotted name that ends at a token."""
    parts: list[str] = []
    while code.is_name(index) and len(parts) < 4:
        parts.append(code.tokens[index].text)
        if not code.is_mark(index - 1, ".", "::"):
            break
        parts.append(code.tokens[index - 1].text)
        index -= 2
    return "".join(reversed(parts)) or None


def _literal_words(code: Code, index: int, opening: int) -> list[str]:
    """The strings of an argument list from a token on; `$` for whatever is no string."""
    words: list[str] = []
    end = code.closing.get(opening, index + 1)
    position = index
    while position < min(end, index + 120):
        token = code.tokens[position]
        if token.type is TokenType.STRING:
            words.append(token.text)
        elif token.type is TokenType.NAME:
            words.append("$")
            position += 1
            while position < end and not code.is_mark(position, ","):
                position = code.closing.get(position, position) + 1
            continue
        elif token.text in "([{":
            if position not in code.closing:
                break
            if code.tokens[position].text == "(":
                position = code.closing[position]
        position += 1
    return words
