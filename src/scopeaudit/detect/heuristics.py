"""A second opinion on lines that name a secret no provider is known for: detect-secrets 1.5.

It is asked about single lines and believed only in that a line is suspicious and of which type: what
it returns as the secret may be a fragment of it. Its verification would open connections and is
off, and it gets no HTTP client to do it with; its allow-list comments are read elsewhere and are off
too. Its settings are global, so it runs in one thread, inside settings of its own. It takes some time
to import, which happens when there is a line to ask about.
"""

import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from types import ModuleType, SimpleNamespace
from typing import Any

from scopeaudit.detect.placeholder import entropy, refusal_of_password
from scopeaudit.detect.view import View
from scopeaudit.model.candidate import Candidate, CandidateType
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
_TYPES = {
    "Basic Auth Credentials": CandidateType.PASSWORD,
    "Private Key": CandidateType.PRIVATE_KEY,
}
_NAMED = {
    "passw": CandidateType.PASSWORD,
    "passphrase": CandidateType.PASSWORD,
    "pwd": CandidateType.PASSWORD,
    "token": CandidateType.TOKEN,
    "key": CandidateType.KEY,
}
"""Parts of names, the most telling first."""
_NO_FILE = "one-line"
LINES_LIMIT = 2000
"""Lines asked about in one run; more is a gap."""


@dataclass(frozen=True, slots=True)
class SuspiciousLine:
    """A line to ask about. Its text is as secret as what may stand on it."""

    location: Location
    text: str

    def __repr__(self) -> str:
        return f"SuspiciousLine({self.location!r})"


_LINE_BYTES = 256
_SUSPICIOUS_VALUE = 8
"""Characters of the value that the expression for suspicious lines takes in."""
_LEAST_ENTROPY = 2.5
_QUOTED_REST = re.compile(rb"[^\s\"']{8,256}(?=[\"'])")

SecondOpinion = Callable[[Sequence[SuspiciousLine]], tuple[Candidate, ...]]


def suspicious_lines(view: View, ends: list[int], recognised: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Offset and text of lines worth a second opinion: those on which nothing was recognised.

    Of a long line it is the part around the value.
    """
    taken = sorted(recognised)
    last = -1
    for end in ends:
        if end <= last or not view.owns(end - 1):
            continue
        value = _QUOTED_REST.match(view.data, end - _SUSPICIOUS_VALUE)
        text = value.group().decode("utf-8", "replace") if value else ""
        if entropy(text) < _LEAST_ENTROPY or refusal_of_password(text, "", quoted=True):
            continue
        begin = view.data.rfind(b"\n", max(0, end - _LINE_BYTES), end) + 1 or max(0, end - _LINE_BYTES)
        last = view.data.find(b"\n", end, end + _LINE_BYTES)
        last = last if last >= 0 else min(len(view.data), end + _LINE_BYTES)
        place = bisect_left(taken, begin)
        if place == len(taken) or taken[place] >= last:
            yield begin, view.data[begin:last].decode("utf-8", "replace")


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
    numbers = count(1)
    known: dict[str, str | None] = {}
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS]}):
        get_settings().disable_filters(*FILTERS_OFF)
        plugins, filters = get_plugins(), get_filters_with_parameter("secret")
        for line in lines:
            if line.text not in known:
                known[line.text] = next(_types(line.text, plugins, filters), None)
            if (called := known[line.text]) is not None:
                kind = type_of(called, line.text)
                found.append(Candidate(f"p{next(numbers)}", kind, (line.location,)))
    return tuple(found)


def type_of(called: str, name: str) -> CandidateType:
    """Our word for what detect-secrets calls a value, or else for the name or line it stands beside."""
    if called in _TYPES:
        return _TYPES[called]
    lower = name.lower()
    return next((kind for part, kind in _NAMED.items() if part in lower), CandidateType.SECRET)


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
