"""Whether the conditions of a statement hold, as far as what is known of a request says so.

Three-valued: a key of which nothing is known leaves a condition undecided, never false.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from scopeaudit.ask.aws.policies import ConditionTest
from scopeaudit.ask.dates import read_date
from scopeaudit.catalogue.aws_globs import matcher

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")
_PREFIXES = ("forallvalues:", "foranyvalue:")
_IF_EXISTS = "ifexists"


class Truth(Enum):
    """Whether something holds."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the requests one principal can make."""

    known: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Condition keys in lower case to their values; none where the key is known to be absent."""
    absent_prefixes: tuple[str, ...] = ()
    """Beginnings of keys of which all that are not known are known to be absent."""

    def values(self, key: str) -> tuple[str, ...] | None:
        """The values of a key, none if it is absent, `None` if nothing is known of it."""
        lowered = key.lower()
        found = self.known.get(lowered)
        return () if found is None and lowered.startswith(self.absent_prefixes) else found


def substitute(text: str, context: Context) -> str | None:
    """The text with its variables filled in; `None` if one of them is not known.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    pieces, end = [], 0
    for match in _VARIABLE.finditer(text):
        value = _variable(match.group(1), context)
        if value is None:
            return None
        pieces += [text[end : match.start()], value]
        end = match.end()
    return "".join([*pieces, text[end:]])


def _variable(inside: str, context: Context) -> str | None:
    if inside == "$":
        return "$"
    default = _DEFAULT.fullmatch(inside)
    found = context.values(default.group(1) if default else inside.strip())
    if default and found == ():
        return default.group(2)
    return found[0] if found is not None and len(found) == 1 else None


def decide(tests: Iterable[ConditionTest], context: Context, *, has_variables: bool = True) -> Truth:
    """Whether all tests hold: one that does not decides, one that is undecided leaves it open."""
    truths = [_test(each, context, has_variables) for each in tests]
    if Truth.NO in truths:
        return Truth.NO
    return Truth.UNDECIDED if Truth.UNDECIDED in truths else Truth.YES


def _test(test: ConditionTest, context: Context, has_variables: bool) -> Truth:
    operator = test.operator.lower()
    prefix = next((each for each in _PREFIXES if operator.startswith(each)), "")
    operator = operator.removeprefix(prefix)
    may_be_absent = operator.endswith(_IF_EXISTS)
    operator = operator.removesuffix(_IF_EXISTS)
    given = context.values(test.key)
    if operator not in _OPERATORS and operator != "null":
        return Truth.UNDECIDED
    if given is None:
        return Truth.UNDECIDED
    if operator == "null":
        return _truth(any((value.lower() == "true") == (given == ()) for value in test.values))
    compare, is_negated = _OPERATORS[operator]
    if not given:
        return _truth(may_be_absent or prefix == _PREFIXES[0] or (is_negated and not prefix))
    wanted = [substitute(value, context) if has_variables else value for value in test.values]
    return _compared(compare, given, wanted, is_negated=is_negated, for_all=prefix == _PREFIXES[0])


def _compared(
    compare: "_Comparison",
    given: tuple[str, ...],
    wanted: list[str | None],
    *,
    is_negated: bool,
    for_all: bool,
) -> Truth:
    """Each value given, against any of the values wanted; then any or all of those given."""
    truths = []
    for value in given:
        results = [None if each is None else compare(value, each) for each in wanted]
        if True in results:
            truths.append(_truth(not is_negated))
        elif None in results:
            truths.append(Truth.UNDECIDED)
        else:
            truths.append(_truth(is_negated))
    decisive = Truth.NO if for_all else Truth.YES
    if decisive in truths:
        return decisive
    if Truth.UNDECIDED in truths:
        return Truth.UNDECIDED
    return Truth.YES if for_all else Truth.NO


def _truth(holds: bool) -> Truth:
    return Truth.YES if holds else Truth.NO


_Comparison = Callable[[str, str], bool | None]
"""Value given, value wanted: whether they match; `None` where one of them cannot be read."""


def _like(given: str, wanted: str) -> bool:
    return matcher(wanted).match(given) is not None


def _arn_like(given: str, wanted: str) -> bool:
    """Each of the six parts by itself: `*` does not reach across a colon."""
    parts, patterns = given.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


def _numbers(order: Callable[[float, float], bool]) -> _Comparison:
    def compare(given: str, wanted: str) -> bool | None:
        try:
            return order(float(given), float(wanted))
        except ValueError:
            return None

    return compare


def _seconds(text: str) -> float | None:
    moment = read_date(float(text) if re.fullmatch(r"-?[0-9]{1,12}(?:\.[0-9]+)?", text) else text)
    return moment.timestamp() if moment is not None else None


def _dates(order: Callable[[float, float], bool]) -> _Comparison:
    def compare(given: str, wanted: str) -> bool | None:
        one, other = _seconds(given), _seconds(wanted)
        return None if one is None or other is None else order(one, other)

    return compare


def _within(given: str, wanted: str) -> bool | None:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return None


def _binary(given: str, wanted: str) -> bool | None:
    try:
        return base64.b64decode(given, validate=True) == base64.b64decode(wanted, validate=True)
    except (binascii.Error, ValueError):
        return None


_ORDERS: Mapping[str, tuple[Callable[[float, float], bool], bool]] = {
    "equals": (lambda given, wanted: given == wanted, False),
    "notequals": (lambda given, wanted: given == wanted, True),
    "lessthan": (lambda given, wanted: given < wanted, False),
    "lessthanequals": (lambda given, wanted: given <= wanted, False),
    "greaterthan": (lambda given, wanted: given > wanted, False),
    "greaterthanequals": (lambda given, wanted: given >= wanted, False),
}
_OPERATORS: Mapping[str, tuple[_Comparison, bool]] = {
    "stringequals": (lambda given, wanted: given == wanted, False),
    "stringnotequals": (lambda given, wanted: given == wanted, True),
    "stringequalsignorecase": (lambda given, wanted: given.lower() == wanted.lower(), False),
    "stringnotequalsignorecase": (lambda given, wanted: given.lower() == wanted.lower(), True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "bool": (lambda given, wanted: given.lower() == wanted.lower(), False),
    "binaryequals": (_binary, False),
    "ipaddress": (_within, False),
    "notipaddress": (_within, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    **{f"numeric{name}": (_numbers(order), negated) for name, (order, negated) in _ORDERS.items()},
    **{f"date{name}": (_dates(order), negated) for name, (order, negated) in _ORDERS.items()},
}
"""Operator to comparison and whether it is the negation of what it compares."""
