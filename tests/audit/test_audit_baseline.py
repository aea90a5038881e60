"""A baseline accepts what was there, and nothing that is added to it."""

import datetime
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.audit.baseline import baseline_of, judge
from scopeaudit.audit.baseline_file import read_baseline, written_baseline
from scopeaudit.model.authority import Authority, EvidenceKind, Resource, State, Verdict
from scopeaudit.model.baseline import Baseline
from scopeaudit.model.baseline import State as Stands
from scopeaudit.model.credential import Credential
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import AuditedCredential, Finding, FindingOperation, Severity
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Reversible
from scopeaudit.model.policy import Policy

TODAY = datetime.date(2026, 11, 21)
LISTED = (Resource("project/p", "shop"),)
PLACE = Location(Source.TREE, "scripts/deploy.sh", 3, 7, None, "TOKEN")


def operation(name: str) -> FindingOperation:
    return FindingOperation(
        name, Effect.WRITE, frozenset(), Reversible.YES, Gate.NONE, Verdict.GRANTED, EvidenceKind.ASKED,
        Severity.MEDIUM,
    )  # fmt: skip


def finding(
    *operations: str, severity: Severity = Severity.MEDIUM, resources: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        "excess-authority", severity, "ab" * 16, "c1", "It may.", "Narrow it.", (PLACE,),
        tuple(map(operation, operations)), resources,
    )  # fmt: skip


def credential(*places: Location, resources: tuple[Resource, ...] = LISTED) -> AuditedCredential:
    return AuditedCredential(
        Credential("c1", "railway", "token", "…", places or (PLACE,)),
        Authority(State.ACTIVE, "token", (), resources),
    )


def standing(before: Finding, now: Finding, *places: Location, expires: datetime.date | None = None) -> str:
    """What is said of a finding that was accepted before; empty if it still is."""
    baseline = baseline_of([before], [credential()])
    entries = {key: replace(each, expires=expires) for key, each in baseline.entries.items()}
    judged = judge([now], [credential(*places)], Baseline(entries), TODAY)
    return "".join(each.message for each in judged.findings)


def test_what_is_as_it_was_is_accepted() -> None:
    assert standing(finding("a", "b"), finding("a", "b")) == ""


def test_what_has_become_less_is_accepted() -> None:
    assert standing(finding("a", "b", resources=("r",)), finding("a")) == ""


@pytest.mark.parametrize(
    ("now", "places", "told"),
    [
        (finding("a", "b"), (), "the operations b"),
        (finding("a", resources=("volume/1",)), (), "the resources volume/1"),
        (finding("a", severity=Severity.HIGH), (), "the severity high"),
        (finding("a"), (PLACE, Location(Source.HOME, "~/.npmrc", 1)), "the places home:~/.npmrc"),
    ],
)
def test_what_has_gained_stands_and_says_what(now: Finding, places: tuple[Location, ...], told: str) -> None:
    assert standing(finding("a"), now, *places).endswith(f"Since it was accepted it has gained {told}.")


def test_a_line_that_moved_is_no_new_place() -> None:
    assert standing(finding("a"), finding("a"), replace(PLACE, line=90)) == ""


def test_an_entry_counts_up_to_its_last_day() -> None:
    assert standing(finding("a"), finding("a"), expires=TODAY) == ""
    yesterday = TODAY - datetime.timedelta(days=1)
    assert "accepted it until 2026-11-20" in standing(finding("a"), finding("a"), expires=yesterday)


def test_what_the_baseline_does_not_know_is_new() -> None:
    judged = judge([finding("a")], [credential()], Baseline({}), TODAY)
    assert (judged.findings, judged.accepted) == ((finding("a"),), ())
    assert list(judged.states.values()) == [Stands.NEW]


NAMES = st.frozensets(st.sampled_from("abcdef"), max_size=5)


@given(NAMES, NAMES, NAMES, NAMES, st.sampled_from(Severity), st.sampled_from(Severity))
def test_it_is_accepted_exactly_if_nothing_is_gained(
    had: frozenset[str],
    has: frozenset[str],
    held: frozenset[str],
    holds: frozenset[str],
    was: Severity,
    now: Severity,
) -> None:
    before = finding(*sorted(had), severity=was, resources=tuple(sorted(held)))
    after = finding(*sorted(has), severity=now, resources=tuple(sorted(holds)))
    accepted = standing(before, after) == ""
    assert accepted is (has <= had and holds <= held and now.rank <= was.rank)


@given(NAMES, st.none() | st.dates(), st.none() | st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_baseline_is_read_as_it_was_written(
    names: frozenset[str], expires: datetime.date | None, reason: str | None
) -> None:
    if reason is not None and not reason.strip():
        reason = None
    baseline = baseline_of([finding(*sorted(names))], [credential()])
    entries = {key: replace(each, expires=expires, reason=reason) for key, each in baseline.entries.items()}
    assert read_baseline(written_baseline(Baseline(entries)), "b.json").entries == entries


def test_reasons_and_days_are_kept_when_it_is_written_anew() -> None:
    earlier = baseline_of([finding("a")], [credential()])
    entries = {key: replace(each, reason="why", expires=TODAY) for key, each in earlier.entries.items()}
    [entry] = baseline_of([finding("a", "b")], [credential()], Baseline(entries)).entries.values()
    assert (entry.reason, entry.expires, entry.operations) == ("why", TODAY, frozenset("ab"))


ENTRY = '{"fingerprint": "f", "rule": "r", "about": "a", "severity": "high"}'


def with_more(name: str, value: str) -> str:
    return f'{{"version": 1, "accepted": [{ENTRY[:-1]}, "{name}": "{value}"}}]}}'


def test_the_first_problems_of_very_many_are_told() -> None:
    with pytest.raises(InvalidFileError) as error:
        read_baseline('{"version": 1, "accepted": [' + "1," * 1_000_000 + "1]}", "b.json")
    assert len(error.value.problems) == 20


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"version": 2, "accepted": []}', "b.json:1: version: is 2"),
        ('{"version": 1, "accepted": [{}]}', "fingerprint: is missing"),
        ('{"version": 1, "accepted": [], "more": 1}', "b.json:1: unknown key"),
        ('{"version": 1,\n "accepted": [}', "b.json:2: is no JSON"),
        ('{"version": 1, "accepted": [{"severity": 1}]}', "accepted[0].severity: expected a text"),
        (f'{{"version": 1, "accepted": [{ENTRY}, {ENTRY}]}}', "accepted[1].fingerprint: is given twice"),
        *(
            (
                f'{{"version": 1, "accepted": [{ENTRY[:-1]}, "apart": {wrong}}}]}}',
                "accepted[0].apart: expected a list",
            )
            for wrong in (
                "null",
                "{}",
                "[[]]",
                '[{"operations": ["a"]}]',
                '[{"operations": ["a"], "resources": "b"}]',
                '[{"operations": [[]], "resources": []}]',
                '[{"operations": [], "resources": [], "more": []}]',
            )
        ),
        (with_more("reason", " "), "accepted[0].reason: is empty"),
        (with_more("expires", "soon"), "accepted[0].expires: expected a day"),
        ("[]", "expected a mapping"),
        ("", "is empty"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(text: str, problem: str) -> None:
    with pytest.raises(InvalidFileError) as error:
        read_baseline(text, "b.json")
    assert problem in "\n".join(error.value.problems)


def test_what_a_policy_keeps_from_being_accepted_stands() -> None:
    baseline = baseline_of([finding("a")], [credential()])
    for policy in (
        Policy(no_ignore=frozenset({"excess-authority"})),
        Policy(no_ignore_from=Severity.MEDIUM),
    ):
        judged = judge([finding("a")], [credential()], baseline, TODAY, policy)
        assert (judged.findings, judged.accepted, judged.gone) == ((finding("a"),), (), ())
    below = judge([finding("a")], [credential()], baseline, TODAY, Policy(no_ignore_from=Severity.HIGH))
    assert below.findings == ()


# what was unknown


def unsure(*operations: str) -> Finding:
    found = finding(*operations)
    return replace(
        found, operations=tuple(replace(each, verdict=Verdict.UNKNOWN) for each in found.operations)
    )


def test_what_was_unknown_when_it_was_accepted_and_is_certain_now_stands() -> None:
    assert standing(unsure("a", "b"), unsure("a", "b")) == ""
    assert standing(finding("a"), unsure("a")) == ""
    assert standing(unsure("a", "b"), finding("a", "b")).endswith(
        "When it was accepted it was unknown whether it may a and b; now it is known to."
    )


def test_resources_that_are_not_known_any_more_are_no_fewer_resources() -> None:
    before, now = finding("a", resources=("volume/1",)), finding("a")
    baseline = baseline_of([before], [credential()])
    known = judge([now], [credential()], baseline, TODAY)
    unknown = judge([now], [credential(resources=())], baseline, TODAY)
    assert known.findings == ()
    assert [each.message for each in unknown.findings] == [
        "It may. When it was accepted its resources were known; now they are not."
    ]


# what each operation acts on

V1, V2, B1 = "volume/1", "volume/2", "backup/1"


def acting(**resources: str) -> Finding:
    """A finding whose operations act on these, given as words."""
    operations = tuple(
        replace(operation(name), resources=tuple(sorted(each.split()))) for name, each in resources.items()
    )
    united = sorted({each for one in operations for each in one.resources})
    return replace(finding(resources=tuple(united)), operations=operations)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (acting(wipe=V2, drop=f"{B1} {V2}"), "Since it was accepted it has gained the resources volume/2 for drop."),
        (
            acting(wipe=B1, drop=V2),
            "Since it was accepted it has gained the resources backup/1 and volume/2 for drop and wipe.",
        ),
        (
            acting(wipe=f"{B1} {V1}", drop=B1),
            "Since it was accepted it has gained the resources volume/1 and the resources backup/1 for wipe.",
        ),
    ],
    ids=["as well", "swapped", "beside a new one"],
)  # fmt: skip
def test_an_operation_that_acts_on_what_it_did_not_makes_its_finding_stand(now: Finding, told: str) -> None:
    assert standing(acting(wipe=V2, drop=B1), now) == f"It may. {told}"


@pytest.mark.parametrize(
    "changes", [{"enumerates": False}, {"incomplete": frozenset({"volume"})}, {"resources": ()}], ids=str
)
@pytest.mark.parametrize(("drop", "told"), [(B1, "wipe"), ("", "drop and wipe")])
def test_an_operation_that_reaches_nobody_knows_what_makes_its_finding_stand(
    drop: str, told: str, changes: dict[str, object]
) -> None:
    audited = credential()
    unlisted = replace(audited, authority=replace(audited.authority, **changes))
    baseline = baseline_of([acting(wipe=V2, drop=B1)], [audited])
    (stands,) = judge([acting(wipe="", drop=drop)], [unlisted], baseline, TODAY).findings
    assert (
        stands.message
        == f"It may. When it was accepted the resources of {told} were known; now they are not."
    )


def test_an_operation_whose_last_resource_is_gone_stays_accepted() -> None:
    assert standing(acting(wipe=V2, drop=B1), acting(wipe="", drop=B1)) == ""


def test_an_operation_that_acts_on_less_or_was_on_nothing_known_stays_accepted() -> None:
    before = acting(wipe=f"{V1} {V2}", drop=V1, read="")
    assert standing(before, acting(wipe=V2, drop=V1, read="")) == ""
    assert standing(before, acting(wipe=f"{V1} {V2}", drop=V1, read=V2)) == ""
    assert standing(before, acting(wipe=V1, read="")) == ""


ACTING = st.dictionaries(
    st.sampled_from("abcdef"), st.frozensets(st.sampled_from([V1, V2, B1])).map(" ".join), min_size=1
)


@given(ACTING, st.data())
def test_what_was_written_is_accepted_and_a_resource_more_is_not(
    resources: dict[str, str], data: st.DataObject
) -> None:
    found = acting(**resources)
    written = baseline_of([found], [credential()])
    baseline = read_baseline(written_baseline(written), "b.json")
    assert baseline == written
    assert judge([found], [credential()], baseline, TODAY).findings == ()
    name = data.draw(st.sampled_from(sorted(resources)))
    held = set(resources[name].split())
    new = {V1, V2, B1, "volume/3"} - held if held else {"volume/3"}
    gained = acting(**{**resources, name: " ".join({data.draw(st.sampled_from(sorted(new))), *held})})
    assert len(judge([gained], [credential()], baseline, TODAY).findings) == 1


def test_a_file_that_does_not_tell_what_each_operation_acts_on_is_compared_by_the_finding() -> None:
    file = json.loads(written_baseline(baseline_of([acting(wipe=V2, drop=B1)], [credential()])))
    del file["accepted"][0]["apart"]
    old = read_baseline(json.dumps(file), "b.json")
    assert json.loads(written_baseline(old)) == file
    assert judge([acting(wipe=B1, drop=V2)], [credential()], old, TODAY).findings == ()
    assert len(judge([acting(wipe=V1, drop=B1)], [credential()], old, TODAY).findings) == 1


def test_only_operations_that_do_not_act_on_all_resources_are_written_apart() -> None:
    def groups(found: Finding) -> object:
        return json.loads(written_baseline(baseline_of([found], [credential()])))["accepted"][0].get("apart")

    everything = " ".join(f"volume/{number}" for number in range(50))
    assert groups(acting(**{f"operation{number}": everything for number in range(1000)})) == []
    assert groups(finding("a", "b")) is None
    assert groups(acting(a=f"{V1} {V2}", b=V2, c="", d=V2)) == [
        {"operations": ["b", "d"], "resources": [V2]},
        {"operations": ["c"], "resources": []},
    ]


# what is gone

OTHER_PLACE = Location(Source.TREE, "z.env", 1, 7, None, "TOKEN")


def renamed(found: Finding) -> Finding:
    """The finding as it is named by another first place."""
    return replace(found, fingerprint="cd" * 16)


def test_what_is_accepted_and_not_found_is_told() -> None:
    baseline = baseline_of([finding("a")], [credential()])
    [entry] = baseline.entries.values()
    assert judge([], [], baseline, TODAY).gone == (entry,)
    assert judge([finding("a")], [credential()], baseline, TODAY).gone == ()


def test_a_credential_that_has_lost_its_first_place_stays_accepted() -> None:
    baseline = baseline_of([finding("a", "b")], [credential(PLACE, OTHER_PLACE)])
    judged = judge([renamed(finding("a"))], [credential(OTHER_PLACE)], baseline, TODAY)
    assert (judged.findings, judged.gone) == ((), ())
    assert list(judged.states.values()) == [Stands.UNCHANGED]


@pytest.mark.parametrize(
    ("now", "place"),
    [
        (finding("a"), Location(Source.TREE, "elsewhere.env", 1)),
        (replace(finding("a"), rule="escalation"), OTHER_PLACE),
        (finding("a"), PLACE),
    ],
    ids=["in a place of its own", "under another finding rule", "beside the accepted one"],
)
def test_another_credential_is_new(now: Finding, place: Location) -> None:
    held = (PLACE,) if place == PLACE else (PLACE, OTHER_PLACE)
    baseline = baseline_of([finding("a")], [credential(*held)])
    judged = judge([renamed(now)], [credential(place)], baseline, TODAY)
    assert [each.fingerprint for each in judged.findings] == ["cd" * 16]
    assert len(judged.gone) == 1


def test_one_entry_accepts_one_credential() -> None:
    baseline = baseline_of([finding("a")], [credential(PLACE, OTHER_PLACE)])
    twins = [renamed(finding("a")), replace(finding("a"), fingerprint="ef" * 16)]
    judged = judge(twins, [credential(OTHER_PLACE)], baseline, TODAY)
    assert [each.fingerprint for each in judged.findings] == ["ef" * 16]


# files


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 1, "version": 1, "accepted": []}',
        '{"version": true, "accepted": []}',
        '{"version": 1, "accepted": {}}',
        '{"version": 1, "accepted": [[]]}',
        '{"version": 1, "accepted": [7]}',
        '{"version": 1, "accepted": [{"fingerprint": "f", "rule": "r", "about": "a", "severity": "high", "x": "y"}]}',
        '{"version": 1, "accepted": [{"fingerprint": "f", "rule": "r", "about": "a", "severity": "worst"}]}',
        '{"version": 1, "accepted": [{"fingerprint": "f", "rule": "r", "about": "a", "severity": "low", '
        '"operations": [1, []]}]}',
        '{"version": 1, "accepted": ' + "[" * 100_000,
        '{"version": 1' + "0" * 5000 + ', "accepted": []}',
    ],
    ids=[
        "twice",
        "no number",
        "no list",
        "no entry",
        "a number",
        "a key",
        "a word",
        "no names",
        "deep",
        "huge",
    ],
)
def test_a_hostile_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidFileError):
        read_baseline(text, "b.json")


def test_a_large_baseline_of_ours_is_read() -> None:
    names = [f"service:Operation{number:06}" for number in range(200_000)]
    text = written_baseline(baseline_of([finding(*names)], [credential()]))
    assert len(text) > 6_000_000
    [entry] = read_baseline(text, "b.json").entries.values()
    assert entry.operations == frozenset(names)


@given(st.permutations(["a", "b", "c"]))
def test_what_is_written_does_not_depend_on_the_order_of_what_was_found(order: list[str]) -> None:
    def text(names: list[str]) -> str:
        found = [replace(finding("x", "y"), rule=name, fingerprint=name) for name in names]
        return written_baseline(baseline_of(found, [credential(PLACE, OTHER_PLACE)]))

    assert text(order) == text(["a", "b", "c"])
