"""The environment as documents."""

from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.reach.environment import environment


def test_each_variable_is_one_document_by_name() -> None:
    assert list(environment({"B": "2", "A": "\udcffx"})) == [
        Document(Source.ENVIRONMENT, "env:A", b"\xffx", name="A", size=2),
        Document(Source.ENVIRONMENT, "env:B", b"2", name="B", size=1),
    ]


def test_no_variable_gives_no_document() -> None:
    assert list(environment({})) == []
