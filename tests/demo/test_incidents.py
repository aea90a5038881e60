"""Every incident ends in the findings it must, and its twin in none."""

from pathlib import Path

import pytest
import yaml

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.demo.incident import incidents_directory, load_incident, replay
from scopeaudit.model.location import Source
from scopeaudit.pipeline import ScanOptions, now, scan
from tests.demo.surroundings import surrounding

NAMES = sorted(path.name for path in incidents_directory().iterdir())


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)


def replayed(name: str, rules, folder: Path, *, twin: bool):
    incident = load_incident(name)
    if "railway" in incident.description.stand_ins:
        return replay(incident, rules, twin=twin, seed=1)
    secrets = incident.secrets(1)
    with surrounding(incident, rules, secrets) as found:
        incident.write_checkout(folder, found.values, twin=twin)
        asking = AskOptions(
            endpoints=parse_endpoints(found.endpoints, rules.providers), remember=False, now=now()
        )
        return scan(ScanOptions(root=folder, sources=(Source.TREE,), ask=asking), rules)


@pytest.mark.parametrize("name", NAMES)
def test_an_incident_ends_in_its_findings(name, rules, tmp_path):
    report = replayed(name, rules, tmp_path / "checkout", twin=False)
    expected = yaml.safe_load((incidents_directory() / name / "expected.yaml").read_text())["findings"]
    found = {finding.rule: finding.severity.value for finding in report.findings}
    assert {rule: found.get(rule) for rule in expected} == expected


@pytest.mark.parametrize("name", NAMES)
def test_its_twin_is_clean(name, rules, tmp_path):
    report = replayed(name, rules, tmp_path / "checkout", twin=True)
    assert [(finding.rule, finding.severity, finding.message) for finding in report.findings] == []
    assert len(report.credentials) == 1
