"""Every source of documents by name. One reader a source; a new source is one module and one entry."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Source
from scopeaudit.reach.environment import environment
from scopeaudit.reach.staged import staged
from scopeaudit.reach.standard_input import standard_input
from scopeaudit.reach.tree import tree

Reader = Callable[[Path], Iterator[Document | Gap]]
"""From the scanned folder or file to its documents, in a fixed order, and what could not be read."""


def _environment(root: Path) -> Iterator[Document | Gap]:
    del root
    yield from environment()


def _input(root: Path) -> Iterator[Document | Gap]:
    del root
    yield from standard_input()


READERS: Mapping[Source, Reader] = {
    Source.TREE: tree,
    Source.STAGED: staged,
    Source.ENVIRONMENT: _environment,
    Source.INPUT: _input,
}


def read(root: Path, sources: Iterable[Source]) -> Iterator[Document | Gap]:
    """The documents of the sources, in the order of `READERS`.

    Raises:
        KeyError: for a source that has no reader; ask `READERS` first.
        UsageError: if there is no such file or folder.
    """
    chosen = set(sources)
    for source in chosen - READERS.keys():
        raise KeyError(source)
    for source, reader in READERS.items():
        if source in chosen:
            yield from reader(root)
