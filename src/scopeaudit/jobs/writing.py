"""Proposed jobs as YAML, with comments that say why."""

import re
from collections.abc import Iterable, Iterator, Sequence

from scopeaudit.jobs.init import Proposal, ProposedJob
from scopeaudit.jobs.raw import printable
from scopeaudit.jobs.templates import Entry
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.policy import Policy
from scopeaudit.model.use import Use

_PLAIN = re.compile(r"[A-Za-z_.][A-Za-z0-9_./@-]*", re.ASCII)
_GUESSES = frozenset({"yes", "no", "on", "off", "y", "n", "null", "true", "false", ".nan", ".inf"})
_PLACES_SHOWN = 3
_USES_SHOWN = 8
_WITHOUT_JOB_SHOWN = 20
_SHOWN_CHARACTERS = 80

OWNER = "TODO owner: who answers for it, such as platform@company.example"
EXPIRES = "TODO expires: its last day, such as 2027-03-31"
_ASKED_FOR = {
    "description": "TODO description: what it is for, in a sentence",
    "environments": "TODO environments: those it works in, such as [staging]",
    "resources": "TODO resources: those it works on, by id or name",
}
"""Keys that only a policy may require."""


def new_file(jobs: Sequence[ProposedJob], notes: Sequence[str], policy: Policy) -> list[str]:
    """The lines of a job file of its own."""
    return [
        "# Proposed by `scopeaudit jobs init` from what was found here and what it is seen to be used for.",
        "# Read it, mend it, and check it with `scopeaudit jobs check`.",
        *(f"# {each}" for each in notes),
        "version: 1",
        "jobs:",
        *block(jobs, 2, (), policy),
    ]


def notes_on(proposal: Proposal) -> list[str]:
    """What is said of credentials that get no job, a line each."""
    told = [f"No job, as it is only in the git history: revoke {_told(each)}" for each in proposal.past]
    told += [f"No job, as the policy forbids its kind: revoke {_told(each)}" for each in proposal.forbidden]
    more = len(told) - _WITHOUT_JOB_SHOWN
    return told if more <= 0 else [*told[:_WITHOUT_JOB_SHOWN], f"and {more} more that get no job"]


def _told(credential: Credential) -> str:
    place = next((each for each in credential.locations if each.source is not Source.HISTORY), None)
    first = place or credential.locations[0]
    commit = f" at commit {first.commit[:12]}" if first.commit else ""
    return f"the {credential.provider} {credential.kind.replace('-', ' ')} of {_place(first)}{commit}"


def block(jobs: Sequence[ProposedJob], indentation: int, notes: Sequence[str], policy: Policy) -> list[str]:
    """The notes, and the jobs as entries of a block mapping, indented by so many spaces."""
    lines = [f"# {each}" for each in notes]
    for job in jobs:
        lines += [f"# {each}" for each in _why(job)]
        lines += [f"{scalar(job.name)}:", *(f"  {each}" for each in _fields(job, policy))]
    return [f"{' ' * indentation}{line}" for line in lines]


def flow(job: ProposedJob, policy: Policy) -> tuple[list[str], str]:
    """A job as comments and an entry of a flow mapping."""
    fields = [f"use: {scalar(job.template)}"] if job.template else [f"provider: {scalar(job.provider)}"]
    if job.template is None:
        fields.append(f"allow: [{', '.join(scalar(each.written) for each in job.entries)}]")
    selectors = (
        "{" + ", ".join(f"{key}: {scalar(value)}" for key, value in each) + "}" for each in _selectors(job)
    )
    fields.append(f"credentials: [{', '.join(selectors)}]")
    comments = [*_why(job), *_todo(policy)]
    return [f"# {each}" for each in comments], f"{scalar(job.name)}: {{{', '.join(fields)}}}"


def scalar(text: str) -> str:
    """The text as a YAML scalar that nobody takes for anything else, in block and in flow."""
    if _PLAIN.fullmatch(text) and text.lower() not in _GUESSES:
        return text
    return '"' + "".join(_escaped(each) for each in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    number = ord(character)
    return (
        f"\\x{number:02x}"
        if number < 0x100
        else f"\\u{number:04x}"
        if number < 0x10000
        else f"\\U{number:08x}"
    )


def _why(job: ProposedJob) -> Iterator[str]:
    yield f"{' or '.join(job.titles)} in {_listed(_places(job.places))}"
    if job.destroying:
        yield f"Look twice, as this destroys what may not come back: {_listed(job.destroying)}"
    yield from _left_out(job)
    known = {operation for entry in job.entries for operation in entry.operations}
    known.update(operation for each in job.barred for operation in each.operations)
    unclear = [use for use in job.uses if not use.operations & known]
    if not job.uses:
        yield f"Nothing here is seen to use it. List what it is for, or revoke it.{_unless(job.loose)}"
    elif not known:
        yield "It is used here, and what for could not be told. List what it is for."
    for use in unclear[:_USES_SHOWN]:
        yield f"Used for something unknown: {_used(use)}"
    if len(unclear) > _USES_SHOWN:
        yield f"and in {len(unclear) - _USES_SHOWN} more places"
    for use in job.loose[:_PLACES_SHOWN]:
        yield f"Not counted, as it may be of another {job.provider} credential: {_used(use)}"
    if len(job.loose) > _PLACES_SHOWN:
        yield f"and {len(job.loose) - _PLACES_SHOWN} more uses that may be of another"
    resources = sorted({each for use in job.uses for each in use.resources})
    if resources:
        yield f"Used on {_listed(resources)}"
    if job.near is not None:
        template, more = job.near
        yield f"The template {template} allows this and {more} operation{'' if more == 1 else 's'} more"


def _left_out(job: ProposedJob) -> Iterator[str]:
    for each in job.barred:
        places = list(dict.fromkeys(_used(use) for use in job.uses if use.operations & each.operations))
        named, denied = _listed(sorted(each.operations)), printable(each.denial.written)
        yield f"Left out, as the policy denies {denied} to every job: {named}, used in {_listed(places)}"


def _todo(policy: Policy) -> Iterator[str]:
    yield OWNER
    days = policy.max_expiry_days
    yield EXPIRES if days is None else f"TODO expires: its last day, at most {days} days ahead"
    yield from (text for key, text in _ASKED_FOR.items() if key in policy.require)


def _unless(loose: Sequence[Use]) -> str:
    return " One of the uses below may be its own." if loose else ""


def _fields(job: ProposedJob, policy: Policy) -> Iterator[str]:
    yield from (f"# {each}" for each in _todo(policy))
    if job.template is not None:
        known = frozenset().union(*(entry.operations for entry in job.entries))
        evidence = [use for use in job.uses if use.operations & known]
        yield f"use: {scalar(job.template)}{_evidence(evidence)}"
    else:
        yield f"provider: {scalar(job.provider)}"
        yield from _allow(job.entries, job.uses)
    yield "credentials:"
    for selector in _selectors(job):
        for start, (key, value) in zip(("  - ", "    ", "    "), selector, strict=False):
            yield f"{start}{key}: {scalar(value)}"


def _selectors(job: ProposedJob) -> Iterator[list[tuple[str, str]]]:
    for each in job.credentials:
        given = (("path", each.path), ("env", each.env), ("key", each.key))
        yield [(key, value) for key, value in given if value is not None]


def _allow(entries: Sequence[Entry], uses: Sequence[Use]) -> Iterator[str]:
    if not entries:
        yield "allow: []"
        return
    yield "allow:"
    for entry in entries:
        evidence = [use for use in uses if use.operations & entry.operations]
        yield f"  - {scalar(entry.written)}{_evidence(evidence)}"


def _evidence(uses: Sequence[Use]) -> str:
    if not uses:
        return ""
    more = f" and in {len(uses) - 1} more place{'' if len(uses) == 2 else 's'}" if len(uses) > 1 else ""
    return f"  # {_used(uses[0])}{more}"


def _used(use: Use) -> str:
    shown = printable(use.shown)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = f"{shown[:_SHOWN_CHARACTERS]}…"
    return f"{_place(use.location)} {shown}".rstrip()


def _places(places: Iterable[Location]) -> list[str]:
    here = [_place(each) for each in places if each.source is not Source.HISTORY]
    return list(dict.fromkeys(here))


def _place(location: Location) -> str:
    line = "" if location.line is None else f":{location.line}"
    return printable(f"{location.path}{line}")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(printable(each) for each in names[:_PLACES_SHOWN])
    return shown if len(names) <= _PLACES_SHOWN else f"{shown} and {len(names) - _PLACES_SHOWN} more"
