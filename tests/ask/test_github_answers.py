"""GitHub's answers as they should not be, and every reading of the provider file at least once."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeaudit.ask.learnt import Intake
from scopeaudit.ask.request import Answer
from scopeaudit.demo.server import Reply
from scopeaudit.model.authority import State, Verdict
from tests.ask.github_asking import NOT_FOUND, RATE_LIMITED, ask, github, held, rules, tell
from tests.stand_ins.github import Repository, Token

KINDS = [kind.id for kind in github().kinds]
LIVE = [kind for kind in KINDS if kind != "refresh-token"]
HOSTILE = [
    None,
    {},
    "text",
    7,
    True,
    [None],
    [[]],
    ["x"] * 3,
    [{"full_name": None, "permissions": {"admin": "yes", "pull": 1}}],
    [{"full_name": {"a": 1}, "permissions": []}],
    {"login": ["x"], "message": {"a": 1}, "repositories": {"a": 1}, "installations": "x"},
    {"repositories": [7, None, {"full_name": "a/b", "private": "yes"}], "installations": [None, 7]},
    [{"full_name": f"a/{number}", "private": True} for number in range(5000)],
    {"login": "x" * 1_000_000},
]
SCOPED = {"x-oauth-scopes": "repo, delete_repo, admin:org"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "login",
                    "full_name",
                    "private",
                    "permissions",
                    "admin",
                    "pull",
                    "owner",
                    "type",
                    "state",
                    "role",
                    "organization",
                    "message",
                    "repositories",
                    "installations",
                    "account",
                    "id",
                    "name",
                    "suspended_at",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", LIVE)
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_body_of_the_wrong_form_grants_and_denies_no_repository(kind, body):
    asked = tell(kind, {each.id: Answer(status=200, body=body) for each in github().questions})
    assert asked.verdicts("repos/delete", "git/delete-ref") == {
        "repos/delete": "unknown",
        "git/delete-ref": "unknown",
    }
    assert asked.authority.state in (State.ACTIVE, State.UNKNOWN)


@pytest.mark.parametrize("body", HOSTILE[4:], ids=range(len(HOSTILE[4:])))
def test_roles_of_the_wrong_form_leave_scopes_alone(body):
    user = Answer(status=200, headers=SCOPED, body={"login": "octocat"})
    asked = tell("classic-pat", {"user": user, "repositories": Answer(status=200, body=body)})
    assert asked.verdicts("repos/delete", "gists/delete", "repos/create-for-authenticated-user") == {
        "repos/delete": "unknown",
        "gists/delete": "denied",
        "repos/create-for-authenticated-user": "granted",
    }


@pytest.mark.parametrize(
    "other",
    [None, {"full_name": None}, {"full_name": "acme/web"}, {"full_name": "acme/web", "permissions": 7}, "x"],
)
def test_one_repository_that_cannot_be_read_keeps_a_denial_open(other):
    readable = {"full_name": "acme/api", "permissions": {"admin": False, "pull": True}}
    user = Answer(status=200, headers=SCOPED, body={"login": "octocat"})
    listed = Answer(status=200, body=[readable, other])
    asked = tell("classic-pat", {"user": user, "repositories": listed})
    assert asked.verdicts("repos/delete") == {"repos/delete": "unknown"}
    assert tell("classic-pat", {"user": user, "repositories": Answer(status=200, body=[readable])}).verdicts(
        "repos/delete"
    ) == {"repos/delete": "denied"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(LIVE),
    body=json_values,
    status=st.sampled_from([200, 204, 301, 400, 401, 403, 404, 422, 429, 500]),
    header=st.text(max_size=12),
)
def test_no_answer_breaks_the_interview_or_makes_writing_sure(kind, body, status, header):
    headers = {"x-accepted-github-permissions": header, "x-github-sso": header, "link": header}
    headers["github-authentication-token-expiration"] = header
    asked = tell(
        kind, {each.id: Answer(status=status, headers=headers, body=body) for each in github().questions}
    )
    granted = asked.authority.operations(Verdict.GRANTED)
    operations = rules().operations("github").operations
    assert {each for each in granted if operations[each].traits.effect == "delete"} <= set()


def test_a_name_that_is_a_step_in_the_path_is_not_asked_about():
    repositories = [
        {
            "full_name": "../../user",
            "name": name,
            "private": True,
            "owner": {"login": ".."},
            "permissions": {"admin": True, "pull": True},
        }
        for name in ("..", "a/b")
    ]
    known = {"user": Answer(status=200, body={}), "repositories": Answer(status=200, body=repositories)}
    asked = tell("fine-grained-pat", known)
    assert ("whether it may read code", "a part of the path would change the request's meaning") in asked.gaps
    assert not any(each.startswith("permission-contents") for each in asked.operations)


def test_answers_that_are_no_json_or_too_large_are_gaps():
    for body, why in (
        (b"{", "the answer is malformed JSON"),
        (b"[" * 200 + b"]" * 200, "the answer is nested too deeply"),
        (b"[" + b"1," * 500_000 + b"1]", "the answer holds too many values"),
        (b'["' + b"x" * 6_000_000 + b'"]', None),
    ):
        broken = Reply(200, "application/json", body)
        asked = ask(
            "classic-pat",
            Token(scopes="repo"),
            override=lambda operation, _, broken=broken: (
                broken if operation == "repos/list-for-authenticated-user" else None
            ),
        )
        assert asked.verdicts("repos/transfer") == {"repos/transfer": "unknown"}
        ((what, reason),) = asked.gaps
        assert what == "which repositories the person has a role on"
        assert why in (None, reason)


def test_a_redirect_is_not_followed():
    moved = Reply(302, "text/plain", b"", {"location": "https://elsewhere.example/"})
    asked = ask("classic-pat", Token(scopes="repo"), override=lambda *_: moved)
    assert asked.authority.state is State.UNKNOWN
    assert {why for _, why in asked.gaps} == {"redirect refused"}


def test_an_echo_of_the_token_is_not_kept():
    token = held("classic-pat").secret.reveal()
    asked = ask("classic-pat", Token(scopes="repo", login=token))
    assert token not in repr(asked)
    assert asked.authority.account == "…"


REPOSITORY = {
    "full_name": "acme/api",
    "name": "api",
    "private": True,
    "owner": {"login": "acme", "type": "Organization"},
    "permissions": {"admin": True, "pull": True},
}
INSTALLATION = {
    "id": 7,
    "suspended_at": None,
    "account": {"login": "acme", "type": "Organization"},
    "permissions": {"contents": "write"},
}
REFUSED = Answer(status=403, body={"message": "Resource not accessible by personal access token"})
BAD = Answer(status=401, body={"message": "Bad credentials"})
EMPTY = Answer(status=200, body=[])
GOOD = {
    "user": Answer(status=200, headers=SCOPED, body={"login": "octocat"}),
    "repositories": Answer(status=200, body=[REPOSITORY]),
    "organizations": Answer(
        status=200, body=[{"state": "active", "role": "admin", "organization": {"login": "acme"}}]
    ),
    "installation": Answer(status=200, body={"repositories": [REPOSITORY]}),
    "installations": Answer(status=200, body={"installations": [INSTALLATION]}),
    "installed-repositories": Answer(status=200, body={"repositories": [REPOSITORY]}),
}


def accepted(question, status: int, body: object) -> Answer:
    header = (question.shows or "repository_advisories:write").replace(":", "=")
    return Answer(status=status, headers={"x-accepted-github-permissions": header}, body=body)


def scenarios():
    """Kind and answers by question: together they must reach every reading."""
    showing = [each for each in github().questions if each.id.startswith("permission-")]
    proven = {each.id: accepted(each, 200, []) for each in showing}
    refused = {each.id: accepted(each, 403, REFUSED.body) for each in showing}
    for kind in LIVE:
        yield kind, GOOD | proven
        yield kind, GOOD | refused
        yield kind, dict.fromkeys((each.id for each in github().questions), RATE_LIMITED)
        yield kind, {**GOOD, "repositories": EMPTY, "organizations": EMPTY}
        yield kind, {**GOOD, "repositories": REFUSED, "organizations": REFUSED}
        yield kind, {**GOOD, "installations": NOT_FOUND}
        yield kind, {**GOOD, "installed-repositories": NOT_FOUND}
        yield kind, {**GOOD, "installation": NOT_FOUND}
        yield kind, {"user": BAD, "installation": BAD}
        yield kind, {"user": REFUSED}
        yield kind, {**GOOD, "user": Answer(status=200, headers={"x-oauth-scopes": ""}, body={})}
        yield kind, {**GOOD, "user": Answer(status=200, body={})}
        scoped = Answer(status=200, headers={"x-oauth-scopes": "repo"}, body={})
        yield kind, {**GOOD, "user": scoped, "organizations": REFUSED}


def test_every_reading_is_taken_by_some_answer(monkeypatch):
    taken: set[int] = set()
    take_in = Intake.take_in

    def noting(self, question, reading, names, evidence):
        taken.add(id(reading))
        take_in(self, question, reading, names, evidence)

    monkeypatch.setattr(Intake, "take_in", noting)
    for kind, answers in scenarios():
        tell(kind, answers)
    readings = {("every question", index): each for index, each in enumerate(github().readings)}
    for question in github().questions:
        readings |= {(question.id, index): each for index, each in enumerate(question.readings)}
    assert [place for place, each in readings.items() if id(each) not in taken] == []


def test_dates_are_read_in_both_forms_github_writes():
    for text in ("2026-06-01 00:00:00 UTC", "2026-06-01 02:00:00 +0200"):
        user = Answer(
            status=200, headers=SCOPED | {"github-authentication-token-expiration": text}, body={"login": "x"}
        )
        expires = tell("classic-pat", {"user": user}).authority.expires
        assert expires is not None
        assert datetime.datetime.fromisoformat(expires) == datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def test_a_repository_named_twice_is_one_resource():
    asked = ask("classic-pat", Token(scopes="repo", repositories=(Repository("a/b"), Repository("a/b"))))
    assert [each.id for each in asked.authority.resources] == ["repository/a/b"]
