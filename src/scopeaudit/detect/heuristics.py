"""A second opinion on lines that name a secret no provider is known for: detect-secrets 1.5.

It is asked about single lines and believed only in that a line is suspicious and of which type: what
it returns as the secret may be a fragment of it. Its verification would open connections and is
off, and it gets no HTTP client to do it with; its allow-list comments would hide lines and are off
too. Its settings are global, so it runs in one thread, inside settings of its own. It takes some time
to import, which happens when there is a line to ask about.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from scopeaudit.model.location import Location

PLUGINS = (
    "BasicAuthDetector",
    "PrivateKeyDetector",
    "HexHighEntropyString",
    "Base64HighEntropyString",
    "KeywordDetector",
)
"""Those that judge by form, the most specific first; formats of providers are ours to know."""
FILTERS_OFF = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.common.is_ignored_due_to_verification_policies",
)
_NO_FILE = "one-line"
LINES_LIMIT = 2000
"""Lines asked about in one run; more is a gap."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Text that looks like a secret of an unknown provider."""

    location: Location
    type: str
    """What the second opinion calls it."""


@dataclass(frozen=True, slots=True)
class SuspiciousLine:
    """A line to ask about. Its text is as secret as what may stand on it."""

    location: Location
    text: str

    def __repr__(self) -> str:
        return f"SuspiciousLine({self.location!r})"


SecondOpinion = Callable[[Sequence[SuspiciousLine]], tuple[Candidate, ...]]


def second_opinion(lines: Sequence[SuspiciousLine]) -> tuple[Candidate, ...]:
    """What detect-secrets makes of the lines: at most one candidate a line, in their order."""
    if not lines:
        return ()
    with _without_http_client():
        return _ask(lines)


def _ask(lines: Sequence[SuspiciousLine]) -> tuple[Candidate, ...]:
    """Ask the plugins themselves: `scan_line` sets up its filters anew for every line."""
    from detect_secrets.core.scan import get_filters_with_parameter
    from detect_secrets.settings import get_plugins, get_settings, transient_settings

    found: list[Candidate] = []
    known: dict[str, str | None] = {}
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS]}):
        get_settings().disable_filters(*FILTERS_OFF)
        plugins, filters = get_plugins(), get_filters_with_parameter("secret")
        for line in lines:
            if line.text not in known:
                known[line.text] = next(_types(line.text, plugins, filters), None)
            if (kind := known[line.text]) is not None:
                found.append(Candidate(line.location, kind))
    return tuple(found)


def _types(text: str, plugins: Sequence[Any], filters: Sequence[Any]) -> Iterator[str]:
    """What each plugin calls the line, where no filter takes it for noise."""
    from detect_secrets.util.code_snippet import get_code_snippet
    from detect_secrets.util.inject import call_function_with_arguments

    context = get_code_snippet(lines=[text], line_number=1)
    for plugin in plugins:
        found = call_function_with_arguments(
            plugin.analyze_line,
            filename=_NO_FILE,
            line=text,
            line_number=1,
            context=context,
            enable_eager_search=True,
        )
        for secret in found:
            facts = {"filename": _NO_FILE, "secret": secret.secret_value, "plugin": plugin, "line": text}
            if not any(call_function_with_arguments(each, **facts) for each in filters):
                yield str(secret.type)


@contextmanager
def _without_http_client() -> Iterator[None]:
    """An empty module in place of `requests`, unless that is there already.

    Only verification uses it, and importing it takes twice as long as all the rest.
    """
    if "requests" in sys.modules:
        yield
        return
    absent = ModuleType("requests")
    vars(absent).update(Response=object, exceptions=SimpleNamespace(RequestException=OSError))
    sys.modules["requests"] = absent
    try:
        yield
    finally:
        del sys.modules["requests"]
