"""What names of environments mean the same."""

from scopeaudit.catalogue.globs import meet

PRODUCTION = frozenset({"prod", "production", "prd", "live"})
"""Each of these names is the same environment."""


def may_be_same(one: str, other: str) -> bool:
    """Whether some environment may be meant by both globs. Case does not count; `prod` is `live`."""
    one, other = one.lower(), other.lower()
    return meet(one, other) or (_may_be_production(one) and _may_be_production(other))


def _may_be_production(glob: str) -> bool:
    return any(meet(glob, name) for name in PRODUCTION)
