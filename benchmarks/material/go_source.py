"""A reader of Go source for tables of test cases.

It evaluates what a test file builds from constants. What it cannot evaluate becomes `UNKNOWN`, and is counted by the
caller; nothing is guessed.
"""

from dataclasses import dataclass
from typing import Any

from .go_expressions import ExpressionReader
from .go_words import UNKNOWN, Function, Type, UnreadableError, tokens_of


@dataclass(slots=True)
class Reader(ExpressionReader):
    """Evaluates one file: constants and variables at its top, then the bodies of its functions."""

    def read_file(self, source: str) -> dict[str, Function]:
        """Evaluate what is declared at the top; the functions, by name."""
        self.tokens, self.at = tokens_of(source), 0
        functions: dict[str, Function] = {}
        while self.at < len(self.tokens):
            if self.peek() == "func":
                self.take()
                if self.peek() == "(":
                    self.skip_block()
                name = self.take().text
                parameters = self.parameters()
                while self.peek() not in {"{", ";", ""}:
                    self.at += 1
                if self.peek() == "{":
                    functions[name] = Function(parameters, self.skip_block())
            else:
                self.statement()
        for name, function in functions.items():
            self.names.setdefault(name, function)
        self._again(source, functions)
        return functions

    def _again(self, source: str, functions: dict[str, Function]) -> None:
        """Once more for what uses a later declaration or a function of the file."""
        if all(value is not UNKNOWN for value in self.names.values()):
            return
        self.tokens, self.at = tokens_of(source), 0
        while self.at < len(self.tokens):
            if self.peek() == "func":
                self.skip_until("{")
                self.skip_until(";")
            else:
                before = self.at
                self.statement()
                self.at = max(self.at, before + 1)
        for name, function in functions.items():
            self.names.setdefault(name, function)

    def run(self, function: Function, arguments: list[Any] | None = None) -> tuple[dict[str, Any], Any]:
        """Evaluate a function's statements in order; its variables and what it returned."""
        if self.depth > 12:
            raise UnreadableError("too deep")
        inner = Reader(self.calls, dict(self.names), dict(self.types), list(function.body), 0, self.depth + 1)
        for name, value in zip(function.parameters, arguments or [], strict=False):
            inner.names[name] = value
        returned: Any = UNKNOWN
        while inner.at < len(inner.tokens):
            if inner.peek() == "return":
                inner.take()
                if arguments is not None:
                    returned = inner.value_or_unknown()
                    break
                inner.skip_until(";")
            else:
                before = inner.at
                inner.statement()
                inner.at = max(inner.at, before + 1)
        return inner.names, returned

    def statement(self) -> None:
        """One statement; those that declare or assign are evaluated."""
        word = self.peek()
        if word in {"const", "var"}:
            self.take()
            if self.peek() == "(":
                self.take()
                while self.peek() not in {")", ""}:
                    self._declaration()
                self.take()
            else:
                self._declaration()
            return
        if word == "type":
            self.take()
            self._type_declaration()
        elif word == ";":
            self.take()
            return
        elif self.peek(1) in {":=", "="} and self.tokens[self.at].kind == "name":
            name = self.take().text
            self.take()
            self.names[name] = self.value_or_unknown()
        elif self.peek(1) == "," and self._several():
            pass
        else:
            self.skip_until(";")
            if self.peek() != ";":
                self.at += 1
            return
        if self.peek() != ";":
            self.skip_until(";")
        if self.peek() == ";":
            self.take()

    def _several(self) -> bool:
        """`a, b := 1, 2`."""
        start, names = self.at, []
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "name":
            names.append(self.take().text)
            if self.peek() != ",":
                break
            self.take()
        if self.peek() not in {":=", "="}:
            self.at = start
            self.skip_until(";")
            return True
        self.take()
        for name in names:
            self.names[name] = self.value_or_unknown(",")
            if self.peek() == ",":
                self.take()
        return True

    def _declaration(self) -> None:
        if self.peek() == ";":
            self.take()
            return
        names = [self.take().text]
        while self.peek() == ",":
            self.take()
            names.append(self.take().text)
        kind: Type | None = None
        if self.peek() not in {"=", ";"}:
            try:
                kind = self.type()
            except UnreadableError:
                self.skip_until("=", ";")
        if self.peek() == "=":
            self.take()
            for name in names:
                self.names[name] = self.value_or_unknown(",")
                if self.peek() == ",":
                    self.take()
        else:
            for name in names:
                self.names[name] = "" if kind and kind.name == "string" else UNKNOWN
        self.skip_until(";")
        if self.peek() == ";":
            self.take()

    def _type_declaration(self) -> None:
        start = self.at
        try:
            name = self.take().text
            self.types[name] = self.type()
        except UnreadableError:
            self.at = start
            self.skip_until(";")
