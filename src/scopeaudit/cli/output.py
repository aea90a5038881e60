"""Where reports go."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import Severity
from scopeaudit.model.report import Report
from scopeaudit.report.formats import FORMATS, format_for


def write_report(
    report: Report,
    rules: Rules,
    *,
    name: str | None,
    outputs: Sequence[Path],
    all_candidates: bool = False,
) -> None:
    """Write the report to every file, and to standard output where no file was named.

    A file's format follows its ending unless `name` says otherwise. The terminal's lists `all_candidates` or
    a few.

    Raises:
        UsageError: if a format is unknown or a file cannot be written.
    """
    if not outputs:
        format_name = format_for(name or "terminal")
        sys.stdout.write(_render(report, rules, format_name, on_screen=True, all_candidates=all_candidates))
    for path in outputs:
        format_name = format_for(name or str(path))
        text = _render(report, rules, format_name, on_screen=False, all_candidates=all_candidates)
        try:
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageError(f"--output {path}: {error.strerror}: name a file that can be written") from None


def _render(report: Report, rules: Rules, name: str, *, on_screen: bool, all_candidates: bool) -> str:
    named = {audited.credential.provider for audited in report.credentials}
    names = {each: rules.providers[each].name for each in sorted(named) if each in rules.providers}
    width, colour = screen() if on_screen else (100, False)
    return FORMATS[name](
        report,
        rules=rules.findings,
        providers=names,
        width=width,
        colour=colour,
        all_candidates=all_candidates,
    )


def screen() -> tuple[int, bool]:
    """Columns of the terminal, 80 where there is none, and whether it shows colour."""
    return _width(), sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _width() -> int:
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        columns = int(os.environ.get("COLUMNS") or 0) if os.environ.get("COLUMNS", "").isdigit() else 80
    return max(60, min(columns or 80, 160))


def exit_code(
    report: Report, *, fail_on: Severity | None, strict: bool, fail_on_candidates: bool = False
) -> int:
    """1 for findings at or above the level, and candidates if asked; 3 for gaps under `--strict`; else 0."""
    if fail_on_candidates and report.candidates:
        return 1
    if fail_on is not None and any(finding.severity.rank >= fail_on.rank for finding in report.findings):
        return 1
    return 3 if strict and report.gaps else 0
