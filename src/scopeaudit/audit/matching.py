"""Which job speaks for a credential: by place and name, never by the secret.

Paths and variable names are compared as written, keys without regard to case. In a path, `*` and `?`
stay within one name and `**` stands for any number of folders.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from scopeaudit.catalogue.operations import glob
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import CredentialSelector, Declarations, Job
from scopeaudit.model.location import Location, Source

_GLOB_CHARACTERS = frozenset("*?[")
_Specificity = tuple[bool, int, int, bool, int]


def match(credential: Credential, declarations: Declarations) -> Job | None:
    """The job that speaks for the credential; `None` if none does, or several equally well."""
    matched = JobIndex(declarations.jobs).match(credential)
    return matched.best[0] if len(matched.best) == 1 else None


@dataclass(frozen=True, slots=True)
class Matched:
    """The jobs whose selectors a credential meets."""

    best: tuple[Job, ...] = ()
    """The most specific, in the order of the file; more than one contradict each other."""
    all: tuple[Job, ...] = ()


@dataclass(frozen=True)
class JobIndex:
    """Jobs by what their selectors name, so that many credentials find theirs among many jobs."""

    jobs: Sequence[Job]

    @cached_property
    def _by_path(self) -> dict[str, list[tuple[int, CredentialSelector]]]:
        found: dict[str, list[tuple[int, CredentialSelector]]] = {}
        for position, selector in self._selectors():
            if selector.path is not None:
                found.setdefault(selector.path, []).append((position, selector))
        return found

    @cached_property
    def _by_env(self) -> dict[str, list[tuple[int, CredentialSelector]]]:
        found: dict[str, list[tuple[int, CredentialSelector]]] = {}
        for position, selector in self._selectors():
            if selector.path is None and selector.env is not None:
                found.setdefault(selector.env, []).append((position, selector))
        return found

    @cached_property
    def _others(self) -> list[tuple[int, CredentialSelector]]:
        return [
            (position, selector)
            for position, selector in self._selectors()
            if _has_glob(selector.path or selector.env or "*")
        ]

    def _selectors(self) -> Iterator[tuple[int, CredentialSelector]]:
        return ((position, each) for position, job in enumerate(self.jobs) for each in job.credentials)

    def match(self, credential: Credential) -> Matched:
        """The jobs that speak for the credential where it lies; if none does, where it lay in the past."""
        past = [each for each in credential.locations if each.source is Source.HISTORY]
        now = [each for each in credential.locations if each.source is not Source.HISTORY]
        best = self._speaking(credential, now) or self._speaking(credential, past)
        if not best:
            return Matched()
        top = max(best.values())
        return Matched(
            best=tuple(self.jobs[position] for position in sorted(best) if best[position] == top),
            all=tuple(self.jobs[position] for position in sorted(best)),
        )

    def _speaking(self, credential: Credential, places: Iterable[Location]) -> dict[int, _Specificity]:
        """The position of each job that speaks for the credential at one of these places, and how exactly."""
        best: dict[int, _Specificity] = {}
        for location in places:
            for position, selector in self._near(location):
                job = self.jobs[position]
                if job.provider not in (None, credential.provider) or not is_named_by(selector, location):
                    continue
                found = _specificity(selector, location, job)
                best[position] = max(found, best.get(position, found))
        return best

    def _near(self, location: Location) -> Iterator[tuple[int, CredentialSelector]]:
        """The selectors worth a closer look; some may come twice."""
        yield from self._by_path.get(location.path, ())
        for name in _variable_names(location):
            yield from self._by_env.get(name, ())
        yield from self._others


def _variable_names(location: Location) -> tuple[str, ...]:
    process = (location.path.removeprefix("env:"),) if location.path.startswith("env:") else ()
    return (*process, location.name) if location.name is not None else process


def is_named_by(selector: CredentialSelector, location: Location) -> bool:
    """Whether a selector of a job speaks for what is at the location."""
    return (
        (selector.path is None or is_path_matched(selector.path, location.path))
        and (
            selector.env is None
            or any(
                _is_matched(selector.env, name) for name in _variable_names(location) if _is_variable(name)
            )
        )
        and (
            selector.key is None
            or (location.name is not None and _is_matched(selector.key.lower(), location.name.lower()))
        )
    )


def _specificity(selector: CredentialSelector, location: Location, job: Job) -> _Specificity:
    """What compares greater is more specific: an exact path first, then more and exacter parts."""
    parts = [part for part in (selector.path, selector.env, selector.key) if part is not None]
    exact = [part for part in parts if part == location.path or not _has_glob(part)]
    literal = sum(character not in _GLOB_CHARACTERS for part in parts for character in part)
    return (selector.path == location.path, len(exact), len(parts), job.provider is not None, literal)


def _has_glob(text: str) -> bool:
    return not _GLOB_CHARACTERS.isdisjoint(text)


def _is_variable(name: str) -> bool:
    return name.isidentifier() and name.isascii()


def _is_matched(pattern: str, name: str) -> bool:
    return pattern == name or glob(pattern).match(name) is not None


@lru_cache(maxsize=65536)
def is_path_matched(pattern: str, path: str) -> bool:
    """Whether a path glob names a path; a pattern equal to the path always does."""
    if pattern == path:
        return True
    if not _has_glob(pattern):
        return False
    # Positions in the pattern that the parts so far may lead to; `**` also stays where it is.
    names = pattern.split("/")
    reached = _skip_folders(names, {0})
    for part in path.split("/"):
        following = {position for position in reached if position < len(names) and names[position] == "**"}
        following |= {
            position + 1
            for position in reached
            if position < len(names) and names[position] != "**" and _is_matched(names[position], part)
        }
        reached = _skip_folders(names, following)
        if not reached:
            return False
    return len(names) in reached


def _skip_folders(names: list[str], positions: set[int]) -> set[int]:
    """The positions, and those behind any `**` that stands for no folder at all."""
    found = set(positions)
    for position in sorted(positions):
        while position < len(names) and names[position] == "**":
            position += 1
            found.add(position)
    return found
