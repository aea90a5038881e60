"""Policy documents as typed statements.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote

import msgspec

from scopeaudit.model.authority import Evidence

MOST_CHARACTERS = 200_000
_VARIABLES_SINCE = "2012-10-17"
"""Earlier versions take `${...}` literally. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
_VERSIONS = frozenset({"2008-10-17", _VARIABLES_SINCE})
_KNOWN = frozenset(
    {
        "sid",
        "effect",
        "action",
        "notaction",
        "resource",
        "notresource",
        "condition",
        "principal",
        "notprincipal",
    }
)


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """One line of a condition: all must hold."""

    operator: str
    """As written: `StringLike`, `ForAllValues:StringEqualsIfExists` ..."""
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement."""

    label: str
    """`statement 2 "Sid"`."""
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    spares_actions: bool = False
    """`NotAction`: it is about all other actions."""
    spares_resources: bool = False
    """`NotResource`: it is about all other resources."""
    condition: tuple[ConditionTest, ...] = ()
    has_variables: bool = True
    """Whether `${...}` is replaced in resources and conditions."""
    principal: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Kind (`AWS`, `Service` ... and `Not` before it) to names; only policies of resources have one."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy and where it was read."""

    title: str
    """`inline policy deploy of user alice`."""
    statements: tuple[Statement, ...]
    evidence: Evidence


class _Problem(Exception):  # noqa: N818 - never leaves this module
    """Why a document cannot be understood."""


def parse_policy(text: str, title: str, evidence: Evidence) -> Policy | str:
    """The policy of a document, which may be URL-encoded; or why it cannot be understood.

    A document of which anything is not understood is not understood at all: what it leaves out might
    deny.
    """
    document = text if text.lstrip()[:1] == "{" else unquote(text)
    if len(document) > MOST_CHARACTERS:
        return "the document is larger than any policy"
    try:
        parsed = msgspec.json.decode(document)
        return Policy(title, _statements(parsed), evidence)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return "the document is no JSON"
    except _Problem as problem:
        return str(problem)


def _lowered(value: object, what: str) -> dict[str, object]:
    """A mapping with its keys in lower case: AWS does not mind how they are written."""
    if not isinstance(value, dict):
        raise _Problem(f"{what} is not an object")
    lowered = {str(key).lower(): each for key, each in value.items()}
    if len(lowered) != len(value):
        raise _Problem(f"{what} has an element twice")
    return lowered


def _statements(document: object) -> tuple[Statement, ...]:
    outer = _lowered(document, "the document")
    version = outer.get("version", "2008-10-17")
    if (
        not isinstance(version, str)
        or version not in _VERSIONS
        or not set(outer) <= {"version", "id", "statement"}
    ):
        raise _Problem("the document is of a version that is not known")
    given = outer.get("statement")
    statements = given if isinstance(given, list) else [given]
    return tuple(
        _statement(each, at, has_variables=version == _VARIABLES_SINCE)
        for at, each in enumerate(statements, 1)
    )


def _statement(value: object, number: int, *, has_variables: bool) -> Statement:
    where = f"statement {number}"
    given = _lowered(value, where)
    if not set(given) <= _KNOWN:
        raise _Problem(f"{where} has an element that is not known")
    effect = given.get("effect")
    if effect not in ("Allow", "Deny"):
        raise _Problem(f"{where} neither allows nor denies")
    sid = given.get("sid")
    actions, spares_actions = _either(given, "action", where)
    resources, spares_resources = _either(given, "resource", where)
    return Statement(
        label=f'{where} "{sid}"' if isinstance(sid, str) and sid else where,
        allows=effect == "Allow",
        actions=actions,
        spares_actions=spares_actions,
        resources=resources,
        spares_resources=spares_resources,
        condition=_condition(given.get("condition"), where),
        has_variables=has_variables,
        principal=_principal(given, where),
    )


def _either(given: Mapping[str, object], name: str, where: str) -> tuple[tuple[str, ...], bool]:
    """The values of an element or of its negation, and whether it is the negation."""
    negation = f"not{name}"
    if (name in given) == (negation in given):
        raise _Problem(f"{where} has not exactly one of {name} and {negation}")
    values = _texts(given.get(name, given.get(negation)), where)
    if not values:
        raise _Problem(f"{where} names no {name}")
    return values, negation in given


def _texts(value: object, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str | bool | int | float) for each in values):
        raise _Problem(f"{where} has a value that is no text")
    return tuple(each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in values)


def _condition(value: object, where: str) -> tuple[ConditionTest, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise _Problem(f"{where} has a condition that is not an object")
    tests = []
    for operator, keys in value.items():
        if not isinstance(keys, dict):
            raise _Problem(f"{where} has a condition that is not an object")
        tests += [
            ConditionTest(str(operator), str(key), _texts(values, where)) for key, values in keys.items()
        ]
    return tuple(tests)


def _principal(given: Mapping[str, object], where: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for element, prefix in (("principal", ""), ("notprincipal", "Not")):
        value = given.get(element)
        kinds = {"AWS": value} if isinstance(value, str) else value
        if isinstance(kinds, dict):
            found |= {f"{prefix}{kind}": _texts(names, where) for kind, names in kinds.items()}
        elif kinds is not None:
            raise _Problem(f"{where} has a principal that is not an object")
    return MappingProxyType(found)
