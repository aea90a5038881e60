"""The published schemas of job files and policies are those of the types, and right files fit them."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from scopeaudit.jobs.raw import RawFile
from scopeaudit.jobs.schema import EXPLAINED, job_file_schema, policy_schema
from tests.catalogue.test_json_schema import PlainLoader
from tests.jobs.test_extending import BASE, CHILD
from tests.jobs.test_job_files import COMPLETE
from tests.jobs.test_policy import COMPLETE as POLICY

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {"jobs": job_file_schema, "policy": policy_schema}


def validator(room):
    return jsonschema.Draft202012Validator(SCHEMAS[room]())


def wrong(room, text):
    return [error.message for error in validator(room).iter_errors(yaml.load(text, PlainLoader))]


@pytest.mark.parametrize("room", SCHEMAS)
def test_the_published_schema_is_up_to_date(room):
    text = json.dumps(SCHEMAS[room](), indent=1) + "\n"
    path = ROOT / "docs" / "schema" / f"{room}.json"
    if os.environ.get("SCOPEAUDIT_REGENERATE"):
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("text", [COMPLETE, BASE, CHILD, (ROOT / "scopeaudit.yaml").read_text()])
def test_a_right_job_file_fits(text):
    assert wrong("jobs", text) == []


def test_a_right_policy_fits():
    assert wrong("policy", POLICY) == []


@pytest.mark.parametrize(
    ("room", "text"),
    [
        ("jobs", "jobs: {}\n"),
        ("jobs", "version: 2\n"),
        ("jobs", "version: 1\nextends: https://evil.example/a.yaml\n"),
        ("jobs", "version: 1\nextends: /etc/a.yaml\n"),
        ("jobs", "version: 1\njobs: {a: {alow: []}}\n"),
        ("jobs", "version: 1\njobs: {a: {allow: effect:read}}\n"),
        ("jobs", "version: 1\njobs: {a: {allow: [], credentials: [{}]}}\n"),
        ("jobs", "version: 1\nrecovery: [{protects: {provider: aws}, copies: []}]\n"),
        ("policy", "deny: []\n"),
        ("policy", "version: 1\nrequire: [ownr]\n"),
        ("policy", "version: 1\nfail-on: never\n"),
        ("policy", "version: 1\nmax-expiry-days: 0\n"),
    ],
)
def test_a_wrong_file_does_not_fit(room, text):
    assert len(wrong(room, text)) == 1


def test_every_key_is_explained():
    schema = job_file_schema()
    assert schema["$ref"] == "#/$defs/File"
    assert set(schema["$defs"]["File"]["properties"]) == set(EXPLAINED[RawFile.__name__])
    assert all(
        each["description"] for part in schema["$defs"].values() for each in part["properties"].values()
    )
