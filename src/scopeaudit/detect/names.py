"""Globs over key and variable names: case, `-`, `__` and camel case make no difference; `.` joins parents."""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JOINT = re.compile(r"[-_\s:/]+")
_LITERAL = re.compile(r"[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Za-z0-9]{3,}")
_SEPARATOR = "[-_. ]{0,2}"
"""Between words of a name; .NET joins the names of sections with two underscores."""
_LEAST_LITERAL = 3
_LONG_LITERAL = 10
_COMMON_TEXT = """
key keys token tokens secret secrets password passwd pass pwd auth api access client user id app
credential credentials private public account service bearer name url host login admin master web
http https data config string connection server database db hook hooks webhook signing session oauth
jwt refresh personal project org team bot dev prod test live sandbox root value default env user
username email
"""
_COMMON = frozenset(_COMMON_TEXT.split())
"""Words of which names of secrets are made anyway."""
_IDENTIFIER = re.compile(r"(?:^|_)(?:id|ids|uuid|guid|name|url|uri|host|slug|version|hash|sha\d*|digest)$")
_SECRETIVE = re.compile(
    r"token|secret|passw|passphrase|(?:^|_)(?:pwd|pass|key|auth|bearer)(?:_|$)|apikey|credential|authorization"
)


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """The form in which names are compared: `railwayApi-Token` is `railway_api_token`."""
    return _JOINT.sub("_", _HUMP.sub("_", name)).lower().strip("_")


@lru_cache(maxsize=1024)
def matcher(globs: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for `match` over normal names; nothing matches no globs."""
    return re.compile("|".join(translate(_normal_glob(glob)) for glob in globs) or r"(?!)")


@lru_cache(maxsize=1024)
def hint(globs: tuple[str, ...]) -> re.Pattern[bytes]:
    """Words one of which stands in every name the globs mean; matches anything where there are none."""
    plain = [re.sub(r"\[[^\]]*\]", "*", _HUMP.sub("_", glob)) for glob in globs]
    words = {word.lower() for glob in plain for word in _WORD.findall(glob)}
    bare = any(not _WORD.search(glob) for glob in plain)
    return re.compile(b"" if bare else "|".join(sorted(words)).encode() or b"(?!)", re.IGNORECASE)


def is_named(names: Iterable[str], globs: tuple[str, ...]) -> bool:
    """Whether one of the names is one of those the globs mean."""
    expression = matcher(globs)
    return any(expression.match(normal(name)) for name in names)


def is_identifier(name: str) -> bool:
    """Whether a name says that its value is an id, a place or a checksum and no secret."""
    found = normal(name)
    return _IDENTIFIER.search(found) is not None and not found.endswith("key_id")


def is_secretive(text: str) -> bool:
    """Whether a name, or a line, speaks of a secret."""
    return _SECRETIVE.search(normal(text)) is not None


@lru_cache(maxsize=4096)
def probe(glob: str) -> str | None:
    """An expression for the most telling literal part of a glob; `None` if every name may hold it.

    `ldap` tells more than `password`, which is longer.
    """
    parts = [
        [word for word in re.split(r"[-_.\s]+", part) if word]
        for part in re.split(r"[*?]|\[[^\]]*\]", _HUMP.sub("_", glob))
    ]
    parts = [words for words in parts if all(map(_LITERAL.fullmatch, words))]
    place = max(range(len(parts)), key=lambda at: (_telling(parts[at]), len(parts[at])), default=0)
    telling = parts[place] if parts else []
    told = _telling(telling)
    if told < _LEAST_LITERAL and not (
        len(telling) > 1 and (told > 1 or sum(map(len, telling)) >= _LONG_LITERAL)
    ):
        return None
    following = [words for words in parts[place:] if words]
    return r"(?s:.){0,100}".join(_SEPARATOR.join(words) for words in following)


def given(part: str) -> str:
    """For the pass: a name with this part, and what stands between a name and its value."""
    return rf"(?i){part}[\w.\-]{{0,64}}[\\\"'`\])]{{0,5}}[ \t\r\n]{{0,8}}[=:,?|+<> \t]"


def _telling(parts: Iterable[str]) -> int:
    return sum(len(word) for word in parts if word.lower() not in _COMMON)


def _normal_glob(glob: str) -> str:
    lowered = _JOINT.sub("_", _HUMP.sub("_", glob)).lower()
    return lowered.strip("_") or lowered
