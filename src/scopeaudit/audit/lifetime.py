"""Who answers for a credential and until when, where else it lies, and whether anything here needs it."""

import datetime
from collections.abc import Container
from dataclasses import dataclass

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.matching import is_named_by
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import at_most, one_step_lower
from scopeaudit.audit.words import counted, credential_named, listed
from scopeaudit.model.authority import Authority
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import Severity
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import UNOWNED, Policy

STRAY = "stray-copy"
UNUSED_CREDENTIAL = "unused-credential"

_PLACES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Age:
    """How old a credential is, as far as that is known."""

    days: int | None
    """`None` where nothing says; a day that is yet to come says nothing."""
    is_exact: bool
    """Whether the provider or the credential says when it was issued: what a commit shows may be older."""

    def is_over(self, limit: int | None) -> bool:
        """Whether it is known to be older than the limit."""
        return limit is not None and self.days is not None and self.days > limit


def unowned_credential(
    scope: Scope, credential: Credential, authority: Authority, today: datetime.date, policy: Policy
) -> Draft | None:
    """Its job names no owner or no end, or it is older than the policy permits.

    `authority` is that of this credential: those that share a scope may have been issued on different days.
    """
    if scope.is_dead or scope.is_harmless_public:
        return None
    wrong = []
    if scope.job is not None and scope.job.owner is None:
        wrong.append(f"its job {scope.job.name} names no owner")
    age, limit = age_of(credential, authority, today), policy.age_limit(credential.provider)
    if limit is not None and age.days is not None and age.is_over(limit):
        least = "" if age.is_exact else "at least "
        wrong.append(f"it is {least}{counted(age.days, 'day')} old, and {policy.named} permits {limit:,}")
    severity = at_most(scope.worst_granted, Severity.MEDIUM) if wrong else Severity.LOW
    if scope.job is not None and scope.job.expires is None and authority.expires in (None, "never"):
        wrong.append("neither its job nor the provider says until when it is good")
    if not wrong:
        return None
    message = f"{credential_named(scope)} is not accounted for: {'; '.join(wrong)}."
    return Draft(UNOWNED, severity, message, narrows=False)


def unknown_age(
    scope: Scope, credential: Credential, authority: Authority, today: datetime.date, policy: Policy
) -> Gap | None:
    """The age is limited, and nothing says that the credential is young enough, nor that it is not."""
    limit = policy.age_limit(credential.provider)
    if limit is None or scope.is_dead or scope.is_harmless_public:
        return None
    age = age_of(credential, authority, today)
    if age.is_exact or age.is_over(limit):
        return None
    least = "" if age.days is None else f", and it is at least {counted(age.days, 'day')} old"
    return Gap(
        stage=Stage.AUDIT,
        what=f"age of the credential in {_place(credential.locations[0])}",
        why=f"nothing says when it was issued{least}; {policy.named} permits {counted(limit, 'day')}",
        credential=credential.id,
    )


def age_of(credential: Credential, authority: Authority, today: datetime.date) -> Age:
    """How many days ago it was issued, or else the first commit was written that shows it."""
    issued = _days_since(authority.issued, today)
    shown = (_days_since(each.authored, today) for each in credential.locations)
    known = [each for each in (issued, *shown) if each is not None]
    return Age(max(known, default=None), is_exact=issued is not None)


def _days_since(moment: str | None, today: datetime.date) -> int | None:
    """Days from the day that an ISO 8601 moment begins with; `None` where it is none, or yet to come."""
    try:
        day = datetime.date.fromisoformat((moment or "")[:10])
    except ValueError:
        return None
    return (today - day).days if day <= today else None


def stray_copy(scope: Scope, credential: Credential) -> Draft | None:
    """It also lies where the selectors of its job do not say that it is."""
    if scope.job is None or scope.is_dead or scope.is_harmless_public:
        return None
    strays = tuple(each for each in credential.locations if not _is_declared(each, scope))
    if not strays:
        return None
    named = listed([_place(each) for each in strays], _PLACES_NAMED)
    name, job = credential_named(scope), scope.job.name
    message = f"{name} also lies where its job {job} does not say that it is: {named}."
    severity = one_step_lower(scope.worst_granted)
    return Draft(STRAY, severity, message, narrows=False, locations=strays)


def _is_declared(location: Location, scope: Scope) -> bool:
    """Whether a selector names the place. What is only left of it in history no job needs."""
    if location.source is Source.HISTORY and location.current is False:
        return False
    return scope.job is not None and any(is_named_by(each, location) for each in scope.job.credentials)


def _place(location: Location) -> str:
    place = location.path if location.line is None else f"{location.path}:{location.line}"
    return f"{place} in git history" if location.source is Source.HISTORY else place


def unused_credential(scope: Scope, used: Container[str] | None) -> Draft | None:
    """Nothing in the folder uses its provider. `used` holds providers; `None` where nobody looked."""
    if used is None or scope.is_dead or scope.is_harmless_public or not scope.catalogue.operations:
        return None
    if scope.provider_id in used:
        return None
    name = scope.provider.name if scope.provider is not None else scope.provider_id
    message = f"{credential_named(scope)} can be read here, and nothing in this folder is seen to use {name}."
    return Draft(UNUSED_CREDENTIAL, at_most(scope.worst_granted, Severity.MEDIUM), message, narrows=False)
