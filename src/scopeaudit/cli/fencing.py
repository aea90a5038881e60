"""`scopeaudit context --fix`: the strongest configuration that each agent really enforces."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from scopeaudit.catalogue.rules import Rules
from scopeaudit.cli.asking import ask_options
from scopeaudit.model.finding import Severity
from scopeaudit.model.location import Source
from scopeaudit.model.report import Report
from scopeaudit.pipeline import ScanOptions, outlook_of, scan

if TYPE_CHECKING:
    from scopeaudit.reach.agents.fence import Fenced
    from scopeaudit.reach.context import Outlook

_NOT_A_CURE = (
    "A fence, not a cure: it keeps these agents from these places, and the credentials stay as wide as they "
    "are. Narrow them, or move them to where no agent runs."
)
_FILES = frozenset({Source.TREE, Source.HOME, Source.AGENT})


def fence_in(
    root: Path, rules: Rules, agents: tuple[str, ...], home: Path | None, *, write: bool, ask: bool
) -> int:
    """Print, and write if asked to, fences around what holds credentials wider than their jobs.

    Nothing is asked of a provider: what a credential may do rests on what it says itself and is documented.
    """
    sources = (Source.TREE, Source.ENVIRONMENT, Source.AGENT, Source.HOME)
    asking = ask_options(rules, offline=True, endpoint=None, allow_host=None, fresh=False)
    # What a comment in the folder says to ignore is fenced as well: the folder does not decide.
    options = ScanOptions(root=root, sources=sources, agents=agents, home=home, ask=asking, ignoring=False)
    report = scan(options, rules)
    outlook = outlook_of(root, rules, agents, home)
    paths, variables = _to_fence(report, outlook)
    paths, variables, unnamed = _without_secrets(paths, variables)
    if unnamed:
        typer.echo(
            f"{unnamed:,} places are not fenced: a credential stands in their names. Rename them first."
        )
    if not paths and not variables:
        typer.echo("Nothing to fence: no credential wider than its job lies where an agent can read it.")
        _say_gaps(report)
        return 0
    fences = list(_fences(outlook, paths, variables))
    for fenced in fences:
        _show(fenced)
    for view in outlook.views:
        if view.agent.no_fence is not None:
            typer.echo(f"\n{view.agent.name}: nothing of its own is enforced. {view.agent.no_fence}")
    typer.echo(f"\n{_NOT_A_CURE}")
    _say_gaps(report)
    if write:
        _write([each for each in fences if each.problem is None and each.changes], ask=ask)
    return 0


def _say_gaps(report: Report) -> None:
    if report.gaps:
        typer.echo(
            f"{len(report.gaps):,} gaps: what was not audited is not fenced. scopeaudit scan lists them."
        )


def _to_fence(report: Report, outlook: "Outlook") -> tuple[list[str], list[str]]:
    """Absolute paths and names of variables of credentials with findings of at least medium severity."""
    from scopeaudit.reach.agents.effective import path_of

    wide = {each.credential for each in report.findings if each.severity.rank >= Severity.MEDIUM.rank}
    paths, variables = set(), set()
    for audited in report.credentials:
        for place in audited.credential.locations if audited.credential.id in wide else ():
            if place.source is Source.ENVIRONMENT:
                variables.add(place.path.removeprefix("env:"))
            elif place.source in _FILES:
                paths.add(path_of(outlook.machine, place))
    return sorted(paths), sorted(variables)


def _without_secrets(paths: list[str], variables: list[str]) -> tuple[list[str], list[str], int]:
    """Names that a fence can be written with, and how many cannot: their credential is left out of them."""
    from scopeaudit.sweep.concealing import LEFT_OUT

    kept = [[each for each in names if LEFT_OUT not in each] for names in (paths, variables)]
    return kept[0], kept[1], len(paths) + len(variables) - len(kept[0]) - len(kept[1])


def _fences(outlook: "Outlook", paths: list[str], variables: list[str]) -> "Iterable[Fenced]":
    from scopeaudit.reach.agents.fence import fence_of

    for view in outlook.views:
        fenced = fence_of(view.agent, outlook.machine, paths, variables)
        if fenced is not None:
            yield fenced


def _show(fenced: "Fenced") -> None:
    from scopeaudit.reach.agents.fence import difference

    closes = ", ".join(way.value for way in fenced.closes)
    typer.echo(f"\n{fenced.name}: {fenced.title} ({fenced.strength.value}; closes {closes})")
    typer.echo(f"  {fenced.shown or 'no known place for it on this system'}")
    if not fenced.enforced_here:
        typer.echo(f"  Enforced on {', '.join(fenced.systems)} only, and so not here.")
    if fenced.problem is not None:
        typer.echo(f"  Not written by itself: {fenced.problem}")
        sys.stdout.write("".join(f"    {line}\n" for line in fenced.after.splitlines()))
    elif fenced.changes:
        sys.stdout.write("".join(f"    {line}\n" for line in difference(fenced).splitlines()))
    else:
        typer.echo("  All of it is there already.")
    typer.echo(f"  Stays open: {fenced.remains}")


def _write(fences: "list[Fenced]", *, ask: bool) -> None:
    """Write the fences, each after a yes unless none is wanted.

    Raises:
        UsageError: if a file has changed meanwhile, or cannot be written.
    """
    from scopeaudit.reach.agents.fence import write

    for fenced in fences:
        if ask and not typer.confirm(f"Write {fenced.shown}?", default=False):
            typer.echo(f"  {fenced.shown} stays as it is.")
            continue
        write(fenced)
        typer.echo(f"  {fenced.shown} is written.")
