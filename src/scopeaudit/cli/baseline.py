"""`--baseline FILE` and `--update-baseline`."""

import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scopeaudit.audit.baseline import baseline_of
from scopeaudit.audit.baseline_file import read_baseline as read_text
from scopeaudit.audit.baseline_file import written_baseline
from scopeaudit.jobs.files import replace_text, text_of
from scopeaudit.jobs.raw import printable
from scopeaudit.model.baseline import Baseline
from scopeaudit.model.errors import UsageError
from scopeaudit.model.report import Report
from scopeaudit.pipeline import against_baseline

if TYPE_CHECKING:
    from scopeaudit.jobs.policy import LoadedPolicy

MAXIMUM_BYTES = 32_000_000
"""Every operation of every finding stands in it: one key of a large provider fills a megabyte."""
_NAMED = 3


def read_baseline(path: Path | None, *, update: bool) -> Baseline | None:
    """The baseline in a file; an empty one where the file is yet to be written.

    Raises:
        UsageError: if there is no such file, or `update` has none to write.
        InvalidFileError: with every problem of the file.
    """
    if path is None:
        if update:
            raise UsageError("--update-baseline: name the file with --baseline FILE")
        return None
    if not os.path.lexists(path):
        if update:
            return Baseline({})
        raise UsageError(f"--baseline {path}: is not there: write it with --update-baseline")
    return read_text(text_of(path, path.name, MAXIMUM_BYTES), path.name)


def accept_all(
    report: Report,
    path: Path,
    today: datetime.date,
    *,
    earlier: Baseline | None,
    policy: "LoadedPolicy | None",
) -> Report:
    """Write the findings of the report to the baseline file, and the report that follows from it.

    What an earlier baseline accepted for a limited time stays limited. What the policy lets nothing accept
    is left out.

    Raises:
        UsageError: if the file cannot be written, or is a link or no ordinary file.
    """
    strict = None if policy is None else policy.policy
    found = [each for each in report.findings if strict is None or not strict.keeps(each.rule, each.severity)]
    baseline = baseline_of(found, report.credentials, earlier)
    name = f"--baseline {path}"
    before = text_of(path, name, MAXIMUM_BYTES) if os.path.lexists(path) else None
    replace_text(path, name, written_baseline(baseline), before, MAXIMUM_BYTES)
    return against_baseline(report, baseline, today, strict)


def tell_gone(report: Report) -> None:
    """Say on standard error what the baseline accepts and was not found any more."""
    if not report.gone:
        return
    named = [f"{printable(each.rule)} in {printable(each.about)}" for each in report.gone[:_NAMED]]
    more = len(report.gone) - len(named)
    rest = f" and {more:,} more" if more else ""
    entries = "entry accepts" if len(report.gone) == 1 else "entries accept"
    what = f"{len(report.gone):,} {entries} what was not found: {', '.join(named)}{rest}"
    sys.stderr.write(f"--baseline: {what}; --update-baseline leaves it out\n")
