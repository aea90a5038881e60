"""Who answers for a credential and until when, where else it lies, and whether anything here needs it."""

import datetime
from collections.abc import Container

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.matching import is_named_by
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import at_most, one_step_lower
from scopeaudit.audit.words import counted, credential_named, listed
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import Severity
from scopeaudit.model.location import Location, Source

UNOWNED = "unowned-credential"
STRAY = "stray-copy"
UNUSED_CREDENTIAL = "unused-credential"

_PLACES_NAMED = 3


def unowned_credential(
    scope: Scope, credential: Credential, today: datetime.date, max_age_days: int | None
) -> Draft | None:
    """Its job names no owner or no end, or it is older than it may be.

    `max_age_days`: days from the first commit that shows it; `None` where nothing limits its age.
    """
    if scope.job is None or scope.is_dead or scope.is_harmless_public:
        return None
    wrong = []
    if scope.job.owner is None:
        wrong.append(f"its job {scope.job.name} names no owner")
    age = age_days(credential, today)
    if max_age_days is not None and age is not None and age > max_age_days:
        wrong.append(f"it is at least {counted(age, 'day')} old, and {max_age_days:,} are allowed")
    severity = at_most(scope.worst_granted, Severity.MEDIUM) if wrong else Severity.LOW
    if scope.job.expires is None and scope.authority.expires in (None, "never"):
        wrong.append("neither its job nor the provider says until when it is good")
    if not wrong:
        return None
    message = f"{credential_named(scope)} is not accounted for: {'; '.join(wrong)}."
    return Draft(UNOWNED, severity, message, narrows=False)


def age_days(credential: Credential, today: datetime.date) -> int | None:
    """How many days ago the first commit was written that shows it; `None` where none is known."""
    days = [each.authored[:10] for each in credential.locations if each.authored]
    try:
        return max(((today - datetime.date.fromisoformat(each)).days for each in days), default=None)
    except ValueError:
        return None


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
