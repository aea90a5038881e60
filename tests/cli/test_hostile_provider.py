"""Servers that answer with what is no answer: what is not known stays unknown."""

import json

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.cli.main import run
from scopeaudit.demo.server import Reply, StandIn

TOKENS = {
    "stripe": "STRIPE_SECRET_KEY=" + expand("sk_live_<alnum:24>", seed=81),
    "railway": "RAILWAY_API_TOKEN=" + expand("<uuid>", seed=82),
    "supabase": "SUPABASE_ACCESS_TOKEN=sbp_" + expand("<hex:40>", seed=83),
    "github": "GITHUB_TOKEN=" + expand("ghp_<alnum:30><crc32>", seed=84),
}
JSON = "application/json"
PAGE = b"<html><h1>401 Authorization Required</h1></html>"


def authority(folder, capsys, provider, reply):
    """What a scan makes of a provider that always answers this, and its gaps about asking."""

    class Always(StandIn):
        def answer(self, method, path, headers, body):
            return reply

    (folder / ".env").write_text(f"{TOKENS[provider]}\n")
    with Always() as server:
        endpoint = f"{provider}={server.url}"
        asked = ("--source", "tree", "--format", "json", "--fresh", "--endpoint", endpoint)
        code = run(["scan", str(folder), *asked])
    assert code in (0, 1)
    report = json.loads(capsys.readouterr().out)
    (credential,) = report["credentials"]
    return credential["authority"], [gap for gap in report["gaps"] if gap["stage"] == "ask"]


@pytest.mark.parametrize("provider", TOKENS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(401, "text/html", PAGE),
        Reply(401, JSON, PAGE),
        Reply(401, JSON, b""),
        Reply(401, JSON, b"null"),
        Reply(401, JSON, b'"Unauthorized"'),
        Reply(401, JSON, b"[]"),
        Reply(407, JSON, b'{"error": {"message": "proxy"}}'),
    ],
    ids=["page", "page called json", "nothing", "null", "text", "list", "of a proxy"],
)
def test_a_refusal_that_is_not_the_providers_own_revokes_nothing(provider, reply, folder, capsys):
    silent, _ = authority(folder, capsys, provider, Reply(302, JSON, b""))
    found, gaps = authority(folder, capsys, provider, reply)
    assert (found["state"], found["operations"]) == ("unknown", silent["operations"])
    assert gaps


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("stripe", {"error": {"message": "Invalid API Key provided: sk_live_****"}}),
        ("railway", {"errors": [{"message": "Not Authorized"}]}),
        ("supabase", {"message": "Unauthorized"}),
        ("github", {"message": "Bad credentials"}),
    ],
)
def test_a_refusal_in_the_providers_own_form_revokes(provider, body, folder, capsys):
    found, _ = authority(folder, capsys, provider, Reply(401, JSON, json.dumps(body).encode()))
    assert found["state"] == "revoked"


@pytest.mark.parametrize("provider", TOKENS)
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b"true", b"[[[]], null, 1]", b'{"data": null, "errors": [{"message": "x"}]}',
     b'{"error": "internal"}', b'{"id": 1e999, "login": NaN}', b'{"id": "\\ud800\\u0000"}', b'{"data": {"me": {"id"'],
)  # fmt: skip
def test_an_answer_without_meaning_denies_nothing(provider, body, folder, capsys):
    silent, _ = authority(folder, capsys, provider, Reply(302, JSON, b""))
    found, _ = authority(folder, capsys, provider, Reply(200, JSON, body))
    assert found["state"] in ("active", "unknown")
    assert found["operations"]["denied"] <= silent["operations"]["denied"]
