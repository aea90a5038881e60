"""The second check: nothing leaves that is not, exactly, a question of the provider file.

Independent of the code that makes requests. It compares what is about to be sent with the provider
file, and reads GraphQL and SQL for itself.
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import unquote

from scopeaudit.ask.graphql_documents import wrong_document
from scopeaudit.ask.request import Request
from scopeaudit.catalogue.provider import Authorization, HttpQuestion, Provider, Question, Scheme

_METHODS = frozenset({"GET", "HEAD", "POST"})
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*")
_VALUE = r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+"
_CHANGES_THE_PATH = re.compile(r"%(?:2F|5C|25|3B|[01][0-9A-F]|7F)", re.IGNORECASE)
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FORBIDDEN_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "connection", "content-length", "expect",
     "transfer-encoding", "upgrade", "te", "trailer", "forwarded", "x-http-method", "x-http-method-override",
     "x-method-override", "x-original-url", "x-rewrite-url", "x-forwarded-host"}
)  # fmt: skip
_FORBIDDEN_QUERY = frozenset({"_method", "http_method", "x-http-method-override"})
_GRAPHQL_HEADERS = frozenset({("content-type", "application/json"), ("accept", "application/json")})
_DEFAULT_GRAPHQL_PATH = "/graphql"
_DATABASE = "database"
"""The one value of an SQL question: the database of the same server that is asked."""
_SQL_TEXT = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$""", re.DOTALL)
_SQL_READS = re.compile(r"\s*(?:SELECT|SHOW|WITH)\b", re.IGNORECASE)
_SQL_CHANGES = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|INTO|TRUNCATE|DROP|ALTER|CREATE|GRANT|REVOKE|COPY|CALL|DO|LOCK|VACUUM|"
    r"SET|RESET|EXECUTE|NOTIFY|LISTEN|COMMIT|ROLLBACK|BEGIN|pg_terminate_backend|pg_cancel_backend|setval|"
    r"nextval|lo_import|lo_export|lo_unlink|pg_read_file|pg_read_binary_file|pg_write_file|dblink|dblink_exec|"
    r"pg_reload_conf|pg_switch_wal|pg_promote|set_config|pg_sleep|pg_advisory_lock)\b",
    re.IGNORECASE,
)


def refusal(
    request: Request,
    provider: Provider,
    *,
    own_host: str | None = None,
    revealing: frozenset[str] = frozenset(),
) -> str | None:
    """Why a request must not be sent; `None` if it is, exactly, an entry of the provider file.

    `own_host` is the host of the credential's connection string, `revealing` the provider's
    operations that return further secrets.
    """
    if request.provider != provider.id:
        return "refused: it is a request of another provider"
    if request.scheme is Scheme.AWS:
        return _wrong_aws(request, provider)
    question = next((each for each in provider.questions if each.id == request.question), None)
    if question is None:
        return "refused: no such question in the provider file"
    return (
        _wrong_scheme(request, provider, question)
        or _wrong_host(request, provider, question, own_host)
        or _wrong_authorization(request, provider, question)
        or _wrong_content(request, provider, question, revealing)
    )


def _wrong_aws(request: Request, provider: Provider) -> str | None:
    """AWS questions are one list of actions for every service, and stand beside their signing."""
    from scopeaudit.ask.aws.actions import refusal as refusal_of_action

    if Scheme.AWS not in {kind.scheme for kind in provider.kinds} or request.host not in provider.hosts:
        return "refused: not a host of the provider file"
    return refusal_of_action(request)


def _wrong_content(
    request: Request, provider: Provider, question: Question, revealing: frozenset[str]
) -> str | None:
    if question.sql is not None:
        return _wrong_sql(request, question, question.sql)
    if question.graphql is not None:
        return _wrong_graphql(request, provider, question, question.graphql, revealing)
    if question.http is not None:
        return _wrong_http(request, question, question.http)
    return "refused: the question is answered offline"


def _wrong_scheme(request: Request, provider: Provider, question: Question) -> str | None:
    kinds = [kind for kind in provider.kinds if not question.kinds or kind.id in question.kinds]
    if request.scheme not in {kind.scheme for kind in kinds}:
        return "refused: the provider file asks this in another way"
    if (question.sql is not None) != (request.scheme is Scheme.POSTGRESQL):
        return "refused: SQL and nothing else goes to a database"
    if request.signing is not None:
        return "refused: requests to AWS and no others are signed"
    return None


def _wrong_host(request: Request, provider: Provider, question: Question, own_host: str | None) -> str | None:
    if not provider.hosts:
        return None if request.host == (own_host or "") else "refused: not the credential's own host"
    expected = question.host or provider.hosts[0]
    if request.host != expected or expected not in provider.hosts:
        return "refused: not a host of the provider file"
    return None


def _wrong_authorization(request: Request, provider: Provider, question: Question) -> str | None:
    if request.authorization not in _authorizations(request, provider, question):
        return "refused: the secret would go elsewhere than the provider file says"
    return None


def _authorizations(
    request: Request, provider: Provider, question: Question
) -> frozenset[Authorization | None]:
    """Where the provider file lets the secret go in this question."""
    if request.scheme is not Scheme.HTTP:
        return frozenset({None})
    if question.authorization is not None:
        return frozenset({question.authorization})
    asked = [kind for kind in provider.kinds if not question.kinds or kind.id in question.kinds]
    return frozenset(kind.authorization or provider.authorization for kind in asked)


def _wrong_http(request: Request, question: Question, entry: HttpQuestion) -> str | None:
    if request.method != entry.method or request.method not in _METHODS:
        return "refused: not the method of the provider file, or not one that reads"
    if request.body is not None:
        return "refused: the question has no body"
    if not _is_path(request.path, entry.path):
        return "refused: not the path of the provider file"
    return _wrong_query(request, question, entry) or _wrong_headers(request, question, entry)


def _is_path(path: str, template: str) -> bool:
    if not _PATH.fullmatch(path) or any(step in (".", "..") for step in unquote(path).split("/")):
        return False
    if _CHANGES_THE_PATH.search(path):
        return False
    return re.fullmatch(_expression(template, _VALUE), path) is not None


def _expression(template: str, value: str) -> str:
    """The texts a template can become, as a regular expression."""
    parts = _PLACEHOLDER.split(template)
    return "".join(value if index % 2 else re.escape(part) for index, part in enumerate(parts))


def _is_value(text: str, template: str, question: Question) -> bool:
    """Whether a constant is unchanged, or a template was filled from the question's own values."""
    if not set(_PLACEHOLDER.findall(template)) <= set(question.values):
        return text == template
    return re.fullmatch(_expression(template, "[^\\x00-\\x1f\\x7f]*"), text) is not None


def _wrong_query(request: Request, question: Question, entry: HttpQuestion) -> str | None:
    names = [name for name, _ in request.query]
    page = question.pages.into if question.pages is not None else None
    optional = {page} if page is not None and page not in entry.query else set()
    if len(set(names)) != len(names) or not set(entry.query) <= set(names) <= set(entry.query) | optional:
        return "refused: not the query parameters of the provider file"
    if _FORBIDDEN_QUERY & {name.lower() for name in names}:
        return "refused: a query parameter changes the method"
    for name, value in request.query:
        if name != page and not _is_value(value, entry.query[name], question):
            return f"refused: {name} is not what the provider file says"
    return None


def _wrong_headers(request: Request, question: Question, entry: HttpQuestion) -> str | None:
    given = {name.lower(): value for name, value in request.headers}
    expected = {name.lower(): value for name, value in entry.headers.items()}
    if len(given) != len(request.headers) or given.keys() != expected.keys():
        return "refused: not the headers of the provider file"
    for name, value in given.items():
        if (
            name in _FORBIDDEN_HEADERS
            or not _HEADER_NAME.fullmatch(name)
            or not _HEADER_VALUE.fullmatch(value)
        ):
            return f"refused: the header {name!r} must not be set"
        if not _is_value(value, expected[name], question):
            return f"refused: the header {name!r} is not what the provider file says"
    return None


def _wrong_sql(request: Request, question: Question, statement: str) -> str | None:
    if request.method != "SQL" or request.path != statement or request.body or request.headers:
        return "refused: not the statement of the provider file"
    if {name for name, _ in request.query} != set(question.values) or not set(question.values) <= {_DATABASE}:
        return "refused: a statement has no parameter but the database it is put to"
    bare = _SQL_TEXT.sub(" ", statement)
    if not _SQL_READS.match(bare) or _SQL_CHANGES.search(bare) or ";" in bare.rstrip().removesuffix(";"):
        return "refused: the statement does more than read"
    return None


def _wrong_graphql(
    request: Request, provider: Provider, question: Question, document: str, revealing: frozenset[str]
) -> str | None:
    headers = {(name.lower(), value) for name, value in request.headers}
    where = (request.method, request.path, request.query)
    if (
        where != ("POST", provider.graphql_path or _DEFAULT_GRAPHQL_PATH, ())
        or not headers <= _GRAPHQL_HEADERS
    ):
        return "refused: not the GraphQL address of the provider file"
    try:
        body = json.loads(request.body or "", object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return "refused: the body is no JSON object"
    variables = body.get("variables", {})
    if not {"query"} <= set(body) <= {"query", "variables"} or not isinstance(variables, dict):
        return "refused: the body holds more than a query and its variables"
    if body["query"] != document:
        return "refused: not the GraphQL document of the provider file"
    into = question.pages.into if question.pages is not None else None
    declared = set(question.values) | ({into} if into is not None else set())
    return wrong_document(document, revealing, _names(variables), frozenset(declared))


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Servers differ in which of two equal names they take."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _names(variables: Mapping[object, object]) -> frozenset[str]:
    return frozenset(str(name) for name in variables)
