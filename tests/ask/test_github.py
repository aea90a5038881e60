"""GitHub's classic tokens: what their scopes and the person's roles come to."""

import pytest

from scopeaudit.ask.request import Answer
from scopeaudit.demo.server import Reply
from scopeaudit.model.authority import EvidenceKind, Resource, State, Verdict
from tests.ask.github_asking import RATE_LIMITED, SECONDARY, ask, first_request, rules, tell
from tests.stand_ins.github import Repository, Token

OWN = Repository("octocat/app")
PUBLIC = Repository("octocat/site", private=False)
READABLE = Repository("acme/api", "pull", organization=True)
WRITABLE = Repository("acme/web", "push", organization=True)
TRIAGED = Repository("acme/docs", "triage", organization=True)
MAINTAINED = Repository("acme/infra", "maintain", organization=True)
ALL = (OWN, PUBLIC, READABLE, WRITABLE, TRIAGED, MAINTAINED)
CLASSIC = ("classic-pat", "oauth-token", "legacy-token")

NAMED = (
    "repos/delete",
    "repos/transfer",
    "repos/delete-branch-protection",
    "git/delete-ref",
    "repos/create-or-update-file-contents",
    "repos/get-content",
    "repos/create-webhook",
    "actions/create-or-update-repo-secret",
    "issues/create",
    "gists/delete",
    "orgs/remove-member",
    "orgs/delete",
    "orgs/create-webhook",
    "packages/delete-package-for-user",
    "users/create-public-ssh-key-for-authenticated-user",
    "enterprise-teams/delete",
    "apps/delete-installation",
    "checks/create",
    "meta/root",
)


def expected(**changes: str) -> dict[str, str]:
    """Everything named denied but what anybody may do, with changes; `_` stands for `/` and `-`."""
    base = dict.fromkeys(NAMED, "denied") | {"repos/get-content": "granted", "meta/root": "granted"}
    plain = {name.replace("/", "_").replace("-", "_"): name for name in NAMED}
    return base | {plain[name]: verdict for name, verdict in changes.items()}


@pytest.mark.parametrize("kind", CLASSIC)
def test_the_repo_scope_does_all_to_repositories_but_delete_them(kind):
    asked = ask(kind, Token(scopes="repo", repositories=ALL))
    assert asked.authority.state is State.ACTIVE
    assert asked.authority.account == "octocat"
    assert asked.authority.facts == (("scopes", "repo"),)
    assert asked.authority.evidence is EvidenceKind.ASKED
    assert asked.gaps == ()
    assert asked.verdicts(*NAMED) == expected(
        repos_transfer="granted",
        repos_delete_branch_protection="granted",
        git_delete_ref="granted",
        repos_create_or_update_file_contents="granted",
        repos_create_webhook="granted",
        actions_create_or_update_repo_secret="granted",
        issues_create="granted",
        orgs_create_webhook="unknown",
    )


def test_each_operation_is_bound_to_the_repositories_where_the_role_suffices():
    asked = ask("classic-pat", Token(scopes="repo, delete_repo", repositories=ALL))
    administered = ["repository/octocat/app", "repository/octocat/site"]
    written = sorted([*administered, "repository/acme/infra", "repository/acme/web"])
    labelled = sorted([*written, "repository/acme/docs"])
    everywhere = sorted([*labelled, "repository/acme/api"])
    assert asked.where("repos/delete") == {
        "granted": administered,
        "denied": sorted(set(everywhere) - set(administered)),
    }
    assert asked.where("git/delete-ref")["granted"] == written
    assert asked.where("issues/add-labels")["granted"] == labelled
    assert asked.where("issues/create") == {"granted": everywhere}
    assert asked.where("repos/get-content") == {"granted": everywhere}
    assert asked.where("issues/delete-comment")["unknown"] == sorted(set(everywhere) - set(written))


def test_repositories_are_named_with_what_a_reader_needs():
    asked = ask("classic-pat", Token(scopes="repo", repositories=(OWN, READABLE)))
    assert asked.authority.resources == (
        Resource(
            "repository/acme/api",
            "acme/api",
            parent="organization/acme",
            details=(("visibility", "private"),),
        ),
        Resource("repository/octocat/app", "octocat/app", details=(("visibility", "private"),)),
    )


def test_delete_repo_without_the_admin_role_deletes_nothing():
    asked = ask("classic-pat", Token(scopes="repo, delete_repo", repositories=(READABLE, WRITABLE)))
    assert asked.where("repos/delete") == {"denied": None}
    assert asked.verdicts("repos/transfer", "git/delete-ref") == {
        "repos/transfer": "denied",
        "git/delete-ref": "granted",
    }


def test_delete_repo_alone_deletes_public_repositories_and_nothing_else():
    asked = ask("classic-pat", Token(scopes="delete_repo", repositories=(OWN, PUBLIC)))
    assert asked.where("repos/delete") == {"granted": ["repository/octocat/site"]}
    assert asked.verdicts(*NAMED) == expected(repos_delete="granted")


def test_a_token_without_scopes_reads_what_is_public():
    asked = ask("classic-pat", Token(scopes="", repositories=ALL))
    assert asked.authority.facts == (("scopes", "none"),)
    assert asked.verdicts(*NAMED) == expected()
    assert asked.where("repos/get-content") == {"granted": ["repository/octocat/site"]}
    reading = {Verdict.GRANTED, Verdict.UNKNOWN}
    operations = rules().operations("github").operations
    effects = {
        operations[each].traits.effect
        for verdict in reading
        for each in asked.authority.operations(verdict)
        if each not in ("credentials/revoke", "apps/check-token")
    }
    assert effects <= {"read", "reveal"}
    assert asked.gaps == ()


def test_a_scope_the_file_does_not_know_leaves_the_rest_unknown():
    asked = ask("classic-pat", Token(scopes="repo, brand-new", repositories=(OWN,)))
    assert asked.verdicts("repos/transfer", "repos/delete", "gists/delete", "apps/delete-installation") == {
        "repos/transfer": "granted",
        "repos/delete": "unknown",
        "gists/delete": "unknown",
        "apps/delete-installation": "denied",
    }
    assert asked.gaps == (
        (
            "whose token it is, its scopes and when it expires",
            "it holds a scope that is not known here: what that one allows is unknown",
        ),
    )


def test_public_repo_may_be_what_descriptions_call_repo():
    asked = ask("classic-pat", Token(scopes="public_repo", repositories=(PUBLIC,)))
    assert asked.verdicts(
        "git/delete-ref", "repos/create-webhook", "actions/create-or-update-repo-secret", "gists/delete"
    ) == {
        "git/delete-ref": "granted",
        "repos/create-webhook": "granted",
        "actions/create-or-update-repo-secret": "unknown",
        "gists/delete": "denied",
    }


@pytest.mark.parametrize(
    ("scopes", "operation"),
    [
        ("gist", "gists/delete"),
        ("notifications", "activity/mark-notifications-as-read"),
        ("admin:public_key", "users/create-public-ssh-key-for-authenticated-user"),
        ("delete:packages, read:packages", "packages/delete-package-for-user"),
        ("user", "users/update-authenticated"),
        ("project", "projects/delete-item-for-user"),
        ("admin:enterprise", "enterprise-teams/delete"),
        ("codespace", "codespaces/delete-for-authenticated-user"),
        ("write:org", "orgs/set-public-membership-for-authenticated-user"),
    ],
)
def test_a_scope_grants_its_own_operation_and_not_those_of_others(scopes, operation):
    asked = ask("classic-pat", Token(scopes=scopes))
    assert asked.verdicts(operation, "repos/delete", "git/delete-ref") == {
        operation: "granted",
        "repos/delete": "denied",
        "git/delete-ref": "denied",
    }


def test_admin_org_needs_the_role_of_an_owner_in_each_organization():
    asked = ask("classic-pat", Token(scopes="admin:org", organizations={"acme": "admin", "beta": "member"}))
    owned, joined = ["organization/acme"], ["organization/beta"]
    assert asked.where("orgs/remove-membership-for-user") == {"granted": owned, "denied": joined}
    assert asked.where("orgs/update") == {"granted": owned, "denied": joined}
    assert asked.where("repos/delete-org-ruleset") == {"granted": owned, "unknown": joined}
    assert asked.verdicts("orgs/delete", "repos/delete", "orgs/create-webhook") == {
        "orgs/delete": "unknown",
        "repos/delete": "denied",
        "orgs/create-webhook": "denied",
    }


def test_a_person_in_no_organization_changes_none():
    asked = ask("classic-pat", Token(scopes="admin:org"))
    assert asked.verdicts("orgs/update", "repos/delete-org-ruleset", "orgs/get") == {
        "orgs/update": "denied",
        "repos/delete-org-ruleset": "denied",
        "orgs/get": "granted",
    }


def test_a_person_without_repositories_changes_none():
    asked = ask("classic-pat", Token(scopes="repo, delete_repo"))
    assert asked.verdicts("repos/delete", "git/delete-ref", "repos/create-for-authenticated-user") == {
        "repos/delete": "denied",
        "git/delete-ref": "denied",
        "repos/create-for-authenticated-user": "granted",
    }


def test_all_pages_of_repositories_are_read():
    many = tuple(Repository(f"octocat/r{number:03}", "pull") for number in range(250))
    asked = ask("classic-pat", Token(scopes="repo, delete_repo", repositories=(*many, OWN)))
    assert asked.operations.count("repos/list-for-authenticated-user") == 3
    assert len(asked.authority.resources) == 251
    assert asked.where("repos/delete")["granted"] == ["repository/octocat/app"]
    assert asked.gaps == ()


def test_repositories_beyond_the_last_page_asked_leave_a_denial_open():
    page = Answer(
        status=200,
        headers={"link": '<https://elsewhere.example/?page=2>; rel="next"'},
        body=[{"full_name": "acme/api", "permissions": {"pull": True}}],
    )
    scoped = Answer(status=200, headers={"x-oauth-scopes": "repo, delete_repo"}, body={"login": "octocat"})
    asked = tell("classic-pat", {"user": scoped, "repositories": page})
    assert asked.operations == ("user", *["repositories"] * 10, "organizations")
    assert asked.where("repos/delete") == {"denied": None, "unknown": None}
    assert asked.verdicts("repos/delete", "gists/delete") == {
        "repos/delete": "unknown",
        "gists/delete": "denied",
    }
    assert asked.gaps == (
        ("which repositories the person has a role on", "only the first 10 pages were asked for"),
    )


def test_a_revoked_token_may_do_nothing_and_is_asked_once():
    asked = ask("classic-pat", None)
    assert asked.authority.state is State.REVOKED
    assert asked.operations == ("users/get-authenticated",)
    assert asked.authority.operations(Verdict.DENIED) == rules().operations("github").ids


def test_an_expired_token_may_do_nothing_and_is_asked_once():
    asked = ask("classic-pat", Token(scopes="repo", expires="2026-04-30 23:59:59 UTC", repositories=ALL))
    assert asked.authority.state is State.EXPIRED
    assert asked.authority.expires == "2026-04-30T23:59:59Z"
    assert asked.operations == ("users/get-authenticated",)
    assert asked.authority.operations(Verdict.DENIED) == rules().operations("github").ids


@pytest.mark.parametrize(
    ("kind", "header", "expires"),
    [
        ("classic-pat", "2026-12-31 10:00:00 UTC", "2026-12-31T10:00:00Z"),
        ("classic-pat", "2026-12-31 10:00:00 +0200", "2026-12-31T08:00:00Z"),
        ("classic-pat", None, "never"),
        ("classic-pat", "soon", None),
        ("oauth-token", None, None),
    ],
)
def test_the_expiry_is_the_headers(kind, header, expires):
    asked = ask(kind, Token(scopes="repo", expires=header))
    assert (asked.authority.expires, asked.authority.state) == (expires, State.ACTIVE)


def test_single_sign_on_is_shown_without_its_address():
    asked = ask(
        "classic-pat",
        Token(scopes="repo", headers={"x-github-sso": "partial-results; organizations=21955855,20582480"}),
    )
    assert dict(asked.authority.facts)["single sign-on"] == "partial-results, organizations=21955855,20582480"
    assert asked.verdicts("git/delete-ref") == {"git/delete-ref": "unknown"}
    asked = ask(
        "classic-pat",
        Token(scopes="repo", headers={"x-github-sso": "required; url=https://github.com/orgs/acme/sso?a=b"}),
    )
    assert dict(asked.authority.facts)["single sign-on"] == "required"


@pytest.mark.parametrize("limited", [RATE_LIMITED, SECONDARY, Answer(status=429, body=None)])
def test_a_rate_limit_denies_nothing(limited):
    asked = tell("classic-pat", {"user": limited, "repositories": limited, "organizations": limited})
    assert asked.authority.state is State.UNKNOWN
    assert asked.verdicts("repos/delete", "repos/get-content", "gists/delete") == {
        "repos/delete": "unknown",
        "repos/get-content": "unknown",
        "gists/delete": "unknown",
    }
    assert {why for _, why in asked.gaps} == {
        "rate limited: this says nothing about the token, ask again later"
    }


@pytest.mark.parametrize(
    "headers",
    [{"x-ratelimit-remaining": "0"}, {"retry-after": "7"}, {}],
    ids=["primary", "wait", "secondary"],
)
def test_a_rate_limit_in_the_middle_costs_only_its_own_question(headers):
    body = b'{"message": "You have exceeded a secondary rate limit"}'
    limited = Reply(403, "application/json", body, headers)
    asked = ask(
        "classic-pat",
        Token(scopes="repo, gist", repositories=(OWN,)),
        override=lambda operation, _: limited if operation == "repos/list-for-authenticated-user" else None,
    )
    assert asked.verdicts("repos/transfer", "gists/delete", "repos/delete") == {
        "repos/transfer": "unknown",
        "gists/delete": "granted",
        "repos/delete": "denied",
    }
    assert [what for what, why in asked.gaps if "rate limited" in why] == [
        "which repositories the person has a role on"
    ]


def test_requests_are_exactly_the_documented_ones():
    request = first_request("classic-pat")
    assert (request.method, request.host, request.path, request.query, request.headers) == (
        "GET",
        "api.github.com",
        "/user",
        (),
        (("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28")),
    )
