"""Every format by name, and which one a file's name asks for."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.errors import UsageError
from scopeaudit.model.report import Report


class Render(Protocol):
    """Turns a report into text. Writes nothing, reads nothing but its arguments."""

    def __call__(
        self,
        report: Report,
        *,
        rules: Mapping[str, FindingRule],
        providers: Mapping[str, str] = ...,
        width: int,
        colour: bool,
        all_candidates: bool = ...,
    ) -> str:
        """The whole text, with a final newline.

        `rules` are all finding rules by id, `providers` the names of providers by id. `width` in
        cells, `colour` and `all_candidates` concern a terminal alone.
        """
        ...


_MODULES = MappingProxyType({"terminal": "terminal", "json": "json_format", "sarif": "sarif"})


class _Formats(Mapping[str, Render]):
    """Imports a format when it is asked for: most runs write one."""

    def __getitem__(self, name: str) -> Render:
        return cast("Render", import_module(f"{__package__}.{_MODULES[name]}").render)

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


FORMATS: Mapping[str, Render] = _Formats()
"""By the name that `--format` takes."""

_ENDINGS = {".txt": "terminal", ".json": "json", ".sarif": "sarif", ".sarif.json": "sarif"}


def format_for(path_or_name: str) -> str:
    """The name of the format: the argument itself if it is one, else the one its ending asks for.

    Raises:
        UsageError: it is neither.
    """
    if path_or_name in FORMATS:
        return path_or_name
    lower = path_or_name.lower()
    fitting = [ending for ending in _ENDINGS if lower.endswith(ending)]
    if not fitting:
        raise UsageError(
            f"{path_or_name!a}: no such format; name one of {', '.join(sorted(FORMATS))},"
            f" or a file that ends in {', '.join(sorted(_ENDINGS))}"
        )
    return _ENDINGS[max(fitting, key=len)]
