"""A password that holds an `@` as it is ends at the last one: nothing of it is taken for the host."""

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.pipeline import detect_documents

RULES = load_rules()
FIRST, SECOND = expand("<alnum:9>", seed=61), expand("<alnum:11>", seed=62)


def gather(text):
    return detect_documents([Document(Source.TREE, ".env", text.encode())], RULES)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "redis", "mongodb+srv", "amqp"])
@pytest.mark.parametrize("between", ["@", "@x@", ":@", "@x:"])
def test_the_host_begins_behind_the_last_at(scheme, between):
    found = gather(f"DATABASE_URL={scheme}://app:{FIRST}{between}{SECOND}@db.internal.corp/orders\n")
    (held,) = found.credentials
    assert dict(held.credential.context)["host"] == "db.internal.corp"
    assert held.secret.reveal() == f"{FIRST}{between}{SECOND}"


@pytest.mark.parametrize("between", ["@a/", "@a#", "@a?", "@a/b/"])
def test_where_no_host_can_be_told_there_is_a_gap_and_no_host(between):
    found = gather(f"DATABASE_URL=postgresql://app:{FIRST}{between}{SECOND}@db.internal.corp/orders\n")
    assert found.credentials == ()
    assert [gap.why for gap in found.gaps] == ["found without its host"]


def test_two_addresses_on_a_line_are_two():
    one = f"postgresql://app:{FIRST}@one.internal.corp/orders"
    other = f"postgresql://app:{SECOND}@two.internal.corp/orders?application_name=me@corp"
    found = gather(f"HOSTS={one},{other}\n")
    assert [dict(each.credential.context)["host"] for each in found.credentials] == [
        "one.internal.corp",
        "two.internal.corp",
    ]
