"""A job is proposed for every credential without one, and allows what it is seen to be used for."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.audit.matching import JobIndex, is_path_matched
from scopeaudit.jobs.breaches import breaches
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.jobs.editing import added
from scopeaudit.jobs.init import Proposal, propose
from scopeaudit.jobs.writing import notes_on
from scopeaudit.model.job import CredentialSelector, OperationGlob, TraitSelector
from scopeaudit.model.location import Source
from scopeaudit.model.operation import Effect
from scopeaudit.model.policy import Ban, Denial, Policy
from scopeaudit.model.use import UseKind
from tests.jobs.jobs_world import CATALOGUES, PROVIDERS, credential, place, use

PATH = "scopeaudit.yaml"
TODAY = datetime.date(2026, 11, 21)


def proposed(undeclared, uses=(), declared=(), names=(), **more) -> Proposal:
    return propose(undeclared, declared, uses, PROVIDERS, CATALOGUES, names, **more)


def only(proposal):
    (job,) = proposal.jobs
    return job


def test_one_credential_in_several_places_gets_one_job_that_names_them_all():
    token = credential(
        "c1",
        place(".env", 2, "RAILWAY_TOKEN"),
        place("deploy/run.sh", 7),
        place("env:RAILWAY_TOKEN"),
        place("old.env", 1, "RAILWAY_TOKEN", Source.HISTORY),
    )
    job = only(proposed([token]))
    assert (job.name, job.provider, job.template, job.entries) == ("railway-token", "railway", None, ())
    assert job.credentials == (
        CredentialSelector(env="RAILWAY_TOKEN"),
        CredentialSelector(path=".env", key="RAILWAY_TOKEN"),
        CredentialSelector(path="deploy/run.sh"),
    )


def test_a_job_allows_what_is_used_and_nothing_more():
    uses = [use("run.sh", "domainCreate", "volumes", line=3), use("x.py", "domainCreate", "gone", line=9)]
    job = only(proposed([credential("c1", place(".env", 1, "TOKEN"))], uses))
    assert [each.written for each in job.entries] == ["domainCreate", "volumes"]
    assert job.uses == tuple(uses)


def test_what_is_used_and_may_not_come_back_is_pointed_out():
    token = credential("c1", place(".env", 1, "TOKEN"))
    job = only(proposed([token], [use("run.sh", "volumes", "domainCreate", "volumeDelete")]))
    assert job.destroying == ("volumeDelete",)
    text = added(None, PATH, [job])
    assert "  # Look twice, as this destroys what may not come back: volumeDelete\n" in text
    harmless = only(proposed([token], [use("run.sh", "volumes", "domainCreate")]))
    assert "Look twice" not in added(None, PATH, [harmless])


def test_a_template_is_used_only_where_it_allows_exactly_that():
    token = credential("c1", place(".env", 1, "TOKEN"))
    exact = only(proposed([token], [use("run.sh", "domainCreate"), use("x.sh", "domainDelete")]))
    assert exact.template == "railway/domains"
    less = only(proposed([token], [use("run.sh", "domainCreate")]))
    assert (less.template, less.near) == (None, ("railway/domains", 1))


def test_a_use_belongs_to_the_nearest_credential_and_to_none_where_several_are_as_near():
    api, web = credential("c1", place("api/.env", 1, "A")), credential("c2", place("web/.env", 1, "B"))
    near, far = use("api/src/run.sh", "domainCreate"), use("tools/run.sh", "volumeDelete")
    first, second = proposed([api, web], [near, far]).jobs
    assert (first.uses, first.loose) == ((near,), (far,))
    assert (second.uses, second.loose) == ((), (far,))
    assert [each.written for each in first.entries] == ["domainCreate"]


def test_a_use_of_a_declared_credential_is_not_given_to_another():
    declared, other = credential("c1", place("api/.env", 1, "A")), credential("c2", place("web/.env", 1, "B"))
    job = only(proposed([other], [use("api/run.sh", "volumeDelete")], declared=[declared]))
    assert (job.entries, job.uses) == ((), ())


def test_the_permissions_of_a_workflow_are_of_no_credential_that_lies_here():
    token = credential("c1", place(".env", 1, "TOKEN"))
    assert only(proposed([token], [use("ci.yml", "volumeDelete", by=UseKind.WORKFLOW)])).entries == ()


def test_credentials_that_only_their_value_tells_apart_share_a_job():
    first = credential("c1", place("keys.txt", 1))
    second = credential("c2", place("keys.txt", 2))
    found = use("run.sh", "domainCreate")
    job = only(proposed([first, second], [found]))
    assert (job.credentials, job.uses) == ((CredentialSelector(path="keys.txt"),), (found,))


def test_what_lies_in_the_history_alone_is_to_be_revoked_and_gets_no_job():
    past = credential("c1", place("old.env", 1, "TOKEN", Source.HISTORY))
    assert proposed([past]) == Proposal(past=(past,))


def test_a_credential_in_the_place_of_a_declared_one_cannot_be_told_from_it():
    declared = credential("c1", place("keys.txt", 1), place(".env", 1, "A"))
    other = credential("c2", place("keys.txt", 9))
    assert proposed([other], declared=[declared]) == Proposal(indistinct=(other,))


def test_names_are_new():
    tokens = [credential("c1", place("a/.env", 1, "TOKEN")), credential("c2", place("b/.env", 1, "TOKEN"))]
    jobs = proposed(tokens, names=["railway-token"]).jobs
    assert [job.name for job in jobs] == ["railway-token-2", "railway-token-3"]


# under a policy

POLICY = Policy(
    deny=(
        Denial("railway:volumeDelete", OperationGlob("railway:volumeDelete"), None, "policy.yaml", 2),
        Denial("effect:delete", TraitSelector(effects=frozenset({Effect.DELETE})), None, "policy.yaml", 2),
    ),
    require=frozenset({"description", "resources"}),
    max_expiry_days=90,
)


def lines(proposal, policy=POLICY) -> list[str]:
    return [each.strip() for each in added(None, PATH, proposal.jobs, (), policy).splitlines()]


def test_what_a_policy_denies_is_used_and_not_proposed():
    token = credential("c1", place(".env", 1, "TOKEN"))
    uses = [use("run.sh", "domainCreate", line=2), use("run.sh", "volumeDelete", "domainDelete", line=3)]
    proposal = proposed([token], uses, policy=POLICY)
    assert [each.written for each in only(proposal).entries] == ["domainCreate"]
    assert [(each.denial.written, each.operations) for each in only(proposal).barred] == [
        ("railway:volumeDelete", {"volumeDelete"}),
        ("effect:delete", {"domainDelete"}),
    ]
    assert [each for each in lines(proposal) if "Left out" in each] == [
        "# Left out, as the policy denies railway:volumeDelete to every job: volumeDelete, used in run.sh:3 tool do",
        "# Left out, as the policy denies effect:delete to every job: domainDelete, used in run.sh:3 tool do",
    ]


def test_a_template_that_allows_what_a_policy_denies_is_not_taken():
    token = credential("c1", place(".env", 1, "TOKEN"))
    uses = [use("run.sh", "domainCreate", "domainDelete")]
    assert only(proposed([token], uses)).template == "railway/domains"
    job = only(proposed([token], uses, policy=POLICY))
    assert (job.template, [each.written for each in job.entries]) == (None, ["domainCreate"])


def test_a_proposal_under_a_policy_does_not_break_what_it_denies():
    token = credential("c1", place(".env", 1, "TOKEN"))
    uses = [use("run.sh", *CATALOGUES["railway"].operations)]
    text = added(None, PATH, proposed([token], uses, policy=POLICY).jobs)
    declarations = read_declarations(text, PATH, PROVIDERS)
    assert (
        breaches(declarations, replace(POLICY, require=frozenset(), max_expiry_days=None), CATALOGUES, TODAY)
        == ()
    )


def test_what_a_policy_requires_is_to_be_filled_in():
    token = credential("c1", place(".env", 1, "TOKEN"))
    assert [each for each in lines(proposed([token])) if "TODO" in each] == [
        "# TODO owner: who answers for it, such as platform@company.example",
        "# TODO expires: its last day, at most 90 days ahead",
        "# TODO description: what it is for, in a sentence",
        "# TODO resources: those it works on, by id or name",
    ]


@pytest.mark.parametrize(
    ("ban", "is_left_out"), [("railway", True), ("railway/token", True), ("other", False)]
)
def test_what_a_policy_forbids_gets_no_job(ban, is_left_out):
    token = credential("c1", place(".env", 3, "TOKEN"))
    proposal = proposed([token], policy=Policy(forbid=(Ban(ban),)))
    assert (proposal.forbidden, len(proposal.jobs)) == (((token,), 0) if is_left_out else ((), 1))
    told = "No job, as the policy forbids its kind: revoke the railway token of .env:3"
    assert notes_on(proposal) == ([told] if is_left_out else [])


def test_what_is_only_in_the_history_is_noted():
    past = [
        credential(f"c{n}", replace(place(f"{n}.env", 1, "TOKEN", Source.HISTORY), commit="0123456789abcdef"))
        for n in range(22)
    ]
    notes = notes_on(proposed(past))
    assert notes[0] == (
        "No job, as it is only in the git history: revoke the railway token of 0.env:1 at commit 0123456789ab"
    )
    assert (len(notes), notes[-1]) == (21, "and 2 more that get no job")


def test_notes_stand_in_front_and_are_put_in_with_jobs_alone():
    job = proposed([credential("c1", place(".env", 1, "TOKEN"))]).jobs
    new = added(None, PATH, job, ["gone"])
    assert new.index("# gone\nversion: 1\n") > 0
    before = "version: 1\njobs:\n  a: {allow: [], credentials: [{env: A}]}\n"
    assert added(before, PATH, job, ["gone"]).startswith(f"{before}  # gone\n  # Railway token in .env:1\n")
    assert added(before, PATH, (), ["gone"]) == before


# names that hold a credential


@pytest.mark.parametrize(
    ("path", "shown", "expected"),
    [
        ("dump-SECRETSECRET.txt", "dump-….txt", "dump-*.txt"),
        ("dump-SECRETlast.txt", "dump-…last.txt", "dump-*last.txt"),
        ("SECRETSECRET", "…", "*"),
        ("a[1]-SECRET/x", "a[1]-…/x", "a[[]1]-*/x"),
        ("SECRET/SECRET.env", "…/….env", "*/*.env"),
    ],
)
def test_a_path_that_holds_a_credential_is_named_without_it(path, shown, expected):
    token = credential("c1", place(path, 1, "TOKEN"))
    job = only(proposed([token], masks={path: shown}))
    assert job.credentials == (CredentialSelector(path=expected, key="TOKEN"),)
    assert is_path_matched(expected, path)


def test_a_key_that_holds_a_credential_is_left_out():
    token = credential("c1", place("keys.json", 1, "SECRETSECRET"))
    job = only(proposed([token], masks={"SECRETSECRET": "…"}))
    assert (job.credentials, job.name) == ((CredentialSelector(path="keys.json"),), "railway-keys")


def test_a_variable_that_holds_a_credential_is_named_without_it():
    token = credential("c1", place("env:A_SECRETSECRET"))
    job = only(proposed([token], masks={"A_SECRETSECRET": "A_…"}))
    assert job.credentials == (CredentialSelector(env="A_*"),)


# every proposal is a job file that speaks for each credential, and then there is nothing more to propose

names = st.sampled_from(["TOKEN", "token", "RAILWAY_TOKEN", "no", "a: b", "api-key", None, None])
paths = st.one_of(
    st.sampled_from(
        [".env", "a.sh", "a/b/[id]/x.ts", "a*b", "a b", "no", "'\"", "#x", "a\\b", "über/☃.env", "~/x"]
    ),
    st.text("ab[]*?/.:#-{}'\"\n\x1b\ud800 ", min_size=1, max_size=8),
)
places = st.builds(
    place,
    paths,
    st.integers(1, 3),
    names,
    st.sampled_from([Source.TREE, Source.TREE, Source.HISTORY]),
) | st.sampled_from(["TOKEN", "RAILWAY_TOKEN"]).map(lambda name: place(f"env:{name}", 1, name))
credentials = st.lists(
    st.tuples(st.lists(places, min_size=1, max_size=3, unique=True), st.sampled_from(sorted(PROVIDERS))),
    min_size=1,
    max_size=5,
).map(lambda each: [credential(f"c{n}", *found, provider=p) for n, (found, p) in enumerate(each)])
uses = st.lists(
    st.builds(
        lambda path, operations, provider: use(path, *operations, provider=provider),
        st.sampled_from([".env", "a.sh", "b/c.py"]),
        st.frozensets(st.sampled_from(sorted(CATALOGUES["railway"].operations)), max_size=6),
        st.sampled_from(sorted(PROVIDERS)),
    ),
    max_size=4,
)


@settings(deadline=None)
@given(credentials, uses)
def test_a_proposal_speaks_for_every_credential_and_once_written_changes_nothing(found, seen):
    proposal = proposed(found, seen)
    if not proposal.jobs:
        return
    text = added(None, PATH, proposal.jobs)
    declarations = read_declarations(text, PATH, PROVIDERS)
    index = JobIndex(declarations.jobs)
    left_out = {each.id for each in (*proposal.past, *proposal.indistinct)}
    has_job = {each.id: index.match(each) for each in found}
    for each in found:
        if each.id not in left_out:
            assert len(has_job[each.id].best) == 1, each
            assert has_job[each.id].best[0].provider == each.provider
    undeclared = [each for each in found if not has_job[each.id].best]
    declared = [each for each in found if has_job[each.id].best]
    again = proposed(undeclared, seen, declared, [job.name for job in declarations.jobs])
    assert added(text, PATH, again.jobs) == text


@settings(deadline=None)
@given(credentials, uses)
def test_a_proposed_job_allows_only_operations_that_a_use_shows(found, seen):
    for job in proposed(found, seen).jobs:
        shown = frozenset().union(*(each.operations for each in seen if each.provider == job.provider))
        assert frozenset().union(*(each.operations for each in job.entries)) <= shown
