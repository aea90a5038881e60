"""Railway's tokens, asked of a stand-in that runs the official schema."""

import datetime

import pytest

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.options import AskOptions
from scopeaudit.ask.session import ask, plan
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.demo.railway import RailwayStandIn
from scopeaudit.model.authority import EvidenceKind, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect
from scopeaudit.model.secret import HeldCredential, Secret

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
TOKENS = {
    name: expand("<uuid>", seed=number)
    for number, name in enumerate(("account", "member", "workspace", "project"))
}
VOLUME = {"volumeId": "v", "name": "pg-data", "sizeMB": 50000}
WORLD = {
    "people": {"p1": {"email": "owner@example.com"}, "p2": {"email": "member@example.com"}},
    "tokens": {
        "account": {"type": "account", "person": "p1"},
        "member": {"type": "account", "person": "p2"},
        "workspace": {"type": "workspace", "workspace": "w1"},
        "project": {"type": "project", "environment": "e2"},
    },
    "workspaces": [
        {
            "id": "w1",
            "name": "acme",
            "members": [{"id": "p1", "role": "ADMIN"}, {"id": "p2", "role": "MEMBER"}],
            "projects": [
                {
                    "id": "pr1",
                    "name": "shop",
                    "buckets": [{"id": "b1", "name": "files"}],
                    "environments": [
                        {
                            "id": "e1",
                            "name": "production",
                            "services": [{"id": "s1", "name": "web"}],
                            "volumes": [
                                VOLUME
                                | {
                                    "id": "vi1",
                                    "backups": [
                                        {"id": "bk1", "name": "daily", "createdAt": "2026-04-30T00:00:00Z"}
                                    ],
                                }
                            ],
                        },
                        {
                            "id": "e2",
                            "name": "staging",
                            "volumes": [VOLUME | {"id": "vi2", "name": "pg-staging"}],
                        },
                    ],
                }
            ],
        },
        {"id": "w2", "name": "personal", "members": [{"id": "p2", "role": "ADMIN"}], "projects": []},
    ],
}


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.fixture
def stand_in():
    with RailwayStandIn(WORLD, {text: name for name, text in TOKENS.items()}) as running:
        yield running
        assert running.violations == []


def held(token: str, kind: str = "api-token") -> HeldCredential:
    place = Location(Source.TREE, ".env", 1, 1, None, "RAILWAY_API_TOKEN")
    return HeldCredential(Credential("c1", "railway", kind, "…", (place,)), Secret(token))


def options(url: str, rules, *, offline: bool = False) -> AskOptions:
    return AskOptions(
        offline=offline,
        endpoints=parse_endpoints([f"railway={url}"], rules.providers),
        remember=False,
        now=NOW,
    )


@pytest.fixture
def asked(stand_in, rules, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def authority(name: str, kind: str = "api-token"):
        result = ask([held(TOKENS.get(name, name), kind)], rules, options(stand_in.url, rules))
        return result.authorities[0][1], result.gaps

    return authority


def verdict(authority, operation: str) -> Verdict:
    return next(each for each in Verdict if operation in authority.operations(each))


def test_an_account_token_of_an_admin_may_do_everything_but_what_needs_a_session(asked, rules):
    authority, gaps = asked("account")
    assert (authority.kind, authority.state, authority.account) == (
        "account-token",
        State.ACTIVE,
        "owner@example.com",
    )
    assert gaps == ()
    operations = rules.operations("railway").operations
    denied = authority.operations(Verdict.DENIED)
    assert denied == {
        each.id
        for each in operations.values()
        for need in each.requires
        if need.dimension == "token" and not any("account" in atoms for atoms in need.alternatives)
    }
    assert authority.operations(Verdict.GRANTED) == operations.keys() - denied
    assert authority.evidence is EvidenceKind.ASKED


def test_its_volumes_and_backups_are_listed_with_their_environments(asked):
    authority, _ = asked("account")
    assert {(each.id, each.environment, each.parent) for each in authority.resources} == {
        ("workspace/w1", None, None),
        ("project/pr1", None, "workspace/w1"),
        ("bucket/b1", None, "project/pr1"),
        ("environment/e1", "production", "project/pr1"),
        ("environment/e2", "staging", "project/pr1"),
        ("service/s1@e1", "production", "environment/e1"),
        ("volume/vi1", "production", "environment/e1"),
        ("volume/vi2", "staging", "environment/e2"),
        ("volume-backup/bk1", "production", "volume/vi1"),
    }


def test_a_member_may_not_delete_volumes_where_only_an_admin_may(asked):
    authority, _ = asked("member")
    assert authority.account == "member@example.com"
    assert verdict(authority, "volumeDelete") is Verdict.DENIED
    assert verdict(authority, "variableUpsert") is Verdict.GRANTED


def test_a_workspace_token_is_told_from_a_person(asked):
    authority, _ = asked("workspace")
    assert (authority.kind, authority.account) == ("workspace-token", None)
    assert verdict(authority, "volumeDelete") is Verdict.GRANTED
    assert verdict(authority, "userDelete") is Verdict.DENIED
    assert verdict(authority, "me") is Verdict.DENIED


def test_a_project_token_reaches_one_environment_and_no_further(asked, rules):
    authority, gaps = asked("project", "project-token")
    assert authority.kind == "project-token"
    assert gaps == ()
    assert {each.environment for each in authority.resources} == {"staging"}
    assert verdict(authority, "volumeDelete") is Verdict.GRANTED
    assert verdict(authority, "projectDelete") is Verdict.DENIED
    assert verdict(authority, "apiTokenCreate") is Verdict.DENIED
    beyond = {"project", "workspace", "account", "token", "billing", "member"}
    catalogue = rules.operations("railway").operations
    granted = authority.operations(Verdict.GRANTED)
    assert {each for each in granted if catalogue[each].on in beyond} == {"project"}


@pytest.mark.parametrize("name", ["account", "workspace", "project"])
def test_a_token_of_unknown_type_is_told_by_asking(asked, name):
    authority, _ = asked(name, "token")
    assert authority.kind == f"{name}-token"


def test_a_dead_token_can_do_nothing(asked, rules):
    authority, gaps = asked(expand("<uuid>", seed=99))
    assert authority.state is State.REVOKED
    assert authority.operations(Verdict.DENIED) == rules.operations("railway").ids
    assert gaps == ()


def test_offline_nothing_is_sent_and_nothing_is_called_denied_or_granted(stand_in, rules):
    result = ask([held(TOKENS["account"])], rules, options(stand_in.url, rules, offline=True))
    authority = result.authorities[0][1]
    assert stand_in.seen == []
    assert authority.operations(Verdict.UNKNOWN) == rules.operations("railway").ids
    assert {gap.why for gap in result.gaps} == {"not asked: the scan ran offline"}


def test_a_plan_sends_nothing_and_names_what_would_be_sent(stand_in, rules):
    planned = plan([held(TOKENS["account"])], rules, options(stand_in.url, rules))
    assert stand_in.seen == []
    assert {(each.method, each.path) for each in planned} == {("POST", "/graphql/v2")}
    assert [each.asks for each in planned if each.depends is None] == ["which workspaces it can operate on"]
    assert len(planned) >= 5


def test_every_question_is_a_query_that_reads(rules):
    from graphql import OperationDefinitionNode, build_schema, parse, validate

    schema = build_schema((rules.directory / "operations" / "railway.graphql").read_text())
    catalogue = rules.operations("railway").operations
    for question in rules.providers["railway"].questions:
        if question.graphql is None:
            continue
        document = parse(question.graphql)
        assert validate(schema, document) == []
        for definition in document.definitions:
            assert isinstance(definition, OperationDefinitionNode)
            assert definition.operation.value == "query"
            for field in definition.selection_set.selections:
                assert catalogue[field.name.value].traits.effect is Effect.READ


def test_every_operation_of_the_schema_is_classified_by_hand(rules):
    operations = rules.operations("railway").operations.values()
    assert sum(each.verb == "mutation" for each in operations) == 230
    assert sum(each.verb == "query" for each in operations) == 152
    assert [each.id for each in operations if not each.traits.by_hand] == []
