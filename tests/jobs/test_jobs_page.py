"""The page about jobs shows files that are right."""

import os
import re
from pathlib import Path

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs import extending, files, policy, raw, templates
from scopeaudit.jobs.checking import doubts
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.jobs.load import load_declarations

FILE = Path(__file__).resolve().parents[2] / "docs" / "jobs.md"
PAGE = FILE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMPLETE, PROPOSED, CHILD, POLICY = EXAMPLES
RULES = load_rules()


@pytest.mark.parametrize("text", [COMPLETE, PROPOSED])
def test_the_job_files_shown_are_right(text):
    declarations = read_declarations(text, "scopeaudit.yaml", RULES.providers)
    catalogues = {job.provider: RULES.operations(job.provider) for job in declarations.jobs}
    wrong = doubts(declarations, catalogues, max(job.expires for job in read(COMPLETE).jobs))
    assert {each.where.rpartition(".")[2] for each in wrong} <= {"owner", "expires"}


def read(text):
    return read_declarations(text, "scopeaudit.yaml", RULES.providers)


def test_the_extending_file_shown_rests_on_the_complete_one(tmp_path):
    (tmp_path / "org").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "org" / "base.yaml").write_text(COMPLETE)
    file = tmp_path / "shop" / "scopeaudit.yaml"
    file.write_text(CHILD)
    found = load_declarations(file, "shop/scopeaudit.yaml", RULES.providers, root=tmp_path)
    assert {job.name: job.owner for job in found.jobs} == {
        "custom-domains": "shop@pocketos.example",
        "publish": "platform@pocketos.example",
    }


def test_the_policy_shown_is_right(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "org" / "scopeaudit").mkdir(parents=True)
    finding_rules = [*RULES.findings, "recovery-in-blast-radius", "ungated-destruction"]
    loaded = policy.read_policy(POLICY, "policy.yaml", RULES.providers, finding_rules, tmp_path)
    assert [each.written for each in loaded.policy.deny] == [
        "effect:delete+touches:data",
        "railway:volumeDelete",
    ]
    keys = set(re.findall(r"^\| `([a-z-]+)`", PAGE[PAGE.index("## Policy") :], re.MULTILINE))
    assert keys == {each.replace("_", "-") for each in policy.PolicyFile.__dataclass_fields__} - {
        "version",
        "line",
    }


def templates_table() -> str:
    """Every template, from the provider files."""
    rows = [
        f"| `{provider.id}/{template.name}` | {template.description} |"
        for provider in RULES.providers.values()
        for template in provider.jobs
    ]
    return "\n".join(["| template | for |", "|---|---|", *rows])


def test_the_table_of_templates_is_up_to_date():
    """Written down with `SCOPEAUDIT_REGENERATE=1`."""
    start, end = "<!-- templates -->\n", "\n<!-- end of templates -->"
    if os.environ.get("SCOPEAUDIT_REGENERATE"):
        head, _, rest = PAGE.partition(start)
        FILE.write_text(f"{head}{start}{templates_table()}{end}{rest.partition(end)[2]}", encoding="utf-8")
    assert f"{start}{templates_table()}{end}" in FILE.read_text(encoding="utf-8")


def test_the_number_of_operations_in_the_proposal_shown_is_right():
    found = RULES.operations("railway")
    near = templates.covering(
        frozenset({"customDomainCreate"}), RULES.providers["railway"], found, RULES.providers
    )
    assert near is not None
    assert f"The template railway/{near[0].name} allows this and {near[1]} operations more" in PROPOSED


def test_every_key_of_a_job_is_on_the_page():
    part = PAGE[: PAGE.index("## Proposing one")]
    keys = {
        key
        for line in part.splitlines()
        for key in re.findall(r"`([a-z]+)`", line.split("|")[1] if "|" in line else "")
    }
    assert keys == set(raw.RawJob.__dataclass_fields__) - {"line"}


def test_the_limits_on_the_page_are_those_of_the_program():
    page = " ".join(PAGE.split())
    assert extending.MAXIMUM_FILES == 6
    assert "at most six files in a row" in page
    assert files.MAXIMUM_BYTES == 1_000_000
    assert "of at most 1 MB" in page
    assert f"More than {templates._LISTED_OPERATIONS} operations are said by trait" in page
