"""Planted secrets are searched for in everything the program says or writes."""

import base64

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.demo.railway import RailwayStandIn

DEAD = "http://127.0.0.1:9"
PERSON = {"p1": {"email": "owner@example.com"}}
PLANTED = {
    "railway": expand("<uuid>", seed=31),
    "github": expand("ghp_<alnum:30><crc32>", seed=32),
    "stripe": expand("sk_live_<alnum:24>", seed=33),
    "database": expand("<alnum:20>", seed=34),
    "aws": expand("<base64:40>", seed=35),
    "jwt": expand(
        '<jwt:{"iss":"supabase","ref":"abcdefghijklmnopqrst","role":"service_role","exp":4102444800}>',
        seed=36,
    ),
}


def forms(secret: str) -> list[str]:
    """The secret, and what would give it away: most of it, its base64, its reverse."""
    middle = secret[2:-4] if len(secret) > 16 else secret
    return [middle, base64.b64encode(secret.encode()).decode().rstrip("=")[:-2], secret[::-1]]


@pytest.fixture
def checkout(folder):
    (folder / ".env").write_text(
        f"RAILWAY_API_TOKEN={PLANTED['railway']}\n"
        f"GITHUB_TOKEN={PLANTED['github']}\n"
        f"STRIPE_SECRET_KEY={PLANTED['stripe']}\n"
        f"DATABASE_URL=postgresql://app:{PLANTED['database']}@127.0.0.1:1/shop_production\n"
        f"AWS_ACCESS_KEY_ID={expand('AKIA<base32:16>', seed=37)}\nAWS_SECRET_ACCESS_KEY={PLANTED['aws']}\n"
        f"SUPABASE_SERVICE_ROLE_KEY={PLANTED['jwt']}\n"
    )
    return folder


@pytest.fixture
def stand_in():
    world = {
        "people": PERSON,
        "tokens": {"t": {"type": "account", "person": "p1"}},
        "workspaces": [
            {"id": "w", "name": "acme", "members": [{"id": "p1", "role": "ADMIN"}], "projects": []}
        ],
    }
    with RailwayStandIn(world, {PLANTED["railway"]: "t"}) as running:
        yield running


def searched(program, done) -> str:
    return done.stdout + done.stderr + program.written().decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "terminal"),
        ("--format", "json"),
        ("--format", "sarif"),
        ("--plan",),
        ("--offline", "--format", "json"),
    ],
    ids=" ".join,
)
def test_no_output_trail_or_cache_holds_a_planted_secret(program, checkout, stand_in, arguments):
    endpoints = [
        f"railway={stand_in.url}",
        *(f"{name}={DEAD}" for name in ("github", "stripe", "aws", "supabase")),
    ]
    options = [part for each in endpoints for part in ("--endpoint", each)]
    done = program("scan", str(checkout), "--source", "tree", *options, *arguments)
    assert done.returncode in (0, 1), done.stderr
    everything = searched(program, done)
    assert "railway" in everything
    for name, secret in PLANTED.items():
        for form in forms(secret):
            assert form not in everything, name


def test_the_audit_trail_names_requests_and_not_the_secret(program, checkout, stand_in):
    endpoints = [f"railway={stand_in.url}", *(f"{name}={DEAD}" for name in ("github", "stripe", "aws"))]
    options = [part for each in endpoints for part in ("--endpoint", each)]
    program("scan", str(checkout / ".env"), "--source", "tree", *options)
    (trail,) = program.home.rglob("requests.jsonl")
    text = trail.read_text()
    assert '"/graphql/v2"' in text
    assert PLANTED["railway"] not in text


def test_an_answer_that_repeats_the_secret_does_not_bring_it_into_the_report(program, folder):
    class Echo(RailwayStandIn):
        def _execute(self, query, variables, headers):
            token = headers.get("authorization", "").removeprefix("Bearer ")
            return {"data": {"apiToken": {"workspaces": [{"id": token, "name": f"yours is {token}"}]}}}

    (folder / ".env").write_text(f"RAILWAY_API_TOKEN={PLANTED['railway']}\n")
    with Echo({"tokens": {}, "workspaces": [], "people": {}}, {}) as echo:
        done = program(
            "scan", str(folder), "--source", "tree", "--format", "json", "--endpoint", f"railway={echo.url}"
        )
    assert PLANTED["railway"][2:-4] not in searched(program, done)


def test_inspect_reads_standard_input_and_shows_nothing_of_it(program, stand_in):
    done = program(
        "inspect", "--provider", "railway", "--endpoint", f"railway={stand_in.url}", text=PLANTED["railway"]
    )
    assert done.returncode == 0, done.stderr
    assert "Railway account token" in done.stdout
    assert PLANTED["railway"][2:-4] not in searched(program, done)


def test_inspect_recognises_a_format_of_its_own(program):
    done = program("inspect", "--offline", text=PLANTED["stripe"] + "\n")
    assert done.returncode == 0, done.stderr
    assert "Stripe" in done.stdout
