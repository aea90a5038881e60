"""Companions in other files of a folder."""

import time

import pytest
from detect_gather import Gatherer, file, variable
from detect_kinds import KINDS, SOURCE, VARIABLES
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.provider import Companion, Kind, Needs
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect import folders
from scopeaudit.model.document import Document
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Source
from scopeaudit.model.secret import HeldCredential, Secret

RAZORPAY = expand("rzp_live_<alnum:14>", seed=1)
KEY_PAIR = Kind(
    id="key-id",
    title="key id",
    pattern="rzp_(?:live|test)_[0-9A-Za-z]{14}",
    keywords=("razorpay",),
    random_bits=140,
    source=SOURCE,
    companions=(
        Companion(
            name="key-secret", names=("*secret*",), pattern="[0-9A-Za-z/+]{24}", required=True, secret=True
        ),
    ),
)
IDS = [expand("AKIA<base32:16>", seed=seed) for seed in range(4)]
KEYS = [expand("<base64:40>", seed=seed) for seed in range(4)]
SESSION = expand("ASIA<base32:16>", seed=1)
TOKEN = expand("<base64:200>", seed=1)
GATHER = Gatherer([*KINDS, ("razorpay", KEY_PAIR)])
AWS = Gatherer([("aws", kind) for kind in load_rules().providers["aws"].kinds])
LONELY = Kind(
    id="password",
    title="password",
    pattern=r"[^\s]{6,256}",
    needs=Needs.NAME,
    names=("SHOP_DB_PASSWORD",),
    source=SOURCE,
    companions=(
        Companion(name="host", names=("DB_HOST", "SHOP_DB_HOST"), show=True),
        Companion(name="user", names=("DB_USER",), show=True),
    ),
)


def _pairs(held: tuple[HeldCredential, ...]) -> list[tuple[Secret | None, Secret]]:
    return [(each.companions.get("key_id"), each.secret) for each in held]


ID, KEY = IDS[0], KEYS[0]
PAIR = [(Secret(ID), Secret(KEY))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), (".env.local", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("secrets.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        (
            ("a/.env", f"AWS_ACCESS_KEY_ID={ID}\n"),
            (
                "a/docker-compose.override.yml",
                f"services:\n  web:\n    environment:\n      AWS_SECRET_ACCESS_KEY: {KEY}\n",
            ),
        ),
        (
            ("terraform.tfvars", f'aws_secret_access_key = "{KEY}"\n'),
            ("variables.tf", f'variable "aws_access_key" {{\n  default = "{ID}"\n}}\n'),
        ),
        (
            ("config.json", f'{{"accessKeyId": "{ID}"}}'),
            ("credentials.json", f'{{"aws": {{"secret_access_key": "{KEY}"}}}}'),
        ),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("config/settings.py", f'aws_secret_access_key = "{KEY}"\n')),
        (("config/settings.py", f'KEY = "{ID}"\n'), (".env", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        (("a.tf", f'access_key = "{ID}"\n'), ("terraform.tfvars", f'aws_secret_key = "{KEY}"\n')),
        (("upload.py", f'connect("{ID}")\n'), (".env", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
    ],
)
def test_an_id_takes_its_secret_from_another_file(one: tuple[str, str], other: tuple[str, str]) -> None:
    documents = [file(*one), file(*other)]
    found, gaps = GATHER(*documents)
    assert (_pairs(found), gaps) == (PAIR, ())
    places = {(place.path, place.line) for place in found[0].credential.locations}
    assert {path for path, _ in places} == {one[0], other[0]}
    assert GATHER(*reversed(documents)) == (found, gaps)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("a/b/.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        (("a/.env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("b/.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), (".env.example", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("notes.md", f"AWS_SECRET_ACCESS_KEY={KEY}\n")),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("x.env", f"OTHER={KEY}\n")),
        ((".env", f"RAZORPAY_KEY_ID={RAZORPAY}\n"), ("x.env", f"SESSION_SECRET={KEY[:24]}\n")),
        (("pay.js", f'new Razorpay("{RAZORPAY}")\n'), ("x.env", f"SESSION_SECRET={KEY[:24]}\n")),
        ((".env", f"DEV_AWS_ACCESS_KEY_ID={ID}\n"), ("x.env", f"PROD_AWS_SECRET_ACCESS_KEY={KEY}\n")),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("x.env", f"PROD_AWS_SECRET_ACCESS_KEY={KEY}\n")),
        (
            (".env.production", f"AWS_ACCESS_KEY_ID={ID}\n"),
            (".env.development", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
        ),
        (("dev.ini", f"[a]\naws_access_key_id={ID}\n"), ("x.ini", f"[b]\naws_secret_access_key={KEY}\n")),
        ((".env", f"AWS_ACCESS_KEY_ID={ID}\n"), ("x.env", f"AWS_SECRET_ACCESS_KEY={'x' * 40}\n")),
    ],
    ids=[
        "too-deep",
        "beside",
        "example",
        "notes",
        "name",
        "any",
        "any-code",
        "prefixes",
        "prefix",
        "files",
        "sections",
        "placeholder",
    ],
)
def test_what_may_not_belong_to_it_is_not_taken(one: tuple[str, str], other: tuple[str, str]) -> None:
    found, gaps = GATHER(file(*one), file(*other))
    assert (found, [gap.why for gap in gaps]) == ((), ["key id without its secret"])


def test_two_that_fit_are_a_gap_that_says_so() -> None:
    documents = [
        file(".env", f"AWS_ACCESS_KEY_ID={ID}\n"),
        file(".env.local", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
        file("secrets.env", f"AWS_SECRET_ACCESS_KEY={KEYS[1]}\n"),
    ]
    why = "key id without its secret; 2 values in other files of its folder may be its secret"
    assert GATHER(*documents) == ((), (Gap(Stage.DETECT, "aws access-key at .env:1", why),))


def test_the_same_value_twice_is_one_and_the_nearer_folder_comes_first() -> None:
    found, gaps = GATHER(
        file(".env", f"AWS_ACCESS_KEY_ID={ID}\n"),
        file(".env.local", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
        file("secrets.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
        file("config/secrets.env", f"AWS_SECRET_ACCESS_KEY={KEYS[1]}\n"),
    )
    assert (_pairs(found), gaps) == (PAIR, ())


def test_one_secret_is_not_given_to_two_ids() -> None:
    found, gaps = GATHER(
        file("a.env", f"AWS_ACCESS_KEY_ID={ID}\n"),
        file("b.env", f"AWS_ACCESS_KEY_ID={IDS[1]}\n"),
        file("secrets.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
    )
    why = "key id without its secret; what secrets.env holds may belong to another"
    assert (found, [gap.why for gap in gaps]) == ((), [why, why])


def test_a_secret_of_a_complete_credential_is_not_given_to_another_id() -> None:
    found, gaps = GATHER(
        file(".env", f"AWS_ACCESS_KEY_ID={ID}\n"),
        file("secrets.env", f"AWS_ACCESS_KEY_ID={IDS[1]}\nAWS_SECRET_ACCESS_KEY={KEYS[1]}\n"),
    )
    assert _pairs(found) == [(Secret(IDS[1]), Secret(KEYS[1]))]
    assert [gap.why for gap in gaps] == ["key id without its secret"]


def test_the_environment_and_other_sources_belong_to_no_file() -> None:
    """A folder could otherwise say where a password of the environment is sent."""
    for document in (variable("AWS_ACCESS_KEY_ID", ID), file(".env", f"A={ID}\n", Source.HOME)):
        found, gaps = GATHER(document, file("x.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n"))
        assert (found, [gap.why for gap in gaps]) == ((), ["key id without its secret"])
    found, gaps = GATHER(variable("AWS_SECRET_ACCESS_KEY", KEY), file("x.env", f"AWS_ACCESS_KEY_ID={ID}\n"))
    assert (found, len(gaps)) == ((), 1)


def test_history_is_no_folder() -> None:
    old = Document(Source.HISTORY, ".env", f"AWS_ACCESS_KEY_ID={ID}\n".encode(), commit="c")
    found, gaps = GATHER(old, file("x.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n"))
    assert (found, len(gaps)) == ((), 1)


def test_a_session_key_takes_secret_and_token_from_different_files() -> None:
    found, gaps = AWS(
        file(".env", f"AWS_ACCESS_KEY_ID={SESSION}\nAWS_REGION=eu-west-1\n"),
        file(".env.local", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
        file("secrets.env", f"AWS_SESSION_TOKEN={TOKEN}\n"),
    )
    assert [each.credential.kind for each in found] == ["session-key"]
    assert gaps == ()
    assert found[0].companions == {
        "key_id": Secret(SESSION),
        "session_token": Secret(TOKEN),
        "region": Secret("eu-west-1"),
    }
    paths = [place.path for place in found[0].credential.locations]
    assert paths == [".env", ".env.local", "secrets.env"]


def test_where_a_password_is_used_is_shown_and_never_used() -> None:
    gather = Gatherer([("mysql", LONELY)])
    (held,), gaps = gather(
        file(".env", f"SHOP_DB_PASSWORD={expand('<alnum:14>')}\n"),
        file("config/settings.py", 'DB_HOST = "db.internal"\n'),
    )
    assert (held.companions, held.credential.companions, gaps) == ({}, (), ())
    assert held.credential.context == (("host in config/settings.py", "db.internal"),)


def test_only_the_passwords_own_file_says_where_it_is_sent() -> None:
    gather = Gatherer([("postgresql", VARIABLES)])
    found, (gap,) = gather(file(".env", "PGPASSWORD=tr0ub4dor\n"), file("b.env", "PGHOST=evil.example.org\n"))
    assert found == ()
    assert (
        gap.why == "found without its host; b.env names one, but only its own file may say where it is sent"
    )


def test_an_id_alone_stands_for_one_whose_secret_is_not_found() -> None:
    alone = file("a.txt", f"id: {ID}\n")
    found, gaps = AWS(alone)
    assert [(each.credential.kind, each.secret) for each in found] == [("access-key-id", Secret(ID))]
    assert gaps == ()
    whole = file("b/c.env", f"AWS_ACCESS_KEY_ID={ID}\nAWS_SECRET_ACCESS_KEY={KEY}\n")
    found, gaps = AWS(alone, whole)
    assert ([each.credential.kind for each in found], gaps) == (["access-key"], ())
    assert AWS(whole, alone) == (found, gaps)


def test_an_id_alone_whose_secret_is_disputed_keeps_its_gap() -> None:
    found, gaps = AWS(
        file(".env", f"AWS_ACCESS_KEY_ID={ID}\n"),
        file("a.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n"),
        file("b.env", f"AWS_SECRET_ACCESS_KEY={KEYS[1]}\n"),
    )
    kinds = [each.credential.kind for each in found]
    assert kinds == ["access-key-id", "secret-access-key", "secret-access-key"]
    assert [gap.what for gap in gaps] == ["aws access-key at .env:1"]


def test_files_beyond_the_limit_are_said_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "TOTAL_BYTES", 60)
    found, (gap,) = GATHER(
        file(".env", f"AWS_ACCESS_KEY_ID={ID}\n"), file("x.env", f"AWS_SECRET_ACCESS_KEY={KEY}\n")
    )
    assert found == ()
    assert gap.why == "key id without its secret; some configuration files were not looked at"


_PATHS = ["a.env", ".env", ".env.local", "b/c.env", "config/settings.py", "prod/x.ini"]
_LINES = [
    *(f"AWS_ACCESS_KEY_ID={each}" for each in IDS[:2]),
    *(f"AWS_SECRET_ACCESS_KEY={each}" for each in KEYS[:2]),
    f"DEV_AWS_SECRET_ACCESS_KEY={KEYS[2]}",
    f"DEV_AWS_ACCESS_KEY_ID={IDS[2]}",
    "[one]",
    "[two]",
    "PGPASSWORD=tr0ub4dor",
    "PGHOST=db",
]


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(_PATHS), st.lists(st.sampled_from(_LINES), max_size=5), max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_order_of_documents_changes_nothing(files: dict[str, list[str]], chooser: object) -> None:
    documents = [file(path, "\n".join(lines)) for path, lines in files.items()]
    mixed = list(documents)
    chooser.shuffle(mixed)  # type: ignore[attr-defined]
    assert GATHER(*documents) == GATHER(*mixed)
    assert AWS(*documents) == AWS(*mixed)


_SECTIONS = st.dictionaries(
    st.sampled_from(["default", "dev", "main", "shared"]), st.sampled_from(["id", "key", "both", "neither"])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_SECTIONS, min_size=1, max_size=3))
def test_no_secret_comes_from_another_section(files: list[dict[str, str]]) -> None:
    owner: dict[str, str] = {}
    documents = []
    for number, sections in enumerate(files):
        text = ""
        for place, (section, holds) in enumerate(sections.items()):
            seed = 100 + number * 10 + place
            key_id, key = expand("AKIA<base32:16>", seed=seed), expand("<base64:40>", seed=seed)
            owner |= {key_id: section, key: section}
            text += f"[{section}]\n"
            text += f"aws_access_key_id = {key_id}\n" if holds in ("id", "both") else ""
            text += f"aws_secret_access_key = {key}\n" if holds in ("key", "both") else ""
        documents.append(file(f"{'abc'[number]}/credentials" if number else "credentials", text))
    found, _ = GATHER(*documents)
    for held in found:
        assert owner[held.companions["key_id"].reveal()] == owner[held.secret.reveal()]


def test_many_ids_in_one_folder_take_time_in_proportion() -> None:
    taken = []
    for count in (1_000, 4_000):
        documents = [
            file(f"f{number}.py", f'x = "{expand("AKIA<base32:16>", seed=number)}"\n')
            for number in range(count)
        ]
        documents += [
            file(f"d{number}/.env", f"AWS_SECRET_ACCESS_KEY={expand('<base64:40>', seed=number)}\n")
            for number in range(count // 4)
        ]
        started = time.process_time()
        GATHER(*documents)
        taken.append(time.process_time() - started)
    assert taken[1] < 8 * taken[0] + 0.5


def test_a_secret_that_names_its_provider_goes_to_its_id() -> None:
    (held,), gaps = GATHER(
        file(".env", f"RAZORPAY_KEY_ID={RAZORPAY}\n"),
        file("x.env", f"SESSION_SECRET={KEYS[1][:24]}\nRAZORPAY_SECRET={KEYS[2][:24]}\n"),
    )
    assert (held.credential.provider, held.secret, gaps) == ("razorpay", Secret(KEYS[2][:24]), ())


def test_what_nearness_refused_in_a_file_is_not_taken_from_it_after_all() -> None:
    found, gaps = GATHER(file("x.ini", f"aws_access_key_id={ID}\n[b]\naws_secret_access_key={KEY}\n"))
    assert (found, [gap.why for gap in gaps]) == ((), ["key id without its secret"])
