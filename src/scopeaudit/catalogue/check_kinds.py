"""What types cannot say of credential kinds: their patterns, examples and references to each other."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from scopeaudit.catalogue.check_patterns import compile_problem, pass_problem, time_problems
from scopeaudit.catalogue.claims import claims_fit
from scopeaudit.catalogue.expressions import expression_problem
from scopeaudit.catalogue.provider import Checksum, Kind, Needs, Provider
from scopeaudit.catalogue.templates import expand, github_checksum

SEEDS = (0, 1, 2)
"""Examples are expanded with each of these."""

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ASSIGNED = re.compile(r"""([A-Za-z0-9_.-]+)["']?\s*(?:=>|[:=])""")
_ASSIGNMENT = re.compile(r"""([A-Za-z0-9_.-]+)["']?\s*(?:=>|[:=])\s*["']?([^\s"',;}]+)""")
_DOCUMENTATION = "EXAMPLE"
"""Stands in the values that documentation shows."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CHECKSUM_CHARACTERS = 6


def kind_problems(provider: Provider) -> Iterator[str]:
    """Every problem of a provider's kinds, as `field: what to do`."""
    for name, count in Counter(kind.id for kind in provider.kinds).items():
        if count > 1:
            yield f"kinds.{name}: id: is given to {count} kinds"
    ids = {kind.id for kind in provider.kinds}
    for kind in provider.kinds:
        where = f"kinds.{kind.id}"
        if not _ID.fullmatch(kind.id):
            yield f"{where}: id: write it in small letters, digits and hyphens"
        for other in kind.prefer:
            if other not in ids or other == kind.id:
                yield f"{where}: prefer: {other!r} is no other kind of this provider"
        if kind.claims and (problem := expression_problem(kind.claims.when)):
            yield f"{where}: claims.when: {problem}"
        for each in _need_problems(kind):
            yield f"{where}: {each}"
        for each in _pattern_problems(kind):
            yield f"{where}: {each}"


def is_found(kind: Kind, text: str) -> bool:
    """Whether a few lines hold a credential of the kind; other kinds and places are not looked at."""
    if kind.pattern is None:
        return False
    return any(
        _is_credential(kind, match, text) and _has_companions(kind, match, text)
        for match in _candidates(kind, kind.pattern, text)
    )


def _candidates(kind: Kind, pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Where the pattern matches; for kinds known by their name, whole values that match it too."""
    yield from re.finditer(pattern, text)
    if kind.needs is Needs.NAME:
        for value in _ASSIGNMENT.finditer(text):
            if match := re.compile(pattern).fullmatch(text, *value.span(2)):
                yield match


def _need_problems(kind: Kind) -> Iterator[str]:
    if kind.pattern is None:
        if kind.examples or kind.counterexamples:
            yield "examples: give a pattern, or leave examples out"
        return
    if kind.needs is Needs.NAME and not kind.names:
        yield "names: needs: name asks for some"
    if kind.needs is Needs.KEYWORD and not kind.keywords:
        yield "keywords: needs: keyword asks for some"
    for keyword in kind.keywords:
        if keyword != keyword.lower():
            yield f"keywords: write {keyword!r} in small letters"
    if not kind.examples:
        yield "examples: give at least one"
    if not kind.counterexamples:
        yield "counterexamples: give at least one"


def _pattern_problems(kind: Kind) -> Iterator[str]:
    for companion in kind.companions:
        if companion.pattern is not None and (problem := compile_problem(companion.pattern)):
            yield f"companions.{companion.name}: pattern: {problem}"
    if kind.pattern is None:
        return
    if problem := compile_problem(kind.pattern) or pass_problem(kind.pattern):
        yield f"pattern: {problem}"
        return
    values = [value for example in kind.examples for value in _matched(kind.pattern, example)]
    yield from _example_problems(kind)
    for problem in time_problems(kind.pattern, values):
        yield f"pattern: {problem}"


def _example_problems(kind: Kind) -> Iterator[str]:
    for field, examples, wanted in (
        ("examples", kind.examples, True),
        ("counterexamples", kind.counterexamples, False),
    ):
        for index, template in enumerate(examples):
            wrong = [seed for seed in SEEDS if is_found(kind, expand(template, seed=seed)) is not wanted]
            if wrong:
                verb = "is not found" if wanted else "is found"
                yield f"{field}[{index}]: {verb} (seed {wrong[0]}): {template}"


def _matched(pattern: str, template: str) -> list[str]:
    return [match.group() for match in re.finditer(pattern, expand(template))]


def _is_credential(kind: Kind, match: re.Match[str], line: str) -> bool:
    group = "secret" if "secret" in match.re.groupindex else 0
    text = match.group(group)
    return (
        text is not None
        and _DOCUMENTATION not in text
        and _is_apart(line, match)
        and _is_sound(kind.checksum, text)
        and claims_fit(kind, text)
        and _entropy(text) >= kind.entropy
        and _has_needed(kind, line, match.start())
    )


def _has_companions(kind: Kind, match: re.Match[str], text: str) -> bool:
    """Whether what must stand beside it does: in the pattern's groups, or assigned to one of its names."""
    values = [(each[1], each[2]) for each in _ASSIGNMENT.finditer(text)]
    return all(
        match.groupdict().get(companion.name)
        or any(
            _fits_name(name, companion.names) and re.fullmatch(companion.pattern or ".+", value)
            for name, value in values
            if _DOCUMENTATION not in value
        )
        for companion in kind.companions
        if companion.required or companion.secret
    )


def _is_apart(line: str, match: re.Match[str]) -> bool:
    """Whether the match is no part of a longer word."""
    start, end = match.span()
    glued = start > 0 and _is_word(line[start - 1]) and _is_word(line[start])
    return not glued and not (end < len(line) and _is_word(line[end]) and _is_word(line[end - 1]))


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _is_sound(checksum: Checksum | None, text: str) -> bool:
    match checksum:
        case None:
            return True
        case Checksum.GITHUB_CRC32:
            body = text.rpartition("_")[2]
            return github_checksum(body[:-_CHECKSUM_CHARACTERS]) == body[-_CHECKSUM_CHARACTERS:]


def _entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) if text else 0.0


def _has_needed(kind: Kind, line: str, start: int) -> bool:
    keyword = any(_is_written(each, line) for each in kind.keywords)
    match kind.needs:
        case Needs.NOTHING:
            return True
        case Needs.NAME:
            return _is_named(kind, line[:start]) and (keyword or not kind.keywords)
        case Needs.KEYWORD:
            return keyword and (not kind.names or _is_named(kind, line[:start]))


def _is_written(keyword: str, line: str) -> bool:
    """Whether a line holds a keyword, in which a hyphen stands for any or no separator."""
    return bool(re.search("[-_. ]?".join(map(re.escape, keyword.split("-"))), line.lower()))


def _is_named(kind: Kind, before: str) -> bool:
    names = _ASSIGNED.findall(before)
    return bool(names) and _fits_name(names[-1], kind.names)


def _fits_name(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(_normal(name), _normal(each)) for each in globs)


def _normal(name: str) -> str:
    return re.sub(r"[-\s.:/]+", "_", _HUMP.sub("_", name)).lower()
