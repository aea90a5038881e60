"""Operations from an OpenAPI description, with the requirements it states."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scopeaudit.catalogue.operation_files import OperationRow

VERBS = ("get", "head", "post", "put", "patch", "delete")

Requires = Callable[[str, str, dict[str, Any]], Mapping[str, tuple[str, ...]]]
"""From method, path and operation object to requirements, alternatives a dimension."""


def rows_of_description(document: dict[str, Any], requires: Requires) -> list[OperationRow]:
    """Every operation of the description, by its `operationId`."""
    return [
        OperationRow(
            id=operation["operationId"],
            verb=method.upper(),
            path=path,
            requires=dict(requires(method, path, operation)),
        )
        for method, path, operation in operations(document)
    ]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method (lower case), path template and operation object, in document order."""
    for path, methods in document["paths"].items():
        for method in VERBS:
            if method in methods and "operationId" in methods[method]:
                yield method, path, methods[method]


def nothing_required(_method: str, _path: str, _operation: dict[str, Any]) -> Mapping[str, tuple[str, ...]]:
    """For descriptions that say nothing about permissions."""
    return {}


def security_scopes(scheme: str, dimension: str) -> Requires:
    """Requirements from `security`: objects are alternatives, names within one are all needed.

    Source: https://spec.openapis.org/oas/v3.0.3#security-requirement-object
    """

    def requires(_method: str, _path: str, operation: dict[str, Any]) -> Mapping[str, tuple[str, ...]]:
        alternatives = tuple(
            "+".join(sorted(each[scheme])) for each in operation.get("security", ()) if each.get(scheme)
        )
        return {dimension: alternatives} if alternatives else {}

    return requires


_SENTENCE_END = re.compile(r"(?<=[.\n])\s+")
_SCOPE = re.compile(r"`([a-z_]+(?::[a-z_]+)?)`")
_CONDITIONAL = re.compile(r"\bwhen\b|fine-grained permission")


def classic_scopes(operation: dict[str, Any]) -> tuple[str, ...]:
    """GitHub's classic scopes from the sentence that names them; empty where there is none.

    The description says "… personal access tokens (classic) need the `X` scope …". Scopes joined by
    "and" are all needed, others are alternatives. A sentence with a further condition says nothing here.
    """
    for sentence in _SENTENCE_END.split(operation.get("description", "")):
        if "(classic)" not in sentence or "scope" not in sentence or _CONDITIONAL.search(sentence):
            continue
        scopes = list(dict.fromkeys(_SCOPE.findall(sentence)))
        if scopes:
            together = re.search(r"` and `", sentence) is not None
            return ("+".join(scopes),) if together else tuple(scopes)
    return ()


def github_requirements(
    permissions: Mapping[str, Any], resolved: Mapping[str, Any]
) -> tuple[Requires, Callable[[], list[str]]]:
    """GitHub's two dimensions, `scope` and `permission`, and what the tables name but the description lacks.

    `permissions` is GitHub's published table from permission to operations; `resolved` says by operation
    id how permissions combine where the table only says that there are several.
    """
    by_operation: dict[tuple[str, str], list[str]] = {}
    for name, entry in permissions.items():
        for row in entry["permissions"]:
            key = (row["verb"].lower(), row["requestPath"])
            atom = f"{name}:{row['access']}"
            if atom not in by_operation.setdefault(key, []):
                by_operation[key].append(atom)
    used: set[tuple[str, str]] = set()

    def requires(method: str, path: str, operation: dict[str, Any]) -> Mapping[str, tuple[str, ...]]:
        result: dict[str, tuple[str, ...]] = {}
        if scopes := classic_scopes(operation):
            result["scope"] = scopes
        if atoms := by_operation.get((method, path)):
            used.add((method, path))
            known = resolved.get(operation["operationId"])
            result["permission"] = tuple(known["alternatives"]) if known else tuple(atoms)
        return result

    return requires, lambda: [f"{verb} {path}" for verb, path in sorted(set(by_operation) - used)]


def asked_description(document: dict[str, Any], asked: frozenset[tuple[str, str]]) -> dict[str, Any]:
    """The description cut down to the requests asked, without prose: enough to validate a stand-in.

    `asked` holds (method in lower case, path template).
    """
    paths: dict[str, Any] = {}
    for method, path, operation in operations(document):
        if (method, path) in asked:
            kept = {"operationId": operation["operationId"], "responses": operation.get("responses", {})}
            if "parameters" in operation:
                kept["parameters"] = operation["parameters"]
            paths.setdefault(path, {})[method] = kept
            if "parameters" in document["paths"][path]:
                paths[path]["parameters"] = document["paths"][path]["parameters"]
    cut: dict[str, Any] = {
        "openapi": document["openapi"],
        "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
        "paths": _without_prose(paths),
    }
    _add_components(cut, document)
    return cut


_REFERENCE = re.compile(r"^#/components/([^/]+)/([^/]+)$")


def _add_components(cut: dict[str, Any], document: dict[str, Any]) -> None:
    waiting: list[Any] = [cut["paths"]]
    components: dict[str, dict[str, Any]] = {}
    while waiting:
        for room, name in _references(waiting.pop()):
            if name not in components.setdefault(room, {}):
                original = document["components"][room][name]
                found = _response(original) if room == "responses" else _without_prose(original)
                components[room][name] = found
                waiting.append(found)
    if components:
        cut["components"] = {
            room: dict(sorted(entries.items())) for room, entries in sorted(components.items())
        }


def _references(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref" and isinstance(each, str) and (match := _REFERENCE.match(each)):
                yield match.group(1), match.group(2)
            else:
                yield from _references(each)


_PROSE = frozenset({"description", "summary", "example", "examples", "externalDocs", "title", "default"})


def _without_prose(value: Any, *, names: bool = False) -> Any:
    """Drop prose keys, but not properties or parameters that happen to be called so."""
    if isinstance(value, list):
        return [_without_prose(each) for each in value]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for key, each in value.items():
        if not names and (key in _PROSE or key.startswith("x-")):
            continue
        if key == "responses" and not names:
            result[key] = {status: _response(answer) for status, answer in each.items()}
        else:
            result[key] = _without_prose(each, names=key in {"properties", "headers"} and not names)
    return result


def _response(answer: dict[str, Any]) -> dict[str, Any]:
    """A response object must have a description: an empty one."""
    kept: dict[str, Any] = _without_prose(answer)
    return kept if "$ref" in kept else {"description": "", **kept}
