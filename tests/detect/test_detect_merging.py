"""One credential once, and under the right provider."""

import base64
import io
import json
import zipfile
from dataclasses import replace

import pytest
from detect_gather import Gatherer, file
from detect_kinds import KINDS, SOURCE
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.provider import Kind, Needs
from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.credentials import merge
from scopeaudit.detect.plan import KnownKind
from scopeaudit.detect.sighting import Sighting, without_raw
from scopeaudit.model.document import Document
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret
from scopeaudit.reach import sections
from tests.pace import within

GITHUB = expand("ghp_<alnum:30><crc32>", seed=1)
PAYSTACK = Kind(
    id="secret-key",
    title="secret key",
    pattern="sk_(?:live|test)_[0-9A-Za-z]{40}",
    needs=Needs.KEYWORD,
    keywords=("paystack",),
    random_bits=238,
    source=SOURCE,
)
VAGRANT = Kind(
    id="access-token",
    title="access token",
    pattern=r"[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z]{67}",
    needs=Needs.KEYWORD,
    keywords=("vagrant",),
    random_bits=400,
    source=SOURCE,
)
TERRAFORM = replace(
    VAGRANT, pattern=r"[0-9A-Za-z_-]{14}\.atlasv1\.[0-9A-Za-z_=-]{60,70}", needs=Needs.NOTHING, keywords=()
)
SHORT = Kind(
    id="key",
    title="key",
    pattern="sk[-_][0-9A-Za-z_-]{20,60}",
    needs=Needs.KEYWORD,
    keywords=("acme",),
    random_bits=120,
    source=SOURCE,
)
FORMLESS = replace(SHORT, pattern="[0-9A-Za-z_]{40}", keywords=("openai",))
PRIVATE = Kind(
    id="rsa",
    title="RSA private key",
    pattern="-----BEGIN RSA PRIVATE "
    r"KEY-----[^-\x00]{40,4000}?-----END RSA PRIVATE "
    "KEY-----",
    random_bits=240,
    source=SOURCE,
)
ALL = (
    *KINDS,
    ("paystack", PAYSTACK),
    ("vagrant-cloud", VAGRANT),
    ("terraform", TERRAFORM),
    ("acme", SHORT),
    ("openai", FORMLESS),
    ("private-key", PRIVATE),
)
GATHER = Gatherer(ALL)
LIVE = expand("sk_live_<alnum:40>", seed=1)
ATLAS = expand("<alnum:14>.atlasv1.<alnum:67>", seed=1)


def _found(*documents: Document) -> tuple[HeldCredential, ...]:
    return GATHER(*documents)[0]


def _providers(*texts: str) -> list[str]:
    held = _found(*(file(f"{number}.env", text) for number, text in enumerate(texts)))
    return [each.credential.provider for each in held]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([f"PAYSTACK_SECRET_KEY={LIVE}"], ["paystack"]),
        ([f"# see paystack\nSECRET_KEY={LIVE}"], ["stripe"]),
        ([f"STRIPE_KEY={LIVE} # not paystack"], ["stripe"]),
        ([f"KEY={LIVE}"], ["stripe"]),
        ([f"VAGRANT_CLOUD_TOKEN={ATLAS}"], ["vagrant-cloud"]),
        ([f"# vagrant\nTF_TOKEN={ATLAS}"], ["terraform"]),
        ([f"OPENAI_KEY={GITHUB}"], ["github"]),
        ([f"ACME_KEY={LIVE}"], ["stripe"]),
        ([f"PAYSTACK_SECRET_KEY={LIVE}", f"KEY={LIVE}"], ["paystack"]),
        ([f"PAYSTACK_SECRET_KEY={LIVE}", f"STRIPE_KEY={LIVE}"], ["paystack", "stripe"]),
    ],
    ids=[
        "name",
        "near",
        "both",
        "none",
        "infix",
        "near-infix",
        "checksum",
        "shorter",
        "elsewhere",
        "two-names",
    ],
)
def test_a_name_decides_between_providers_of_one_format(texts: list[str], expected: list[str]) -> None:
    assert _providers(*texts) == expected
    assert sorted(_providers(*reversed(texts))) == sorted(expected)


def test_what_a_name_gives_to_another_provider_keeps_its_places() -> None:
    (held,) = _found(file("a.env", f"KEY={LIVE}\n"), file("b.env", f"PAYSTACK_SECRET_KEY={LIVE}\n"))
    assert [place.path for place in held.credential.locations] == ["a.env", "b.env"]


BODY = expand("<base64:150>", seed=3) + "=="
MARK = "RSA PRIVATE " + "KEY"
PEM = "\n".join(
    [f"-----BEGIN {MARK}-----", *(BODY[at : at + 64] for at in range(0, 152, 64)), f"-----END {MARK}-----"]
)


def test_a_private_key_is_one_credential_however_it_is_written() -> None:
    indented = PEM.replace("\n", "\n    ")
    (held,) = _found(
        file("a.pem", PEM),
        file("b.pem", PEM.replace("\n", "\r\n") + "\r\n"),
        file("c.yaml", f"key: |\n    {indented}\n"),
        file("d.json", json.dumps({"private_key": PEM + "\n"})),
        file("e.js", 'key = "' + PEM.replace("\n", '\\n" +\n  "') + '";'),
    )
    assert held.secret == Secret(PEM)
    assert [place.path for place in held.credential.locations] == [
        "a.pem", "b.pem", "c.yaml", "d.json", "e.js",
    ]  # fmt: skip


def _stored_archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("inner.env", f"TOKEN={GITHUB}\n")
    return held.getvalue()


def test_a_token_is_one_credential_in_every_encoding() -> None:
    encoded = base64.b64encode(f"TOKEN={GITHUB}".encode()).decode()
    escaped = "".join(f"\\x{ord(letter):02x}" for letter in GITHUB)
    percents = "".join(f"%{ord(letter):02X}" for letter in GITHUB)
    wide = sections.documents(Source.TREE, "wide.txt", f"TOKEN={GITHUB}\n".encode("utf-16"))
    raw = Document(Source.TREE, "a.zip", _stored_archive())
    member = replace(file("a.zip!/inner.env", f"TOKEN={GITHUB}\n"), continues=True)
    (held,) = _found(
        file("b.env", f"TOKEN={GITHUB}\n"),
        file("c.yaml", f"data: {encoded}\n"),
        file("d.js", f'token = "{escaped}";\n'),
        file("e.txt", f"https://example.net/?a=%3A%2F%2F&token={percents}\n"),
        *wide,
        raw,
        member,
    )
    assert held.secret == Secret(GITHUB)
    assert [place.path for place in held.credential.locations] == [
        "a.zip", "a.zip!/inner.env", "b.env", "c.yaml", "d.js", "e.txt", "wide.txt",
    ]  # fmt: skip


def _sighting(
    kind: Kind, span: tuple[int, int], text: str, line: int = 1, column: int = 1, **more: str
) -> Sighting:
    place = Location(Source.TREE, more.get("path", "a"), line, column, name=more.get("name"))
    return Sighting(KnownKind("x", kind, 0), span, Secret(text), "", place)


def test_places_that_differ_in_name_alone_are_one() -> None:
    sightings = [_sighting(PAYSTACK, (0, 4), "t", name=name) for name in ("b", "a", "c")]
    sightings.append(replace(sightings[0], location=replace(sightings[0].location, name=None)))
    for order in (sightings, sightings[::-1]):
        (held,) = merge(order)
        assert held.credential.locations == (Location(Source.TREE, "a", 1, 1, name="a"),)


def test_encoded_text_gives_way_to_what_it_stands_for() -> None:
    raw = _sighting(PAYSTACK, (10, 20), "p%40ss", column=11)
    decoded = _sighting(PAYSTACK, (3, 7), "p@ss", column=11)
    assert without_raw([raw], [([(0, 2), (11, 14)], [decoded])]) == []
    assert without_raw([raw], [([(0, 2), (11, 14)], [])]) == [raw]
    assert without_raw([raw], [([(0, 2), (20, 24)], [decoded])]) == [raw]
    elsewhere = replace(decoded, location=replace(decoded.location, column=12))
    assert without_raw([raw], [([(11, 14)], [elsewhere])]) == [raw]


def test_a_token_whose_own_format_is_encoded_stays() -> None:
    decoded = _sighting(PAYSTACK, (3, 7), "p@ss")
    assert without_raw([_sighting(TERRAFORM, (0, 9), "t")], [([(0, 9)], [decoded])]) != []
    certain = replace(decoded, certain=True)
    assert without_raw([certain], [([(3, 7)], [decoded])]) == [certain]


_TEXTS = [
    f"KEY={LIVE}",
    f"PAYSTACK_KEY={LIVE}",
    f"STRIPE_KEY={LIVE}",
    f"VAGRANT_TOKEN={ATLAS}",
    f"token: {ATLAS}",
    f"T={GITHUB}",
    "u=postgres://a:tr0ub4dor@db/x",
    "u=postgres://a:tr0ub4dor@other/x",
    PEM,
    json.dumps(PEM),
]


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from(_TEXTS), max_size=4), max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_order_of_documents_changes_nothing(files: dict[str, list[str]], chooser: object) -> None:
    documents = [file(f"{name}.txt", "\n".join(texts)) for name, texts in files.items()]
    mixed = list(documents)
    chooser.shuffle(mixed)  # type: ignore[attr-defined]
    assert _found(*documents) == _found(*mixed)


_SIGHTINGS = st.lists(
    st.builds(
        lambda kind, text, line, path, name: replace(
            _sighting(kind[1], (0, 4), text, line + 2 * len(text), path=path, name=name),
            known=KnownKind(*kind, 0),
        ),
        st.sampled_from([("paystack", PAYSTACK), ("acme", SHORT), ("terraform", TERRAFORM)]),
        st.sampled_from(["one", "three"]),
        st.integers(1, 2),
        st.sampled_from(["a", "b"]),
        st.sampled_from([None, "PAYSTACK", "ACME", "x"]),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(_SIGHTINGS, st.randoms(use_true_random=False))
def test_merging_again_changes_nothing(sightings: list[Sighting], chooser: object) -> None:
    once = merge(sightings)
    mixed = sightings + sightings
    chooser.shuffle(mixed)  # type: ignore[attr-defined]
    assert merge(mixed) == once
    places = {(each.location.path, each.location.line) for each in sightings}
    assert {(each.path, each.line) for held in once for each in held.credential.locations} == places


@pytest.mark.parametrize("different", [1, 20_000])
def test_many_sightings_take_time_in_proportion(different: int) -> None:
    kind = KnownKind("paystack", PAYSTACK, 0)
    base = _sighting(PAYSTACK, (0, 48), LIVE)
    sightings = [
        replace(
            base,
            known=kind,
            secret=Secret(f"{LIVE}{number % different:0{8 + number % 30}}"),
            location=Location(
                Source.TREE, f"f{number % 100}", number, 1, name=f"A_LONG_NAME_OF_SOMETHING_{number}"
            ),
        )
        for number in range(20_000)
    ]
    if different == 1:
        sightings = [replace(each, secret=base.secret) for each in sightings]
    with within(6):
        assert len(merge(sightings)) == different


def test_long_names_and_secrets_of_every_length_are_compared_within_bounds() -> None:
    kind = KnownKind("paystack", PAYSTACK, 0)
    base = replace(_sighting(PAYSTACK, (0, 48), LIVE), known=kind)
    sightings = [
        replace(
            base,
            secret=Secret(f"{number:0{10 + number % 110}}"),
            location=Location(Source.TREE, "f", number, 1, name=f"{number:x<120}"),
        )
        for number in range(5_000)
    ]
    with within(10):
        held = merge(sightings)
    assert held[0].credential.locations[0].name is not None
    assert held[-1].credential.locations[0].name is None
