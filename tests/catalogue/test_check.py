"""Every mistake that types cannot see is named, all of them at once."""

from pathlib import Path

import pytest
import yaml

from scopeaudit.catalogue.check import FINDINGS, check_rules
from scopeaudit.catalogue.check_kinds import is_found
from scopeaudit.catalogue.check_patterns import hostile_texts, time_problems
from scopeaudit.catalogue.provider import Claims, Companion, Decoder, Kind, Needs
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand

PROVIDER = """\
id: acme
name: Acme
documentation: https://docs.acme.example/api
hosts: [api.acme.example]
authorization: {header: Authorization, value: "Bearer {secret}"}
graphql-path: /graphql
catalogue: [acme]
implies:
  scope: {"*:write": ["*:read"]}
kinds:
  - id: token
    title: token
    pattern: 'acme_[a-z0-9]{20,40}'
    examples: ["TOKEN=acme_<lower:20>"]
    counterexamples: ["TOKEN=acme_<lower:5>"]
    source: https://docs.acme.example/tokens
  - id: password
    title: password
    pattern: '[A-Za-z0-9]{16,64}'
    needs: name
    names: [ACME_PASSWORD]
    keywords: [acme]
    prefer: [token]
    examples: ["ACME_PASSWORD=<alnum:16>"]
    counterexamples: ["PASSWORD=<alnum:16>"]
    source: https://docs.acme.example/passwords
questions:
  - id: me
    asks: who it is
    http: {path: "/v1/users/{name}"}
    values: {name: facts.name}
    read-only: https://docs.acme.example/me
    readings:
      - when: status == `200`
        state: active
        kind: token
        holds: [{dimension: scope, each: body.scopes}]
        resources:
          - type: project
            each: body.projects
            id: it.id
            name: it.name
            holds: {scope: it.scopes}
  - id: projects
    asks: which projects there are
    kinds: [token]
    graphql: "query($after: String) { projects(after: $after) { id owner { name } } }"
    pages: {cursor: body.next, into: after}
    read-only: https://docs.acme.example/projects
    readings: [{when: body.data}]
  - id: tables
    asks: which tables there are
    kinds: [token]
    sql: "SELECT name, has_privilege(name, 'DELETE') FROM tables"
    read-only: https://docs.acme.example/tables
    readings: [{when: body}]
authority:
  - kinds: [token, password]
    summary: it may do what its scopes say
    source: https://docs.acme.example/scopes
    maximum: {scope: ["user:write"]}
    rules:
      - {operations: ["delete*"], on: [project], effects: [delete], verdict: denied}
      - {needs: [scope], absent: {scope: unknown}}
instead:
  - operations: [getUser, "effect:read"]
    issue: a token that reads
    source: https://docs.acme.example/scopes
unasked:
  - what: the weather
    why: nobody says
    source: https://docs.acme.example/weather
jobs:
  - name: look
    description: look around
    allow: ["get*", "effect:delete+on:project"]
"""
TRAITS = """\
provider: acme
complete: true
groups:
  - name: reads
    operations: ["get*", projects]
    effect: read
    reversible: "yes"
    source: https://docs.acme.example/reads
  - name: secrets
    operations: [secrets]
    effect: reveal
    reversible: "no"
    source: https://docs.acme.example/secrets
  - name: deletes
    operations: [deleteProject]
    effect: delete
    on: project
    reversible: window
    window: {hours: 48, by: anybody}
    gate: delay
    gate-removed-by: forceDelete
    source: https://docs.acme.example/deletes
  - name: forced
    operations: [forceDelete]
    effect: delete
    on: project
    reversible: "no"
    source: https://docs.acme.example/deletes
"""
REQUIRES = """\
provider: acme
source: https://docs.acme.example/scopes
requires:
  - dimension: scope
    needs: ["user:read", "user:admin+user:write"]
    operations: [getUser]
"""
OPERATIONS = """\
{"provider": "acme", "generated_from": {"title": "Acme", "url": "https://docs.acme.example", "version": "1"},
 "operations": [
  {"id": "getUser", "verb": "GET", "path": "/v1/users/{id}"},
  {"id": "deleteProject", "verb": "DELETE", "path": "/v1/projects/{id}"},
  {"id": "forceDelete", "verb": "mutation"},
  {"id": "projects", "verb": "query"},
  {"id": "secrets", "verb": "query"}
 ]}
"""
SCHEMA = """\
type Query {
  projects(after: String): [Project!]!
  secrets: [String!]!
}
type Mutation { forceDelete(id: ID!): Boolean }
type Project { id: ID! owner: Person secrets: String }
type Person { name: String }
"""
FINDING = """\
id: escalation
title: it can mint credentials
what: something
why: something
do: something
severity: high
references: [https://docs.acme.example/minting]
"""
FILES = {
    "provider": ("providers/acme.yaml", PROVIDER),
    "traits": ("traits/acme.yaml", TRAITS),
    "requires": ("requires/acme.yaml", REQUIRES),
    "operations": ("operations/acme.json", OPERATIONS),
    "schema": ("operations/acme.graphql", SCHEMA),
    "finding": ("findings/escalation.yaml", FINDING),
}


def problems(root: Path, *changes: tuple[str, str, str]) -> tuple[str, ...]:
    """What is wrong once some text of some file is replaced."""
    texts = {name: text for name, (_, text) in FILES.items()}
    for name, old, new in changes:
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new, 1)
    for name, (path, _) in FILES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(texts[name], encoding="utf-8")
    return check_rules(load_rules(root))


def test_rules_that_mean_something_have_no_problem(tmp_path):
    assert problems(tmp_path) == ()


MISTAKES = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["says"][0][6:80])
def test_a_mistake_is_named(tmp_path, mistake):
    change = (mistake["file"], mistake["old"], mistake["new"])
    assert problems(tmp_path, change) == tuple(mistake["says"])


def test_all_mistakes_of_all_files_are_named_at_once(tmp_path):
    found = problems(
        tmp_path,
        ("provider", "prefer: [token]", "prefer: [tokem]"),
        ("provider", "when: body.data", "when: body..data"),
        ("traits", "hours: 48", "hours: 0"),
        ("requires", "user:admin+user:write", "user:admin+"),
        ("finding", "references: [https", "references: [http"),
    )
    assert found == (
        "rules/providers/acme.yaml: kinds.password: prefer: 'tokem' is no other kind of this provider",
        "rules/providers/acme.yaml: questions.projects: "
        "readings[0].when: 'body..data' does not parse at character 6",
        "rules/traits/acme.yaml: groups.deletes: window.hours: give at least one hour",
        "rules/requires/acme.yaml: requires[0]: needs: give atoms, joined by +",
        "rules/findings/escalation.yaml: references: 'http://docs.acme.example/minting' is no https address",
    )


def test_a_finding_the_audit_does_not_make_is_named(tmp_path):
    (tmp_path / "findings").mkdir()
    text = FINDING.replace("id: escalation", "id: bad-weather")
    (tmp_path / "findings" / "bad-weather.yaml").write_text(text, encoding="utf-8")
    assert check_rules(load_rules(tmp_path)) == (
        "rules/findings/bad-weather.yaml: id: 'bad-weather' is no finding that the audit makes",
    )
    assert "bad-weather" not in FINDINGS


KIND = Kind(id="key", title="Key", pattern="[a-z0-9]{20}", source="https://docs.acme.example")
WORD = expand("<lower:20>")


@pytest.mark.parametrize(
    ("fields", "line", "found"),
    [
        ({}, f"x {WORD}", True),
        ({}, f"x{WORD}", False),
        ({}, f"x-{WORD}", True),
        ({}, f"{WORD}EXAMPLE", False),
        ({"pattern": None}, WORD, False),
        ({"entropy": 2.0}, "a" * 20, False),
        ({"needs": Needs.KEYWORD, "keywords": ("acme",)}, f"Acme {WORD}", True),
        ({"needs": Needs.KEYWORD, "keywords": ("acme",)}, f"other {WORD}", False),
        ({"needs": Needs.NAME, "names": ("ACME_*KEY",)}, f"acme-api-key: {WORD}", True),
        ({"needs": Needs.NAME, "names": ("ACME_*KEY",)}, f"acmeApiKey = '{WORD}'", True),
        ({"needs": Needs.NAME, "names": ("ACME_*KEY",)}, f"ACME_KEY=x ID={WORD}", False),
        ({"companions": (Companion(name="id", names=("KEY_ID",), required=True),)}, WORD, False),
        (
            {"companions": (Companion(name="id", names=("KEY_ID",), required=True),)},
            f"KEY_ID=a\n{WORD}",
            True,
        ),
        ({"claims": Claims(decode=Decoder.JWT, when="claims")}, WORD, False),
    ],
)
def test_a_line_holds_a_kind_or_not(fields, line, found):
    parts = {"id": "key", "title": "Key", "pattern": KIND.pattern, "source": KIND.source} | fields
    assert is_found(Kind(**parts), line) is found


def test_hostile_texts_are_nearly_matches():
    assert hostile_texts(["abcdefgh"]) == ["abcdefg", "abcd", "abc", "a", "e", "h"]


@pytest.mark.parametrize(
    ("pattern", "value", "is_slow"),
    [
        ("key-[a-z]{20}", "key-<letters:20>", False),
        ("[0-9A-Za-z_-]{8,400}[.][0-9A-Za-z_-]{8,1000}", "<alnum:30>.<alnum:60>", False),
        ("(?:[a-z]+)+[0-9]", "<letters:20><digits:1>", True),
        ("(?:a|a|a|a|a|a)*b", "aaaaaaaab", True),
        ("[a-z]{50}(?:[a-z]+[a-z]+)+[0-9]", "<letters:60><digits:1>", True),
        ("[a-z]*[a-z]*[a-z]*[a-z]*[0-9]", "<letters:20><digits:1>", True),
    ],
)
def test_a_slow_pattern_is_told_from_a_fast_one(pattern, value, is_slow):
    assert bool([*time_problems(pattern, [expand(value)])]) is is_slow
