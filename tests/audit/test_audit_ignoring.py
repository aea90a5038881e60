"""Which ignore comments are honoured, what they suppress, and which of them are reported."""

import datetime
from dataclasses import replace

import pytest
from audit_world import FINDING_RULES

from scopeaudit.audit.ignoring import CANDIDATE, UNUSED, Ignoring, ignore
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, State, Verdict
from scopeaudit.model.candidate import Candidate, CandidateType
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import Policy
from scopeaudit.model.remark import Remark
from scopeaudit.model.report import Suppressed

EXCESS = "excess-authority"
TODAY = datetime.date(2026, 11, 21)


def at(
    line: int | None = 5, path: str = "a.env", source: Source = Source.TREE, commit: str | None = None
) -> Location:
    return Location(source, path, line, 9 if line else None, commit, "TOKEN")


def comment(place: Location | None = None, *rules: str, reason: str = "it is revoked every night") -> Remark:
    place = place or at()
    where = replace(place, column=40, name=None)
    return Remark(where, place.line, rules or (EXCESS,), reason)


def finding(*places: Location, rule: str = EXCESS, credential: str | None = "c1") -> Finding:
    return Finding(rule, Severity.HIGH, "ff", credential, "message", "remedy", places or (at(),))


def candidate(*places: Location) -> Candidate:
    return Candidate("p1", CandidateType.PASSWORD, places or (at(),))


def credential(*places: Location, evidence: EvidenceKind = EvidenceKind.ASKED) -> AuditedCredential:
    grants = (Grant(frozenset({"read"}), Verdict.GRANTED, (Evidence(evidence, "x"),)),)
    return AuditedCredential(
        Credential("c1", "rail", "token", "…", places or (at(),)), Authority(State.ACTIVE, "token", grants)
    )


def heard(
    *remarks: Remark,
    findings: tuple[Finding, ...] = (),
    candidates: tuple[Candidate, ...] = (),
    credentials: tuple[AuditedCredential, ...] = (),
) -> Ignoring:
    return ignore(findings, candidates, credentials, remarks, FINDING_RULES, TODAY)


def why(result: Ignoring) -> list[str]:
    """What is said about comments."""
    prefix = "This ignore comment suppresses nothing, or not all it names: "
    return [each.message.removeprefix(prefix) for each in result.findings if each.rule == UNUSED]


def test_a_comment_with_a_reason_suppresses_the_finding_on_its_line():
    wrong, remark = finding(), comment()
    assert heard(remark, findings=(wrong,)) == Ignoring((), (Suppressed(wrong, (remark,)),), ())


def test_what_no_comment_speaks_for_stands():
    other = finding(at(6))
    assert heard(comment(), findings=(finding(), other)).findings == (other,)


@pytest.mark.parametrize(
    "elsewhere",
    [at(6), at(path="b.env"), at(source=Source.STAGED), at(source=Source.HISTORY, commit="abc")],
)
def test_a_comment_speaks_for_its_own_line_of_its_own_document_only(elsewhere):
    result = heard(comment(), findings=(finding(elsewhere),))
    assert result.suppressed == ()
    assert why(result) == ["no finding of excess-authority is there."]


def test_a_finding_of_another_rule_stands():
    escalation = finding(rule="escalation")
    result = heard(comment(), findings=(finding(), escalation))
    assert result.findings == (escalation,)


@pytest.mark.parametrize(
    "second",
    [at(6), at(path="copy.env"), at(source=Source.STAGED), at(None, "env:TOKEN", Source.ENVIRONMENT)],
)
def test_every_place_of_today_needs_a_comment(second):
    wrong = finding(at(), second)
    result = heard(comment(), findings=(wrong,))
    assert result.findings[0] == wrong
    place = second.path if second.line is None else f"{second.path}:{second.line}"
    assert why(result) == [
        f"excess-authority stands, as the same value is also at {place} without a comment."
    ]


def test_comments_at_every_place_suppress_together():
    wrong = finding(at(), at(path="copy.env"))
    first, second = comment(), comment(at(path="copy.env"), reason="the same")
    assert heard(second, first, findings=(wrong,)).suppressed == (Suppressed(wrong, (first, second)),)


def test_history_follows_what_is_decided_today():
    wrong = finding(at(), at(3, source=Source.HISTORY, commit="abc"))
    assert heard(comment(), findings=(wrong,)).findings == ()


def test_a_comment_in_an_old_version_says_nothing_about_today():
    old = at(3, source=Source.HISTORY, commit="abc")
    wrong = finding(at(), old)
    assert heard(comment(old), findings=(wrong,)).findings == (wrong,)


def test_what_is_in_history_alone_needs_a_comment_in_every_version():
    old, older = (at(3, source=Source.HISTORY, commit=each) for each in ("abc", "def"))
    wrong = finding(old, older)
    assert heard(comment(old), findings=(wrong,)).findings == (wrong,)
    assert heard(comment(old), comment(older), findings=(wrong,)).findings == ()


def test_what_is_in_several_versions_of_a_path_stands():
    old = replace(at(3, source=Source.HISTORY, commit="abc"), versions=2)
    wrong = finding(old)
    assert heard(comment(old), findings=(wrong,)).findings == (wrong,)


def test_a_finding_without_a_place_stands():
    nowhere = replace(finding(), locations=())
    assert heard(comment(), findings=(nowhere,)).findings[0] == nowhere


def test_a_place_without_a_line_is_spoken_for_by_nothing():
    place = at(None)
    assert heard(comment(place), findings=(finding(place),)).suppressed == ()


@pytest.mark.parametrize(
    ("remark", "said"),
    [
        (comment(reason=""), "it gives no reason."),
        (replace(comment(), rules=()), "it names no finding rule in brackets."),
        (comment(None, EXCESS, "no-such-rule"), "there is no finding rule to ignore called no-such-rule."),
        (comment(None, UNUSED), "there is no finding rule to ignore called unused-ignore."),
        (
            comment(None, "x1-Y", "no-such-rule"),
            "there is no finding rule to ignore called a name that is none.",
        ),
        (
            comment(None, "no-such-rule", reason=""),
            "there is no finding rule to ignore called no-such-rule; it gives no reason.",
        ),
    ],
)
def test_a_comment_with_a_mistake_is_not_honoured_and_is_reported(remark, said):
    wrong = finding()
    result = heard(remark, findings=(wrong,), candidates=(candidate(),))
    assert result.findings[0] == wrong
    assert result.candidates == (candidate(),)
    assert why(result) == [said]
    told = result.findings[1]
    assert (told.severity, told.credential, told.locations) == (Severity.LOW, None, (remark.location,))


def test_what_matched_nothing_is_reported_with_the_rules_that_did_not():
    result = heard(comment(None, EXCESS, "stale-job", "escalation"), findings=(finding(),))
    assert why(result) == ["no finding of stale-job and escalation is there."]


def test_nothing_is_said_of_a_comment_that_does_what_it_says():
    assert why(heard(comment(), findings=(finding(),))) == []


def test_a_comment_is_not_called_idle_while_nobody_was_asked():
    place = at()
    unasked = credential(place, evidence=EvidenceKind.DOCUMENTED)
    assert why(heard(comment(place), credentials=(unasked,))) == []
    assert why(heard(comment(place), credentials=(credential(place),))) != []
    assert why(heard(comment(at(6)), credentials=(unasked,))) != []
    assert why(heard(comment(place, CANDIDATE), credentials=(unasked,))) != []


def test_an_old_version_is_never_blamed():
    assert heard(comment(at(3, source=Source.HISTORY, commit="abc"), reason="")) == Ignoring((), (), ())


def test_candidates_are_ignored_under_a_rule_of_their_own_and_counted():
    left = candidate(at(6))
    result = heard(comment(None, CANDIDATE), candidates=(candidate(), left), findings=(finding(),))
    assert (result.candidates, result.ignored_candidates) == ((left,), 1)
    assert [each.rule for each in result.findings] == [EXCESS]


def test_a_candidate_too_needs_a_comment_at_every_place():
    twice = candidate(at(), at(path="copy.env"))
    assert heard(comment(None, CANDIDATE), candidates=(twice,)).candidates == (twice,)


def test_comments_alike_in_one_file_are_told_apart_and_do_not_move_with_lines():
    first = heard(comment(at(1)), comment(at(2))).findings
    moved = heard(comment(at(11)), comment(at(12))).findings
    assert len({each.fingerprint for each in first}) == 2
    assert [each.fingerprint for each in first] == [each.fingerprint for each in moved]


def test_the_order_of_comments_changes_nothing():
    remarks = [comment(at(1)), comment(at(2)), comment(), comment(reason="")]
    assert heard(*remarks, findings=(finding(),)) == heard(*remarks[::-1], findings=(finding(),))


@pytest.mark.parametrize(
    ("reason", "stands", "why"),
    [
        ("until 2026-11-21 the migration is over", False, ""),
        ("until 2027-03-31: see OPS-1", False, ""),
        ("until 2026-11-20 the migration is over", True, "it counted until 2026-11-20"),
        ("until 2026-02-30 the migration is over", True, "the day until which it counts is none"),
        ("until 2027-03-31", True, "it gives no reason"),
        ("until we know more", False, ""),
        ("Until 2020-01-01 x", True, "it counted until 2020-01-01"),
        ("until: 2020-01-01 x", True, "it counted until 2020-01-01"),
        ("until  2020-01-01 x", True, "it counted until 2020-01-01"),
        ("UNTIL (2020-01-01) x", True, "it counted until 2020-01-01"),
        ("until 2020-01-01. x", True, "it counted until 2020-01-01"),
        ("until 2020-01-01-x", True, "it counted until 2020-01-01"),
        ("until: 2027-03-31 see OPS-1", False, ""),
        ("Until  2027-03-31, 2 of us look", False, ""),
        ("until 2020-1-1 x", True, "the day until which it counts is none"),
        ("until 2020/01/01 x", True, "the day until which it counts is none"),
        ("until 2020-01-01T00:00 x", True, "the day until which it counts is none"),
        ("until 2027-03-31/04-01 x", True, "the day until which it counts is none"),
        ("until 20200101 x", True, "the day until which it counts is none"),
        ("until 3 of us agree", True, "the day until which it counts is none"),
        ("until ２０２０-01-01 x", True, "the day until which it counts is none"),
        ("until 2027-03-31: --", True, "it gives no reason"),
    ],
)
def test_a_comment_may_count_up_to_a_day(reason: str, stands: bool, why: str) -> None:
    result = heard(comment(reason=reason), findings=(finding(),))
    assert bool([each for each in result.findings if each.rule == EXCESS]) is stands
    assert [why in each.message for each in result.findings if each.rule == UNUSED] == ([True] if why else [])


def test_what_a_policy_keeps_from_being_ignored_stands() -> None:
    for policy in (Policy(no_ignore=frozenset({EXCESS})), Policy(no_ignore_from=Severity.HIGH)):
        result = ignore((finding(),), (), (), (comment(),), FINDING_RULES, TODAY, policy)
        assert [each.rule for each in result.findings] == [EXCESS, UNUSED]
        assert why(result) == ["excess-authority stands, as the policy of the user lets nothing ignore it."]


@pytest.mark.parametrize("rule", ["policy-breach", "unowned-credential"])
def test_what_a_policy_is_broken_by_cannot_be_ignored(rule: str) -> None:
    policy = Policy(max_age_days=90)
    result = ignore((finding(rule=rule),), (), (), (comment(None, rule),), FINDING_RULES, TODAY, policy)
    assert [each.rule for each in result.findings] == [rule, UNUSED]
    assert why(result) == [f"{rule} stands, as the policy of the user lets nothing ignore it."]


def test_what_is_less_severe_than_a_policy_keeps_can_be_ignored() -> None:
    policy = Policy(no_ignore_from=Severity.CRITICAL)
    result = ignore((finding(),), (), (), (comment(),), FINDING_RULES, TODAY, policy)
    assert (result.findings, len(result.suppressed)) == ((), 1)


def test_candidates_that_a_policy_keeps_are_told() -> None:
    policy = Policy(no_ignore=frozenset({CANDIDATE}))
    result = ignore((), (candidate(),), (), (comment(None, CANDIDATE),), FINDING_RULES, TODAY, policy)
    assert (result.candidates, result.ignored_candidates) == ((candidate(),), 0)
    assert why(result) == ["unknown-provider stands, as the policy of the user lets nothing ignore it."]
