"""Over whole audits: more authority, less way back or more reach is never better, and unknown never helps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from audit_world import (
    CATALOGUE,
    CATALOGUES,
    EVERYTHING,
    FINDING_RULES,
    KEPT,
    PROVIDERS,
    READING,
    RESOURCES,
    TODAY,
    declared,
    held,
    job,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.audit.audit import AuditResult, audit
from scopeaudit.audit.reaching import Reached
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Resource
from scopeaudit.model.context import Denial, Reach, Strength, Way
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import CredentialSelector, Declarations, RecoveryDeclaration, ResourcePattern
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Gate, Operation, Reversible

one_operation = st.sampled_from(sorted(EVERYTHING))
few = st.frozensets(one_operation, min_size=1, max_size=3)
operations = st.one_of(few, few, few.map(EVERYTHING.__sub__), st.frozensets(one_operation))
seldom = st.sampled_from([False, False, False, True])
store_operations = st.frozensets(st.sampled_from(["objectDelete", "objectRead"]))
resources = st.sampled_from([(), RESOURCES, RESOURCES[2:]])
PLACES = (
    Location(Source.TREE, "copies/a.env", 3, 1, name="TOKEN"),
    Location(Source.HISTORY, "t/0.sh", 3, 1, commit="a" * 40, authored="2021-02-03", current=False),
    Location(Source.AGENT, "~/.agent/transcripts/a.jsonl", 9, 4),
)

places = st.lists(st.sampled_from(PLACES), unique=True).map(tuple)
KERNEL = Denial("agent", "sandbox", "read", Strength.KERNEL, "settings.json", 1, "", "", "https://a.example")
OFFSITE = RecoveryDeclaration(
    protects=ResourcePattern("rail", "*"), copies=(ResourcePattern("store", "s3://offsite"),)
)


@dataclass(frozen=True)
class Token:
    """One credential of a made-up world."""

    provider: str = "rail"
    granted: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    resources: tuple[Resource, ...] = ()
    blocked: bool = False
    more_places: tuple[Location, ...] = ()

    def held(self, number: int) -> tuple:
        credential, authority = held(
            *self.granted,
            unknown=tuple(self.unknown - self.granted),
            resources=self.resources,
            provider=self.provider,
            kind="account-token" if self.provider == "rail" else "key",
            path=f"t/{number}.sh",
            number=number,
        )
        return replace(credential, locations=(*credential.locations, *self.more_places)), authority


@dataclass(frozen=True)
class World:
    """Everything an audit is given."""

    tokens: tuple[Token, ...]
    allow: tuple = ()
    has_jobs: bool = True
    environments: tuple[str, ...] = ()
    recovery: tuple[RecoveryDeclaration, ...] = ()
    catalogue: OperationCatalogue = CATALOGUE

    def declarations(self) -> Declarations:
        selector = (CredentialSelector(path="t/*.sh"),)
        one = job(
            *self.allow, credentials=selector, environments=self.environments, provider=None, owner=None
        )
        return declared(*((one,) if self.has_jobs else ()), recovery=self.recovery)

    def audited(self) -> AuditResult:
        tokens = [token.held(number) for number, token in enumerate(self.tokens)]
        return audit(
            tokens,
            self.declarations(),
            PROVIDERS,
            CATALOGUES | {"rail": self.catalogue},
            FINDING_RULES,
            TODAY,
            {each.id: _reached(each, self.tokens[int(each.id[1:])].blocked) for each, _ in tokens},
            uses=(),
        )

    def with_token(self, number: int, **changes: object) -> "World":
        changed = replace(self.tokens[number], **changes)
        return replace(self, tokens=(*self.tokens[:number], changed, *self.tokens[number + 1 :]))


def _reached(credential: Credential, blocked: bool) -> Reached:
    first = credential.locations[0]
    ways = () if blocked else (Way.SHELL,)
    return Reached((Reach("agent", first, ways, denied_by=(KERNEL,) if blocked else ()),))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    store = Token("store", draw(store_operations), draw(store_operations))
    rail = [
        Token(
            "rail",
            draw(operations),
            draw(st.one_of(st.just(frozenset()), few)),
            draw(resources),
            draw(seldom),
        )
        for _ in range(draw(st.integers(1, 2)))
    ]
    if draw(seldom):
        rail.append(rail[0])
    rail[0] = replace(rail[0], more_places=draw(places))
    return World(
        (*rail, store),
        allow=(
            *sorted(draw(st.one_of(st.just(frozenset()), few, operations))),
            *draw(st.sampled_from([(), (READING,)])),
        ),
        has_jobs=not draw(seldom),
        environments=draw(st.sampled_from([(), ("staging",), ("production",)])),
        recovery=draw(st.sampled_from([(), (OFFSITE,), (KEPT,)])),
    )


def told(world: World) -> Mapping[tuple[str, str], int]:
    """How bad each kind of finding about each credential is."""
    findings = world.audited().findings
    return {(each.credential, each.rule): each.severity.rank for each in findings if each.credential}


def worst(world: World) -> int:
    return max(told(world).values(), default=-1)


def is_no_better(before: World, after: World, *, but: tuple[str, ...] = ()) -> bool:
    """Nothing that was found has gone or grown less; `but` names rules that may give way to a worse one."""
    earlier, later = told(before), told(after)
    kept = all(later.get(key, -1) >= rank for key, rank in earlier.items() if key[1] not in but)
    return kept and worst(before) <= worst(after)


# What one credential does alone is told as such, and no longer as done together.
ALONE_NOW = ("combined-authority",)
matrix = settings(max_examples=200, deadline=None)


@matrix
@given(worlds(), operations)
def test_severity_never_falls_as_authority_grows(world: World, more: frozenset[str]) -> None:
    granted = world.tokens[0].granted | (more - world.tokens[0].unknown)
    assert is_no_better(world, world.with_token(0, granted=granted), but=ALONE_NOW)


@matrix
@given(worlds(), operations)
def test_severity_never_falls_as_a_credential_joins(world: World, granted: frozenset[str]) -> None:
    joined = replace(world, tokens=(*world.tokens, Token("rail", granted)))
    assert is_no_better(world, joined)


@matrix
@given(worlds())
def test_severity_never_falls_as_something_enforced_is_taken_away(world: World) -> None:
    fenced = world.with_token(0, blocked=True)
    assert is_no_better(fenced, world.with_token(0, blocked=False))


@matrix
@given(worlds(), places)
def test_severity_never_falls_as_a_credential_lies_in_more_places(
    world: World, more: tuple[Location, ...]
) -> None:
    known = world.tokens[0].more_places
    assert is_no_better(world, world.with_token(0, more_places=tuple(dict.fromkeys((*known, *more)))))


@matrix
@given(worlds(), one_operation, st.sampled_from(["reversible", "gate", "takes_recovery"]))
def test_severity_never_falls_as_less_can_be_undone(world: World, name: str, trait: str) -> None:
    milder, worse = _ladder(CATALOGUE.operations[name], trait)
    assert is_no_better(
        replace(world, catalogue=_with(milder)), replace(world, catalogue=_with(worse)), but=ALONE_NOW
    )


def _ladder(operation: Operation, trait: str) -> tuple[Operation, Operation]:
    values = {
        "reversible": (Reversible.WINDOW, Reversible.NO),
        "gate": (Gate.DELAY, Gate.NONE),
        "takes_recovery": (False, True),
    }[trait]
    mild, worse = (replace(operation, traits=replace(operation.traits, **{trait: value})) for value in values)
    return mild, worse


def _with(operation: Operation) -> OperationCatalogue:
    return OperationCatalogue("rail", {**CATALOGUE.operations, operation.id: operation})


@matrix
@given(worlds(), operations, store_operations)
def test_unknown_never_lowers_anything(world: World, unknown: frozenset[str], stored: frozenset[str]) -> None:
    first, last = world.tokens[0], len(world.tokens) - 1
    more = world.with_token(0, unknown=first.unknown | unknown)
    assert is_no_better(world, more)
    assert is_no_better(world, more.with_token(last, unknown=world.tokens[last].unknown | stored))


@matrix
@given(worlds(), operations)
def test_what_is_granted_is_never_better_than_what_is_unknown(world: World, more: frozenset[str]) -> None:
    token = world.tokens[0]
    asked = world.with_token(0, unknown=token.unknown | more)
    assert worst(asked) <= worst(world.with_token(0, granted=token.granted | token.unknown | more))


@matrix
@given(worlds(), operations, st.sampled_from(["*", "volume*", "store:*", READING]))
def test_adding_an_allow_never_adds_a_finding(world: World, names: frozenset[str], entry: object) -> None:
    before = told(world)
    after = told(replace(world, allow=(*world.allow, *sorted(names), entry)))
    assert {key: rank for key, rank in after.items() if before.get(key, -1) < rank} == {}


# Halves of what takes two, so that who helps whom is a choice.
HALVES = (("volumeWipe",), ("backupDelete",), ("projectDelete", "volumeWipe"), ("gateRemove", "backupDelete"))


@st.composite
def crowds(draw: st.DrawFn) -> list[tuple]:
    """Credentials that stand in few places and are alike in much: any of them may stand for another."""
    return [
        (
            credential,
            replace(
                authority,
                account=draw(st.sampled_from([None, "a", "b"])),
                enumerates=draw(st.booleans()),
            ),
        )
        for number in range(1, draw(st.integers(2, 6)) + 1)
        for credential, authority in [
            held(
                *draw(st.sampled_from(HALVES)),
                path=draw(st.sampled_from(["t/a.env", "u/b.env"])),
                line=draw(st.integers(1, 2)),
                resources=draw(st.sampled_from([(), RESOURCES])),
                number=number,
            )
        ]
    ]


LIMITED = declared(job("volumeWipe", credentials=(CredentialSelector(path="t/*"),), resources=("pg-*",)))


@matrix
@given(crowds(), st.data())
def test_the_order_of_credentials_changes_nothing(crowd: list[tuple], data: st.DataObject) -> None:
    arguments = (LIMITED, PROVIDERS, CATALOGUES, FINDING_RULES, TODAY)
    mixed = data.draw(st.permutations(crowd))
    assert audit(crowd, *arguments).findings == audit(mixed, *arguments).findings


@pytest.mark.parametrize("difference", [{"account": "b"}, {"enumerates": False}], ids=str)
def test_credentials_that_differ_in_little_are_told_apart_in_any_order(difference: dict) -> None:
    """Credentials that agree in all that counts share their findings: these must not."""
    one, like_it, helper = (
        held(name, path=path, resources=listed, number=number)
        for number, (name, path, listed) in enumerate(
            [("volumeWipe", "t/a", RESOURCES), ("volumeWipe", "t/b", RESOURCES), ("backupDelete", "u", ())], 1
        )
    )
    tokens = [
        (one[0], replace(one[1], account="a")),
        (like_it[0], replace(like_it[1], **{"account": "a"} | difference)),
        (helper[0], replace(helper[1], account="a")),
    ]
    arguments = (LIMITED, PROVIDERS, CATALOGUES, FINDING_RULES, TODAY)
    forward, backward = (audit(each, *arguments).findings for each in (tokens, tokens[::-1]))
    told = [
        [(each.rule, each.message) for each in forward if each.credential == credential]
        for credential in ("c1", "c2")
    ]
    assert forward == backward
    assert told[0] != told[1]


@pytest.mark.parametrize(
    "rule", ["combined-authority", "no-independent-recovery", "stray-copy", "escalation"]
)
def test_the_worlds_are_rich_enough_to_show(rule: str) -> None:
    """A property over worlds in which a rule never speaks would say nothing of it."""
    rich = World(
        (
            Token(granted=frozenset({"volumeWipe", "projectDelete"}), more_places=PLACES),
            Token(granted=frozenset({"backupDelete", "gateRemove", "tokenCreate"})),
        )
    )
    found = {each.rule: each.severity for each in rich.audited().findings}
    assert found[rule].rank >= Severity.HIGH.rank
