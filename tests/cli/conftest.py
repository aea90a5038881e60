import os

import pytest

from tests.cli.program import Program


@pytest.fixture
def program(tmp_path, tmp_path_factory):
    home = tmp_path / "home"
    home.mkdir()
    together = os.environ.get("PYTEST_XDIST_WORKER") is not None
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if together else base) / "compiled-rules"
    return Program(home, cache)


@pytest.fixture
def folder(tmp_path):
    scanned = tmp_path / "scanned"
    scanned.mkdir()
    return scanned
