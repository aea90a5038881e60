"""Three-valued atoms: what is unknown never becomes denied."""

from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.ask.ledger import Ledger
from scopeaudit.catalogue.atoms import closure, includers
from scopeaudit.model.authority import Evidence, EvidenceKind, Verdict
from scopeaudit.model.operation import Requirement

HELD = Evidence(EvidenceKind.ASKED, "held")
LACKED = Evidence(EvidenceKind.ASKED, "lacked")
IMPLIES = {"permission": {"*:admin": ("*:write",), "*:write": ("*:read",), "all": ("issues:write",)}}
ORDER = {Verdict.DENIED: 0, Verdict.UNKNOWN: 1, Verdict.GRANTED: 2}

atoms = st.sampled_from([f"{name}:{level}" for name in "abc" for level in ("read", "write", "admin")])
alternatives = st.lists(st.frozensets(atoms, min_size=1, max_size=3), min_size=1, max_size=3)


def requirement(*choices):
    return Requirement("permission", tuple(frozenset(choice.split("+")) for choice in choices))


def test_holding_an_atom_includes_what_it_implies_however_far():
    assert closure(["all"], IMPLIES["permission"]) == {"all", "issues:write", "issues:read"}
    assert closure(["x:admin"], IMPLIES["permission"]) == {"x:admin", "x:write", "x:read"}


def test_lacking_an_atom_rules_out_what_would_include_it():
    assert includers(["issues:read"], IMPLIES["permission"]) == {
        "issues:read",
        "issues:write",
        "issues:admin",
        "all",
    }


def test_all_atoms_of_one_alternative_are_needed():
    ledger = Ledger(implies=IMPLIES)
    ledger.hold("permission", ["a:write"], HELD)
    assert ledger.judge(requirement("a:read+b:read")).verdict is Verdict.UNKNOWN
    ledger.hold("permission", ["b:read"], HELD)
    assert ledger.judge(requirement("a:read+b:read")).verdict is Verdict.GRANTED


def test_one_lacked_atom_denies_an_alternative_but_not_the_others():
    ledger = Ledger(implies=IMPLIES)
    ledger.lack("permission", ["a:read"], LACKED)
    assert ledger.judge(requirement("a:write")).verdict is Verdict.DENIED
    assert ledger.judge(requirement("a:write", "b:read")).verdict is Verdict.UNKNOWN


def test_an_exhaustive_dimension_denies_the_rest():
    ledger = Ledger(implies=IMPLIES)
    ledger.hold("permission", ["a:read"], HELD)
    ledger.exhaustive["permission"] = HELD
    assert ledger.judge(requirement("b:read")).verdict is Verdict.DENIED


def test_what_no_such_credential_can_hold_is_denied_by_documentation():
    judgement = Ledger().judge(requirement("session"), maximum=frozenset({"account"}))
    assert judgement.verdict is Verdict.DENIED
    assert judgement.evidence[0].kind is EvidenceKind.DOCUMENTED


def test_a_resource_speaks_for_itself_before_anything_general():
    ledger = Ledger(implies=IMPLIES)
    ledger.hold("permission", ["a:admin"], HELD)
    ledger.hold_on("repository/x", "permission", ["a:read"], HELD)
    assert ledger.judge(requirement("a:admin"), resource="repository/x").verdict is Verdict.DENIED
    assert ledger.judge(requirement("a:admin"), resource="repository/y").verdict is Verdict.GRANTED


def test_what_lives_in_a_resource_inherits_from_it():
    ledger = Ledger(implies=IMPLIES)
    ledger.hold_on("workspace/w", "role", ["MEMBER"], HELD)
    ledger.inherit("project/p", "workspace/w")
    need = Requirement("role", (frozenset({"MEMBER"}),))
    assert ledger.judge(need, resource="project/p").verdict is Verdict.GRANTED


@given(st.lists(atoms), st.lists(atoms), alternatives, atoms)
def test_learning_of_another_held_atom_never_lowers_a_verdict(held, lacked, choices, extra):
    def judged(more):
        ledger = Ledger(implies=IMPLIES)
        ledger.hold("permission", [*held, *more], HELD)
        ledger.lack("permission", lacked, LACKED)
        return ledger.judge(Requirement("permission", tuple(choices))).verdict

    assert ORDER[judged([extra])] >= ORDER[judged([])]


@given(st.lists(atoms), st.lists(atoms), alternatives, atoms)
def test_learning_of_another_lacked_atom_never_raises_a_verdict(held, lacked, choices, extra):
    def judged(more):
        ledger = Ledger(implies=IMPLIES)
        ledger.hold("permission", held, HELD)
        ledger.lack("permission", [*lacked, *more], LACKED)
        return ledger.judge(Requirement("permission", tuple(choices))).verdict

    assert ORDER[judged([extra])] <= ORDER[judged([])]


@given(st.lists(atoms), alternatives)
def test_without_a_known_lack_nothing_is_denied(held, choices):
    ledger = Ledger(implies=IMPLIES)
    ledger.hold("permission", held, HELD)
    assert ledger.judge(Requirement("permission", tuple(choices))).verdict is not Verdict.DENIED
