import json
import subprocess
import sys

import pytest
from report_samples import INCIDENT, PROVIDERS, RULES

from scopeaudit.model.errors import UsageError
from scopeaudit.report.formats import FORMATS, format_for


@pytest.mark.parametrize(
    ("path_or_name", "name"),
    [
        ("terminal", "terminal"),
        ("json", "json"),
        ("sarif", "sarif"),
        ("out/report.json", "json"),
        ("REPORT.JSON", "json"),
        ("report.sarif", "sarif"),
        ("report.sarif.json", "sarif"),
        ("report.txt", "terminal"),
    ],
)
def test_a_format_is_found_by_name_or_ending(path_or_name, name):
    assert format_for(path_or_name) == name


@pytest.mark.parametrize("path_or_name", ["report.xml", "JSON", "", "a\x1b[31m"])
def test_an_unknown_format_names_those_there_are(path_or_name):
    with pytest.raises(UsageError) as caught:
        format_for(path_or_name)
    assert str(caught.value) == (
        f"{path_or_name!a}: no such format; name one of json, sarif, terminal,"
        " or a file that ends in .json, .sarif, .sarif.json, .txt"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_in_one_newline_and_needs_nothing_else(name):
    text = FORMATS[name](INCIDENT, rules=RULES, providers=PROVIDERS, width=80, colour=False)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_formats_are_known_without_rich():
    code = "import sys, json, scopeaudit.report.formats; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert not {"rich", "scopeaudit.model.secret", "socket"} & set(loaded)
