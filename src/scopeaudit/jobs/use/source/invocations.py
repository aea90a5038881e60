"""What is called with which brackets, and which method of HTTP a call says."""

import re
from collections.abc import Sequence

from scopeaudit.jobs.use.routes import METHODS
from scopeaudit.jobs.use.source.calls import snake
from scopeaudit.jobs.use.source.definitions import statement_start
from scopeaudit.jobs.use.source.tokens import Code, TokenType
from scopeaudit.jobs.use.text import Kind

_READS = frozenset(
    [
        "fetch",
        "urlopen",
        "file_get_contents",
        "openstream",
        "read_url",
        "got",
        "open",
        "getstring",
        "getjson",
        "getforobject",
        "getforentity",
        "getstringasync",
        "ky",
        "ofetch",
        "superagent",
        "curl_init",
        "newbuilder",
        "uri",
        "readtext",
        "newrequest",
    ]
)
_METHOD_NAME = re.compile(r"(?:set)?_?(?:http|request)?_?method", re.IGNORECASE)
_NEAR = 600
_REGION = 150


class Invocations:
    """The calls of one file by their brackets."""

    def __init__(self, code: Code) -> None:
        self.code = code

    def of_later(self, start: int) -> str | None:
        """The method that is set afterwards on what a string is made into: `request.httpMethod = "POST"`."""
        first = statement_start(self.code, start)
        name = next(
            (
                self.code.tokens[at - 1].text
                for at in range(first + 1, start)
                if self.code.is_mark(at, "=", ":=")
            ),
            None,
        )
        if name is None:
            return None
        for at in range(start, min(start + _REGION, len(self.code.tokens) - 4)):
            here = self.code.tokens[at]
            if (
                here.text != name
                or here.type is not TokenType.NAME
                or not self.code.is_mark(at + 1, ".", "->")
            ):
                continue
            if _METHOD_NAME.fullmatch(self.code.tokens[at + 2].text):
                given = [each.text.upper() for each in self.code.tokens[at + 3 : at + 7]]
                found = next((each for each in given if each in METHODS), None)
                if found is not None:
                    return found
        return None

    def of_call(self, opening: int, names: Sequence[str], end: int) -> str | None:
        """The method of a call: among its arguments, in its name, or around it in the chain."""
        closing = self.code.closing[opening]
        method = self._in_arguments(opening, min(closing, end + _REGION))
        if method is not None:
            return method
        for name in reversed(names):
            verb = verb_of(name)
            if verb is not None:
                return verb
        method = self._behind(closing + 1) or self._before(opening)
        if method is not None:
            return method
        last = names[-1].lower().replace("_", "") if names[-1].lower() not in _READS else names[-1].lower()
        if last == "curl_init":
            return self._of_curl(closing)
        if names[-1] == "Request" or last in ("urlopen", "curl"):
            return "POST" if self._has_name(opening, closing, ("data", "body")) else "GET"
        return "GET" if last in _READS and last not in ("uri", "newrequest", "newbuilder", "open") else None

    def _in_arguments(self, opening: int, closing: int) -> str | None:
        """A method among arguments: `"POST"`, `method: 'delete'`, `HttpMethod.Put`, `:post`."""
        tokens = self.code.tokens
        for index in range(opening + 1, min(closing, opening + _REGION)):
            token = tokens[index]
            if token.type is TokenType.STRING:
                keyed = tokens[index - 1].text in (":", "=", "=>") and tokens[index - 2].text.lower() in (
                    "method",
                    "verb",
                    "type",
                )
                if token.text.upper() in METHODS and (keyed or token.text.isupper() or index == opening + 1):
                    return token.text.upper()
            elif token.type is TokenType.NAME:
                before = tokens[index - 2].text if self.code.is_mark(index - 1, ".", "::") else ""
                if before.lower().endswith(("method", "verb")) and token.text.upper() in METHODS:
                    return token.text.upper()
                implicit = self.code.kind is Kind.OTHER_CODE and self.code.is_mark(index - 1, ".")
                if implicit and token.text.upper() in METHODS and self.code.is_mark(index - 2, "(", ",", ":"):
                    return token.text.upper()
                if token.text.startswith("Method") and token.text[6:].upper() in METHODS:
                    return token.text[6:].upper()
                symbol = self.code.kind is Kind.RUBY and self.code.is_mark(index - 1, ":")
                if symbol and token.text.upper() in METHODS:
                    return token.text.upper()
        return None

    def _behind(self, index: int) -> str | None:
        """A method further on in the chain, `.uri(...).POST(body)`."""
        for _ in range(12):
            if not self.code.is_mark(index, ".", "->", "?.") or not self.code.is_name(index + 1):
                return None
            name = self.code.tokens[index + 1].text
            if not self.code.is_mark(index + 2, "("):
                index += 2
                continue
            closing = self.code.closing.get(index + 2)
            if closing is None:
                return None
            if name.upper() in METHODS and (name.isupper() or name in ("post", "put", "patch", "delete")):
                return name.upper()
            if name in ("method", "setMethod", "setRequestMethod") and closing > index + 3:
                inner = self.code.tokens[index + 3].text.upper()
                if inner in METHODS:
                    return inner
            index = closing + 1
        return None

    def _before(self, opening: int) -> str | None:
        """A method earlier in the chain, `client.post().uri(...)`."""
        for name, index in self.chain(opening)[1:]:
            if name.upper() in METHODS and self.code.is_mark(index + 1, "("):
                return name.upper()
        return None

    def _of_curl(self, index: int) -> str:
        """The options that follow `curl_init` in PHP."""
        tokens = self.code.tokens
        method = "GET"
        for at in range(index, min(index + _NEAR, len(tokens))):
            text = tokens[at].text
            if text in ("curl_init", "curl_exec"):
                break
            if text == "CURLOPT_CUSTOMREQUEST":
                given = next(
                    (
                        tokens[to].text
                        for to in range(at + 1, min(at + 4, len(tokens)))
                        if tokens[to].type is TokenType.STRING
                    ),
                    "",
                )
                return given.upper() if given.upper() in METHODS else method
            if text in ("CURLOPT_POST", "CURLOPT_POSTFIELDS"):
                method = "POST"
        return method

    def callee(self, opening: int) -> list[str]:
        """The names of what is called with these brackets, first to last."""
        names: list[str] = []
        index = opening - 1
        if self.code.is_mark(index, ">"):
            index = self._before_types(index)
        if self.code.is_mark(index, "!"):
            index -= 1
        while self.code.is_name(index) and len(names) < 6:
            names.append(self.code.tokens[index].text)
            if not self.code.is_mark(index - 1, ".", "->", "::", "?."):
                break
            index -= 2
            if self.code.is_mark(index, ")"):
                break
        return names[::-1]

    def chain(self, opening: int) -> list[tuple[str, int]]:
        """Names and places of all that is called with these brackets, the last first, over other calls."""
        found: list[tuple[str, int]] = []
        index = opening - 1
        for _ in range(24):
            if self.code.is_mark(index, ">"):
                index = self._before_types(index)
            elif self.code.is_mark(index, "!", "?"):
                index -= 1
            elif self.code.is_mark(index, ")", "]", "}") and index in self.code.opening:
                index = self.code.opening[index] - 1
                continue
            if not self.code.is_name(index):
                break
            found.append((self.code.tokens[index].text, index))
            index -= 1
            if self.code.is_mark(index, "!", "?"):
                index -= 1
            if not self.code.is_mark(index, ".", "->", "::", "?.", "&."):
                break
            index -= 1
        return found

    def _before_types(self, index: int) -> int:
        """The index before type arguments that end here."""
        for at in range(index, max(index - 24, 0), -1):
            if self.code.is_mark(at, "<"):
                return at - 1 - self.code.is_mark(at - 1, "::")
        return index

    def is_annotation(self, opening: int) -> bool:
        """Whether the brackets are those of an annotation: `@Get(...)`, `[HttpGet(...)]`, `#[get(...)]`."""
        names = self.chain(opening)
        if not names:
            return False
        name, index = names[-1]
        if self.code.kind in (Kind.RUBY, Kind.PHP):
            return False
        return name.startswith("@") or (
            self.code.is_mark(index - 1, "[")
            and (self.code.kind is Kind.CSHARP or self.code.is_mark(index - 2, "#"))
        )

    def _has_name(self, opening: int, closing: int, names: tuple[str, ...]) -> bool:
        tokens = self.code.tokens
        region = range(opening + 1, min(closing, opening + _REGION))
        return any(tokens[at].text in names and self.code.is_mark(at + 1, "=", ":") for at in region)


def verb_of(name: str) -> str | None:
    """The method that the name of a function says: `post`, `PostAsync`, `get_json`, `Delete`."""
    words = snake(name).split("_")
    if words[-1:] == ["async"]:
        words = words[:-1]
    for word in (words[0], words[-1]) if words else ():
        if word.upper() in METHODS:
            return word.upper()
    return None
