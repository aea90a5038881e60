"""Jobs are added to a file that people wrote, and every byte that was there stays."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.jobs.editing import added
from scopeaudit.jobs.init import propose
from scopeaudit.model.errors import UsageError
from tests.jobs.jobs_world import CATALOGUES, PROVIDERS, credential, place, use

PATH = "scopeaudit.yaml"
JOBS = propose(
    [
        credential("c1", place("run.sh", 3, "RAILWAY_TOKEN"), place("env:no")),
        credential("c2", place("x.env", 1, "KEY"), provider="other"),
    ],
    [],
    [use("run.sh", "domainCreate", line=4), use("x.py", "other:thing [a]", provider="other")],
    PROVIDERS,
    CATALOGUES,
).jobs
BLOCK = """\
  # Railway token in env:no:1, run.sh:3
  # The template railway/domains allows this and 1 operation more
  railway-no:
    # TODO owner: who answers for it, such as platform@company.example
    # TODO expires: its last day, such as 2027-03-31
    provider: railway
    allow:
      - domainCreate  # run.sh:4 tool do
    credentials:
      - env: "no"
      - path: run.sh
        key: RAILWAY_TOKEN
  # Other token in x.env:1
  other-key:
    # TODO owner: who answers for it, such as platform@company.example
    # TODO expires: its last day, such as 2027-03-31
    provider: other
    allow:
      - "other:other:thing [[]a]"  # x.py:1 tool do
    credentials:
      - path: x.env
        key: KEY
"""


def edited(text):
    return added(text, PATH, JOBS)


def test_a_file_of_its_own_is_complete():
    text = edited(None)
    assert text.partition("version: 1\n")[2] == f"jobs:\n{BLOCK}"
    assert [job.name for job in read_declarations(text, PATH, PROVIDERS).jobs] == ["railway-no", "other-key"]


COMMENTED = """\
# Jobs of the shop. Ask #platform.
version:   1   # of the format

jobs:
  # the only one so far
  domains:   # do not rename
    allow: [ domainCreate,   "domainDelete" ]   # twice a day
    credentials:
    - {path: a.sh}   # by hand

    # expires: when the contract ends

# What we would restore from.
recovery: []
"""


def test_jobs_are_put_behind_the_last_one_and_its_comments():
    head, comment, tail = COMMENTED.partition("    # expires: when the contract ends\n")
    assert edited(COMMENTED) == head + comment + BLOCK + tail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 1\n", f"version: 1\njobs:\n{BLOCK}"),
        ("version: 1", f"version: 1\njobs:\n{BLOCK}"),
        ("version: 1\n# the end\n", f"version: 1\n# the end\njobs:\n{BLOCK}"),
        ("version: 1\n...\n", f"version: 1\njobs:\n{BLOCK}...\n"),
        ("version: 1\njobs: {}  # none\n", f"version: 1\njobs:  # none\n{BLOCK}"),
        ("jobs: {}\nversion: 1\n", f"jobs:\n{BLOCK}version: 1\n"),
        ("---\nversion: 1\njobs: {}", f"---\nversion: 1\njobs:\n{BLOCK}"),
        (
            "version: 1\njobs:\n  a:\n    allow: []\n    credentials: [{path: a}]\n    description: |+\n      x\n\n\n",
            "version: 1\njobs:\n  a:\n    allow: []\n    credentials: [{path: a}]\n    description: |+\n      x\n\n\n"
            + BLOCK,
        ),
    ],
)
def test_where_jobs_are_put(before, after):
    assert edited(before) == after


@pytest.mark.parametrize(
    "before",
    [
        "{version: 1}",
        "{version: 1,}",
        "{version: 1, jobs: {}}",
        "{version: 1, jobs: {a: {allow: [], credentials: [{path: a}]}, } } # end",
        "version: 1\njobs: {\n  a: {allow: [], credentials: [{path: a}]} # a, and no more\n}\n",
        "version: 1\njobs: {\n  # none, yet\n}\n",
        "version: 1\njobs: {a: {allow: [], credentials: [{path: a}]}}\nrecovery: []\n",
    ],
)
def test_flow_style_is_added_to_in_flow_style(before):
    after = edited(before)
    assert comments_in(before) <= comments_in(after)
    assert is_left_over(before, after)
    assert [job.name for job in read_declarations(after, PATH, PROVIDERS).jobs][-2:] == [
        "railway-no",
        "other-key",
    ]


def test_line_endings_are_kept():
    assert edited(COMMENTED.replace("\n", "\r\n")) == edited(COMMENTED).replace("\n", "\r\n")


def test_nothing_to_add_changes_nothing():
    assert added(COMMENTED, PATH, ()) == COMMENTED
    assert added(None, PATH, ()) == ""


def test_a_name_that_is_there_already_is_refused():
    with pytest.raises(UsageError, match="cannot be added to"):
        edited("version: 1\njobs:\n  railway-no: {allow: [], credentials: [{path: a}]}\n")


def comments_in(text):
    return {each.strip() for each in re.findall(r"(?:^|(?<=\s))#[^\r\n]*", text)}


def is_left_over(before, after):
    """Whether taking something out of `after` gives `before`."""
    rest = iter(after)
    return all(character in rest for character in before)


# any file


comment = st.sampled_from(["", "  # why", " # a, b: {c}", "   #"])
blank = st.sampled_from(["", "\n", "# alone\n", "    # deep\n", "  # two\n", "\n\n# x\n"])
scalars = st.sampled_from(
    ["plain words", '"quoted # no comment"', "'it''s'", ">-\n      folded\n      text", "|\n      a\n\n"]
)
selector = st.sampled_from(["{path: %s}", "{ path: '%s' , key: K }", "{\n        path: %s # here\n      }"])


@st.composite
def job_text(draw, number):
    fields = [
        f"    allow: {draw(st.sampled_from(['[]', '[volumes, domains]', '[ volumes ]']))}{draw(comment)}",
        f"    credentials: [{draw(selector) % f'f{number}'}]{draw(comment)}",
    ]
    if draw(st.booleans()):
        fields.append(f"    credentials:\n    - path: f{number}{draw(comment)}\n    -   env: E{number}")
        del fields[1]
    if draw(st.booleans()):
        fields.append(f"    description: {draw(scalars)}")
    fields = draw(st.permutations(fields))
    return f"  job{number}:{draw(comment)}\n" + "\n".join(fields) + "\n" + draw(blank)


@st.composite
def file_text(draw):
    count = draw(st.integers(0, 3))
    parts = [f"version: 1{draw(comment)}\n"]
    if count:
        jobs = "".join(draw(job_text(number)) for number in range(count))
        parts.append(f"jobs:{draw(comment)}\n{draw(blank)}{jobs}")
    elif draw(st.booleans()):
        parts.append(f"jobs: {{}}{draw(comment)}\n")
    if draw(st.booleans()):
        parts.append(f"environment: staging{draw(comment)}\n")
    if draw(st.booleans()):
        parts.append(
            "recovery:\n- protects: {provider: other, resource: '*'}\n  copies: [{provider: other, resource: c}]\n"
        )
    text = draw(blank) + "".join(draw(st.permutations(parts))) + draw(blank)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@settings(deadline=None, max_examples=400)
@given(file_text())
def test_what_people_wrote_stays_and_the_jobs_are_added(before):
    after = edited(before)
    assert comments_in(before) <= comments_in(after)
    assert is_left_over(before.replace("jobs: {}", "jobs:"), after)
    old, new = read_declarations(before, PATH, PROVIDERS), read_declarations(after, PATH, PROVIDERS)
    assert new.jobs[: len(old.jobs)] == tuple(moved(job, new) for job in old.jobs)
    assert [job.name for job in new.jobs[len(old.jobs) :]] == ["railway-no", "other-key"]
    assert (new.environment, len(new.recovery)) == (old.environment, len(old.recovery))


def moved(job, declarations):
    """The job of that name if it says the same; lines behind an insertion are other lines."""
    (other,) = [each for each in declarations.jobs if each.name == job.name]
    same = [each.written for each in job.allow] == [each.written for each in other.allow]
    same = same and [(each.path, each.env, each.key) for each in job.credentials] == [
        (each.path, each.env, each.key) for each in other.credentials
    ]
    return other if same and job.description == other.description else None
