"""What a credential's provider is used for, as far as the files of a folder show it."""

from dataclasses import dataclass
from enum import StrEnum

from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Location


class UseKind(StrEnum):
    """How the use is written."""

    HTTP = "http"
    """A call of the provider's interface by method and path, or a GraphQL document."""
    SDK = "sdk"
    COMMAND = "command"
    SQL = "sql"
    WORKFLOW = "workflow"
    """`permissions:` of a workflow: what its token is declared for, used or not."""
    SERVER = "server"
    """A tool server (MCP) and what its configuration lets through."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place at which operations of a provider are used."""

    provider: str
    operations: frozenset[str]
    """Ids of the provider's catalogue; `provider:name` where it has none. Empty where a use is seen and
    nothing says of what."""
    location: Location
    """Path and line."""
    by: UseKind
    shown: str
    """What was seen: method and path, name of a call, command; never an argument that could be a secret."""
    resources: tuple[str, ...] = ()
    """What it is used on, where that is written out (`table/orders`, `s3://bucket`), sorted."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a folder is seen to use, and where it was not looked."""

    uses: tuple[Use, ...] = ()
    """Sorted by provider and place."""
    gaps: tuple[Gap, ...] = ()
