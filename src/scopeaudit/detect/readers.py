"""How a value is read where the pass reported one: its beginning and end, its name, and whether it counts."""

import re
from collections.abc import Callable, Iterator, Mapping

from scopeaudit.detect import forms
from scopeaudit.detect.lazy import lazy
from scopeaudit.detect.roles import is_bare, is_fingerprint, role_of
from scopeaudit.detect.structure import assigned, name_before
from scopeaudit.detect.value import Value
from scopeaudit.detect.view import View
from scopeaudit.detect.written import Stands, is_drawn, is_illustration, is_program
from scopeaudit.model.candidate import CandidateType

_OPEN = lazy(rb"[A-Za-z@]{0,2}\\{0,3}(?P<quote>[\"'`]{1,4})")
_CALL = lazy(rb"(?P<name>[A-Za-z_][\w.]{0,60})\(\s{0,4}[@bu]?\\{0,3}[\"'`]\Z")
_OUTER_CALL = lazy(
    rb"(?P<name>\b(?:set|with|put|add)_?[A-Za-z]\w{2,60})\(\s{0,4}[\w.]{1,60}\(\s{0,4}[@bu]?[\"'`]\Z"
)
_CONVERTING = lazy(
    r"(?:^|[._a-z])(?:some|just|string|str|secret|bytes?|decode\w*|decoder|unhex\w*|from\w*|of|buffer|b64\w*|base64\w*|encoder|ptr|chars?"
    r"|literal|sensitive|sensitivevalue|parse|new|value|quote|format|equal\w*|eq|is|has|compare\w*|define|setdefault|putenv|setenv)$",
    re.IGNORECASE,
)
"""Functions that give back what they are given, so that it belongs to the name before them."""
_SETTING = lazy(r"(?:set|with|put|add)_?[A-Za-z]")
_QUERY = lazy(rb"(?:[?&#;]|[\"'`])[\w.%-]{1,60}=\Z")
_QUERY_END = lazy(rb"[&#]")
_BARE = lazy(rb"[^\s\"'`<>,;)}\]\\]{1,4096}")
_ELEMENT = lazy(rb"[^<>]{1,4096}")
_QUOTES = b"\"'`"
_MOST = 4096
_STRICT_LENGTH = 16
_STRICT = lazy(r"\d.*[A-Za-z].*\d|[A-Za-z].*\d.*[A-Za-z]|[A-Za-z+/]{20}")
_COMMENT = lazy(rb"[ \t]*(?:#|//|\*|--|;)")
_SPEAKING = lazy(r"pass ?(?:word|phrase)|passwd", re.IGNORECASE)
_MOST_SPACES = 3
_FEW_DIGITS = 2
_MADE_UP = lazy(r"test|mock|fake|dummy|example|sample|demo", re.IGNORECASE)
"""Names that say that the value is none, believed in files that test or explain."""


def _named(view: View, start: int) -> Iterator[Value]:
    """A value in quotes or without, given to a name."""
    data = view.data
    begin, quote = _opened(data, start)
    if data[begin - 7 : begin] == b"base64:":
        begin, quote = _opened(data, begin - 7)
    how = Stands.QUOTED if quote else Stands.BARE
    if quote:
        end = _closing(data, begin, quote)
    else:
        bare = _BARE.match(data, begin)
        end = bare.end() if bare else None
        if end is not None and _QUERY.search(data, max(0, begin - 64), begin):
            stop = _QUERY_END.search(data, begin, end)
            end, how = stop.start() if stop else end, Stands.QUOTED
        elif _is_program(view, begin):
            return
    if end is not None:
        yield from _judged(view, begin, end, how, _name(data, begin))


def _name(data: bytes, begin: int) -> str | None:
    """What a value is given to; an argument belongs to a function's name only where that sets something."""
    call = _CALL.search(data, max(0, begin - 80), begin)
    function = call.group("name").decode("latin-1") if call else None
    if function is not None and not _CONVERTING.search(function):
        return function if _SETTING.match(function.rpartition(".")[2]) else None
    name = name_before(data, begin)
    if function is not None and name is None:
        outer = _OUTER_CALL.search(data, max(0, begin - 120), begin)
        return outer.group("name").decode("latin-1") if outer else None
    return name


def _paired(view: View, start: int) -> Iterator[Value]:
    """A value beside its name: `name: N` and `value: V`, or in the block of that name."""
    data = view.data
    begin, quote = _opened(data, start)
    bare = None if quote else _BARE.match(data, begin)
    end = _closing(data, begin, quote) if quote else bare.end() if bare else None
    if end is None or (not quote and _is_program(view, begin)):
        return
    yield from _judged(view, begin, end, Stands.QUOTED if quote else Stands.BARE, assigned(data, begin).name)


def _in_element(view: View, start: int) -> Iterator[Value]:
    """The text of an element of XML."""
    found = _ELEMENT.match(view.data, start)
    if found is not None and view.data[found.end() : found.end() + 2] == b"</":
        end = start + len(found.group().rstrip())
        yield from _judged(view, start, end, Stands.QUOTED, name_before(view.data, start))


def _judged(view: View, begin: int, end: int, how: Stands, name: str | None) -> Iterator[Value]:
    text = view.data[begin:end].decode("utf-8", "replace")
    role = role_of(name) if name is not None and text else None
    if role is None or name is None or is_fingerprint(name, text):
        return
    if " " in text or "\t" in text:
        if how is not Stands.QUOTED or text.count(" ") > _MOST_SPACES or not _SPEAKING.search(name):
            return
        how = Stands.SPACED
    strict = is_bare(name) or role is CandidateType.KEY
    if strict and how is Stands.BARE and len(text) < _STRICT_LENGTH:
        return
    if strict and role is not CandidateType.PASSWORD and how is not Stands.BARE and not _STRICT.search(text):
        return
    made_up = (is_bare(name) and role is CandidateType.KEY) or _MADE_UP.search(name.rpartition(".")[2])
    if how is not Stands.BARE and made_up and is_illustration(view.document.path):
        return
    if is_drawn(text, role, view.document.path, how) and not _repeats(name, text):
        yield Value(begin, end, role, name)


def _repeats(name: str, text: str) -> bool:
    """Whether a value is its name again: `db_password=DbPassword1`."""
    letters = re.sub(r"[^a-z]", "", text.lower())
    if sum(map(str.isdigit, text)) > _FEW_DIGITS:
        return False
    return bool(letters) and letters in re.sub(r"[^a-z]", "", name.lower())


def _opened(data: bytes, start: int) -> tuple[int, bytes]:
    """Where a value begins after its quotes, and those; the pass may have reported what follows them."""
    opened = _OPEN.match(data, start)
    if opened:
        return opened.end(), opened.group("quote")
    first = start
    while start - first < 4 and first and data[first - 1] in _QUOTES:
        first -= 1
    return start, data[first:start]


def _closing(data: bytes, begin: int, quote: bytes) -> int | None:
    end = data.find(quote[:1], begin, begin + _MOST)
    line = data.find(b"\n", begin, begin + _MOST)
    if end < 0 or (0 <= line < end):
        return None
    while end > begin and data[end - 1] == 0x5C:
        end -= 1
    return end


def _is_program(view: View, start: int) -> bool:
    """Whether a value without quotes stands in program text, where it is a name and no value."""
    if not is_program(view.document.path):
        return False
    line = view.data.rfind(b"\n", max(0, start - 512), start) + 1
    return not _COMMENT.match(view.data, line)


READERS: Mapping[str, tuple[int, Callable[[View, int], Iterator[Value]]]] = {
    "strong": (4, _named),
    "weak": (12, _named),
    "called": (5, _named),
    "below": (8, _named),
    "pair": (6, _paired),
    "element": (5, _in_element),
    "plist": (5, _in_element),
    "block": (5, _paired),
    "option": (5, forms.of_option),
    "scheme": (8, forms.of_scheme),
    "url": (1, forms.of_url),
    "flag": (4, forms.of_option),
    "command": (5, forms.of_option),
    "plain": (5, forms.of_option),
    "sql": (5, forms.of_option),
    "otp": (16, forms.of_seed),
    "jwk": (22, forms.of_json_key),
    "crypt": (8, forms.of_crypt),
    "pgpass": (5, forms.of_pgpass),
}
"""By expression: how far behind the beginning of a value its match ends, and what reads it."""
