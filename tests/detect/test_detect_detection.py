"""From documents to credentials."""

import base64
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from detect_kinds import KINDS
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.provider import Claims, Decoder, Kind, Needs
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.detect import build_engine, detect
from scopeaudit.detect.detection import Detection
from scopeaudit.detect.heuristics import SuspiciousLine
from scopeaudit.detect.plan import plan
from scopeaudit.model.candidate import Candidate, CandidateType
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret
from scopeaudit.reach import sections as reach_sections
from tests.pace import within

PLAN = plan(KINDS)
ENGINE = build_engine(PLAN)
GITHUB = expand("ghp_<alnum:30><crc32>", seed=1)
RAILWAY = expand("<uuid>", seed=1)
STRIPE = expand("sk_live_<alnum:24>", seed=1)
PYPI = expand("pypi-AgEIcHlwaS5vcmc<base64url:80>", seed=1)
KEY_ID, OTHER_ID = expand("AKIA<base32:16>", seed=1), expand("AKIA<base32:16>", seed=2)
KEY, OTHER_KEY = expand("<base64:40>", seed=1), expand("<base64:40>", seed=2)


def _tree(text: str | bytes, path: str = "a.env") -> Document:
    data = text.encode() if isinstance(text, str) else text
    return Document(Source.TREE, path, data, size=len(data))


def _variables(**values: str) -> list[Document]:
    return [
        Document(Source.ENVIRONMENT, f"env:{name}", value.encode(), name=name, size=len(value))
        for name, value in sorted(values.items())
    ]


def _detect(*documents: Document | Gap) -> Detection:
    return detect(documents, PLAN, ENGINE, None)


def _named(detection: Detection) -> list[tuple[str, str]]:
    return [(held.credential.provider, held.credential.kind) for held in detection.credentials]


def _only(detection: Detection) -> HeldCredential:
    (held,) = detection.credentials
    return held


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"GH={GITHUB}", ("github", "classic-token")),
        (f"https://x-access-token:{GITHUB}@github.com/a/b", ("github", "classic-token")),
        (f'{{"t":"\\n{GITHUB}\\n"}}', ("github", "classic-token")),
        (f"RAILWAY_TOKEN={RAILWAY}", ("railway", "project-token")),
        (f'export RAILWAY_API_TOKEN="{RAILWAY}"', ("railway", "api-token")),
        (f"# for railway\nTOKEN={RAILWAY}", ("railway", "token")),
        (
            f'curl https://backboard.railway.com/graphql/v2 -H "Authorization: Bearer {RAILWAY}"',
            ("railway", "token"),
        ),
        (f"- name: RAILWAY_TOKEN\n  value: {RAILWAY}\n", ("railway", "project-token")),
        (f"STRIPE_KEY={STRIPE}", ("stripe", "key")),
        (f"[pypi]\npassword = {PYPI}", ("pypi", "api-token")),
        (expand("a: eyJ<base64url:30>.eyJ<base64url:90>.<base64url:43>"), ("jwt", "jwt")),
        ("DATABASE_URL=postgresql+psycopg2://app:hunter2@db:5432/main", ("postgresql", "connection-string")),
        ("postgres://postgres:postgres@localhost/dev", ("postgresql", "connection-string")),
        ("PGHOST=db\nPGPASSWORD=hunter2\n", ("postgresql", "variables")),
    ],
)
def test_each_is_named_by_provider_and_kind(text: str, expected: tuple[str, str]) -> None:
    assert _named(_detect(_tree(text))) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        f"GH={GITHUB[:-1]}",
        f"GH=x{GITHUB}",
        f"GH={GITHUB}x",
        f"GH={GITHUB[:-1]}{'a' if GITHUB[-1] != 'a' else 'b'}",
        f"TOKEN={RAILWAY}",
        f"RAILWAY_PROJECT_ID={RAILWAY}",
        f"railway link {RAILWAY}",
        f"RAILWAY_TOKEN={RAILWAY}-suffix",
        f'railway: mutation {{ volumeDelete(volumeId: "{RAILWAY}") }}',
        "postgres://user:password@host:5432/db",
        "postgres://app:${PASSWORD}@db/main",
        "postgres://{user}:{password}@{host}/main",
        "PGPASSWORD=${PASSWORD}\nPGHOST=db",
        "AWS_SECRET_ACCESS_KEY=" + KEY,
        "sk_live_abcdefghijklmnopqrstuvwx",
        "postgresql://a\0b:pw\1@db/main",
        "AKIAIOSFODNN7" + "EXAMPLE",
    ],
)
def test_what_is_none_is_not_named(text: str) -> None:
    assert _detect(_tree(text)).credentials == ()


def test_a_credential_says_where_it_is_and_no_more_than_it_may() -> None:
    held = _only(_detect(_tree(f"# ä\n  é_TOKEN={GITHUB}\n", "scripts/x.sh")))
    assert held.credential.locations == (Location(Source.TREE, "scripts/x.sh", 2, 11, name="_TOKEN"),)
    assert (held.credential.id, held.credential.shown) == ("c1", f"…{GITHUB[-4:]} (40 characters)")
    assert held.secret == Secret(GITHUB)


def test_a_byte_order_mark_has_no_column() -> None:
    held = _only(_detect(_tree(b"\xef\xbb\xbfA=" + GITHUB.encode())))
    assert held.credential.locations[0].column == 3


def test_equal_secrets_are_one_credential_with_every_location() -> None:
    documents = [
        _tree(f"A={GITHUB}\nB={GITHUB}", "b"),
        _tree(f"x {GITHUB}", "a"),
        *_variables(GH_TOKEN=GITHUB),
    ]
    held = _only(_detect(*documents))
    assert held.credential.locations == (
        Location(Source.ENVIRONMENT, "env:GH_TOKEN", name="GH_TOKEN"),
        Location(Source.TREE, "a", 1, 3),
        Location(Source.TREE, "b", 1, 3, name="A"),
        Location(Source.TREE, "b", 2, 3, name="B"),
    )


def test_the_surest_kind_of_any_place_is_the_credentials() -> None:
    found = _detect(_tree(f"railway token: {RAILWAY}", "a"), _tree(f"RAILWAY_TOKEN={RAILWAY}", "b"))
    assert (_named(found), len(_only(found).credential.locations)) == ([("railway", "project-token")], 2)


def test_equal_passwords_of_different_databases_are_two_credentials() -> None:
    found = _detect(_tree("postgres://a:same1@db1/x\npostgres://a:same1@db2/x\npostgres://a:same1@db1/x\n"))
    assert [len(held.credential.locations) for held in found.credentials] == [2, 1]
    assert [dict(held.credential.context)["host"] for held in found.credentials] == ["db1", "db2"]


def test_nothing_of_a_password_is_shown() -> None:
    credential = _only(_detect(_tree("u=postgres://app:hun%40ter2@db:5432/main"))).credential
    assert credential.shown == "hidden"
    assert credential.context == (("database", "main"), ("host", "db"), ("port", "5432"), ("user", "app"))


def test_connection_strings_are_percent_decoded_and_name_all_hosts() -> None:
    held = _only(_detect(_tree("postgresql://a%2Fb:p%40w%25@h1:5432,h2:5433/main?sslmode=require")))
    assert held.secret == Secret("p@w%")
    assert held.companions == {
        "user": Secret("a/b"),
        "host": Secret("h1,h2"),
        "port": Secret("5432,5433"),
        "database": Secret("main"),
        "params": Secret("sslmode=require"),
    }


def _pairs(detection: Detection) -> set[tuple[Secret, Secret]]:
    return {(held.companions["key_id"], held.secret) for held in detection.credentials}


BOTH = {(Secret(KEY_ID), Secret(KEY)), (Secret(OTHER_ID), Secret(OTHER_KEY))}


@pytest.mark.parametrize(
    "text",
    [
        f"[a]\naws_access_key_id={KEY_ID}\naws_secret_access_key={KEY}\n[b]\naws_access_key_id={OTHER_ID}\n"
        f"aws_secret_access_key={OTHER_KEY}\n",
        f"aws_access_key_id={KEY_ID}\naws_access_key_id={OTHER_ID}\naws_secret_access_key={KEY}\n"
        f"aws_secret_access_key={OTHER_KEY}\n",
        f"aws_secret_access_key={KEY}\naws_access_key_id={KEY_ID}\naws_secret_access_key={OTHER_KEY}\n"
        f"aws_access_key_id={OTHER_ID}\n",
        f"DEV_AWS_ACCESS_KEY_ID={KEY_ID}\nPROD_AWS_ACCESS_KEY_ID={OTHER_ID}\n"
        f"PROD_AWS_SECRET_ACCESS_KEY={OTHER_KEY}\nDEV_AWS_SECRET_ACCESS_KEY={KEY}\n",
        f'[{{"accessKeyId":"{KEY_ID}","secretAccessKey":"{KEY}"}},'
        f'{{"secretAccessKey":"{OTHER_KEY}","accessKeyId":"{OTHER_ID}"}}]',
        f'a {{\n  access_key = "{KEY_ID}"\n  secret_access_key = "{KEY}"\n}}\n\n'
        f'b {{\n  access_key = "{OTHER_ID}"\n  secret_access_key = "{OTHER_KEY}"\n}}\n',
        f'Client("{KEY_ID}", "{KEY}")\nClient("{OTHER_ID}", "{OTHER_KEY}")\n',
    ],
    ids=["profiles", "ids-first", "secrets-first", "prefixes", "objects", "blocks", "arguments"],
)
def test_key_ids_take_the_secret_that_belongs_to_them(text: str) -> None:
    found = _detect(_tree(text))
    assert (_pairs(found), found.gaps) == (BOTH, ())


def test_key_ids_and_secrets_in_the_environment_belong_together() -> None:
    found = _detect(
        *_variables(
            AWS_ACCESS_KEY_ID=KEY_ID,
            AWS_SECRET_ACCESS_KEY=KEY,
            AWS_SESSION_TOKEN="abc",
            AWS_REGION="eu-west-1",
            STAGING_AWS_ACCESS_KEY_ID=OTHER_ID,
            STAGING_AWS_SECRET_ACCESS_KEY=OTHER_KEY,
        )
    )
    assert _pairs(found) == BOTH
    first = found.credentials[0]
    assert first.credential.context == (("key_id", KEY_ID), ("region", "eu-west-1"))
    assert first.companions["session_token"] == Secret("abc")


def test_a_key_id_without_its_secret_is_a_gap_unless_it_has_one_elsewhere() -> None:
    alone = _tree(f"id: {KEY_ID}\n", "alone.yaml")
    assert _detect(alone) == Detection(
        gaps=(Gap(Stage.DETECT, "aws access-key at alone.yaml:1", "key id without its secret"),),
        files=1,
        bytes=25,
        sources=(("tree", 1),),
    )
    complete = _detect(alone, _tree(f"aws_access_key_id={KEY_ID}\naws_secret_access_key={KEY}"))
    assert (len(complete.credentials), complete.gaps) == (1, ())


def test_a_secret_of_another_section_is_not_taken() -> None:
    found = _detect(_tree(f"[a]\naws_access_key_id={KEY_ID}\n[b]\naws_secret_access_key={KEY}\n"))
    assert (found.credentials, len(found.gaps)) == ((), 1)


def test_connection_variables_form_one_credential_in_files_and_in_the_environment() -> None:
    values = {
        "PGHOST": "db",
        "PGUSER": "app",
        "PGPASSWORD": "hunter 2",
        "PGDATABASE": "main",
        "PGPORT": "5433",
    }
    expected = (("database", "main"), ("host", "db"), ("port", "5433"), ("user", "app"))
    there = _detect(*_variables(**values | {"PGPASSWORD": "hunter2"}))
    assert _only(there).credential.context == expected
    assert _only(there).credential.locations == (
        Location(Source.ENVIRONMENT, "env:PGPASSWORD", name="PGPASSWORD"),
    )
    text = "".join(
        f"export {name}='{value}'\n" for name, value in (values | {"PGPASSWORD": "hunter2"}).items()
    )
    assert _only(_detect(_tree(text))).credential.context == expected


def test_a_password_without_its_host_is_a_gap() -> None:
    assert _detect(*_variables(PGPASSWORD="hunter2")).gaps == (
        Gap(Stage.DETECT, "postgresql variables at env:PGPASSWORD", "found without its host"),
    )


def test_gaps_among_the_documents_come_out_again() -> None:
    gap = Gap(Stage.REACH, "pipe", "is not a regular file; it was not opened")
    assert _detect(gap, _tree("")) == Detection(gaps=(gap,), files=1, sources=(("tree", 1),))


def test_values_that_look_secret_are_candidates_and_not_credentials() -> None:
    text = f'x = 1\npassword = "{expand("<alnum:20>")}"\ntoken = "{GITHUB}"\nsecret = "${{X}}-aaaaaaaa"\n'
    found = detect([_tree(text)], PLAN, ENGINE)
    assert [candidate.locations for candidate in found.candidates] == [
        (Location(Source.TREE, "a.env", 2, 13, None, "password"),)
    ]
    assert all(isinstance(candidate, Candidate) for candidate in found.candidates)
    assert len(found.credentials) == 1


def test_a_second_opinion_adds_lines_that_hold_nothing_else() -> None:
    text = f'password = "{expand("<alnum:20>")}"\ntoken = "{GITHUB}"\nsecret = "correct horse"\nsecret = "tr0ub4dor&3"\n'
    asked: list[SuspiciousLine] = []

    def opinion(lines: Sequence[SuspiciousLine]) -> tuple[Candidate, ...]:
        asked.extend(lines)
        return tuple(Candidate("p1", CandidateType.SECRET, (line.location,)) for line in lines)

    found = detect([_tree(text)], PLAN, ENGINE, opinion)
    assert [line.location.line for line in asked] == [4]
    assert [(each.id, each.locations[0].line) for each in found.candidates] == [("p1", 1), ("p2", 4)]


def test_more_suspicious_lines_than_the_limit_are_a_gap() -> None:
    text = "".join(f'password = "my-password-{seed}"\n' for seed in range(2001))
    found = detect([_tree(text)], PLAN, ENGINE, lambda lines: ())
    assert [gap.what for gap in found.gaps] == ["lines that look secret by name"]


def test_more_values_than_the_limit_are_a_gap() -> None:
    text = "\n".join(f"RAILWAY_TOKEN={expand('<uuid>', seed=seed)}" for seed in range(2100))
    found = _detect(_tree(text))
    assert len(found.credentials) >= 2000
    assert [gap.what for gap in found.gaps] == ["a.env"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=2000), max_size=6))
def test_any_bytes_are_read_without_complaint(contents: list[bytes]) -> None:
    detect([_tree(data, f"f{index}") for index, data in enumerate(contents)], PLAN, ENGINE, None)


_FRAGMENTS = [
    GITHUB,
    RAILWAY,
    KEY_ID,
    KEY,
    STRIPE,
    "RAILWAY_TOKEN=",
    "aws_secret_access_key: ",
    '"',
    "'",
    "\n",
    " ",
    "{",
    "}",
    "[a]",
    ": ",
    "postgres://a:b@c/d",
    "PGPASSWORD=",
    "PGHOST=x",
    "\\",
    "%",
    "\x00",
    "é",
    "name: ",
    "value: ",
    "railway",
    "eyJ",
    ".",
    "-",
    "<key>",
    "</key>",
    "<string>",
    "=>",
    "(",
    ",",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=40).map("".join))
def test_any_mixture_of_what_matters_is_read_and_nothing_secret_is_shown(text: str) -> None:
    found = detect([_tree(text)], PLAN, ENGINE, None)
    visible = repr(found)
    for held in found.credentials:
        if held.credential.shown != "hidden":
            assert held.secret.reveal() not in visible


def test_a_name_or_host_that_is_a_token_is_not_shown() -> None:
    found = _detect(_tree(f'{{"{GITHUB}": "{STRIPE}", "u": "postgres://{GITHUB}:hunter2@db/{STRIPE}"}}'))
    assert len(found.credentials) == 3
    assert GITHUB not in repr(found)
    assert STRIPE not in repr(found)


@settings(max_examples=150, deadline=None)
@given(
    before=st.text(max_size=300),
    after=st.text(max_size=300),
    token=st.sampled_from([GITHUB, STRIPE, PYPI]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
)
def test_a_planted_token_is_found_in_any_text_and_encoding(
    before: str, after: str, token: str, encoding: str
) -> None:
    text = f"{before} {token}\n{after}"
    data = text.encode(encoding, "replace")
    found = detect(reach_sections.documents(Source.TREE, "a", data), PLAN, ENGINE, None)
    assert Secret(token) in [held.secret for held in found.credentials]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2_000, 9_000), chunk=st.integers(100, 5_000))
def test_sections_give_what_the_whole_gives(seed: int, size: int, chunk: int) -> None:
    chooser = random.Random(seed)
    words = ["lorem", "ipsum", "=", "\n", " ", '"', "é", "token"]
    parts = [
        expand(
            chooser.choice(["ghp_<alnum:30><crc32>", "sk_live_<alnum:24>", "\nRAILWAY_TOKEN=<uuid>"]),
            seed=chooser.randrange(9),
        )
        if chooser.random() < 0.06
        else chooser.choice(words)
        for _ in range(2500)
    ]
    data = " ".join(parts).encode()
    whole = detect([_tree(data, "a")], PLAN, ENGINE, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach_sections, "SECTION_BYTES", size)
        patch.setattr(reach_sections, "MARGIN_BYTES", 900)
        chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
        cut = detect(reach_sections.sections(Source.TREE, "a", chunks), PLAN, ENGINE, None)
    assert [held.credential for held in cut.credentials] == [held.credential for held in whole.credentials]
    assert (cut.files, cut.bytes) == (whole.files, whole.bytes)


def test_batches_do_not_change_what_is_found() -> None:
    documents = [
        _tree(f"n{index}\nRAILWAY_TOKEN={expand('<uuid>', seed=index)}\n", f"f{index:03}")
        for index in range(600)
    ]
    together = _detect(*documents)
    assert len(together.credentials) == 600
    assert together.credentials[41].credential.locations[0].path == "f041"
    assert together.credentials == _detect(*reversed(documents)).credentials


def test_a_general_kind_gives_way_to_any_other_provider() -> None:
    token = expand('<jwt:{"iss":"supabase","role":"anon"}>')
    general = replace(dict(KINDS)["jwt"], general=True, id="token")
    special = replace(
        general, general=False, claims=Claims(decode=Decoder.JWT, when="claims.iss == 'supabase'")
    )
    kinds = (("jwt", general), ("supabase", special))
    other = expand('<jwt:{"iss":"elsewhere"}>')
    found = detect([_tree(f"{token}\n{other}\n")], plan(kinds), build_engine(plan(kinds)), None)
    assert [held.credential.provider for held in found.credentials] == ["supabase", "jwt"]


def test_what_a_value_of_an_exact_kind_decodes_to_is_no_second_credential() -> None:
    key = replace(dict(KINDS)["stripe"], id="client-key", pattern="LS0t[0-9A-Za-z+/]{40,400}={0,2}")
    general = replace(
        key, id="pkcs8", pattern="-----BEGIN [A-Z ]{4,20}-----[0-9A-Za-z]{40,400}", general=True
    )
    encoded = base64.b64encode(f"-----BEGIN PRIVATE-----{expand('<alnum:64>')}".encode()).decode()
    kinds = (("kubernetes", key), ("private-key", general))

    def seen(text: str) -> list[str]:
        found = detect([_tree(text)], plan(kinds), build_engine(plan(kinds)), None)
        return [held.credential.provider for held in found.credentials]

    assert seen(f"client-key-data: {encoded}\n") == ["kubernetes"]
    assert seen(f"client-key-data: {base64.b64encode(encoded.encode()).decode()}\n") == ["kubernetes"]


@pytest.mark.parametrize(
    ("before", "found"), [("", 1), ("sha512-", 0), ("sha1-", 0), ("sha7-", 1), ("AccountKey=", 1)]
)
def test_a_checksum_is_no_key_whatever_is_spoken_of_nearby(before: str, found: int) -> None:
    key = replace(
        dict(KINDS)["stripe"],
        id="account-key",
        pattern="[0-9A-Za-z+/]{86}==",
        needs=Needs.KEYWORD,
        keywords=("azure",),
    )
    engine = build_engine(plan((("azure", key),)))
    text = f'azure-tokens: ["azure-tokens@1.0.0", "", "{before}{expand("<base64:86>")}=="]\n'
    assert len(detect([_tree(text)], plan((("azure", key),)), engine, None).credentials) == found


@pytest.mark.parametrize(("login", "found"), [("my_username:my_password", 0), ("deploy:tR7nq-04kL2", 1)])
def test_a_login_in_base64_counts_as_its_password_does(login: str, found: int) -> None:
    registry = Kind(
        id="login",
        title="login",
        pattern="[0-9A-Za-z+/]{8,100}={0,2}",
        needs=Needs.NAME,
        names=("registry_auth",),
        random_bits=48,
        source="https://example.com/",
    )
    chosen = plan([("registry", registry)])
    text = f'"registry_auth": "{base64.b64encode(login.encode()).decode()}"'
    assert len(detect([_tree(text)], chosen, build_engine(chosen)).credentials) == found


def test_a_keyword_kind_with_a_group_for_its_secret_needs_no_name() -> None:
    kind = Kind(
        id="dsn",
        title="dsn",
        pattern='host=(?P<host>[a-z.]{1,60}) password=(?P<secret>[^ "]{1,60})',
        needs=Needs.KEYWORD,
        keywords=("psycopg",),
        source="https://example.com/",
    )
    kinds = (("postgresql", kind),)
    found = detect(
        [_tree('psycopg.connect("host=db password=hunter2")')], plan(kinds), build_engine(plan(kinds)), None
    )
    assert _only(found).companions == {"host": Secret("db")}


@pytest.mark.parametrize("count", [40_000, 160_000])
@pytest.mark.parametrize(
    "unit",
    [
        "PGPASSWORD",
        "PGPASSWORD:",
        "eyJabcdefghijkl.",
        "postgres://a:b",
        "postgres://",
        '{"a":',
        "AKIA",
        "[a]\n",
        "a-",
        "name: ",
    ],
)
def test_hostile_repetition_takes_time_in_proportion(unit: str, count: int) -> None:
    data = (unit * count)[: count * 6]
    with within(4):
        detect([_tree(data + f" RAILWAY_TOKEN={RAILWAY}")], PLAN, ENGINE, None)


def test_two_hundred_megabytes_in_one_line_need_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"lorem ipsum " * 83_333)
        file.write(f' "{GITHUB}" '.encode())
    program = (
        "import sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from detect_kinds import KINDS\n"
        "from scopeaudit.detect.detect import build_engine, detect\n"
        "from scopeaudit.detect.plan import plan\n"
        "from scopeaudit.reach.tree import tree\n"
        "found = detect(tree(Path(sys.argv[1])), plan(KINDS), build_engine(plan(KINDS)))\n"
        "print(len(found.credentials), found.credentials[0].credential.locations[0].column, found.files)\n"
        # Not ru_maxrss, which remembers the process this one was forked from.
        "status = Path('/proc/self/status').read_text()\n"
        "print(status.partition('VmHWM:')[2].split()[0])\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    first, kilobytes = ended.stdout.splitlines()
    assert first == f"1 {200 * 83_333 * 12 + 3} 1"
    assert int(kilobytes) < 250_000
