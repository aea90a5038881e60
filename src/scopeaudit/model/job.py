"""What a credential was issued for."""

import datetime
from dataclasses import dataclass

from scopeaudit.model.operation import Effect, Gate, Reversible, Touches

FILE_NAME = "scopeaudit.yaml"
"""Name of the job file in the scanned folder."""


@dataclass(frozen=True, slots=True)
class OperationGlob:
    """Operations by name, `*` and `?` as in a shell."""

    pattern: str


@dataclass(frozen=True, slots=True)
class TraitSelector:
    """Operations by trait, written `effect:read`, `touches:network`, `on:domain` ...

    Terms joined by `+` must all hold: `effect:write+on:domain`.
    """

    effects: frozenset[Effect] = frozenset()
    touches: frozenset[Touches] = frozenset()
    reversible: frozenset[Reversible] = frozenset()
    gates: frozenset[Gate] = frozenset()
    on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry of a job's `allow` list."""

    written: str
    """As it stands in the file."""
    line: int
    """From 1."""
    selector: OperationGlob | TraitSelector
    file: str | None = None
    """The file it stands in, where that is not the job's own but one that is extended."""


@dataclass(frozen=True, slots=True)
class CredentialSelector:
    """Which credentials a job speaks for: by place and name, never by the secret.

    All given parts must match.
    """

    path: str | None = None
    """Glob over the location's path."""
    env: str | None = None
    """Glob over the name of an environment variable, of this process or set in a file."""
    key: str | None = None
    """Glob over the key the value is assigned to."""
    line: int = 0
    """Where the selector stands in the job file, from 1."""
    file: str | None = None
    """The file it stands in, where that is not the job's own but one that is extended."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a credential was issued for."""

    name: str
    credentials: tuple[CredentialSelector, ...]
    allow: tuple[Allowance, ...]
    description: str | None = None
    owner: str | None = None
    provider: str | None = None
    resources: tuple[str, ...] = ()
    """Globs over resource ids and names; empty means any."""
    environments: tuple[str, ...] = ()
    """Globs over environment names; empty means any."""
    expires: datetime.date | None = None
    path: str = ""
    """File that declares it, relative to the scanned folder."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """Resources of a provider, by glob over id or name."""

    provider: str
    resource: str


@dataclass(frozen=True, slots=True)
class RecoveryDeclaration:
    """What would be restored from what."""

    protects: ResourcePattern
    copies: tuple[ResourcePattern, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything a folder declares."""

    jobs: tuple[Job, ...] = ()
    recovery: tuple[RecoveryDeclaration, ...] = ()
    environment: str | None = None
    """The environment the folder is meant for, if it says so."""
    path: str | None = None
    offers: tuple[Job, ...] = ()
    """Jobs of extended files that no file names credentials for. They speak for none."""
