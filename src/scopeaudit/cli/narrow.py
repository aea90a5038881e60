"""`scopeaudit narrow`: the narrowest credential that does a declared job, ready to issue."""

import datetime
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scopeaudit.cli.scan import SourceName
from scopeaudit.model.errors import UsageError

if TYPE_CHECKING:
    from scopeaudit.catalogue.rules import Rules
    from scopeaudit.jobs.narrow.narrower import Narrower
    from scopeaudit.model.finding import AuditedCredential
    from scopeaudit.model.job import Declarations, Job
    from scopeaudit.model.policy import Policy
    from scopeaudit.model.report import Report
    from scopeaudit.report.json_text import Json

_IDS_SHOWN = 5
_NOT_ASKED = (
    "Nothing was asked, so only resources that the job names are known; --ask reads what the present "
    "credential reaches."
)


def narrow(
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="[CREDENTIAL|JOB]",
            help="Id (c1), place (path, path:line, variable), job, or provider/template. Default: all.",
        ),
    ] = None,
    path: Annotated[Path | None, typer.Argument(help="Folder or file to audit.")] = None,
    job: Annotated[
        str | None, typer.Option("--job", metavar="FILE#NAME", help="The job, from a file of its own.")
    ] = None,
    jobs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Job file in place of the folder's scopeaudit.yaml.")
    ] = None,
    source: Annotated[
        list[SourceName] | None, typer.Option(help="Source to read; repeatable. As of scan.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Home folder in place of yours; no variables then.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="NAME", help="text or json.")] = "text",
    ask: Annotated[
        bool,
        typer.Option("--ask", help="Ask providers, so that resources have names. Default: send nothing."),
    ] = False,
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="PROVIDER=URL", help="Ask here instead; repeatable.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Private host of a connection string that may be asked."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Use no remembered answers.")] = False,
) -> int:
    """Print the credential to issue instead: a policy, a link, grants, or a list of permissions.

    Nothing is issued and nothing is changed. A folder alone may stand in place of CREDENTIAL or JOB.
    """
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.cli.asking import ask_options
    from scopeaudit.jobs.policy import load_policy
    from scopeaudit.jobs.policy_files import policy_files
    from scopeaudit.model.location import Source
    from scopeaudit.pipeline import ScanOptions, declarations_of, default_sources, scan
    from scopeaudit.report.json_text import json_text

    if format_ not in ("text", "json"):
        raise UsageError(f"--format {format_}: name text or json")
    root = path or Path()
    if path is None and subject is not None and Path(subject).is_dir():
        root, subject = Path(subject), None
    file, named = _job_option(job)
    rules = load_rules(cache_in=cache_directory())
    policy = load_policy(policy_files(os.environ), rules.providers, rules.findings)
    options = ScanOptions(
        root=root,
        sources=tuple(Source(each.value) for each in source or ()) or default_sources(root),
        jobs=file or jobs,
        home=home,
        policy=policy,
        ask=ask_options(rules, offline=not ask, endpoint=endpoint, allow_host=allow_host, fresh=fresh),
    )
    today = options.ask.now.date()
    making = _Making(rules, policy.policy, today)
    if (template := _template(subject, rules)) is not None:
        made = [making.of(None, template)]
    else:
        declarations = declarations_of(options, rules)
        made = list(_made(subject, named, declarations, scan(options, rules), making))
    if format_ == "json":
        sys.stdout.write(json_text([_as_json(each) for each in made]))
    else:
        sys.stdout.write("\n".join(_as_text(each, asked=ask) for each in made))
    return 0


@dataclass(frozen=True, slots=True)
class _Made:
    """A narrower credential, for a job and perhaps a credential that is there."""

    credential: "AuditedCredential | None"
    job: "Job"
    narrower: "Narrower | None"
    is_expired: bool = False


@dataclass(frozen=True, slots=True)
class _Making:
    """What every narrower credential of a run rests on."""

    rules: "Rules"
    policy: "Policy"
    today: datetime.date

    def of(self, audited: "AuditedCredential | None", job: "Job") -> _Made:
        """The credential that does the job in place of one that is there, if there is one."""
        from scopeaudit.jobs.narrow.allowed import allowed_by
        from scopeaudit.jobs.narrow.narrow import narrow as narrowest
        from scopeaudit.jobs.narrow.narrower import days_until
        from scopeaudit.model.authority import Authority, State

        if job.expires is not None and job.expires < self.today:
            return _Made(audited, job, None, is_expired=True)
        provider_id = audited.credential.provider if audited is not None else job.provider or ""
        catalogue = self.rules.operations(provider_id)
        authority = audited.authority if audited is not None else Authority(State.UNKNOWN, "")
        if authority.state in (State.REVOKED, State.EXPIRED):
            # What a dead credential cannot do says nothing of what the job needs.
            authority = replace(authority, grants=())
        found = narrowest(
            self.rules.providers[provider_id],
            catalogue,
            allowed_by(job, catalogue, provider_id, self.policy),
            resources=job.resources,
            environments=job.environments,
            authority=authority,
            kind=authority.kind or (audited.credential.kind if audited is not None else ""),
            name=job.name,
            context=dict(audited.credential.context) if audited is not None else {},
            days=days_until(job.expires, self.today),
        )
        return _Made(audited, job, found)


def _job_option(text: str | None) -> tuple[Path | None, str | None]:
    if text is None:
        return None, None
    file, mark, name = text.rpartition("#")
    if not mark or not file or not name:
        raise UsageError(f"--job {text}: expected FILE#NAME")
    return Path(file), name


def _template(subject: str | None, rules: "Rules") -> "Job | None":
    """The job of a template, `github/read-code`."""
    provider_id, slash, name = (subject or "").partition("/")
    if not slash or provider_id not in rules.providers:
        return None
    found = next((each for each in rules.providers[provider_id].jobs if each.name == name), None)
    if found is None:
        return None
    from scopeaudit.catalogue.decode import Marked
    from scopeaudit.jobs.allowances import read_allowance
    from scopeaudit.model.job import Job

    allow = tuple(read_allowance(Marked(each, 0), provider_id, rules.providers) for each in found.allow)
    return Job(name=name, credentials=(), allow=allow, provider=provider_id)


def _made(
    subject: str | None,
    named: str | None,
    declarations: "Declarations | None",
    report: "Report",
    making: "_Making",
) -> Iterator[_Made]:
    """What was asked for; of each job one for every kind of credential that does it.

    Raises:
        UsageError: if it is no credential, place or job that is there, or has no job.
    """
    by_name = {job.name: job for job in (declarations.jobs if declarations is not None else ())}
    if named is not None and named not in by_name:
        raise UsageError(f"--job: the file has no job {named}; it has {', '.join(sorted(by_name)) or 'none'}")
    wanted = subject or named
    chosen = [each for each in report.credentials if wanted is None or _is_meant(each, wanted)]
    found = False
    for each in chosen:
        job = by_name.get(named or each.job or "")
        if job is None or (job.provider is not None and job.provider != each.credential.provider):
            continue
        found = True
        yield making.of(each, job)
    job = by_name.get(wanted or "")
    if not found and job is not None and job.provider is not None:
        found = True
        yield making.of(None, job)
    if not found:
        ids = [each.credential.id for each in report.credentials]
        raise UsageError(_nothing(wanted, chosen, ids, sorted(by_name)))


def _nothing(
    wanted: str | None, chosen: Sequence["AuditedCredential"], ids: Sequence[str], jobs: Sequence[str]
) -> str:
    if wanted is None:
        return "no credential here has a job; `scopeaudit jobs init` proposes jobs"
    if chosen:
        return f"{wanted}: has no job to be narrowed to; `scopeaudit jobs init` proposes one, --job names one"
    if wanted in jobs:
        return f"{wanted}: no credential does this job, and it names no provider"
    shown = ", ".join(ids[:_IDS_SHOWN]) + (f" to {ids[-1]}" if len(ids) > _IDS_SHOWN else "")
    there = f"credentials here are {shown or 'none'}, jobs are {', '.join(jobs) or 'none'}"
    return f"{wanted}: no such credential, place or job; {there}"


def _is_meant(audited: "AuditedCredential", wanted: str) -> bool:
    if wanted in (audited.credential.id, audited.job):
        return True
    return any(
        wanted in (place.path, f"{place.path}:{place.line}", place.name, place.path.removeprefix("env:"))
        for place in audited.credential.locations
    )


def _as_json(made: _Made) -> "Json":
    audited, found = made.credential, made.narrower
    return {
        "credential": audited.credential.id if audited is not None else None,
        "provider": audited.credential.provider if audited is not None else made.job.provider,
        "kind": audited.authority.kind if audited is not None else None,
        "job": made.job.name,
        "narrower": None
        if found is None
        else {
            "title": found.title,
            "form": found.form.value,
            "text": found.text,
            "url": found.url,
            "steps": list(found.steps),
            "remains": list(found.remains),
            "next_best": found.next_best,
            "source": found.source,
            "missing": list(found.missing),
            "beyond": list(found.beyond),
        },
    }


def _as_text(made: _Made, *, asked: bool) -> str:
    """For people: what is to be copied stands at the left edge, everything else says what it is."""
    from scopeaudit.report.visible import visible

    audited, found = made.credential, made.narrower
    if audited is None:
        heading = f"{made.job.provider}, job {made.job.name}"
    else:
        place = audited.credential.locations[0]
        where = place.path if place.line is None else f"{place.path}:{place.line}"
        kind = audited.authority.kind or audited.credential.kind
        heading = (
            f"{audited.credential.id}  {audited.credential.provider} {kind}  {where}  job {made.job.name}"
        )
    if found is None:
        expired = made.is_expired and f"expired on {made.job.expires}"
        return (
            f"{visible(heading)}\n\n"
            f"The job {expired or 'allows nothing'}, so it needs no credential: revoke it.\n"
        )
    parts = [heading, "", f"Issue instead: {found.title}"]
    parts += ["", *found.text.split("\n")] if found.text else []
    parts += ["", found.url] if found.url else []
    parts += _section("How", [f"{number}. {each}" for number, each in enumerate(found.steps, 1)])
    parts += _section("Still too wide, or not known", [f"- {each}" for each in found.remains])
    parts += _section("Next best", [f"- {found.next_best}"] if found.next_best else [])
    if audited is not None and not asked:
        parts += ["", _NOT_ASKED]
    parts += ["", f"Source: {found.source}"]
    return "\n".join(map(visible, parts)) + "\n"


def _section(heading: str, lines: Sequence[str]) -> list[str]:
    return ["", heading, *(f"  {each}" for each in lines)] if lines else []
