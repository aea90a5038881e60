"""Entries of `allow`: operations by name, or by what they do."""

import difflib
from collections.abc import Iterable

from scopeaudit.catalogue.decode import Marked
from scopeaudit.catalogue.operations import TRAITS, trait_selector
from scopeaudit.jobs.raw import printable
from scopeaudit.model.job import Allowance, OperationGlob, TraitSelector

_GUESSES = frozenset({"yes", "no", "on", "off", "y", "n", "null", "~", "true", "false"})


class NotAnAllowanceError(ValueError):
    """An entry of `allow` that means nothing; the text says what to do."""


def read_allowance(entry: Marked, job_provider: str | None, providers: Iterable[str]) -> Allowance:
    """What an entry of `allow` selects.

    Raises:
        NotAnAllowanceError: if it selects nothing by its form.
    """
    text = entry.text.strip()
    if text.lower() in _GUESSES or not text:
        raise NotAnAllowanceError(f"{text or 'nothing'!r} names no operation: write its name or effect:read")
    prefix, rest = _split_provider(text, providers)
    if prefix is not None and job_provider is not None and prefix != job_provider:
        what = f"{printable(text)} is of another provider than the job's, {job_provider}"
        own = f"{job_provider}:{printable(text)}"
        raise NotAnAllowanceError(f"{what}: if it is an operation of {job_provider}, write {own}")
    terms = [term.strip() for term in rest.split("+")]
    by_trait = [term.partition(":")[0] in TRAITS for term in terms]
    if not any(by_trait):
        _refuse_misspelled(rest)
        return Allowance(text, entry.line, OperationGlob(text))
    if not all(by_trait):
        raise NotAnAllowanceError(f"{printable(text)} joins a name and a trait: write two entries")
    if prefix is not None and job_provider is None:
        raise NotAnAllowanceError(f"{printable(text)}: say provider: {prefix} in the job, not in the entry")
    return Allowance(text, entry.line, _read_terms(terms))


def _split_provider(text: str, providers: Iterable[str]) -> tuple[str | None, str]:
    prefix, colon, rest = text.partition(":")
    return (prefix, rest) if colon and rest and prefix in providers else (None, text)


def _refuse_misspelled(text: str) -> None:
    """`efect:read` would be a name that no operation has, and nobody would know why."""
    trait, colon, value = text.partition(":")
    for close in difflib.get_close_matches(trait, TRAITS, n=1, cutoff=0.75) if colon else ():
        kind = TRAITS[close]
        if kind is not None and value in set(kind):
            raise NotAnAllowanceError(f"unknown trait {printable(trait)}: did you mean {close}:{value}?")


def _read_terms(terms: list[str]) -> TraitSelector:
    found: dict[str, str] = {}
    for term in terms:
        trait, _, value = term.partition(":")
        if trait in found:
            raise NotAnAllowanceError(f"{trait} is given twice in one entry: write two entries")
        kind = TRAITS[trait]
        if kind is not None and value not in set(kind):
            allowed = ", ".join(kind)
            raise NotAnAllowanceError(f"{printable(term)}: {trait} is one of {allowed}")
        if not value:
            raise NotAnAllowanceError(f"{trait}: names no resource type")
        found[trait] = value
    return trait_selector(found)
