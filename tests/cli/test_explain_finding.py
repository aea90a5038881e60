"""`explain` with a report: what a finding rests on."""

import json

import pytest

from scopeaudit.catalogue.templates import expand


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


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": "other/1"}', "[" * 100_000])
def test_what_is_no_report_is_an_error_of_usage(program, tmp_path, content):
    (tmp_path / "r.json").write_text(content)
    result = program("explain", "c1", "--report", str(tmp_path / "r.json"))
    assert (result.returncode, "is no report" in result.stderr) == (2, True)


def test_words_of_a_hostile_report_obey_no_terminal(program, report, tmp_path):
    hostile = json.loads(report.read_text())
    hostile["findings"][0]["message"] = "a\x1b[31m\r\nb\u202ec"
    (tmp_path / "r.json").write_text(json.dumps(hostile))
    result = program("explain", "c1", "--report", str(tmp_path / "r.json"))
    assert not any(each in result.stdout for each in "\x1b\r\u202e")
