"""`scopeaudit providers`: what is known."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scopeaudit.catalogue.provider import Provider

RECOGNISED = "recognised only"


def providers(
    words: Annotated[
        str, typer.Argument(help="Only providers whose id or name has this in it.", metavar="[FILTER]")
    ] = "",
    only_asked: Annotated[bool, typer.Option("--asked", help="Only providers that are asked.")] = False,
) -> None:
    """List the providers, how many kinds of credential are recognised, and how each is asked."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.model.errors import UsageError

    known = load_rules(cache_in=cache_directory()).providers
    chosen = [each for each in known.values() if _has(each, words) and not (only_asked and not each.is_asked)]
    if not chosen:
        raise UsageError(f"{words}: no {'asked ' if only_asked else ''}provider has this in its id or name")
    rows = [("id", "name", "kinds", "asked")]
    rows += [(each.id, each.name, str(len(each.kinds)), _asked(each)) for each in chosen]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if len(chosen) > 1:
        kinds = sum(len(each.kinds) for each in chosen)
        asked = sum(each.is_asked for each in chosen)
        typer.echo(
            f"{len(chosen)} providers, {kinds} kinds of credential; {asked} providers are asked", err=True
        )


def _has(provider: "Provider", words: str) -> bool:
    return words.casefold() in provider.id or words.casefold() in provider.name.casefold()


def _asked(provider: "Provider") -> str:
    """How it is asked, in words."""
    sent = sum(question.decode is None for question in provider.questions)
    schemes = {kind.scheme.value for kind in provider.kinds}
    if "aws" in schemes:
        return "signed requests"
    if "postgresql" in schemes:
        return f"{sent} catalogue queries"
    if sent:
        return f"{sent} questions"
    return "decoded offline" if provider.questions else RECOGNISED
