"""Permissions for a job of GitHub, fed back to the authority rules of the provider file."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from scopeaudit.jobs.narrow.github_permissions import ACCOUNT, ORGANIZATION, REPOSITORY, WORKFLOW
from scopeaudit.model.authority import Authority, Resource, State
from tests.jobs.narrow_world import (
    RULES,
    allowed,
    everything,
    excess,
    granted,
    holding,
    job,
    narrowed,
    template,
)

TEMPLATES = [each.name for each in RULES.providers["github"].jobs]
FINE_GRAINED = [each for each in TEMPLATES if each != "read-packages"]
"""Reading packages is nothing that a fine-grained token is documented for."""
PERMISSION = re.compile(r"^  ([a-z_]+): (read|read and write|admin)$", re.MULTILINE)
LEVELS = {"read": "read", "read and write": "write", "admin": "admin"}


def listed(text: str) -> frozenset[str]:
    """The permissions of a list, as atoms."""
    return frozenset(f"{name}:{LEVELS[level]}" for name, level in PERMISSION.findall(text))


def linked(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


@pytest.mark.parametrize("name", FINE_GRAINED)
def test_a_token_with_the_listed_permissions_has_no_excess_but_what_is_told(name):
    declared = template("github", name)
    found = narrowed(declared, "classic-pat")
    token = holding("github", "fine-grained-pat", permission=listed(found.text))
    assert granted(token) == (allowed(declared) - set(found.missing)) | set(found.beyond)
    assert excess(declared, token) == set(found.beyond)
    before = excess(declared, everything("github", "classic-pat"))
    assert excess(declared, token) < before


@pytest.mark.parametrize("name", FINE_GRAINED)
def test_the_link_sets_what_the_list_names(name):
    found = narrowed(template("github", name), "classic-pat")
    parameters = linked(found.url)
    assert urlsplit(found.url)[:3] == ("https", "github.com", "/settings/personal-access-tokens/new")
    described = {"name", "description", "expires_in"}
    known = REPOSITORY | ACCOUNT | ORGANIZATION
    assert described <= parameters.keys() <= described | known
    levels = {atom.rpartition(":")[0]: atom.rpartition(":")[2] for atom in listed(found.text)}
    assert {key: value for key, value in parameters.items() if key in known} == {
        key: value for key, value in levels.items() if key in known
    }


def test_a_job_that_opens_pull_requests():
    declared = job("github", "pulls/create", "repos/get-content", "git/create-ref", resources=["octo/app"])
    found = narrowed(declared, "classic-pat", days=30)
    assert found.text == (
        "Repository permissions\n  contents: read and write\n  metadata: read\n  pull_requests: read and write"
    )
    assert linked(found.url) == {
        "name": "its-job",
        "description": "job its-job",
        "target_name": "octo",
        "expires_in": "30",
        "contents": "write",
        "metadata": "read",
        "pull_requests": "write",
    }
    assert "octo/app" in " ".join(found.steps)
    assert found.missing == ()
    assert "repos/delete" not in found.beyond
    assert "git/delete-ref" in found.beyond


def test_repositories_are_those_the_present_token_sees_and_the_job_names():
    seen = tuple(Resource(f"repository/{name}", name) for name in ("octo/app", "octo/site", "acme/api"))
    authority = Authority(State.UNKNOWN, "classic-pat", resources=seen)
    found = narrowed(job("github", "repos/get-content", resources=["octo/*"]), "classic-pat", authority)
    assert linked(found.url)["target_name"] == "octo"
    assert "octo/app, octo/site" in " ".join(found.steps)
    assert "acme" not in " ".join(found.steps)


def test_repositories_of_two_owners_need_two_tokens():
    found = narrowed(job("github", "repos/get-content", resources=["octo/app", "acme/api"]), "classic-pat")
    assert "target_name" not in linked(found.url)
    assert any("one resource owner" in each for each in found.steps)


def test_names_that_github_could_not_have_given_reach_neither_link_nor_steps():
    hostile = ["octo&admin=write/app", "octo/app\x1b[2J", "../octo", "a b/c"]
    found = narrowed(job("github", "repos/get-content", resources=hostile), "classic-pat")
    assert linked(found.url).keys() == {"name", "description", "expires_in", "contents", "metadata"}
    assert not any("octo" in each for each in (*found.steps, found.url))


def test_a_permission_the_link_has_no_parameter_for_is_added_by_hand():
    known = REPOSITORY | ORGANIZATION | ACCOUNT
    operation = next(
        each.id
        for each in RULES.operations("github").operations.values()
        for requirement in each.requires
        if requirement.dimension == "permission"
        and all(atom.rpartition(":")[0] not in known for part in requirement.alternatives for atom in part)
    )
    found = narrowed(job("github", operation), "classic-pat")
    assert "Other permissions" in found.text
    assert any("by hand" in each for each in found.steps)


def test_a_job_that_no_fine_grained_token_does_gets_what_the_provider_file_says():
    found = narrowed(template("github", "read-packages"), "classic-pat")
    assert "read:packages" in found.text


def test_what_no_permission_is_documented_for_is_told():
    silent = "gists/create-comment"
    declared = job("github", "repos/get-content", silent, "apps/delete-installation")
    found = narrowed(declared, "classic-pat")
    does = granted(holding("github", "fine-grained-pat", permission=listed(found.text)))
    assert set(found.missing) == allowed(declared) - does
    assert "apps/delete-installation" in found.missing
    assert found.next_best is not None


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_permissions_of_a_workflow_have_no_excess_but_what_is_told(name):
    declared = template("github", name)
    found = narrowed(declared, "app-installation-token")
    permissions = yaml.safe_load(found.text)["permissions"]
    names = {key: name for name, key in WORKFLOW.items()}
    assert set(permissions) <= names.keys() | {"checks", "packages"}
    held = [f"{names[key]}:{level}" for key, level in permissions.items() if key in names]
    token = holding("github", "app-installation-token", permission=[*held, "metadata:read"])
    assert excess(declared, token) == set(found.beyond)
    undone = allowed(declared) - granted(token)
    assert set(found.missing) == {each for each in undone if not each.startswith("checks/")}


def test_a_workflow_that_reports_checks_may_write_them_and_nothing_else():
    found = narrowed(job("github", "checks/create", "checks/update"), "app-installation-token")
    assert found.text == "permissions:\n  checks: write"
    found = narrowed(job("github", "checks/get"), "app-installation-token")
    assert found.text == "permissions:\n  checks: read"


def test_a_workflow_whose_job_needs_what_no_key_gives_is_told_of_an_app():
    found = narrowed(job("github", "actions/create-or-update-repo-secret"), "app-installation-token")
    assert found.text == "permissions: {}"
    assert found.missing == ("actions/create-or-update-repo-secret",)
    assert "GitHub App" in found.next_best


def test_every_permission_of_the_catalogue_has_a_level_that_the_list_can_say():
    atoms = {
        atom
        for operation in RULES.operations("github").operations.values()
        for requirement in operation.requires
        if requirement.dimension == "permission"
        for part in requirement.alternatives
        for atom in part
    }
    assert {atom.rpartition(":")[2] for atom in atoms} <= {"read", "write", "admin"}
