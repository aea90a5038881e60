"""Everything in `rules/`, read once, typed, and kept compiled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scopeaudit.catalogue.compiled import digest_of, fingerprint_of, kept, text_of
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.errors import InvalidFileError

if TYPE_CHECKING:
    from scopeaudit.catalogue.operations import OperationCatalogue
    from scopeaudit.catalogue.provider import Provider

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


def _read_all(root: Path) -> dict[str, bytes]:
    """Path relative to the root, to content, in sorted order."""
    return {
        f"{room}/{path.name}": path.read_bytes()
        for room in _ROOMS
        for path in sorted((root / room).glob("*.yaml"))
    }


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
