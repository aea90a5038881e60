"""Minimum rules of a user or an organisation, which no job file can loosen."""

from dataclasses import dataclass

from scopeaudit.model.finding import Severity
from scopeaudit.model.job import OperationGlob, TraitSelector


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
class Policy:
    """Minimum rules; several policies together are as strict as each of them."""

    deny: tuple[Denial, ...] = ()
    require: frozenset[str] = frozenset()
    """Keys that every job must give, as written in a job file (`owner`, `expires`)."""
    max_expiry_days: int | None = None
    """A job's last day is at most so many days ahead, and every job has one."""
    fail_on: Severity | None = None
    """Findings from this severity on always fail the run."""
    no_ignore: frozenset[str] = frozenset()
    """Finding rules that nothing in a scanned folder can ignore."""
    paths: tuple[str, ...] = ()
    """The files it was read from, as shown to the user; none where there is no policy."""

    def floor(self, asked: Severity | None) -> Severity | None:
        """The least severity that fails the run, where `asked` was wished for; `None` stands for never."""
        if self.fail_on is None or asked is None:
            return self.fail_on or asked
        return min(asked, self.fail_on, key=lambda each: each.rank)


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
    operations: tuple[str, ...] = ()
    """Ids of the operations that are allowed and denied, sorted."""
