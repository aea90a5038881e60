"""A job file rests on another local one, which it may say more about and never widen."""

import datetime
import os
from pathlib import Path

import pytest

from scopeaudit.jobs.extending import MAXIMUM_FILES
from scopeaudit.jobs.load import PROBLEMS_TOLD, load_declarations
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.job import Allowance, CredentialSelector, Declarations, Job, OperationGlob
from tests.jobs.jobs_world import PROVIDERS

BASE = """\
version: 1
environment: production
jobs:
  domains:
    provider: railway
    allow: [domainCreate]
    environments: [production]
    expires: 2027-03-31
  reading:
    provider: railway
    allow: ["effect:read"]
    credentials: [{env: READ_TOKEN}]
recovery:
  - protects: {provider: railway, resource: "volume/*"}
    copies: [{provider: other, resource: "s3://b"}]
"""
CHILD = """\
version: 1
extends: org/base.yaml
jobs:
  domains:
    owner: shop@company.example
    credentials: [{path: a.sh}]
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "scopeaudit.yaml"


def read(file: Path, **options: object) -> Declarations:
    return load_declarations(file, file.name, PROVIDERS, **options)


def problems(file: Path, **options: object) -> tuple[str, ...]:
    with pytest.raises(InvalidFileError) as caught:
        read(file, **options)
    return caught.value.problems


def test_a_job_is_taken_up_with_what_this_file_says_about_it(tmp_path):
    declarations = read(written(tmp_path, scopeaudit_yaml=CHILD, org__base_yaml=BASE))
    assert declarations.jobs == (
        Job(
            name="domains",
            credentials=(CredentialSelector(path="a.sh", line=6),),
            allow=(Allowance("domainCreate", 6, OperationGlob("domainCreate"), file="org/base.yaml"),),
            owner="shop@company.example",
            provider="railway",
            environments=("production",),
            expires=datetime.date(2027, 3, 31),
            path="scopeaudit.yaml",
            line=4,
        ),
        Job(
            name="reading",
            credentials=(CredentialSelector(env="READ_TOKEN", line=12),),
            allow=declarations.jobs[1].allow,
            provider="railway",
            path="org/base.yaml",
            line=9,
        ),
    )
    assert (declarations.environment, len(declarations.recovery), declarations.offers) == (
        "production",
        1,
        (),
    )


def test_a_job_that_nobody_gives_credentials_is_only_an_offer(tmp_path):
    child = "version: 1\nextends: org/base.yaml\nenvironment: staging\n"
    declarations = read(written(tmp_path, scopeaudit_yaml=child, org__base_yaml=BASE))
    assert [job.name for job in declarations.jobs] == ["reading"]
    assert [job.name for job in declarations.offers] == ["domains"]
    assert declarations.environment == "staging"


def test_credentials_of_an_inherited_job_can_be_named_anew(tmp_path):
    child = "version: 1\nextends: org/base.yaml\njobs: {reading: {credentials: [{env: OTHER}]}}\n"
    (job,) = read(written(tmp_path, scopeaudit_yaml=child, org__base_yaml=BASE)).jobs
    assert job.credentials == (CredentialSelector(env="OTHER", line=3),)


SET = "is set in org/base.yaml:4: leave it out, or give this job another name"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("provider: railway", [f"7: jobs.domains.provider: {SET}"]),
        ("use: railway/domains", [f"7: jobs.domains.use: {SET}"]),
        ("allow: [domainDelete]", [f"7: jobs.domains.allow: {SET}"]),
        ("allow: []", [f"4: jobs.domains.allow: {SET}"]),
        ("environments: [staging]", [f"4: jobs.domains.environments: {SET}"]),
        (
            "expires: 2028-01-01",
            ["4: jobs.domains.expires: is later than 2027-03-31, the last day in org/base.yaml:4"],
        ),
    ],
)
def test_a_job_cannot_be_made_wider(tmp_path, line, expected):
    file = written(tmp_path, scopeaudit_yaml=f"{CHILD}    {line}\n", org__base_yaml=BASE)
    assert problems(file) == tuple(f"scopeaudit.yaml:{each}" for each in expected)


@pytest.mark.parametrize("line", ["expires: 2026-12-31", "resources: [project/shop]", "description: x"])
def test_a_job_can_be_made_narrower(tmp_path, line):
    file = written(tmp_path, scopeaudit_yaml=f"{CHILD}    {line}\n", org__base_yaml=BASE)
    job = read(file).jobs[0]
    assert (job.expires == datetime.date(2026, 12, 31)) == line.startswith("expires")
    assert (job.resources == ("project/shop",)) == line.startswith("resources")


def test_a_taken_up_job_needs_credentials_unless_it_is_offered_on(tmp_path):
    child = "version: 1\nextends: org/base.yaml\njobs: {domains: {owner: x}}\n"
    file = written(tmp_path, scopeaudit_yaml=child, org__base_yaml=BASE)
    what = "jobs.domains.credentials: is missing: name them by path, env or key"
    assert problems(file) == (f"scopeaudit.yaml:3: {what}",)
    assert [job.name for job in read(file, offering=True).offers] == ["domains"]


def test_a_selector_of_an_extended_file_conflicts_where_this_file_can_mend_it(tmp_path):
    child = "version: 1\nextends: org/base.yaml\njobs: {own: {allow: [], credentials: [{env: READ_TOKEN}]}}\n"
    file = written(tmp_path, scopeaudit_yaml=child, org__base_yaml=BASE)
    what = "jobs.own.credentials[0]: also speaks for job reading: give each credential one job"
    assert problems(file) == (f"scopeaudit.yaml:3: {what}",)


def test_problems_of_all_files_are_told_with_their_own_lines(tmp_path):
    base = BASE.replace(
        "provider: railway\n    allow: [domainCreate]", "provider: railwy\n    allow: [a+effect:x]"
    )
    file = written(tmp_path, scopeaudit_yaml=f"{CHILD}    alow: []\n", org__base_yaml=base)
    assert [each.rpartition(": ")[0].partition(": ")[0] for each in problems(file)] == [
        "org/base.yaml:5",
        "org/base.yaml:6",
        "scopeaudit.yaml:7",
    ]


def test_a_file_in_a_folder_of_its_own_rests_on_one_above_within_the_root(tmp_path):
    text = CHILD.replace("org/base.yaml", "../base.yaml")
    written(tmp_path, shop__scopeaudit_yaml=text, base_yaml=BASE)
    file = tmp_path / "shop" / "scopeaudit.yaml"
    found = load_declarations(file, "shop/scopeaudit.yaml", PROVIDERS, root=tmp_path)
    assert found.jobs[1].path == "base.yaml"
    assert problems(file) == (
        "scopeaudit.yaml:2: extends: leads out of the folder: name a file inside of it",
    )


# hostile files


@pytest.mark.parametrize(
    ("named", "what"),
    [
        ("https://evil.example/base.yaml", "addresses are not fetched: name a local file"),
        ("file:///etc/base.yaml", "addresses are not fetched: name a local file"),
        ("/etc/base.yaml", "expected a path relative to this file, written with /"),
        ("~/base.yaml", "expected a path relative to this file, written with /"),
        ("C:base.yaml", "expected a path relative to this file, written with /"),
        ("a\\b.yaml", "expected a path relative to this file, written with /"),
        ('"a\\nb.yaml"', "expected a path relative to this file, written with /"),
        (".env", "expected the name of a job file, ending in .yaml or .yml"),
        (f"{'a' * 500}.yaml", "expected the name of a job file, ending in .yaml or .yml"),
        ("../outside.yaml", "leads out of the folder: name a file inside of it"),
        ("org/../../outside.yaml", "leads out of the folder: name a file inside of it"),
        ("link.yaml", "leads out of the folder: name a file inside of it"),
        ("linked/base.yaml", "leads out of the folder: name a file inside of it"),
        ("missing.yaml", "there is no file missing.yaml: name one beside this file"),
        ("scopeaudit.yaml", "the files extend each other: one of them has to stand alone"),
        ("self.yaml", "the files extend each other: one of them has to stand alone"),
    ],
)
def test_what_lies_elsewhere_is_not_read(tmp_path, named, what):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    written(tmp_path, outside_yaml=BASE, outside__base_yaml=BASE)
    file = written(folder, scopeaudit_yaml=f"version: 1\nextends: {named}\n")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "linked").symlink_to(outside)
    (folder / "self.yaml").symlink_to(file)
    assert problems(file) == (f"scopeaudit.yaml:2: extends: {what}",)


def test_a_circle_of_files_ends(tmp_path):
    file = written(
        tmp_path,
        scopeaudit_yaml="version: 1\nextends: a.yaml\n",
        a_yaml="version: 1\nextends: b.yaml\n",
        b_yaml="version: 1\nextends: a.yaml\n",
    )
    what = "extends: the files extend each other: one of them has to stand alone"
    assert problems(file) == (f"b.yaml:2: {what}",)


@pytest.mark.parametrize("more", [0, 1])
def test_a_long_row_of_files_ends(tmp_path, more):
    count = MAXIMUM_FILES - 1 + more
    for number in range(count):
        (tmp_path / f"f{number}.yaml").write_text(f"version: 1\nextends: f{number + 1}.yaml\n")
    (tmp_path / f"f{count}.yaml").write_text("version: 1\n")
    if more:
        assert problems(tmp_path / "f0.yaml") == (
            f"f5.yaml:2: extends: {MAXIMUM_FILES} files in a row already: extend fewer",
        )
    else:
        assert read(tmp_path / "f0.yaml").jobs == ()


def test_what_is_no_file_or_too_large_is_refused(tmp_path):
    file = written(tmp_path, scopeaudit_yaml="version: 1\nextends: base.yaml\n")
    base = tmp_path / "base.yaml"
    base.write_text("#" * 1_000_001)
    assert problems(file) == ("base.yaml:1: the file is larger than 1,000,000 bytes",)
    base.unlink()
    base.mkdir()
    assert problems(file)[0].startswith("base.yaml:1: cannot be read")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_named_pipe_does_not_hang(tmp_path):
    file = written(tmp_path, scopeaudit_yaml="version: 1\nextends: base.yaml\n")
    os.mkfifo(tmp_path / "base.yaml")
    assert problems(file) == ("base.yaml:1: is no ordinary file: replace it by one",)


def test_a_folder_of_the_user_is_looked_in_after_the_own_one(tmp_path):
    folder, mine = tmp_path / "folder", tmp_path / "mine"
    file = written(folder, scopeaudit_yaml=CHILD)
    written(mine, org__base_yaml=BASE)
    assert read(file, extend_from=[mine]).jobs[1].path == "org/base.yaml"
    written(folder, org__base_yaml="version: 1\n")
    assert problems(file, extend_from=[mine])[0].startswith(
        "scopeaudit.yaml:4: jobs.domains.allow: is missing"
    )


def test_a_file_of_the_user_does_not_lead_back_into_the_folder(tmp_path):
    folder, mine = tmp_path / "folder", tmp_path / "mine"
    file = written(folder, scopeaudit_yaml="version: 1\nextends: base.yaml\n", more_yaml="version: 1\n")
    written(mine, base_yaml="version: 1\nextends: ../folder/more.yaml\n")
    assert problems(file, extend_from=[mine]) == (
        "base.yaml:2: extends: leads out of the folder: name a file inside of it",
    )


# the first file


@pytest.fixture
def linked(tmp_path):
    """A folder whose job file is a link to one outside of it."""
    written(tmp_path / "outside", scopeaudit_yaml=CHILD.replace("org/", ""), base_yaml=BASE)
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "scopeaudit.yaml"
    file.symlink_to(tmp_path / "outside" / "scopeaudit.yaml")
    return file


ELSEWHERE = "is a link that leads out of the folder: name the file with --jobs, or put it here"


def test_the_job_file_of_a_folder_is_no_link_out_of_it(linked):
    assert problems(linked, root=linked.parent) == (f"scopeaudit.yaml:1: {ELSEWHERE}",)


def test_the_job_file_of_a_folder_may_be_a_link_into_a_folder_of_the_user(linked, tmp_path):
    written(linked.parent, base_yaml=BASE)
    found = read(linked, root=linked.parent, extend_from=[tmp_path / "outside"])
    assert [job.name for job in found.jobs] == ["domains", "reading"]


def test_the_job_file_of_a_folder_may_be_a_link_within_it(tmp_path):
    written(tmp_path, org__scopeaudit_yaml="version: 1\n")
    file = tmp_path / "scopeaudit.yaml"
    file.symlink_to("org/scopeaudit.yaml")
    assert read(file, root=tmp_path).jobs == ()


def test_a_job_file_that_the_user_named_may_lie_anywhere_and_leads_out_of_no_folder_but_its_own(tmp_path):
    file = written(tmp_path / "elsewhere", scopeaudit_yaml=CHILD, org__base_yaml=BASE)
    assert [job.name for job in read(file).jobs] == ["domains", "reading"]
    text = CHILD.replace("org/base.yaml", "../base.yaml")
    file = written(tmp_path / "elsewhere", scopeaudit_yaml=text)
    written(tmp_path, base_yaml=BASE)
    assert problems(file) == (
        "scopeaudit.yaml:2: extends: leads out of the folder: name a file inside of it",
    )


def test_a_link_that_the_user_named_rests_on_files_beside_the_link(linked, tmp_path):
    assert problems(linked) == (
        "scopeaudit.yaml:2: extends: there is no file base.yaml: name one beside this file",
    )
    written(linked.parent, base_yaml=BASE)
    assert [job.path for job in read(linked).jobs] == ["scopeaudit.yaml", "base.yaml"]


def test_the_first_of_very_many_problems_are_told(tmp_path):
    empty = ", ".join(["{}"] * (PROBLEMS_TOLD + 7))
    file = written(
        tmp_path, scopeaudit_yaml=f"version: 1\njobs: {{a: {{allow: [], credentials: [{empty}]}}}}\n"
    )
    found = problems(file)
    assert (len(found), found[-1]) == (PROBLEMS_TOLD + 1, "scopeaudit.yaml:1: and 7 problems more")
