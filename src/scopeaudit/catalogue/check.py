"""What the types of rules cannot say, checked all at once: `scopeaudit rules check`."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from scopeaudit.catalogue.check_kinds import kind_problems
from scopeaudit.catalogue.check_operations import (
    advice_problems,
    authority_problems,
    requirement_problems,
    trait_problems,
)
from scopeaudit.catalogue.check_questions import question_problems
from scopeaudit.catalogue.check_surroundings import surroundings_problems
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.catalogue.operation_files import RequiresFile, TraitsFile
from scopeaudit.catalogue.provider import Provider
from scopeaudit.catalogue.rules import Rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.model.errors import InvalidFileError

T = TypeVar("T")

FINDINGS = frozenset(
    {
        "advisory-deny",
        "combined-authority",
        "ungated-destruction",
        "environment-crossing",
        "escalation",
        "excess-authority",
        "less-restricted-path",
        "no-independent-recovery",
        "policy-breach",
        "recovery-in-blast-radius",
        "stale-job",
        "unbounded-job",
        "stray-copy",
        "undeclared-credential",
        "unknown-provider",
        "unowned-credential",
        "unused-credential",
        "unused-ignore",
        "unverified-authority",
    }
)
"""Ids a finding rule may have: public, and never renamed."""

_URL = re.compile(r"https://[^\s/<>\"]+\.[^\s<>\"]+")


def check_rules(rules: Rules) -> tuple[str, ...]:
    """Every problem of every file as `path: field: what to do`, in file order; empty if there is none."""
    problems: list[str] = []
    for provider in rules.providers.values():
        problems.extend(provider_problems(rules, provider))
    problems.extend(finding_problems(rules))
    problems.extend(surroundings_problems(load_surroundings(rules), rules.providers))
    return tuple(dict.fromkeys(problems))


def provider_problems(rules: Rules, provider: Provider) -> Iterator[str]:
    """Every problem of a provider's file, and of its traits and requirements."""
    path = f"rules/providers/{provider.id}.yaml"
    for problem in (*kind_problems(provider), *_source_problems(_sources(provider))):
        yield f"{path}: {problem}"
    try:
        catalogue = rules.operations(provider.id)
    except InvalidFileError as error:
        yield from error.problems
        return
    checks = (
        question_problems(provider, catalogue, rules.directory),
        authority_problems(provider, catalogue),
        advice_problems(provider, catalogue),
    )
    for check in checks:
        yield from (f"{path}: {problem}" for problem in check)
    if (traits := _read(rules, f"traits/{provider.id}.yaml", TraitsFile)) is not None:
        found = (
            *trait_problems(traits, provider.id, catalogue),
            *_yield_problems(rules, traits),
            *_source_problems(_trait_sources(traits)),
        )
        yield from (f"rules/traits/{provider.id}.yaml: {problem}" for problem in found)
    if (requires := _read(rules, f"requires/{provider.id}.yaml", RequiresFile)) is not None:
        wanted = (
            *requirement_problems(requires, provider.id, catalogue),
            *_source_problems(_requirement_sources(requires)),
        )
        yield from (f"rules/requires/{provider.id}.yaml: {problem}" for problem in wanted)


def _read(rules: Rules, name: str, kind: type[T]) -> T | None:
    """A file that `rules.operations` has read without complaint; `None` if there is none."""
    path = rules.directory / name
    return decode(path.read_text(encoding="utf-8"), f"rules/{name}", kind) if path.is_file() else None


def _source_problems(sources: Iterable[tuple[str, str]]) -> Iterator[str]:
    for field, url in sources:
        if not _URL.fullmatch(url):
            yield f"{field}: {url!r} is no https address"


def _sources(provider: Provider) -> Iterator[tuple[str, str]]:
    yield "documentation", provider.documentation
    for kind in provider.kinds:
        yield f"kinds.{kind.id}: source", kind.source
    for question in provider.questions:
        yield f"questions.{question.id}: read-only", question.read_only
    for authority in provider.authority:
        yield f"authority.{'+'.join(authority.kinds)}: source", authority.source
    for index, instead in enumerate(provider.instead):
        yield f"instead[{index}]: source", instead.source
    for index, unasked in enumerate(provider.unasked):
        yield f"unasked[{index}]: source", unasked.source


def _trait_sources(traits: TraitsFile) -> Iterator[tuple[str, str]]:
    for group in traits.groups:
        yield f"groups.{group.name}: source", group.source


def _yield_problems(rules: Rules, traits: TraitsFile) -> Iterator[str]:
    for group in traits.groups:
        for written in group.yields:
            provider_id, _, kind = written.rpartition("/")
            provider = rules.providers.get(provider_id or traits.provider)
            if provider is None or provider.kind(kind) is None:
                yield f"groups.{group.name}: yields: {written!r} is no kind of credential"


def _requirement_sources(requires: RequiresFile) -> Iterator[tuple[str, str]]:
    yield "source", requires.source
    for index, group in enumerate(requires.requires):
        if group.source is not None:
            yield f"requires[{index}]: source", group.source


def finding_problems(rules: Rules) -> Iterator[str]:
    """Every problem of the finding rules."""
    for finding in rules.findings.values():
        yield from (f"rules/findings/{finding.id}.yaml: {each}" for each in _finding_problems(finding))


def _finding_problems(finding: FindingRule) -> Iterator[str]:
    if finding.id not in FINDINGS:
        yield f"id: {finding.id!r} is no finding that the audit makes"
    for field in ("title", "what", "why", "do", "severity"):
        if not getattr(finding, field).strip():
            yield f"{field}: say something"
    yield from _source_problems(("references", each) for each in finding.references)
