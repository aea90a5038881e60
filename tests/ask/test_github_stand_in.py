"""The stand-in of GitHub refuses what GitHub would refuse, and says so."""

import json
import re

import pytest

from tests.ask.github_asking import rules
from tests.stand_ins.github import GitHubStandIn, Repository, Token

HEADERS = {
    "authorization": "Bearer made-up",
    "accept": "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    "user-agent": "test",
}


def stand_in() -> GitHubStandIn:
    return GitHubStandIn(rules(), {"made-up": Token(scopes="repo", repositories=(Repository("a/b"),))})


@pytest.mark.parametrize(
    ("method", "path", "headers", "violation"),
    [
        ("DELETE", "/repos/a/b", HEADERS, r"DELETE /repos/a/b is no reading operation"),
        ("POST", "/user/repos", HEADERS, r"POST /user/repos is no reading operation"),
        ("PATCH", "/user", HEADERS, r"PATCH /user is no reading operation"),
        ("GET", "/repos/a/b/actions/variables", HEADERS, r"is no reading operation of the description"),
        ("GET", "/nowhere", HEADERS, r"GET /nowhere is no reading operation"),
        ("GET", "/user/repos?perpage=1", HEADERS, r"no parameter perpage is documented"),
        ("GET", "/user/repos?per_page=many", HEADERS, r"/user/repos: .*[Pp]arameter"),
        ("GET", "/user", HEADERS | {"x-github-api-version": "1"}, r"the version of the API"),
        ("GET", "/user", HEADERS | {"accept": "*/*"}, r"does not accept GitHub's media type"),
    ],
)
def test_what_github_would_not_know_is_a_violation(method, path, headers, violation):
    server = stand_in()
    server.answer(method, path, headers, b"")
    assert re.search(violation, " ".join(server.violations))


def test_an_answer_of_its_own_that_github_would_not_give_is_a_violation():
    server = stand_in()
    server._checked("/user/repos", 200, [{"id": 1}], {})
    server._checked("/user/repos", 418, {"surprise": 1}, {})
    assert [each.split(":")[0] for each in server.violations] == ["the stand-in itself"] * 2


def test_a_good_request_gets_a_good_answer():
    server = stand_in()
    reply = server.answer("GET", "/user/repos?per_page=1", HEADERS, b"")
    assert (reply.status, server.violations) == (200, [])
    assert [each["full_name"] for each in json.loads(reply.body)] == ["a/b"]
