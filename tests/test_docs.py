"""Documentation says what the program does. `SCOPEAUDIT_REGENERATE=1` writes what can be generated."""

import os
import re
from pathlib import Path

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.cli.main import ExitCode, app
from scopeaudit.detect import decoding, encodings
from scopeaudit.reach import archives, sections

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


def test_the_readme_names_every_provider_that_is_asked():
    rows = re.findall(r"^\| ([^|]+) \|", README[README.index("## Providers") :], re.MULTILINE)
    asked = {provider.name for provider in load_rules().providers.values() if provider.is_asked}
    assert set(rows) - {"provider"} == asked


def test_the_readme_counts_what_is_recognised():
    """Written down with `SCOPEAUDIT_REGENERATE=1`."""
    providers = load_rules().providers.values()
    more = sum(not provider.is_asked for provider in providers)
    kinds = sum(len(provider.kinds) for provider in providers)
    said = f"The credentials of {more:,} more providers are recognised, {kinds:,} kinds in all."
    if os.environ.get("SCOPEAUDIT_REGENERATE"):
        found = re.sub(
            r"The credentials of [\d,]+ more providers are recognised, [\d,]+ kinds in all\.", said, README
        )
        (ROOT / "README.md").write_text(found, encoding="utf-8")
    assert said in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_about_detection_states_the_limits():
    """The words around a number say which it is."""
    page = " ".join((ROOT / "docs" / "detection.md").read_text(encoding="utf-8").split())
    for text in (
        f"Files of more than {sections.FILE_LIMIT_BYTES >> 30} GiB",
        f"looked at again, {decoding.DEPTH} times",
        f"at most {decoding.RUNS_LIMIT:,} encoded texts, {decoding.PIECES_LIMIT:,} escapes and "
        f"{decoding.DECODED_LIMIT_BYTES >> 20} MiB",
        f"of one base64 text the first {encodings.RUN_LIMIT_BYTES >> 20} MiB",
        f"`{archives.SEPARATOR}` separates",
        f"(a compressed tar counts as one) | {archives.DEPTH} |",
        f"all archives in it together | {archives.EXPANDED_LIMIT_BYTES >> 20} MiB |",
        f"inside another, or in git | {archives.HELD_LIMIT_BYTES >> 20} MiB |",
        f"members of one file | {archives.MEMBERS_LIMIT:,} |",
        f"from {archives.RATIO_FROM_BYTES >> 20} MiB on | {archives.RATIO_LIMIT} |",
    ):
        assert text in page


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
