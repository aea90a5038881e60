"""Every format by name, and which one a file's name asks for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import Report
from scopeaudit.report import json_format, sarif, terminal


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


FORMATS: Mapping[str, Render] = MappingProxyType(
    {"terminal": terminal.render, "json": json_format.render, "sarif": sarif.render}
)
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
