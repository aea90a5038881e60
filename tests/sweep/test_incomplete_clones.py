"""Clones that lack a part of the history: what is there is read, and what is not is said."""

import pytest

from scopeaudit.model.gap import Gap
from scopeaudit.pipeline import detect_documents
from scopeaudit.sweep.sweep import SweepOptions, sweep
from tests.sweep.history_world import token, world


@pytest.fixture
def partial(repository, tmp_path):
    """A clone without the blobs of commits that are not checked out."""
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("one", a=f"A={token(1)}\n")
    repository.commit("two", a=f"A={token(2)}\n")
    place = tmp_path / "partial"
    repository.git("clone", "--quiet", "--filter=blob:none", repository.root.as_uri(), str(place))
    return place


def read(root, rules, **options):
    documents = list(sweep(root, rules, SweepOptions(**options)))
    found = detect_documents(iter(documents), rules)
    secrets = {held.secret.reveal() for held in found.credentials}
    return secrets, [each.why for each in documents if isinstance(each, Gap)]


@pytest.mark.parametrize("since", [None, "HEAD~1"])
def test_a_partial_clone_is_a_gap_and_nothing_is_fetched(partial, rules, since):
    packs = sorted((partial / ".git" / "objects" / "pack").iterdir())
    secrets, gaps = read(partial, rules, since=since)
    assert secrets == {token(2)}
    assert [why for why in gaps if "partial clone" in why]
    assert sorted((partial / ".git" / "objects" / "pack").iterdir()) == packs


def test_a_clone_that_borrows_from_a_partial_one_is_a_gap(partial, rules, tmp_path):
    borrower = world(tmp_path / "borrower")
    objects = (partial / ".git" / "objects").resolve()
    (borrower.root / ".git" / "objects" / "info" / "alternates").write_text(f"{objects}\n")
    secrets, gaps = read(borrower.root, rules)
    assert secrets == {token(2)}
    assert [why for why in gaps if "partial clone" in why]


def test_submodules_are_gaps_however_deep(repository, rules):
    repository.commit("one", a="a\n")
    for name in ("one", "group/deep/two", "one/modules/inner"):
        folder = repository.root / ".git" / "modules" / name
        (folder / "objects").mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
    gaps = [each.what for each in sweep(repository.root, rules, SweepOptions()) if isinstance(each, Gap)]
    assert gaps == ["submodule group/deep/two", "submodule one", "submodule one/modules/inner"]
