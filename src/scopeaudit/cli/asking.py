"""The options about asking that several commands share."""

from collections.abc import Sequence

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.rules import Rules
from scopeaudit.pipeline import now


def ask_options(
    rules: Rules,
    *,
    offline: bool,
    endpoint: Sequence[str] | None,
    allow_host: Sequence[str] | None,
    fresh: bool,
) -> AskOptions:
    """What the user decided, from the command line as it was written.

    Raises:
        UsageError: if an endpoint is none.
    """
    return AskOptions(
        offline=offline,
        endpoints=parse_endpoints(endpoint or (), rules.providers),
        allow_hosts=tuple(allow_host or ()),
        remember=not fresh,
        now=now(),
    )
