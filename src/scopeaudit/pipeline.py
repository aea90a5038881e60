"""The steps of an audit, in order: reach, detect, ask, audit.

Asking and auditing are imported when there is something to ask about: most runs of a hook find nothing.
"""

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.cache import cache_directory
from scopeaudit.catalogue.rules import Rules
from scopeaudit.detect.detect import detect
from scopeaudit.detect.detection import Detection
from scopeaudit.model.document import Document
from scopeaudit.model.errors import UsageError
from scopeaudit.model.gap import Gap
from scopeaudit.model.job import FILE_NAME
from scopeaudit.model.location import Source
from scopeaudit.model.progress import Progress
from scopeaudit.model.remark import Remark
from scopeaudit.model.report import Report, ScanFacts
from scopeaudit.reach.nested import Nested
from scopeaudit.reach.sources import read
from scopeaudit.sweep.equipment import detection_engine, detection_plan
from scopeaudit.sweep.tally import Tally

if TYPE_CHECKING:
    from scopeaudit.ask.session import PlannedRequest
    from scopeaudit.audit.reaching import Reached
    from scopeaudit.catalogue.operations import OperationCatalogue
    from scopeaudit.jobs.policy import LoadedPolicy
    from scopeaudit.model.baseline import Baseline
    from scopeaudit.model.context import Context
    from scopeaudit.model.job import Declarations
    from scopeaudit.model.policy import Breach, Policy
    from scopeaudit.model.use import Seen, Use
    from scopeaudit.reach.context import Outlook

_T = TypeVar("_T")
DEFAULT_SOURCES = (Source.TREE, Source.HISTORY, Source.ENVIRONMENT, Source.AGENT, Source.HOME)
"""Of a folder; a single file comes without the history of the repository it lies in and without the home."""
_AROUND = (Source.AGENT, Source.HOME)
"""What lies outside of the folder, where stores and agents' settings say."""


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
    agents: tuple[str, ...] = ()
    """Ids of the agents to audit for; those that are used here where empty."""
    baseline: "Baseline | None" = None
    """Findings that are accepted as they were."""
    policy: "LoadedPolicy | None" = None
    """The user's minimum rules, which no job file can loosen."""
    home: Path | None = None
    """A home folder in place of this person's: its own stores and settings alone count, no variables."""
    ask: AskOptions


def scan(options: ScanOptions, rules: Rules, progress: Progress | None = None) -> Report:
    """Audit a folder or a file, and tell how far it is.

    Raises:
        ScopeauditError: if the folder or its job file is not usable, or nothing may be sent.
    """
    declarations = declarations_of(options, rules)
    outlook = _outlook(options, rules) if _looks_around(options) else None
    found = _detected(options, rules, outlook, progress)
    if outlook is None and found.credentials and Source.INPUT not in options.sources:
        outlook = _outlook(options, rules)
    if progress is not None and not options.ask.offline:
        progress.asking(len(found.credentials))
    seen = None
    if Source.TREE in options.sources and found.credentials and options.root.is_dir():
        seen = uses_in(options.root, rules, {held.credential.provider for held in found.credentials})
    return audit_found(
        found,
        rules,
        options.ask,
        declarations,
        seen=seen,
        outlook=outlook,
        looks_around=_looks_around(options),
        ignoring=options.ignoring,
        baseline=options.baseline,
        policy=None if options.policy is None else options.policy.policy,
    )


def uses_in(root: Path, rules: Rules, providers: Iterable[str]) -> "Seen":
    """What the files of a folder are seen to use of these providers.

    Raises:
        UsageError: if there is no such folder.
    """
    from scopeaudit.jobs.use.reader import UseReader

    reader = UseReader(rules, providers)
    for document in read(root, (Source.TREE,)):
        if isinstance(document, Document):
            reader.take(document)
    return reader.seen()


def _looks_around(options: ScanOptions) -> bool:
    return bool(options.agents) or any(each in options.sources for each in _AROUND)


def _outlook(options: ScanOptions, rules: Rules) -> "Outlook":
    return outlook_of(options.root, rules, options.agents, options.home)


def look_around(
    root: Path, rules: Rules, agents: tuple[str, ...] = (), home: Path | None = None
) -> "tuple[Context, tuple[Gap, ...]]":
    """What surrounds a folder, and what of it could not be read.

    Nothing is sent, and of credentials only whether a store holds any is told.

    Raises:
        UsageError: if the folder is not there, or an agent is not known.
    """
    outlook = outlook_of(root, rules, agents, home)
    found = detect_documents(outlook.documents(_AROUND), rules)
    around = outlook.context(place for held in found.credentials for place in held.credential.locations)
    return _concealed((around, tuple(dict.fromkeys((*found.gaps, *outlook.gaps())))), rules)


def outlook_of(root: Path, rules: Rules, agents: tuple[str, ...] = (), home: Path | None = None) -> "Outlook":
    """What agents that work in the folder can reach, to be looked at when asked for.

    Raises:
        UsageError: if the folder is not there, or an agent is not known.
    """
    from scopeaudit.catalogue.surroundings import load_surroundings
    from scopeaudit.reach.context import Outlook
    from scopeaudit.reach.machine import Machine

    known = load_surroundings(rules)
    for each in agents:
        if known.agent(each) is None:
            names = ", ".join(agent.id for agent in known.agents)
            raise UsageError(f"--agent {each}: is not known; known are {names}")
    if not root.exists():
        raise UsageError(f"{root}: no such file or folder: name one that exists")
    if home is not None and not home.is_dir():
        raise UsageError(f"--home {home}: is no folder")
    folder = (root if root.is_dir() else root.parent).resolve()
    if home is None:
        machine = Machine(Path.home(), folder, variables=dict(os.environ), root=Path(folder.anchor))
    else:
        machine = Machine(home.resolve(), folder)
    return Outlook(machine, known, agents)


def _detected(
    options: ScanOptions, rules: Rules, outlook: "Outlook | None", progress: Progress | None = None
) -> Detection:
    tally = Tally()
    documents = _documents(options, rules, outlook, progress, tally)
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
    options: ScanOptions, rules: Rules, outlook: "Outlook | None", progress: Progress | None, tally: Tally
) -> Iterator[Document | Gap]:
    """What the sources yield; of the history what it holds, and the tally of what was read of it."""
    nested = Nested()
    own = [each for each in options.sources if each is not Source.HISTORY and each not in _AROUND]
    others = nested.watched(read(options.root, own))
    if outlook is not None:
        others = chain(others, outlook.documents(options.sources))
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

    outlook = _outlook(options, rules) if _looks_around(options) else None
    found = _detected(options, rules, outlook)
    return plan(found.credentials, rules, options.ask)


def audit_found(
    found: Detection,
    rules: Rules,
    options: AskOptions,
    declarations: "Declarations | None",
    *,
    seen: "Seen | None" = None,
    outlook: "Outlook | None" = None,
    looks_around: bool = True,
    ignoring: bool = True,
    baseline: "Baseline | None" = None,
    policy: "Policy | None" = None,
) -> Report:
    """Ask about what was detected, compare it with the jobs, and hear the ignore comments."""
    uses = None if seen is None else seen.uses
    report = _audited(found, rules, options, declarations, uses, outlook, policy)
    if seen is not None:
        report = replace(report, gaps=(*report.gaps, *seen.gaps))
    if outlook is not None:
        places = [place for held in found.credentials for place in held.credential.locations]
        around = outlook.context(places, with_stores=looks_around)
        report = replace(report, context=around, gaps=(*report.gaps, *outlook.gaps()))
    if ignoring and found.remarks:
        report = _heard(report, found.remarks, rules, options.now.date(), policy)
    report = _concealed(report, rules)
    return report if baseline is None else against_baseline(report, baseline, options.now.date(), policy)


def against_baseline(
    report: Report, baseline: "Baseline", today: datetime.date, policy: "Policy | None" = None
) -> Report:
    """The report without what the baseline accepts, which is listed apart."""
    from scopeaudit.audit.baseline import judge
    from scopeaudit.model.policy import Policy

    judged = judge(report.findings, report.credentials, baseline, today, policy or Policy())
    return replace(
        report,
        findings=judged.findings,
        accepted=judged.accepted,
        gone=judged.gone,
        states=judged.states,
    )


def _concealed(told: _T, rules: Rules) -> _T:
    """What is told, without names that are credentials: from here on nothing is found by its name."""
    from scopeaudit.sweep.concealing import concealed

    return concealed(told, rules)


def _heard(
    report: Report,
    remarks: tuple[Remark, ...],
    rules: Rules,
    today: datetime.date,
    policy: "Policy | None",
) -> Report:
    """The report after the folder's ignore comments."""
    from scopeaudit.audit.ignoring import IGNORE_NOISE, NO_POLICY, ignore

    heard = ignore(
        report.findings,
        report.candidates,
        report.credentials,
        remarks,
        rules.findings,
        today,
        policy or NO_POLICY,
    )
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
    found: Detection,
    rules: Rules,
    options: AskOptions,
    declarations: "Declarations | None",
    uses: "tuple[Use, ...] | None",
    outlook: "Outlook | None",
    policy: "Policy | None",
) -> Report:
    declares = declarations is not None and (declarations.jobs or policy is not None)
    if not found.credentials and not declares:
        return Report(scan=_facts(found), gaps=found.gaps, candidates=found.candidates)
    from scopeaudit.ask.session import ask
    from scopeaudit.audit.audit import NO_POLICY, audit
    from scopeaudit.model.job import Declarations

    declarations = declarations or Declarations()
    asked = ask(found.credentials, rules, options)
    providers = {held.credential.provider for held in found.credentials}
    declared = {job.provider for job in declarations.jobs if job.provider is not None}
    providers |= declared & rules.providers.keys()
    catalogues = {each: rules.operations(each) for each in sorted(providers)}
    result = audit(
        asked.authorities,
        declarations,
        rules.providers,
        catalogues,
        rules.findings,
        options.now.date(),
        {} if outlook is None else _reached(found, outlook),
        uses=uses,
        policy=policy or NO_POLICY,
        breaches=() if policy is None else _breaches(declarations, policy, catalogues, options.now.date()),
    )
    return Report(
        scan=_facts(found, asked=asked.answered, requests=asked.requests),
        credentials=result.credentials,
        findings=result.findings,
        gaps=(*found.gaps, *asked.gaps, *result.gaps),
        candidates=found.candidates,
    )


def _breaches(
    declarations: "Declarations",
    policy: "Policy",
    catalogues: "Mapping[str, OperationCatalogue]",
    today: datetime.date,
) -> "tuple[Breach, ...]":
    from scopeaudit.jobs.breaches import breaches

    return breaches(declarations, policy, catalogues, today)


def _reached(found: Detection, outlook: "Outlook") -> "Mapping[str, Reached]":
    from scopeaudit.audit.reaching import reached_by_id

    places = {held.credential.id: held.credential.locations for held in found.credentials}
    reach = outlook.reach(dict.fromkeys(place for each in places.values() for place in each))
    return reached_by_id(places, reach, outlook.servers)


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
    if options.jobs is None and (Source.INPUT in options.sources or not os.path.lexists(folder / FILE_NAME)):
        return None
    from scopeaudit.jobs.load import load_declarations

    outside = () if options.policy is None else options.policy.extend_from
    if options.jobs is not None:
        return load_declarations(options.jobs, options.jobs.name, rules.providers, extend_from=outside)
    return load_declarations(folder / FILE_NAME, FILE_NAME, rules.providers, root=folder, extend_from=outside)


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
