"""Action names shortened by wildcards that stand for nothing else."""

import re
from collections import defaultdict
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z][a-z0-9]*|[a-z0-9]+|.")


def shortened(actions: Iterable[str], every: Iterable[str]) -> list[str]:
    """Patterns that stand for exactly these actions among every action there is, in order.

    A pattern ends where a word of the name ends: `s3:GetObject*`, and `s3:*` for a whole service.
    """
    wanted = frozenset(actions)
    beside: dict[str, list[str]] = defaultdict(list)
    for each in frozenset(every) - wanted:
        service, _, name = each.partition(":")
        beside[service].append(name.lower())
    found = {_pattern(each, beside[each.partition(":")[0]]) for each in wanted}
    return sorted(each for each in found if not any(_is_within(each, other) for other in found))


def _is_within(name: str, pattern: str) -> bool:
    return name != pattern and pattern.endswith("*") and name.startswith(pattern[:-1])


def _pattern(action: str, beside: Iterable[str]) -> str:
    """The shortest pattern for the action that no action beside it fits; IAM does not look at case."""
    service, _, name = action.partition(":")
    for end in (0, *(match.end() for match in _WORD.finditer(name))):
        beginning = name[:end]
        if end == len(name):
            break
        if not any(each.startswith(beginning.lower()) for each in beside):
            return f"{service}:{beginning}*"
    return action
