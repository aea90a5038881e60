"""Credentials that reach production from where production is not expected."""

from dataclasses import dataclass

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.environments import development_word, is_production, is_same, says_production
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import Selection
from scopeaudit.audit.severity import at_least, at_most
from scopeaudit.audit.words import counted, credential_named, operations_named, resources_named
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Declarations, Job

CROSSING = "environment-crossing"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The environments a credential is expected to reach, and the one it says it is for."""

    environments: tuple[str, ...] = ()
    """Globs; with none of them, nothing is expected of production."""
    because: str = ""
    """Ends a sentence: `while its job is for staging`. Empty where anything is expected."""
    declared: tuple[str, ...] = ()
    """The environments of the job, else of the folder; what only a place or name says is not declared."""
    stated: str | None = None
    """The environment that what was found beside the credential names."""

    def is_met_by(self, environment: str | None) -> bool:
        """Whether reaching this environment is no surprise."""
        if environment is None or not self.because or not is_production(environment):
            return True
        return any(is_same(declared, environment) for declared in self.environments)


def expectation_of(credential: Credential, job: Job | None, declarations: Declarations) -> Expectation:
    """What the job says; where it says nothing, the folder; where that says nothing, place and name."""
    stated = "production" if any(says_production(value) for _, value in credential.context) else None
    if job is not None and job.environments:
        because = f"while its job {job.name} is for {' and '.join(job.environments)}"
        return Expectation(job.environments, because, job.environments, stated)
    if declarations.environment is not None:
        because = f"while this folder is for {declarations.environment}"
        declared = (declarations.environment,)
        return Expectation(declared, because, declared, stated)
    word = development_word(credential.locations)
    return Expectation((), f"while its place or name says {word}" if word else "", stated=stated)


def environment_crossing(scope: Scope, expectation: Expectation) -> Draft | None:
    """Production can be changed, or its data read, by what was meant for something else."""
    if scope.is_dead or scope.is_harmless_public or not expectation.because:
        return None
    stated = scope.stated_environment or expectation.stated
    if stated is not None and not expectation.is_met_by(stated):
        return _all_of_it(scope, expectation, stated)
    noticed = scope.granted.where(scope.meaning.noticed_in_production)
    crossing = noticed.limited(lambda each: not expectation.is_met_by(scope.tree.environment_or_name(each)))
    if not crossing:
        return None
    named = resources_named(crossing.resources, scope.tree, environments=False)
    return _drafted(scope, expectation, crossing, f"production ({named})")


def _all_of_it(scope: Scope, expectation: Expectation, stated: str) -> Draft | None:
    noticed = scope.meaning.noticed_in_production
    operations = scope.granted.where(noticed) or scope.unverified.where(noticed)
    if not operations:
        return None
    return _drafted(scope, expectation, operations, stated)


def _drafted(scope: Scope, expectation: Expectation, operations: Selection, where: str) -> Draft:
    severity = at_least(operations.severity, Severity.MEDIUM)
    verb = "reaches"
    if not operations.is_granted:
        verb, severity = "may reach", at_most(severity, Severity.HIGH)
    told = f"{counted(len(operations), 'operation')} that change it or read its data"
    message = (
        f"{credential_named(scope)} {verb} {where} {expectation.because}, by {told}, the worst of them "
        f"{operations_named(operations)}."
    )
    return Draft(CROSSING, severity, message, operations)
