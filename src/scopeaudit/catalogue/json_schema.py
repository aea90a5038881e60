"""JSON Schema for the files of `rules/`, from the types that decode them; editors use it."""

import dataclasses
import datetime
import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Union, get_args, get_origin

from scopeaudit.catalogue.decode import Marked, fields_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: type, *, title: str) -> dict[str, Any]:
    """The schema of a file that decodes as `kind`."""
    definitions: dict[str, Any] = {}
    root = _schema(kind, definitions)
    return {"$schema": DIALECT, "title": title, **root, "$defs": dict(sorted(definitions.items()))}


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _schema(next(each for each in get_args(kind) if each is not type(None)), definitions)
    if origin in (tuple, frozenset):
        return {"type": "array", "items": _schema(get_args(kind)[0], definitions)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(get_args(kind)[1], definitions)}
    if dataclasses.is_dataclass(kind) and kind is not Marked:
        return _object(kind, definitions)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [each.value for each in kind]}
    names = {bool: "boolean", int: "integer", float: "number"}
    return {"type": names.get(kind, "string")} | ({"format": "date"} if kind is datetime.date else {})


def _object(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        fields = fields_of(kind)
        definitions[name] = {
            "description": (kind.__doc__ or "").partition("\n")[0],
            "type": "object",
            "additionalProperties": False,
            "properties": {key: _schema(hint, definitions) for key, (hint, _) in fields.items()},
            "required": [key for key, (_, required) in fields.items() if required],
        }
    return {"$ref": f"#/$defs/{name}"}
