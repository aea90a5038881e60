"""A question of the provider file becomes a request, filled in from what is known."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from scopeaudit.ask.request import Request
from scopeaudit.catalogue.expressions import evaluate, text
from scopeaudit.catalogue.provider import Provider, Question, Scheme


def build_request(
    provider: Provider,
    question: Question,
    names: Mapping[str, Any],
    *,
    cursor: str | None,
) -> Request | str:
    """The request a question becomes, or why it cannot be made."""
    values: dict[str, str] = {}
    for name, expression in question.values.items():
        value = text(evaluate(expression, names))
        if value is None:
            return f"{name} is not known"
        values[name] = value
    into = {question.pages.into: cursor} if question.pages and question.pages.into and cursor else {}
    kind = provider.kind(str(names["kind"]))
    authorization = question.authorization or (kind.authorization if kind else None) or provider.authorization
    if question.sql is not None:
        return Request(
            provider=provider.id,
            question=question.id,
            scheme=Scheme.POSTGRESQL,
            method="SQL",
            host=str(names["companions"].get("host", "")),
            path=question.sql,
            query=tuple(values.items()),
        )
    host = question.host or provider.hosts[0]
    if question.graphql is not None:
        body: dict[str, object] = {"query": question.graphql}
        if values or into:
            body["variables"] = values | into
        return Request(
            provider=provider.id,
            question=question.id,
            scheme=Scheme.HTTP,
            method="POST",
            host=host,
            path=provider.graphql_path or "/graphql",
            headers=(("content-type", "application/json"),),
            body=json.dumps(body, separators=(",", ":")),
            authorization=authorization,
        )
    if question.http is None:
        return "the question has nothing to send"
    path = _filled(question.http.path, values)
    if path is None:
        return "a part of the path would change the request's meaning"
    return Request(
        provider=provider.id,
        question=question.id,
        scheme=Scheme.HTTP,
        method=question.http.method,
        host=host,
        path=path,
        query=tuple({**question.http.query, **into}.items()),
        headers=tuple(question.http.headers.items()),
        authorization=authorization,
    )


def _filled(template: str, values: Mapping[str, str]) -> str | None:
    """The path with its parameters percent-encoded; `None` if one is a step in the path."""
    path = template
    for name, value in values.items():
        if value in ("", ".", ".."):
            return None
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


def next_page(header: str) -> str | None:
    """The page number of `rel="next"`. Only the number is taken: a link never says where to go.

    Source: https://www.rfc-editor.org/rfc/rfc8288
    """
    for part in header.split(","):
        target, _, parameters = part.partition(";")
        if 'rel="next"' in parameters:
            page = parse_qs(urlsplit(target.strip(" <>")).query).get("page", [""])[0]
            return page if page.isdigit() else None
    return None
