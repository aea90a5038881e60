"""Everything in `rules/`, read once, typed, and kept compiled."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from scopeaudit import __version__
from scopeaudit.catalogue import cache as store
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.errors import InvalidFileError

if TYPE_CHECKING:
    from scopeaudit.catalogue.operations import OperationCatalogue
    from scopeaudit.catalogue.provider import Provider

T = TypeVar("T")

_ROOMS = ("providers", "findings")


@cache
def rules_directory() -> Path:
    """The directory that holds the rules: inside an installed package, else the checkout's."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_rules"
    return shipped if shipped.is_dir() else package.parents[1] / "rules"


@dataclass(frozen=True, slots=True)
class _Compiled:
    digest: str
    providers: dict[str, msgspec.Raw]
    findings: tuple[FindingRule, ...]


class Providers(Mapping[str, "Provider"]):
    """Every provider by id, sorted; each is decoded when it is first asked for."""

    def __init__(self, encoded: Mapping[str, msgspec.Raw]) -> None:
        self._encoded = encoded
        self._decoded: dict[str, Provider] = {}

    def __getitem__(self, provider_id: str) -> "Provider":
        if provider_id not in self._decoded:
            from scopeaudit.catalogue.provider import Provider

            self._decoded[provider_id] = msgspec.msgpack.decode(self._encoded[provider_id], type=Provider)
        return self._decoded[provider_id]

    def __contains__(self, provider_id: object) -> bool:
        return provider_id in self._encoded

    def __iter__(self) -> Iterator[str]:
        return iter(self._encoded)

    def __len__(self) -> int:
        return len(self._encoded)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one run."""

    directory: Path
    providers: "Mapping[str, Provider]"
    findings: Mapping[str, FindingRule]
    digest: str
    """Hex digest of everything providers and finding rules were read from."""
    cache: Path | None
    _operations: "dict[str, OperationCatalogue]" = field(default_factory=dict)

    def operations(self, provider_id: str) -> "OperationCatalogue":
        """Every operation of a provider, read when first asked for.

        Raises:
            InvalidFileError: if a file is wrong.
        """
        if provider_id not in self._operations:
            from scopeaudit.catalogue.load_operations import load_operations

            self._operations[provider_id] = load_operations(
                self.directory, self.providers[provider_id], self.cache
            )
        return self._operations[provider_id]


def load_rules(directory: Path | None = None, *, cache_in: Path | None = None) -> Rules:
    """The rules in `directory`, the shipped ones where missing; `cache_in` keeps compiled forms.

    Raises:
        InvalidFileError: with every problem of every file.
    """
    root = directory or rules_directory()
    name = f"rules-{fingerprint_of(root, _ROOMS)}.msgpack"
    compiled = kept(cache_in, name, _Compiled, lambda: _compile(_read_all(root)))
    return Rules(
        directory=root,
        providers=Providers(compiled.providers),
        findings={rule.id: rule for rule in compiled.findings},
        digest=compiled.digest,
        cache=cache_in,
    )


def fingerprint_of(root: Path, rooms: Iterable[str]) -> str:
    """What tells whether a file of the rooms was added, removed or written since, without reading any."""
    digest = hashlib.blake2b(f"{__version__}\0{root}\0".encode(), digest_size=16)
    for room in rooms:
        if not (root / room).is_dir():
            continue
        with os.scandir(root / room) as listing:
            for entry in sorted(listing, key=lambda entry: entry.name):
                status = entry.stat()
                digest.update(f"{entry.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _read_all(root: Path) -> dict[str, bytes]:
    """Path relative to the root, to content, in sorted order."""
    return {
        f"{room}/{path.name}": path.read_bytes()
        for room in _ROOMS
        for path in sorted((root / room).glob("*.yaml"))
    }


def digest_of(sources: Mapping[str, bytes]) -> str:
    """Hex digest of files, by name and content."""
    digest = hashlib.blake2b(f"{__version__}\0".encode(), digest_size=16)
    for name, content in sources.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _compile(sources: Mapping[str, bytes]) -> _Compiled:
    from scopeaudit.catalogue.provider import Provider

    problems: list[str] = []
    providers: list[Provider] = []
    findings: list[FindingRule] = []
    for name, content in sources.items():
        try:
            if name.startswith("providers/"):
                providers.append(decode(text_of(content, name), f"rules/{name}", Provider))
            else:
                findings.append(decode(text_of(content, name), f"rules/{name}", FindingRule))
        except InvalidFileError as error:
            problems.extend(error.problems)
    for name, identity in zip(sources, [*(p.id for p in providers), *(f.id for f in findings)], strict=False):
        if not problems and Path(name).stem != identity:
            problems.append(f"rules/{name}:1: id: is {identity!r}, but the file's name says otherwise")
    if problems:
        raise InvalidFileError(tuple(problems))
    encoded = {each.id: msgspec.Raw(msgspec.msgpack.encode(each)) for each in providers}
    return _Compiled(digest=digest_of(sources), providers=encoded, findings=tuple(findings))


def text_of(content: bytes, name: str) -> str:
    """The text of a file of the rules.

    Raises:
        InvalidFileError: if it is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidFileError((f"rules/{name}:1: is not UTF-8",)) from None


def kept(directory: Path | None, name: str, kind: type[T], build: Callable[[], T]) -> T:
    """What is kept under a name that says what it depends on, else what `build` gives, kept from then on."""
    found = _cached(directory, name, kind)
    if found is None:
        found = build()
        _keep(directory, name, found)
    return found


def _cached(directory: Path | None, name: str, kind: type[T]) -> T | None:
    if directory is None or (payload := store.read_entry(directory, name)) is None:
        return None
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _keep(directory: Path | None, name: str, value: object) -> None:
    if directory is not None:
        store.write_entry(directory, name, msgspec.msgpack.encode(value))
