"""What a repository cannot do to turn a finding into none, and what more authority cannot do either."""

import datetime
from dataclasses import replace

from audit_world import (
    CATALOGUES,
    FINDING_RULES,
    PROVIDERS,
    RESOURCES,
    TODAY,
    audited,
    declared,
    found,
    held,
    job,
)

from scopeaudit.audit.audit import audit
from scopeaudit.audit.reaching import Reached
from scopeaudit.model.context import Denial, Reach, Strength
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import CredentialSelector, RecoveryDeclaration, ResourcePattern
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import Ban, Policy

EVERY = (CredentialSelector(path="*"),)
KERNEL = Denial("agent", "sandbox", "read", Strength.KERNEL, "settings.json", 1, "", "", "https://a.example")


def test_what_the_policy_forbids_is_forbidden_whatever_keeps_agents_from_it() -> None:
    token = held("volumeWipe", path="a")
    blocked = Reached((Reach("agent", token[0].locations[0], (), denied_by=(KERNEL,)),))
    for policy, rules in (
        (Policy(), []),
        (Policy(forbid=(Ban("rail", "policy.yaml", 3),)), ["policy-breach"]),
    ):
        result = audit(
            [token], declared(), PROVIDERS, CATALOGUES, FINDING_RULES, TODAY, {"c1": blocked}, policy=policy
        )
        assert [each.rule for each in result.findings] == rules


def test_a_copy_whose_provider_is_not_described_is_within_reach_of_its_credential() -> None:
    """Nothing is known of what that credential can do, so that it may destroy the copy."""
    copy = RecoveryDeclaration(ResourcePattern("rail", "*"), (ResourcePattern("vault", "copies"),))
    declarations = declared(job("volumeWipe", credentials=EVERY), recovery=(copy,))
    token = held("volumeWipe", path="a")
    vault = Credential("c2", "vault", "key", "…", (Location(Source.TREE, "b", 1, 1),)), held(path="b")[1]
    assert found(audited(token, declarations=declarations), "no-independent-recovery") is None
    beside = audited(token, vault, declarations=declarations)
    assert [each.credential for each in beside.findings if each.rule == "no-independent-recovery"] == ["c1"]


def test_a_job_that_has_expired_says_nothing_of_where_its_credential_may_reach() -> None:
    token = held("volumeWipe", resources=RESOURCES, path="a")
    one = job("*", credentials=EVERY, environments=("production",), expires=datetime.date(2020, 1, 1))
    lasting = replace(one, expires=None)
    for each, crosses in ((lasting, False), (one, True)):
        result = audited(token, declarations=declared(each, environment="staging"))
        assert (found(result, "environment-crossing") is not None) is crosses


def test_one_more_that_can_help_makes_no_combination_look_less_bad() -> None:
    """What opens only behind a gate stands beside what destroys the copies outright."""
    loses, wipes = held("backupDelete", path="a"), held("volumeWipe", path="b", number=2)
    gated = held("projectDelete", path="0", number=3)
    declarations = declared(job("volumeWipe", credentials=EVERY))
    for tokens in ((loses, wipes), (gated, loses, wipes), (loses, gated, wipes)):
        findings = audited(*tokens, declarations=declarations).findings
        told = [each for each in findings if (each.rule, each.credential) == ("combined-authority", "c2")]
        assert [str(each.severity) for each in told] == ["critical"]


def test_what_a_job_allows_alone_is_no_combination() -> None:
    gated, opens = held("projectDelete", path="a"), held("gateRemove", path="b", number=2)
    both = job("projectDelete", "gateRemove", credentials=EVERY)
    alone = job("projectDelete", credentials=EVERY)
    for one, combines in ((both, False), (alone, True)):
        result = audited(gated, opens, declarations=declared(one))
        assert any(each.rule == "combined-authority" for each in result.findings) is combines
