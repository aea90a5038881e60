"""What is shown of configurations: names and rules as they are, and nothing that may be a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.templates import expand
from scopeaudit.reach.agents.shown import is_random, shown
from tests.pace import within

TOKENS = [
    "<uuid>", "sbp_<hex:40>", "ghp_<alnum:30><crc32>", "glpat-<alnum:20>", "sk_live_<alnum:24>", "sk-proj-<base64url:48>",
    "<base32:32>", "<hex:32>", "<base64url:43>", "<alnum:40>", "xoxb-<digits:12>-<digits:12>-<alnum:24>",
]  # fmt: skip


@pytest.mark.parametrize(
    "around", ["{}", "Read(./{}/**)", "server-{}", "/opt/{}/run", "TOKEN={}", "x.{}.example.com"]
)
@pytest.mark.parametrize("template", TOKENS)
def test_a_token_is_left_out_wherever_it_stands(template: str, around: str) -> None:
    for seed in range(20):
        token = expand(template, seed=seed)
        told = shown(around.format(token))
        assert token not in told
        assert token[-12:] not in told


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://app:short@db.example/x", "postgresql://…@db.example/x"),
        ("Bash(login --password hunter2)", "Bash(login --password …)"),
        ("password=hunter2", "password=…"),
        ('"token": "abcd"', '"token": "…"'),
        ("Authorization: Bearer abcdef", "Authorization: Bearer …"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_what_is_named_as_a_secret_is_left_out(text: str, left: str) -> None:
    assert shown(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Read(./.env)", "Read(//home/someone/projects/shop/config/production/**)", "Read(~/.aws/credentials)",
        "**/node_modules/@typescript-eslint/eslint-plugin/**", "npx @modelcontextprotocol/server-postgres@0.6.2",
        "allowManagedPermissionRulesOnly", "mcp-server-2024-11-05-beta", "company-internal-tickets-eu-west-1",
        "ghcr.io/github/github-mcp-server:v0.14.1", "GITHUB_PERSONAL_ACCESS_TOKEN", "env -u AWS_SECRET_ACCESS_KEY",
        "/Library/Application Support/JetBrains/IntelliJIdea2025.2/options/*.xml", "secrets/**", "id_ed25519*",
        "${SUPABASE_ACCESS_TOKEN}", "token=${TOKEN}", "*.pem, *.p12, *.pfx",
    ],
)  # fmt: skip
def test_names_and_rules_stay_as_they_are(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "CLAUDE_CODE_SUBPROCESS_ENV_SCRUB", "OAUTH2_CLIENT_ID"]
)
def test_names_of_variables_are_words(name: str) -> None:
    assert not is_random(name)


@given(st.text())
def test_no_text_becomes_long(text: str) -> None:
    assert len(shown(text)) <= 200


@pytest.mark.parametrize(
    "text", ["a" * 9_000_000, "token " * 500_000, "://" * 900_000, "a1" * 900_000, "--" * 900_000]
)
def test_no_text_takes_long(text: str) -> None:
    with within(1):
        shown(text)
