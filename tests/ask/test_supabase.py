"""Keys of a project say what they are; tokens of a person are asked about."""

import json

import pytest
from canned import interview, ok

from scopeaudit.ask.request import Answer
from scopeaudit.catalogue.check_kinds import is_found
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import Resource, State
from scopeaudit.model.operation import Effect

RULES = load_rules()
REF = "abcdefghijklmnopqrst"
PRODUCTION = {
    "id": REF,
    "ref": REF,
    "organization_slug": "acme",
    "name": "shop",
    "region": "eu-central-1",
    "created_at": "2025-01-01T00:00:00Z",
    "status": "ACTIVE_HEALTHY",
    "database": {"host": f"db.{REF}.supabase.co", "version": "17.4"},
}
PAUSED = PRODUCTION | {"ref": "zyxwvutsrqponmlkjihg", "name": "old", "status": "INACTIVE"}
PROFILE = {"gotrue_id": "u1", "primary_email": "dev@acme.example", "username": "dev"}
ACCOUNT = {
    "/v1/profile": ok(PROFILE),
    "/v1/organizations": ok([{"id": "acme", "slug": "acme", "name": "Acme"}]),
    "/v1/projects": ok([PAUSED, PRODUCTION]),
}
WRITES = ("v1-delete-a-project", "v1-run-a-query", "v1-create-project-claim-token")
DENIED = Answer(status=403, body={"message": "Forbidden"})


def jwt(**claims: object) -> str:
    return expand("<jwt:" + json.dumps(claims) + ">")


def members(role: str) -> dict[str, Answer]:
    person = {"user_id": "x", "user_name": "dev", "email": "dev@acme.example", "role_name": role}
    return {"/v1/organizations/acme/members": ok([person | {"email": "a@acme.example"}, person])}


def missing(*permissions: str) -> Answer:
    return Answer(status=403, body={"message": "Forbidden", "missing_permissions": list(permissions)})


def full_access(role: str, **answers: Answer):
    secret = expand("sbp_ab<hex:38>")
    return interview(RULES, "supabase", "personal-access-token", secret, ACCOUNT | members(role) | answers)


def scoped(answers: dict[str, Answer]):
    secret = expand("sbp_fc<hex:38>")
    return interview(RULES, "supabase", "scoped-access-token", secret, ACCOUNT | members("Owner") | answers)


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("sbp_ab<hex:38>", "personal-access-token"),
        ("sbp_oauth_<hex:40>", "oauth-token"),
        ("sb_secret_<base64url:22>_<hex:8>", "secret-key"),
        ("sb_publishable_<base64url:22>_<hex:8>", "publishable-key"),
        ('<jwt:{"iss":"supabase","ref":"<letters:20>","role":"anon"}>', "anon-key"),
        ('<jwt:{"iss":"supabase","ref":"<letters:20>","role":"service_role"}>', "service-role-key"),
        ('<jwt:{"iss":"supabase-demo","role":"service_role"}>', "service-role-key"),
        ('<jwt:{"iss":"https://<letters:20>.supabase.co/auth/v1","role":"authenticated"}>', "user-token"),
    ],
)
def test_every_format_is_one_kind(template, kind):
    line = f"KEY={expand(template)}"
    assert [each.id for each in RULES.providers["supabase"].kinds if is_found(each, line)] == [kind]


def test_a_scoped_token_is_preferred_to_the_form_it_shares():
    kinds = RULES.providers["supabase"].kinds
    found = {each.id: each.prefer for each in kinds if is_found(each, expand("sbp_fc<hex:38>"))}
    assert found == {"scoped-access-token": (), "personal-access-token": ("scoped-access-token",)}


def test_a_service_role_key_reads_and_deletes_everything_in_its_project_and_manages_nothing():
    key = jwt(iss="supabase", ref=REF, role="service_role", exp=2015360000)
    result = interview(RULES, "supabase", "service-role-key", key)
    assert result.authority.resources == (Resource(f"project/{REF}", REF),)
    assert result.authority.expires == "2033-11-11T22:13:20Z"
    assert result.authority.state is State.UNKNOWN
    granted = {each for each in RULES.operations("supabase").ids if each.startswith("data/")}
    assert result.authority.operations("granted") == granted
    assert result.evidence("data/delete-rows") == {
        ("encoded", "the jwt itself: which project and role the key stands for")
    }
    assert result.verdicts("v1-delete-a-project", "v1-run-a-query") == {
        "v1-delete-a-project": "denied",
        "v1-run-a-query": "denied",
    }
    assert result.requests == []


def test_a_secret_key_is_the_same_as_documented():
    result = interview(RULES, "supabase", "secret-key", expand("sb_secret_<base64url:31>"))
    assert result.verdicts("data/delete-user", "v1-delete-a-project") == {
        "data/delete-user": "granted",
        "v1-delete-a-project": "denied",
    }
    assert {kind for kind, _ in result.evidence("data/delete-user")} == {"documented"}


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("anon-key", jwt(iss="supabase", ref=REF, role="anon")),
        ("publishable-key", expand("sb_publishable_<base64url:31>")),
        ("user-token", jwt(iss=f"https://{REF}.supabase.co/auth/v1", role="authenticated", sub="u")),
    ],
)
def test_what_policies_decide_is_unknown_and_the_rest_denied(kind, secret):
    result = interview(RULES, "supabase", kind, secret)
    assert result.authority.operations("granted") == frozenset()
    unknown = result.authority.operations("unknown")
    others = {"data/sign-up", "data/send-one-time-password", "data/invoke-edge-function"}
    assert unknown == others | {each for each in unknown if each.endswith("-by-policy")}
    assert result.verdicts("data/delete-rows", "v1-delete-a-project") == {
        "data/delete-rows": "denied",
        "v1-delete-a-project": "denied",
    }


def test_a_users_token_names_project_and_person():
    key = jwt(iss=f"https://{REF}.supabase.co/auth/v1", role="authenticated", email="ann@example.com", exp=1)
    result = interview(RULES, "supabase", "user-token", key)
    assert result.authority.account == "ann@example.com"
    assert result.authority.resources == (Resource(f"project/{REF}", REF),)
    assert result.authority.state is State.EXPIRED


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("Owner", ("granted", "granted", "granted")),
        ("Administrator", ("granted", "granted", "denied")),
        ("Developer", ("denied", "unknown", "denied")),
        ("Read-only", ("denied", "denied", "denied")),
        ("Something new", ("unknown", "unknown", "unknown")),
    ],
)
def test_a_full_access_token_may_do_what_its_persons_role_may(role, expected):
    result = full_access(role)
    assert tuple(result.verdicts(*WRITES).values()) == expected
    assert result.authority.account == "dev@acme.example"
    assert dict(result.authority.facts)["role in the organization"] == role


def test_a_role_in_one_of_several_organizations_denies_nothing():
    two = [{"slug": "acme", "name": "Acme"}, {"slug": "other", "name": "Other"}]
    answers = ACCOUNT | members("Read-only") | {"/v1/organizations": ok(two)}
    result = interview(RULES, "supabase", "personal-access-token", expand("sbp_ab<hex:38>"), answers)
    assert result.verdicts("v1-delete-a-project") == {"v1-delete-a-project": "unknown"}
    assert result.verdicts("v1-get-project") == {"v1-get-project": "granted"}


def test_projects_databases_branches_and_backups_are_resources():
    branch = {"id": "b1", "name": "develop", "project_ref": "bbbbbbbbbbbbbbbbbbbb", "parent_project_ref": REF}
    backups = {
        "pitr_enabled": True,
        "physical_backup_data": {"earliest_physical_backup_date_unix": 1},
        "backups": [
            {"id": 7, "status": "COMPLETED", "inserted_at": "2026-11-20T00:00:00Z"},
            {"id": 8, "status": "FAILED", "inserted_at": "2026-11-21T00:00:00Z"},
        ],
    }
    answers = {
        f"/v1/projects/{REF}/branches": ok([branch | {"is_default": False, "with_data": True}]),
        f"/v1/projects/{REF}/database/backups": ok(backups),
    }
    result = full_access("Owner", **answers)
    found = {each.id: (each.name, each.environment, each.parent) for each in result.authority.resources}
    assert found == {
        "organization/acme": ("Acme", None, None),
        f"project/{REF}": ("shop", None, "organization/acme"),
        f"database/{REF}": (f"db.{REF}.supabase.co", None, f"project/{REF}"),
        "project/zyxwvutsrqponmlkjihg": ("old", None, "organization/acme"),
        "database/zyxwvutsrqponmlkjihg": (f"db.{REF}.supabase.co", None, "project/zyxwvutsrqponmlkjihg"),
        "branch/b1": ("develop", "develop", f"project/{REF}"),
        f"backup/{REF}-7": ("2026-11-20T00:00:00Z", None, f"project/{REF}"),
        f"backup/{REF}-pitr": ("point-in-time recovery", None, f"project/{REF}"),
    }


def test_a_revoked_token_may_do_nothing():
    answers = {"/v1/profile": Answer(status=401, body={"message": "Unauthorized"})}
    result = interview(RULES, "supabase", "personal-access-token", expand("sbp_ab<hex:38>"), answers)
    assert result.authority.state is State.REVOKED
    assert result.authority.operations("denied") == RULES.operations("supabase").ids
    assert len(result.requests) == 1


def test_offline_a_full_access_token_is_unknown_in_the_project_management_and_denied_in_data():
    result = interview(RULES, "supabase", "personal-access-token", expand("sbp_ab<hex:38>"))
    assert result.verdicts("v1-delete-a-project", "data/delete-rows") == {
        "v1-delete-a-project": "unknown",
        "data/delete-rows": "denied",
    }


def test_a_read_that_answers_proves_reading_and_leaves_writing_unknown():
    result = scoped({f"/v1/projects/{REF}/functions": ok([])})
    assert result.verdicts("v1-list-all-functions", "v1-get-a-function-body", "v1-deploy-a-function") == {
        "v1-list-all-functions": "granted",
        "v1-get-a-function-body": "granted",
        "v1-deploy-a-function": "unknown",
    }
    assert ("asked", f"GET api.supabase.com/v1/projects/{REF}/functions (read-functions) → 200") in (
        result.evidence("v1-list-all-functions")
    )


def test_a_missing_permission_denies_reading_and_writing():
    result = scoped({f"/v1/projects/{REF}/functions": missing("edge_functions_read")})
    assert result.verdicts("v1-list-all-functions", "v1-deploy-a-function", "v1-delete-a-function") == {
        "v1-list-all-functions": "denied",
        "v1-deploy-a-function": "denied",
        "v1-delete-a-function": "denied",
    }


def test_a_refusal_without_a_reason_denies_nothing():
    result = scoped({f"/v1/projects/{REF}/functions": DENIED})
    assert result.verdicts("v1-list-all-functions") == {"v1-list-all-functions": "unknown"}
    assert (
        "whether it may read edge functions",
        "refused without saying which permission is missing",
    ) in result.gaps


def test_a_scoped_tokens_permission_is_cut_by_its_persons_role():
    answers = {f"/v1/projects/{REF}/functions": ok([])}
    reader = interview(
        RULES,
        "supabase",
        "scoped-access-token",
        expand("sbp_fc<hex:38>"),
        ACCOUNT | members("Read-only") | answers,
    )
    assert reader.verdicts("v1-list-all-functions", "v1-deploy-a-function") == {
        "v1-list-all-functions": "granted",
        "v1-deploy-a-function": "denied",
    }


def test_permissions_are_tried_on_a_project_that_runs():
    paths = [request.path for request in scoped({}).requests if request.question == "read-functions"]
    assert paths == [f"/v1/projects/{REF}/functions"]


def test_no_question_reads_what_reveals_secrets():
    operations = RULES.operations("supabase").operations.values()
    revealing = {
        each.path for each in operations if each.verb == "GET" and each.traits.effect is Effect.REVEAL
    }
    asked = {each.http.path for each in RULES.providers["supabase"].questions if each.http}
    never = {
        "/v1/projects/{ref}/config/auth",
        "/v1/projects/{ref}/secrets",
        "/v1/projects/{ref}/cli/login-role",
    }
    assert asked & (revealing | never) == set()


def test_an_oauth_tokens_scopes_stay_unknown():
    result = interview(RULES, "supabase", "oauth-token", expand("sbp_oauth_<hex:40>"), ACCOUNT)
    assert result.authority.state is State.ACTIVE
    assert result.verdicts("v1-get-project", "v1-delete-a-project", "data/select-rows") == {
        "v1-get-project": "unknown",
        "v1-delete-a-project": "unknown",
        "data/select-rows": "denied",
    }
