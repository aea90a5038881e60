"""Sources by name."""

from pathlib import Path

import pytest

from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.reach.sources import READERS, read


def test_chosen_sources_are_read_in_their_fixed_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"a")
    monkeypatch.setenv("SOME_VARIABLE", "b")
    found = [each for each in read(tmp_path, [Source.ENVIRONMENT, Source.TREE]) if isinstance(each, Document)]
    assert found[0].source is Source.TREE
    assert Document(Source.ENVIRONMENT, "env:SOME_VARIABLE", b"b", name="SOME_VARIABLE", size=1) in found[1:]


def test_a_source_without_a_reader_is_refused(tmp_path: Path) -> None:
    assert Source.HISTORY not in READERS
    with pytest.raises(KeyError):
        list(read(tmp_path, [Source.HISTORY]))
