import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report_samples import HOSTILE, INCIDENT, SAMPLES

from scopeaudit.model import authority, candidate, context, finding, gap, location
from scopeaudit.model import operation as traits
from scopeaudit.report.json_format import SCHEMA, render
from scopeaudit.report.json_text import json_text

_SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "schema" / "scopeaudit-1.json"


@pytest.fixture
def schema():
    return json.loads(_SCHEMA_FILE.read_text(encoding="utf-8"))


def closed(schema):
    """The schema with every field it does not describe forbidden, and every one it describes required."""
    schema = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, dict):
            if "properties" in node:
                assert set(node["required"]) == set(node["properties"]), node.get("description")
                node["additionalProperties"] = False
            for each in node.values():
                close(each)
        elif isinstance(node, list):
            for each in node:
                close(each)

    close(schema)
    return schema


@pytest.mark.parametrize("name", SAMPLES)
def test_the_whole_report_is_as_expected(name, assert_expected):
    assert_expected(f"{name}.json", render(SAMPLES[name]))


def test_the_schema_is_a_valid_schema(schema):
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_schema_describes_every_field_and_no_other(name, schema):
    document = json.loads(render(SAMPLES[name]))
    errors = [error.message for error in Draft202012Validator(closed(schema)).iter_errors(document)]
    assert errors == []


def test_the_schema_allows_fields_to_be_added(schema):
    document = json.loads(render(INCIDENT)) | {"added": 1}
    Draft202012Validator(schema).validate(document)


def test_the_schema_names_every_choice_of_the_model(schema):
    parts = schema["$defs"]
    of_operation = parts["operation"]["properties"]
    assert {
        "severity": parts["severity"]["enum"],
        "verdict": parts["verdict"]["enum"],
        "evidence": parts["evidence"]["enum"],
        "source": parts["location"]["properties"]["source"]["enum"],
        "state": parts["authority"]["properties"]["state"]["enum"],
        "effect": of_operation["effect"]["enum"],
        "touches": of_operation["touches"]["items"]["enum"],
        "reversible": of_operation["reversible"]["enum"],
        "gate": of_operation["gate"]["enum"],
        "stage": parts["gap"]["properties"]["stage"]["enum"],
        "candidate": parts["candidate"]["properties"]["type"]["enum"],
        "way": parts["way"]["enum"],
        "strength": parts["strength"]["enum"],
        "schema": schema["properties"]["schema"]["const"],
    } == {
        "severity": list(finding.Severity),
        "verdict": list(authority.Verdict),
        "evidence": list(authority.EvidenceKind),
        "source": list(location.Source),
        "state": list(authority.State),
        "effect": list(traits.Effect),
        "touches": list(traits.Touches),
        "reversible": list(traits.Reversible),
        "gate": list(traits.Gate),
        "stage": list(gap.Stage),
        "candidate": list(candidate.CandidateType),
        "way": list(context.Way),
        "strength": list(context.Strength),
        "schema": SCHEMA,
    }


def test_operations_are_counted_by_their_overall_verdict():
    document = json.loads(render(INCIDENT))
    counts = [each["authority"]["operations"] for each in document["credentials"]]
    assert counts == [
        {"granted": 183, "denied": 1, "unknown": 2},
        {"granted": 0, "denied": 0, "unknown": 2},
        {"granted": 1, "denied": 0, "unknown": 0},
    ]


def test_the_order_of_the_input_changes_no_byte():
    turned = replace(
        INCIDENT,
        credentials=INCIDENT.credentials[::-1],
        findings=INCIDENT.findings[::-1],
        gaps=INCIDENT.gaps[::-1],
        candidates=INCIDENT.candidates[::-1],
        suppressed=INCIDENT.suppressed[::-1],
        accepted=INCIDENT.accepted[::-1],
        gone=INCIDENT.gone[::-1],
    )
    assert render(turned) == render(INCIDENT)


def test_an_ignored_finding_has_all_that_a_finding_has_and_counts_nowhere_else():
    document = json.loads(render(INCIDENT))
    (ignored,) = document["suppressed"]
    assert set(ignored) == {*document["findings"][0], "ignored_by"}
    assert document["summary"]["high"] == sum(each["severity"] == "high" for each in document["findings"])
    assert ignored["fingerprint"] not in {each["fingerprint"] for each in document["findings"]}


def test_names_come_back_as_they_were_but_for_lone_surrogates():
    path = json.loads(render(HOSTILE))["credentials"][0]["locations"][0]["path"]
    assert path == "a\x1b[31m\r\nb\u202ec\u200b[bold]d[/bold]\\udcff\x9b/[x](http://e.example)"


@given(st.text(alphabet=st.characters()))
def test_every_text_is_written_in_printable_ascii(text):
    written = json_text({"text": text})
    assert written.isascii()
    assert written.replace("\n", "").isprintable()
    expected = "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert json.loads(written) == {"text": expected}
