"""The steps of an audit, in order: reach, detect, ask, audit.

Asking and auditing are imported when there is something to ask about: most runs of a hook find nothing.
"""

import datetime
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.cache import cache_directory
from scopeaudit.catalogue.rules import Rules
from scopeaudit.detect.detection import Detection, detect
from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import Report, ScanFacts
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Source
from scopeaudit.model.progress import Progress
from scopeaudit.model.remark import Remark
from scopeaudit.reach.nested import Nested
from scopeaudit.reach.sources import read
from scopeaudit.sweep.equipment import detection_engine, detection_plan
from scopeaudit.sweep.tally import Tally

if TYPE_CHECKING:
    from scopeaudit.ask.session import PlannedRequest
    from scopeaudit.model.job import Declarations

_JOB_FILE = "scopeaudit.yaml"
"""`jobs.load.FILE_NAME`, which is imported only where there is such a file."""
DEFAULT_SOURCES = (Source.TREE, Source.HISTORY, Source.ENVIRONMENT)
"""Of a folder; a single file comes without the history of the repository it lies in."""


def default_sources(root: Path) -> tuple[Source, ...]:
    """What is read where the user chose nothing."""
    return DEFAULT_SOURCES if root.is_dir() else (Source.TREE, Source.ENVIRONMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What the user asked for."""

    root: Path
    """The scanned folder or file."""
    sources: tuple[Source, ...] = DEFAULT_SOURCES
    since: str | None = None
    """Of the history only the commits after this one, or those of `A..B`."""
    jobs: Path | None = None
    """A job file in place of the folder's own."""
    ignoring: bool = True
    """Whether ignore comments are honoured."""
    second_opinion: bool = False
    """Whether detect-secrets is asked about lines on which nothing was found."""
    ask: AskOptions


def scan(options: ScanOptions, rules: Rules, progress: Progress | None = None) -> Report:
    """Audit a folder or a file, and tell how far it is.

    Raises:
        ScopeauditError: if the folder or its job file is not usable, or nothing may be sent.
    """
    declarations = declarations_of(options, rules)
    found = _detected(options, rules, progress)
    if progress is not None and not options.ask.offline:
        progress.asking(len(found.credentials))
    return audit_found(found, rules, options.ask, declarations, ignoring=options.ignoring)


def _detected(options: ScanOptions, rules: Rules, progress: Progress | None = None) -> Detection:
    tally = Tally()
    documents = _documents(options, rules, progress, tally)
    found = detect_documents(documents, rules, second_opinion=options.second_opinion)
    if not tally.objects:
        return found
    sources = (*found.sources, (Source.HISTORY.value, tally.objects))
    return replace(
        found,
        files=found.files + tally.objects,
        bytes=found.bytes + tally.size,
        sources=tuple(sorted(sources)),
    )


def _documents(
    options: ScanOptions, rules: Rules, progress: Progress | None, tally: Tally
) -> Iterator[Document | Gap]:
    """What the sources yield; of the history what it holds, and the tally of what was read of it."""
    nested = Nested()
    others = read(options.root, (each for each in options.sources if each is not Source.HISTORY))
    others = nested.watched(others)
    yield from others if progress is None else _told(others, progress)
    if Source.HISTORY in options.sources:
        from scopeaudit.sweep.sweep import SweepOptions, sweep

        wanted = SweepOptions(
            since=options.since, memory_in=cache_directory(), progress=progress, tally=tally
        )
        yield from sweep(options.root, rules, wanted)
        yield from nested.gaps(options.root)
    elif options.since is not None:
        raise UsageError("--since: the history is not among the sources: add --source history")


def _told(documents: Iterable[Document | Gap], progress: Progress) -> Iterator[Document | Gap]:
    """The documents; the progress is told of each when it is taken."""
    for each in documents:
        if isinstance(each, Document):
            progress.advance(0 if each.continues else 1, each.size, each.source.value)
        yield each


def plan_scan(options: ScanOptions, rules: Rules) -> "tuple[PlannedRequest, ...]":
    """What a scan would send. Sends nothing."""
    from scopeaudit.ask.session import plan

    found = _detected(options, rules)
    return plan(found.credentials, rules, options.ask)


def audit_found(
    found: Detection,
    rules: Rules,
    options: AskOptions,
    declarations: "Declarations | None",
    *,
    ignoring: bool = True,
) -> Report:
    """Ask about what was detected, compare it with the jobs, and hear the ignore comments."""
    report = _audited(found, rules, options, declarations)
    return _heard(report, found.remarks, rules) if ignoring and found.remarks else report


def _heard(report: Report, remarks: tuple[Remark, ...], rules: Rules) -> Report:
    """The report after the folder's ignore comments."""
    from scopeaudit.audit.ignoring import IGNORE_NOISE, ignore

    heard = ignore(report.findings, report.candidates, report.credentials, remarks, rules.findings)
    noise = dict(report.scan.noise)
    if heard.ignored_candidates:
        noise[IGNORE_NOISE] = noise.get(IGNORE_NOISE, 0) + heard.ignored_candidates
    return replace(
        report,
        scan=replace(report.scan, noise=tuple(sorted(noise.items()))),
        findings=heard.findings,
        suppressed=heard.suppressed,
        candidates=heard.candidates,
    )


def _audited(
    found: Detection, rules: Rules, options: AskOptions, declarations: "Declarations | None"
) -> Report:
    if not found.credentials and not (declarations and declarations.jobs):
        return Report(scan=_facts(found), gaps=found.gaps, candidates=found.candidates)
    from scopeaudit.ask.session import ask
    from scopeaudit.audit.audit import audit
    from scopeaudit.model.job import Declarations

    declarations = declarations or Declarations()
    asked = ask(found.credentials, rules, options)
    providers = {held.credential.provider for held in found.credentials}
    declared = {job.provider for job in declarations.jobs if job.provider is not None}
    providers |= declared & rules.providers.keys()
    result = audit(
        asked.authorities,
        declarations,
        rules.providers,
        {each: rules.operations(each) for each in sorted(providers)},
        rules.findings,
        options.now.date(),
    )
    return Report(
        scan=_facts(found, asked=asked.answered, requests=asked.requests),
        credentials=result.credentials,
        findings=result.findings,
        gaps=(*found.gaps, *asked.gaps, *result.gaps),
        candidates=found.candidates,
    )


def _facts(found: Detection, *, asked: bool = False, requests: int = 0) -> ScanFacts:
    return ScanFacts(
        files=found.files,
        bytes=found.bytes,
        sources=found.sources,
        asked=asked,
        requests=requests,
        noise=found.noise,
    )


def declarations_of(options: ScanOptions, rules: Rules) -> "Declarations | None":
    """The job file the user named, else the folder's own; `None` if there is none."""
    folder = options.root if options.root.is_dir() else options.root.parent
    if options.jobs is None and (Source.INPUT in options.sources or not os.path.lexists(folder / _JOB_FILE)):
        return None
    from scopeaudit.jobs.load import FILE_NAME, load_declarations

    if options.jobs is not None:
        return load_declarations(options.jobs, options.jobs.name, rules.providers)
    return load_declarations(folder / FILE_NAME, FILE_NAME, rules.providers)


def detect_documents(
    documents: Iterable[Document | Gap], rules: Rules, *, second_opinion: bool = False
) -> Detection:
    """The credentials in documents, with every kind of every provider."""
    chosen = detection_plan(rules)
    if not second_opinion:
        return detect(documents, chosen, detection_engine(chosen))
    from scopeaudit.detect.heuristics import second_opinion as opinion

    return detect(documents, chosen, detection_engine(chosen), opinion)


def now() -> datetime.datetime:
    """The moment an audit speaks of."""
    return datetime.datetime.now(datetime.UTC)
