"""`scopeaudit inspect`: the authority of one credential, without a scan."""

import sys
from pathlib import Path
from typing import Annotated

import typer

MAXIMUM_CHARACTERS = 1_000_000


def inspect(
    provider: Annotated[
        str | None, typer.Option(help="The provider, where the token's format does not tell.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="The kind, where the format does not tell.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="terminal, json or sarif.")
    ] = None,
    output: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Write the report here.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Send nothing.")] = False,
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="PROVIDER=URL", help="Ask here instead; repeatable.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Private host of a connection string to ask.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Use no remembered answers.")] = False,
) -> None:
    """Read one credential from standard input, or a prompt that does not show it, and say what it may do.

    Several lines such as AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=… make one credential.
    """
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.cli.asking import ask_options
    from scopeaudit.cli.output import write_report
    from scopeaudit.detect.single import single_credential
    from scopeaudit.model.document import Document
    from scopeaudit.model.errors import UsageError
    from scopeaudit.model.job import Declarations
    from scopeaudit.model.location import Source
    from scopeaudit.pipeline import audit_found, detect_documents

    rules = load_rules(cache_in=cache_directory())
    if provider is not None and provider not in rules.providers:
        raise UsageError(f"--provider {provider}: no such provider; see `scopeaudit providers`")
    text = _read()
    if provider is not None:
        found = single_credential(text.strip(), rules.providers[provider], kind)
    else:
        document = Document(source=Source.INPUT, path="-", data=text.encode("utf-8", "surrogateescape"))
        found = detect_documents([document], rules)
    if found is None or not found.credentials:
        raise UsageError("no credential recognised in the input; --provider and --kind say what it is")
    asking = ask_options(rules, offline=offline, endpoint=endpoint, allow_host=allow_host, fresh=fresh)
    report = audit_found(found, rules, asking, Declarations())
    write_report(report, rules, name=format_, outputs=output or ())


def _read() -> str:
    """Standard input if it is redirected, else a prompt without echo."""
    if sys.stdin.isatty():
        import getpass

        from scopeaudit.cli.interruption import as_exception

        with as_exception():
            return getpass.getpass("credential (not shown): ")
    return sys.stdin.read(MAXIMUM_CHARACTERS)
