"""How a credential is reached: what is held by which server, what is blocked, and in bounded time."""

from scopeaudit.audit.reaching import Reached, advisory_deny, reached_by_id
from scopeaudit.model.context import Denial, Reach, Server, Strength, Way
from scopeaudit.model.finding import Severity
from scopeaudit.model.location import Location, Source
from tests.pace import within

PLACE = Location(Source.TREE, ".env", 3, 1)


def server(name, path=".mcp.json", lines=(), variables=()):
    return Server("any", name, path, 1, None, None, lines=frozenset(lines), variables=frozenset(variables))


def test_a_server_holds_what_stands_in_a_file_it_takes_values_from():
    given = Server("any", "one", ".mcp.json", 1, None, None, files=frozenset({".env"}))
    places = {
        "c1": [Location(Source.TREE, ".env", 7)],
        "c2": [Location(Source.HISTORY, ".env", 7)],
        "c3": [Location(Source.ENVIRONMENT, "env:.env")],
    }
    found = reached_by_id(places, (), [given])
    assert {name: each.servers for name, each in found.items()} == {"c1": (given,), "c2": (), "c3": ()}


def denial(rule, line, path="a.json"):
    return Denial(
        "claude-code",
        "permissions.deny",
        rule,
        Strength.ADVISORY,
        path,
        line,
        "why",
        "instead",
        "https://x.example",
    )


def test_a_server_holds_what_stands_on_its_lines_or_is_one_of_its_variables():
    servers = [
        server("one", lines=(4,)),
        server("two", variables=("TOKEN",)),
        server("three", "other.json", (4,)),
    ]
    places = {
        "c1": [Location(Source.TREE, ".mcp.json", 4, 9)],
        "c2": [Location(Source.ENVIRONMENT, "env:TOKEN")],
        "c3": [Location(Source.TREE, ".mcp.json", 5)],
        "c4": [Location(Source.TREE, "TOKEN", None)],
        "c5": [Location(Source.AGENT, "other.json", 4), Location(Source.ENVIRONMENT, "env:TOKEN")],
    }
    found = reached_by_id(places, (), servers)
    assert {name: [each.name for each in reached.servers] for name, reached in found.items()} == {
        "c1": ["one"], "c2": ["two"], "c3": [], "c4": [], "c5": ["two", "three"],
    }  # fmt: skip


def test_a_credential_is_blocked_only_if_every_place_is_for_every_agent():
    closed, ajar = Reach("a", PLACE, ()), Reach("b", PLACE, (), (Way.SHELL,))
    assert Reached((closed, closed)).is_blocked
    assert not Reached((closed, ajar)).is_blocked
    assert not Reached(()).is_blocked


def test_many_servers_and_places_take_no_time():
    servers = [server(str(number), lines=(number,)) for number in range(10_000)]
    places = {f"c{number}": [Location(Source.TREE, f"{number}/.env", 1)] for number in range(10_000)}
    with within(3):
        reached_by_id(places, (), servers)


def test_rules_without_a_line_are_told_beside_those_with_one():
    reach = Reach(
        "claude-code", PLACE, (Way.SHELL,), advisory=(denial("x", 2), denial("x", None), denial("x", 1))
    )
    found = advisory_deny(Reached((reach,)), [Severity.CRITICAL])
    assert found is not None
    assert found.severity is Severity.HIGH
    assert [each.line for each in found.locations] == [None, 1, 2]
