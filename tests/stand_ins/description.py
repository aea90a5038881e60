"""An official OpenAPI description as judge of a stand-in: of what it is asked, and of what it answers."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

_ERROR = "basic-error"
"""Schema of an error whose status an operation does not list: every operation may refuse."""
_TEXTS = {
    "uri": "https://api.github.com/x",
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "email": "someone@example.com",
    "uri-template": "https://api.github.com/x{/y}",
}


class Description:
    """The part of an official description that our questions need."""

    def __init__(self, path: Path, host: str) -> None:
        from openapi_core import OpenAPI

        self._host = host
        self._document = json.loads(path.read_text(encoding="utf-8"))
        self._paths = self._document["paths"]
        self._api = OpenAPI.from_dict(self._document | {"servers": [{"url": f"https://{host}"}]})

    def operation(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """The operation a request is, and its path parameters; literal steps win over parameters."""
        steps = path.split("/")
        found: list[tuple[int, str, dict[str, str]]] = []
        for template, methods in self._paths.items():
            parts = template.split("/")
            if len(parts) != len(steps) or method.lower() not in methods:
                continue
            values = {
                part[1:-1]: step for part, step in zip(parts, steps, strict=True) if part.startswith("{")
            }
            if all(part.startswith("{") or part == step for part, step in zip(parts, steps, strict=True)):
                found.append((len(values), methods[method.lower()]["operationId"], values))
        return min(found)[1:] if found else None

    def request_problem(self, method: str, path: str, query: str) -> str | None:
        """Why the real service would not know such a request."""
        from openapi_core.exceptions import OpenAPIError

        given = dict(parse_qsl(query, keep_blank_values=True))
        unknown = set(given) - self._documented(method, path)
        if unknown:
            return f"{path}: no parameter {', '.join(sorted(unknown))} is documented"
        try:
            self._api.validate_request(self._request(method, path, given))
        except OpenAPIError as error:
            return f"{path}: {error}"
        return None

    def answer_problem(self, method: str, path: str, status: int, body: Any) -> str | None:
        """Why the real service would not answer like this."""
        from openapi_core.exceptions import OpenAPIError
        from openapi_core.testing import MockResponse

        if str(status) not in self._responses(method, path):
            return self._error_problem(path, status, body)
        response = MockResponse(
            json.dumps(body).encode(), status_code=status, content_type="application/json"
        )
        try:
            self._api.validate_response(self._request(method, path, {}), response)
        except OpenAPIError as error:
            return f"{path}: {status}: {error}"
        return None

    def minimal(self, method: str, path: str) -> Any:
        """The smallest answer of status 200 that the description allows."""
        content = self._resolved(self._responses(method, path)["200"])["content"]["application/json"]
        return self._instance(content["schema"])

    def instance(self, schema: str, **values: Any) -> dict[str, Any]:
        """The smallest value of a named schema, with some properties given."""
        return dict(self._instance(self._document["components"]["schemas"][schema])) | values

    def _error_problem(self, path: str, status: int, body: Any) -> str | None:
        if status < 400:
            return f"{path}: no answer of status {status} is documented"
        allowed = self._document["components"]["schemas"][_ERROR]["properties"]
        if not isinstance(body, dict) or not set(body) <= set(allowed):
            return f"{path}: {status}: not the documented form of an error"
        return None

    def _request(self, method: str, path: str, query: Mapping[str, str]) -> Any:
        from openapi_core.testing import MockRequest

        return MockRequest(f"https://{self._host}", method.lower(), path, args=dict(query))

    def _described(self, method: str, path: str) -> dict[str, Any]:
        operation = self.operation(method, path)
        for methods in self._paths.values():
            described = methods.get(method.lower())
            if operation and described and described["operationId"] == operation[0]:
                return dict(described)
        raise LookupError(path)

    def _documented(self, method: str, path: str) -> set[str]:
        parameters = [self._resolved(each) for each in self._described(method, path).get("parameters", ())]
        return {each["name"] for each in parameters if each["in"] == "query"}

    def _responses(self, method: str, path: str) -> dict[str, Any]:
        return dict(self._described(method, path)["responses"])

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            _, room, name = value["$ref"].rsplit("/", 2)
            value = self._document["components"][room][name]
        return value

    def _instance(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if schema.get("nullable"):
            return None
        if "enum" in schema:
            return schema["enum"][0]
        for alternative in ("oneOf", "anyOf"):
            if alternative in schema:
                return self._instance(schema[alternative][-1])
        if "allOf" in schema:
            return {key: value for each in schema["allOf"] for key, value in self._instance(each).items()}
        match schema.get("type", "object"):
            case "array":
                return []
            case "string":
                return _TEXTS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case _:
                properties = schema.get("properties", {})
                return {name: self._instance(properties[name]) for name in schema.get("required", ())}


@cache
def description(path: Path, host: str) -> Description:
    """The description in a file, read once."""
    return Description(path, host)
