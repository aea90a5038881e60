"""`scopeaudit demo`: the incident, replayed on this machine."""

import sys
from typing import Annotated

import typer


def demo(
    twin: Annotated[
        bool, typer.Option("--twin", help="The same checkout with a credential that is right for its job.")
    ] = False,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="terminal, json or sarif.")
    ] = None,
) -> int:
    """Replay the PocketOS incident against local stand-ins: no network, no account, no real token."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.cli.interruption import as_exception
    from scopeaudit.cli.output import exit_code, write_report
    from scopeaudit.demo.incident import load_incident, replay
    from scopeaudit.model.finding import Severity

    rules = load_rules(cache_in=cache_directory())
    incident = load_incident("pocketos")
    if format_ in (None, "terminal"):
        sys.stdout.write(incident.introduction(twin=twin))
    with as_exception():
        report = replay(incident, rules, twin=twin)
    write_report(report, rules, name=format_, outputs=())
    return exit_code(report, fail_on=Severity.HIGH, strict=False)
