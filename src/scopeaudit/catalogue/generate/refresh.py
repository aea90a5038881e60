"""Which generator makes which provider's catalogue."""

import json
from collections.abc import Mapping
from typing import Any

from scopeaudit.catalogue.generate import catalogue_text
from scopeaudit.catalogue.generate.graphql import rows_of_schema, schema_text
from scopeaudit.catalogue.generate.openapi import (
    Requires,
    asked_description,
    github_requirements,
    nothing_required,
    rows_of_description,
    security_scopes,
)
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.errors import UsageError


def refreshed(
    provider: Provider,
    document: dict[str, Any],
    *,
    version: str,
    url: str,
    permissions: Mapping[str, Any] | None = None,
    combined: Mapping[str, Any] | None = None,
    with_description: bool = False,
) -> dict[str, str]:
    """File name in `rules/operations` to its new text.

    `with_description` adds the description of what is asked, which stand-ins are checked against.

    Raises:
        UsageError: if the document is neither a GraphQL introspection nor an OpenAPI description.
    """
    if "paths" not in document:
        text = catalogue_text(
            provider.id, f"{provider.name} GraphQL schema", url, version, rows_of_schema(document), []
        )
        return {f"{provider.id}.json": text, f"{provider.id}.graphql": schema_text(document)}
    requires: Requires = nothing_required
    dropped: list[str] = []
    if permissions is not None:
        requires, left_over = github_requirements(permissions, combined or {})
    elif scheme := _permission_scheme(document):
        requires, left_over = security_scopes(scheme, "permission"), list
    else:
        left_over = list
    rows = rows_of_description(document, requires)
    if not rows:
        raise UsageError("the description has no operation with an operationId")
    dropped = left_over()
    files = {
        f"{provider.id}.json": catalogue_text(
            provider.id, f"{provider.name} API description", url, version, rows, dropped
        )
    }
    asked = frozenset(
        (each.http.method.lower(), each.http.path) for each in provider.questions if each.http is not None
    )
    if with_description and asked:
        cut = asked_description(document, asked)
        files[f"{provider.id}.openapi.json"] = json.dumps(cut, indent=1, ensure_ascii=False) + "\n"
    return files


def _permission_scheme(document: dict[str, Any]) -> str | None:
    """The security scheme that carries named permissions, if the description uses one."""
    for methods in document["paths"].values():
        for operation in methods.values():
            if not isinstance(operation, dict):
                continue
            for each in operation.get("security", ()):
                for scheme, names in each.items():
                    if names:
                        return str(scheme)
    return None
