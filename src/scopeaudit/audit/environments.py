"""What the name of an environment, a place or a variable says about where it belongs."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from scopeaudit.catalogue.environments import PRODUCTION
from scopeaudit.model.location import Location, Source

_DEVELOPMENT = frozenset(
    {
        "dev", "devel", "development", "staging", "stage", "stg", "test", "tests", "testing", "qa", "uat",
        "local", "localhost", "sandbox", "preview", "nonprod", "preprod",
    }
)  # fmt: skip
_NOT_YET = frozenset({"non", "not", "pre", "no"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_IN_THE_FOLDER = frozenset({Source.TREE, Source.HISTORY, Source.STAGED})


@lru_cache(maxsize=8192)
def _words(name: str) -> tuple[str, ...]:
    words = [word.lower() for word in _WORD.findall(name)]
    for position in range(len(words) - 1, 0, -1):
        if words[position - 1] in _NOT_YET and words[position] in PRODUCTION:
            words[position - 1 : position + 1] = ["preprod"]
    return tuple(words)


@lru_cache(maxsize=8192)
def is_production(environment: str) -> bool:
    """Whether the name of an environment says production: `prod`, `production-eu`, `live`.

    Of a name that says both, the last word decides: `dev-tools-production` is production, `prod-test` is not.
    """
    telling = [word for word in _words(environment) if word in PRODUCTION or word in _DEVELOPMENT]
    return bool(telling) and telling[-1] in PRODUCTION


@lru_cache(maxsize=8192)
def says_production(name: str) -> bool:
    """Whether the name of something else (a host, a database, a bucket) says so; `live` alone does not."""
    return is_production(name) and not {"prod", "production", "prd"}.isdisjoint(_words(name))


def says_development(environment: str) -> bool:
    """Whether the name of an environment says that nobody depends on it: `dev`, `staging`, `preprod`."""
    return not _DEVELOPMENT.isdisjoint(_words(environment)) and not is_production(environment)


def is_same(declared: str, environment: str) -> bool:
    """Whether a declared name, a glob, means this environment. Case does not count; `prod` is `live`."""
    declared, environment = declared.lower(), environment.lower()
    return fnmatchcase(environment, declared) or (declared in PRODUCTION and environment in PRODUCTION)


def development_word(locations: Iterable[Location]) -> str | None:
    """The word by which a location says that it is for development, testing or staging."""
    for location in locations:
        found = _development_word(location)
        if found is not None:
            return found
    return None


def _development_word(location: Location) -> str | None:
    if location.name is not None and (word := _development_in(location.name)) is not None:
        return word
    if location.path.startswith("env:"):
        return _development_in(location.path.removeprefix("env:"))
    return _development_in_path(location.path) if location.source in _IN_THE_FOLDER else None


@lru_cache(maxsize=8192)
def _development_in_path(path: str) -> str | None:
    # The innermost name that says anything decides: staging/production.env is for production.
    for part in reversed(path.split("/")):
        if is_production(part):
            return None
        if (word := _development_in(part)) is not None:
            return word
    return None


def _development_in(name: str) -> str | None:
    return next((word for word in _words(name) if word in _DEVELOPMENT), None)
