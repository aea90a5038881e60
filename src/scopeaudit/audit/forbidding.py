"""Credentials that the user's policy wants nowhere."""

from collections.abc import Iterator

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.words import credential_named
from scopeaudit.model.finding import Severity
from scopeaudit.model.policy import BREACH, Ban, Policy

_ADVICE = "Revoke it, and issue one that the policy permits; remove it from here."


def forbidden_credential(scope: Scope, policy: Policy) -> Draft | None:
    """The policy forbids its provider or its kind, whatever a job says."""
    if scope.is_dead:
        return None
    ban = next(_bans(scope, policy), None)
    if ban is None:
        return None
    message = f"{credential_named(scope)} is in reach, and {ban.path}:{ban.line} forbids {ban.written}."
    return Draft(BREACH, Severity.HIGH, message, narrows=False, advice=_ADVICE)


def _bans(scope: Scope, policy: Policy) -> Iterator[Ban]:
    """The entries that mean it; one that names only the provider does not mean what is made to be public."""
    kinds = {scope.detected_kind, scope.authority.kind}
    # By what is granted: what a job allows must not make it harmless here.
    is_harmless = scope.is_public and scope.worst_granted.rank < Severity.HIGH.rank
    for each in policy.forbid:
        provider, slash, kind = each.written.partition("/")
        if provider == scope.provider_id and (kind in kinds if slash else not is_harmless):
            yield each
