"""Tool servers (MCP) in the settings of agents: whose credential they use, and what they let through."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.server import KnownServer, Limit
from scopeaudit.jobs.allowances import NotAnAllowanceError, read_allowance
from scopeaudit.jobs.use.found import Found
from scopeaudit.jobs.use.text import Kind, Text
from scopeaudit.model.use import UseKind

LARGEST = 262_144
"""Characters of a settings file."""
_KEYS = ("mcpServers", "servers", "mcp_servers", "context_servers", "mcp")
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
_VERSION = re.compile(r"(?<=.)(?:@[\w.^~*-]+|:[\w.-]+|==[\w.]+)$")


def mentions_servers(text: str) -> bool:
    """Whether a settings file names tool servers."""
    return any(f'"{key}"' in text or f"[{key}" in text for key in _KEYS)


def server_uses(
    text: Text, known: Iterable[KnownServer], catalogues: Mapping[str, OperationCatalogue]
) -> Iterator[Found]:
    """The known servers that a file of settings starts or calls."""
    for name, settings in _servers(text):
        command, address = _started(settings), settings.get("url") or settings.get("serverUrl")
        for server in known:
            provider = server.provider
            if provider is None or provider not in catalogues or not _is(server, command, address):
                continue
            limits = [limit for limit in server.limits if _holds(limit, command, settings, address)]
            operations = _allowed(limits, provider, catalogues[provider])
            says = "; ".join(limit.says for limit in limits)
            shown = f"tool server {server.name}" + (f" ({says})" if says else "")
            at = text.text.find(json.dumps(name)) if text.kind is Kind.JSON else text.text.find(name)
            yield Found(provider, operations, UseKind.SERVER, shown, max(at, 0))


def _servers(text: Text) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if len(text.text) > LARGEST:
        return
    try:
        if text.kind is Kind.TOML:
            content: Any = tomllib.loads(text.text)
        else:
            content = json.loads(_COMMENT.sub(lambda found: found.group(1) or "", text.text))
    except (ValueError, RecursionError):
        return
    if not isinstance(content, dict):
        return
    groups: list[dict[str, Any]] = [group for key in _KEYS if isinstance(group := content.get(key), dict)]
    for group in (*groups, *(each.get("servers") for each in groups)):
        for name, settings in group.items() if isinstance(group, dict) else ():
            if isinstance(settings, dict):
                yield str(name), settings


def _started(settings: Mapping[str, Any]) -> list[str]:
    command = settings.get("command")
    inner: Mapping[str, Any] = command if isinstance(command, dict) else settings
    program, arguments = (inner.get("path") if inner is command else command), inner.get("args")
    words = program if isinstance(program, list) else [program]
    words = [*words, *(arguments if isinstance(arguments, list) else [])]
    return [word for word in words if isinstance(word, str)][:200]


def _is(server: KnownServer, command: list[str], address: object) -> bool:
    if isinstance(address, str) and server.hosts:
        host = _host(address)
        if any(fnmatchcase(host, pattern) for pattern in server.hosts):
            return True
    plain = [_VERSION.sub("", word) for word in command]
    return any(fnmatchcase(word, pattern) for word in plain for pattern in server.packages)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _holds(limit: Limit, command: list[str], settings: Mapping[str, Any], address: object) -> bool:
    """Whether a limit is switched on."""
    given = [*command, *(f"{a}={b}" for a, b in pairwise(command))]
    environment = settings.get("env")
    variables = (
        [f"{name}={value}" for name, value in environment.items()] if isinstance(environment, dict) else []
    )
    headers = settings.get("headers")
    named = [f"{name}={value}" for name, value in headers.items()] if isinstance(headers, dict) else []
    query = urlsplit(address).query.split("&") if isinstance(address, str) and _host(address) else []
    path = urlsplit(address).path if isinstance(address, str) and _host(address) else ""
    if limit.always:
        off = _matches(given, limit.unless_arguments) or _matches(variables, limit.unless_variables)
        return not off
    return (
        _matches(given, limit.arguments)
        or _matches(variables, limit.variables)
        or _matches(query, limit.query)
        or _matches(named, limit.headers)
        or _matches([path] if path else [], limit.paths)
    )


def _matches(values: Iterable[str], patterns: Iterable[str]) -> bool:
    wanted = tuple(patterns)
    return any(fnmatchcase(value, pattern) for value in values for pattern in wanted)


def _allowed(limits: Iterable[Limit], provider: str, catalogue: OperationCatalogue) -> frozenset[str]:
    """What all limits let through together; nothing is said where none of them names operations."""
    allowed: frozenset[str] | None = None
    for limit in limits:
        if not limit.allows:
            continue
        here: frozenset[str] = frozenset()
        for entry in limit.allows:
            try:
                here |= catalogue.select(read_allowance(Marked(entry, 0), provider, (provider,)))
            except NotAnAllowanceError:
                continue
        allowed = here if allowed is None else allowed & here
    return allowed or frozenset()
