"""Shell text as commands: words without quotes, here-documents, and what variables of the same text hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAXIMUM_COMMANDS = 5_000
MAXIMUM_WORDS = 400
MAXIMUM_DEPTH = 4
LONGEST_WORD = 2_000
"""Characters; of a longer one variables are not replaced."""
_REACH = 8_000
_UNCLOSED = 50

_HERE = re.compile(r"<<(-?)\s*(['\"]?)([A-Za-z_]\w*)\2")
_ASSIGNED = re.compile(r"(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)\s*(?::=|\?=|\+=|::=|=)")
_VARIABLE = re.compile(
    r"\$\{\{.*?\}\}|\$\{([A-Za-z_]\w*)[^}]*\}|\$\(([A-Za-z_]\w*)\)|\$([A-Za-z_]\w*)|\$\((?:[^()]|\([^()]*\))*\)"
)
_KEYWORDS = frozenset(
    [
        "if",
        "then",
        "elif",
        "else",
        "do",
        "while",
        "until",
        "!",
        "{",
        "time",
        "exec",
        "command",
        "builtin",
        "nohup",
        "eval",
    ]
)
_WRAPPERS = {
    "sudo": ("-u", "-g"),
    "env": ("-u",),
    "npx": ("-p", "--package", "-c"),
    "bunx": (),
    "pnpx": (),
    "uvx": ("--from", "--with"),
    "xargs": ("-n", "-I", "-P", "-L", "-d", "-i"),
    "timeout": ("-s", "-k"),
    "retry": ("-t", "-n"),
    "nice": ("-n",),
    "dotenv": ("-e", "-f"),
    "chronic": (),
    "ionice": ("-c", "-n"),
    "stdbuf": ("-o", "-i", "-e"),
    "time": (),
    "watch": ("-n",),
    "dotenvx": ("-f",),
    "caffeinate": (),
    "doas": ("-u",),
    "flock": ("-w", "-E"),
    "setsid": (),
    "runuser": ("-u", "-g"),
    "parallel": ("-j", "-I"),
    "unbuffer": (),
    "with-contenv": (),
    "tini": (),
    "dumb-init": (),
    "cross-env": (),
    "run-one": (),
}
"""Programs that start another, with their options that take a value."""
_RUNNERS = {
    ("poetry", "run"),
    ("pipenv", "run"),
    ("uv", "run"),
    ("pdm", "run"),
    ("hatch", "run"),
    ("bundle", "exec"),
    ("pnpm", "dlx"),
    ("pnpm", "exec"),
    ("yarn", "dlx"),
    ("yarn", "exec"),
    ("npm", "exec"),
    ("bun", "x"),
    ("pipx", "run"),
    ("rye", "run"),
    ("mise", "exec"),
    ("asdf", "exec"),
    ("dotenvx", "run"),
    ("uv", "tool"),
    ("heroku", "run"),
    ("conda", "run"),
}
_DASHED = frozenset(
    {"op", "doppler", "aws-vault", "vault", "chamber", "teller", "infisical", "sops", "saml2aws", "aws-okta"}
)
"""Programs that start what follows `--`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, the first its program without a path."""

    words: tuple[str, ...]
    offset: int
    """In the file."""
    body: str | None = None
    """Its here-document."""
    body_offset: int = 0
    quoted: tuple[int, ...] = ()
    """Indexes of words that hold quotes, which may be code or SQL."""


@dataclass(slots=True)
class Script:
    """Shell text of a file, with what it assigns."""

    variables: dict[str, str] = field(default_factory=dict)
    is_cut_short: bool = False
    """Whether a text held more commands than are read."""

    def expand(self, word: str) -> str:
        """A word with variables of this text replaced; others stay as written."""
        for _ in range(MAXIMUM_DEPTH):
            if len(word) > LONGEST_WORD or _VARIABLE.search(word) is None:
                return word
            replaced = _VARIABLE.sub(self._value, word)
            if replaced == word:
                return word
            word = replaced
        return word

    def _value(self, found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2) or found.group(3)
        return self.variables.get(name or "", found.group())

    def commands(self, text: str, offset: int, depth: int = 0) -> Iterator[Command]:
        """The commands of shell text that begins at an offset of its file, those in `$(...)` too."""
        for count, (words, start, body, body_at, quoted) in enumerate(_split(text)):
            if count > MAXIMUM_COMMANDS:
                self.is_cut_short = True
                return
            for word in words if depth < MAXIMUM_DEPTH else ():
                if "$(" in word or "`" in word:
                    for inner, at in _substituted(word):
                        position = text.find(inner, start, start + _REACH)
                        yield from self.commands(inner, offset + max(position, start, at), depth + 1)
            words, dropped = self._assigned(words)
            found = program_of(words)
            if found:
                shift = dropped + len(words) - len(found)
                yield Command(
                    tuple(found),
                    offset + start,
                    body,
                    offset + body_at,
                    tuple(each - shift for each in quoted if each >= shift),
                )

    def _assigned(self, words: list[str]) -> tuple[list[str], int]:
        """The words after assignments, which are kept."""
        count = 0
        while words:
            keyword = words[0] in ("export", "local", "readonly", "declare", "set") and len(words) > 1
            if keyword and "=" in words[1]:
                words, count = words[1:], count + 1
            found = _ASSIGNED.match(words[0])
            if found is None:
                break
            value = _default(found.group(1), words[0][found.end() :])
            spent = 1
            if not value and len(words) > 1 and found.end() == len(words[0]) and words[0][-2:-1] in ":?+":
                value, spent = " ".join(words[1:]), len(words)
            if len(value) < 500:
                self.variables.setdefault(found.group(1), value)
            words, count = words[spent:], count + spent
        return words, count


UPLOADS = "https://uploads.github.com/repos/owner/repo/releases/1/assets"
"""What `upload_url` of a release that was asked for holds: https://docs.github.com/rest/releases/assets"""


def _default(name: str, value: str) -> str:
    """What a name holds that nothing else sets: `NAME="${NAME:-https://...}"`."""
    if "upload_url" in value and "$(" in value:
        return UPLOADS
    if value.startswith((f"${{{name}:-", f"${{{name}-", f"${{{name}:=")) and value.endswith("}"):
        return value[:-1].partition("-" if "-" in value[len(name) + 2 : len(name) + 4] else "=")[2]
    return value


def _substituted(word: str) -> Iterator[tuple[str, int]]:
    position = 0
    while (start := word.find("$(", position)) >= 0:
        depth, end = 0, start + 1
        while end < len(word):
            depth += (word[end] == "(") - (word[end] == ")")
            end += 1
            if depth == 0:
                break
        yield word[start + 2 : end - 1], start
        position = end
    parts = word.split("`")
    for index in range(1, len(parts) - 1, 2):
        yield parts[index], 0


def program_of(words: list[str]) -> list[str]:
    """The words from the program that is really started."""
    for _ in range(6):
        while words and (words[0] in _KEYWORDS or (words[0] in ("[", "[[", "(", ")"))):
            words = words[1:]
        while words and re.match(r"[A-Za-z_]\w*=", words[0]):
            words = words[1:]
        if not words:
            return []
        name = words[0].rpartition("/")[2]
        if name in _WRAPPERS:
            words = _after_options(words[1:], _WRAPPERS[name], number=True)
        elif (name, words[1] if len(words) > 1 else "") in _RUNNERS:
            words = _after_options(words[2:], ())
            words = words[1:] if words[:1] in (["run"], ["--"]) else words
        elif name == "find" and ("-exec" in words or "-execdir" in words):
            start = words.index("-exec" if "-exec" in words else "-execdir") + 1
            words = words[start:]
        elif name in _DASHED and "--" in words:
            words = words[words.index("--") + 1 :]
        elif re.match(r"python[\d.]*$|py$", name) and words[1:2] == ["-m"]:
            words = words[2:]
        elif (
            name in ("sh", "bash", "zsh")
            and len(words) > 2
            and words[1] in ("-c", "-ec", "-lc", "-xc", "-euc")
        ):
            return [name, *words[1:]]
        else:
            return [
                re.sub(r"@[\w.^~-]+$", "", name) if not words[0].startswith("@") else _package(words[0]),
                *words[1:],
            ]
    return words


def _package(word: str) -> str:
    """The program of a scoped package: `@railway/cli` starts `railway`."""
    scope, _, name = word.removeprefix("@").partition("/")
    name = name.partition("@")[0]
    return scope if name == "cli" else name


def _after_options(words: list[str], valued: tuple[str, ...], *, number: bool = False) -> list[str]:
    while words and words[0].startswith("-") and words[0] != "--":
        words = words[2:] if words[0] in valued else words[1:]
    if words[:1] == ["--"]:
        words = words[1:]
    if number and words and re.match(r"[\d.]+[smhd]?$", words[0]):
        words = words[1:]
    return words


def _split(text: str) -> Iterator[tuple[list[str], int, str | None, int, list[int]]]:
    """Words of each command, its offset, its here-document with offset, and which words were quoted."""
    reader = _Reader(text)
    while reader.position < len(text):
        yield from reader.command()


class _Reader:
    """Reads one command after the other. Every step moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.unclosed = 0

    def command(self) -> Iterator[tuple[list[str], int, str | None, int, list[int]]]:
        """The next command, if there is one before the end of its line or list."""
        words: list[str] = []
        quoted: list[int] = []
        start = self.position
        tag: str | None = None
        while self.position < len(self.text):
            if self._ends(bool(words)):
                break
            if self._skipped():
                continue
            here = _HERE.match(self.text, self.position)
            if here is not None and not self.text.startswith("<<<", self.position):
                tag = here.group(3)
                self.position = here.end()
                continue
            if not words:
                start = self.position
            word, was_quoted = self.word()
            if len(words) < MAXIMUM_WORDS:
                if was_quoted:
                    quoted.append(len(words))
                words.append(word)
        body, body_at = self._document(tag) if tag is not None else (None, 0)
        if body is None and self.position < len(self.text):
            self.position += 1
        if words:
            yield words, start, body, body_at, quoted

    def _ends(self, begun: bool) -> bool:
        """Whether a command ends here; `&` of a redirection, `2>&1`, ends none."""
        character = self.text[self.position]
        if character == "&" and begun and self.text[self.position - 1] in "><":
            self.position += 1
            return False
        return character == "\n" or character in ";|&" or (character in "()" and begun)

    def _skipped(self) -> bool:
        """Whether there was something between words, which is left behind."""
        before = self.position
        if before >= len(self.text):
            return True
        if self.text[before] in " \t\r()":
            self.position += 1
        elif self.text.startswith("\\\n", before):
            self.position += 2
        elif self.text[before] == "#":
            end = self.text.find("\n", before)
            self.position = end if end >= 0 else len(self.text)
        return self.position > before

    def _document(self, tag: str) -> tuple[str | None, int]:
        """The lines up to the tag, and their offset; nothing if the tag does not come."""
        line_end = self.text.find("\n", self.position)
        if line_end < 0 or self.unclosed > _UNCLOSED:
            return None, 0
        end = re.compile(rf"^[ \t]*{re.escape(tag)}[ \t]*$", re.MULTILINE).search(self.text, line_end)
        if end is None:
            self.position = line_end
            self.unclosed += 1
            return None, 0
        self.position = end.end()
        return self.text[line_end + 1 : end.start()], line_end + 1

    def word(self) -> tuple[str, bool]:
        parts: list[str] = []
        was_quoted = False
        text = self.text
        while self.position < len(text):
            character = text[self.position]
            if character in " \t\r\n;|&" or (
                character in "()" and not text.startswith("$(", self.position - 1)
            ):
                if character == "&" and text[self.position - 1] in "><":
                    parts.append(character)
                    self.position += 1
                    continue
                break
            if character == "'":
                end = text.find("'", self.position + 1)
                end = end if end >= 0 else len(text)
                parts.append(text[self.position + 1 : end])
                self.position, was_quoted = end + 1, True
            elif character == '"':
                parts.append(self._double())
                was_quoted = True
            elif character == "\\" and self.position + 1 < len(text):
                parts.append("" if text[self.position + 1] == "\n" else text[self.position + 1])
                self.position += 2
            elif text.startswith(("$(", "${"), self.position):
                parts.append(self._substitution())
            elif character == "`":
                end = text.find("`", self.position + 1)
                end = end + 1 if end >= 0 else self.position + 1
                parts.append(text[self.position : end])
                self.position = end
            else:
                parts.append(character)
                self.position += 1
        return "".join(parts), was_quoted

    def _double(self) -> str:
        self.position += 1
        parts: list[str] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            if character == '"':
                self.position += 1
                break
            if character == "\\" and self.position + 1 < len(self.text):
                following = self.text[self.position + 1]
                parts.append(
                    "" if following == "\n" else following if following in '"\\$`' else character + following
                )
                self.position += 2
            elif self.text.startswith(("$(", "${"), self.position):
                parts.append(self._substitution())
            else:
                parts.append(character)
                self.position += 1
        return "".join(parts)

    def _substitution(self) -> str:
        """`$(...)`, `${...}` or `${{...}}` as written; up to the end of the line where it is not closed."""
        start = self.position
        opening = self.text[start + 1]
        closing = ")" if opening == "(" else "}"
        depth = 0
        position = start + 1
        limit = min(len(self.text), start + 4000)
        while position < limit:
            character = self.text[position]
            depth += (character == opening) - (character == closing)
            position += 1
            if depth == 0:
                break
        else:
            end = self.text.find("\n", start)
            position = end if end >= 0 else len(self.text)
        self.position = max(position, start + 1)
        return self.text[start : self.position]
