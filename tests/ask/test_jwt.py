"""Signed tokens of issuers we do not know: shown for what they say, and never trusted further."""

import json

import pytest
from canned import interview
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.check_kinds import is_found
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import Authority, State

RULES = load_rules()
GAP = (
    "what the token says of itself",
    "its issuer is none whose permissions are known here, so what it may do is unknown",
)


def token(**claims: object) -> str:
    return expand("<jwt:" + json.dumps(claims) + ">")


def read(**claims: object):
    return interview(RULES, "jwt", "token", token(**claims))


def test_claims_are_facts_and_no_authority():
    result = read(
        iss="https://issuer.example",
        sub="robot",
        aud=["orders", "billing"],
        scope="orders:read orders:write",
        permissions=["delete:orders"],
        roles=["admin"],
        realm_access={"roles": ["owner"]},
        resource_access={"shop": {"roles": ["seller"]}},
        exp=1900000000,
    )
    assert result.authority == Authority(
        state=State.UNKNOWN,
        kind="token",
        account="robot",
        expires="2030-03-17T17:46:40Z",
        facts=(
            ("issuer", "https://issuer.example"),
            ("audience", "orders, billing"),
            ("scopes", "orders:read orders:write"),
            ("permissions", "delete:orders"),
            ("roles", "admin, owner, seller"),
            ("signed with", "HS256"),
        ),
    )
    assert result.gaps == [GAP]
    assert result.requests == []


def test_scopes_may_stand_in_scp():
    assert dict(read(scp=["read", "write"]).authority.facts)["scopes"] == "read, write"


def test_a_token_without_expiry_never_expires():
    assert read(iss="https://issuer.example").authority.expires == "never"


def test_an_expired_token_is_expired():
    assert read(exp=1700000000).authority.state is State.EXPIRED


def test_a_token_that_a_key_is_bound_to_says_so():
    facts = dict(read(cnf={"jkt": "thumbprint"}).authority.facts)
    assert facts["bound to a key"] == "yes, using it takes that key too"


def test_a_supabase_key_is_no_business_of_this_provider():
    line = f"SUPABASE_ANON_KEY={token(iss='supabase', role='anon', ref='x')}"
    found = {
        (provider.id, kind.id, kind.general)
        for provider in RULES.providers.values()
        for kind in provider.kinds
        if kind.claims is not None and is_found(kind, line)
    }
    assert found == {("jwt", "token", True), ("supabase", "anon-key", False)}


@pytest.mark.parametrize("text", ["", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30", "..", "eyJhbGci.ew.x", "é.é.é"])
def test_what_is_no_token_is_a_gap(text):
    result = interview(RULES, "jwt", "token", text)
    assert result.gaps == [("what the token says of itself", "it does not decode as a jwt")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "iss",
    "sub",
    "aud",
    "exp",
    "scope",
    "scp",
    "roles",
    "role",
    "realm_access",
    "resource_access",
    "grants",
    "cnf",
    "act",
]


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
@settings(max_examples=200, deadline=None)
def test_no_claims_end_the_run(claims):
    text = json.dumps(claims).replace("<", "(").replace(">", ")")
    result = interview(RULES, "jwt", "token", expand(f"<jwt:{text}>"))
    assert result.authority.kind == "token"


@given(st.text(max_size=200))
def test_no_text_ends_the_run(text):
    assert interview(RULES, "jwt", "token", text).requests == []


@pytest.mark.parametrize(
    ("issued", "expected"),
    [(1700000000, "2023-11-14T22:13:20Z"), (None, None), ("yesterday", None), (10**30, None)],
)
def test_a_token_says_when_it_was_issued(issued, expected):
    assert read(iss="https://issuer.example", iat=issued).authority.issued == expected
