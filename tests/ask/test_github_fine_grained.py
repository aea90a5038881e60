"""GitHub's fine-grained and app tokens: what reads prove, and what stays unknown."""

import pytest

from scopeaudit.ask.request import Answer
from scopeaudit.model.authority import EvidenceKind, State, Verdict
from tests.ask.github_asking import ask, github, rules, tell
from tests.stand_ins.github import Repository, Token

OWN = Repository("octocat/app")
PUBLIC = Repository("octocat/site", private=False)
SHARED = Repository("acme/api", organization=True)
READABLE = Repository("acme/docs", "pull", organization=True)
NAMED = (
    "repos/delete",
    "repos/create-deploy-key",
    "git/delete-ref",
    "repos/get-content",
    "issues/create",
    "issues/list-for-repo",
    "actions/create-or-update-repo-secret",
    "repos/create-webhook",
    "users/create-public-ssh-key-for-authenticated-user",
    "repos/delete-org-ruleset",
    "apps/delete-installation",
    "orgs/update-pat-access",
)
SHOWING = [question for question in github().questions if question.shows]
REFUSED = {"message": "Resource not accessible by personal access token"}


def test_what_reads_prove_is_granted_and_what_they_refuse_is_denied():
    token = Token(permissions={"administration": "write", "contents": "write"}, repositories=(OWN, READABLE))
    asked = ask("fine-grained-pat", token)
    assert asked.authority.state is State.ACTIVE
    assert asked.authority.evidence is EvidenceKind.ASKED
    assert asked.verdicts(*NAMED) == {
        "repos/delete": "granted",
        "repos/create-deploy-key": "granted",
        "git/delete-ref": "granted",
        "repos/get-content": "granted",
        "issues/create": "denied",
        "issues/list-for-repo": "unknown",
        "actions/create-or-update-repo-secret": "denied",
        "repos/create-webhook": "denied",
        "users/create-public-ssh-key-for-authenticated-user": "denied",
        "repos/delete-org-ruleset": "unknown",
        "apps/delete-installation": "denied",
        "orgs/update-pat-access": "denied",
    }
    assert asked.where("repos/delete") == {
        "granted": ["repository/octocat/app"],
        "denied": ["repository/acme/docs"],
    }
    assert asked.gaps == ()


def test_a_token_that_reads_code_is_shown_to_write_none():
    asked = ask("fine-grained-pat", Token(permissions={"contents": "read"}, repositories=(OWN,)))
    assert asked.verdicts("repos/get-content", "git/delete-ref", "repos/delete", "repos/update") == {
        "repos/get-content": "granted",
        "git/delete-ref": "denied",
        "repos/delete": "denied",
        "repos/update": "denied",
    }


def test_reading_shown_is_not_writing_shown():
    asked = ask("fine-grained-pat", Token(permissions={"issues": "write"}, repositories=(OWN,)))
    assert asked.verdicts("issues/list-for-repo", "issues/create") == {
        "issues/list-for-repo": "granted",
        "issues/create": "unknown",
    }


def test_without_a_private_repository_nothing_can_be_shown():
    asked = ask("fine-grained-pat", Token(permissions={"administration": "write"}, repositories=(PUBLIC,)))
    assert asked.authority.operations(Verdict.GRANTED) == frozenset()
    assert asked.verdicts("repos/delete", "git/delete-ref", "repos/get-content", "issues/create") == {
        "repos/delete": "unknown",
        "git/delete-ref": "unknown",
        "repos/get-content": "unknown",
        "issues/create": "unknown",
    }
    assert asked.gaps == (
        (
            "whether it may read about private repositories",
            "no private repository is in its reach, and on public ones a read proves nothing; "
            "what it may do there is unknown",
        ),
    )


def test_a_refusal_for_want_of_a_role_is_not_the_tokens():
    asked = ask("fine-grained-pat", Token(repositories=(READABLE,)))
    assert asked.verdicts("issues/create", "git/delete-ref", "repos/delete") == {
        "issues/create": "unknown",
        "git/delete-ref": "denied",
        "repos/delete": "denied",
    }
    assert asked.where("git/delete-ref") == {"denied": None}


def test_a_feature_that_is_off_proves_nothing():
    token = Token(permissions={"administration": "write"}, repositories=(OWN,))
    off = (
        "interactions/get-pull-request-creation-cap-for-repo",
        "interactions/get-pull-request-bypass-list-for-repo",
        "code-quality/get-setup",
    )
    for number in range(3):
        asked = ask("fine-grained-pat", token, unavailable=off[:number])
        assert asked.verdicts("repos/delete") == {"repos/delete": "granted"}
    assert ask("fine-grained-pat", token, unavailable=off).verdicts("repos/delete") == {
        "repos/delete": "unknown"
    }


def test_at_most_two_private_repositories_are_asked_about():
    many = tuple(Repository(f"octocat/r{number}") for number in range(30))
    asked = ask("fine-grained-pat", Token(permissions={"administration": "write"}, repositories=many))
    assert asked.operations.count("repos/list-branches") == 2
    assert len(asked.where("repos/delete")["granted"]) == 30


def test_permissions_in_an_organization_need_the_role_there():
    token = Token(
        permissions={"organization_administration": "write"},
        repositories=(SHARED,),
        organizations={"acme": "admin"},
    )
    asked = ask("fine-grained-pat", token)
    assert asked.where("repos/delete-org-ruleset") == {"granted": ["organization/acme"]}
    assert asked.verdicts(
        "orgs/create-webhook", "orgs/remove-member", "actions/create-or-update-org-secret"
    ) == {
        "orgs/create-webhook": "denied",
        "orgs/remove-member": "denied",
        "actions/create-or-update-org-secret": "denied",
    }
    member = Token(
        permissions={"organization_administration": "write"},
        repositories=(SHARED,),
        organizations={"acme": "member"},
    )
    assert ask("fine-grained-pat", member).where("orgs/update") == {"denied": None}


def test_an_organizations_advisories_show_that_advisories_can_be_written():
    asked = ask(
        "fine-grained-pat", Token(permissions={"repository_advisories": "write"}, repositories=(SHARED,))
    )
    assert asked.verdicts("security-advisories/update-repository-advisory") == {
        "security-advisories/update-repository-advisory": "granted"
    }


def test_an_installation_token_is_known_by_what_it_reads():
    token = Token(
        installation=True, permissions={"contents": "write"}, repositories=(SHARED, PUBLIC), login="app"
    )
    asked = ask("app-installation-token", token)
    assert (asked.authority.state, asked.authority.account) == (State.ACTIVE, "acme")
    assert "users/get-authenticated" not in asked.operations
    assert asked.verdicts(
        "git/delete-ref",
        "repos/delete",
        "issues/create",
        "issues/list-for-repo",
        "repos/create-commit-status",
        "apps/revoke-installation-access-token",
        "apps/delete-installation",
        "gists/delete",
    ) == {
        "git/delete-ref": "granted",
        "repos/delete": "denied",
        "issues/create": "denied",
        "issues/list-for-repo": "unknown",
        "repos/create-commit-status": "unknown",
        "apps/revoke-installation-access-token": "granted",
        "apps/delete-installation": "denied",
        "gists/delete": "unknown",
    }
    assert asked.where("git/delete-ref") == {"granted": ["repository/acme/api", "repository/octocat/site"]}


def test_an_unknown_installation_token_is_revoked():
    asked = ask("app-installation-token", None)
    assert asked.authority.state is State.REVOKED
    assert asked.operations == ("apps/list-repos-accessible-to-installation",)


def test_an_apps_user_token_has_the_permissions_of_each_installation():
    token = Token(
        repositories=(SHARED, READABLE, OWN),
        organizations={"acme": "admin"},
        installations={
            7: ("acme", {"administration": "write", "contents": "write"}),
            8: ("octocat", {"contents": "read"}),
        },
    )
    asked = ask("app-user-token", token)
    assert asked.where("repos/delete") == {
        "granted": ["repository/acme/api"],
        "denied": ["repository/acme/docs", "repository/octocat/app"],
    }
    assert asked.where("git/delete-ref")["granted"] == ["repository/acme/api"]
    assert asked.where("repos/get-content") == {
        "granted": ["repository/acme/api", "repository/acme/docs", "repository/octocat/app"]
    }
    assert asked.verdicts("issues/create") == {"issues/create": "denied"}
    assert asked.where("orgs/update") == {"denied": None}
    assert asked.verdicts("actions/create-repo-variable") == {"actions/create-repo-variable": "unknown"}


def test_a_refresh_token_is_never_used():
    asked = tell("refresh-token", {})
    assert asked.operations == ()
    assert asked.authority.operations(Verdict.UNKNOWN) == rules().operations("github").ids


@pytest.mark.parametrize("question", SHOWING, ids=lambda each: each.id)
def test_a_question_shows_what_the_tables_say_its_operation_needs(question):
    operations = rules().operations("github").operations.values()
    (operation,) = (each for each in operations if (each.verb, each.path) == ("GET", question.http.path))
    (needed,) = (each.alternatives for each in operation.requires if each.dimension == "permission")
    assert operation.traits.effect == "read"
    assert [each - {"metadata:read"} for each in needed] in ([{question.shows}], [set()])
    assert question.shows in {atom for atoms in needed for atom in atoms}


REPOSITORY = {
    "full_name": "acme/api",
    "name": "api",
    "private": True,
    "owner": {"login": "acme", "type": "Organization"},
    "permissions": {"admin": True, "maintain": True, "push": True, "triage": True, "pull": True},
}
KNOWN = {
    "user": Answer(status=200, body={"login": "octocat"}),
    "repositories": Answer(status=200, body=[REPOSITORY]),
}


def verdict_of_atom(question, answer) -> str:
    """What an answer says of the atom a question is about: of an operation that needs it alone."""
    from scopeaudit.ask.interview import Interview
    from scopeaudit.model.operation import Requirement
    from tests.ask.github_asking import NOT_FOUND, NOW, held

    interview = Interview(github(), held("fine-grained-pat"), NOW)
    while requests := interview.requests():
        for request in requests:
            told = answer if request.question == question.id else KNOWN.get(request.question, NOT_FOUND)
            interview.take(request, told)
    needed = Requirement("permission", (frozenset({question.shows}),))
    return interview.learnt.ledger.judge(needed).verdict.value


def accepted(*names: str) -> dict[str, str]:
    return {"x-accepted-github-permissions": "".join(names)}


@pytest.mark.parametrize("question", SHOWING, ids=lambda each: each.id)
def test_only_an_answer_about_this_permission_alone_decides(question):
    atom = question.shows.replace(":", "=")
    judged = {
        "granted": verdict_of_atom(question, Answer(status=200, headers=accepted(atom), body=[])),
        "granted with metadata": verdict_of_atom(
            question, Answer(status=200, headers=accepted(atom, ",metadata=read"), body=[])
        ),
        "one of two": verdict_of_atom(
            question, Answer(status=200, headers=accepted("starring=read; ", atom), body=[])
        ),
        "another": verdict_of_atom(question, Answer(status=200, headers=accepted("x_", atom), body=[])),
        "no header": verdict_of_atom(question, Answer(status=200, body=[])),
        "refused": verdict_of_atom(question, Answer(status=403, headers=accepted(atom), body=REFUSED)),
        "refused either": verdict_of_atom(
            question, Answer(status=403, headers=accepted(atom, "; starring=read"), body=REFUSED)
        ),
        "refused both": verdict_of_atom(
            question, Answer(status=403, headers=accepted(atom, ",starring=read"), body=REFUSED)
        ),
        "other refusal": verdict_of_atom(
            question, Answer(status=403, headers=accepted(atom), body={"message": "Must have admin rights"})
        ),
        "not found": verdict_of_atom(question, Answer(status=404, headers=accepted(atom), body=REFUSED)),
        "limited": verdict_of_atom(
            question, Answer(status=403, headers=accepted(atom) | {"retry-after": "5"}, body=REFUSED)
        ),
    }
    assert judged == {
        "granted": "granted",
        "granted with metadata": "granted",
        "one of two": "unknown",
        "another": "unknown",
        "no header": "unknown",
        "refused": "denied",
        "refused either": "denied",
        "refused both": "unknown",
        "other refusal": "unknown",
        "not found": "unknown",
        "limited": "unknown",
    }
