"""What types cannot say of questions: that they only read, go where they may, and parse."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from scopeaudit.catalogue.expressions import expression_problem
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import HttpQuestion, Provider, Question, Reading, ResourceReading, Scheme
from scopeaudit.model.operation import Effect, Operation

if TYPE_CHECKING:
    from graphql import GraphQLSchema

_HOST = re.compile(r"(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_PARAMETER = re.compile(r"\{(\w+)\}")
_ANY_PARAMETER = re.compile(r"\{[^{}]*\}")
_SQL_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_SQL_START = re.compile(r"\s*(?:SELECT|WITH|SHOW)\b", re.IGNORECASE)
_SQL_WRITES = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|INTO|CREATE|ALTER|DROP|GRANT|REVOKE|COPY|CALL|DO|EXECUTE|LOCK|"
    r"VACUUM|ANALYZE|REFRESH|REINDEX|CLUSTER|COMMENT|SET|RESET|LISTEN|NOTIFY|VALUES)\b"
    r"|\b(?:set_config|nextval|setval|lo_\w+|dblink\w*|pg_(?:terminate|cancel)_backend|pg_sleep\w*|pg_read_\w+|"
    r"pg_ls_\w+|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_promote|pg_(?:try_)?advisory\w*|pg_notify|"
    r"pg_create_\w+|pg_drop_\w+|pg_logical_\w+|pg_stat_reset\w*|query_to_xml\w*|pg_export_snapshot)\s*\(",
    re.IGNORECASE,
)


def question_problems(provider: Provider, catalogue: OperationCatalogue, rules: Path) -> Iterator[str]:
    """Every problem of a provider's questions, as `field: what to do`."""
    for host in provider.hosts:
        if not _HOST.fullmatch(host):
            yield f"hosts: {host!r}: write the bare name in small letters, without scheme, port and wildcard"
    for name, count in Counter(question.id for question in provider.questions).items():
        if count > 1:
            yield f"questions.{name}: id: is given to {count} questions"
    for field, expression in _of_readings(provider.readings):
        if problem := expression_problem(expression):
            yield f"{field}: {problem}"
    for question in provider.questions:
        for problem in (*_kind_problems(question, provider), *_all(question, provider, catalogue, rules)):
            yield f"questions.{question.id}: {problem}"


def _kind_problems(question: Question, provider: Provider) -> Iterator[str]:
    for kind in question.kinds:
        if provider.kind(kind) is None:
            yield f"kinds: there is no kind {kind!r}"
    for reading in (*provider.readings, *question.readings):
        if reading.kind is not None and provider.kind(reading.kind) is None:
            yield f"readings: there is no kind {reading.kind!r} to become"


def _all(question: Question, provider: Provider, catalogue: OperationCatalogue, rules: Path) -> Iterator[str]:
    ways = [
        name
        for name, way in (
            ("http", question.http),
            ("graphql", question.graphql),
            ("sql", question.sql),
            ("decode", question.decode),
        )
        if way is not None
    ]
    if len(ways) != 1:
        yield f"give one of http, graphql, sql and decode, not {' and '.join(ways) or 'none'}"
    if not question.readings and (question.shows is None or not provider.readings):
        yield "readings: give at least one"
    if question.http is not None or question.graphql is not None:
        yield from _sending_problems(question, provider)
    if question.http is not None:
        yield from _http_problems(question, question.http, catalogue)
    if question.graphql is not None:
        yield from _graphql_problems(question, question.graphql, provider, catalogue, rules)
    if question.sql is not None:
        yield from _sql_problems(question.sql)
    for field, expression in _expressions(question):
        if problem := expression_problem(expression):
            yield f"{field}: {problem}"
    if question.pages is not None and question.pages.link == (question.pages.cursor is not None):
        yield "pages: give either cursor or link"


def _sending_problems(question: Question, provider: Provider) -> Iterator[str]:
    if not provider.hosts:
        yield "host: the provider has no hosts, so nothing may be sent"
    elif question.host is not None and question.host not in provider.hosts:
        yield f"host: {question.host!r} is none of the provider's hosts"
    authorization = question.authorization or provider.authorization
    asked = question.kinds or tuple(kind.id for kind in provider.kinds)
    signed = all(kind.scheme is not Scheme.HTTP for kind in provider.kinds if kind.id in asked)
    if not signed and (authorization is None or "{" not in authorization.value):
        yield "authorization: says nowhere where the secret goes"


def _http_problems(question: Question, http: HttpQuestion, catalogue: OperationCatalogue) -> Iterator[str]:
    wanted = set(_PARAMETER.findall(http.path))
    for name in sorted(wanted ^ set(question.values)):
        yield f"values: {name!r} is " + ("missing" if name in wanted else "no part of the path")
    if not http.path.startswith("/") or "?" in http.path or "//" in http.path:
        yield "http.path: begin with one /, and write the query as `query`"
    described = [each for each in catalogue.operations.values() if each.path is not None]
    if not described:
        if http.method not in ("GET", "HEAD"):
            yield f"http.method: {http.method} is not described as reading anywhere"
        return
    meant = [each for each in described if _is_at(each, http)]
    if not meant:
        yield f"http: the provider's operations have no {http.method} {http.path}"
    for operation in meant:
        if operation.traits.effect is not Effect.READ:
            yield f"http: {operation.id} does more than read: {operation.traits.effect}"


def _is_at(operation: Operation, http: HttpQuestion) -> bool:
    return operation.verb == http.method and _shape(operation.path or "") == _shape(http.path)


def _shape(path: str) -> str:
    return _ANY_PARAMETER.sub("{}", path)


def _graphql_problems(
    question: Question, text: str, provider: Provider, catalogue: OperationCatalogue, rules: Path
) -> Iterator[str]:
    from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

    try:
        document = parse(text)
    except GraphQLError as error:
        yield f"graphql: {error.message}"
        return
    definitions = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(definitions) != 1:
        yield "graphql: give one operation"
    for definition in definitions:
        if definition.operation is not OperationType.QUERY:
            yield f"graphql: holds a {definition.operation.value}: only queries are asked"
        variables = {each.variable.name.value for each in definition.variable_definitions or ()}
        given = set(question.values) | (
            {question.pages.into} if question.pages and question.pages.into else set()
        )
        for name in sorted(given - variables, key=str):
            yield f"values: the query has no variable {name!r}"
    yield from _field_problems(document, catalogue)
    yield from _schema_problems(document, provider, rules)


def _field_problems(document: object, catalogue: OperationCatalogue) -> Iterator[str]:
    """Fields of the root are operations; a field anywhere may be called like one that reveals secrets."""
    from graphql import (
        DocumentNode,
        FieldNode,
        FragmentDefinitionNode,
        OperationDefinitionNode,
        SelectionSetNode,
    )

    if not isinstance(document, DocumentNode):
        return
    waiting: list[tuple[SelectionSetNode, bool]] = [
        (each.selection_set, isinstance(each, OperationDefinitionNode))
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        selections, is_root = waiting.pop()
        for field in selections.selections:
            inner = getattr(field, "selection_set", None)
            if isinstance(field, FieldNode):
                yield from _one_field(field.name.value, catalogue, is_root=is_root, is_leaf=inner is None)
            if inner is not None:
                waiting.append((inner, is_root and not isinstance(field, FieldNode)))


def _one_field(name: str, catalogue: OperationCatalogue, *, is_root: bool, is_leaf: bool) -> Iterator[str]:
    found = catalogue.operations.get(f"Query.{name}") or catalogue.operations.get(name)
    if is_root and found is None and not name.startswith("__"):
        yield f"graphql: the provider's operations have no {name}"
    if found is None:
        return
    effect = found.traits.effect
    if is_root and (effect is not Effect.READ or found.verb != "query"):
        yield f"graphql: {name} does more than read: {effect}"
    elif not is_root and is_leaf and effect is Effect.REVEAL:
        yield f"graphql: asks for {name}, which reveals secrets"


def _schema_problems(document: object, provider: Provider, rules: Path) -> Iterator[str]:
    from graphql import DocumentNode, GraphQLError, validate

    for name in provider.catalogue:
        path = rules / "operations" / f"{name}.graphql"
        if not path.is_file() or not isinstance(document, DocumentNode):
            continue
        try:
            schema = _schema(path.read_text(encoding="utf-8"))
        except (GraphQLError, TypeError) as error:
            first = str(error).partition("\n")[0]
            yield f"graphql: rules/operations/{name}.graphql is no schema: {first}"
            continue
        for mistake in validate(schema, document):
            yield f"graphql: {mistake.message}"


@lru_cache(maxsize=4)
def _schema(text: str) -> "GraphQLSchema":
    from graphql import build_schema

    return build_schema(text)


def _sql_problems(text: str) -> Iterator[str]:
    bare = _SQL_QUOTED.sub("''", text)
    if not _SQL_START.match(bare):
        yield "sql: begin with SELECT, WITH or SHOW"
    if ";" in bare:
        yield "sql: give one statement, without ;"
    if "$$" in bare or "--" in bare or "/*" in bare or "\\" in bare:
        yield "sql: leave out comments, dollar quotes and backslashes"
    for word in dict.fromkeys(match.group().rstrip("( ") for match in _SQL_WRITES.finditer(bare)):
        yield f"sql: {word} may change something"


def _expressions(question: Question) -> Iterator[tuple[str, str]]:
    """Field and text of every expression."""
    yield from _present(("when", question.when), ("for-each", question.for_each))
    yield from _named("values", question.values)
    if question.pages is not None:
        yield from _present(("pages.cursor", question.pages.cursor))
    yield from _of_readings(question.readings)


def _of_readings(readings: Iterable[Reading]) -> Iterator[tuple[str, str]]:
    for index, reading in enumerate(readings):
        for field, expression in _of_reading(reading):
            yield f"readings[{index}].{field}", expression


def _of_reading(reading: Reading) -> Iterator[tuple[str, str]]:
    yield from _present(
        ("when", reading.when),
        ("account", reading.account),
        ("expires", reading.expires),
        ("issued", reading.issued),
        ("expired", reading.expired),
    )
    yield from _named("facts", reading.facts)
    yield from _named("show", reading.show)
    for name, holdings in (("holds", reading.holds), ("lacks", reading.lacks)):
        for holding in holdings:
            yield from _present((f"{name}.each", holding.each))
    yield from _of_resources(reading.resources)


def _of_resources(readings: Iterable[ResourceReading]) -> Iterator[tuple[str, str]]:
    for reading in readings:
        where = f"resources.{reading.type}"
        yield from _present(
            (f"{where}.each", reading.each),
            (f"{where}.id", reading.id),
            (f"{where}.name", reading.name),
            (f"{where}.environment", reading.environment),
            (f"{where}.parent", reading.parent),
        )
        yield from _named(f"{where}.details", reading.details)
        yield from _named(f"{where}.holds", reading.holds)
        yield from _named(f"{where}.lacks", reading.lacks)
        yield from _of_resources(reading.inside)


def _present(*pairs: tuple[str, str | None]) -> Iterator[tuple[str, str]]:
    yield from ((field, expression) for field, expression in pairs if expression is not None)


def _named(field: str, expressions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((f"{field}.{name}", expression) for name, expression in expressions.items())
