"""Catalogues are made from official descriptions, and hold no sentence of them."""

import json

import pytest
from graphql import build_schema, introspection_from_schema

from scopeaudit.catalogue.generate.graphql import rows_of_schema, schema_text
from scopeaudit.catalogue.generate.openapi import (
    asked_description,
    classic_scopes,
    github_requirements,
    rows_of_description,
    security_scopes,
)
from scopeaudit.catalogue.operation_files import OperationRow
from scopeaudit.cli.main import run
from scopeaudit.model.errors import UsageError

SDL = '''
"""A sentence about queries."""
type Query { "who" me: User!  build(id: ID!): Boolean }
type Mutation { "destroys" volumeDelete(volumeId: ID!): Boolean!  build(id: ID!): Boolean }
type User { id: ID! "a sentence" name: String }
'''
OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1"},
    "paths": {
        "/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/id"}],
            "get": {
                "operationId": "things/get",
                "description": "A sentence.",
                "responses": {
                    "200": {
                        "description": "A sentence.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/thing"}}},
                    }
                },
            },
            "delete": {
                "operationId": "things/delete",
                "security": [{"fga": ["things_write", "things_read"]}, {"fga": ["admin"]}],
                "responses": {"204": {"description": "gone"}},
            },
        }
    },
    "components": {
        "parameters": {"id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
        "schemas": {
            "thing": {
                "type": "object",
                "description": "A sentence.",
                "properties": {
                    "description": {"type": "string"},
                    "title": {"type": "string", "example": "x"},
                },
            },
            "other": {"type": "object"},
        },
    },
}


def introspection():
    return introspection_from_schema(build_schema(SDL))


def test_every_query_and_mutation_is_an_operation_and_twins_are_told_apart():
    assert sorted((row.id, row.verb) for row in rows_of_schema(introspection())) == [
        ("Query.build", "query"),
        ("build", "mutation"),
        ("me", "query"),
        ("volumeDelete", "mutation"),
    ]


def test_the_stored_schema_is_valid_and_holds_no_sentence():
    text = schema_text({"data": introspection()})
    assert "sentence" not in text
    assert "destroys" not in text
    assert set(build_schema(text).type_map["User"].fields) == {"id", "name"}


def test_something_else_is_refused():
    with pytest.raises(UsageError, match="not a GraphQL introspection"):
        rows_of_schema({"data": {}})


def test_security_requirements_become_alternatives():
    rows = rows_of_description(OPENAPI, security_scopes("fga", "permission"))
    assert rows == [
        OperationRow(id="things/get", verb="GET", path="/things/{id}"),
        OperationRow(
            id="things/delete",
            verb="DELETE",
            path="/things/{id}",
            requires={"permission": ("things_read+things_write", "admin")},
        ),
    ]


@pytest.mark.parametrize(
    ("sentence", "scopes"),
    [
        (
            "OAuth app tokens and personal access tokens (classic) need the `repo` scope to use this.",
            ("repo",),
        ),
        ("Tokens (classic) need the `repo` or `security_events` scope.", ("repo", "security_events")),
        (
            "Tokens (classic) need the `read:packages` and `delete:packages` scopes.",
            ("read:packages+delete:packages",),
        ),
        ("Tokens (classic) need the `workflow` scope when workflow files change.", ()),
        ("Anyone may do this.", ()),
    ],
)
def test_classic_scopes_are_read_from_the_one_sentence_that_names_them(sentence, scopes):
    assert classic_scopes({"description": f"Deletes it.\n\n{sentence}"}) == scopes


def test_permissions_come_from_the_table_and_what_it_names_too_much_is_told():
    table = {
        "things": {
            "permissions": [
                {"verb": "delete", "requestPath": "/things/{id}", "access": "write"},
                {"verb": "get", "requestPath": "/gone", "access": "read"},
            ]
        }
    }
    requires, left_over = github_requirements(table, {})
    rows = {row.id: row.requires for row in rows_of_description(OPENAPI, requires)}
    assert rows == {"things/get": {}, "things/delete": {"permission": ("things:write",)}}
    assert left_over() == ["get /gone"]


def test_the_reduced_description_keeps_what_validates_and_drops_prose():
    cut = asked_description(OPENAPI, frozenset({("get", "/things/{id}")}))
    assert "sentence" not in json.dumps(cut)
    assert list(cut["paths"]["/things/{id}"]) == ["get", "parameters"]
    assert set(cut["components"]["schemas"]) == {"thing"}
    assert set(cut["components"]["schemas"]["thing"]["properties"]) == {"description", "title"}
    assert cut["components"]["parameters"]["id"]["required"] is True


def test_the_command_writes_the_files(tmp_path, capsys):
    rules = tmp_path / "rules"
    for room in ("providers", "findings", "operations"):
        (rules / room).mkdir(parents=True)
    (rules / "providers" / "acme.yaml").write_text(
        "id: acme\nname: Acme\ndocumentation: https://docs.acme.example\nhosts: [api.acme.example]\n"
        "catalogue: [acme]\nkinds: [{id: token, title: token, source: https://docs.acme.example}]\n"
    )
    source = tmp_path / "schema.json"
    source.write_text(json.dumps({"data": introspection()}))
    url = "https://docs.acme.example/schema"
    code = run(
        [
            "rules",
            "refresh",
            "acme",
            "--from",
            str(source),
            "--version",
            "7",
            "--url",
            url,
            "--into",
            str(rules),
        ]
    )
    assert code == 0, capsys.readouterr().err
    made = json.loads((rules / "operations" / "acme.json").read_text())
    assert made["generated_from"] == {"title": "Acme GraphQL schema", "url": url, "version": "7"}
    assert [each["id"] for each in made["operations"]] == ["Query.build", "build", "me", "volumeDelete"]
    assert (rules / "operations" / "acme.graphql").is_file()
