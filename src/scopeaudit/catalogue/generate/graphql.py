"""Operations from a GraphQL introspection document, and the schema without its descriptions."""

from typing import Any

from scopeaudit.catalogue.operation_files import OperationRow
from scopeaudit.model.errors import UsageError


def rows_of_schema(document: dict[str, Any]) -> list[OperationRow]:
    """Every query and mutation. A query that shares a mutation's name is called `Query.<name>`.

    Raises:
        UsageError: if the document is no introspection result.
    """
    schema = _schema(document)
    mutations, queries = list(_fields(schema.mutation_type)), list(_fields(schema.query_type))
    taken = set(mutations)
    return [OperationRow(id=name, verb="mutation") for name in mutations] + [
        OperationRow(id=f"Query.{name}" if name in taken else name, verb="query") for name in queries
    ]


def schema_text(document: dict[str, Any]) -> str:
    """The schema in GraphQL's own language, without descriptions and deprecation texts.

    Raises:
        UsageError: if the document is no introspection result.
    """
    from graphql import print_schema

    return print_schema(_schema(_without_prose(document))) + "\n"


def _schema(document: dict[str, Any]) -> Any:
    from graphql import build_client_schema

    found = document.get("data", document)
    try:
        return build_client_schema(found)
    except (TypeError, KeyError) as error:
        raise UsageError(f"not a GraphQL introspection result: {error}") from None


def _fields(kind: Any) -> Any:
    return kind.fields if kind is not None else ()


def _without_prose(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_prose(each) for each in value]
    if isinstance(value, dict):
        prose = {"description", "deprecationReason"}
        return {key: None if key in prose else _without_prose(each) for key, each in value.items()}
    return value
