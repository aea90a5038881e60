"""Whatever a job allows: nothing beyond it comes unsaid, and nothing of it is left out unsaid."""

import datetime
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.jobs.narrow.allowed import allowed_by
from scopeaudit.jobs.narrow.holding import Dimension, reached
from scopeaudit.jobs.narrow.narrow import narrow
from scopeaudit.jobs.narrow.narrower import Narrower, Need, days_until
from scopeaudit.jobs.narrow.words import listed, missing_told, worst_first
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, Resource, State, Verdict
from scopeaudit.model.job import OperationGlob
from scopeaudit.model.policy import Denial, Policy
from tests.jobs.narrow_world import NOTHING, RULES, granted, holding, job
from tests.jobs.test_narrow_github import listed as of_github
from tests.jobs.test_narrow_scoped import of_stripe

CATALOGUED = ["aws", "github", "postgresql", "pypi", "railway", "stripe", "supabase"]
NAMED = ["cloudflare", "digitalocean", "kubernetes", "mysql", "npm", "slack"]
ANYTHING = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def made(provider: str, allowed: frozenset[str], **more: object) -> Narrower | None:
    values = {"authority": NOTHING, "kind": "", **more}
    return narrow(RULES.providers[provider], RULES.operations(provider), allowed, **values)  # type: ignore[arg-type]


def some(provider: str) -> st.SearchStrategy[frozenset[str]]:
    """Operations of a provider."""
    return st.frozensets(st.sampled_from(sorted(RULES.operations(provider).ids)), min_size=1, max_size=15)


FED_BACK = {
    "github": ("fine-grained-pat", lambda text: {"permission": of_github(text)}),
    "stripe": ("restricted-key-live", lambda text: {"permission": of_stripe(text)}),
    "supabase": ("scoped-access-token", lambda text: {"permission": text.split("\n")}),
    "railway": ("project-token", lambda text: {"token": ["project"]}),
    "pypi": ("api-token", lambda text: {"token": ["project-context"], "session": [], "privilege": []}),
}


@pytest.mark.parametrize("provider", FED_BACK)
def test_what_a_credential_does_is_the_job_without_what_is_missing_and_with_what_is_beyond(provider):
    kind, held = FED_BACK[provider]

    @given(some(provider))
    @settings(max_examples=25, deadline=None)
    def check(allowed: frozenset[str]) -> None:
        found = made(provider, allowed)
        assert found is not None
        if found.form.value == "text":
            return
        does = granted(holding(provider, kind, **held(found.text)))
        assert does == (allowed - set(found.missing)) | set(found.beyond)
        assert does - allowed == set(found.beyond)

    check()


@pytest.mark.parametrize("provider", CATALOGUED)
def test_missing_is_of_the_job_and_beyond_is_not(provider):
    @given(some(provider))
    @settings(max_examples=25, deadline=None)
    def check(allowed: frozenset[str]) -> None:
        found = made(provider, allowed)
        assert found is not None
        assert set(found.missing) <= allowed
        assert not set(found.beyond) & allowed
        assert list(found.missing) == sorted(found.missing)
        assert list(found.beyond) == sorted(found.beyond)
        assert not found.missing or any("does not do" in each or "left out" in each for each in found.remains)
        assert not found.beyond or any("beyond the job" in each for each in found.remains)
        assert found == made(provider, allowed)

    check()


@pytest.mark.parametrize("provider", [*CATALOGUED, *NAMED])
def test_hostile_names_never_leave_a_line_or_act_on_a_terminal(provider):
    operations = sorted(RULES.operations(provider).ids)[:3] or ["SELECT", "get pods", "dns:edit", "publish"]

    @given(st.lists(ANYTHING, max_size=3), st.lists(ANYTHING, max_size=2), ANYTHING, ANYTHING)
    @settings(max_examples=40, deadline=None)
    def check(resources: list[str], environments: list[str], name: str, database: str) -> None:
        named = tuple(
            Resource(f"table/shop.public.{each}", each, each, "schema/shop.public") for each in resources
        )
        found = made(
            provider,
            frozenset(operations),
            resources=tuple(resources),
            environments=tuple(environments),
            name=name,
            context={"database": database} if database else {},
            authority=Authority(State.UNKNOWN, "", resources=named),
        )
        assert found is not None
        assert found.url is None or re.fullmatch(r"https://[!-~]+", found.url)
        assert re.fullmatch(r"[a-z0-9-]{1,30}", Need.slug.fget(_named(name)))  # type: ignore[attr-defined]
        if found.form.value != "text":
            assert all(line.isprintable() for line in found.text.split("\n"))

    check()


def _named(name: str) -> Need:
    return Need(
        provider=RULES.providers["github"], catalogue=RULES.operations("github"), needed=frozenset(), resources=(),
        environments=(), authority=NOTHING, kind="", name=name,
    )  # fmt: skip


@pytest.mark.parametrize("provider", ["github", "stripe", "supabase"])
def test_no_atom_can_be_left_out(provider):
    dimension = Dimension(RULES.providers[provider], RULES.operations(provider), "permission")

    @given(some(provider))
    @settings(max_examples=40, deadline=None)
    def check(allowed: frozenset[str]) -> None:
        wanted = allowed & dimension.required.keys()
        atoms = dimension.least(allowed)
        assert wanted <= dimension.met(atoms)
        for atom in atoms:
            assert not wanted <= dimension.met(atoms - {atom})

    check()


@pytest.mark.parametrize("provider", FED_BACK)
def test_the_rules_are_applied_as_asking_applies_them(provider):
    kind, _ = FED_BACK[provider]
    dimension = "token" if provider in ("railway", "pypi") else "permission"
    known = Dimension(RULES.providers[provider], RULES.operations(provider), dimension)
    atoms = sorted({atom for parts in known.required.values() for part in parts for atom in part})

    @given(st.frozensets(st.sampled_from(atoms), max_size=8))
    @settings(max_examples=25, deadline=None)
    def check(held: frozenset[str]) -> None:
        does = reached(RULES.providers[provider], kind, RULES.operations(provider), {dimension: held})
        asked = holding(provider, kind, **{dimension: held})
        assert does.granted == asked.operations(Verdict.GRANTED)
        assert does.open == asked.operations(Verdict.UNKNOWN)

    check()


def test_a_job_that_allows_nothing_needs_no_credential():
    assert made("github", frozenset()) is None


def test_what_the_present_credential_cannot_do_is_left_out():
    why = (Evidence(EvidenceKind.ASKED, "refused"),)
    authority = Authority(
        State.ACTIVE, "classic-pat", (Grant(frozenset({"repos/delete"}), Verdict.DENIED, why),)
    )
    found = made("github", frozenset({"repos/delete", "repos/get-content"}), authority=authority)
    assert found is not None
    assert "administration" not in found.text
    assert made("github", frozenset({"repos/delete"}), authority=authority) is None


def test_what_a_policy_denies_is_not_of_the_job():
    denial = Denial("repos/delete*", OperationGlob("repos/delete*"), "github")
    declared = job("github", "repos/delete", "repos/get")
    catalogue = RULES.operations("github")
    assert allowed_by(declared, catalogue, "github", Policy(deny=(denial,))) == {"repos/get"}
    written = job("mysql", "SELECT", "DROP TABLE")
    denial = Denial("DROP*", OperationGlob("DROP*"), None)
    assert allowed_by(written, RULES.operations("mysql"), "mysql", Policy(deny=(denial,))) == {"SELECT"}


@pytest.mark.parametrize(
    ("expires", "days"),
    [
        (None, 90),
        (datetime.date(2027, 1, 11), 10),
        (datetime.date(2026, 1, 1), 1),
        (datetime.date(2030, 1, 1), 90),
    ],
)
def test_a_new_credential_lives_no_longer_than_its_job(expires, days):
    assert days_until(expires, datetime.date(2027, 1, 1)) == days


def test_what_cannot_be_undone_is_named_first_and_long_lists_are_counted():
    catalogue = RULES.operations("railway")
    assert worst_first(["project", "customDomainDelete", "volumeDelete"], catalogue)[0] == "volumeDelete"
    assert worst_first(["nowhere", "project"], catalogue) == ["nowhere", "project"]
    assert listed([str(each) for each in range(9)], 2) == "0, 1 and 7 more"
    assert missing_told([], "why") == ()
