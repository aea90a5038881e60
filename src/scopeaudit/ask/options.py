"""What the user decided about asking; cheap to import, since every run needs it."""

import datetime
from dataclasses import dataclass, field

from scopeaudit.ask.endpoints import Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """What the user decided about asking."""

    offline: bool = False
    endpoints: Endpoints = field(default_factory=Endpoints)
    allow_hosts: tuple[str, ...] = ()
    remember: bool = True
    """Use and keep remembered answers."""
    now: datetime.datetime
