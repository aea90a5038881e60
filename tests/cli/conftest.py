import pytest

from tests.cli.program import Program


@pytest.fixture
def program(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Program(home)


@pytest.fixture
def folder(tmp_path):
    scanned = tmp_path / "scanned"
    scanned.mkdir()
    return scanned
