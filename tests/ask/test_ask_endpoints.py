"""Endpoints come from the user, and hold nothing but where to ask."""

import pytest
from ask_samples import PLANTED
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.endpoints import Endpoints, Target, parse_endpoints
from scopeaudit.ask.hosts import Origin
from scopeaudit.model.errors import UsageError

PROVIDERS = ("gitlab", "railway")


@pytest.mark.parametrize(
    ("text", "target", "url"),
    [
        ("gitlab=https://git.example.org", Target(host="git.example.org", origin=Origin.USER),
         "https://git.example.org"),
        ("gitlab=https://Git.Example.org:8443/api/v3/",
         Target(host="git.example.org", port=8443, prefix="/api/v3", origin=Origin.USER),
         "https://git.example.org:8443/api/v3"),
        ("gitlab=http://127.0.0.1:9", Target(scheme="http", host="127.0.0.1", port=9, origin=Origin.USER),
         "http://127.0.0.1:9"),
        ("gitlab=http://[::1]:9/x",
         Target(scheme="http", host="::1", port=9, prefix="/x", origin=Origin.USER),
         "http://[::1]:9/x"),
        ("gitlab=http://localhost", Target(scheme="http", host="localhost", port=80, origin=Origin.USER),
         "http://localhost"),
        ("gitlab=https://10.1.2.3", Target(host="10.1.2.3", origin=Origin.USER), "https://10.1.2.3"),
    ],
)  # fmt: skip
def test_an_endpoint_is_where_the_providers_hosts_are_asked(text: str, target: Target, url: str) -> None:
    endpoints = parse_endpoints([text], PROVIDERS)
    assert endpoints.target("gitlab", "gitlab.com") == target
    assert endpoints.url("gitlab") == url


def test_a_provider_without_endpoint_is_asked_at_its_own_host() -> None:
    endpoints = parse_endpoints(["gitlab=https://git.example.org"], PROVIDERS)
    assert endpoints.target("railway", "api.example") == Target(
        host="api.example", origin=Origin.PROVIDER_FILE
    )
    assert endpoints.url("railway") is None


def test_a_connection_string_is_asked_at_its_own_host_alone() -> None:
    endpoints = parse_endpoints(["gitlab=https://git.example.org"], PROVIDERS)
    assert endpoints.target("gitlab", "db.example", from_connection_string=True) == Target(
        host="db.example", origin=Origin.CONNECTION_STRING
    )
    assert Endpoints().by_provider == {}


@pytest.mark.parametrize(
    "text",
    [
        "gitlab",
        "=https://git.example.org",
        "unknown=https://git.example.org",
        "gitlab=",
        "gitlab=git.example.org",
        "gitlab=ftp://git.example.org",
        "gitlab=https://",
        "gitlab=https:///path",
        "gitlab=http://git.example.org",
        "gitlab=http://10.0.0.1",
        "gitlab=http://localhost.example.org",
        "gitlab=https://git.example.org:0",
        "gitlab=https://git.example.org:99999",
        "gitlab=https://git.example.org/?x=1",
        "gitlab=https://git.example.org/#x",
        "gitlab=https://git.example.org/a/../b",
        "gitlab=https://git.example.org/a%2fb",
        "gitlab=https://git.example.org\\@evil.example",
        "gitlab=https://git.exa mple.org",
        "gitlab=https://git.example.org\r\nX: y",
        "gitlab=https://gít.example.org",
        "gitlab=https://169.254.169.254",
        "gitlab=https://[fe80::1]",
        "gitlab=http://169.254.169.254",
        "gitlab=https://metadata.google.internal",
        f"gitlab=https://user:{PLANTED}@git.example.org",
        f"gitlab=https://{PLANTED}@git.example.org",
    ],
)
def test_what_is_no_endpoint_is_a_usage_error_without_the_url(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_endpoints([text], PROVIDERS)
    assert PLANTED not in str(raised.value)
    assert str(raised.value).startswith("--endpoint")


def test_a_provider_named_twice_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="given twice"):
        parse_endpoints(["gitlab=https://a.example", "gitlab=https://b.example"], PROVIDERS)


@given(st.text())
def test_any_text_is_an_endpoint_or_a_usage_error(text: str) -> None:
    try:
        target = parse_endpoints([f"gitlab=https://{text}"], PROVIDERS).target("gitlab", "gitlab.com")
    except UsageError:
        return
    assert target.origin is Origin.USER
    assert target.host.isascii()
