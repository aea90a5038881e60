"""A policy sets minimum rules, and no job file can loosen them."""

import datetime
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.provider import Kind
from scopeaudit.jobs.breaches import breaches
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.jobs.policy import load_policy, read_policy
from scopeaudit.jobs.policy_files import policy_files
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import OperationGlob, TraitSelector
from scopeaudit.model.operation import Effect, Touches
from scopeaudit.model.policy import Ban, Breach, Denial, Policy
from tests.jobs.jobs_world import CATALOGUES, PROVIDERS, catalogue

RULES = ("escalation", "excess-authority", "ungated-destruction")
TODAY = datetime.date(2026, 11, 21)
COMPLETE = """\
version: 1
deny: ["effect:delete+touches:data", "railway:volumeDelete", "other:effect:delete"]
forbid: [other, railway/token]
deny-environments: ["prod*"]
require: [owner, expires]
max-expiry-days: 365
max-age-days: 90
max-age-days-of: {railway: 30}
fail-on: medium
no-ignore: [ungated-destruction]
no-ignore-from: critical
extend-from: [org]
"""


WITH_KINDS = {
    name: replace(each, kinds=(Kind(id="token", title="token", source="https://p.example"),))
    for name, each in PROVIDERS.items()
}


def read(text, folder=Path()):
    return read_policy(text, "policy.yaml", WITH_KINDS, RULES, folder)


def problems(text):
    with pytest.raises(InvalidFileError) as caught:
        read(text)
    return list(caught.value.problems)


def test_a_complete_policy_is_read(tmp_path):
    (tmp_path / "org").mkdir()
    loaded = read(COMPLETE, tmp_path)
    deletes = frozenset({Effect.DELETE})
    assert loaded.policy == Policy(
        deny=(
            Denial(
                "effect:delete+touches:data",
                TraitSelector(effects=deletes, touches=frozenset({Touches.DATA})),
                None,
                "policy.yaml",
                2,
            ),
            Denial("railway:volumeDelete", OperationGlob("railway:volumeDelete"), None, "policy.yaml", 2),
            Denial("other:effect:delete", TraitSelector(effects=deletes), "other", "policy.yaml", 2),
        ),
        forbid=(Ban("other", "policy.yaml", 3), Ban("railway/token", "policy.yaml", 3)),
        deny_environments=(Ban("prod*", "policy.yaml", 4),),
        require=frozenset({"owner", "expires"}),
        max_expiry_days=365,
        max_age_days=90,
        max_age_days_of=(("railway", 30),),
        fail_on=Severity.MEDIUM,
        no_ignore=frozenset({"ungated-destruction"}),
        no_ignore_from=Severity.CRITICAL,
        paths=("policy.yaml",),
    )
    assert loaded.extend_from == (tmp_path / "org",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 2\n", ["1: version: expected 1, the version of this format"]),
        ("{}\n", ["1: version: is missing"]),
        (
            "version: 1\ndeni: []\n",
            [
                "2: deni: unknown key; known are deny, deny-environments, extend-from, fail-on, forbid, max-age-days, "
                "max-age-days-of, max-expiry-days, no-ignore, no-ignore-from, require, version"
            ],
        ),
        (
            'version: 1\ndeny: ["effect:delet", volumeDelete, "no"]\n',
            [
                f"2: deny[0]: effect:delet: effect is one of {', '.join(Effect)}",
                "2: deny[2]: 'no' names no operation: write its name or effect:read",
            ],
        ),
        ("version: 1\nrequire: [ownr]\n", ["2: require[0]: unknown 'ownr': did you mean owner?"]),
        (
            "version: 1\nno-ignore: [excess-authorty, x]\n",
            [
                "2: no-ignore[0]: unknown 'excess-authorty': did you mean excess-authority?",
                f"2: no-ignore[1]: unknown 'x': known are {', '.join(RULES)}",
            ],
        ),
        ("version: 1\nmax-expiry-days: 0\n", ["1: max-expiry-days: give at least one day"]),
        ("version: 1\nmax-expiry-days: a year\n", ["2: max-expiry-days: expected a whole number"]),
        ("version: 1\nmax-age-days: 0\n", ["1: max-age-days: give at least one day"]),
        (
            "version: 1\nmax-age-days-of: {railwy: 3, railway: 0}\n",
            [
                "1: max-age-days-of.railway: give at least one day",
                "1: max-age-days-of.railwy: unknown 'railwy': did you mean railway?",
            ],
        ),
        (
            "version: 1\nforbid: [railwy, railway/tokn, other/]\n",
            [
                "2: forbid[0]: unknown 'railwy': did you mean railway?",
                "2: forbid[1]: unknown 'tokn': did you mean token?",
                "2: forbid[2]: unknown '': known are token",
            ],
        ),
        ('version: 1\ndeny-environments: [" "]\n', ["2: deny-environments[0]: names no environment"]),
        (
            "version: 1\nno-ignore-from: all\n",
            ["2: no-ignore-from: expected one of low, medium, high, critical"],
        ),
        ("version: 1\nfail-on: never\n", ["2: fail-on: expected one of low, medium, high, critical"]),
        ("version: 1\nextend-from: [gone]\n", ["2: extend-from[0]: is no folder: name one that exists"]),
        ("version: 1\ndeny: &a []\n", ["2: anchors, aliases and tags are not used here"]),
    ],
)
def test_a_mistake_says_where_and_what_to_do(text, expected):
    assert problems(text) == [f"policy.yaml:{each}" for each in expected]


def test_all_rules_can_be_kept_from_being_ignored():
    assert read('version: 1\nno-ignore: ["*"]\n').policy.no_ignore == frozenset(RULES)


def written(folder, **texts):
    files = []
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
        files.append(folder / f"{name}.yaml")
    return files


def test_several_policies_are_as_strict_as_each(tmp_path):
    strict = "version: 1\ndeny: [a]\nrequire: [owner]\nmax-expiry-days: 30\nfail-on: high\nno-ignore: [escalation]\n"
    loose = "version: 1\ndeny: [b]\nmax-expiry-days: 900\nfail-on: low\n"
    together = load_policy(written(tmp_path, one=strict, two=loose), PROVIDERS, RULES).policy
    assert [each.written for each in together.deny] == ["a", "b"]
    assert together.require == {"owner"}
    assert (together.max_expiry_days, together.fail_on) == (30, Severity.LOW)
    assert together.no_ignore == {"escalation"}
    assert load_policy((), PROVIDERS, RULES).policy == Policy()


@pytest.mark.parametrize(
    ("one", "other", "general", "railway"),
    [
        ("max-age-days: 90", "max-age-days: 30", 30, 30),
        ("max-age-days: 90", "max-age-days-of: {railway: 30}", 90, 30),
        ("max-age-days: 90", "max-age-days-of: {railway: 365}", 90, 90),
        ("max-age-days: 90\nmax-age-days-of: {railway: 365}", "", 90, 365),
        ("max-age-days-of: {railway: 9}", "max-age-days-of: {railway: 8}", None, 8),
    ],
)
def test_several_policies_let_a_credential_grow_as_old_as_the_strictest(
    tmp_path, one, other, general, railway
):
    texts = {"one": f"version: 1\n{one}\n", "other": f"version: 1\n{other}\n"}
    for named in (texts, dict(reversed(texts.items()))):
        together = load_policy(written(tmp_path, **named), PROVIDERS, RULES).policy
        assert (together.age_limit("other"), together.age_limit("railway")) == (general, railway)


def test_several_policies_forbid_and_keep_what_any_of_them_does(tmp_path):
    first = "version: 1\nforbid: [other]\nno-ignore-from: critical\n"
    second = "version: 1\nforbid: [railway]\ndeny-environments: [production]\nno-ignore-from: high\n"
    together = load_policy(written(tmp_path, one=first, two=second), PROVIDERS, RULES).policy
    assert [each.written for each in (*together.forbid, *together.deny_environments)] == [
        "other",
        "railway",
        "production",
    ]
    assert together.no_ignore_from is Severity.HIGH


@pytest.mark.parametrize(
    ("rule", "severity", "is_kept"),
    [
        ("escalation", Severity.LOW, True),
        ("excess-authority", Severity.HIGH, True),
        ("excess-authority", Severity.CRITICAL, True),
        ("excess-authority", Severity.MEDIUM, False),
    ],
)
def test_a_policy_keeps_finding_rules_and_severities(rule, severity, is_kept):
    policy = read("version: 1\nno-ignore: [escalation]\nno-ignore-from: high\n").policy
    assert policy.keeps(rule, severity) is is_kept
    assert Policy().keeps(rule, severity) is False


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [("max-age-days: 90", True), ("max-age-days-of: {railway: 30}", True), ("fail-on: low", False)],
)
def test_what_exists_because_of_a_policy_is_kept(text, is_kept):
    policy = read(f"version: 1\n{text}\n").policy
    assert policy.keeps("policy-breach", Severity.LOW) is True
    assert policy.keeps("unowned-credential", Severity.LOW) is is_kept
    assert policy.keeps("excess-authority", Severity.CRITICAL) is False


def test_problems_of_all_policies_are_told_and_a_missing_one_is_no_empty_one(tmp_path):
    files = [*written(tmp_path, one="version: 2\n"), tmp_path / "gone.yaml"]
    with pytest.raises(InvalidFileError) as caught:
        load_policy(files, PROVIDERS, RULES)
    assert [each.rpartition("/")[2].partition(":")[0] for each in caught.value.problems] == [
        "one.yaml",
        "gone.yaml",
    ]


def test_the_variable_adds_a_policy_and_takes_none_away(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert policy_files({}) == ()
    own = tmp_path / "scopeaudit" / "policy.yaml"
    own.parent.mkdir()
    own.write_text("version: 1\n")
    assert policy_files({}) == (own,)
    assert policy_files({"SCOPEAUDIT_POLICY": "/x/p.yaml"}) == (own, Path("/x/p.yaml"))
    assert policy_files({"SCOPEAUDIT_POLICY": str(own)}) == (own,)


levels = st.sampled_from([None, *Severity])


@given(levels, levels)
def test_a_floor_never_lets_pass_what_either_would_fail(asked, floor):
    level = Policy(fail_on=floor).floor(asked)
    for severity in Severity:
        fails = any(each is not None and severity.rank >= each.rank for each in (asked, floor))
        assert fails == (level is not None and severity.rank >= level.rank)


# jobs under a policy


JOB = """\
version: 1
jobs:
  a:
    provider: railway
    allow: [domainCreate, "%s"]
    credentials: [{path: a.sh}]
"""


def broken(text, policy, catalogues=CATALOGUES):
    declarations = read_declarations(text, "scopeaudit.yaml", PROVIDERS)
    return breaches(declarations, read(policy).policy, catalogues, TODAY)


def test_an_entry_that_allows_what_is_denied_is_a_breach():
    (breach,) = broken(JOB % "volume*", 'version: 1\ndeny: ["effect:delete"]\n')
    assert breach == Breach(
        job="a",
        path="scopeaudit.yaml",
        line=5,
        where="jobs.a.allow[1]",
        message="Job a allows volume*, and with it volumeDelete; policy.yaml:2 denies effect:delete to every job, "
        "so these count as not allowed.",
        remedy="Name the operations that the job needs and the policy permits.",
        identity="a allow volume* against effect:delete",
        severity=Severity.HIGH,
        operations=("volumeDelete",),
    )


@pytest.mark.parametrize(
    ("entry", "denied", "operations"),
    [
        ("*", "*Delete", ("domainDelete", "volumeDelete")),
        ("*", "railway:effect:delete", ("domainDelete", "volumeDelete")),
        ("effect:delete+on:volume", "effect:delete", ("volumeDelete",)),
        ("railway:volumeDelete", "volumeDelete", ("volumeDelete",)),
        ("*", "other:effect:delete", None),
        ("volumes", "effect:delete", None),
    ],
)
def test_names_globs_and_traits_are_held_against_each_other(entry, denied, operations):
    found = broken(JOB % entry, f'version: 1\ndeny: ["{denied}"]\n')
    assert [each.operations for each in found] == ([] if operations is None else [operations])


def test_a_service_that_is_called_as_another_provider_is_denied_all_the_same():
    providers = {**PROVIDERS, "redshift": PROVIDERS["other"]}
    text = 'version: 1\ndeny: ["redshift:DeleteCluster"]\n'
    policy = read_policy(text, "policy.yaml", providers, RULES, Path()).policy
    amazon = catalogue("aws", {"redshift:DeleteCluster": (Effect.DELETE, None)})
    assert amazon.denied(policy) == {"redshift:DeleteCluster"}


def test_an_entry_of_a_job_without_provider_is_held_against_every_provider():
    text = (JOB % "volumeDelete").replace("    provider: railway\n", "")
    (breach,) = broken(text, 'version: 1\ndeny: ["effect:delete"]\n')
    assert breach.operations == ("volumeDelete",)


@pytest.mark.parametrize(
    ("entry", "denied"), [("drop", "drop"), ("dr*", "drop"), ("drop", "dr*"), ("d*p", "dr*")]
)
def test_names_alone_are_compared_where_operations_are_not_described(entry, denied):
    empty = {"railway": catalogue("railway", {"x": (Effect.READ, None)})}
    empty["railway"] = type(empty["railway"])(provider="railway", operations={})
    assert len(broken(JOB % entry, f"version: 1\ndeny: [{denied}]\n", empty)) == 1
    assert broken(JOB % "create", f"version: 1\ndeny: [{denied}]\n", empty) == ()


def test_what_a_policy_requires_must_be_given():
    found = broken(JOB % "volumes", "version: 1\nrequire: [owner, expires]\n")
    assert [(each.where, each.line) for each in found] == [("jobs.a.expires", 3), ("jobs.a.owner", 3)]
    given = (JOB % "volumes") + "    owner: x\n    expires: 2026-12-01\n"
    assert broken(given, "version: 1\nrequire: [owner, expires]\n") == ()


@pytest.mark.parametrize(
    ("key", "value", "is_fine"),
    [
        ("owner", '" "', False),
        ("owner", '""', False),
        ("owner", '"\u200b"', False),
        ("owner", '"-"', False),
        ("owner", '" x "', True),
        ("description", '" "', False),
        ("description", '"開発"', True),
        ("resources", '["*"]', False),
        ("resources", '["volume/v1", "**"]', False),
        ("resources", '["*/*"]', False),
        ("resources", '["volume/*"]', True),
        ("environments", '["*"]', False),
        ("environments", '["dev*"]', True),
    ],
)
def test_what_says_nothing_is_not_given(key, value, is_fine):
    found = broken((JOB % "volumes") + f"    {key}: {value}\n", f"version: 1\nrequire: [{key}]\n")
    assert [each.where for each in found] == ([] if is_fine else [f"jobs.a.{key}"])


def test_a_glob_for_everything_is_told_as_what_it_is():
    (breach,) = broken((JOB % "volumes") + '    resources: ["*"]\n', "version: 1\nrequire: [resources]\n")
    assert breach.message == (
        "Job a names no resources in particular, which policy.yaml requires of every job."
    )


@pytest.mark.parametrize(("last", "is_fine"), [("2026-12-21", True), ("2026-12-22", False), (None, False)])
def test_a_job_ends_within_the_days_a_policy_permits(last, is_fine):
    text = (JOB % "volumes") + (f"    expires: {last}\n" if last else "")
    found = broken(text, "version: 1\nmax-expiry-days: 30\n")
    assert [each.where for each in found] == ([] if is_fine else ["jobs.a.expires"])


@pytest.mark.parametrize(
    ("environments", "denied", "told"),
    [
        ("[production, staging]", "production", ["jobs.a.environments[0]"]),
        ("[staging]", "production", []),
        ("[Production]", "prod*", ["jobs.a.environments[0]"]),
        ('["prod*"]', "production", ["jobs.a.environments[0]"]),
    ],
)
def test_a_job_is_for_no_environment_that_a_policy_denies(environments, denied, told):
    text = (JOB % "volumes") + f"    environments: {environments}\n"
    found = broken(text, f'version: 1\ndeny-environments: ["{denied}"]\n')
    assert [(each.where, each.line, each.severity) for each in found] == [
        (each, 3, Severity.HIGH) for each in told
    ]


@pytest.mark.parametrize(
    "environments",
    [
        '["?roduction"]',
        '["*roduction"]',
        '["[p]roduction"]',
        '["p*n"]',
        "[live]",
        "[PRD]",
        '["l?ve"]',
        '["*-x", "??*n"]',
    ],
)
@pytest.mark.parametrize("denied", ['"prod*"', '"prod*", live, prd'])
def test_no_glob_and_no_synonym_gets_around_what_a_policy_denies(environments, denied):
    text = (JOB % "volumes") + f"    environments: {environments}\n"
    assert broken(text, f"version: 1\ndeny-environments: [{denied}]\n")


@pytest.mark.parametrize("environments", ['["s*"]', "[staging]", '["[!p]r*"]', "[preprod]", '["dev*"]'])
def test_an_environment_that_cannot_be_meant_breaks_nothing(environments):
    text = (JOB % "volumes") + f"    environments: {environments}\n"
    assert broken(text, 'version: 1\ndeny-environments: ["prod*"]\n') == ()


def test_a_ban_that_may_be_production_bans_every_name_of_it():
    folder = (JOB % "volumes").replace("jobs:", "environment: live\njobs:")
    assert len(broken(folder, 'version: 1\ndeny-environments: ["p?d"]\n')) == 1


def test_a_folder_is_for_no_environment_that_a_policy_denies():
    text = (JOB % "volumes").replace("jobs:", "environment: production\njobs:")
    (breach,) = broken(text, "version: 1\ndeny-environments: [production]\n")
    assert (breach.path, breach.where, breach.severity) == ("scopeaudit.yaml", "environment", Severity.HIGH)
    assert breach.message == "This folder is said to be for production, which policy.yaml:2 denies."


def test_the_operations_of_a_provider_that_a_policy_denies():
    policy = read('version: 1\ndeny: ["effect:delete+on:volume", "other:domain*"]\n').policy
    assert CATALOGUES["railway"].denied(policy) == {"volumeDelete"}
    assert CATALOGUES["other"].denied(policy) == {"volumeDelete", "domainCreate", "domainDelete", "domains"}
    assert CATALOGUES["other"].denied(Policy()) == frozenset()


@given(
    st.lists(st.sampled_from(["effect:delete", "volume*", "railway:domainCreate", "effect:read"]), max_size=4)
)
def test_more_denials_never_deny_less(denials):
    texts = [
        f"version: 1\ndeny: [{', '.join(map(repr, denials[:count]))}]\n" for count in range(len(denials) + 1)
    ]
    denied = [CATALOGUES["railway"].denied(read(text).policy) for text in texts]
    assert all(less <= more for less, more in itertools.pairwise(denied))
