"""Reads a GraphQL document for what it would do, whatever the provider file says of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql import DocumentNode, SelectionSetNode

_SECRET_FIELDS = frozenset(
    {"variables", "secret", "secrets", "secretvalue", "clientsecret", "password", "passphrase", "privatekey",
     "accesskey", "secretkey", "secretaccesskey", "connectionstring", "databaseurl", "kubeconfig",
     "apikeyvalue", "plaintextvalue", "decryptedvalue", "unencryptedvalue"}
)  # fmt: skip


def wrong_document(
    document: str, revealing: frozenset[str], variables: frozenset[str], declared: frozenset[str]
) -> str | None:
    """Why a document must not be sent; `None` if it is one query that reveals nothing.

    `revealing` are operations that return further secrets, `variables` the names of those given,
    `declared` the names of those the provider file fills in.
    """
    read = _read_document(document)
    if isinstance(read, str):
        return read
    in_document, roots, fields = read
    if not variables <= in_document & declared:
        return "refused: a variable that the provider file does not declare"
    if roots & revealing:
        return "refused: the query reveals other secrets"
    if _SECRET_FIELDS & {name.lower().replace("_", "") for name in fields}:
        return "refused: the query reads a field that holds a secret"
    return None


@lru_cache(maxsize=256)
def _read_document(document: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]] | str:
    """Declared variables, fields at the root and all fields; or why it is not a query."""
    from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, OperationType, parse

    try:
        parsed: DocumentNode = parse(document, no_location=True, max_tokens=5000)
    except (GraphQLError, RecursionError):
        return "refused: the GraphQL document cannot be read"
    fragments: dict[str, SelectionSetNode] = {}
    operations: list[OperationDefinitionNode] = []
    for node in parsed.definitions:
        if isinstance(node, FragmentDefinitionNode):
            fragments[node.name.value] = node.selection_set
        elif isinstance(node, OperationDefinitionNode) and node.operation is OperationType.QUERY:
            operations.append(node)
        else:
            return "refused: a GraphQL operation that is not a query"
    if len(operations) != 1:
        return "refused: a GraphQL document must hold one query"
    variables = frozenset(each.variable.name.value for each in operations[0].variable_definitions or ())
    roots = _fields(operations[0].selection_set, fragments, deep=False)
    everything = [operations[0].selection_set, *fragments.values()]
    fields = frozenset().union(*(_fields(each, fragments, deep=True) for each in everything))
    return variables, roots, fields


def _fields(
    selections: "SelectionSetNode", fragments: Mapping[str, "SelectionSetNode"], *, deep: bool
) -> frozenset[str]:
    """Names of the fields selected, through fragments; those below them too where `deep`."""
    from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

    found: set[str] = set()
    waiting, seen = [selections], set()
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found.add(node.name.value)
                if deep and node.selection_set is not None:
                    waiting.append(node.selection_set)
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                if node.name.value in fragments:
                    waiting.append(fragments[node.name.value])
    return frozenset(found)
