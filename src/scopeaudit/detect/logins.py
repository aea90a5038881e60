"""The password in an address that holds an `@` as it is: it ends at the last one before the host.

Many libraries read such an address so, and people write it. A pattern ends the password at the first, and
the rest of it would be taken for the host: shown, looked up and sent to.
"""

import re
from dataclasses import dataclass

_AT_BEHIND = re.compile(
    rb"(?:/[^\s/?#\"'<>`\\,;|&(){}@]{0,256}(?:/[^\s/?#\"'<>`\\,;|&(){}@:]{0,256}){0,4}"
    rb"|#[^\s\"'<>`\\@]{0,256}|\?[^\s=\"'<>`\\@]{0,256})@"
)
"""No name of a database holds one; a password that holds a `/`, `#` or `?` too looks like that."""
_AUTHORITY = re.compile(rb"[^\s/?#\"'<>`\\]{0,600}")
_BEHIND_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Login:
    """A match, with all of its password."""

    match: re.Match[bytes]
    """Of a copy, where the password holds an `@`: there it is percent-encoded."""
    offset: int = 0
    """What makes an offset of the match one of the document."""
    has_place: bool = True
    """Whether it can be told where the password ends and the host begins."""


def login_of(match: re.Match[bytes], exact: re.Pattern[bytes]) -> Login:
    """The match as it is, unless the host in it is followed by an `@`."""
    if not {"secret", "host"} <= match.re.groupindex.keys() or match.group("host") is None:
        return Login(match)
    data, end = match.string, match.end("secret") + 1
    if data[end - 1 : end] != b"@" or match.start("host") != end:
        return Login(match)
    authority = _AUTHORITY.match(data, end)
    if authority is None or _AT_BEHIND.match(data, authority.end()):
        return Login(match, has_place=False)
    last = data.rfind(b"@", end, authority.end())
    if last < 0:
        return Login(match)
    copy = data[match.start() : last].replace(b"@", b"%40") + data[last : last + _BEHIND_BYTES]
    again = exact.match(copy)
    return Login(match, has_place=False) if again is None else Login(again, match.start())
