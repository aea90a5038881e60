"""Documents through inspection, gathering and merging, in the order in which a run takes them."""

from collections.abc import Iterable

from scopeaudit.catalogue.provider import Kind
from scopeaudit.detect.credentials import Gathering, gaps, merge
from scopeaudit.detect.detect import build_engine
from scopeaudit.detect.inspection import Inspector
from scopeaudit.detect.plan import plan
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap
from scopeaudit.model.location import Source
from scopeaudit.model.secret import HeldCredential


class Gatherer:
    """A run over kinds of its own."""

    def __init__(self, kinds: Iterable[tuple[str, Kind]]) -> None:
        self._plan = plan(tuple(kinds))
        self._engine = build_engine(self._plan)

    def __call__(self, *documents: Document) -> tuple[tuple[HeldCredential, ...], tuple[Gap, ...]]:
        inspector = Inspector(self._plan, self._engine)
        gathering = Gathering()
        for document in documents:
            view = View(document)
            gathering.notice(view)
            for each in inspector.inspect(view, self._engine.ends(view.data)).everything():
                if each.sightings:
                    gathering.add(each.view, each.sightings)
        gathering.close()
        return merge(gathering.complete), gaps(gathering.incomplete, gathering.complete)


def file(path: str, text: str, source: Source = Source.TREE) -> Document:
    return Document(source, path, text.encode(), size=len(text.encode()))


def variable(name: str, value: str) -> Document:
    return Document(Source.ENVIRONMENT, f"env:{name}", value.encode(), name=name, size=len(value))
