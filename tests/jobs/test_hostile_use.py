"""What a folder holds makes reading what it uses take no more than its length."""

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.jobs.use.source.tokens import tokenize
from scopeaudit.jobs.use.text import Kind
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from tests.pace import within

RULES = load_rules()
SECONDS = 5
"""Of the processor; looking at every use for every field takes 45."""


def test_many_uses_and_many_fields_are_not_multiplied() -> None:
    reader = UseReader(RULES, None)
    for number in range(4):
        calls = "".join(f"gh api repos/a/b{line}\n" for line in range(5_000))
        reader.take(Document(Source.TREE, f"{number}.sh", calls.encode()))
        reader.take(Document(Source.TREE, f"{number}.graphql", b"query a {x}\n" * 5_000))
    with within(SECONDS):
        assert len(reader.uses()) == 20_000


@pytest.mark.parametrize("opened", ["%q(", "%w[", "%Q(", "%i["])
def test_words_that_are_never_closed_are_not_looked_for_to_the_end(opened: str) -> None:
    with within(SECONDS):
        tokenize(opened * (500_000 // len(opened)), Kind.RUBY)
