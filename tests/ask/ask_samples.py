"""A made-up provider, credential and requests, to be bent one way at a time."""

import json
from dataclasses import replace

from scopeaudit.ask.request import Request
from scopeaudit.catalogue.provider import (
    Authorization,
    HttpQuestion,
    Kind,
    Pages,
    Provider,
    Question,
    Reading,
    Scheme,
)
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

PLANTED = expand("acme_<alnum:36>", seed=7)
URL = "https://docs.acme.example/api"
BEARER = Authorization(header="Authorization", value="Bearer {secret}")
DOCUMENT = "query Projects($after: String) { projects(after: $after) { edges { node { id name } } } }"
STATEMENT = "SELECT has_table_privilege(current_user, 'x', 'DELETE'), rolsuper FROM pg_roles"
READINGS = (Reading(when="status == `200`"),)


def question(**fields: object) -> Question:
    return Question(**({"asks": "something", "read_only": URL, "readings": READINGS} | fields))  # type: ignore[arg-type]


ME = question(id="me", http=HttpQuestion(path="/v1/me"))
PROJECT = question(
    id="project",
    http=HttpQuestion(path="/v1/projects/{project}/roles", query={"view": "all"}, headers={"x-version": "3"}),
    values={"project": "item"},
    pages=Pages(cursor="body.next", into="page"),
)
GRAPHQL = question(id="projects", graphql=DOCUMENT, pages=Pages(cursor="body.next", into="after"))
SQL = question(id="privileges", sql=STATEMENT, kinds=("role",))

KINDS = (
    Kind(id="token", title="Token", source=URL),
    Kind(id="role", title="Role", source=URL, scheme=Scheme.POSTGRESQL),
    Kind(id="key", title="Key", source=URL, scheme=Scheme.AWS),
)
ACME = Provider(
    id="acme",
    name="Acme",
    documentation=URL,
    hosts=("api.acme.example", "old.acme.example"),
    authorization=BEARER,
    graphql_path="/graphql/v2",
    kinds=KINDS,
    budget=50,
    rate=1000.0,
    questions=(ME, PROJECT, GRAPHQL, SQL),
)
OWN_HOST = replace(ACME, id="own", hosts=())
AWS = replace(ACME, id="aws", hosts=("sts.amazonaws.com", "iam.amazonaws.com"), kinds=KINDS[2:], questions=())


def held(
    secret: str = PLANTED, *, provider: str = "acme", credential: str = "c1", **companions: str
) -> HeldCredential:
    return HeldCredential(
        Credential(
            id=credential,
            provider=provider,
            kind="token",
            shown="…",
            locations=(Location(Source.TREE, ".env", 1, 1),),
        ),
        Secret(secret),
        {name: Secret(value) for name, value in companions.items()},
    )


ASK_ME = Request(
    provider="acme",
    question="me",
    scheme=Scheme.HTTP,
    method="GET",
    host="api.acme.example",
    path="/v1/me",
    authorization=BEARER,
)
ASK_PROJECT = replace(
    ASK_ME,
    question="project",
    path="/v1/projects/p-1/roles",
    query=(("view", "all"),),
    headers=(("x-version", "3"),),
)
ASK_GRAPHQL = replace(
    ASK_ME,
    question="projects",
    method="POST",
    path="/graphql/v2",
    headers=(("content-type", "application/json"),),
    body=json.dumps({"query": DOCUMENT, "variables": {"after": "x"}}),
)
ASK_SQL = Request(
    provider="own",
    question="privileges",
    scheme=Scheme.POSTGRESQL,
    method="SQL",
    host="db.example.org",
    path=STATEMENT,
)
