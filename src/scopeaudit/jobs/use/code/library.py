"""Calls of libraries that are listed by name in `rules/uses/`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scopeaudit.catalogue.use_rules import Library
from scopeaudit.jobs.use.source.calls import Calls, Step, snake


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """A call that was recognised."""

    operations: tuple[str, ...]
    shown: str
    offset: int
    first: str | None
    """The first argument of what it is called on, or its own, if that is a string: `from("orders")`."""


def library_calls(calls: Calls, lower: str, libraries: Iterable[Library]) -> Iterator[LibraryCall]:
    """The listed calls of a file, whose text in lower case says which libraries it uses."""
    for library in libraries:
        if not any(word in lower for word in library.imports):
            continue
        by_last = _by_last(library.calls)
        for chain in calls.chains:
            if any(step.called and step.word in by_last for step in chain.steps):
                yield from _found(chain.steps, calls.meanings(chain), by_last)


def _by_last(
    listed: Mapping[str, tuple[str, ...]],
) -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Last word to the words before it, and the operations; the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for name, operations in listed.items():
        *before, last = name.split(".")
        found.setdefault(last, []).append((tuple(before), operations))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found


def _found(
    own: tuple[Step, ...],
    meanings: tuple[tuple[Step, ...], ...],
    by_last: Mapping[str, list[tuple[tuple[str, ...], tuple[str, ...]]]],
) -> Iterator[LibraryCall]:
    """Each listed step that is written here, with what it is called on in any of the chain's meanings."""
    for back in range(len(own), 0, -1):
        step = own[-back]
        if not step.called or step.word not in by_last:
            continue
        for before, operations in by_last[step.word]:
            receiver = next(
                (
                    found
                    for steps in meanings
                    if (found := _receiver(steps, len(steps) - back, before)) is not None
                ),
                None,
            )
            if receiver is not None:
                named = receiver.first if receiver.first is not None else step.first
                yield LibraryCall(operations, ".".join((*before, step.word)), step.offset, named)
                break


def _is_named(step: Step, word: str) -> bool:
    """Whether a step has a listed name, or is called with it: `api("issue")`."""
    if step.word == word or step.word.endswith(f"_{word}"):
        return True
    return step.word == "api" and step.first is not None and snake(step.first) == word


def _receiver(steps: tuple[Step, ...], position: int, before: tuple[str, ...]) -> Step | None:
    """The step before, if those before end with the listed words; the step itself if none are listed."""
    if position < 0:
        return None
    if not before:
        return steps[position]
    at = position
    for word in reversed(before):
        at -= 1
        while at > 0 and steps[at].word == "new":
            at -= 1
        if at < 0 or not _is_named(steps[at], word):
            return None
    return steps[position - 1]
