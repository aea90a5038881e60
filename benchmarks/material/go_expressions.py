"""Expressions and types of Go: literals, concatenation, composite literals, and calls of known functions."""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .go_words import BLOCKS, CALLS, UNKNOWN, Call, Function, Token, Type, Unknown, UnreadableError, go_string

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@dataclass(slots=True)
class ExpressionReader:
    """Reads words from a position on."""

    calls: dict[str, Call] = field(default_factory=lambda: dict(CALLS))
    names: dict[str, Any] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    at: int = 0
    depth: int = 0

    # The position

    def peek(self, ahead: int = 0) -> str:
        """The text of a coming word; empty at the end. Strings come with their quotes."""
        index = self.at + ahead
        return self.tokens[index].text if index < len(self.tokens) else ""

    def take(self, text: str | None = None) -> Token:
        """The next word, which has to be `text` where one is given."""
        if self.at >= len(self.tokens):
            raise UnreadableError("end of file")
        token = self.tokens[self.at]
        if text is not None and token.text != text:
            raise UnreadableError(f"{token.text} in place of {text}")
        self.at += 1
        return token

    def skip_block(self) -> tuple[Token, ...]:
        """Step over a bracketed block, which begins here; its inside."""
        start = self.at + 1
        depth = 0
        while self.at < len(self.tokens):
            token = self.take()
            if token.kind == "sign" and token.text in BLOCKS:
                depth += 1
            elif token.kind == "sign" and token.text in BLOCKS.values():
                depth -= 1
                if depth == 0:
                    return tuple(self.tokens[start : self.at - 1])
        raise UnreadableError("open block")

    def skip_until(self, *ends: str) -> None:
        """Step over whole blocks until one of these signs."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == "sign":
                if token.text in ends or token.text in BLOCKS.values():
                    return
                if token.text in BLOCKS:
                    self.skip_block()
                    continue
            self.at += 1

    def parameters(self) -> tuple[str, ...]:
        """Names of a function's parameters, which begin here."""
        inside = self.skip_block()
        names, begins, depth = [], True, 0
        for token in inside:
            if token.kind == "name" and begins and depth == 0:
                names.append(token.text)
            depth += (token.text in BLOCKS) - (token.text in BLOCKS.values())
            begins = token.text == ","
        return tuple(names)

    def run(self, function: Function, arguments: list[Any] | None = None) -> tuple[dict[str, Any], Any]:
        """Evaluate a function's statements; its variables and what it returned."""
        raise NotImplementedError

    # Types

    def type(self) -> Type:
        """The type that begins here."""
        word = self.take().text
        if word == "[":
            self.skip_until("]")
            self.take("]")
            return Type("list", element=self.type())
        if word == "*":
            return self.type()
        if word == "map":
            self.take("[")
            self.type()
            self.take("]")
            return Type("map", element=self.type())
        if word == "struct":
            return self._struct()
        if word in {"func", "interface", "chan"}:
            raise UnreadableError(word)
        while self.peek() == ".":
            self.take()
            word += "." + self.take().text
        if self.peek() == "[" and word not in {"string", "byte"} and "." in word:
            self.skip_block()
        return self.types.get(word, Type("name", word))

    def _struct(self) -> Type:
        self.take("{")
        names: list[str] = []
        while self.peek() != "}":
            if self.peek() == ";":
                self.take()
                continue
            names.append(self.take().text)
            while self.peek() == ",":
                self.take()
                names.append(self.take().text)
            self.skip_until(";")
        self.take("}")
        return Type("struct", fields=tuple(names))

    # Expressions

    def value_or_unknown(self, *ends: str) -> Any:
        """The value of the expression here, or `UNKNOWN` with the expression stepped over."""
        start = self.at
        try:
            value = self.expression()
        except (UnreadableError, IndexError, TypeError, ValueError, AttributeError):
            self.at = start
            self.skip_until(";", *ends)
            return UNKNOWN
        if self.peek() not in {";", ",", ")", "}", "]", ":", "...", ""}:
            self.at = start
            self.skip_until(";", *ends)
            return UNKNOWN
        return value

    def expression(self) -> Any:
        """Sums of operands."""
        value = self._operand()
        while self.peek() in {"+", "-", "*"}:
            sign = self.take().text
            other = self._operand()
            if isinstance(value, Unknown) or isinstance(other, Unknown):
                raise UnreadableError("operand")
            value = _OPERATIONS[sign](value, other)
        return value

    def _operand(self) -> Any:
        return self._suffixes(self._primary())

    def _primary(self) -> Any:
        token = self.tokens[self.at] if self.at < len(self.tokens) else Token("sign", "")
        if token.kind == "raw":
            return self.take().text[1:-1].replace("\r", "")
        if token.kind == "string":
            return go_string(self.take().text)
        if token.kind == "rune":
            return str(ast.literal_eval(self.take().text))
        if token.kind == "number":
            return ast.literal_eval(self.take().text)
        if token.text == "(":
            self.take()
            value = self.expression()
            self.take(")")
            return value
        if token.text in {"&", "*"}:
            self.take()
            return self._primary()
        if token.text == "func":
            return self._function()
        if token.text in {"[", "map", "struct"}:
            return self._typed()
        if token.kind == "name":
            return self._named()
        raise UnreadableError(token.text)

    def _function(self) -> Function:
        self.take("func")
        parameters = self.parameters()
        while self.peek() not in {"{", ";", ""}:
            self.at += 1
        return Function(parameters, self.skip_block())

    def _typed(self) -> Any:
        kind = self.type()
        if self.peek() == "{":
            return self._composite(kind)
        self.take("(")
        value = self.expression()
        if self.peek() == ",":
            self.take()
        self.take(")")
        return value

    def _named(self) -> Any:
        name = self.take().text
        if name in {"true", "false", "nil"}:
            return {"true": True, "false": False, "nil": None}[name]
        while self.peek() == "." and name not in self.names:
            self.take()
            name += "." + self.take().text
        if self.peek() == "(":
            return self._call(name)
        if self.peek() == "{" and (name in self.types or name not in self.names):
            return self._composite(self.types.get(name, Type("name", name)))
        if name in self.names:
            return self.names[name]
        return UNKNOWN

    def _call(self, name: str) -> Any:
        arguments = self._arguments()
        if name == "append":
            return [*arguments[0], *arguments[1:]]
        function = self.names.get(name)
        if isinstance(function, Function):
            _, value = self.run(function, arguments)
            return value
        if name not in self.calls or any(each is UNKNOWN for each in arguments):
            return UNKNOWN
        return self.calls[name](arguments)

    def _arguments(self) -> list[Any]:
        self.take("(")
        found: list[Any] = []
        while self.peek() != ")":
            value = self.value_or_unknown(",")
            if self.peek() == "...":
                self.take()
                found.extend(value if isinstance(value, list) else [UNKNOWN])
            else:
                found.append(value)
            while self.peek() in {",", ";"}:
                self.take()
        self.take(")")
        return found

    def _suffixes(self, value: Any) -> Any:
        while True:
            word = self.peek()
            if word == ".":
                self.take()
                if self.peek() == "(":
                    self.skip_block()
                    value = UNKNOWN
                    continue
                name = self.take().text
                value = value.get(name, UNKNOWN) if isinstance(value, dict) else UNKNOWN
            elif word == "(":
                arguments = self._arguments()
                value = self.run(value, arguments)[1] if isinstance(value, Function) else UNKNOWN
            elif word == "[":
                value = self._index(value)
            else:
                return value

    def _index(self, value: Any) -> Any:
        self.take("[")
        first = None if self.peek() == ":" else self.expression()
        if self.peek() == ":":
            self.take()
            last = None if self.peek() == "]" else self.expression()
            self.take("]")
            return value[first:last] if isinstance(value, str | list) else UNKNOWN
        self.take("]")
        if isinstance(value, dict):
            return value.get(first, UNKNOWN)
        return value[first] if isinstance(value, str | list) else UNKNOWN

    def _composite(self, kind: Type) -> Any:
        """`T{...}`: a list, or a dictionary where the elements have keys."""
        self.take("{")
        plain: list[Any] = []
        keyed: dict[Any, Any] = {}
        while self.peek() != "}":
            if self.peek() in {",", ";"}:
                self.take()
                continue
            if self.tokens[self.at].kind == "name" and self.peek(1) == ":" and kind.shape != "map":
                key: Any = self.take().text
                self.take(":")
                keyed[key] = self._element(kind)
                continue
            value = self._element(kind)
            if self.peek() == ":":
                self.take()
                if isinstance(value, str | int):
                    keyed[value] = self._element(kind)
                else:
                    self._element(kind)
            else:
                plain.append(value)
        self.take("}")
        if kind.shape == "struct" and plain:
            return dict(zip(kind.fields, plain, strict=False))
        if keyed or kind.shape in {"map", "struct", "name"}:
            return keyed
        return plain

    def _element(self, kind: Type) -> Any:
        if self.peek() == "{":
            return self._composite(kind.element or Type("name"))
        start = self.at
        try:
            value = self.expression()
        except (UnreadableError, IndexError, TypeError, ValueError, AttributeError):
            value = UNKNOWN
        if value is UNKNOWN or self.peek() not in {",", "}", ":", ";"}:
            self.at = start
            self.skip_until(",", ":", ";")
            value = UNKNOWN
        return value
