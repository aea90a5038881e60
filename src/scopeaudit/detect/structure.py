"""What a value is assigned to, read from the text around it alone.

One reader serves `.env`, shell, YAML, JSON, TOML, INI, properties, XML, HCL, Dockerfile and the
assignments of the usual languages: it looks at what stands directly before a value, not at the file
type. Everything is bounded: a name within 256 bytes of the value, parents within 4 KiB.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from scopeaudit.detect.lazy import lazy

_REMEMBERED = 4096
_BEFORE_BYTES = 256
_SCOPE_BYTES = 4096
_SCOPE_LINES = 120
_PAIR_BYTES = 300
_DEPTH = 8

_NAME = r"(?<!\w)(?P<name>[A-Za-z_][\w.\-]{0,127})"
_CLOSE = r"[\\\"'`\])*]{0,5}\s{0,40}"
_TYPE = r"(?:\??:\s{1,4}[A-Za-z_][\w.<>\[\]| ?]{0,40}\s(?==)|[ \t]{1,4}(?:string|\[\]byte)[ \t]{1,4}(?==))?"
_SIGN = r"(?:=>|:{1,3}=|\?=|\|\|=|[+.]=|!={1,2}|={1,3}|:[-=?+]|:)"
_OPEN = (
    r"(?:[\[({]\s{0,4}|(?:(?:\[\])?[*&]?[A-Za-z_][\w.:]{0,40}\(\s{0,4}){1,2}(?=[@bu]?[\"'`\\]))?"
    r"(?:[A-Za-z@]{1,2}(?=[\"'`]))?\\{0,3}[\"'`]{0,4}"
)
_TAG_ABOVE = lazy(r"<(?P<name>[A-Za-z_][\w:.-]{0,127})(?:\s[^<>]{0,64})?>\s{1,64}\Z")
"""An element of XML that begins on the line above."""
_INDENTED = "\"'`- \t|>(\\"
_SETTER = r"\b(?:define|putenv|\w{0,20}env|(?:set|get|put|add|with|append)\w{0,20}|export|property|header)"
_SCHEME = r"(?:(?:Bearer|Basic|Token|ApiKey|Key)\s{1,4})?"
_ASSIGNING = lazy(rf"{_NAME}{_CLOSE}{_TYPE}{_SIGN}\s{{0,20}}{_OPEN}{_SCHEME}\Z", re.IGNORECASE)
_IN_ELEMENT = (
    r"<(?P<name>[\w:.-]{0,60}(?:secret|token|passw|key|credential)[\w:.-]{0,60})(?:\s[^<>]{0,64})?>"
    r"\s{0,8}\{?(?:[A-Za-z]{1,16}\s{1,4})?"
)
"""Jenkins writes what it keeps in braces, some others a word before it."""
_BEFORE = tuple(
    (needed, lazy(expression + r"\Z", re.IGNORECASE))
    for needed, expression in (
        (
            "=",
            r"\b(?:name|key)\s{0,4}=\s{0,4}[\"'](?P<name>[^\"'<>]{1,128})[\"'][^<>]{0,64}\bvalue\s{0,4}=\s{0,4}[\"']",
        ),
        (
            "<",
            r"<\w[\w:.-]{0,64}\s[^<>]{0,64}\b(?:name|key)\s{0,4}=\s{0,4}[\"'](?P<name>[^\"'<>]{1,128})[\"'][^<>]{0,64}>\s{0,8}",
        ),
        ("<", r"<(?P<name>[A-Za-z_][\w:.-]{0,127})(?:\s[^<>]{0,64})?>\s{0,8}"),
        ("<", _IN_ELEMENT),
        ("", rf"{_NAME}{_CLOSE}{_TYPE}{_SIGN}\s{{0,20}}{_OPEN}{_SCHEME}"),
        (
            "(",
            rf"{_SETTER}\(\s{{0,20}}[\"'](?P<name>[^\"'()]{{1,128}})[\"']\s{{0,4}},\s{{0,20}}{_OPEN}{_SCHEME}",
        ),
        ("-", rf"(?:^|[\s\"'\[,(])--?(?P<name>[A-Za-z][\w-]{{0,63}})[\"',=\s]{{1,6}}{_OPEN}{_SCHEME}"),
        ("", rf"^\s{{0,20}}(?:ENV|ARG|setenv|setx?|env)\s{{1,8}}{_NAME}\s{{1,8}}{_OPEN}"),
        ("", r"(?:^|\s)(?P<name>password|passwd|login|account)\s{1,8}"),
    )
)
"""Ways to name a value, each with a character without which it is not worth a search."""
_PLIST = lazy(r"<key>\s{0,8}(?P<name>[^<>]{1,128}?)\s{0,8}</key>\s{0,40}<string>\s{0,8}\Z")
_FORWARD = lazy(
    rf"{_NAME}{_CLOSE}{_TYPE}(?:{_SIGN}|,(?=\s{{0,4}}[\"']))[^\S\n]{{0,20}}(?:\n[^\S\n]{{0,20}}(?=[\"']))?"
    r"(?P<open>(?:[A-Za-z]{1,2}(?=[\"'`]))?\\{0,3}(?P<quote>[\"'`]{1,3})|)"
)
_ATTRIBUTE = lazy(
    rf"(?:\bname|\bkey)\s*=\s*(?P<q>[\"']){_NAME}(?P=q)[^<>]{{0,64}}\bvalue\s*=\s*(?P<open>(?P<quote>[\"']))"
)
_ELEMENT = lazy(rf"<{_NAME}(?:\s[^<>]{{0,64}})?>(?P<open>\s{{0,8}})(?=[^<\s])")
_SPACED = lazy(
    rf"(?m)^[^\S\n]{{0,20}}(?:(?:ENV|ARG|setenv|setx?)[^\S\n]{{1,8}})?{_NAME}[^\S\n]{{1,8}}(?P<open>(?P<quote>[\"'])?)"
)
_BARE = lazy(r"[^\s\"'`<>]{1,512}")
_CLOSERS = ",;)}]"
_PAIRED = {"value", "val", "string_value", "default", "default_value", "secret_value"}
_PAIR_NAME = lazy(
    r"[\"']?\b(?:name|key|variable|Name|Key|ParameterKey|KEY|NAME)\b[\"']?\s{0,8}[:=]\s{0,8}[\"']?(?P<name>[A-Za-z_][\w.\-]{0,127})"
)
_SECTION = lazy(
    r"(?m)^[^\S\n]{0,8}\[{1,2}[^\S\n]{0,4}(?P<name>[^\[\]\n]{1,128}?)[^\S\n]{0,4}\]{1,2}[^\S\n]{0,8}(?:[#;].{0,80})?$"
)
_PARENT = lazy(
    r"(?:-\s{1,4})?(?:(?:const|let|var|export|def|class|module|local)\s{1,4})?[\"']?(?P<name>[A-Za-z_][\w.\-]{0,127})[\"']?"
    r"(?:\s{1,4}[\"'](?P<label>[\w.\-]{1,64})[\"'])*\s{0,4}(?:[:=]|=>)?\s{0,4}[&!|>\-\w]{0,16}\s{0,4}[\[{(]?\s{0,4}(?:[#/].{0,80})?"
)


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where a value stands."""

    name: str | None
    """As written; `None` if nothing is assigned."""
    scope: tuple[str, ...] = ()
    """Section, table, object or block around it, outermost first."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name, its last part, and the name below its parents: what globs are tried on."""
        if self.name is None:
            return self.scope[-1:]
        last = re.split(r"[.:]", self.name)[-1]
        below = [
            ".".join((*self.scope[-depth:], self.name)) for depth in range(1, min(len(self.scope), 2) + 1)
        ]
        return tuple(dict.fromkeys((self.name, last, *below)))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A name with the value written after it."""

    name: str
    start: int
    """Offset of the value in the text it was read from."""
    end: int
    quoted: bool


def assigned(data: bytes, start: int, document_name: str | None = None) -> Assigned:
    """What the value at `start` is assigned to; `document_name` where `data` is a variable's whole value."""
    before = _text(data, max(0, start - _BEFORE_BYTES), start)
    name = _name_before(before)
    if name is None:
        return Assigned(document_name, scope(data, start) if document_name is None else ())
    if name.lower() in _PAIRED or name.lower() == "defaultvalue":
        name = _pair_name(data, start) or name
    around = scope(data, start)
    if name == "default" and around:
        # A variable of Terraform: its name stands above the block.
        return Assigned(around[-1], around[:-1])
    return Assigned(name, around)


def name_before(data: bytes, start: int) -> str | None:
    """The name alone that the value at `start` is given to, without what stands around it."""
    return _name_before(_text(data, max(0, start - _BEFORE_BYTES), start))


@lru_cache(maxsize=_REMEMBERED)
def assignments(text: str) -> tuple[Assignment, ...]:
    """Every assignment in a few lines of text, in order of the names; values may hold others.

    The same lines are asked about once for every name that ends there, and again in every version of a file.
    """
    found: dict[int, Assignment] = {}
    for expression in (_ATTRIBUTE, _ELEMENT, _FORWARD, _SPACED):
        for match in _overlapping(expression, text):
            each = _assignment(match, text)
            if each is not None:
                found.setdefault(each.start, each)
    return tuple(found[start] for start in sorted(found))


def scope(data: bytes, start: int) -> tuple[str, ...]:
    """The section, or the keys by indentation or on the same line, that a value stands under."""
    begin = max(0, start - _SCOPE_BYTES)
    text = _text(data, begin, start)
    sections = list(_SECTION.finditer(text))
    lines = text.split("\n")
    if begin and len(lines) > 1:
        lines = lines[1:]
    parents = _parents(lines[-_SCOPE_LINES:])
    if sections and not (parents and _indentation(lines[-1])):
        return (sections[-1].group("name").strip("\"' "),)
    return parents


def _name_before(text: str) -> str | None:
    """The name before a value: on its line, or on the line above if nothing else stands before it."""
    line = text[text.rfind("\n") + 1 :]
    if "<string>" in line and (found := _PLIST.search(text)):
        return found.group("name")
    for needed, expression in _BEFORE if line.strip() else ():
        if needed in line and (found := expression.search(line)):
            return found.group("name")
    if not line.strip() and (found := _TAG_ABOVE.search(text)):
        return found.group("name")
    stripped = text.rstrip(_INDENTED)
    if stripped.endswith("\n"):
        above = stripped.rstrip(_INDENTED + "\r\n")
        if above.endswith((":", "=")) and (found := _ASSIGNING.search(above[above.rfind("\n") + 1 :])):
            return found.group("name")
    return None


def _pair_name(data: bytes, start: int) -> str | None:
    """The name of `name: N`, `value: V`, in either order, next to each other."""
    before = _text(data, max(0, start - _PAIR_BYTES), start)
    near = re.split(r"[{}]|\n\s*\n", before)[-1]
    if found := list(_PAIR_NAME.finditer(near)):
        return found[-1].group("name")
    after = re.split(r"[{}]|\n\s*\n|\n\s*-\s", _text(data, start, min(len(data), start + _PAIR_BYTES)))[0]
    following = _PAIR_NAME.search(after)
    return following.group("name") if following else None


def _parents(lines: list[str]) -> tuple[str, ...]:
    """Keys of lines indented less and less, going up; within the last line, keys of open braces."""
    inline = _inline_parents(lines[-1])
    depth = _indentation(lines[-1])
    found: list[str] = []
    for line in reversed(lines[:-1]):
        if not depth or len(found) == _DEPTH:
            break
        stripped = line.strip()
        indentation = _indentation(line)
        if not stripped or indentation >= depth or stripped[0] in "#}])":
            continue
        depth = indentation
        if parent := _PARENT.fullmatch(stripped[:200]):
            found.append(parent.group("label") or parent.group("name"))
    return (*reversed(found), *inline)


def _inline_parents(line: str) -> tuple[str, ...]:
    found: list[str] = []
    closed = 0
    for match in reversed(list(re.finditer(r"[{}]", line[-2 * _BEFORE_BYTES :]))):
        if match.group() == "}":
            closed += 1
        elif closed:
            closed -= 1
        else:
            before = line[-2 * _BEFORE_BYTES :][: match.start()]
            if key := re.search(r"([A-Za-z_][\w.\-]{0,127})\\?[\"']?\s{0,4}[:=]?\s{0,4}\Z", before):
                found.append(key.group(1))
    return tuple(reversed(found[:_DEPTH]))


def _indentation(line: str) -> int:
    expanded = line.expandtabs(4)
    inner = expanded.lstrip(" ")
    return len(expanded) - len(inner) + (2 if inner.startswith("- ") else 0)


def _overlapping(expression: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches in order, a name being looked for in the values of others too."""
    position = 0
    while found := expression.search(text, position):
        yield found
        position = max(found.end("name") + 1, position + 1)


def _assignment(match: re.Match[str], text: str) -> Assignment | None:
    name, start = match.group("name"), match.end("open")
    quote = match.groupdict().get("quote")
    if quote:
        stop = len(text)
        escaped = "\\" if "\\" in match.group("open") else ""
        end = text.find(escaped + quote, start)
        if end < 0 or end >= stop or end == start:
            return None
        return Assignment(name, start, end, quoted=True)
    found = _BARE.match(text, start)
    if found is None:
        return None
    end = found.end() - (len(found.group()) - len(found.group().rstrip(_CLOSERS)))
    return Assignment(name, start, end, quoted=False) if end > start else None


def _text(data: bytes, start: int, end: int) -> str:
    """Bytes as text, one character a byte, so that offsets stay."""
    return data[start:end].decode("latin-1")
