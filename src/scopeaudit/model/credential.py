"""What may be shown of a credential. The secret itself is in `model.secret`."""

from dataclasses import dataclass

from scopeaudit.model.location import Location


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret with a known provider and kind, and every location where it was seen."""

    id: str
    """`c1`, `c2`, ... in order of first location; stable within one report only."""
    provider: str
    kind: str
    shown: str
    """`…a1b2 (36 characters)`; nothing of the value for passwords and short secrets."""
    locations: tuple[Location, ...]
    """At least one, sorted, without repetition."""
    companions: tuple[str, ...] = ()
    """Names of the companions that were found with it, sorted."""
    context: tuple[tuple[str, str], ...] = ()
    """Companions that are no secret and help a reader (host, user, database, key id), as pairs."""
