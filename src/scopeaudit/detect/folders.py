"""Companions in other files of a folder: a key id in `.env`, its secret in `.env.local`.

Small configuration files are kept until all documents were read. A value of one belongs to a credential in
another file of the same folder, or of one directly above or below, if its name is one of the companion's, if
neither name, section nor file says that the two are of different profiles, and if nothing else fits. Files of
one source belong together, and the environment to none: nobody's files say where another's password is sent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from scopeaudit.catalogue.provider import Companion
from scopeaudit.detect.companions import Neighbour, named, words
from scopeaudit.detect.names import hint, is_named, normal
from scopeaudit.detect.plan import KnownKind
from scopeaudit.detect.sighting import Sighting, speaks
from scopeaudit.detect.structure import Assigned
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

FILE_BYTES = 32 << 10
"""Larger files are not kept."""
TOTAL_BYTES = 8 << 20
"""What is kept in all; once more, whoever misses something is told so."""
_READ_BYTES = 1 << 20
"""What is read around one folder."""
_VALUES_LIMIT = 16
"""Different values of one companion in one file; more would tell nothing."""
_TELLING_WORDS = 3
_NAME_CHARACTERS = 255
_WORD = re.compile("[a-z0-9]+")
_CONFIGURATION = re.compile(
    r"\.env.*|.*\.(?:env|envrc|tfvars|tfvars\.json|properties|ini|cfg|conf|cnf|toml)|credentials"
    r"|.*(?:env|conf|config|settings?|secrets?|credentials?|variables?|vars|values|application|database|compose"
    r"|local|override|auth).*\.(?:json5?|ya?ml|tf|py|[cm]?[jt]s|rb|php|xml|sh|hcl|exs)"
)
_IN_CONFIGURATION = re.compile(
    r"(?:config|conf|settings|secrets|credentials|env|environments|vars|group_vars)/.*"
    r"\.(?:json5?|ya?ml|py|[cm]?[jt]s|rb|php|xml|exs)"
)
_EXAMPLE = re.compile(r".*[._-](?:example|sample|template|dist|tpl|tmpl|defaults)(?:[._-][^/]*)?")
_ENDING = re.compile(
    r"\.(?:json5?|ya?ml|tf|py|[cm]?[jt]sx?|rb|php|xml|sh|hcl|exs|env|envrc|tfvars|toml|ini|cfg|conf|txt|md)(?![a-z0-9])"
)
_NEUTRAL_TEXT = """
env environment environments local override overrides secret secrets credential credentials config conf
configuration settings setting docker compose terraform variables variable vars var values value
application app database databases db default base common shared main index deploy sid private public
client auth data services service provider providers locals string stringdata connections connection
properties rc
"""
_NEUTRAL = frozenset(_NEUTRAL_TEXT.split())
"""Words of names and files that do not tell one profile from another."""
_STRUCTURE_TEXT = """
env environment environments variable variables vars var values data string stringdata services provider
providers locals config configuration settings secrets credentials connection connections properties
"""
_STRUCTURE = frozenset(_STRUCTURE_TEXT.split())
"""The same for sections: `default` and `main` are profiles."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What tells credentials of one purpose from those of another, each where it says anything."""

    name: frozenset[str]
    section: frozenset[str]
    file: frozenset[str]

    def agrees(self, other: "Profile") -> bool:
        """Whether both can be of one purpose: names say the same; sections and files no different thing."""
        if self.name != other.name:
            return False
        return all(
            not mine or not theirs or mine == theirs
            for mine, theirs in ((self.section, other.section), (self.file, other.file))
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a companion in a configuration file."""

    neighbour: Neighbour
    path: str
    remote: bool
    """Whether it stands in a folder above or below."""
    profile: Profile
    tells: bool | None
    """Whether its name says by itself whose it is; `None` if it does beside an id that says no more."""


@dataclass(slots=True)
class Folders:
    """Configuration files of every folder."""

    full: bool = False
    """Whether some were not kept, or not read."""
    _views: dict[tuple[Source, str], list[View]] = field(default_factory=dict)
    _below: dict[tuple[Source, str], set[str]] = field(default_factory=dict)
    _bytes: int = 0
    _around: dict[tuple[Source, str, int, str], list[Found]] = field(default_factory=dict)

    def keep(self, view: View) -> None:
        """Keep a document if it is a small configuration file."""
        document = view.document
        if not _is_kept(document, len(view.data), view.path):
            return
        if self._bytes + len(view.data) > TOTAL_BYTES:
            self.full = True
            return
        self._bytes += len(view.data)
        folder = _folder(document.path)
        self._views.setdefault((document.source, folder), []).append(view)
        if folder:
            self._below.setdefault((document.source, _folder(folder)), set()).add(folder)

    def companions(self, sighting: Sighting, scope: tuple[str, ...], companion: Companion) -> list[Found]:
        """Values of other files that can be a companion of what was seen under `scope`.

        Those of its own folder; if there are none, those of the folders directly above and below.
        """
        place = sighting.location
        if place.line is None or place.commit is not None or not companion.names:
            return []
        mine = _profile(sighting.known, place.name, scope, place.path, deep=False)
        deep = _profile(sighting.known, place.name, scope, place.path, deep=True)
        known = sighting.known
        called = sighting.is_called or any(
            speaks(known.provider, known.kind.keywords, each) for each in scope
        )
        plain = place.name is not None and not called
        found = [
            each
            for each in self._values(place.source, _folder(place.path), known, companion)
            if each.path != place.path
            and (each.tells or (each.tells is None and plain))
            and each.profile.agrees(deep if len(_folder(each.path)) < len(_folder(place.path)) else mine)
        ]
        return [each for each in found if not each.remote] or found

    def _values(self, source: Source, folder: str, known: KnownKind, companion: Companion) -> list[Found]:
        """All of them in a folder and those next to it, each once a file."""
        key = (source, folder, known.order, companion.name)
        if key not in self._around:
            self._around[key] = list(self._read(source, folder, known, companion))
        return self._around[key]

    def _read(self, source: Source, folder: str, known: KnownKind, companion: Companion) -> Iterator[Found]:
        next_to = {_folder(folder)} if folder else set()
        total = 0
        for each in (folder, *sorted(next_to | self._below.get((source, folder), set()))):
            for view in sorted(self._views.get((source, each), ()), key=lambda view: view.document.path):
                if not hint(companion.names).search(view.data):
                    continue
                total += len(view.data)
                if total > _READ_BYTES:
                    self.full = True
                    return
                yield from _in_file(
                    view, known, companion, remote=each != folder, deep=len(each) > len(folder)
                )


def _in_file(
    view: View, known: KnownKind, companion: Companion, *, remote: bool, deep: bool
) -> Iterator[Found]:
    seen: set[tuple[str, Profile]] = set()
    path = view.document.path
    for each in named(view, 0, view.data.decode("latin-1"), companion):
        profile = _profile(known, each.name, each.scope, path, deep=deep)
        if (each.value, profile) not in seen:
            seen.add((each.value, profile))
            yield Found(each, path, remote, profile, _tells(known, companion, each))
        if len(seen) == _VALUES_LIMIT:
            return


def _tells(known: KnownKind, companion: Companion, found: Neighbour) -> bool | None:
    """Whether a name says whose it is: it names the provider, or is long enough to be of one kind.

    `SESSION_SECRET` and `SECRET_KEY` are of any program. What is only shown may be anyone's.
    """
    names = Assigned(found.name, found.scope).names
    if companion.show or any(speaks(known.provider, known.kind.keywords, name) for name in names):
        return True
    globs = [glob for glob in companion.names if is_named(names, (glob,))]
    if any(len(_WORD.findall(normal(glob))) >= _TELLING_WORDS for glob in globs):
        return True
    return None if any("*" not in glob or len(_WORD.findall(normal(glob))) > 1 for glob in globs) else False


def _is_kept(document: Document, length: int, path: str) -> bool:
    if document.name is not None or document.commit is not None or document.pieces:
        return False
    if document.own is not None and document.own != (0, length):
        return False
    base = path.rpartition("/")[2]
    if length > FILE_BYTES or len(base) > _NAME_CHARACTERS or _EXAMPLE.fullmatch(base):
        return False
    if _CONFIGURATION.fullmatch(base):
        return True
    return _IN_CONFIGURATION.fullmatch("/".join(path.split("/")[-2:])) is not None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


@lru_cache(maxsize=8192)
def _profile(
    known: KnownKind,
    name: str | None,
    scope: tuple[str, ...],
    path: str,
    *,
    deep: bool,
) -> Profile:
    """What name, section and file say, apart from words of the kind; of a deeper file its folder too."""
    own = _words_of(known) | {""}
    folder, _, base = path.rpartition("/")
    file = words(_ENDING.sub(" ", base.lower())) | (words(folder.rpartition("/")[2]) if deep else frozenset())
    section = frozenset().union(*map(words, scope))
    return Profile(words(name or "") - _NEUTRAL - own, section - _STRUCTURE - own, file - _NEUTRAL - own)


@lru_cache(maxsize=1024)
def _words_of(known: KnownKind) -> frozenset[str]:
    """Words by which provider files speak of the kind."""
    kind = known.kind
    globs = [*kind.names, *(name for each in kind.companions for name in each.names)]
    texts = (known.provider, *kind.keywords, *(re.sub(r"[*?\[\]]", "_", glob) for glob in globs))
    return frozenset(word for text in texts for word in words(text) if word)
