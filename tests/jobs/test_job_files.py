"""Job files are read strictly, and everything that is wrong with one is told at once."""

import contextlib
import datetime
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.provider import JobTemplate, Provider
from scopeaudit.jobs.declarations import read_declarations
from scopeaudit.jobs.load import MAXIMUM_BYTES, load_declarations
from scopeaudit.model.errors import InvalidFileError
from scopeaudit.model.job import (
    Allowance,
    CredentialSelector,
    Declarations,
    Job,
    OperationGlob,
    RecoveryDeclaration,
    ResourcePattern,
    TraitSelector,
)
from scopeaudit.model.operation import Effect, Gate, Reversible, Touches

TEMPLATES = (
    JobTemplate(name="custom-domains", description="domains", allow=("customDomain*", "effect:read")),
    JobTemplate(name="broken", description="broken", allow=("effect:raed",)),
)
PROVIDERS = {
    name: Provider(id=name, name=name, documentation="https://provider.example", kinds=(), jobs=TEMPLATES)
    for name in ("railway", "aws")
}
PATH = "scopeaudit.yaml"


def read(text: str) -> Declarations:
    return read_declarations(text, PATH, PROVIDERS)


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidFileError) as caught:
        read(text)
    return [each.removeprefix(f"{PATH}:") for each in caught.value.problems]


def job_with(line: str) -> str:
    return f"version: 1\njobs:\n  a:\n    provider: railway\n    credentials: [{{path: a.sh}}]\n    {line}\n"


def allowed(entry: str) -> Allowance:
    return read(job_with(f"allow: [{entry}]")).jobs[0].allow[0]


COMPLETE = """\
version: 1
environment: staging
jobs:
  custom-domains:
    description: attach and detach customer domains
    owner: platform@pocketos.example
    provider: railway
    allow: [customDomainCreate, "effect:write+on:domain"]
    resources: ["project/shop"]
    environments: [production]
    expires: 2027-03-31
    credentials: [{path: ./scripts/domains.sh}, {env: RAILWAY_TOKEN, key: token}]
  listing:
    use: railway/custom-domains
    allow:
      - s3:Get*
    credentials:
      - key: "*_KEY"
recovery:
  - protects: {provider: railway, resource: "volume/*"}
    copies: [{provider: aws, resource: "s3://pocketos-offsite"}]
"""


def test_a_complete_file_is_read() -> None:
    writes = TraitSelector(effects=frozenset({Effect.WRITE}), on=frozenset({"domain"}))
    reads = TraitSelector(effects=frozenset({Effect.READ}))
    assert read(COMPLETE) == Declarations(
        jobs=(
            Job(
                name="custom-domains",
                credentials=(
                    CredentialSelector(path="scripts/domains.sh", line=12),
                    CredentialSelector(env="RAILWAY_TOKEN", key="token", line=12),
                ),
                allow=(
                    Allowance("customDomainCreate", 8, OperationGlob("customDomainCreate")),
                    Allowance("effect:write+on:domain", 8, writes),
                ),
                description="attach and detach customer domains",
                owner="platform@pocketos.example",
                provider="railway",
                resources=("project/shop",),
                environments=("production",),
                expires=datetime.date(2027, 3, 31),
                path=PATH,
                line=4,
            ),
            Job(
                name="listing",
                credentials=(CredentialSelector(key="*_KEY", line=18),),
                allow=(
                    Allowance("s3:Get*", 16, OperationGlob("s3:Get*")),
                    Allowance("customDomain*", 14, OperationGlob("customDomain*")),
                    Allowance("effect:read", 14, reads),
                ),
                provider="railway",
                path=PATH,
                line=13,
            ),
        ),
        recovery=(
            RecoveryDeclaration(
                protects=ResourcePattern("railway", "volume/*"),
                copies=(ResourcePattern("aws", "s3://pocketos-offsite"),),
                line=20,
            ),
        ),
        environment="staging",
        path=PATH,
    )


@pytest.mark.parametrize(("written", "meant"), [('" "', None), ('""', None), ('" x\\n"', "x")])
def test_words_that_say_nothing_are_missing(written: str, meant: str | None) -> None:
    (job,) = read(job_with(f"allow: []\n    owner: {written}\n    description: {written}")).jobs
    assert (job.owner, job.description) == (meant, meant)


def test_a_folder_for_a_blank_is_for_nothing_that_is_known() -> None:
    assert read('version: 1\nenvironment: " "\n').environment is None


def test_a_version_alone_declares_nothing() -> None:
    assert read("version: 1\n") == Declarations(path=PATH)


PROVIDERS_LISTED = "`scopeaudit providers` lists those known"
EFFECTS = "read, reveal, write, delete, execute, spend, permissions"

SIX_MISTAKES = """\
version: 2
jobs:
  domains:
    provider: railwy
    alow: [customDomainCreate]
    allow: ["effect:raed"]
    expires: 2027-02-31
    credentials: [{pth: a.sh}]
"""


def test_six_mistakes_are_six_lines() -> None:
    keys = "allow, credentials, description, environments, expires, owner, provider, resources, use"
    assert problems(SIX_MISTAKES) == [
        "1: version: expected 1, the version of this format",
        "4: jobs.domains.provider: unknown provider 'railwy': did you mean railway?",
        f"5: jobs.domains.alow: unknown key; known are {keys}",
        f"6: jobs.domains.allow[0]: effect:raed: effect is one of {EFFECTS}",
        "7: jobs.domains.expires: expected a date such as 2027-03-31",
        "8: jobs.domains.credentials[0].pth: unknown key; known are env, key, path",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jobs: {}\n", ["1: version: expected 1, the version of this format"]),
        ("version: one\n", ["1: version: expected a whole number"]),
        ("- 1\n", ["1: expected a mapping of keys to values, with version and jobs"]),
        ("version: 1\nversion: 1\n", ["2: version: is given twice"]),
        (
            "version: 1\nenvironment: no\n",
            ["2: environment: 'no' is a guess in YAML: quote it"],
        ),
        (
            "version: 1\njobs: {a: {}}\n",
            [
                "2: jobs.a.allow: is missing: list what the job needs",
                "2: jobs.a.credentials: is missing: name them by path, env or key",
            ],
        ),
        (
            job_with('allow: []\n    environments: ["", prod]\n    resources: [a, " "]'),
            [
                "3: jobs.a.environments[0]: names nothing: write a name or a glob, or leave it out",
                "3: jobs.a.resources[1]: names nothing: write a name or a glob, or leave it out",
            ],
        ),
        (
            job_with("allow: []").replace("path: a.sh", ""),
            ["5: jobs.a.credentials[0]: names nothing: give at least one of path, env and key"],
        ),
        (
            job_with("allow: []").replace("a.sh", "/etc/passwd"),
            ["5: jobs.a.credentials[0].path: expected a path within the folder, written with /"],
        ),
        (
            job_with("allow: []").replace("a.sh", "../a.sh"),
            ["5: jobs.a.credentials[0].path: expected a path within the folder, written with /"],
        ),
        (
            job_with("allow: []").replace("{path: a.sh}", "{path: a.sh}, {path: ./a.sh}"),
            ["5: jobs.a.credentials[1]: is given twice"],
        ),
        (
            job_with("allow: []") + "  b:\n    allow: []\n    credentials: [{path: a.sh}]\n",
            ["9: jobs.b.credentials[0]: also speaks for job a: give each credential one job"],
        ),
        (
            job_with("use: railway/nothing"),
            ["6: jobs.a.use: railway has no template 'nothing'; it has broken, custom-domains"],
        ),
        (
            job_with("use: custom-domains"),
            ["6: jobs.a.use: expected provider/template, such as railway/custom-domains"],
        ),
        (
            job_with("use: aws/custom-domains"),
            ["6: jobs.a.use: is of another provider than the job's, railway"],
        ),
        (
            job_with("use: railway/broken"),
            [f"6: jobs.a.use: effect:raed: effect is one of {EFFECTS}"],
        ),
        (
            "version: 1\nrecovery:\n  - protects: {provider: railwy}\n    copies: []\n  - {}\n",
            [
                "3: recovery[0].copies: is missing: list where the copies are",
                "3: recovery[0].protects.resource: is missing",
                "5: recovery[1].copies: is missing: list where the copies are",
                "5: recovery[1].protects: is missing: give provider and resource",
            ],
        ),
        (
            'version: 1\nrecovery:\n  - protects: {provider: z, resource: "*"}\n    copies: 7\n',
            [
                f"3: recovery[0].protects.provider: unknown provider 'z': {PROVIDERS_LISTED}",
                "4: recovery[0].copies: expected a list",
            ],
        ),
    ],
)
def test_a_mistake_says_where_and_what_to_do(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_equal_selectors_of_different_providers_are_no_conflict() -> None:
    second = "  b:\n    provider: aws\n    allow: []\n    credentials: [{path: a.sh}]\n"
    assert [job.name for job in read(job_with("allow: []") + second).jobs] == ["a", "b"]


# allow


@pytest.mark.parametrize(
    "name", ["customDomainCreate", "customDomain*", "railway:volume*", "s3:DeleteObject", "repos/delete"]
)
def test_a_name_or_glob_selects_operations(name: str) -> None:
    assert allowed(f'"{name}"') == Allowance(name, 6, OperationGlob(name))


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("effect:read", TraitSelector(effects=frozenset({Effect.READ}))),
        ("touches:network", TraitSelector(touches=frozenset({Touches.NETWORK}))),
        ("reversible:yes", TraitSelector(reversible=frozenset({Reversible.YES}))),
        ("gate:none", TraitSelector(gates=frozenset({Gate.NONE}))),
        ("on:domain", TraitSelector(on=frozenset({"domain"}))),
        ("railway:effect:read", TraitSelector(effects=frozenset({Effect.READ}))),
        (
            "effect:write+touches:network + on:domain",
            TraitSelector(frozenset({Effect.WRITE}), frozenset({Touches.NETWORK}), on=frozenset({"domain"})),
        ),
    ],
)
def test_traits_select_operations(text: str, selector: TraitSelector) -> None:
    assert allowed(f'"{text}"') == Allowance(text, 6, selector)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("no", "'no' names no operation: write its name or effect:read"),
        ('""', "'nothing' names no operation: write its name or effect:read"),
        ("effects:read", "unknown trait effects: did you mean effect:read?"),
        (
            '"effect:read+volumeDelete"',
            "effect:read+volumeDelete joins a name and a trait: write two entries",
        ),
        ('"effect:read+effect:write"', "effect is given twice in one entry: write two entries"),
        ('"on:"', "on: names no resource type"),
        ("gate:door", "gate:door: gate is one of none, delay, second-principal, mfa, protection"),
        (
            "aws:s3:GetObject",
            "aws:s3:GetObject is of another provider than the job's, railway: if it is an operation of railway, "
            "write railway:aws:s3:GetObject",
        ),
    ],
)
def test_an_entry_that_means_nothing_is_a_mistake(entry: str, what: str) -> None:
    assert problems(job_with(f"allow: [{entry}]")) == [f"6: jobs.a.allow[0]: {what}"]


def test_a_trait_of_one_provider_needs_the_provider_of_the_job() -> None:
    text = job_with('allow: ["railway:effect:read"]').replace("    provider: railway\n", "")
    assert problems(text) == [
        "5: jobs.a.allow[0]: railway:effect:read: say provider: railway in the job, not in the entry"
    ]


# hostile input


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: *a\n",
        "a: &a [*a]\n",
        "version: !!python/object/apply:os.system [id]\n",
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "\tversion: 1\n",
        "version: 1\x00\n",
        "version: 1\n---\nversion: 1\n",
        "version: 1\n...\n%YAML 9.9\n",
        "version: 1\njobs: [\n",
        "version: \ud800\n",
        "",
        "# nothing\n",
        "version: 1\n" + "#" * 1_000_000,
        "version: 1\n1: 2\n? [x]\n: y\n",
        'version: 1\n"a\\nb\\e[31m": 1\n',
        "<<: {version: 1}\n",
        "version: " + "9" * 10_000,
    ],
)  # fmt: skip
def test_hostile_text_is_a_problem(text: str) -> None:
    for each in problems(text):
        line, _, what = each.partition(": ")
        assert line.isdigit() or line.partition(":")[0].isdigit()
        assert what.isprintable()


def test_many_mistakes_do_not_cost_the_square_of_their_number() -> None:
    jobs = "".join(f"  j{number}: {{x: 1, provider: p{number}}}\n" for number in range(10_000))
    assert len(problems(f"version: 1\njobs:\n{jobs}")) == 40_000


def test_more_entries_than_are_read_are_a_mistake() -> None:
    def file(number: int) -> str:
        half = "[" + ", ".join(["x"] * 2_500) + "]"
        rest = "[" + ", ".join(["x"] * number) + "]"
        jobs = ((name, allow) for name, allow in (("a", half), ("b", rest)))
        return "version: 1\njobs:\n" + "".join(
            f"  {name}: {{provider: railway, allow: {allow}, credentials: [{{env: {name.upper()}}}]}}\n"
            for name, allow in jobs
        )

    assert len(read(file(2_500)).jobs) == 2
    what = "with it the file has more than 5,000 entries: use globs or traits"
    assert problems(file(2_501)) == [f"4: jobs.b.allow: {what}"]


words = st.sampled_from(
    [
        *(
            "version: 1\n",
            "jobs:\n",
            "  a:\n",
            "    allow: [",
            "effect:read",
            "+",
            "*",
            "&a ",
            "*a",
            "]",
            "{",
            "}",
        ),
        *(
            "\n",
            "    credentials: [{path: x}]\n",
            "    use: railway/",
            "custom-domains",
            "recovery:\n",
            "  - ",
        ),
        *(
            "protects: ",
            "expires: ",
            "2027-01-01",
            "\t",
            "\x00",
            "no",
            ": ",
            "'",
            '"',
            "!!set ",
            "? ",
            "|",
            ">-\n",
        ),
    ]
)


def outcome(text: str) -> tuple[str, ...]:
    """The problems of a text; none where it is read."""
    try:
        read(text)
    except InvalidFileError as error:
        return error.problems
    return ()


@given(st.one_of(st.text(max_size=200), st.lists(words, max_size=40).map("".join)))
def test_any_text_is_read_or_refused_with_lines(text: str) -> None:
    assert all(each.startswith(f"{PATH}:") and each.isprintable() for each in outcome(text))


# files


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scopeaudit.yaml"
        file.write_bytes(content)
        with contextlib.suppress(InvalidFileError):
            assert load_declarations(file, PATH, PROVIDERS).path == PATH


def file_problems(file: Path) -> tuple[str, ...]:
    with pytest.raises(InvalidFileError) as caught:
        load_declarations(file, PATH, PROVIDERS)
    return caught.value.problems


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "scopeaudit.yaml"
    for start in (b"", b"\xef\xbb\xbf"):
        file.write_bytes(start + COMPLETE.encode())
        assert load_declarations(file, PATH, PROVIDERS) == read(COMPLETE)


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scopeaudit.yaml"
    assert file_problems(file) == (
        f"{PATH}:1: cannot be read (No such file or directory): mend or remove it",
    )
    file.write_bytes(b"version: 1\n\xff\xfe\n")
    assert file_problems(file) == (f"{PATH}:2: the file is not valid UTF-8: save it as UTF-8",)
    file.write_bytes(b"#" * (MAXIMUM_BYTES + 1))
    assert file_problems(file) == (f"{PATH}:1: the file is larger than 1,000,000 bytes",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_named_pipe_does_not_hang_and_a_folder_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert file_problems(tmp_path / "pipe") == (f"{PATH}:1: is no ordinary file: replace it by one",)
    assert file_problems(tmp_path) == (f"{PATH}:1: cannot be read (Is a directory): mend or remove it",)
