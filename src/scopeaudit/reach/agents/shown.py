"""Text of configurations as reports may show it: a token can stand anywhere, as a name or in a rule.

What is no word is left out by its looks alone. That costs a reader little, since the file and the line stand
beside it; what looks like words stays.
"""

import re

_LONGEST = 200
_ADDRESS = re.compile(r"(?<=://)[^\s/@]{1,512}@")
_NAMED = re.compile(
    r"(?i)((?:--?[\w-]{0,40}(?:password|token|secret|key)\s++|\b(?:bearer|basic)\s++"
    r"|(?:password|passwd|pwd|secret|token|api[_-]?key)[\"']?\s*+[=:]\s*+)[\"']?)([^\s\"'),;&]{4,512})"
)
_RUN = re.compile(r"[A-Za-z0-9_+=~%.-]{12,}|[A-Za-z0-9_+=~%./-]{40,}")
_PART = re.compile(r"[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]+(?![a-z])|[A-Z]|[a-z]|[0-9]+")
_SHORTEST_WORDS = 3.2
"""Letters of a word on average, where there are words."""
_NUMBER = re.compile(r"[0-9]+")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_PLACEHOLDER = re.compile(r"[$*{<?\[]")
_LEFT_OUT = "…"


def shown(text: str) -> str:
    """The text without what may be a secret, 200 characters at most."""
    text = _ADDRESS.sub(f"{_LEFT_OUT}@", text[: 8 * _LONGEST])
    text = _NAMED.sub(_value_left_out, text)
    text = _RUN.sub(lambda run: _LEFT_OUT if is_random(run.group()) else run.group(), text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + _LEFT_OUT


def is_random(text: str) -> bool:
    """Whether the text looks made by chance: a token, and no path, name or word."""
    if _UUID.search(text):
        return True
    for piece in text.split("="):
        parts = _PART.findall(piece)
        if any(_is_mixed(each) for each in parts) or _is_mixed("".join(parts), least=24, numbers=5):
            return True
    return False


def _value_left_out(match: re.Match[str]) -> str:
    return match.group() if _PLACEHOLDER.match(match[2]) else match[1] + _LEFT_OUT


def _is_mixed(text: str, least: int = 16, numbers: int = 3) -> bool:
    """Whether the text falls into pieces too short for words: `a3F9`, and not `allowManagedRules2`."""
    return len(text) >= least and (
        (text.isupper() and not text.isalpha())
        or len(_WORD.findall(text)) * _SHORTEST_WORDS > len(text)
        or len(_NUMBER.findall(text)) >= numbers
    )
