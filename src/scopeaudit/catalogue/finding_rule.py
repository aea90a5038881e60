"""A finding rule: one kind of finding, `rules/findings/<id>.yaml`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRule:
    """What a kind of finding says and asks for."""

    id: str
    title: str
    what: str
    why: str
    do: str
    severity: str
    """How severity is computed, in words; the computation is `audit.severity`."""
    references: tuple[str, ...]
