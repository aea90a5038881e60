"""The environment this process was started with: what every command an agent starts inherits."""

import os
from collections.abc import Iterator, Mapping

from scopeaudit.model.document import Document
from scopeaudit.model.location import Source


def environment(variables: Mapping[str, str] | None = None) -> Iterator[Document]:
    """One document a variable, `env:NAME`, by name; of this process where `variables` is missing."""
    chosen = os.environ if variables is None else variables
    for name in sorted(chosen):
        data = chosen[name].encode("utf-8", "surrogateescape")
        yield Document(Source.ENVIRONMENT, f"env:{name}", data, name=name, size=len(data))
