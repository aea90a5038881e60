"""One id for a service, whatever a public set calls it."""

import functools
import re
import tomllib
from pathlib import Path


class _Names:
    def __init__(self) -> None:
        table = tomllib.loads((Path(__file__).parent / "providers.toml").read_text(encoding="utf-8"))
        self.suffixes: list[str] = sorted(table["suffixes"], key=len, reverse=True)
        self.whole = set(table["whole"])
        self.generic = set(table["generic"])
        self.ids = {plain(id_): plain(id_) for id_ in table["aliases"]}
        for id_, others in table["aliases"].items():
            self.ids.update(dict.fromkeys(map(plain, others), plain(id_)))
        self.either = {
            plain(id_): {plain(each) for each in others} for id_, others in table["either"].items()
        }


@functools.cache
def _names() -> _Names:
    return _Names()


def plain(name: str) -> str:
    """A name of nothing but a-z and 0-9."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@functools.cache
def provider_of(name: str) -> str | None:
    """The id of a service; None where the name says no more than that something is secret."""
    names = _names()
    rest = plain(name)
    while True:
        if rest in names.ids:
            return names.ids[rest]
        if rest in names.generic:
            return None
        ending = next(
            (each for each in names.suffixes if rest.endswith(each) and len(rest) > len(each) + 1), None
        )
        if ending is None or rest in names.whole:
            return rest or None
        rest = rest.removesuffix(ending)


@functools.cache
def longest_prefix(name: str, known: frozenset[str]) -> str | None:
    """The id for a rule's name such as `github-fine-grained-pat`: its longest beginning that is a service."""
    words = re.split(r"[^a-z0-9]+", name.lower().rsplit("/", 1)[-1])
    services = known | set(_names().ids.values())
    for count in range(len(words), 0, -1):
        found = provider_of("".join(words[:count]))
        if found in services:
            return found
    # Without any sign between its words, as in `npmjsaccesstoken`.
    inside = max(
        (each for each in services if len(each) > 2 and words[0].startswith(each)), key=len, default=None
    )
    return inside or provider_of(words[0])


def is_right(expected: str, named: str) -> bool:
    """Whether a scanner's name for a service is the set's."""
    either = _names().either
    return expected == named or named in either.get(expected, ()) or expected in either.get(named, ())
