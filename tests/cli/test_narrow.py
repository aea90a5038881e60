"""`scopeaudit narrow` on a folder, as a user runs it."""

import json
import re

import pytest
import typer

from scopeaudit.catalogue.templates import expand
from scopeaudit.cli.narrow import narrow
from scopeaudit.model.errors import UsageError

TOKEN = expand("ghp_<alnum:30><crc32>", seed=31_000)
DATABASE = f"postgres://app:{expand('<alnum:20>', seed=31_001)}@db.internal.corp:5432/shop"
JOBS = """
version: 1
jobs:
  triage:
    owner: team@example.org
    provider: github
    use: github/triage-issues
    resources: [octo/app]
    credentials: [{path: bot.sh}]
  report:
    provider: postgresql
    allow: [SELECT]
    resources: [table/shop.public.orders]
    expires: 2099-01-01
    credentials: [{path: .env}]
  old:
    provider: github
    allow: [repos/get]
    expires: 2020-01-01
    credentials: [{path: nowhere}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    scanned = tmp_path / "scanned"
    scanned.mkdir()
    (scanned / "scopeaudit.yaml").write_text(JOBS)
    (scanned / "bot.sh").write_text(f"export GITHUB_TOKEN={TOKEN}\n")
    (scanned / ".env").write_text(f"DATABASE_URL={DATABASE}\n")
    (scanned / "loose.sh").write_text(f"export GITHUB_TOKEN={expand('ghp_<alnum:30><crc32>', seed=31_002)}\n")
    return scanned


def run(capsys, *arguments: str, **options: object) -> str:
    from scopeaudit.cli.scan import SourceName

    given = {"source": [SourceName.TREE], "format_": "text", "ask": False, "fresh": False} | options
    for name in ("job", "jobs", "home", "endpoint", "allow_host"):
        given.setdefault(name, None)
    names = dict(zip(("subject", "path"), arguments, strict=False))
    assert narrow(**{"subject": None, "path": None} | names | given) == 0
    return capsys.readouterr().out


def read(capsys, *arguments: object, **options: object) -> list[dict]:
    return json.loads(run(capsys, *arguments, format_="json", **options))


def test_a_folder_alone_gives_one_for_every_credential_with_a_job(folder, capsys):
    made = read(capsys, str(folder))
    assert [(each["provider"], each["job"]) for each in made] == [
        ("postgresql", "report"),
        ("github", "triage"),
    ]


def test_a_job_gives_the_link_and_the_permissions(folder, capsys):
    text = run(capsys, "triage", folder)
    assert "issues: read and write" in text
    assert "https://github.com/settings/personal-access-tokens/new?name=triage" in text
    assert "target_name=octo" in text
    assert (
        text.index("Issue instead")
        < text.index("How")
        < text.index("Still too wide")
        < text.index("Source: ")
    )


@pytest.mark.parametrize("subject", [".env", ".env:1", "DATABASE_URL", "report"])
def test_a_place_a_variable_and_a_job_mean_the_same_credential(folder, capsys, subject):
    (made,) = read(capsys, subject, folder)
    assert made["narrower"]["text"].split("\n")[:4] == [
        'CREATE ROLE "report" LOGIN;',
        'GRANT CONNECT ON DATABASE "shop" TO "report";',
        'GRANT USAGE ON SCHEMA "public" TO "report";',
        'GRANT SELECT ON TABLE "public"."orders" TO "report";',
    ]
    assert made["narrower"]["form"] == "sql"


def test_an_id_means_the_credential_of_that_id(folder, capsys):
    ids = {each["job"]: each["credential"] for each in read(capsys, str(folder))}
    (made,) = read(capsys, ids["triage"], folder)
    assert made["job"] == "triage"


def test_no_secret_is_printed(folder, capsys):
    printed = run(capsys, str(folder)) + json.dumps(read(capsys, str(folder)))
    assert TOKEN not in printed
    assert DATABASE.split(":")[2].partition("@")[0] not in printed


def test_a_template_needs_no_folder(folder, capsys):
    assert "contents: read" in run(capsys, "github/read-code", folder)


def test_a_job_of_another_file_is_used_for_a_credential_without_one(folder, capsys, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(
        "version: 1\njobs:\n  read:\n    provider: github\n    allow: [repos/get-content]\n"
        "    credentials: [{path: elsewhere}]\n"
    )
    (made,) = read(capsys, "loose.sh", folder, job=f"{other}#read")
    assert made["credential"] is not None
    assert "contents: read" in made["narrower"]["text"]
    (alone,) = read(capsys, None, folder, job=f"{other}#read")
    assert alone["credential"] is None
    assert alone["narrower"]["text"] == made["narrower"]["text"]


def test_a_job_that_has_expired_needs_no_credential(folder, capsys):
    (made,) = read(capsys, "old", folder)
    assert made["narrower"] is None
    assert "expired on 2020-01-01, so it needs no credential: revoke it" in run(capsys, "old", folder)


def test_a_job_that_allows_nothing_any_more_needs_no_credential(folder, capsys, tmp_path, monkeypatch):
    policy = tmp_path / "policy.yaml"
    policy.write_text('version: 1\ndeny: ["github:*"]\n')
    monkeypatch.setenv("SCOPEAUDIT_POLICY", str(policy))
    assert "allows nothing, so it needs no credential: revoke it" in run(capsys, "triage", folder)


def test_without_jobs_nothing_can_be_narrowed_and_the_next_step_is_told(folder, capsys):
    (folder / "scopeaudit.yaml").unlink()
    with pytest.raises(UsageError, match="`scopeaudit jobs init` proposes jobs"):
        run(capsys, str(folder))
    with pytest.raises(UsageError, match="c1: has no job to be narrowed to; `scopeaudit jobs init` proposes"):
        run(capsys, "c1", folder)


def test_it_is_told_whether_anything_was_asked(folder, capsys):
    assert "Nothing was asked, so only resources that the job names are known" in run(
        capsys, "triage", folder
    )
    assert "Nothing was asked" not in run(capsys, "github/read-code", folder)


def test_the_command_of_a_remedy_prints_what_it_says(program, folder):
    (folder / "domains.sh").write_text(expand("export RAILWAY_TOKEN=<uuid>\n", seed=31_003))
    (folder / "scopeaudit.yaml").write_text(
        f"{JOBS}  domains:\n    provider: railway\n    allow: [customDomainCreate]\n"
        "    credentials: [{path: domains.sh}]\n"
    )
    scan = program("scan", ".", "--offline", "--source", "tree", "--format", "json", cwd=folder)
    commands = {
        (finding["credential"], command)
        for finding in json.loads(scan.stdout)["findings"]
        if finding["rule"] in ("excess-authority", "ungated-destruction")
        for command in re.findall(r"`scopeaudit (narrow [^`]*)`", finding["remedy"])
    }
    ((credential, command),) = commands
    printed = program(*command.split(), "--source", "tree", cwd=folder)
    assert (command, printed.returncode, printed.stderr) == (f"narrow {credential}", 0, "")
    assert printed.stdout.startswith(f"{credential}  railway project-token  domains.sh:1  job domains\n")


def test_a_policy_of_the_user_takes_from_every_job(folder, capsys, tmp_path, monkeypatch):
    policy = tmp_path / "policy.yaml"
    policy.write_text('version: 1\ndeny: ["github:issues/*", "github:reactions/*"]\n')
    before = read(capsys, "triage", folder)[0]["narrower"]["text"]
    monkeypatch.setenv("SCOPEAUDIT_POLICY", str(policy))
    after = read(capsys, "triage", folder)[0]["narrower"]["text"]
    assert "issues: read and write" in before
    assert after == "Repository permissions\n  metadata: read"


@pytest.mark.parametrize(
    ("subject", "options", "told"),
    [
        ("loose.sh", {}, "has no job"),
        (
            "frobnicate",
            {},
            "no such credential, place or job; credentials here are c1, c2, c3, jobs are old,",
        ),
        ("c9", {}, "c9: no such credential"),
        ("triage", {"format_": "yaml"}, "--format yaml"),
        ("triage", {"job": "file-without-name"}, "FILE#NAME"),
        ("triage", {"job": "scopeaudit.yaml#nothing"}, "no job nothing"),
    ],
)
def test_what_cannot_be_meant_is_told(folder, capsys, monkeypatch, subject, options, told):
    monkeypatch.chdir(folder)
    with pytest.raises(UsageError, match=told):
        run(capsys, subject, folder, **options)


def test_names_of_a_folder_do_not_act_on_the_terminal(folder, capsys):
    hostile = folder / "a\x1b[2Jb.sh"
    (folder / "bot.sh").rename(hostile)
    (folder / "scopeaudit.yaml").write_text(JOBS.replace("path: bot.sh", 'path: "a*b.sh"'))
    assert "\x1b" not in run(capsys, "triage", folder)


def test_the_command_can_be_registered(capsys):
    app = typer.Typer()
    app.command(name="narrow")(narrow)
    app.command(name="other")(lambda: None)
    assert app(["narrow", "--help"], standalone_mode=False) in (None, 0)
    assert "--job" in capsys.readouterr().out
