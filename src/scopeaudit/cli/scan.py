"""`scopeaudit scan`: audit a folder or a file."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import Severity
from scopeaudit.model.location import Source


class FailOn(StrEnum):
    """The level at which findings fail the run."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


class SourceName(StrEnum):
    """Sources that can be chosen."""

    TREE = "tree"
    HISTORY = "history"
    STAGED = "staged"
    ENVIRONMENT = "environment"
    AGENT = "agent"
    HOME = "home"


def scan(
    path: Annotated[Path, typer.Argument(help="Folder or file to audit; - for standard input.")] = Path(),
    source: Annotated[
        list[SourceName] | None,
        typer.Option(
            help="Source to read; repeatable. Default: all but staged; of a file tree and environment."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="REF", help="Of the git history only what commits after REF bring in, or those of A..B."
        ),
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="terminal, json or sarif.")
    ] = None,
    output: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Write the report here; repeatable.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Send nothing.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print every request that would be sent, and send none.")
    ] = False,
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="PROVIDER=URL", help="Ask here instead; repeatable.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help="Private host of a connection string that may be asked; repeatable."
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Use no remembered answers.")] = False,
    agent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Audit what this agent can reach; repeatable. Default: those used here."
        ),
    ] = None,
    home: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Home folder in place of yours; no variables then.")
    ] = None,
    jobs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Job file in place of the folder's scopeaudit.yaml.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Accept the findings in this file as they were.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write what is found now to the baseline file.")
    ] = False,
    fail_on: Annotated[FailOn, typer.Option(help="Least severity that makes the exit code 1.")] = FailOn.HIGH,
    candidates: Annotated[
        bool,
        typer.Option("--candidates", help="Show all values that look secret and have no known provider."),
    ] = False,
    fail_on_candidates: Annotated[
        bool, typer.Option("--fail-on-candidates", help="Exit code 1 for such values too.")
    ] = False,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="List what detect-secrets finds suspicious, too.")
    ] = False,
    no_ignore: Annotated[
        bool, typer.Option("--no-ignore", help="Honour no ignore comment of what is scanned.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 3 if anything was not audited.")
    ] = False,
) -> int:
    """Find the credentials in reach, ask what they may do, and compare that with their jobs."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.cli.asking import ask_options
    from scopeaudit.cli.output import exit_code, write_report
    from scopeaudit.cli.policy import loaded_policy
    from scopeaudit.cli.progress import progress_on_terminal
    from scopeaudit.pipeline import ScanOptions, default_sources, plan_scan
    from scopeaudit.pipeline import scan as run_scan

    rules = load_rules(cache_in=cache_directory())
    asking = ask_options(rules, offline=offline, endpoint=endpoint, allow_host=allow_host, fresh=fresh)
    policy = loaded_policy(rules)
    accepted = None
    if baseline is not None or update_baseline:
        from scopeaudit.cli.baseline import accept_all, read_baseline, tell_gone

        accepted = read_baseline(baseline, update=update_baseline)
    options = ScanOptions(
        root=path,
        sources=_sources(path, source) or default_sources(path),
        since=since,
        jobs=jobs,
        ignoring=not no_ignore,
        second_opinion=second_opinion,
        agents=tuple(agent or ()),
        baseline=None if update_baseline else accepted,
        home=home,
        policy=policy,
        ask=asking,
    )
    if plan:
        from scopeaudit.cli.plan import plan_text
        from scopeaudit.sweep.concealing import concealed_text

        sys.stdout.write(concealed_text(plan_text(plan_scan(options, rules)), rules))
        return 0
    with progress_on_terminal() as progress:
        report = run_scan(options, rules, progress)
    if update_baseline and baseline is not None:
        report = accept_all(report, baseline, asking.now.date(), earlier=accepted, policy=policy)
    write_report(report, rules, name=format_, outputs=output or (), all_candidates=candidates)
    if accepted is not None:
        tell_gone(report)
    level = None if fail_on is FailOn.NEVER else Severity(fail_on.value)
    level = level if policy is None else policy.policy.floor(level)
    return exit_code(report, fail_on=level, strict=strict, fail_on_candidates=fail_on_candidates)


def _sources(path: Path, chosen: list[SourceName] | None) -> tuple[Source, ...]:
    """The sources to read; empty for the usual ones. Standard input comes alone.

    Raises:
        UsageError: if other sources were asked for beside it.
    """
    if str(path) != "-":
        return tuple(Source(each.value) for each in chosen or ())
    if chosen:
        raise UsageError("--source: standard input has no other sources; leave the option out")
    return (Source.INPUT,)
