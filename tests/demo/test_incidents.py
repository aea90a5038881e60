"""Every incident ends in the findings it must, and its twin, the same credential made right, in none.

`expected.yaml` names all findings of an incident, each with operations and the resources they act on, and
what the credential of the twin must still do and must do no more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.options import AskOptions
from scopeaudit.catalogue.decode import decode
from scopeaudit.catalogue.rules import Rules, load_rules
from scopeaudit.demo.incident import incidents_directory, load_incident, replay
from scopeaudit.model.authority import Verdict
from scopeaudit.model.finding import Finding
from scopeaudit.model.location import Source
from scopeaudit.model.report import Report
from scopeaudit.pipeline import ScanOptions, now, scan
from tests.demo.surroundings import surrounding

NAMES = sorted(path.name for path in incidents_directory().iterdir())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFinding:
    """What a finding must say."""

    severity: str
    evidence: str | None = None
    """Of each of the operations."""
    operations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Operations that it must name as granted, with resources that each must act on."""
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTwin:
    """What the credential must be that is right for its job."""

    path: str
    job: str
    kind: str
    does: tuple[str, ...] = ()
    """Operations that the job needs and it may call."""
    may: tuple[str, ...] = ()
    """Operations that the job needs and nobody can say whether it may call them."""
    reaches: tuple[str, ...] = ()
    does_not: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """`expected.yaml`."""

    findings: Mapping[str, ExpectedFinding]
    """All of them, by finding rule."""
    twin: ExpectedTwin


@cache
def shipped_rules() -> Rules:
    return load_rules()


@pytest.fixture(autouse=True, scope="module")
def _own_state(tmp_path_factory) -> Iterator[None]:
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state / "state"))
        patch.setenv("XDG_CACHE_HOME", str(state / "cache"))
        patch.delenv("CI", raising=False)
        yield


@cache
def replayed(name: str, *, twin: bool) -> tuple[Report, Expected]:
    """The report of an incident, and what is expected of it, with the names that this replay gave."""
    rules = shipped_rules()
    incident = load_incident(name)
    text = (incidents_directory() / name / "expected.yaml").read_text(encoding="utf-8")
    if "railway" in incident.description.stand_ins:
        return replay(incident, rules, twin=twin, seed=1), decode(text, "expected.yaml", Expected)
    secrets = incident.secrets(1)
    with surrounding(incident, rules, secrets) as found, TemporaryDirectory() as folder:
        incident.write_checkout(Path(folder), found.values, twin=twin)
        asking = AskOptions(
            endpoints=parse_endpoints(found.endpoints, rules.providers), remember=False, now=now()
        )
        report = scan(ScanOptions(root=Path(folder), sources=(Source.TREE,), ask=asking), rules)
    for key, value in found.values.items():
        text = text.replace("{{" + key + "}}", value)
    return report, decode(text, "expected.yaml", Expected)


def said(finding: Finding, expected: ExpectedFinding) -> ExpectedFinding:
    """What the finding says of what is expected of it."""
    named = {
        each.id: each
        for each in finding.operations
        if each.verdict is Verdict.GRANTED and each.evidence.value == expected.evidence
    }
    return ExpectedFinding(
        severity=finding.severity.value,
        evidence=expected.evidence,
        operations={
            operation: tuple(each for each in resources if each in named[operation].resources)
            for operation, resources in expected.operations.items()
            if operation in named
        },
        places=tuple(each for each in expected.places if each in {at.path for at in finding.locations}),
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_incident_ends_in_its_findings_and_in_no_other(name):
    report, expected = replayed(name, twin=False)
    assert len(report.findings) == len(expected.findings)
    blank = ExpectedFinding(severity="unexpected")
    found = {each.rule: said(each, expected.findings.get(each.rule, blank)) for each in report.findings}
    assert found == expected.findings


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_that_is_expected_has_resources_where_the_provider_lists_any(name):
    report, expected = replayed(name, twin=False)
    (audited,) = report.credentials
    listed = {each.id for each in audited.authority.resources}
    named = {
        each for finding in expected.findings.values() for ids in finding.operations.values() for each in ids
    }
    assert named <= listed
    assert named or not {each.type for each in audited.authority.resources} - {"project"}


@pytest.mark.parametrize("name", NAMES)
def test_its_twin_is_clean(name):
    report, _ = replayed(name, twin=True)
    assert [(finding.rule, finding.severity, finding.message) for finding in report.findings] == []


@pytest.mark.parametrize("name", NAMES)
def test_its_twin_is_the_same_credential_made_right_and_still_does_its_job(name):
    (before,) = replayed(name, twin=False)[0].credentials
    report, expected = replayed(name, twin=True)
    (audited,), twin = report.credentials, expected.twin
    granted = audited.authority.operations(Verdict.GRANTED)
    open_ = audited.authority.operations(Verdict.UNKNOWN)
    reached = {each.id for each in audited.authority.resources}
    assert audited.credential.provider == before.credential.provider
    assert twin.path in {each.path for each in before.credential.locations}
    assert (audited.job, before.job) == (twin.job, twin.job)
    assert {each.path for each in audited.credential.locations} == {twin.path}
    assert audited.authority.kind == twin.kind
    assert twin.does or twin.may
    assert set(twin.does) <= granted
    assert set(twin.may) <= open_
    assert set(twin.reaches) <= reached
    assert not set(twin.does_not) & (granted | open_)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_twin_does_no_more_is_what_the_incident_is_about(name):
    _, expected = replayed(name, twin=False)
    named = {each for finding in expected.findings.values() for each in finding.operations}
    gone = set(expected.twin.does_not) & named
    moved = set(expected.twin.reaches) - {
        each for finding in expected.findings.values() for ids in finding.operations.values() for each in ids
    }
    assert gone or moved
