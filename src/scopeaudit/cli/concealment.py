"""Messages about what people wrote, without the credentials that they wrote there."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scopeaudit.model.errors import InvalidFileError, ScopeauditError

if TYPE_CHECKING:
    from scopeaudit.catalogue.rules import Rules

_PLACE = re.compile(r"[^\n]{1,4096}?:[0-9]+: ")


def message_of(error: ScopeauditError) -> str:
    """The error's text as it may be shown: a key or a value it repeats can be a token."""
    if isinstance(error, InvalidFileError):
        return "\n".join(told(error.problems))
    from scopeaudit.sweep.concealing import concealed_text

    return concealed_text(str(error), _rules())


def told(problems: Iterable[str]) -> list[str]:
    """Problems of a file, `path:line: field: what to do`, as they may be shown."""
    from scopeaudit.sweep.concealing import concealed_text, without_runs

    lines = concealed_text("\n".join(problems), _rules()).split("\n")
    places = [place.end() if (place := _PLACE.match(each)) else 0 for each in lines]
    # What was cut short in a message has no form by which it would be recognised.
    return [each[:at] + without_runs(each[at:]) for at, each in zip(places, lines, strict=True)]


def _rules() -> "Rules | None":
    """The rules; `None` where they are what is wrong."""
    from scopeaudit.catalogue.cache import cache_directory
    from scopeaudit.catalogue.rules import load_rules

    try:
        return load_rules(cache_in=cache_directory())
    except ScopeauditError:
        return None
