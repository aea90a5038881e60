"""Which hosts are asked, and that the judged address is the one connected to."""

import time

import pytest

from scopeaudit.ask.hosts import HostPolicy, Origin, allowed, in_ci, parse_address, resolve, resolve_checked

PUBLIC = "93.184.215.14"
FILE, USER, STRING = Origin.PROVIDER_FILE, Origin.USER, Origin.CONNECTION_STRING


@pytest.mark.parametrize("origin", list(Origin))
@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254",
     "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "100.100.100.200", "168.63.129.16",
     "fd00:ec2::254", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1"],
)  # fmt: skip
def test_link_local_and_metadata_addresses_are_never_asked(origin: Origin, address: str) -> None:
    assert allowed("db.example.org", (address,), origin, ci=False, allow_globs=("*",)) is not None


@pytest.mark.parametrize(
    "host", ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data"]
)
@pytest.mark.parametrize("origin", list(Origin))
def test_metadata_names_are_never_asked(host: str, origin: Origin) -> None:
    assert allowed(host, (PUBLIC,), origin, ci=False, allow_globs=("*",)) is not None


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1", "198.18.0.1"],
)
def test_a_private_address_needs_permission_only_in_a_connection_string(address: str) -> None:
    host = "db.internal"
    assert allowed(host, (address,), STRING, ci=False) == (
        "db.internal is a private address: asked only with --allow-host"
    )
    assert allowed(host, (PUBLIC, address), STRING, ci=False) is not None
    assert allowed(host, (address,), STRING, ci=False, allow_globs=("*.internal",)) is None
    assert allowed(host, (address,), STRING, ci=False, allow_globs=("other.internal",)) is not None
    assert allowed(host, (address,), USER, ci=True) is None
    assert allowed(host, (address,), FILE, ci=True) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("ci", [False, True])
def test_loopback_is_asked(address: str, ci: bool) -> None:
    assert allowed("localhost", (address,), STRING, ci=ci) is None


def test_in_ci_a_connection_string_is_asked_only_with_permission() -> None:
    host = "db.example.org"
    assert allowed(host, (PUBLIC,), STRING, ci=False) is None
    assert allowed(host, (PUBLIC,), STRING, ci=True) == (
        "db.example.org is named by a connection string: asked in CI only with --allow-host"
    )
    assert allowed(host, (PUBLIC,), STRING, ci=True, allow_globs=("db.EXAMPLE.org",)) is None
    assert allowed(host, (PUBLIC,), STRING, ci=True, allow_globs=("93.184.*",)) is None
    assert allowed(host, (PUBLIC,), FILE, ci=True) is None


def test_a_host_without_a_usable_address_is_refused() -> None:
    assert allowed("db.example.org", (), STRING, ci=False) == "db.example.org has no address"
    assert allowed("db.example.org", ("evil",), STRING, ci=False) is not None


def test_a_name_is_resolved_once_and_its_addresses_are_the_ones_given_back() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, seconds: float) -> tuple[str, ...]:
        asked.append(host)
        return (PUBLIC,) if len(asked) == 1 else ("10.0.0.1",)

    checked = resolve_checked("Db.Example.Org.", 5432, STRING, HostPolicy(), resolver=rebinding)
    assert (checked, asked) == (((PUBLIC,), None), ["db.example.org"])


def test_addresses_and_localhost_are_not_looked_up() -> None:
    def forbidden(host: str, port: int, seconds: float) -> tuple[str, ...]:
        raise AssertionError(host)

    policy = HostPolicy()
    assert resolve_checked("[::1]", 1, STRING, policy, resolver=forbidden) == (("::1",), None)
    assert resolve_checked("localhost", 1, STRING, policy, resolver=forbidden) == (("127.0.0.1", "::1"), None)
    assert resolve_checked("10.0.0.1", 1, STRING, policy, resolver=forbidden)[0] == ()
    assert resolve_checked("metadata", 1, USER, policy, resolver=forbidden)[0] == ()


@pytest.mark.parametrize("host", ["", "a..b", "x" * 300, "no such host", "bad\0host", "ü" * 70, "-.invalid"])
def test_a_name_that_is_none_resolves_to_nothing(host: str) -> None:
    addresses, reason = resolve_checked(host, 443, STRING, HostPolicy())
    assert (addresses, reason is None) == ((), False)


def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(30) or [])
    started = time.monotonic()
    assert resolve("db.example.org", 443, 0.1) == ()
    assert time.monotonic() - started < 20


def test_ci_is_whatever_sets_the_variable() -> None:
    assert [in_ci(each) for each in ({}, {"CI": ""}, {"CI": "true"}, {"CI": "0"})] == [
        False,
        False,
        True,
        True,
    ]


def test_text_that_is_no_address_is_none() -> None:
    assert [parse_address(each) for each in ("", "localhost", "1.2.3", "0x7f.1")] == [None] * 4
