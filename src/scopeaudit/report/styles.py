"""Styles of the terminal format. Nothing is said by colour alone."""

from collections.abc import Mapping
from types import MappingProxyType

from scopeaudit.model.finding import Severity

SEVERITY_STYLES: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "bold red",
        Severity.HIGH: "red",
        Severity.MEDIUM: "yellow",
        Severity.LOW: "cyan",
    }
)
