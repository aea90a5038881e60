"""Proposed jobs as YAML, with comments that say why."""

import re
from collections.abc import Iterable, Iterator, Sequence

from scopeaudit.jobs.init import ProposedJob
from scopeaudit.jobs.raw import printable
from scopeaudit.jobs.templates import Entry
from scopeaudit.model.location import Location, Source
from scopeaudit.model.use import Use

_PLAIN = re.compile(r"[A-Za-z_.][A-Za-z0-9_./@-]*", re.ASCII)
_GUESSES = frozenset({"yes", "no", "on", "off", "y", "n", "null", "true", "false", ".nan", ".inf"})
_PLACES_SHOWN = 3
_USES_SHOWN = 8
_SHOWN_CHARACTERS = 80

OWNER = "TODO owner: who answers for it, such as platform@company.example"
EXPIRES = "TODO expires: its last day, such as 2027-03-31"


def new_file(jobs: Sequence[ProposedJob]) -> list[str]:
    """The lines of a job file of its own."""
    return [
        "# Proposed by `scopeaudit jobs init` from what was found here and what it is seen to be used for.",
        "# Read it, mend it, and check it with `scopeaudit jobs check`.",
        "version: 1",
        "jobs:",
        *block(jobs, 2),
    ]


def block(jobs: Sequence[ProposedJob], indentation: int) -> list[str]:
    """The jobs as entries of a block mapping, indented by so many spaces."""
    lines: list[str] = []
    for job in jobs:
        lines += [f"# {each}" for each in _why(job)]
        lines += [f"{scalar(job.name)}:", *(f"  {each}" for each in _fields(job))]
    return [f"{' ' * indentation}{line}" for line in lines]


def flow(job: ProposedJob) -> tuple[list[str], str]:
    """A job as comments and an entry of a flow mapping."""
    fields = [f"use: {scalar(job.template)}"] if job.template else [f"provider: {scalar(job.provider)}"]
    if job.template is None:
        fields.append(f"allow: [{', '.join(scalar(each.written) for each in job.entries)}]")
    selectors = (
        "{" + ", ".join(f"{key}: {scalar(value)}" for key, value in each) + "}" for each in _selectors(job)
    )
    fields.append(f"credentials: [{', '.join(selectors)}]")
    comments = [*_why(job), OWNER, EXPIRES]
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
    known = {operation for entry in job.entries for operation in entry.operations}
    unclear = [use for use in job.uses if not use.operations & known]
    if not job.uses:
        yield f"Nothing here is seen to use it. List what it is for, or revoke it.{_unless(job.loose)}"
    elif not job.entries:
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


def _unless(loose: Sequence[Use]) -> str:
    return " One of the uses below may be its own." if loose else ""


def _fields(job: ProposedJob) -> Iterator[str]:
    yield f"# {OWNER}"
    yield f"# {EXPIRES}"
    if job.template is not None:
        yield f"use: {scalar(job.template)}{_evidence(job.uses)}"
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
