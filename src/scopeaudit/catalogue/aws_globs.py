"""The wildcards of policies: `*` for any text, `?` for one character, and no way to escape them.

A `*` at the end of a part of an ARN reaches beyond the colon, so patterns are compared as a whole too.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
Everything here takes time linear in the text, or in the product of two patterns, whatever they hold.
"""

import re
from functools import lru_cache

SEGMENT = "\x00"
"""In the second pattern of `overlaps` only: text without `:` and `/`."""
NAME = "\x01"
"""In the second pattern of `overlaps` only: text without `:`."""
_PARTS = 6
_EXCLUDED = {"*": "", SEGMENT: ":/", NAME: ":"}
_WILD = re.compile(r"[*?\x00\x01]")


def is_everything(pattern: str) -> bool:
    """Whether it stands for every text."""
    return bool(pattern) and not pattern.strip("*")


@lru_cache(maxsize=16_384)
def matcher(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """The pattern for `match` over whole texts."""
    return re.compile(_expression(pattern, "."), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@lru_cache(maxsize=65_536)
def arn_overlaps(pattern: str, form: str) -> bool:
    """Whether some ARN of a form, in which names are wildcards, is an ARN of the pattern.

    Part by part a name may hold anything; for wildcards that reach beyond a part it holds no colon, or
    a database could be called `x:snapshot:y` and everything would overlap with everything.
    """
    in_parts = all(map(overlaps, _parts(pattern), _parts(form)))
    return in_parts or overlaps(pattern, form.replace("*", NAME))


def _parts(pattern: str) -> tuple[str, ...]:
    """The six parts of an ARN; a final `*` stands for those that are missing as well."""
    parts = pattern.split(":", _PARTS - 1)
    rest = "*" if parts[-1].endswith("*") else ""
    return (*parts, *[rest] * (_PARTS - len(parts)))


@lru_cache(maxsize=65_536)
def covers(wide: str, narrow: str) -> bool:
    """Whether every text of one pattern is a text of the other; false where that cannot be seen."""
    return _symbols(wide).match(narrow.replace(SEGMENT, "*").replace(NAME, "*")) is not None


@lru_cache(maxsize=16_384)
def _symbols(pattern: str) -> re.Pattern[str]:
    """Reads another pattern's wildcards as symbols, which only `*` (and for `?` a `?`) stands for."""
    return re.compile(_expression(pattern, "[^*]"), re.DOTALL)


def _expression(pattern: str, one: str) -> str:
    """Each piece between stars is found at its first place and never looked for again."""
    first, *rest = [
        "".join(one if character == "?" else re.escape(character) for character in piece)
        for piece in re.sub(r"\*+", "*", pattern).split("*")
    ]
    if not rest:
        return first + r"\Z"
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return first + middle + (f".*{rest[-1]}" if rest[-1] else ".*") + r"\Z"


@lru_cache(maxsize=65_536)
def overlaps(one: str, other: str) -> bool:
    """Whether some text is a text of both patterns."""
    if not _ends_meet(one, other):
        return False
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting:
        at, there = waiting.pop()
        if at == len(one) and there == len(other):
            return True
        for step in _steps(one, other, at, there):
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    return False


def _steps(one: str, other: str, at: int, there: int) -> list[tuple[int, int]]:
    here = one[at] if at < len(one) else ""
    opposite = other[there] if there < len(other) else ""
    steps = []
    if here == "*":
        steps.append((at + 1, there))
        if opposite:
            steps.append((at, there + 1))
    if opposite in _EXCLUDED:
        steps.append((at, there + 1))
        if here and here != "*" and here not in _EXCLUDED[opposite]:
            steps.append((at + 1, there))
    elif here and opposite and here != "*" and (here == opposite or "?" in (here, opposite)):
        steps.append((at + 1, there + 1))
    return steps


def _ends_meet(one: str, other: str) -> bool:
    """Whether the texts before the first and after the last wildcards agree as far as both go."""
    start, end = _ends(one)
    other_start, other_end = _ends(other)
    return (start.startswith(other_start) or other_start.startswith(start)) and (
        end.endswith(other_end) or other_end.endswith(end)
    )


@lru_cache(maxsize=65_536)
def _ends(pattern: str) -> tuple[str, str]:
    pieces = _WILD.split(pattern)
    return pieces[0], pieces[-1]
