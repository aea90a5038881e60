"""`scopeaudit providers`: what is known."""

import typer


def providers() -> None:
    """List the providers, what is recognised of each and how it is asked."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules

    rules = load_rules(cache_in=cache_directory())
    rows = [("provider", "kinds", "operations", "asked")]
    for provider in rules.providers.values():
        asked = sum(question.decode is None for question in provider.questions)
        schemes = {kind.scheme.value for kind in provider.kinds}
        if "aws" in schemes:
            how = "signed requests"
        elif "postgresql" in schemes:
            how = f"{asked} catalogue queries"
        elif asked:
            how = f"{asked} questions"
        else:
            how = "decoded offline" if provider.questions else "documented"
        operations = len(rules.operations(provider.id).operations)
        rows.append((provider.id, str(len(provider.kinds)), str(operations), how))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
