import pytest

from scopeaudit.catalogue.rules import load_rules
from tests.sweep.history_world import world


@pytest.fixture(scope="session")
def rules():
    return load_rules()


@pytest.fixture(autouse=True)
def caches(tmp_path_factory, monkeypatch):
    """A cache that all tests here share, so that the engine is compiled once."""
    shared = tmp_path_factory.getbasetemp() / "shared-cache"
    monkeypatch.setenv("SCOPEAUDIT_CACHE_DIR", str(shared))


@pytest.fixture
def repository(tmp_path):
    return world(tmp_path / "repository")
