"""Values that look secret by where they stand and not by a name: logins, command lines, statements, seeds."""

import base64
import binascii
import posixpath
from collections.abc import Iterator

from scopeaudit.detect.lazy import lazy
from scopeaudit.detect.roles import role_of
from scopeaudit.detect.structure import name_before
from scopeaudit.detect.value import Value
from scopeaudit.detect.view import View
from scopeaudit.detect.written import Stands, is_drawn
from scopeaudit.model.candidate import CandidateType

_URL_LOGIN = lazy(rb"://[^\s:/@\"'`<>]{0,64}:(?P<secret>[^\s/@\"'`<>]{3,128})@")
_SCHEME = lazy(rb"(?i)\b(?P<scheme>basic|bearer|apikey|ntlm)[ \t]{1,4}(?P<secret>[0-9A-Za-z+/_~.=-]{8,4096})")
_BARE = lazy(rb"[^\s\"'`<>,;)}\]\\]{1,4096}")
_OPTION = lazy(rb"--?(?P<name>[A-Za-z][\w-]{0,63})[\"', \t]{1,6}\Z")
_SEED = lazy(rb"[A-Z2-7]{16,128}(?![0-9A-Za-z])")
_JSON_KEY = lazy(rb"[0-9A-Za-z_-]{22,2048}(?![0-9A-Za-z_=+/-])")
_KEY_NEAR = 2048
_LEAST_TOKEN = 16
_USERS = lazy(r"g?shadow-?|master\.passwd|.*passwd?|\.?htpasswd.*")
"""Names of files that hold users with their hashes."""
_HASH = lazy(rb"[^\s:]{1,512}")


def of_scheme(view: View, start: int) -> Iterator[Value]:
    """What stands after `Basic`, `Bearer` and the like."""
    match = _SCHEME.search(view.data, max(0, start - 16), start + 4200)
    if match is None or match.start("secret") > start:
        return
    text = match.group("secret").decode("latin-1").rstrip(".")
    begin, end = match.start("secret"), match.start("secret") + len(text)
    if match.group("scheme").lower() == b"basic":
        login = _login(text)
        if login is not None and is_drawn(login, CandidateType.PASSWORD, view.document.path, Stands.ALONE):
            yield Value(begin, end, CandidateType.PASSWORD, "Authorization")
    elif len(text) >= _LEAST_TOKEN and is_drawn(text, CandidateType.TOKEN, "", Stands.QUOTED):
        yield Value(begin, end, CandidateType.TOKEN, "Authorization")


def _login(text: str) -> str | None:
    """The password of `Basic` credentials."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = plain.partition(":")
    return password or user if colon and plain.isprintable() else None


def of_url(view: View, start: int) -> Iterator[Value]:
    """The password of a URL."""
    found = view.data.rfind(b"://", max(0, start - 260), start)
    match = _URL_LOGIN.match(view.data, found) if found >= 0 else None
    if match is None:
        return
    text = match.group("secret").decode("utf-8", "replace")
    if is_drawn(text, CandidateType.PASSWORD, view.document.path, Stands.ALONE):
        yield Value(*match.span("secret"), CandidateType.PASSWORD, None)


def of_option(view: View, start: int) -> Iterator[Value]:
    """A password on a command line or in a statement; an option's name may say that it is something else."""
    bare = _BARE.match(view.data, start)
    if bare is None:
        return
    text = bare.group().decode("utf-8", "replace")
    option = _OPTION.search(view.data, max(0, start - 72), start)
    name = option.group("name").decode("latin-1") if option else None
    role = (role_of(name) if name is not None else None) or CandidateType.PASSWORD
    if is_drawn(text, role, view.document.path, Stands.ALONE):
        yield Value(start, bare.end(), role, name)


def of_seed(view: View, start: int) -> Iterator[Value]:
    """What one-time passwords are made from."""
    found = _SEED.match(view.data, start)
    if found is not None:
        text = found.group().decode("ascii")
        if is_drawn(text, CandidateType.SECRET, view.document.path, Stands.QUOTED):
            yield Value(start, found.end(), CandidateType.SECRET, name_before(view.data, start))


def of_json_key(view: View, start: int) -> Iterator[Value]:
    """The private member of a JSON web key: `d`, or `k` of a symmetric one."""
    found = _JSON_KEY.match(view.data, start)
    if found is None or b"kty" not in view.data[max(0, start - _KEY_NEAR) : found.end() + _KEY_NEAR]:
        return
    text = found.group().decode("ascii")
    if is_drawn(text, CandidateType.KEY, view.document.path, Stands.QUOTED):
        yield Value(start, found.end(), CandidateType.KEY, name_before(view.data, start))


def of_pgpass(view: View, start: int) -> Iterator[Value]:
    """The last field of a line of PostgreSQL's password file."""
    if not posixpath.basename(view.document.path).endswith("pgpass"):
        return
    bare = _BARE.match(view.data, start)
    text = bare.group().decode("utf-8", "replace") if bare else ""
    if bare and is_drawn(text, CandidateType.PASSWORD, view.document.path, Stands.ALONE):
        yield Value(start, bare.end(), CandidateType.PASSWORD, None)


def of_crypt(view: View, start: int) -> Iterator[Value]:
    """The hash in a file of users, which can be guessed at without asking anyone."""
    if not _USERS.fullmatch(posixpath.basename(view.document.path)):
        return
    begin = view.data.rfind(b":", max(0, start - 16), start) + 1
    end = _HASH.match(view.data, begin)
    if begin and end is not None:
        yield Value(begin, end.end(), CandidateType.PASSWORD, None)
