"""`--baseline FILE` and `--update-baseline`."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scopeaudit.audit.baseline import baseline_of, written_baseline
from scopeaudit.audit.baseline import read_baseline as read_text
from scopeaudit.model.baseline import Baseline
from scopeaudit.model.errors import UsageError
from scopeaudit.model.finding import Report
from scopeaudit.pipeline import against_baseline

if TYPE_CHECKING:
    from scopeaudit.jobs.policy import LoadedPolicy


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
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if update:
            return Baseline({})
        raise UsageError(f"--baseline {path}: is not there: write it with --update-baseline") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise UsageError(f"--baseline {path}: {reason}: name a file that can be read") from None
    return read_text(text, path.name)


def accept_all(
    report: Report,
    path: Path,
    today: datetime.date,
    *,
    earlier: Baseline | None,
    policy: "LoadedPolicy | None",
) -> Report:
    """Write all findings of the report to the baseline file, and the report that follows from it.

    What an earlier baseline accepted for a limited time stays limited.

    Raises:
        UsageError: if the file cannot be written.
    """
    baseline = baseline_of(report.findings, report.credentials, earlier)
    try:
        path.write_text(written_baseline(baseline), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--baseline {path}: {error.strerror}: name a file that can be written") from None
    return against_baseline(report, baseline, today, None if policy is None else policy.policy)
