"""Functions of shell scripts: what a call of one does, with its arguments in the place of `$1` and `"$@"`.

A folder's scripts share functions by sourcing files, so one may be defined in another file than its call.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from scopeaudit.jobs.use.scripts.passages import Passage, quoted
from scopeaudit.jobs.use.scripts.shell import Command

MAXIMUM_BYTES = 16_000_000
"""Of scripts that are kept to be read again with the functions of others; what comes after is not."""
LARGEST = 8_000
"""Characters of a function."""
_HEAD = re.compile(
    r"^[ \t]*(?:function[ \t]+)?([A-Za-z_][\w-]*)[ \t]*\(\)[ \t]*\{"
    r"|^[ \t]*function[ \t]+([A-Za-z_][\w-]*)[ \t]*\{",
    re.MULTILINE,
)
_POSITION = re.compile(
    r"\"\$[@*]\"|\$[@*]|\"\$\{@:(\d)\}\"|\$\{(\d)(?:[:?=+-][^}]*)?\}|\$(\d)"
    r"|(?<![\w-])shift(?:[ \t]+(\d))?(?![\w-])"
)


def functions(text: str) -> Mapping[str, str]:
    """The functions of a script that use what they are called with."""
    found: dict[str, str] = {}
    for head in _HEAD.finditer(text):
        name = head.group(1) or head.group(2)
        indent = len(head.group()) - len(head.group().lstrip(" \t"))
        closing = f"\n{head.group()[:indent]}}}"
        end = text.find(closing, head.end(), head.end() + LARGEST)
        line_end = text.find("\n", head.end())
        line_end = len(text) if line_end < 0 else line_end
        one_line = text.rfind("}", head.end(), line_end)
        end = one_line if one_line >= 0 and text[one_line + 1 : line_end].strip() in ("", ";") else end
        if end > 0 and _POSITION.search(text, head.end(), end):
            found.setdefault(name, text[head.end() : end])
    return found


def called(body: str, arguments: list[str]) -> str:
    """The body with the arguments filled in; those that are not given stay as written."""
    shifted = 0

    def value(found: re.Match[str]) -> str:
        nonlocal shifted
        written = found.group()
        if written.startswith("shift"):
            shifted += int(found.group(4) or 1)
            return "true"
        if "@" in written or "*" in written:
            start = int(found.group(1)) - 1 if found.group(1) else 0
            return " ".join(quoted(each) for each in arguments[shifted + start :])
        number = int(found.group(2) or found.group(3)) - 1 + shifted
        return arguments[number] if 0 <= number < len(arguments) else written

    return _POSITION.sub(value, body)


def expansions(commands: Iterable[Command], known: Mapping[str, str]) -> Iterator[tuple[str, Passage]]:
    """Each call of a known function: its name, and the text of its body at the place of the call."""
    for command in commands:
        body = known.get(command.words[0])
        if body is not None:
            yield command.words[0], Passage(called(body, list(command.words[1:])), command.offset)
