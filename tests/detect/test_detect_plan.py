"""What the pass looks for, and for whom."""

import pytest
from detect_kinds import KINDS, SOURCE

from scopeaudit.catalogue.provider import Kind, Needs
from scopeaudit.detect import plan as plans
from scopeaudit.detect.plan import By, index, plan


def kind(pattern: str, needs: Needs = Needs.NOTHING, **fields: tuple[str, ...]) -> Kind:
    return Kind(id="k", title="k", pattern=pattern, needs=needs, source=SOURCE, **fields)


def probes(one: Kind) -> list[tuple[By, str]]:
    return [(each.by, each.text) for each in index([("p", one)]).probes]


def test_kept_plans_are_of_the_expressions_there_are() -> None:
    message = "write what extras_digest() gives into plan._EXTRAS_DIGEST: kept plans are of other expressions"
    assert plans.extras_digest() == plans._EXTRAS_DIGEST, message


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (kind("key_[0-9a-f]{32}"), [(By.VALUE, "key_[0-9a-f]{32}")]),
        (kind("key_[0-9a-f]{32}", Needs.KEYWORD, keywords=("acme",)), [(By.VALUE, "key_[0-9a-f]{32}")]),
        (kind("[0-9a-f]{32}", Needs.KEYWORD, keywords=("acme", "acme-io")), [(By.KEYWORD, "acme"), (By.KEYWORD, "acme-io")]),
        (kind("[0-9a-f]{32}", Needs.NAME, names=("*ACME*KEY*",)), [(By.NAME, "ACME(?s:.){0,100}KEY")]),
        (kind("[0-9a-f]{32}", Needs.NAME, names=("*key*",), keywords=("acme",)), [(By.KEYWORD, "acme")]),
        (kind("[0-9a-f]{32}", Needs.NAME, names=("*key*",)), [(By.VALUE, "[0-9a-f]{32}")]),
    ],
)  # fmt: skip
def test_a_kind_is_looked_for_by_what_is_rarest(one: Kind, expected: list[tuple[By, str]]) -> None:
    assert probes(one) == expected


def test_ends_are_told_apart_by_what_they_are_for() -> None:
    chosen = plan([*KINDS, ("p", kind("[0-9a-f]{32}", Needs.KEYWORD, keywords=("acme",)))])
    count = len(chosen.probes)
    rooms = [room for room, _, _ in plans.extras()]
    ends = {number: [number] for number in range(count + len(rooms) + 1)}
    parts = chosen.split(ends)
    assert list(parts.probes) == list(range(count))
    assert len(parts.generic) == rooms.count("generic")
    assert len(parts.encoded) == rooms.count("encoded")
    assert (len(parts.remarks), len(parts.suspicious)) == (1, 1)
    assert parts.chunks == {0: [count + len(rooms)]}


def test_the_same_kinds_make_the_same_index_and_others_another() -> None:
    assert index(KINDS).identity == index(KINDS).identity
    assert index(KINDS).identity != index(KINDS[1:]).identity
