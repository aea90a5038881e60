"""The user's proxy and the hosts it is not for."""

import pytest

from scopeaudit.ask.endpoints import Target
from scopeaudit.ask.hosts import Origin
from scopeaudit.ask.transports.proxies import Proxy, parse_proxy, proxy_for

PROXY = "http://proxy.example:3128"
API = Target(host="api.acme.example", origin=Origin.PROVIDER_FILE)


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ({"ALL_PROXY": "proxy.example:3128"}, PROXY),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "x.example, acme.example"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": ".acme.example"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "API.acme.example"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "e.example,cme.example,,."}, PROXY),
    ],
)
def test_the_proxy_is_the_environments(environment: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(API, environment) == proxy


@pytest.mark.parametrize(
    "target",
    [
        Target(host="127.0.0.1", origin=Origin.USER),
        Target(host="localhost", origin=Origin.USER),
        Target(host="db.example", origin=Origin.CONNECTION_STRING),
    ],
)
def test_this_machine_and_connection_strings_are_asked_without_it(target: Target) -> None:
    assert proxy_for(target, {"HTTPS_PROXY": PROXY}) is None


def test_a_proxys_url_has_parts() -> None:
    assert parse_proxy(PROXY) == Proxy("http", "proxy.example", 3128)
    assert parse_proxy("https://jo:p%40ss@[::1]") == Proxy("https", "::1", 443, ("jo", "p@ss"))
    assert "p@ss" not in repr(parse_proxy("http://jo:p%40ss@proxy.example"))


@pytest.mark.parametrize(
    "url", ["", "http://", "http://[", "socks5://p.example:1", "http://p:99999", "http://ü"]
)
def test_a_proxy_that_is_none_raises_without_its_url(url: str) -> None:
    with pytest.raises(ValueError, match=r"^not (a URL|the URL of an HTTP proxy)$"):
        parse_proxy(url)
