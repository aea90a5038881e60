"""Random text that fits a regular expression."""

import random
import re
import string
from collections.abc import Iterable
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_CLASSES = {"alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "digit": "0-9", "xdigit": "0-9a-fA-F", "word": r"\w"}
_PRINTABLE = [each for each in string.printable if each not in string.whitespace]


def from_pattern(pattern: str, chance: random.Random) -> str:
    """The shortest repetitions, everything else by chance."""
    for name, members in _CLASSES.items():
        pattern = pattern.replace(f"[:{name}:]", members)
    pattern = re.sub(r"\(\?[a-z]+\)", "", pattern)
    return "".join(_one(each, chance) for each in parser.parse(pattern))


def _one(item: tuple[Any, Any], chance: random.Random) -> str:
    kind, value = item
    if kind is code.LITERAL:
        return chr(value)
    if kind is code.IN:
        return chance.choice(_members(value))
    if kind in {code.MAX_REPEAT, code.MIN_REPEAT}:
        low, high, inner = value
        count = chance.randint(0, 1) if low == 0 and high > 0 else low
        return "".join(_all(inner, chance) for _ in range(count))
    if kind is code.SUBPATTERN:
        return _all(value[-1], chance)
    if kind is code.BRANCH:
        return _all(chance.choice(value[1]), chance)
    if kind in {code.ANY, code.NOT_LITERAL}:
        return chance.choice(string.ascii_letters)
    return ""


def _all(items: Iterable[tuple[Any, Any]], chance: random.Random) -> str:
    return "".join(_one(each, chance) for each in items)


def _members(items: list[tuple[Any, Any]]) -> list[str]:
    found: list[str] = []
    negated = False
    for kind, value in items:
        if kind is code.NEGATE:
            negated = True
        elif kind is code.LITERAL:
            found.append(chr(value))
        elif kind is code.RANGE:
            found += [chr(each) for each in range(value[0], value[1] + 1)]
        elif value is code.CATEGORY_DIGIT:
            found += string.digits
        elif value is code.CATEGORY_WORD:
            found += string.ascii_letters + string.digits + "_"
        elif value is code.CATEGORY_SPACE:
            found.append(" ")
    if negated:
        return [each for each in _PRINTABLE if each not in found]
    return found or [""]
