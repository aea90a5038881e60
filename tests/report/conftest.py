"""Expected files of the report formats: `SCOPEAUDIT_REGENERATE=1 pytest tests/report` writes them anew."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_EXPECTED = Path(__file__).parent / "expected"


@pytest.fixture
def assert_expected() -> Callable[[str, str], None]:
    """Compares a whole text with the expected file of that name."""

    def compare(name: str, text: str) -> None:
        path = _EXPECTED / name
        if os.environ.get("SCOPEAUDIT_REGENERATE") == "1":
            path.write_bytes(text.encode("utf-8"))
        assert text == path.read_bytes().decode("utf-8")

    return compare
