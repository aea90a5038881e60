"""The last lines of a report."""

import pytest
from report_samples import SUPPRESSED

from scopeaudit.model.report import Report, ScanFacts
from scopeaudit.report.summary import caveats, summary_line


@pytest.mark.parametrize(
    ("noise", "sentence"),
    [
        (
            (("pragma", 1),),
            "1 value of no known provider was left out as noise: pragma comments say so.",
        ),
        (
            (("baseline", 1200), ("ignore", 1)),
            "1,201 values of no known provider were left out as noise: .secrets.baseline files and ignore"
            " comments say so.",
        ),
    ],
)
def test_what_the_folder_calls_noise_is_counted_and_said(noise, sentence):
    report = Report(scan=ScanFacts(files=1, noise=noise))
    assert caveats(report) == ("No credential was found in 1 file.", sentence)


def test_ignored_findings_are_counted_apart():
    assert summary_line(Report(scan=ScanFacts(), suppressed=(SUPPRESSED,))) == (
        "no findings; 0 credentials; 0 requests; 1 ignored"
    )


def test_nothing_found_says_so_in_numbers():
    assert summary_line(Report(scan=ScanFacts())) == "no findings; 0 credentials; 0 requests"
