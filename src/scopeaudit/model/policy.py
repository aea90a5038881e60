"""Minimum rules of a user or an organisation, which no job file can loosen."""

from dataclasses import dataclass

from scopeaudit.model.finding import Severity
from scopeaudit.model.job import OperationGlob, TraitSelector

BREACH = "policy-breach"
UNOWNED = "unowned-credential"
"""The finding rule that tells of ages beyond a policy's limit, beside what a job leaves out."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Operations that no job may allow."""

    written: str
    """As it stands in the policy."""
    selector: OperationGlob | TraitSelector
    provider: str | None = None
    """The provider that traits are meant of; any where missing. A glob carries it in front, as in a job."""
    path: str = ""
    """File that denies it, as shown to the user."""
    line: int = 0
    """From 1."""


@dataclass(frozen=True, slots=True)
class Ban:
    """Something named in a policy that must not be there at all."""

    written: str
    """As it stands in the policy: a provider, `provider/kind`, or a glob over environments."""
    path: str = ""
    """File that bans it, as shown to the user."""
    line: int = 0
    """From 1."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Minimum rules; several policies together are as strict as each of them."""

    deny: tuple[Denial, ...] = ()
    require: frozenset[str] = frozenset()
    """Keys that every job must give, as written in a job file (`owner`, `expires`)."""
    forbid: tuple[Ban, ...] = ()
    """Providers, and kinds of their credentials, that may not be in reach."""
    deny_environments: tuple[Ban, ...] = ()
    """Environments that no job may be for."""
    max_expiry_days: int | None = None
    """A job's last day is at most so many days ahead, and every job has one."""
    max_age_days: int | None = None
    """A credential was issued at most so many days ago."""
    max_age_days_of: tuple[tuple[str, int], ...] = ()
    """The same for single providers, in place of `max_age_days`; sorted."""
    fail_on: Severity | None = None
    """Findings from this severity on always fail the run."""
    no_ignore: frozenset[str] = frozenset()
    """Finding rules that nothing in a scanned folder can ignore."""
    no_ignore_from: Severity | None = None
    """Findings from this severity on nothing in a scanned folder can ignore."""
    paths: tuple[str, ...] = ()
    """The files it was read from, as shown to the user; none where there is no policy."""

    def floor(self, asked: Severity | None) -> Severity | None:
        """The least severity that fails the run, where `asked` was wished for; `None` stands for never."""
        if self.fail_on is None or asked is None:
            return self.fail_on or asked
        return min(asked, self.fail_on, key=lambda each: each.rank)

    def age_limit(self, provider: str) -> int | None:
        """How many days ago a credential of the provider may have been issued; `None` for any."""
        return dict(self.max_age_days_of).get(provider, self.max_age_days)

    def keeps(self, rule: str, severity: Severity) -> bool:
        """Whether nothing in a scanned folder may ignore a finding of this finding rule and severity.

        What is found because of a policy is always kept, or a folder could loosen it by ignoring that.
        """
        if rule == BREACH or (rule == UNOWNED and self.limits_ages):
            return True
        from_here = self.no_ignore_from
        return rule in self.no_ignore or (from_here is not None and severity.rank >= from_here.rank)

    @property
    def limits_ages(self) -> bool:
        """Whether some credential may be too old."""
        return self.max_age_days is not None or bool(self.max_age_days_of)

    @property
    def named(self) -> str:
        """The policy in a sentence: its files."""
        return " and ".join(self.paths) or "the policy"


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a job breaks a policy."""

    job: str
    path: str
    """File of the job, relative to the scanned folder."""
    line: int
    """From 1."""
    where: str
    """The field, such as `jobs.domains.allow[2]`."""
    message: str
    remedy: str
    identity: str
    """What tells it from other breaches of the file; holds no line number."""
    severity: Severity = Severity.MEDIUM
    operations: tuple[str, ...] = ()
    """Ids of the operations that are allowed and denied, sorted."""
