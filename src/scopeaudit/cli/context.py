"""`scopeaudit context`: what agents can reach from a folder, and what really stands in their way."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scopeaudit.model.errors import UsageError


def context(
    path: Annotated[Path, typer.Argument(help="Folder the agents work in.")] = Path(),
    agent: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this agent; repeatable. Default: those used here."),
    ] = None,
    home: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Home folder in place of yours; no variables then.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="NAME", help="terminal or json.")] = "terminal",
    fix: Annotated[
        bool, typer.Option("--fix", help="Print the strongest configuration each agent really enforces.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="With --fix: write it, after showing the difference.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --write: do not ask first.")] = False,
) -> int:
    """Show agents, their settings, stores and tool servers at a glance. Sends nothing and starts nothing."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.pipeline import look_around

    if format_ not in ("terminal", "json"):
        raise UsageError(f"--format {format_}: name terminal or json")
    if write and not fix:
        raise UsageError("--write: comes with --fix")
    rules = load_rules(cache_in=cache_directory())
    agents = tuple(agent or ())
    if fix:
        from scopeaudit.cli.fencing import fence_in

        return fence_in(path, rules, agents, home, write=write, ask=not yes)
    found, gaps = look_around(path, rules, agents, home)
    if format_ == "json":
        from scopeaudit.report.context_json import context_json, gaps_json
        from scopeaudit.report.json_text import json_text

        sys.stdout.write(json_text({**context_json(found), "gaps": gaps_json(gaps)}))
        return 0
    from scopeaudit.cli.output import screen
    from scopeaudit.report.around import render_context

    width, colour = screen()
    sys.stdout.write(render_context(found, gaps, width=width, colour=colour))
    return 0
