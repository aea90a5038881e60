"""A finding without its credential: what credentials with the same scope have in common."""

from dataclasses import dataclass

from scopeaudit.audit.scope import Scope
from scopeaudit.audit.selection import NOTHING, Selection
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.catalogue.operations import select_by_name
from scopeaudit.catalogue.provider import Instead
from scopeaudit.model.finding import Severity, Step
from scopeaudit.model.location import Location
from scopeaudit.model.operation import Effect

THIS = ""
"""In a step of a draft: the credential that the finding will be about."""


@dataclass(slots=True)
class Draft:
    """All of a finding that place and name of the credential do not change."""

    rule: str
    severity: Severity
    message: str
    operations: Selection = NOTHING
    narrows: bool = True
    """Whether a narrower credential is the remedy; else the finding rule's own advice is."""
    locations: tuple[Location, ...] = ()
    """Where to look, if not where the credential is."""
    advice: str | None = None
    """What to do, in place of the finding rule's advice."""

    steps: tuple[Step, ...] = ()
    """The shortest way to the loss, where one operation is not enough."""


@dataclass(slots=True)
class Remedy:
    """What to do about a draft."""

    text: str
    remains: str = ""
    """What stays too wide about the credential to issue instead, as sentences."""
    is_printed: bool = False
    """Whether a command prints the credential to issue instead."""

    def of(self, credential: str) -> str:
        """The whole of it for the credential of this id."""
        if not self.is_printed:
            return f"{self.text} {self.remains}" if self.remains else self.text
        command = f"`scopeaudit narrow {credential}` prints what to issue for this job."
        return " ".join(part for part in (self.text, command, self.remains) if part)


def remedy(draft: Draft, rule: FindingRule, scope: Scope) -> Remedy:
    """What to do: the narrower credential to issue where one helps and is known, else the rule's advice."""
    if draft.advice is not None:
        return Remedy(draft.advice)
    instead = _narrower(scope) if draft.narrows else None
    if instead is None:
        return Remedy(rule.do)
    remains = f"Still too wide about it: {_sentence(instead.remains)}" if instead.remains else ""
    has_job = scope.job is not None and not scope.expired_job
    return Remedy(f"Issue instead: {_sentence(instead.issue)}", remains, has_job)


def _narrower(scope: Scope) -> Instead | None:
    """The first entry that covers the job; what the job only reads counts where it does nothing else."""
    entries = scope.provider.instead if scope.provider is not None else ()
    if not entries:
        return None
    reads = frozenset(each for each in scope.allowed if scope.operation(each).traits.effect is Effect.READ)
    wanted = (scope.allowed - reads) or reads
    for entry in entries:
        covered = [select_by_name(pattern, wanted) for pattern in entry.operations]
        if wanted and len(frozenset().union(*covered)) == len(wanted):
            return entry
    return entries[-1]


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
