"""`explain` with a report: what a finding rests on."""

import copy
import json
import os
from functools import reduce

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.cli import report_file
from scopeaudit.cli.explain_finding import about_finding, findings_called
from scopeaudit.model.errors import UsageError


@pytest.fixture
def report(program, folder, tmp_path):
    """A report with one credential that nothing was asked about."""
    (folder / ".env").write_text(expand("RAILWAY_API_TOKEN=<uuid>\n"))
    path = tmp_path / "report.json"
    program("scan", str(folder), "--offline", "--source", "tree", "--agent", "any", "--output", str(path))
    return path


def test_a_finding_is_explained_by_its_evidence(program, report):
    fingerprint = json.loads(report.read_text())["findings"][0]["fingerprint"]
    result = program("explain", fingerprint[:8], "--report", str(report))
    assert (result.returncode, result.stderr) == (0, "")
    text = " ".join(result.stdout.split())
    for words in (
        fingerprint,
        "unverified-authority",
        "documented:",
        "cannot be undone",
        "https://",
        "any: read-tool, shell",
    ):
        assert words in text


def test_all_findings_of_a_credential_are_explained(program, report):
    result = program("explain", "c1", "--report", str(report))
    assert {each["rule"] for each in json.loads(report.read_text())["findings"]} <= {
        line.partition(":")[0] for line in result.stdout.splitlines()
    }


@pytest.mark.parametrize("subject", ["ffffff", "c9", "ab", ""])
def test_what_is_not_in_the_report_is_an_error_of_usage(program, report, subject):
    result = program("explain", subject, "--report", str(report))
    assert (result.returncode, "is no finding of the report" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"schema": "other/1"}',
        '{"schema": "scopeaudit/1"}',
        "[" * 100_000,
        '{"schema": "scopeaudit/1", "a": ' + "[" * 100_000,
        '{"schema": "\x1b[31m"}',
        "\x00",
    ],
    ids=["empty", "list", "object", "schema", "bare", "deep", "deep-inside", "escape", "null"],
)
def test_what_is_no_report_is_an_error_of_usage(program, tmp_path, content):
    (tmp_path / "r.json").write_text(content)
    result = program("explain", "c1", "--report", str(tmp_path / "r.json"))
    assert (result.returncode, "is no report" in result.stderr) == (2, True)
    assert "\x1b" not in result.stderr


NO_FINDING = {
    "rule": "excess-authority",
    "severity": "high",
    "fingerprint": "abcdef01" * 4,
    "credential": "c1",
    "message": "It is told.",
    "remedy": "Mend it.",
    "locations": [{"path": ".env", "line": 3, "commit": None}],
    "operations": [],
    "steps": [],
}
REPORT = {
    "schema": "scopeaudit/1",
    "credentials": [
        {
            "id": "c1",
            "provider": "railway",
            "kind": "account-token",
            "shown": "hidden",
            "job": None,
            "reach": [],
            "authority": {
                "state": "active",
                "requests": 0,
                "operations": {"granted": 1, "denied": 0, "unknown": 0},
                "known_by": [],
            },
        }
    ],
    "findings": [NO_FINDING],
    "suppressed": [],
    "accepted": [],
}


def with_value(path: tuple, value: object) -> dict:
    """The report with something else in one place."""
    changed = copy.deepcopy(REPORT)
    reduce(lambda inner, key: inner[key], path[:-1], changed)[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("findings",), None),
        (("findings",), {"0": {}}),
        (("findings", 0), "text"),
        (("findings", 0, "fingerprint"), 7),
        (("findings", 0, "rule"), ["a"]),
        (("findings", 0, "operations"), [{}]),
        (("findings", 0, "operations"), [{"id": 1}]),
        (("findings", 0, "locations"), [None]),
        (("findings", 0, "steps"), [{"credential": 1}]),
        (("credentials",), [{}]),
        (("credentials", 0, "authority"), None),
        (("credentials", 0, "reach"), [{"agent": "a"}]),
        (("suppressed",), [{"rule": "x"}]),
        (("accepted",), 3),
    ],
)
def test_a_report_of_other_types_is_an_error_of_usage(tmp_path, path, value):
    file = tmp_path / "r.json"
    file.write_text(json.dumps(REPORT))
    assert report_file.read_report(file).findings[0].rule == "excess-authority"
    file.write_text(json.dumps(with_value(path, value)))
    with pytest.raises(UsageError, match="is no report"):
        report_file.read_report(file)


def test_a_report_that_is_too_large_or_no_file_is_an_error_of_usage(tmp_path, monkeypatch):
    file = tmp_path / "r.json"
    file.write_text(json.dumps(REPORT))
    monkeypatch.setattr(report_file, "MAXIMUM_BYTES", 100)
    with pytest.raises(UsageError, match="larger than 100 bytes"):
        report_file.read_report(file)
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("pipe.json", "nowhere.json", "."):
        with pytest.raises(UsageError, match=r"no ordinary file|cannot be read"):
            report_file.read_report(tmp_path / name)


def read(tmp_path, document: dict) -> report_file.WrittenReport:
    (tmp_path / "r.json").write_text(json.dumps(document))
    return report_file.read_report(tmp_path / "r.json")


def test_the_beginning_of_two_fingerprints_names_both(tmp_path):
    other = {**NO_FINDING, "fingerprint": "abcdef02" * 4, "credential": None}
    report = read(tmp_path, with_value(("suppressed",), [other]))
    with pytest.raises(UsageError) as told:
        findings_called("abcdef", report)
    assert str(told.value) == (
        f"abcdef: is the beginning of 2 findings, {'abcdef01' * 4}, {'abcdef02' * 4}: write more of it"
    )
    assert [each.fingerprint for each in findings_called("ABCDEF02", report)] == ["abcdef02" * 4]


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        (("findings", 0, "fingerprint"), "frobnicate"),
        (("findings", 0, "rule"), "c1"),
        (("findings", 0, "fingerprint"), "\x1b[2Jx"),
    ],
)
def test_no_message_of_an_error_obeys_a_report(tmp_path, path, subject):
    report = read(tmp_path, with_value(path, "\x1b[2J\u202e"))
    with pytest.raises(UsageError) as told:
        about_finding(findings_called(subject, report)[0], report, load_rules())
    assert not any(each in str(told.value) for each in "\x1b\u202e")
    assert "\\x1b" in str(told.value)


def test_no_field_of_a_report_acts_on_the_terminal(program, report, tmp_path):
    evil = "a\x1b[31m\r\nb\u202ec"

    def poisoned(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: each if key in ("schema", "rule", "credential") else poisoned(each)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [poisoned(each) for each in value]
        return evil if isinstance(value, str) else value

    hostile = poisoned(json.loads(report.read_text()))
    for each in hostile["credentials"]:
        each["id"] = "c1"
    (tmp_path / "r.json").write_text(json.dumps(hostile))
    result = program("explain", "c1", "--report", str(tmp_path / "r.json"))
    assert (result.returncode, result.stderr) == (0, "")
    assert not any(each in result.stdout for each in "\x1b\r\u202e")
    assert result.stdout.count("a\\x1b[31m") > 20


def test_the_way_in_steps_is_told(tmp_path):
    steps = [
        {
            "credential": "c1",
            "kind": "Railway account token",
            "operation": "variables",
            "does": "reveals a key",
        },
        {"credential": None, "kind": "Store key", "operation": "objectDelete", "does": "destroys the copies"},
    ]
    report = read(tmp_path, with_value(("findings", 0, "steps"), steps))
    assert about_finding(report.findings[0], report, load_rules())["way"] == [
        "Railway account token c1: variables, which reveals a key",
        "Store key gained so: objectDelete, which destroys the copies",
    ]
