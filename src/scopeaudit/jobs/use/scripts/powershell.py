"""PowerShell as commands of a shell: what its cmdlets ask, written as the `curl` that asks the same.

Splatted parameters, hashtables, variables and functions of the same file are followed as far as they are
written out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from scopeaudit.jobs.use.scripts.passages import Passage, quoted
from scopeaudit.jobs.use.scripts.shell import UPLOADS

MAXIMUM_STATEMENTS = 5_000
_DEPTH = 5
_LONGEST = 4_000
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_LOADERS = frozenset({"invoke-restmethod", "invoke-webrequest", "irm", "iwr"})
_SCAN = re.compile(
    r"(?P<comment><\#.*?(?:\#>|\Z)|\#[^\n]*)|(?P<here>@\"\r?\n.*?(?:\n\"@|\Z)|@'\r?\n.*?(?:\n'@|\Z))"
    r"|(?P<text>\"(?:`.|\"\"|[^\"`])*(?:\"|\Z)|'(?:''|[^'])*(?:'|\Z))|(?P<joined>`\r?\n)|(?P<open>[@$]?[({]|\[)|(?P<close>[)}\]])"
    r"|(?P<end>[\n;])|(?P<pipe>\|\|?)|(?P<space>[ \t\r]+)|(?P<plain>(?:`.|[^\s\"'(){}\[\];|`])+|.)",
    re.DOTALL,
)
_VARIABLE = re.compile(
    r"\$\(\$?\{?(?:\w+:)?(\w+)\}?\)|\$\{(?:\w+:)?(\w+)\}|\$(?:(?:script|global|local):)?(\w+)", re.IGNORECASE
)
_PARAMETER = re.compile(r"\[?\]?\s*\$(\w+)")
_NAMED = re.compile(r"([\w-]+)\Z")


@dataclass(slots=True)
class _Word:
    text: str
    offset: int
    block: str = ""
    """Its opening bracket, if it is a bracketed part."""
    string: bool = False


@dataclass(slots=True)
class _Scope:
    variables: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    functions: dict[str, tuple[list[str], str, int]] = field(default_factory=dict)

    def expand(self, text: str) -> str:
        """The text with known variables replaced; others become `$name`."""
        for _ in range(3):
            if len(text) > _LONGEST or "$" not in text:
                break
            replaced = _VARIABLE.sub(self._value, text)
            if replaced == text:
                break
            text = replaced
        return text

    def _value(self, found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2) or found.group(3)
        return self.variables.get(name.lower(), f"${name}")


def powershell_passages(text: str, cut_short: Callable[[], None]) -> Iterator[Passage]:
    """The commands of a script in order, each as a line of a shell; calls `cut_short` if it holds more."""
    scope = _Scope()
    left = [MAXIMUM_STATEMENTS]
    yield from _read(text, 0, scope, 0, left)
    if left[0] < 0:
        cut_short()


def _read(text: str, base: int, scope: _Scope, depth: int, left: list[int]) -> Iterator[Passage]:
    for words in _statements(text, base):
        left[0] -= 1
        if left[0] < 0 or depth > _DEPTH:
            return
        yield from _statement(words, scope, depth, left)


def _statements(text: str, base: int) -> Iterator[list[_Word]]:
    """Words of each statement; a bracketed part is one word, with its content."""
    words: list[_Word] = []
    depth = start = opened = 0
    glued = False
    for found in _SCAN.finditer(text):
        kind, at = found.lastgroup, found.start()
        if kind == "open":
            if depth == 0:
                start, opened = at, found.end()
            depth += 1
        elif kind == "close" and depth:
            depth -= 1
            if depth == 0:
                _add_block(words, text[start:opened], text[opened:at], base + opened, glued=glued)
                glued = True
        elif depth or kind == "close":
            continue
        elif kind in ("end", "pipe"):
            if words:
                yield words
            words, glued = [], False
        elif kind in ("space", "joined", "comment"):
            glued = False
        else:
            _add_word(words, found, base + at, glued=glued)
            glued = True
    if words:
        yield words


def _add_block(words: list[_Word], opening: str, inner: str, offset: int, *, glued: bool) -> None:
    """A bracketed part: by itself a word, else an index, a call or a type that belongs to its neighbour."""
    belongs = glued and words and opening in ("(", "$(", "[")
    if belongs:
        words[-1].text += f"{opening}{inner}{_CLOSING[opening[-1]]}"
    elif opening != "[":
        words.append(_Word(inner, offset, block=opening))


def _add_word(words: list[_Word], found: re.Match[str], offset: int, *, glued: bool) -> None:
    string = found.lastgroup in ("text", "here")
    value = _literal(found.group()) if string else found.group().replace("`", "")
    if glued and words and not words[-1].block:
        words[-1].text += value
    else:
        words.append(_Word(value, offset, string=string))


def _literal(written: str) -> str:
    if written.startswith("@"):
        return written[3:-3]
    inner = written[1:-1]
    return inner.replace("''", "'") if written[0] == "'" else re.sub(r"`(.)", r"\1", inner)


def _statement(words: list[_Word], scope: _Scope, depth: int, left: list[int]) -> Iterator[Passage]:
    first = words[0]
    if first.text.lower() in ("function", "filter") and len(words) > 2 and not first.block:
        body = words[-1]
        if body.block == "{":
            name, _, inside = words[1].text.partition("(")
            named = [each.lower() for each in _PARAMETER.findall(inside)] + _parameters(body.text)
            scope.functions[name.lower()] = (named, body.text, body.offset)
            yield from _read(
                body.text, body.offset, _Scope(dict(scope.variables), dict(scope.tables)), depth + 1, left
            )
        return
    if first.text.startswith("$") and len(words) > 2 and words[1].text in ("=", "+=") and not first.block:
        _assign(first.text, words[2:], scope)
        words = words[2:]
    elif "=" in first.text and first.text.startswith("$") and not first.block:
        return
    for word in words:
        if word.block in ("{", "(", "$(", "@("):
            yield from _read(word.text, word.offset, scope, depth + 1, left)
    while (
        words and words[0].text in ("&", ".", "return", "if", "else", "foreach", "try") and not words[0].block
    ):
        words = words[1:]
    if words and not words[0].block and not words[0].string:
        yield from _command(words, scope, depth, left)


def _assign(name: str, value: list[_Word], scope: _Scope) -> None:
    plain = name.lstrip("$").rpartition(":")[2].lower()
    target, _, member = plain.partition(".")
    if value[0].block == "@{":
        scope.tables[plain] = _table(value[0])
    elif "upload_url" in value[0].text or "upload_url" in (value[1].text if len(value) > 1 else ""):
        scope.variables[plain] = UPLOADS
    elif len(value) == 1 and not value[0].block and len(value[0].text) < _LONGEST:
        if member:
            scope.tables.setdefault(target, {})[member] = value[0].text
        else:
            scope.variables[plain] = scope.expand(value[0].text)


def _table(word: _Word) -> dict[str, str]:
    """A hashtable's keys in lower case, with the values that are one word."""
    found: dict[str, str] = {}
    for words in _statements(word.text, word.offset):
        if len(words) > 2 and words[1].text == "=" and not words[2].block:
            found[words[0].text.lower()] = words[2].text
        elif len(words) > 1 and words[0].text.endswith("="):
            found[words[0].text[:-1].lower()] = words[1].text
    return found


def _parameters(body: str) -> list[str]:
    """The names in `param(...)`, in order."""
    for words in _statements(body, 0):
        lower = words[0].text.lower()
        if lower.startswith("param"):
            inside = words[1].text if len(words) > 1 and words[1].block == "(" else words[0].text[5:]
            return [each.lower() for each in _PARAMETER.findall(inside)]
    return []


def _command(words: list[_Word], scope: _Scope, depth: int, left: list[int]) -> Iterator[Passage]:
    name = words[0].text
    given = _given(words[1:], scope)
    if name.lower() in _LOADERS:
        uri, method = given.get("uri", given.get("0", "")), given.get("method", "")
        sent = "body" in given or "infile" in given or "form" in given
        if uri:
            option = f"-X {quoted(scope.expand(method).upper())} " if method else ""
            yield Passage(
                f"curl {option}{'-d x ' if sent and method else ''}{quoted(scope.expand(uri))}",
                words[0].offset,
            )
        return
    if name.lower() in scope.functions:
        parameters, body, offset = scope.functions[name.lower()]
        inner = _Scope(
            dict(scope.variables), {key: dict(value) for key, value in scope.tables.items()}, scope.functions
        )
        for number, parameter in enumerate(parameters):
            value = given.get(parameter, given.get(str(number)))
            if value is not None:
                inner.variables[parameter] = scope.expand(value)
        yield from (
            Passage(each.text, words[0].offset) for each in _read(body, offset, inner, depth + 1, left)
        )
        return
    if re.match(r"[A-Za-z]", name):
        line = " ".join(quoted(scope.expand(word.text) if not word.block else "$x") for word in words)
        yield Passage(line, words[0].offset)


def _given(words: list[_Word], scope: _Scope) -> Mapping[str, str]:
    """Parameters by name in lower case, those without a name by their number; splatted ones too."""
    found: dict[str, str] = {}
    number = index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word.text.startswith("@") and not word.block:
            found |= scope.tables.get(word.text[1:].lower(), {})
        elif word.text.startswith("-") and not word.block and not word.string:
            name, _, value = word.text[1:].partition(":")
            if value:
                found[name.lower()] = value
            elif index < len(words) and not (words[index].text.startswith("-") and not words[index].string):
                found[name.lower()] = words[index].text if not words[index].block else _of_block(words[index])
                index += 1
            else:
                found[name.lower()] = ""
        else:
            found[str(number)] = word.text if not word.block else _of_block(word)
            number += 1
    return found


def _of_block(word: _Word) -> str:
    """`("https://..." + $x)` and `("{0}/x" -f $y)`: the texts inside, with a variable for what is none."""
    if word.block not in ("(", "$("):
        return "$x"
    parts = [part for words in _statements(word.text, 0) for part in words]
    if len(parts) > 1 and parts[1].text == "-f":
        return re.sub(r"\{\d+\}", "$x", parts[0].text)
    return "".join(
        part.text if part.string or part.text.startswith("$") else "" for part in parts if part.text != "+"
    )
