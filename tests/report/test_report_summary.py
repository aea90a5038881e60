"""The last lines of a report."""

import pytest

from scopeaudit.model.finding import Report, ScanFacts
from scopeaudit.report.summary import caveats, summary_line


@pytest.mark.parametrize(
    ("candidates", "sentence"),
    [
        (1, "1 more value looks secret, of no known provider."),
        (1200, "1,200 more values look secret, of no known provider."),
    ],
)
def test_values_of_no_known_provider_are_counted_and_said(candidates, sentence):
    report = Report(scan=ScanFacts(files=1, candidates=candidates))
    assert caveats(report) == ("No credential was found in 1 file.", sentence)


def test_nothing_found_says_so_in_numbers():
    assert summary_line(Report(scan=ScanFacts())) == "no findings; 0 credentials; 0 requests"
