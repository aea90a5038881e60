"""Documentation says what the program does. `SCOPEAUDIT_REGENERATE=1` writes what can be generated."""

import os
import re
from pathlib import Path

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.cli.main import ExitCode, app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def findings_page() -> str:
    """`docs/findings.md`, from the finding rules."""
    parts = ["# Findings\n", "Generated from `rules/findings/`. `scopeaudit explain <id>` prints the same.\n"]
    for rule in load_rules().findings.values():
        references = "\n".join(f"- <{each}>" for each in rule.references)
        parts.append(
            f"## {rule.id}\n\n**{rule.title}**\n\n{rule.what.strip()}\n\n*Why.* {rule.why.strip()}\n\n"
            f"*Do.* {rule.do.strip()}\n\n*Severity.* {rule.severity.strip()}\n\n{references}\n"
        )
    return "\n".join(parts)


def test_the_page_of_findings_is_up_to_date():
    page = ROOT / "docs" / "findings.md"
    if os.environ.get("SCOPEAUDIT_REGENERATE"):
        page.write_text(findings_page(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == findings_page()


def test_the_readme_names_every_command():
    commands = {command.name for command in app.registered_commands} | {
        group.name for group in app.registered_groups
    }
    named = set(re.findall(r"^\| `scopeaudit ([a-z]+)", README, re.MULTILINE))
    assert named == commands


def test_the_readme_names_every_exit_code():
    assert [int(code) for code in re.findall(r"^\| (\d) \|", README, re.MULTILINE)] == [
        code.value for code in ExitCode
    ]


def test_the_readme_names_every_provider():
    table = README[README.index("## Providers") :]
    for provider in load_rules().providers.values():
        assert f"| {provider.name} |" in table or provider.id == "jwt", provider.id


def test_nothing_of_the_workplace_is_named():
    hosts = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "debian" + ".org")
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if (
            not path.is_file()
            or inside[0].startswith(".git")
            or inside[0] in {".venv", ".hypothesis", "dist"}
        ):
            continue
        if (
            any(part.startswith(".") and part.endswith("_cache") for part in inside)
            or "__pycache__" in inside
        ):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for host in hosts:
            assert host not in text, f"{path}: {host}"
