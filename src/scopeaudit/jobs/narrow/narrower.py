"""What a narrower credential is made from, and what is said of it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.authority import Authority

MOST_DAYS = 90
"""Days a new credential is to live at most, where the provider lets that be said."""


class Form(StrEnum):
    """What `Narrower.text` is written in."""

    JSON = "json"
    SQL = "sql"
    URL = "url"
    YAML = "yaml"
    TEXT = "text"
    LIST = "list"
    """One permission a line, as the provider's own page names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrower:
    """A credential to issue instead."""

    title: str
    form: Form
    text: str
    """To be copied as it is; names from outside are quoted for the form. Never holds a secret."""
    url: str | None = None
    """The provider's page for issuing it, filled in where the provider documents how."""
    steps: tuple[str, ...] = ()
    """What a person does with the text, in order."""
    remains: tuple[str, ...] = ()
    """What stays too wide about it, or unknown."""
    next_best: str | None = None
    """The fence to put up where the provider has no narrower kind, or not for all of the job."""
    source: str
    """URL of the documentation that it rests on."""
    missing: tuple[str, ...] = ()
    """Operations of the job that it does not do, sorted; `remains` says why."""
    beyond: tuple[str, ...] = ()
    """Operations that it does and the job does not allow, sorted, as far as they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a narrower credential has to do."""

    provider: Provider
    catalogue: OperationCatalogue
    needed: frozenset[str]
    """Operations that the job allows; names as the job file has them where the provider has no catalogue."""
    resources: tuple[str, ...]
    """Globs of the job; any resource where empty."""
    environments: tuple[str, ...]
    authority: Authority
    """Of the credential to be replaced: what it reaches tells the job's resources by name."""
    kind: str
    name: str
    """Of the job."""
    context: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Companions of the credential that are no secret: host, user, database."""
    days: int = MOST_DAYS

    @property
    def slug(self) -> str:
        """The job's name as an identifier that every provider takes: `custom-domains`."""
        kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in self.name.lower())
        return "-".join(part for part in kept.split("-") if part)[:30].strip("-") or "job"


def days_until(expires: datetime.date | None, today: datetime.date) -> int:
    """How many days a credential for a job that expires may live; at least one."""
    left = MOST_DAYS if expires is None else (expires - today).days
    return max(1, min(left, MOST_DAYS))
