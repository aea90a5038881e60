"""The second opinion."""

import os
import socket
import subprocess
import sys

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.heuristics import FILTERS_OFF, SuspiciousLine, second_opinion, type_of
from scopeaudit.model.candidate import Candidate, CandidateType
from scopeaudit.model.location import Location, Source

HERE = Location(Source.TREE, "a.py", 3, 1)


def _line(text: str) -> SuspiciousLine:
    return SuspiciousLine(HERE, text)


def test_a_suspicious_line_is_named_by_type_and_place_alone() -> None:
    found = second_opinion([_line(f'api_key = "{expand("<hex:40>")}"'), _line("x = 1")])
    assert found == (Candidate("p1", CandidateType.KEY, (HERE,)),)


@pytest.mark.parametrize(
    ("called", "name", "expected"),
    [
        ("Private Key", "x", CandidateType.PRIVATE_KEY),
        ("Basic Auth Credentials", "TOKEN_URL", CandidateType.PASSWORD),
        ("Secret Keyword", "DB_PASSWORD", CandidateType.PASSWORD),
        ("Secret Keyword", "auth_token", CandidateType.TOKEN),
        ("Hex High Entropy String", "apiKey", CandidateType.KEY),
        ("Secret Keyword", "credentials", CandidateType.SECRET),
    ],
)
def test_a_type_is_one_of_our_words(called: str, name: str, expected: CandidateType) -> None:
    assert type_of(called, name) is expected


def test_no_connection_is_opened_and_verification_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    from detect_secrets.core import scan
    from detect_secrets.settings import get_settings

    active: list[str] = []
    real = scan.get_filters_with_parameter

    def watch(*names: str) -> object:
        active.extend(get_settings().filters)
        return real(*names)

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(scan, "get_filters_with_parameter", watch)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert second_opinion([_line(f'password = "{expand("<alnum:24>")}"')])
    assert active
    assert not set(FILTERS_OFF) & set(active)


def test_a_comment_in_the_scanned_file_hides_nothing() -> None:
    line = f'password = "{expand("<alnum:24>")}"  # pragma: allowlist secret'
    assert len(second_opinion([_line(line)])) == 1


def test_its_settings_do_not_stay_behind() -> None:
    from detect_secrets.settings import get_settings

    before = get_settings().json()
    second_opinion([_line('password = "x1y2z3w4"')])
    assert get_settings().json() == before


def test_it_is_imported_only_when_there_is_something_to_ask() -> None:
    program = (
        "import sys\nfrom scopeaudit.detect import detection, heuristics\n"
        "heuristics.second_opinion([])\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] in"
        " ('detect_secrets', 'requests', 'yaml', 'git', 'httpx', 'rich')]\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_it_works_without_an_http_client_and_leaves_no_trace_of_that() -> None:
    program = (
        "import sys\nfrom scopeaudit.detect.heuristics import SuspiciousLine, second_opinion\n"
        "from scopeaudit.model.location import Location, Source\n"
        "line = SuspiciousLine(Location(Source.TREE, 'a', 1, 1), 'password = \\'x7Gh2kLq9vBn\\'')\n"
        "assert len(second_opinion([line])) == 1\n"
        "assert not {'requests', 'urllib3', 'http.client'} & set(sys.modules)\n"
        "import requests\nassert requests.get\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_the_text_of_a_line_is_not_shown() -> None:
    assert "hunter2" not in repr(_line("password = 'hunter2'"))
