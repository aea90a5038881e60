"""`scopeaudit explain`: what a finding rule means, or what is known of a provider or operation."""

import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

_WIDTH = 78
_NOT_ASKED = (
    "not yet: its credentials are recognised, nothing is sent, and what they may do is reported as unknown. "
    "{provider.documentation} documents it"
)
_SIGNED = (
    "signed requests: whose credential it is, and its policies, or a simulation where it may not read them"
)


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            help="A finding rule, a provider, PROVIDER:OPERATION; with --report a fingerprint or c1.",
            metavar="SUBJECT",
        ),
    ],
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON report that the finding or credential is in.")
    ] = None,
) -> None:
    """Explain a finding, a finding rule, a provider, or an operation (railway:volumeDelete), with sources."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.model.errors import UsageError

    rules = load_rules(cache_in=cache_directory())
    provider_id, _, operation_id = subject.partition(":")
    if report is not None:
        from scopeaudit.cli.explain_finding import about_finding, findings_called
        from scopeaudit.cli.report_file import read_report

        document = read_report(report)
        pages = (about_finding(each, document, rules) for each in findings_called(subject, document))
        text = "\n".join(_page("finding", **each) for each in pages)
    elif subject in rules.findings:
        text = _page("finding_rule", rule=rules.findings[subject])
    elif subject in rules.providers:
        text = _page("provider", **_about(rules.providers[subject], rules.operations(subject)))
    elif provider_id in rules.providers:
        operation = rules.operations(provider_id).operations.get(operation_id)
        if operation is None:
            raise UsageError(f"{subject}: {provider_id} has no such operation")
        requires = [
            f"{each.dimension}: " + " or ".join("+".join(sorted(atoms)) for atoms in each.alternatives)
            for each in operation.requires
        ]
        text = _page("operation", operation=operation, traits=operation.traits, requires=requires)
    else:
        rooms = (
            f"the finding rules {', '.join(sorted(rules.findings))}, and what `scopeaudit providers` lists"
        )
        raise UsageError(f"{subject}: not known; known are {rooms}")
    typer.echo(text, nl=False)


def _about(provider: Any, catalogue: Any) -> dict[str, Any]:
    """What the provider's page shows, as lines."""
    counts = Counter(operation.traits.effect.value for operation in catalogue.operations.values())
    by_effect = ", ".join(f"{count} {effect}" for effect, count in sorted(counts.items()))
    return {
        "provider": provider,
        "kinds": [f"{kind.id}: {kind.title}" for kind in provider.kinds],
        "asked": [_unlisted(provider)]
        if not provider.questions
        else [
            f"{each.id}: {each.asks}{' (from the token itself)' if each.decode else ''} [{each.read_only}]"
            for each in provider.questions
        ],
        "authority": [
            f"{', '.join(each.kinds)}: {each.summary} [{each.source}]" for each in provider.authority
        ],
        "unasked": [f"{each.what}: {each.why} [{each.source}]" for each in provider.unasked],
        "operations": [f"{len(catalogue.operations)}: {by_effect} ({catalogue.version})"]
        if catalogue.operations
        else [],
        "instead": [
            f"{each.issue}{f'; {each.remains}' if each.remains else ''} [{each.source}]"
            for each in provider.instead
        ],
        "jobs": [
            f"{provider.id}/{job.name}: {job.description} (allow {', '.join(job.allow)})"
            for job in provider.jobs
        ],
    }


def _unlisted(provider: Any) -> str:
    """How a provider is asked that has no list of questions."""
    return _SIGNED if provider.is_asked else _NOT_ASKED.format(provider=provider)


def _page(name: str, **values: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("scopeaudit.cli", "pages"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals["section"] = _section
    return environment.get_template(f"{name}.txt.j2").render(**values).rstrip("\n") + "\n"


def _section(heading: str, texts: Iterable[str]) -> str:
    """A heading and its entries, wrapped; nothing where there are none."""
    lines = [
        line
        for text in texts
        for line in textwrap.wrap(
            text,
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]
    return "\n".join(["", heading, *lines]) + "\n" if lines else ""
