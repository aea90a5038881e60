"""The steps of an audit, in order: reach, detect, ask, audit.

Asking and auditing are imported when there is something to ask about: most runs of a hook find nothing.
"""

import datetime
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.cache import cache_directory
from scopeaudit.catalogue.engine_cache import EngineCache
from scopeaudit.catalogue.rules import Rules
from scopeaudit.detect.detection import Detection, build_engine, detect
from scopeaudit.jobs.load import FILE_NAME, load_declarations
from scopeaudit.model.document import Document
from scopeaudit.model.finding import Report, ScanFacts
from scopeaudit.model.gap import Gap
from scopeaudit.model.job import Declarations
from scopeaudit.model.location import Source
from scopeaudit.reach.sources import read

if TYPE_CHECKING:
    from scopeaudit.ask.session import PlannedRequest

DEFAULT_SOURCES = (Source.TREE, Source.ENVIRONMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What the user asked for."""

    root: Path
    """The scanned folder or file."""
    sources: tuple[Source, ...] = DEFAULT_SOURCES
    jobs: Path | None = None
    """A job file in place of the folder's own."""
    ask: AskOptions


def scan(options: ScanOptions, rules: Rules) -> Report:
    """Audit a folder or a file.

    Raises:
        ScopeauditError: if the folder or its job file is not usable, or nothing may be sent.
    """
    declarations = declarations_of(options, rules)
    found = detect_documents(read(options.root, options.sources), rules)
    return audit_found(found, rules, options.ask, declarations)


def plan_scan(options: ScanOptions, rules: Rules) -> "tuple[PlannedRequest, ...]":
    """What a scan would send. Sends nothing."""
    from scopeaudit.ask.session import plan

    found = detect_documents(read(options.root, options.sources), rules)
    return plan(found.credentials, rules, options.ask)


def audit_found(
    found: Detection,
    rules: Rules,
    options: AskOptions,
    declarations: Declarations,
) -> Report:
    """Ask about what was detected and compare it with the jobs."""
    if not found.credentials and not declarations.jobs:
        return Report(scan=_facts(found), gaps=found.gaps)
    from scopeaudit.ask.session import ask
    from scopeaudit.audit.audit import audit

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
    )


def _facts(found: Detection, *, asked: bool = False, requests: int = 0) -> ScanFacts:
    return ScanFacts(
        files=found.files,
        bytes=found.bytes,
        sources=found.sources,
        asked=asked,
        requests=requests,
        candidates=len(found.candidates),
    )


def declarations_of(options: ScanOptions, rules: Rules) -> Declarations:
    """The job file the user named, else the folder's own, else nothing declared."""
    if options.jobs is not None:
        return load_declarations(options.jobs, options.jobs.name, rules.providers)
    folder = options.root if options.root.is_dir() else options.root.parent
    file = folder / FILE_NAME
    if not os.path.lexists(file):
        return Declarations()
    return load_declarations(file, FILE_NAME, rules.providers)


def detect_documents(documents: Iterable[Document | Gap], rules: Rules) -> Detection:
    """The credentials in documents, with every kind of every provider."""
    kinds = [(provider.id, kind) for provider in rules.providers.values() for kind in provider.kinds]
    return detect(documents, kinds, build_engine(kinds, EngineCache(cache_directory())))


def now() -> datetime.datetime:
    """The moment an audit speaks of."""
    return datetime.datetime.now(datetime.UTC)
