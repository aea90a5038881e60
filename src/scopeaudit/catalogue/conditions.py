"""Expressions of agent files: JMESPath over settings, with a few functions of ours.

`at(mapping, key)` is the value under a key, `any_key(mapping, glob)` whether a key matches,
`matches(text, glob)` whether a text does, `with_value(mapping, values)` the keys that have one of the values,
`within(globs, depth)` what of globs is left if they are looked for only so many names deep.
"""

import fnmatch
import re
from functools import lru_cache
from typing import Any

import jmespath
import jmespath.exceptions
from jmespath import functions, visitor


class _Functions(functions.Functions):
    """Functions of ours."""

    @functions.signature({"types": ["object", "null"]}, {"types": ["string", "null"]})
    def _func_at(self, mapping: Any, key: Any) -> Any:
        return None if mapping is None or key is None else mapping.get(key)

    @functions.signature({"types": ["object", "null"]}, {"types": ["string"]})
    def _func_any_key(self, mapping: Any, pattern: str) -> bool:
        return any(fnmatch.fnmatchcase(str(key), pattern) for key in mapping or ())

    @functions.signature({"types": []}, {"types": ["array"]})
    def _func_with_value(self, mapping: Any, values: list[Any]) -> list[str]:
        """The keys that have one of the values; none of what is no mapping."""
        return (
            [str(key) for key, value in mapping.items() if value in values]
            if isinstance(mapping, dict)
            else []
        )

    @functions.signature({"types": []}, {"types": []})
    def _func_within(self, patterns: Any, depth: Any) -> list[str]:
        """Globs that find no more than a search that begins at their first wildcard and ends so deep does."""
        if not isinstance(patterns, list):
            return []
        globs = [each for each in patterns if isinstance(each, str)]
        if not isinstance(depth, (int, float)) or isinstance(depth, bool):
            return globs
        return [found for each in globs for found in _shallow(each, min(depth, _DEEPEST))]

    @functions.signature({"types": [], "variadic": True})
    def _func_not_null(self, *values: Any) -> Any:
        """The first that is there. The last says of which type it must be, for a text contains letters."""
        found = next((each for each in values if each is not None), None)
        for kind in (str, list, dict):
            if isinstance(values[-1], kind) and not isinstance(found, kind):
                raise UndecidedError
        return found

    @functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_matches(self, text: Any, pattern: str) -> bool:
        return text is not None and fnmatch.fnmatchcase(text, pattern)


def _shallow(pattern: str, depth: float) -> list[str]:
    """A glob as those that reach at most so many names below the folder where its wildcards begin."""
    names = pattern.removesuffix("/**").split("/")
    first = next((number for number, name in enumerate(names) if _WILD.search(name)), None)
    if first is None:
        return [pattern]
    head, wild = names[:first], names[first:]
    folders = wild.count("**")
    if folders > 1 or pattern.endswith("/**"):
        return []
    left = depth - len(wild) + folders
    if not folders:
        return [pattern] if left >= 0 else []
    at = wild.index("**")
    return [
        "/".join((*head, *wild[:at], *["*"] * between, *wild[at + 1 :])) for between in range(int(left) + 1)
    ]


_WILD = re.compile(r"[*?]")
_DEEPEST = 64
_LOOSE_NOT = re.compile(r"!\s*\w+\.")
_OPTIONS = jmespath.Options(custom_functions=_Functions())
_SAID_TO_BE_FALSE = frozenset({"false", "no", "off", "0"})


class Variable(str):
    """A value of the environment, which is a text whatever it says."""

    __slots__ = ()


Variable.__name__ = "str"  # JMESPath knows types by the names of their classes.


class UndecidedError(Exception):
    """Settings are written in another way than an expression expects, so what they say is not known."""


class _Interpreter(visitor.TreeInterpreter):
    """JMESPath for which `"false"` is neither true nor false: agents differ in what they make of it."""

    def _is_false(self, value: Any) -> bool:
        return not is_true(value)

    def _is_true(self, value: Any) -> bool:
        return is_true(value)

    def visit_not_expression(self, node: Any, value: Any) -> bool:
        return not is_true(self.visit(node["children"][0], value))


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Any:
    """A parsed expression.

    Raises:
        jmespath.exceptions.JMESPathError: if it is not valid.
    """
    return jmespath.compile(expression)


def value_of(expression: str, scope: Any) -> Any:
    """What an expression gives; nothing where what it speaks of is not there.

    Raises:
        UndecidedError: if what is there has another shape than it expects.
    """
    try:
        return _Interpreter(_OPTIONS).visit(compiled(expression).parsed, scope)
    except jmespath.exceptions.JMESPathTypeError as error:
        if error.actual_type == "null":
            return None
        raise UndecidedError from None
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError, AttributeError, RecursionError):
        raise UndecidedError from None


def evaluated(expression: str, scope: Any) -> Any:
    """What an expression gives; nothing where the settings have another shape than it expects."""
    try:
        return value_of(expression, scope)
    except UndecidedError:
        return None


def is_true(value: Any) -> bool:
    """As JMESPath counts: empty values are false, numbers are true.

    Raises:
        UndecidedError: for a setting of `"false"` and the like, and for 0.
    """
    if isinstance(value, str) and not isinstance(value, Variable) and value.casefold() in _SAID_TO_BE_FALSE:
        raise UndecidedError
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0:
        raise UndecidedError
    return not (value is None or value is False or value == "" or value == [] or value == {})


def problem_of(expression: str) -> str | None:
    """What is wrong with an expression, or `None`."""
    if _LOOSE_NOT.search(expression):
        return "negates the name before the dot alone: write !(settings.x)"
    try:
        compiled(expression).search({}, options=_OPTIONS)
    except jmespath.exceptions.JMESPathTypeError:
        return None  # Of settings that are not there; a value of another type gives nothing as well.
    except jmespath.exceptions.JMESPathError as error:
        return f"is no expression: {str(error).splitlines()[0]}"
    return None
