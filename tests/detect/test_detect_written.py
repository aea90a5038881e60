"""Whether text in the place of a secret was drawn by a generator or written by a person."""

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.written import Stands, is_drawn, is_illustration, is_thought_up, is_wordy
from scopeaudit.model.candidate import CandidateType

SETTINGS, PROGRAM, TEST = "deploy/settings.yaml", "src/app.py", "tests/test_app.py"


@pytest.mark.parametrize(
    "template",
    ["<alnum:32>", "<hex:32>", "<base64:44>", "<base64url:43>", "<base32:32>", "sk-live.<alnum:40>"],
)
@pytest.mark.parametrize("kind", list(CandidateType))
def test_drawn_values(template: str, kind: CandidateType) -> None:
    for seed in range(20):
        text = expand(template, seed=seed)
        assert is_drawn(text, kind, PROGRAM, Stands.QUOTED), (template, seed)


@pytest.mark.parametrize(
    "text",
    [
        "${DB_PASSWORD}",
        "{{ vault.password }}",
        "$(cat secret)",
        "process.env.TOKEN",
        "os.environ['TOKEN']",
        "getToken()",
        "config.token.value",
        "/run/secrets/token",
        "https://example.net/token?id=1",
        "someone@example.net",
        "your-token-here",
        "changeme",
        "password",
        "xxxxxxxxxxxxxxxx",
        "0123456789abcdef",
        "aaaaaaaaaaaaaaaaaaaa",
        "2019-04-01T00:00:00Z",
        "v1.24.3-beta",
        "^14.0.3",
        "npm:~2.1",
        "@scope/jwt@0.12.7",
        "sha512-bLE7BtHrURedCn4Mco3ma9L4Y1GR2SMBuIvjWr7rmQ==",
        "access_token",
        "refreshTokenExpired",
        "react-dom-factories",
        "column_default",
        "AES-256-CBC",
        "X-GitHub-OTP",
        "S-1-5-21-1234556-56678-12345-2345",
        "REGISTRY_ACCESS_TOKEN_2",
        "application/json",
        "[a-zA-Z0-9]+",
        "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC",
        "\x00\x01abc9xk2q81fjm",
        "",
    ],
)
@pytest.mark.parametrize("kind", [CandidateType.TOKEN, CandidateType.KEY, CandidateType.SECRET])
def test_values_that_are_none(text: str, kind: CandidateType) -> None:
    assert not is_drawn(text, kind, SETTINGS, Stands.QUOTED)


def test_the_name_of_a_key_elsewhere_is_none() -> None:
    for text in ("BOB_secp112r1_PUB", "KAS-ECC-CDH_P-192_C0"):
        assert not is_drawn(text, CandidateType.KEY, "vectors.txt", Stands.BARE)
    licence = "ABCDE-F2G4H-J5K6L-M7N8P-Q9R2S"
    assert is_drawn(licence, CandidateType.KEY, "settings.ini", Stands.BARE)


@pytest.mark.parametrize("text", ["Welcome2019!", "banana42", "Forge123", "61cD4gE6!", "supersecure"])
def test_a_password_that_someone_thought_up_counts_where_it_is_used(text: str) -> None:
    assert is_drawn(text, CandidateType.PASSWORD, SETTINGS, Stands.QUOTED)


@pytest.mark.parametrize("text", ["Welcome2019!", "banana42", "Forge123", "supersecure"])
@pytest.mark.parametrize(
    "path", [TEST, "docs/setup.md", "README", ".github/workflows/ci.yml", "a/i18n/de.json"]
)
def test_and_not_in_files_that_test_explain_or_translate(text: str, path: str) -> None:
    assert not is_drawn(text, CandidateType.PASSWORD, path, Stands.QUOTED)


@pytest.mark.parametrize(
    "text",
    ["Password123!", "changeme123", "secret1", "user-1", "step_2", "P@ssw0rd!", "s3cr3t!", "pass%2Bword"],
)
def test_placeholders_with_digits_are_no_passwords(text: str) -> None:
    assert not is_drawn(text, CandidateType.PASSWORD, SETTINGS, Stands.QUOTED)


def test_words_alone_are_passwords_in_settings_and_not_in_programs() -> None:
    assert is_thought_up("connecttoplotly", SETTINGS)
    assert not is_thought_up("connecttoplotly", PROGRAM)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Must be at least 8 characters", False),
        ("Enter your password", False),
        ("Passwort vergessen", False),
        ("k8 #vQ2 zpw!x", True),
    ],
)
def test_text_with_spaces(text: str, drawn: bool) -> None:
    assert is_drawn(text, CandidateType.PASSWORD, SETTINGS, Stands.SPACED) is drawn


def test_a_file_of_logins_holds_weak_ones_too() -> None:
    for path in (".pgpass", "home/.git-credentials", "FileZilla/sitemanager.xml", "wp-config.php"):
        assert is_drawn("admin", CandidateType.PASSWORD, path, Stands.ALONE)
    assert not is_drawn("admin", CandidateType.PASSWORD, SETTINGS, Stands.ALONE)


@pytest.mark.parametrize(
    ("path", "illustrates"),
    [
        ("tests/test_x.py", True),
        ("src/test/java/A.java", True),
        ("pkg/a_test.go", True),
        ("src/FooTest.java", True),
        ("docs/guide.rst", True),
        ("README.md", True),
        ("examples/a.py", True),
        ("config.example.yaml", True),
        ("src/main.py", False),
        ("config/production.yaml", False),
        ("latest/contest.py", False),
        (".env", False),
    ],
)
def test_files_that_illustrate(path: str, illustrates: bool) -> None:
    assert is_illustration(path) is illustrates


def test_words_in_disguise() -> None:
    for text in ("passw0rd", "t0ps3cr3t", "admin123", "hunter2", "myAuthPassword", "passwordtwo"):
        assert is_wordy(text), text
    for text in ("xk2jq9vf", "qzvkxwtj", "9fK2!xq"):
        assert not is_wordy(text), text
