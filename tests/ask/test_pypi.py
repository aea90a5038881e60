"""Index tokens say in their caveats what they may do; nothing is sent."""

import base64
import json

import pytest
from canned import NOW, interview
from hypothesis import given, settings
from hypothesis import strategies as st
from pymacaroons import Macaroon
from pymacaroons.macaroon import MACAROON_V2

from scopeaudit.catalogue.check_kinds import is_found
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.model.authority import Resource, State

RULES = load_rules()
USER = "11111111-2222-4333-8444-555555555555"
PROJECT = "99999999-8888-4777-8666-555555555555"
LOCATIONS = {"api-token": "AgEIcHlwaS5vcmc", "test-api-token": "AgENdGVzdC5weXBpLm9yZw"}
"""The beginnings that tokens of the two indexes share: version, field, length and location."""


def token(*caveats: object, kind: str = "api-token") -> str:
    start = LOCATIONS[kind]
    location = base64.urlsafe_b64decode(start + "=" * (-len(start) % 4))[3:].decode()
    macaroon = Macaroon(location=location, identifier=USER, key="made up", version=MACAROON_V2)
    for caveat in caveats:
        macaroon.add_first_party_caveat(caveat if isinstance(caveat, str) else json.dumps(caveat))
    return f"pypi-{macaroon.serialize()}"


def read(*caveats: object):
    return interview(RULES, "pypi", "api-token", token(*caveats))


@pytest.mark.parametrize("kind", LOCATIONS)
def test_a_real_macaroon_is_found_as_the_token_of_its_index(kind):
    line = f"TWINE_PASSWORD={token([3, USER], kind=kind)}"
    found = [each.id for each in RULES.providers["pypi"].kinds if is_found(each, line)]
    assert found == [kind]


@pytest.mark.parametrize("caveat", [[3, USER], {"version": 1, "permissions": "user"}], ids=["tag", "legacy"])
def test_a_user_wide_token_uploads_and_creates_everywhere_but_deletes_nothing(caveat):
    result = read(caveat)
    assert result.verdicts("upload-file", "create-release", "create-project", "echo", "add-observation") == {
        "upload-file": "granted",
        "create-release": "granted",
        "create-project": "granted",
        "echo": "granted",
        "add-observation": "unknown",
    }
    assert result.evidence("create-project") == {
        ("encoded", "the macaroon itself: what its caveats limit it to")
    }
    assert result.authority.state is State.UNKNOWN
    every = Resource("project/*", "every project that its user may upload to")
    assert result.authority.resources == (every,)
    grant = next(each for each in result.authority.grants if "upload-file" in each.operations)
    assert grant.resources == {"project/*"}
    assert result.gaps == []
    assert result.requests == []


@pytest.mark.parametrize(
    "operation", ["delete-project", "delete-file", "yank-release", "add-collaborator", "create-api-token"]
)
def test_what_needs_a_browser_is_denied_as_documented(operation):
    result = read([3, USER])
    assert result.verdicts(operation) == {operation: "denied"}
    assert result.evidence(operation) == {("documented", "no credential of this kind holds session browser")}


@pytest.mark.parametrize(
    "caveat",
    [[1, ["shop", "shop-client"]], {"version": 1, "permissions": {"projects": ["shop", "shop-client"]}}],
    ids=["tag", "legacy"],
)
def test_a_token_for_named_projects_uploads_to_these_alone(caveat):
    result = read([3, USER], caveat)
    projects = (Resource("project/shop", "shop"), Resource("project/shop-client", "shop-client"))
    assert result.authority.resources == projects
    assert result.verdicts("upload-file", "create-project", "echo") == {
        "upload-file": "granted",
        "create-project": "denied",
        "echo": "denied",
    }
    grant = next(each for each in result.authority.grants if "upload-file" in each.operations)
    assert grant.resources == {"project/shop", "project/shop-client"}
    assert result.gaps == []


def test_project_ids_are_resources_where_no_names_are_given():
    assert read([2, [PROJECT]]).authority.resources == (Resource(f"project/{PROJECT}", PROJECT),)
    assert read([1, ["shop"]], [2, [PROJECT]]).authority.resources == (Resource("project/shop", "shop"),)
    assert read({"project_ids": [PROJECT]}).authority.resources == (Resource(f"project/{PROJECT}", PROJECT),)


def test_a_token_minted_for_a_workflow_says_so_and_expires():
    expires, begins = 1795219200, 1795218300
    claims = {"ref": "refs/heads/main", "repository": "acme/shop"}
    result = read([4, "77777777-8888-4777-8666-555555555555", claims], [2, [PROJECT]], [0, expires, begins])
    assert dict(result.authority.facts) == {
        "limited to project ids": PROJECT,
        "trusted publisher": "77777777-8888-4777-8666-555555555555",
        "repository": "acme/shop",
        "valid from (seconds since 1970)": str(begins),
    }
    assert result.authority.expires == "2026-11-21T00:00:00Z"
    assert result.authority.state is State.UNKNOWN


@pytest.mark.parametrize("caveat", [[0, 1700000000, 1600000000], {"exp": 1700000000, "nbf": 1600000000}])
def test_an_expired_token_may_do_nothing(caveat):
    result = read([3, USER], caveat)
    assert (result.authority.state, result.authority.expires) == (State.EXPIRED, "2023-11-14T22:13:20Z")
    assert result.verdicts("upload-file") == {"upload-file": "denied"}


def test_the_earliest_of_several_expiries_counts():
    later, sooner = [0, 1900000000, 0], [0, 1800000000, 0]
    assert read([3, USER], later, sooner).authority.expires == "2027-01-15T08:00:00Z"


def test_without_a_caveat_the_token_is_at_most_user_wide():
    result = read()
    assert result.verdicts("upload-file", "create-project", "echo", "delete-project") == {
        "upload-file": "granted",
        "create-project": "unknown",
        "echo": "unknown",
        "delete-project": "denied",
    }
    assert [what for what, _ in result.gaps] == ["what its caveats limit it to"]


@pytest.mark.parametrize("caveat", [[5, "later"], [-1], "not JSON", {"surprise": True}, [], 7, "null"])
def test_a_caveat_we_do_not_know_is_a_gap(caveat):
    result = read([3, USER], caveat)
    assert result.gaps == [
        (
            "whether its caveats are all understood",
            "it carries a caveat that is not known here and may narrow it further",
        )
    ]
    assert result.verdicts("upload-file") == {"upload-file": "granted"}


def test_what_is_no_macaroon_leaves_uploads_unknown():
    result = interview(RULES, "pypi", "api-token", "pypi-" + LOCATIONS["api-token"] + "A" * 80)
    assert result.verdicts("upload-file", "delete-file") == {
        "upload-file": "unknown",
        "delete-file": "denied",
    }
    assert result.gaps == [("what its caveats limit it to", "it does not decode as a macaroon")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(st.one_of(JSON, st.tuples(st.integers(-1, 6), JSON).map(list)), max_size=4))
@settings(max_examples=150, deadline=None)
def test_no_caveat_widens_a_token_or_ends_the_run(caveats):
    result = read([1, ["shop"]], *caveats)
    assert result.verdicts("create-project") == {"create-project": "denied"}
    assert result.verdicts("delete-project") == {"delete-project": "denied"}


@given(st.binary(max_size=300), st.sampled_from(["", "AgEIcHlwaS5vcmc"]))
@settings(max_examples=200, deadline=None)
def test_no_token_ends_the_run(content, start):
    secret = "pypi-" + start + base64.urlsafe_b64encode(content).decode().rstrip("=")
    result = interview(RULES, "pypi", "api-token", secret, now=NOW)
    assert result.verdicts("delete-project") == {"delete-project": "denied"}
