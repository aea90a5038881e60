"""What a name says of its value."""

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.roles import is_bare, is_fingerprint, role_of
from scopeaudit.model.candidate import CandidateType

PASSWORD, TOKEN, SECRET, KEY = (
    CandidateType.PASSWORD,
    CandidateType.TOKEN,
    CandidateType.SECRET,
    CandidateType.KEY,
)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("password", PASSWORD),
        ("DB_PASSWORD", PASSWORD),
        ("db_password_prod", PASSWORD),
        ("dbPassword2", PASSWORD),
        ("spring.datasource.password", PASSWORD),
        ("passwordConfirmation", PASSWORD),
        ("mysql-root-password", PASSWORD),
        ("PGPASSWORD", PASSWORD),
        ("adminpwd", PASSWORD),
        ("ses_smtp_password_v4", PASSWORD),
        ("ORACLE_PasswordSys", PASSWORD),
        ("token", TOKEN),
        ("access_token", TOKEN),
        ("apiToken", TOKEN),
        ("Authorization", TOKEN),
        ("client_secret", SECRET),
        ("clientsecret", SECRET),
        ("otp", SECRET),
        ("apiKey", KEY),
        ("x-api-key", KEY),
        ("SECRET_KEY", KEY),
        ("secret_key_base", KEY),
        ("AWS_SECRET_ACCESS_KEY", KEY),
        ("privateKey", KEY),
        ("App__Db__Password", PASSWORD),
        ("GPG_KEY", KEY),
    ],
)
def test_a_name_that_says_secret(name: str, role: CandidateType) -> None:
    assert role_of(name) is role


@pytest.mark.parametrize(
    "name",
    [
        "password_file",
        "passwordField",
        "password_hash",
        "hashed_password",
        "encrypted_access_token",
        "tokenizer",
        "token_url",
        "secret_name",
        "secretName",
        "public_key",
        "PublicKeyToken.public",
        "primary_key",
        "cache_key",
        "foreignKey",
        "sortKey",
        "queryKey",
        "keyboard",
        "monkey",
        "author",
        "username",
        "",
        "_",
        "...",
    ],
)
def test_a_name_that_does_not(name: str) -> None:
    assert role_of(name) is None


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("key", True),
        ("Key", True),
        ("_token", True),
        ("app.key", True),
        ("fs.s3a.secret.key", False),
        ("api.key", False),
        ("api_key", False),
        ("password", False),
    ],
)
def test_bare_names_say_little(name: str, bare: bool) -> None:
    assert is_bare(name) is bare


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("GPG_KEY", "<hex:40>", True),
        ("pgp-signing-key", "0x<hex:16>", True),
        ("gpgKey", "<hex:16>!", True),
        ("GPG_KEY", "<hex:4> <hex:4> <hex:4> <hex:4> <hex:4>  <hex:4> <hex:4> <hex:4> <hex:4> <hex:4>", True),
        ("GPG_KEY", "<hex:39>", False),
        ("GPG_KEY", "<hex:64>", False),
        ("GPG_KEY", "<alnum:39>z", False),
        ("SIGNING_KEY", "<hex:40>", False),
        ("GPGX_KEY", "<hex:40>", False),
    ],
)
def test_a_fingerprint_says_which_key_is_meant(name: str, value: str, is_one: bool) -> None:
    assert is_fingerprint(name, expand(value)) is is_one
