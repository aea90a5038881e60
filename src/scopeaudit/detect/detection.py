"""What was found in all documents."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scopeaudit.model.gap import Gap

if TYPE_CHECKING:
    from scopeaudit.model.candidate import Candidate
    from scopeaudit.model.remark import Remark
    from scopeaudit.model.secret import HeldCredential


@dataclass(frozen=True, slots=True)
class Detection:
    """Credentials and what else was found, with what was counted on the way."""

    credentials: "tuple[HeldCredential, ...]" = ()
    """`c1`, `c2`, ... in order of their first location."""
    gaps: tuple[Gap, ...] = ()
    """Sorted; those that came among the documents too."""
    candidates: "tuple[Candidate, ...]" = ()
    """What looks secret and belongs to no known provider: one a value, in order of their first location."""
    noise: tuple[tuple[str, int], ...] = ()
    """Candidates left out because the folder calls them noise: by which statement, and how many."""
    remarks: "tuple[Remark, ...]" = ()
    """Ignore comments, in the order of their places."""
    files: int = 0
    bytes: int = 0
    sources: tuple[tuple[str, int], ...] = ()
    """Documents read, by source, sorted."""
