"""Values that stand where a secret would."""

import base64

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.placeholder import (
    Refusal,
    entropy,
    login_in,
    refusal_of_generic,
    refusal_of_password,
    refusal_of_token,
)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("AKIAIOSFODNN7" + "EXAMPLE", Refusal.WORDS),
        ("ghp_" + "x" * 36, Refusal.WORDS),
        ("ghp_" + "0" * 36, Refusal.REPEATED),
        ("sk_live_" + "ab" * 12, Refusal.REPEATED),
        ("sk_live_1234567890abcdef", Refusal.SEQUENTIAL),
        ("sk_test_abcdefghijklmnop", Refusal.SEQUENTIAL),
        ("sk_test_your_secret_key", Refusal.WORDS),
        ("00000000-0000-0000-0000-000000000000", Refusal.REPEATED),
    ],
)
def test_tokens_that_are_none(text: str, refusal: Refusal) -> None:
    assert refusal_of_token(text) is refusal


@pytest.mark.parametrize(
    "template",
    [
        "ghp_<alnum:36>",
        "<uuid>",
        "sk_live_<alnum:24>",
        "AKIA<base32:16>",
        "<hex:40>",
        "eyJ<base64url:900>",
        "<base64:40>",
    ],
)
def test_no_random_token_is_refused(template: str) -> None:
    refused = [seed for seed in range(300) if refusal_of_token(expand(template, seed=seed))]
    assert refused == []


@pytest.mark.parametrize(
    "text",
    [
        "${PASSWORD}",
        "$PASSWORD",
        "$(cat secret)",
        "{{ .Values.password }}",
        "<password>",
        "%s",
        "%(password)s",
        "{password}",
        "{}",
        "#{password}",
        "op://vault/item/field",
        "$db_password",
        "%PASSWORD%",
        "${{ secrets.X }}",
        "[password]",
        "__PASSWORD__",
    ],
)
def test_references_are_no_passwords(text: str) -> None:
    assert refusal_of_password(text, "a.yaml", quoted=True) is Refusal.REFERENCE


@pytest.mark.parametrize(
    "text",
    [
        "changeme",
        "CHANGE_ME",
        "xxxxx",
        "****",
        "your_password",
        "your-db-password-here",
        "your-smtp-password",
        "enter_the_admin_password",
        "insert token here",
        "...",
    ],
)
def test_words_that_ask_to_be_replaced_are_no_passwords(text: str) -> None:
    assert refusal_of_password(text, "a.yaml", quoted=True) is Refusal.WORDS


def test_nothing_is_no_password() -> None:
    assert refusal_of_password("", "a", quoted=True) is Refusal.EMPTY


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "postgres",
        "example-prod-92x",
        "P@ss${",
        "s3cr!t",
        "$ecret1",
        "password1",
        "admin",
        "your-dog-rex",
        "correct horse",
        "x" * 2,
    ],
)
def test_weak_passwords_are_passwords(text: str) -> None:
    assert refusal_of_password(text, "config/.env", quoted=True) is None


def test_names_in_code_are_references_and_in_configuration_passwords() -> None:
    assert refusal_of_password("settings.password", "a.py", quoted=False) is Refusal.REFERENCE
    assert refusal_of_password("read_password()", "a.env", quoted=False) is Refusal.REFERENCE
    assert refusal_of_password("process.env.PW", "a.env", quoted=False) is Refusal.REFERENCE
    assert refusal_of_password("hunter", "a.py", quoted=False) is Refusal.REFERENCE
    assert refusal_of_password("$spw", "a.md", quoted=False) is Refusal.REFERENCE
    assert refusal_of_password("$spw", "a.md", quoted=True) is None
    assert refusal_of_password("$ecret1", "a.env", quoted=False) is None
    assert refusal_of_password("hunter", "a.py", quoted=True) is None
    assert refusal_of_password("hunter", ".env", quoted=False) is None


@pytest.mark.parametrize(
    ("password", "user", "host", "refusal"),
    [
        ("password", "user", "localhost", Refusal.GENERIC),
        ("pass", "app", "host:5432", Refusal.GENERIC),
        ("password", "app", "db.example.com", Refusal.GENERIC),
        ("password", "postgres", "localhost", None),
        ("hunter2", "user", "host", None),
    ],
)
def test_a_generic_password_is_one_of_an_example_only_beside_a_generic_user_or_host(
    password: str, user: str, host: str, refusal: Refusal | None
) -> None:
    assert refusal_of_generic(password, user, host) is refusal


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("app:hunter7", ("app", "hunter7")),
        ("app:with:colons", ("app", "with:colons")),
        ("app:", None),
        (":hunter7", None),
        ("no colon", None),
        ("app:line\n", None),
    ],
)
def test_a_login_in_base64_is_read(text: str, login: tuple[str, str] | None) -> None:
    assert login_in(base64.b64encode(text.encode()).decode()) == login


def test_what_is_no_base64_of_plain_text_is_no_login() -> None:
    assert login_in("user:password") is None
    assert login_in(base64.b64encode(b"user:\xff").decode()) is None


def test_entropy_is_in_bits_a_character() -> None:
    assert (entropy(""), entropy("aaaa"), entropy("abcd")) == (0, 0, 2)


@pytest.mark.parametrize(
    "parts",
    [
        ("sk_test_", "4eC39HqLyjWDarjtT1zdp7dc"),
        ("sk_test_", "BQokikJOvBiI2HlWgH4olfQ2"),
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
            "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.",
            "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        ),
    ],
)
def test_published_examples_are_known_by_their_digest(parts: tuple[str, ...]) -> None:
    assert refusal_of_token("".join(parts)) is Refusal.DOCUMENTED
