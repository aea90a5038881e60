"""What the configuration of a known tool server holds back."""

import fnmatch
from collections.abc import Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from scopeaudit.catalogue.server import Limit
from scopeaudit.reach.agents.configured import Configured

_NONE: Mapping[str, str] = MappingProxyType({})


def is_set(limit: Limit, configured: Configured, inherited: Mapping[str, str] = _NONE) -> bool:
    """Whether a server's configuration has the setting; variables it inherits can only switch it off."""
    command = configured.command
    arguments = {*command, *(f"{one}={two}" for one, two in pairwise(command))}
    query, paths = _address(configured.url)
    # Containers take their variables as arguments: `-e NAME=value`.
    variables = {*_pairs(configured.variables), *command}
    headers = {each.lower() for each in _pairs(configured.headers)}
    own = inherited.keys() - configured.variables.keys()
    off = {*variables, *_pairs({name: inherited[name] for name in own})}
    if (
        _any(limit.unless_arguments, arguments)
        or _any(limit.unless_variables, off)
        or _any(limit.unless_query, query)
        or _any((each.lower() for each in limit.unless_headers), headers)
        or _any(limit.unless_paths, paths)
    ):
        return False
    return (
        limit.always
        or _any(limit.arguments, arguments)
        or _any(limit.variables, variables)
        or _any(limit.query, query)
        or _any((each.lower() for each in limit.headers), headers)
        or _any(limit.paths, paths)
    )


def _address(url: str) -> tuple[set[str], set[str]]:
    """The query of an address as `name=value`, and its path."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return set(), set()
    return {f"{name}={value}" for name, value in query}, {parts.path.rstrip("/")}


def _pairs(named: Mapping[str, str]) -> set[str]:
    return {f"{name}={value}" for name, value in named.items()}


def _any(patterns: Iterable[str], given: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(each, pattern) for pattern in patterns for each in given)
