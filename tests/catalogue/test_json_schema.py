"""The published schemas are those of the types, and the shipped files fit them."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from scopeaudit.catalogue.agent import Agent
from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.catalogue.json_schema import schema_of
from scopeaudit.catalogue.operation_files import RequiresFile, TraitsFile
from scopeaudit.catalogue.provider import Provider
from scopeaudit.catalogue.rules import rules_directory
from scopeaudit.catalogue.server import KnownServer
from scopeaudit.catalogue.store import Store

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"
KINDS = {
    "agents": (Agent, "agent file"),
    "providers": (Provider, "provider file"),
    "servers": (KnownServer, "tool server file"),
    "stores": (Store, "store file"),
    "findings": (FindingRule, "finding rule"),
    "traits": (TraitsFile, "traits of operations"),
    "requires": (RequiresFile, "requirements of operations"),
}


class PlainLoader(yaml.SafeLoader):
    """Booleans only as `true` and `false`, as the program reads them."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first not in "yYnNoO"
}


@pytest.mark.parametrize("room", KINDS)
def test_the_published_schema_is_up_to_date(room):
    kind, title = KINDS[room]
    text = json.dumps(schema_of(kind, title=f"scopeaudit: {title}"), indent=1) + "\n"
    path = SCHEMAS / f"{room}.json"
    if os.environ.get("SCOPEAUDIT_REGENERATE"):
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("room", KINDS)
def test_every_shipped_file_fits_it(room):
    schema = json.loads((SCHEMAS / f"{room}.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for path in sorted((rules_directory() / room).glob("*.yaml")):
        document = yaml.load(path.read_text(), PlainLoader)
        assert [error.message for error in validator.iter_errors(document)] == [], path.name


def test_an_unknown_key_does_not_fit():
    schema = schema_of(FindingRule, title="t")
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate({"id": "x", "colour": "red"}, schema)
