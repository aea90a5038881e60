"""`scopeaudit jobs`: propose a job file from what is found, and check one."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scopeaudit.cli.scan import SourceName
from scopeaudit.model.errors import InvalidFileError, UsageError
from scopeaudit.model.job import FILE_NAME
from scopeaudit.model.location import Source

if TYPE_CHECKING:
    from scopeaudit.catalogue.operations import OperationCatalogue
    from scopeaudit.catalogue.rules import Rules
    from scopeaudit.jobs.checking import Doubt
    from scopeaudit.jobs.init import Proposal
    from scopeaudit.jobs.policy import LoadedPolicy
    from scopeaudit.model.credential import Credential
    from scopeaudit.model.job import CredentialSelector, Declarations
    from scopeaudit.model.policy import Policy
    from scopeaudit.model.use import Seen, Use

app = typer.Typer(help="Propose a job file from what is found, or check one.", no_args_is_help=True)

_AROUND = (Source.AGENT, Source.HOME)
_USUAL = (Source.TREE, Source.HISTORY, Source.ENVIRONMENT)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Folder whose credentials are given jobs.")] = Path(),
    source: Annotated[
        list[SourceName] | None,
        typer.Option(help="Source to look in; repeatable. Default: tree, history, environment."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help=f"Write {FILE_NAME} in the folder instead of printing it.")
    ] = False,
) -> int:
    """Print a job file: what stands in the folder's, and a job for every credential without one.

    A job allows what its credential is seen to be used for and the policy permits, and nothing more. Sends
    nothing.
    """
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.jobs.editing import added
    from scopeaudit.jobs.files import replace_text, text_of
    from scopeaudit.jobs.writing import notes_on

    if not path.is_dir():
        raise UsageError(f"{path}: is no folder: name the one that holds the credentials")
    rules = load_rules(cache_in=cache_directory())
    file, policy = path / FILE_NAME, _policy(rules)
    before = text_of(file, FILE_NAME) if os.path.lexists(file) else None
    declarations = _declared(file, FILE_NAME, rules, policy, root=path) if before is not None else None
    found, gaps = _credentials(path, [Source(each.value) for each in source or _USUAL], rules)
    seen = _seen(path, found, rules)
    proposal = _proposal(found, seen.uses, declarations, rules, policy.policy)
    notes = notes_on(proposal)
    if proposal.jobs:
        _refuse_credentials(added(None, FILE_NAME, proposal.jobs, notes, policy.policy), rules)
    text = added(before, FILE_NAME, proposal.jobs, notes, policy.policy)
    if write and proposal.jobs:
        replace_text(file, FILE_NAME, text, before)
    elif not write:
        _refuse_to_print(before, rules)
        sys.stdout.write(text)
    _tell(proposal, len(found), gaps + len(seen.gaps), written=write)
    return 0


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help=f"Job file, or the folder whose {FILE_NAME} is meant.")] = Path(
        FILE_NAME
    ),
    scan: Annotated[
        bool, typer.Option("--scan/--no-scan", help="Look whether credentials match; reads the folder.")
    ] = True,
    base: Annotated[
        bool, typer.Option("--base", help="Other files extend it: its jobs may leave credentials to them.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 2 for warnings, too.")] = False,
) -> int:
    """Say everything that is wrong with a job file, and everything that is worth a look. Sends nothing."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules
    from scopeaudit.jobs.breaches import breaches
    from scopeaudit.jobs.checking import doubts
    from scopeaudit.pipeline import now

    rules = load_rules(cache_in=cache_directory())
    folder = file if file.is_dir() else Path() if file == Path(FILE_NAME) else None
    file = file if folder is None else folder / FILE_NAME
    try:
        policy = _policy(rules)
        declarations = _declared(file, file.as_posix(), rules, policy, offering=base, root=folder)
    except InvalidFileError as error:
        return _told(error.problems, ())
    today = now().date()
    catalogues = _catalogues(rules, declarations)
    broken = breaches(declarations, policy.policy, catalogues, today)
    unmet = _unmet(file.parent, declarations, rules) if scan else ()
    told = {(each.path, each.line, each.where) for each in broken}
    doubtful = (*_idle_denials(policy, rules), *doubts(declarations, catalogues, today, unmet))
    warnings = [each for each in doubtful if (each.path, each.line, each.where) not in told]
    code = _told(
        [f"{each.path}:{each.line}: {each.where}: {each.message} {each.remedy}" for each in broken],
        [f"{each.path}:{each.line}: warning: {each.where}: {each.what}" for each in warnings],
    )
    if code == 0:
        _say(f"{_counted(len(declarations.jobs), 'job')}: right")
    return 2 if strict and warnings else code


def _told(problems: Sequence[str], warnings: Sequence[str]) -> int:
    from scopeaudit.cli.concealment import told

    for each in told((*problems, *warnings)) if problems or warnings else ():
        sys.stdout.write(f"{each}\n")
    if problems or warnings:
        _say(f"{_counted(len(problems), 'problem')}, {_counted(len(warnings), 'warning')}")
    return 2 if problems else 0


def _policy(rules: "Rules") -> "LoadedPolicy":
    from scopeaudit.jobs.policy import load_policy
    from scopeaudit.jobs.policy_files import policy_files

    return load_policy(policy_files(os.environ), rules.providers, rules.findings)


def _declared(
    file: Path,
    path: str,
    rules: "Rules",
    policy: "LoadedPolicy",
    *,
    offering: bool = False,
    root: Path | None = None,
) -> "Declarations":
    from scopeaudit.jobs.load import load_declarations

    outside = policy.extend_from
    return load_declarations(file, path, rules.providers, root=root, extend_from=outside, offering=offering)


def _credentials(
    folder: Path, sources: Sequence[Source], rules: "Rules"
) -> "tuple[tuple[Credential, ...], int]":
    """The credentials of the sources, as far as may be shown, and how much could not be looked at."""
    from itertools import chain

    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.pipeline import detect_documents, outlook_of
    from scopeaudit.reach.sources import read

    documents = read(folder, [each for each in sources if each not in (*_AROUND, Source.HISTORY)])
    around = [each for each in sources if each in _AROUND]
    if around:
        documents = chain(documents, outlook_of(folder, rules).documents(around))
    if Source.HISTORY in sources:
        from scopeaudit.sweep.sweep import SweepOptions, sweep

        documents = chain(documents, sweep(folder, rules, SweepOptions(memory_in=cache_directory())))
    found = detect_documents(documents, rules)
    return tuple(held.credential for held in found.credentials), len(found.gaps)


def _seen(folder: Path, found: "Sequence[Credential]", rules: "Rules") -> "Seen":
    """What the folder shows its credentials to be used for."""
    from scopeaudit.pipeline import uses_in

    return uses_in(folder, rules, {each.provider for each in found})


def _proposal(
    found: "Sequence[Credential]",
    uses: "Iterable[Use]",
    declarations: "Declarations | None",
    rules: "Rules",
    policy: "Policy",
) -> "Proposal":
    from scopeaudit.audit.matching import JobIndex
    from scopeaudit.jobs.init import propose
    from scopeaudit.model.job import Declarations
    from scopeaudit.sweep.concealing import concealed

    declarations = declarations or Declarations()
    index = JobIndex(declarations.jobs)
    has_job = {each.id: bool(index.match(each).best) for each in found}
    undeclared = [each for each in found if not has_job[each.id]]
    proposal = propose(
        undeclared,
        [each for each in found if has_job[each.id]],
        uses,
        rules.providers,
        {each: rules.operations(each) for each in sorted({one.provider for one in undeclared})},
        (job.name for job in (*declarations.jobs, *declarations.offers)),
        policy,
        _masks(found, rules),
    )
    return concealed(proposal, rules)


def _masks(found: "Sequence[Credential]", rules: "Rules") -> dict[str, str]:
    """The paths and names that are made of credentials themselves, and how each may be shown."""
    from scopeaudit.sweep.concealing import concealed

    places = [place for each in found for place in each.locations]
    names = {name for place in places for name in (place.path, place.path.removeprefix("env:"), place.name)}
    texts = tuple(sorted(name for name in names if name is not None))
    return {text: shown for text, shown in zip(texts, concealed(texts, rules), strict=True) if text != shown}


def _refuse_to_print(text: str | None, rules: "Rules") -> None:
    """What stands in the file already is shown only if it holds no credential.

    Raises:
        UsageError: if it does.
    """
    from scopeaudit.sweep.concealing import concealed_text

    if text is not None and concealed_text(text, rules) != text:
        raise UsageError(
            f"{FILE_NAME}: holds what looks like a credential, so it is not printed: remove that"
        )


def _refuse_credentials(text: str, rules: "Rules") -> None:
    """A file name or a key can be a credential itself, and a job file is made to be committed.

    `text` is what is proposed, without what stands in the file already.

    Raises:
        UsageError: if the text holds what looks like one.
    """
    from scopeaudit.model.document import Document
    from scopeaudit.pipeline import detect_documents

    document = Document(source=Source.TREE, path=FILE_NAME, data=text.encode())
    places = [
        place
        for held in detect_documents([document], rules).credentials
        for place in held.credential.locations
    ]
    if places:
        lines = ", ".join(str(each.line) for each in places)
        raise UsageError(
            f"{FILE_NAME}: would hold what looks like a credential, as a name of a file or a key (lines "
            f"{lines} of the proposal): rename it first"
        )


def _unmet(folder: Path, declarations: "Declarations", rules: "Rules") -> "frozenset[CredentialSelector]":
    """The selectors that match no credential of the folder; where one names the home folder, of that too."""
    from scopeaudit.audit.matching import JobIndex
    from scopeaudit.model.job import Job

    selectors = [(job.provider, each) for job in declarations.jobs for each in job.credentials]
    if not selectors:
        return frozenset()
    sources = [Source.TREE, Source.ENVIRONMENT]
    if any((each.path or "").startswith("~") for _, each in selectors):
        sources += _AROUND
    alone = [
        Job(name=str(number), credentials=(each,), allow=(), provider=provider)
        for number, (provider, each) in enumerate(selectors)
    ]
    index = JobIndex(alone)
    found, _ = _credentials(folder, sources, rules)
    met = {int(job.name) for each in found for job in index.match(each).all}
    return frozenset(each for number, (_, each) in enumerate(selectors) if number not in met)


def _idle_denials(policy: "LoadedPolicy", rules: "Rules") -> "tuple[Doubt, ...]":
    from scopeaudit.jobs.checking import idle_denials

    if not policy.policy.deny:
        return ()
    asked = sorted(each.id for each in rules.providers.values() if each.is_asked)
    return idle_denials(policy.policy, {each: rules.operations(each) for each in asked})


def _catalogues(rules: "Rules", declarations: "Declarations") -> "dict[str, OperationCatalogue]":
    """The operations of the providers of the jobs; of all that can be asked where a job names none."""
    named = {job.provider for job in declarations.jobs}
    wanted = {each for each in named if each is not None}
    if None in named:
        wanted |= {each.id for each in rules.providers.values() if each.is_asked}
    return {each: rules.operations(each) for each in sorted(wanted)}


def _tell(proposal: "Proposal", found: int, gaps: int, *, written: bool) -> None:
    if gaps:
        _say(f"{_counted(gaps, 'gap')}: what could not be read has no job; `scopeaudit scan` lists them")
    for each in proposal.past:
        _say(f"{each.locations[0].path}: only in the git history: revoke it, and declare nothing")
    for each in proposal.forbidden:
        _say(f"{each.locations[0].path}: the policy forbids {each.provider}/{each.kind}: revoke it")
    for each in proposal.indistinct:
        place = each.locations[0]
        _say(f"{place.path}:{place.line}: no path, variable or key tells it from a declared credential")
    if not found:
        _say("no credential was found, so there is nothing to declare")
    elif not proposal.jobs:
        others = "other " if proposal.past or proposal.forbidden else ""
        _say(f"every {others}credential that was found has a job already")
    else:
        done = f"written to {FILE_NAME}" if written else "proposed; --write writes them"
        _say(f"{_counted(len(proposal.jobs), 'job')} {done}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
