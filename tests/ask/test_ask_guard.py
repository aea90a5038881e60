"""The guard lets through the provider file's questions and nothing else."""

import json
from dataclasses import replace

import pytest
from ask_samples import (
    ACME,
    ASK_GRAPHQL,
    ASK_ME,
    ASK_PROJECT,
    ASK_SQL,
    BEARER,
    DOCUMENT,
    GRAPHQL,
    ME,
    OWN_HOST,
    PROJECT,
    question,
)
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.guard import refusal
from scopeaudit.ask.request import Request
from scopeaudit.catalogue.provider import Authorization, Decoder, HttpQuestion, Provider, Question, Scheme


def with_question(changed: Question) -> Provider:
    others = tuple(each for each in ACME.questions if each.id != changed.id)
    return replace(ACME, questions=(*others, changed))


def graphql(document: str, **body: object) -> tuple[Request, Provider]:
    text = json.dumps({"query": document} | body)
    return replace(ASK_GRAPHQL, body=text), with_question(replace(GRAPHQL, graphql=document))


@pytest.mark.parametrize(
    "request_",
    [
        ASK_ME,
        ASK_PROJECT,
        replace(ASK_PROJECT, query=(("view", "all"), ("page", "a/b?c&d"))),
        replace(ASK_PROJECT, path="/v1/projects/a%20b/roles"),
        ASK_GRAPHQL,
        replace(ASK_GRAPHQL, body=json.dumps({"query": DOCUMENT}), headers=()),
    ],
    ids=str,
)
def test_a_question_of_the_provider_file_may_leave(request_: Request) -> None:
    assert refusal(request_, ACME) is None


@pytest.mark.parametrize(
    "request_",
    [
        replace(ASK_ME, provider="other"),
        replace(ASK_ME, question="nothing"),
        replace(ASK_ME, question="project"),
        replace(ASK_ME, method="POST"),
        replace(ASK_ME, method="get"),
        replace(ASK_ME, method="DELETE"),
        replace(ASK_ME, host="evil.example"),
        replace(ASK_ME, host="old.acme.example"),
        replace(ASK_ME, host="API.acme.example"),
        replace(ASK_ME, host="api.acme.example:444"),
        replace(ASK_ME, path="/v1/me/"),
        replace(ASK_ME, path="/v1/me?x=1"),
        replace(ASK_ME, path="/v1/me#x"),
        replace(ASK_ME, path="//v1/me"),
        replace(ASK_ME, path="/v1/me\r\nX: y"),
        replace(ASK_ME, path="http://evil.example/v1/me"),
        replace(ASK_ME, query=(("x", "1"),)),
        replace(ASK_ME, headers=(("x-http-method-override", "DELETE"),)),
        replace(ASK_ME, body=""),
        replace(ASK_ME, authorization=None),
        replace(ASK_ME, authorization=Authorization(header="X-Leak", value="{secret}")),
        replace(ASK_ME, authorization=Authorization(header="Authorization", value="{secret}")),
        replace(ASK_ME, scheme=Scheme.POSTGRESQL),
        replace(ASK_ME, scheme=Scheme.AWS),
        replace(ASK_ME, signing=("sts", "us-east-1")),
        replace(ASK_PROJECT, query=()),
        replace(ASK_PROJECT, query=(("view", "mine"),)),
        replace(ASK_PROJECT, query=(("view", "all"), ("view", "all"))),
        replace(ASK_PROJECT, query=(("view", "all"), ("VIEW", "all"))),
        replace(ASK_PROJECT, query=(("view", "all"), ("delete", "1"))),
        replace(ASK_PROJECT, headers=()),
        replace(ASK_PROJECT, headers=(("x-version", "4"),)),
        replace(ASK_PROJECT, headers=(("x-version", "3\r\nX: y"),)),
        replace(ASK_PROJECT, headers=(("x-version", "3"), ("X-Version", "3"))),
    ],
    ids=str,
)
def test_a_request_that_differs_in_anything_stays(request_: Request) -> None:
    assert refusal(request_, ACME) is not None


@pytest.mark.parametrize(
    "value",
    ["", "a/b", "..", ".", "%2e%2e", "%2E.", "a%2fb", "a%2Fb", "..%2f..", "a%5cb", "a%00b", "a%0d%0aX",
     "a%252fb", "a?x=1", "a#x", "a;x", "a%3Bx", "a b", "a\r\nX: y", "ä", "a%", "a%zz", "a\0", "a&b", "a\nb"],
)  # fmt: skip
def test_a_path_value_cannot_change_the_path(value: str) -> None:
    request = replace(ASK_PROJECT, path=f"/v1/projects/{value}/roles")
    assert refusal(request, ACME) == "refused: not the path of the provider file"


@given(st.text())
def test_no_text_in_place_of_a_path_value_reaches_another_path(value: str) -> None:
    request = replace(ASK_PROJECT, path=f"/v1/projects/{value}/roles")
    if refusal(request, ACME) is None:
        assert all(character.isalnum() or character in "._~-%" for character in value)
        assert request.path.count("/") == 4


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "get"])
def test_a_method_that_writes_stays_even_if_the_provider_file_names_it(method: str) -> None:
    provider = with_question(replace(ME, http=HttpQuestion(path="/v1/me", method=method)))
    assert refusal(replace(ASK_ME, method=method), provider) is not None


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "Authorization", "Host", "Cookie", "Transfer-Encoding"]
)
def test_a_header_that_changes_the_request_stays_even_if_the_provider_file_names_it(name: str) -> None:
    provider = with_question(replace(ME, http=HttpQuestion(path="/v1/me", headers={name: "x"})))
    assert refusal(replace(ASK_ME, headers=((name, "x"),)), provider) is not None


def test_a_query_that_changes_the_method_stays_even_if_the_provider_file_names_it() -> None:
    provider = with_question(replace(ME, http=HttpQuestion(path="/v1/me", query={"_method": "delete"})))
    assert refusal(replace(ASK_ME, query=(("_method", "delete"),)), provider) is not None


def test_a_constant_of_the_query_is_compared_and_a_value_of_the_question_is_not() -> None:
    entry = HttpQuestion(path="/", query={"Action": "GetUser", "UserName": "{user}"})
    provider = with_question(question(id="user", http=entry, values={"user": "item"}))
    request = replace(ASK_ME, question="user", path="/", query=(("Action", "GetUser"), ("UserName", "a&b=c")))
    assert refusal(request, provider) is None
    for query in (
        (("Action", "DeleteUser"), ("UserName", "a")),
        (("Action", "GetUser"), ("UserName", "a\r\n")),
    ):
        assert refusal(replace(request, query=query), provider) is not None


def test_a_host_the_question_names_must_be_one_of_the_providers() -> None:
    provider = with_question(replace(ME, host="evil.example"))
    assert refusal(replace(ASK_ME, host="evil.example"), provider) is not None
    provider = with_question(replace(ME, host="old.acme.example"))
    assert refusal(replace(ASK_ME, host="old.acme.example"), provider) is None


def test_the_questions_own_authorization_is_the_one_expected() -> None:
    own = Authorization(header="X-Api-Key", value="{secret}")
    provider = with_question(replace(ME, authorization=own))
    assert refusal(replace(ASK_ME, authorization=own), provider) is None
    assert refusal(replace(ASK_ME, authorization=BEARER), provider) is not None


def test_what_is_decoded_offline_is_never_sent() -> None:
    provider = with_question(question(id="me", decode=Decoder.JWT))
    assert refusal(ASK_ME, provider) == "refused: the question is answered offline"


@pytest.mark.parametrize(
    "document",
    [
        "mutation { volumeDelete(id: 1) }",
        "subscription { deploymentLogs { id } }",
        "query A { me { id } } mutation B { volumeDelete(id: 1) }",
        "query A { me { id } } query B { me { id } }",
        "# query\nmutation { x }",
        "type Query { me: String }",
        "{",
        "",
        "{" * 3000,
        "query { a " + "b " * 6000 + "}",
        "query { me { id } variables }",
        "query { me { id } other: variables }",
        "query { ...F } fragment F on Query { variables }",
        "query { ... on Query { ...F } } fragment F on Query { ...G } fragment G on Query { variables }",
        "query { me { deep { variables } } }",
        "query { me { client_secret } }",
        "query { me { ...F } } fragment F on User { connectionString }",
    ],
)
def test_a_document_that_is_not_one_plain_query_stays_even_if_the_provider_file_has_it(document: str) -> None:
    request, provider = graphql(document)
    reason = refusal(request, provider, revealing=frozenset({"variables"}))
    assert reason is not None
    assert reason.startswith("refused: ")


def test_an_operation_that_reveals_is_refused_at_the_root_alone() -> None:
    revealing = frozenset({"environments"})
    request, provider = graphql("{ project { environments { id } } }")
    assert refusal(request, provider, revealing=revealing) is None
    request, provider = graphql("{ environments { id } }")
    assert refusal(request, provider, revealing=revealing) == "refused: the query reveals other secrets"


def test_fragments_that_go_in_circles_are_read_once() -> None:
    request, provider = graphql("{ ...F } fragment F on Query { me ...G } fragment G on Query { ...F }")
    assert refusal(request, provider) is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps([{"query": DOCUMENT}]),
        json.dumps({"query": DOCUMENT + " "}),
        json.dumps({"query": DOCUMENT, "operationName": "Projects"}),
        json.dumps({"query": DOCUMENT, "extensions": {}}),
        json.dumps({"query": DOCUMENT, "variables": {"first": 1}}),
        json.dumps({"query": DOCUMENT, "variables": [1]}),
        json.dumps({"variables": {}}),
        '{"query": "mutation { x }", "query": ' + json.dumps(DOCUMENT) + "}",
        '{"query": ' + json.dumps(DOCUMENT) + ', "variables": {"after": 1, "after": 2}}',
    ],
)
def test_a_body_that_is_not_the_query_and_its_variables_stays(body: str | None) -> None:
    assert refusal(replace(ASK_GRAPHQL, body=body), ACME) is not None


@pytest.mark.parametrize(
    "request_",
    [
        replace(ASK_GRAPHQL, method="GET"),
        replace(ASK_GRAPHQL, path="/graphql"),
        replace(ASK_GRAPHQL, query=(("query", "mutation{x}"),)),
        replace(ASK_GRAPHQL, headers=(("content-type", "application/graphql"),)),
        replace(ASK_GRAPHQL, headers=(("x-http-method-override", "PUT"),)),
    ],
    ids=str,
)
def test_a_graphql_request_to_another_address_stays(request_: Request) -> None:
    assert refusal(request_, ACME) == "refused: not the GraphQL address of the provider file"


def sql(statement: str) -> str | None:
    changed = replace(ACME.questions[3], sql=statement)
    return refusal(
        replace(ASK_SQL, path=statement), replace(OWN_HOST, questions=(changed,)), own_host="db.example.org"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "select 1;",
        "  WITH x AS (SELECT 1) SELECT * FROM x",
        "SHOW server_version",
        "SELECT has_table_privilege('t', 'INSERT, UPDATE, DELETE, TRUNCATE')",
        'SELECT "delete" FROM t -- DROP TABLE x',
        "SELECT $$ DROP; $$, $a$ DELETE $$ $a$",
    ],
)
def test_a_statement_that_reads_may_leave(statement: str) -> None:
    assert sql(statement) is None


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "DELETE FROM t",
        "TRUNCATE t",
        "SELECTED",
        "SELECT 1; DROP TABLE t",
        "SELECT 1;;",
        "SELECT * INTO copy FROM t",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "SELECT * FROM t FOR UPDATE",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT nextval('s')",
        "EXPLAIN ANALYZE DELETE FROM t",
        "/* SELECT */ DROP TABLE t",
    ],
)
def test_a_statement_that_does_more_than_read_stays_even_if_the_provider_file_has_it(statement: str) -> None:
    assert sql(statement) == "refused: the statement does more than read"


@pytest.mark.parametrize(
    "request_",
    [
        replace(ASK_SQL, path=ASK_SQL.path + " "),
        replace(ASK_SQL, path="SELECT 1"),
        replace(ASK_SQL, method="GET"),
        replace(ASK_SQL, body="x"),
        replace(ASK_SQL, host="evil.example"),
        replace(ASK_SQL, scheme=Scheme.HTTP),
        replace(ASK_SQL, authorization=BEARER),
    ],
    ids=str,
)
def test_a_statement_goes_as_it_is_to_the_host_of_its_connection_string(request_: Request) -> None:
    assert refusal(ASK_SQL, OWN_HOST, own_host="db.example.org") is None
    assert refusal(request_, OWN_HOST, own_host="db.example.org") is not None


def test_questions_of_other_kinds_say_nothing_about_the_scheme() -> None:
    provider = with_question(replace(PROJECT, kinds=("role",)))
    assert refusal(ASK_PROJECT, provider) is not None
