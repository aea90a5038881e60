"""What documentation does not settle is neither granted nor denied."""

from scopeaudit.ask.ledger import Ledger
from scopeaudit.model.authority import Evidence, EvidenceKind, Verdict
from scopeaudit.model.operation import Requirement

SAID = Evidence(EvidenceKind.ASKED, "said")
IMPLIES = {"scope": {"repo": ("public_repo",), "gist": ()}, "permission": {"*:write": ("*:read",)}}
MAY_IMPLY = {"scope": {"public_repo": ("repo",), "*": ("other",)}}


def judged(ledger, dimension, *choices, resource=None):
    needed = Requirement(dimension, tuple(frozenset(choice.split("+")) for choice in choices))
    return ledger.judge(needed, resource=resource).verdict


def exhaustive(*atoms):
    ledger = Ledger(IMPLIES, MAY_IMPLY)
    ledger.hold("scope", atoms, SAID)
    ledger.exhaustive["scope"] = SAID
    return ledger


def test_what_a_held_atom_may_include_is_unknown_though_all_that_is_held_is_known():
    ledger = exhaustive("public_repo")
    assert judged(ledger, "scope", "repo") is Verdict.UNKNOWN
    assert judged(ledger, "scope", "gist") is Verdict.DENIED
    assert judged(ledger, "scope", "public_repo") is Verdict.GRANTED
    assert judged(exhaustive("gist"), "scope", "repo") is Verdict.DENIED


def test_a_star_stands_for_any_atom_that_is_held():
    assert judged(exhaustive("gist"), "scope", "other") is Verdict.UNKNOWN
    assert judged(exhaustive(), "scope", "other") is Verdict.DENIED


def test_what_is_said_to_be_lacked_is_lacked_whatever_may_include_it():
    ledger = exhaustive("gist")
    ledger.lack("scope", ["other"], SAID)
    assert judged(ledger, "scope", "other") is Verdict.DENIED


def test_doubt_holds_on_single_resources_too():
    ledger = Ledger(IMPLIES, MAY_IMPLY)
    ledger.hold_on("repository/a", "scope", ["public_repo"], SAID)
    assert judged(ledger, "scope", "repo", resource="repository/a") is Verdict.UNKNOWN
    assert judged(ledger, "scope", "gist", resource="repository/a") is Verdict.DENIED


def test_only_what_is_named_as_lacked_on_a_resource_is_denied_there():
    ledger = Ledger(IMPLIES)
    ledger.hold_on("repository/a", "permission", ["contents:write"], SAID)
    ledger.lack_on("repository/a", "permission", ["contents:read", "issues:read"])
    for atom, verdict in {
        "contents:read": Verdict.GRANTED,
        "contents:write": Verdict.GRANTED,
        "issues:read": Verdict.DENIED,
        "issues:write": Verdict.DENIED,
        "pages:read": Verdict.UNKNOWN,
    }.items():
        assert judged(ledger, "permission", atom, resource="repository/a") is verdict


def test_each_dimension_of_a_resource_has_its_own_evidence():
    ledger = Ledger()
    role, permission = Evidence(EvidenceKind.ASKED, "role"), Evidence(EvidenceKind.ASKED, "permission")
    ledger.hold_on("repository/a", "role", ["admin"], role)
    ledger.hold_on("repository/a", "permission", ["contents:read"], permission)
    for dimension, atom, evidence in (("role", "admin", role), ("permission", "contents:read", permission)):
        needed = Requirement(dimension, (frozenset({atom}),))
        assert ledger.judge(needed, resource="repository/a").evidence == (evidence,)


def test_an_atom_is_known_by_its_name_and_not_by_a_pattern():
    ledger = Ledger(IMPLIES, MAY_IMPLY)
    assert [ledger.names("scope", atom) for atom in ("repo", "public_repo", "gist", "new")] == [
        True,
        True,
        True,
        False,
    ]
    assert not ledger.names("permission", "new:write")
