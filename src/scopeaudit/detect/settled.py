"""Places that were looked at once, so that they are not looked at again in every version of a file.

Most of what the pass reports is a name with a word or a variable behind it. Whether such a place holds
anything is decided by text near it alone, and a history shows the same text hundreds of times. So a digest of
that text is kept with the answer, and the same place with the same text around it is not looked at.

That is exact because the text of a digest has all that was looked at:

- Of a value given to a name without a provider (`_ON_A_LINE`), the readers look at less than `_BEFORE_BYTES`
  before the place, and behind it no further than the end of the line: values hold no line break, and what is
  searched for beyond has to begin before. A line goes on for `_LINE_BYTES` at most, the longest value.
  In a program the beginning of the line counts too; where it is far, nothing is kept.
- Of a name of a provider, `Examination` looks `_NAME_BYTES` before its end and `_VALUE_BYTES` behind it. Only
  then does it read what stands around that value, which the view counts; then nothing is kept.
- A beginning or an end of the text that is nearer counts as a part of it, and so do path and expression.
- Places of one form do not change what others come to: values are read one by one, and of names close
  together the first alone is looked at, which is done here too.

All else (patterns of values, keywords, what is encoded, comments) is looked at in every version, as is
a text that holds so many of one form that limits may come into it, or that is a section of another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from scopeaudit.detect.engine import Ends
from scopeaudit.detect.examine import SIGN_BYTES
from scopeaudit.detect.plan import By, Plan, extras
from scopeaudit.detect.view import View
from scopeaudit.detect.written import is_program

_ON_A_LINE = frozenset(
    ("strong", "weak", "called", "below", "option", "scheme", "url", "flag", "command", "plain", "sql", "otp")
)
"""Forms of values that are read from their line and what stands shortly before it."""
_BEFORE_BYTES = 320
"""Name, function and address before a value, within 260 bytes, and what was reported of the value."""
_COMMENT_BYTES = 640
"""In a program; the beginning of the line is looked for in 512 bytes."""
_LINE_BEFORE = (500, 32)
"""Between so many bytes before the place a line has to begin."""
_NAME_BYTES = 144
"""More than `Examination` reads of a name."""
_LINE_BYTES = 4352
"""The longest value, with what opens it."""
_VALUE_BYTES = 640
"""More than `Examination` reads behind a name."""
_MANY = 500
"""From so many places of one form on, limits may decide."""
_HELD = 200_000
"""Digests of one generation, of which there are two: some 40 MB in all."""
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pass reported something."""

    number: int
    """Of the expression."""
    end: int
    digest: bytes
    """Of all that decides what it comes to."""


class Settled:
    """Answers for places. Held in memory alone, and only as digests."""

    def __init__(self, chosen: Plan) -> None:
        first = len(chosen.probes)
        self._names = frozenset(number for number, probe in enumerate(chosen.probes) if probe.by is By.NAME)
        self._values = frozenset(
            number
            for number, (room, name, _) in enumerate(extras(), start=first)
            if room == "generic" and name in _ON_A_LINE
        )
        self._new: dict[bytes, bool] = {}
        self._old: dict[bytes, bool] = {}

    def split(self, view: View, ends: Ends) -> tuple[list[Place], Ends]:
        """What is decided near its place, and all the rest."""
        document = view.document
        if document.own is not None or document.pieces or document.name is not None:
            return [], ends
        near: list[Place] = []
        rest: Ends = {}
        path = document.path.encode("utf-8", "surrogateescape")
        program = is_program(document.path)
        before = _COMMENT_BYTES if program else _BEFORE_BYTES
        for number, found in ends.items():
            head = b"%d\0%s\0" % (number, path)
            if len(found) <= _MANY and number in self._names:
                near.extend(
                    Place(number, end, _digest(head, view.data, end - _NAME_BYTES, end + _VALUE_BYTES))
                    for end in _apart(found)
                )
            elif len(found) <= _MANY and number in self._values:
                far = [end for end in found if program and not _is_near_line(view.data, end)]
                near.extend(
                    Place(number, end, _digest(head, view.data, end - before, _line_end(view.data, end)))
                    for end in found
                    if end not in far
                )
                if far:
                    rest[number] = far
            else:
                rest[number] = found
        return near, rest

    def answer(self, place: Place) -> bool | None:
        """Whether a place holds anything; `None` if nobody has looked yet."""
        answer = self._new.get(place.digest)
        if answer is None and (answer := self._old.get(place.digest)) is not None:
            self._new[place.digest] = answer
        return answer

    def keep(self, place: Place, *, holds: bool) -> None:
        """Keep an answer."""
        self._new[place.digest] = holds
        if len(self._new) > _HELD:
            self._old, self._new = self._new, {}


def _apart(ends: list[int]) -> Iterator[int]:
    """The ends that `Examination` looks at: of those close together the first."""
    line = -1
    for end in ends:
        if end > line:
            line = end + SIGN_BYTES
            yield end


def _is_near_line(data: bytes, end: int) -> bool:
    """Whether the line of a place begins near it."""
    first, last = _LINE_BEFORE
    return end <= first or data.rfind(b"\n", end - first, end - last) >= 0


def _line_end(data: bytes, end: int) -> int:
    stop = end + _LINE_BYTES
    return data.find(b"\n", end, stop) + 1 or stop


def _digest(head: bytes, data: bytes, begin: int, stop: int) -> bytes:
    found = blake2b(head, digest_size=_DIGEST_BYTES)
    found.update(b"%d %d\0" % (min(begin, 0), max(stop - len(data), 0)))
    found.update(data[max(begin, 0) : stop])
    return found.digest()
