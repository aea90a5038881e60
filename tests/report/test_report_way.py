"""The way to the loss where one operation, or one credential, is not enough."""

from dataclasses import replace

import pytest
from report_samples import CONTEXT, PROVIDERS, PYPI, RAILWAY, RULES, operation

from scopeaudit.model.authority import Resource
from scopeaudit.model.context import Denial, Reach, Strength, Way
from scopeaudit.model.finding import AuditedCredential, Finding, Severity, Step
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches
from scopeaudit.model.report import Report, ScanFacts
from scopeaudit.report.terminal import render

DATA = frozenset({Touches.DATA})
SCRIPT = Location(Source.TREE, "scripts/domains.sh", 12, 17, None, "RAILWAY_TOKEN")
BACKUPS = Location(Source.TREE, "ops/backup.env", 4, 1, None, "RAILWAY_TOKEN")
WIPE = operation(
    "volumeWipe", Effect.DELETE, Severity.HIGH, Reversible.NO, touches=DATA, gate=Gate.MFA,
    resources=("volume/v1",),
)  # fmt: skip
REVEAL = operation("variables", Effect.REVEAL, Severity.HIGH)


def token(number: int, place: Location, agent: str = "cursor") -> AuditedCredential:
    """A token that one agent reads with its shell; one volume with a backup is known."""
    return replace(
        RAILWAY,
        credential=replace(RAILWAY.credential, id=f"c{number}", locations=(place,)),
        authority=replace(
            RAILWAY.authority,
            resources=(
                Resource("volume/v1", "pg-data", "production"),
                Resource("volume-backup/b1", "daily", "production", "volume/v1"),
            ),
        ),
        reach=(Reach(agent, place, (Way.SHELL,)),),
    )


def finding(rule: str, steps: tuple[Step, ...], *operations, credential: str = "c1") -> Finding:
    return Finding(
        rule, Severity.HIGH, "ab" * 16, credential, "It is told.", "", (), operations, (), steps=steps
    )


def the_way(*findings: Finding, credentials: tuple[AuditedCredential, ...]) -> str:
    """The rows of the way in the first story, as one line."""
    report = Report(ScanFacts(asked=True), credentials, findings, context=CONTEXT)
    lines = render(report, rules=RULES, providers=PROVIDERS, width=120).split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("  the way"))
    rows = [lines[start]]
    for line in lines[start + 1 :]:
        if not line.startswith(" " * 12):
            break
        rows.append(line)
    return " ".join(" ".join(rows).split()).removeprefix("the way ")


def test_a_revealed_credential_is_followed_to_what_it_destroys():
    steps = (
        Step("c1", "Railway account token", "variables", "reveals a PostgreSQL connection string"),
        Step(None, "PostgreSQL connection string", "DROP TABLE", "may destroy data or backups"),
    )
    assert the_way(finding("escalation", steps, REVEAL), credentials=(token(1, SCRIPT),)) == (
        "Cursor → shell → scripts/domains.sh:12 → Railway account token c1 → "
        "variables, which reveals a PostgreSQL connection string → "
        "with that, DROP TABLE, which may destroy data or backups"
    )


def test_two_credentials_are_told_each_at_its_own_place():
    steps = (
        Step("c2", "Railway account token", "volumeBackupDelete", "destroys the recovery copies"),
        Step("c1", "Railway account token", "volumeWipe", "destroys the data"),
    )
    way = the_way(
        finding("combined-authority", steps, WIPE),
        credentials=(token(1, SCRIPT, "codex"), token(2, BACKUPS)),
    )
    assert way == (
        "Cursor → shell → ops/backup.env:4 → Railway account token c2 → "
        "volumeBackupDelete, which destroys the recovery copies → "
        "scripts/domains.sh:12 → Railway account token c1 → "
        "volumeWipe, which destroys the data → pg-data in production"
    )


def test_a_revealed_credential_takes_the_copies_before_the_data_goes():
    steps = (
        Step("c2", "Railway account token", "variables", "reveals a Store key"),
        Step(None, "Store key", "objectDelete", "destroys the recovery copies"),
        Step("c1", "Railway account token", "volumeWipe", "destroys the data"),
    )
    way = the_way(
        finding("combined-authority", steps, WIPE), credentials=(token(1, SCRIPT), token(2, BACKUPS))
    )
    assert way == (
        "Cursor → shell → ops/backup.env:4 → Railway account token c2 → "
        "variables, which reveals a Store key → "
        "with that, objectDelete, which destroys the recovery copies → "
        "scripts/domains.sh:12 → Railway account token c1 → "
        "volumeWipe, which destroys the data → pg-data in production"
    )


def test_one_step_that_is_critical_is_told_before_any_longer_way():
    steps = (Step("c1", "Railway account token", "variables", "reveals more"),)
    critical = replace(WIPE, severity=Severity.CRITICAL, gate=Gate.NONE, takes_recovery=True)
    way = the_way(
        replace(finding("excess-authority", (), critical), severity=Severity.CRITICAL),
        finding("escalation", steps, REVEAL),
        credentials=(token(1, SCRIPT),),
    )
    assert way == (
        "Cursor → shell → scripts/domains.sh:12 → Railway account token → volumeWipe → "
        "pg-data in production, and every backup with it"
    )


def test_a_credential_of_a_step_that_the_report_does_not_hold_is_told_without_its_place():
    steps = (
        Step("c9", "Railway account token", "volumeBackupDelete", "destroys the recovery copies"),
        Step("c1", "Railway account token", "volumeWipe", "destroys the data"),
    )
    way = the_way(finding("combined-authority", steps, WIPE), credentials=(token(1, SCRIPT),))
    assert way.startswith("Cursor → shell → Railway account token c9 → volumeBackupDelete, which")


FENCE = Denial("codex", "permissions", "scripts/**", Strength.KERNEL, "~/.codex/config.toml", 7, "", "", "")
SANDBOX = replace(FENCE, agent="cursor", mechanism="sandbox", rule="ops/**", path="", line=None)


@pytest.mark.parametrize(
    ("reach", "told"),
    [
        (
            (Reach("codex", SCRIPT, (), (), (FENCE,)),),
            "blocked for Codex CLI by permissions scripts/** (~/.codex/config.toml:7)",
        ),
        (
            (Reach("codex", SCRIPT, (), (), (FENCE,)), Reach("cursor", SCRIPT, (), (), (SANDBOX,))),
            "blocked for Codex CLI by permissions scripts/** (~/.codex/config.toml:7); "
            "blocked for Cursor by sandbox ops/** (built in)",
        ),
    ],
)
def test_a_credential_out_of_reach_is_not_called_right_but_blocked_and_by_what(reach, told):
    blocked = replace(PYPI, reach=reach)
    text = render(Report(ScanFacts(asked=True), (blocked,), context=CONTEXT), providers=PROVIDERS, width=200)
    assert text.startswith("1 credential out of reach, whatever it may do\n")
    assert f"  ~/.pypirc:3 · c3 PyPI project token · job release — {told}\n" in text
    assert "without findings" not in text


def test_a_credential_that_one_agent_still_reaches_is_not_called_blocked():
    reach = (Reach("codex", SCRIPT, (), (), (FENCE,)), Reach("cursor", SCRIPT, (Way.SHELL,)))
    text = render(Report(ScanFacts(asked=True), (replace(PYPI, reach=reach),), context=CONTEXT))
    assert text.startswith("1 credential without findings\n")
    assert "blocked" not in text
