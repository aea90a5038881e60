import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from report_samples import HOSTILE, INCIDENT, RULES, SAMPLES

from scopeaudit import __version__
from scopeaudit.model.finding import Finding, Severity
from scopeaudit.model.location import Location, Source
from scopeaudit.model.report import Report, ScanFacts
from scopeaudit.report.sarif import render

_STRUCTURE = json.loads((Path(__file__).parent / "sarif_structure.json").read_text(encoding="utf-8"))


def run_of(report: Report) -> dict:
    document = json.loads(render(report, rules=RULES))
    return document["runs"][0]


def located(*locations: Location) -> dict:
    finding = Finding("excess-authority", Severity.LOW, "ff", None, "m", "", locations)
    result = run_of(Report(ScanFacts(), (), (finding,)))["results"][0]
    return {key: result[key] for key in ("locations", "relatedLocations")}


def file(uri: str, **region: int) -> dict:
    place = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    return {"physicalLocation": place | ({"region": region} if region else {})}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_whole_log_is_as_expected(name, assert_expected):
    text = render(SAMPLES[name], rules=RULES)
    assert_expected(
        f"{name}.sarif", text.replace(f'"semanticVersion": "{__version__}"', '"semanticVersion": "0"')
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_the_log_has_the_structure_that_the_standard_asks_for(name):
    document = json.loads(render(SAMPLES[name], rules=RULES))
    assert [error.message for error in Draft202012Validator(_STRUCTURE).iter_errors(document)] == []


def test_every_finding_rule_is_listed_whether_it_fired_or_not():
    run = run_of(SAMPLES["empty"])
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(RULES)
    assert run["results"] == []


def test_every_result_points_at_its_rule():
    run = run_of(INCIDENT)
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]


def test_a_result_of_an_unlisted_rule_has_no_index():
    finding = Finding("made-up", Severity.HIGH, "ff", None, "m", "", ())
    result = run_of(Report(ScanFacts(), (), (finding,)))["results"][0]
    assert (result["ruleId"], "ruleIndex" in result) == ("made-up", False)


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.LOW, "note", "2.0"),
    ],
)
def test_level_and_score_follow_the_severity(severity, level, score):
    run = run_of(Report(ScanFacts(), (), (replace(INCIDENT.findings[0], severity=severity),)))
    result = run["results"][0]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert (result["level"], result["properties"]["security-severity"]) == (level, score)
    assert rule["properties"]["security-severity"] == score


def test_a_place_in_a_file_is_relative_and_counted_from_one():
    assert located(Location(Source.TREE, "a b/ü%.sh", 3, 7)) == {
        "locations": [file("a%20b/%C3%BC%25.sh", startLine=3, startColumn=7)],
        "relatedLocations": [],
    }


def test_a_name_that_is_not_utf_8_keeps_its_bytes():
    assert located(Location(Source.TREE, "x\udcff:y")) == {
        "locations": [file("x%FF%3Ay")],
        "relatedLocations": [],
    }


def test_a_place_outside_the_folder_is_shown_at_the_job_file():
    assert located(
        Location(Source.ENVIRONMENT, "env:GH_TOKEN"),
        Location(Source.AGENT, "~/.cursor/mcp.json", 4, 2),
        Location(Source.AGENT, ".mcp.json", 4, 2),
        Location(Source.HISTORY, "old.sh", 5, None, "abc123"),
    ) == {
        "locations": [file(".mcp.json", startLine=4, startColumn=2)],
        "relatedLocations": [
            {"id": 1, **file("old.sh", startLine=5), "properties": {"commit": "abc123"}},
            {
                "id": 2,
                **file("scopeaudit.yaml"),
                "logicalLocations": [{"fullyQualifiedName": "~/.cursor/mcp.json", "kind": "agent"}],
            },
            {
                "id": 3,
                **file("scopeaudit.yaml"),
                "logicalLocations": [{"fullyQualifiedName": "env:GH_TOKEN", "kind": "environment"}],
            },
        ],
    }


def test_a_finding_without_a_place_is_shown_at_the_job_file():
    assert located() == {"locations": [file("scopeaudit.yaml")], "relatedLocations": []}


def test_no_result_carries_a_snippet():
    assert '"snippet"' not in render(INCIDENT, rules=RULES)


def test_gaps_are_notifications():
    notifications = run_of(INCIDENT)["invocations"][0]["toolExecutionNotifications"]
    assert notifications[-1] == {
        "level": "warning",
        "descriptor": {"id": "gap/ask"},
        "message": {"text": "c2: role attributes: db.pocketos.example is not allowed to be asked"},
    }
    assert len(notifications) == 8


def test_a_message_holds_no_link_no_placeholder_and_no_hidden_character():
    text = run_of(HOSTILE)["results"][0]["message"]["text"]
    assert text.startswith(
        r"crosses a\x1b[31m\r\nb\u202ec\u200b[bold]d[/bold]\udcff\x9b {{0}} [x] (http://e.example)"
    )


def test_an_ignored_finding_is_a_suppressed_result():
    results = [each for each in run_of(replace(INCIDENT, accepted=()))["results"] if "suppressions" in each]
    assert [(each["ruleId"], each["suppressions"]) for each in results] == [
        (
            "unverified-authority",
            [
                {
                    "kind": "inSource",
                    "justification": "minting is switched off for this account, see OPS-1123",
                    "location": file("scripts/domains.sh", startLine=11, startColumn=1),
                }
            ],
        )
    ]


def test_an_accepted_finding_is_a_result_that_has_not_changed():
    [result] = [each for each in run_of(INCIDENT)["results"] if each.get("baselineState") == "unchanged"]
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "replaced with the next release, see OPS-1124",
        }
    ]
    assert {each.get("baselineState") for each in run_of(SAMPLES["clean"])["results"]} <= {None}


def test_candidates_are_notes_of_a_rule_of_their_own():
    run = run_of(replace(INCIDENT, findings=(), suppressed=(), accepted=()))
    rule = next(each for each in run["tool"]["driver"]["rules"] if each["id"] == "unknown-provider")
    assert rule["properties"]["security-severity"] == "2.0"
    assert {(each["ruleId"], each["level"]) for each in run["results"]} == {("unknown-provider", "note")}
    assert len({each["partialFingerprints"]["scopeaudit/v1"] for each in run["results"]}) == 12
    assert run["results"][0]["relatedLocations"] == [
        {"id": 1, **file("docker-compose.yml", startLine=30, startColumn=24)}
    ]


def test_candidates_of_one_name_in_one_file_are_told_apart():
    twins = tuple(
        replace(INCIDENT.candidates[0], id=f"p{number}", locations=(Location(Source.TREE, "a", number),))
        for number in (1, 2)
    )
    results = run_of(Report(ScanFacts(), candidates=twins))["results"]
    assert len({each["partialFingerprints"]["scopeaudit/v1"] for each in results}) == 2
