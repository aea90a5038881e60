"""What follows from the kind of principal alone, and how single verdicts replace evaluated ones."""

from collections import defaultdict
from collections.abc import Mapping

from scopeaudit.ask.aws.evaluate import Verdicts
from scopeaudit.ask.aws.extents import Outcome
from scopeaudit.ask.aws.principal import Principal, PrincipalKind
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Evidence, EvidenceKind, Verdict

Override = tuple[Verdict, tuple[Evidence, ...]]
"""A verdict that holds whatever the resource, and why."""

ORGANIZATION = "what the policies of its organization leave of it"

SESSION_GAP = (
    "what a session policy leaves of it",
    "a session policy, if one was passed when the session began, cannot be read",
)
_STS = "https://docs.aws.amazon.com/STS/latest/APIReference"
_ROOT_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"
_IDENTITY = "sts:GetCallerIdentity"


def source_arn(principal: Principal) -> str:
    """The ARN a simulation is asked for; of a role, as if it had no path."""
    if principal.kind is PrincipalKind.ROLE_SESSION:
        return f"arn:{principal.partition}:iam::{principal.account}:role/{principal.name}"
    return principal.arn


def without_policies(principal: Principal, identity: Evidence, catalogue: OperationCatalogue) -> Verdicts:
    """Verdicts for principals whose policies do not decide, or can never be read."""
    if principal.kind in (PrincipalKind.ROOT, PrincipalKind.ROOT_SESSION):
        evidence = Evidence(identity.kind, f"{identity.detail}: the account itself", _ROOT_SOURCE)
        outcome = Outcome(Verdict.GRANTED, (evidence,))
    else:
        detail = (
            "no more than its issuing user's policies and the session policy, neither of which it can read"
        )
        evidence = Evidence(EvidenceKind.NONE, detail, f"{_STS}/API_GetFederationToken.html")
        outcome = Outcome(Verdict.UNKNOWN, (evidence,))
    return {(outcome, ""): catalogue.ids}


def gaps_without_policies(principal: Principal) -> list[tuple[str, str]]:
    """What stays open for those principals."""
    if principal.kind in (PrincipalKind.ROOT, PrincipalKind.ROOT_SESSION):
        why = "organization policies not readable: they bind the root user of a member account"
        return [(ORGANIZATION, why)]
    return [SESSION_GAP]


def documented(principal: Principal, catalogue: OperationCatalogue) -> dict[str, Override]:
    """Operations of which AWS documents who can and who cannot call them, whatever policies say."""
    granted, denied = Verdict.GRANTED, Verdict.DENIED
    sts = {each for each in catalogue.ids if each.startswith("sts:")}
    found: dict[str, Override] = {}
    match principal.kind:
        case PrincipalKind.USER:
            detail = "every user may call it, and no policy can forbid it"
            found["sts:GetSessionToken"] = _said(granted, detail, "GetSessionToken")
        case PrincipalKind.USER_SESSION | PrincipalKind.ROOT_SESSION:
            detail = "a session of GetSessionToken calls nothing of STS but AssumeRole and GetCallerIdentity"
            for each in sts - {"sts:AssumeRole"}:
                found[each] = _said(denied, detail, "GetSessionToken")
        case PrincipalKind.ROLE_SESSION:
            for each in ("sts:GetFederationToken", "sts:GetSessionToken"):
                found[each] = _said(denied, "a session of a role cannot call it", "AssumeRole")
        case PrincipalKind.FEDERATED_SESSION:
            detail = "a federated session calls nothing of IAM, and of STS only GetCallerIdentity"
            for each in sts | {each for each in catalogue.ids if each.startswith("iam:")}:
                found[each] = _said(denied, detail, "GetFederationToken")
        case PrincipalKind.ROOT:
            pass
    found[_IDENTITY] = _said(
        granted, "every key may call it, and no policy can forbid it", "GetCallerIdentity"
    )
    return {name: verdict for name, verdict in found.items() if name in catalogue.ids}


def _said(verdict: Verdict, detail: str, action: str) -> Override:
    return verdict, (Evidence(EvidenceKind.DOCUMENTED, detail, f"{_STS}/API_{action}.html"),)


def overridden(verdicts: Verdicts, overrides: Mapping[str, Override]) -> Verdicts:
    """The verdicts with single operations taken out and put under what overrides them."""
    replaced = frozenset(overrides)
    found: dict[tuple[Outcome, str], frozenset[str]] = {
        key: operations - replaced for key, operations in verdicts.items() if not operations <= replaced
    }
    added: dict[Outcome, set[str]] = defaultdict(set)
    for name, (verdict, evidence) in overrides.items():
        added[Outcome(verdict, evidence)].add(name)
    for outcome, operations in added.items():
        found[outcome, ""] = found.get((outcome, ""), frozenset()) | operations
    return found
