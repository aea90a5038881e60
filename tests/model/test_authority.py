"""The overall verdict of an operation over several grants."""

from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, State, Verdict

ASKED = (Evidence(EvidenceKind.ASKED, "asked"),)
DOCUMENTED = (Evidence(EvidenceKind.DOCUMENTED, "documented"),)


def grant(verdict, *operations, evidence=ASKED):
    return Grant(frozenset(operations), verdict, evidence)


def test_granted_beats_unknown_and_unknown_beats_denied():
    authority = Authority(
        state=State.ACTIVE,
        kind="k",
        grants=(
            grant(Verdict.DENIED, "a", "b", "c"),
            grant(Verdict.UNKNOWN, "b", "c"),
            grant(Verdict.GRANTED, "c"),
        ),
    )
    assert authority.operations(Verdict.GRANTED) == {"c"}
    assert authority.operations(Verdict.UNKNOWN) == {"b"}
    assert authority.operations(Verdict.DENIED) == {"a"}


def test_evidence_is_the_most_direct_of_all():
    authority = Authority(
        state=State.ACTIVE,
        kind="k",
        grants=(grant(Verdict.DENIED, "a", evidence=DOCUMENTED), grant(Verdict.GRANTED, "b")),
    )
    assert authority.evidence is EvidenceKind.ASKED


def test_no_grants_mean_no_evidence():
    assert Authority(state=State.UNKNOWN, kind="k").evidence is EvidenceKind.NONE
