"""`scopeaudit rules`: check the rules, and generate operation catalogues."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Check the rules, or generate operations from official descriptions.", no_args_is_help=True
)


@app.command()
def check(
    rules: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Rules in place of the shipped ones.")
    ] = None,
) -> int:
    """Check every rules file, and print every problem as `path:line: field: what to do`."""
    from scopeaudit.catalogue.check import check_rules
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.catalogue.surroundings import load_surroundings
    from scopeaudit.model.errors import InvalidFileError

    try:
        loaded = load_rules(rules)
        problems = check_rules(loaded)
    except InvalidFileError as error:
        problems = error.problems
    for problem in problems:
        typer.echo(problem)
    if problems:
        typer.echo(f"{len(problems)} problems", err=True)
        return 2
    known = load_surroundings(loaded)
    around = f"{len(known.agents)} agents, {len(known.stores)} stores, {len(known.servers)} tool servers"
    typer.echo(
        f"{len(loaded.providers)} provider files, {len(loaded.findings)} finding rules, {around}: right"
    )
    return 0


@app.command()
def refresh(
    provider: Annotated[str, typer.Argument(help="Provider whose operations are generated.")],
    source: Annotated[
        Path, typer.Option("--from", metavar="FILE", help="The official description, as JSON.")
    ],
    version: Annotated[str, typer.Option(help="Version of the description, as its publisher names it.")],
    url: Annotated[str, typer.Option(help="Where the description is published.")],
    permissions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="GitHub: its table from permission to operations.")
    ] = None,
    combined: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="GitHub: how several permissions combine, by operation."),
    ] = None,
    with_description: Annotated[
        bool,
        typer.Option("--with-description", help="Store the description of what is asked, for stand-ins."),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The rules to write into; the checkout's where missing."),
    ] = None,
) -> None:
    """Generate rules/operations/<provider> from an official machine-readable description.

    Names, paths, types and requirements are kept; descriptions are not. Nothing is fetched: give the file.
    """
    from scopeaudit.catalogue.generate.refresh import refreshed
    from scopeaudit.catalogue.rules import load_rules, rules_directory
    from scopeaudit.model.errors import UsageError

    root = into or rules_directory()
    loaded = load_rules(root)
    if provider not in loaded.providers:
        raise UsageError(f"{provider}: no such provider; see `scopeaudit providers`")
    files = refreshed(
        loaded.providers[provider],
        _json(source),
        version=version,
        url=url,
        permissions=_json(permissions) if permissions else None,
        combined=_json(combined) if combined else None,
        with_description=with_description,
    )
    for name, text in files.items():
        target = root / "operations" / name
        target.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {target}")


def _json(path: Path) -> dict[str, Any]:
    from scopeaudit.model.errors import UsageError

    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path}: expected a JSON object")
    return value
