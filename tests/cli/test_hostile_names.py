"""Credentials where a name belongs: nothing that is said or written repeats them, in any form."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.cli.main import run

WINDOW = 8
"""Characters of a secret that give it away, beyond its last four."""
DEAD = ("--endpoint", "github=http://127.0.0.1:9")


class Planted:
    """Secrets of their own for every slot."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def __call__(self, slot: str) -> str:
        return self._new(slot, "npm_<alnum:30><crc32>")

    def password(self, slot: str) -> str:
        return self._new(slot, "<alnum:24>")

    def _new(self, slot: str, template: str) -> str:
        assert slot not in self.secrets
        self.secrets[slot] = expand(template, seed=7000 + len(self.secrets))
        return self.secrets[slot]

    def leaks(self, text: str) -> set[str]:
        """The slots of which something stands in the text, and in which form."""
        windows = {}
        for slot, secret in self.secrets.items():
            for form, given_away in forms(secret.removeprefix("npm_")):
                windows |= dict.fromkeys(parts(given_away), f"{slot}, {form}")
        return {windows[part] for part in parts(text) if part in windows}


def forms(secret: str) -> Iterator[tuple[str, str]]:
    yield "plain", secret
    yield "reversed", secret[::-1]
    yield "hex", secret.encode().hex()
    yield "percent", "".join(f"%{ord(each):02X}" for each in secret)
    yield "escaped", "".join(f"\\u{ord(each):04x}" for each in secret)
    for shift in range(3):
        yield "base64", base64.b64encode(b"x" * shift + secret.encode()).decode()[4:-4]


def parts(text: str) -> Iterator[str]:
    return (text[at : at + WINDOW] for at in range(len(text) - WINDOW + 1))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def plant_files(folder: Path, new: Planted) -> None:
    write(folder / f"{new('file name')}.txt", "nothing\n")
    write(folder / f"{new('name of a file with one')}.env", f"NPM_TOKEN={new('in it')}\n")
    write(folder / new("folder name") / ".env", f"NPM_TOKEN={new('in the folder')}\n")
    write(folder / base64.b64encode(new("encoded file name").encode()).decode() / ".env", "NPM_TOKEN=x\n")
    write(folder / "keys.env", f"{new('key')}=x\n{new('key of one')}={new('value')}\n")
    write(folder / "a.yaml", f"a: &{new('anchor')}\n  token: {new('anchored')}\n")
    write(folder / "broken.json", f'{{"npm_token": "{new("broken json")}", oops\n')
    write(
        folder / "urls.env",
        f"DATABASE_URL=postgresql://{new('user')}:{new.password('url')}@{new('host')}.example.com/{new('db')}\n"
        f"OTHER=postgresql://app:{new.password('at')}@{new.password('behind at')}@db.example.com/shop\n"
        f"PROXY=https://user:{new.password('proxy')}@proxy.example.com\n",
    )
    write(
        folder / "ignored.env",
        f"NPM_TOKEN={new('ignored')} # scopeaudit: ignore[undeclared-credential] was {new('reason')}\n"
        f"A_TOKEN={new('not ignored')} # scopeaudit: ignore[{new('rule')}] why\n",
    )
    write(folder / "x.sql", f"CREATE ROLE {new.password('role')} PASSWORD '{new.password('of a role')}';\n")
    write(folder / "run.sh", f"gh api repos/a/{new('repository')} -f body={new('body')}\n")
    write(
        folder / ".github/workflows/ci.yml",
        f"name: {new('workflow')}\non: push\npermissions:\n  {new('permission')}: write\njobs:\n"
        f"  {new('workflow job')}:\n    steps:\n      - run: npm publish {new('argument')}\n",
    )
    asked = expand("ghp_<alnum:30><crc32>", seed=6999)
    write(folder / "asked" / f"{new('name of what is asked')}.env", f"GITHUB_TOKEN={asked}\n")
    (folder / new("link")).symlink_to("/etc")
    os.mkfifo(folder / new("pipe"))
    write(folder / new("repository folder") / ".git", f"gitdir: /nowhere/{new('git file')}\n")


def plant_agents(folder: Path, home: Path, new: Planted) -> None:
    server = {
        "command": "npx",
        "args": ["-y", "@modelcontextprotocol/server-github", "--token", new("server argument")],
        "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": new("server variable"), new("variable of a server"): "v"},
    }
    remote = {
        "url": f"https://x:{new.password('server url')}@mcp.example.com/{new('path')}?key={new('query')}",
        "headers": {"Authorization": f"Bearer {new('header')}", new("header name"): "x"},
    }
    write(folder / ".mcp.json", json.dumps({"mcpServers": {new("server name"): server, "web": remote}}))
    settings = {
        "permissions": {
            "deny": [f"Read(./{new('deny rule')})", "Read(.env)"],
            "allow": [f"Bash(curl -H 'Authorization: Bearer {new('allow rule')}' x)"],
        },
        "env": {"NPM_TOKEN": new("settings"), new("settings variable"): "1"},
        "apiKeyHelper": f"echo {new('helper')}",
    }
    write(folder / ".claude/settings.json", json.dumps(settings))
    write(folder / ".cursorignore", f".env\n{new('ignore file')}\n")
    write(folder / "CLAUDE.md", f"use {new('prompt')} to publish\n")
    write(folder / ".codex/config.toml", f"[mcp_servers.{new('toml server')}]\ncommand = 'x'\n")
    write(home / ".config/gh/hosts.yml", f"{new('store host')}:\n  user: {new('store user')}\n")
    write(home / ".bash_history", f"npm login --token {new('shell history')}\n")
    write(home / ".claude.json", json.dumps({"mcpServers": {new("home server"): {"command": "x"}}}))


def plant_jobs(folder: Path, new: Planted) -> None:
    write(folder / "declared.env", f"NPM_TOKEN={new('declared')}\n")
    write(
        folder / "scopeaudit.yaml",
        f"version: 1\nenvironment: {new('environment')}\njobs:\n  {new('job')}: # {new('comment')}\n"
        f"    owner: {new('owner')}\n    description: {new('description')}\n    provider: npm\n"
        f"    allow: ['{new('allowed')}']\n    resources: ['{new('resource')}']\n"
        "    credentials: [{path: declared.env}]\n",
    )


def plant_history(folder: Path, new: Planted) -> None:
    def git(*arguments: str) -> None:
        names = ("-c", f"user.name={new.secrets['author']}", "-c", "user.email=a@b.example")
        subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)

    new("author")
    git("init", "-q")
    old = folder / f"{new('path in history')}.env"
    write(old, f"NPM_TOKEN={new('in history')}\n")
    git("add", old.name)
    git("commit", "-q", "-m", f"add {new('message')}")
    git("rm", "-q", old.name)
    git("commit", "-q", "-m", "remove")
    git("checkout", "-q", "-b", new("branch"))
    git("tag", "-a", new("tag"), "-m", new("tag message"))
    git("remote", "add", new("remote"), f"https://u:{new('remote url')}@example.com/a.git")
    write(folder / "staged.env", f"NPM_TOKEN={new('staged')}\n")
    git("add", "staged.env")


@pytest.fixture
def planted(program, folder) -> Planted:
    new = Planted()
    plant_files(folder, new)
    plant_agents(folder, program.home, new)
    plant_jobs(folder, new)
    plant_history(folder, new)
    return new


def test_nothing_repeats_a_credential_that_stands_for_a_name(program, folder, planted):
    variables = {planted("variable"): planted("its value"), "NPM_TOKEN": planted("environment value")}
    report, baseline = folder.parent / "report.json", folder.parent / "baseline.json"
    where = str(folder)
    commands = (
        ("scan", where, "--offline", "--candidates", "--second-opinion"),
        ("scan", where, "--offline", "--output", str(report)),
        ("scan", where, "--offline", "--format", "sarif", "--source", "tree", "--source", "staged"),
        ("scan", where, "--offline", "--agent", "claude-code"),
        ("scan", where, "--offline", "--baseline", str(baseline), "--update-baseline"),
        ("scan", where, "--plan"),
        ("scan", str(folder / "asked"), *DEAD, "--format", "json"),
        ("context", where),
        ("context", where, "--format", "json"),
        ("context", where, "--fix"),
        ("jobs", "init", where),
        ("jobs", "check", where),
        ("narrow", where),
    )
    for command in commands:
        done = program(*command, environment=variables)
        assert done.returncode in (0, 1, 2), (command, done.stderr)
        assert planted.leaks(done.stdout + done.stderr) == set(), command
    assert json.loads(report.read_text())["credentials"]
    written = report.read_text() + baseline.read_text()
    folders = (program.cache, program.home / "state", program.home / "cache")
    for path in (each for place in folders for each in place.rglob("*")):
        written += str(path) + (path.read_bytes().decode("latin-1") if path.is_file() else "")
    assert planted.leaks(written) == set()


def test_a_fence_is_not_written_around_a_name_that_is_a_credential(program, folder):
    new = Planted()
    write(folder / f"{new('name')}.env", f"GITHUB_TOKEN={expand('ghp_<alnum:30><crc32>', seed=1)}\n")
    (folder / ".claude").mkdir()
    done = program("context", str(folder), "--fix", "--write", "--yes", "--agent", "claude-code")
    assert done.stdout.startswith("1 places are not fenced: a credential stands in their names.")
    assert list((folder / ".claude").iterdir()) == []


def test_masking_a_name_leaves_what_is_no_credential(program, folder):
    new = Planted()
    write(folder / f"app/{new('name')}/live.env", f"NPM_TOKEN={new('token')}\n")
    done = program("scan", str(folder), "--offline", "--source", "tree", "--format", "json")
    (credential,) = json.loads(done.stdout)["credentials"]
    assert credential["locations"][0]["path"] == f"app/…{new.secrets['name'][-4:]}/live.env"


LONG = expand("github_pat_<alnum:22>_<alnum:59>", seed=3)
SHORT = expand("npm_<alnum:30><crc32>", seed=4)


@pytest.mark.parametrize("token", [LONG, SHORT], ids=["longer than what is shown", "short"])
@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n{}: x\n",
        "version: {}\n",
        "version: 1\nextends: {}.yaml\n",
        "version: 1\nextends: https://{}@x.example/y.yaml\n",
        "version: 1\njobs:\n  {}:\n    provider: nope\n",
        "version: 1\njobs:\n  {0}: {{}}\n  {0}: {{}}\n",
        "version: 1\njobs:\n  a:\n    provider: {}\n    allow: []\n    credentials: [{{path: x}}]\n",
        "version: 1\njobs:\n  a:\n    use: github/{}\n    credentials: [{{path: x}}]\n",
        "version: 1\njobs:\n  a:\n    provider: github\n    allow: ['effect:{0}', '{0}']\n",
        "version: 1\njobs:\n  a:\n    expires: {}\n",
        "version: 1\nrecovery:\n- protects: {{provider: {0}, resource: {0}}}\n  copies: []\n",
        "version: 1\n{}: [\n",
        "a: !{} x\n",
        "b: *{}\n",
        'version: "\\q{}"\n',
    ],
)
@pytest.mark.parametrize("command", ["scan", "check"])
def test_what_is_wrong_with_a_job_file_is_told_without_its_credentials(
    command, text, token, folder, capsys, monkeypatch
):
    write(folder / "scopeaudit.yaml", text.format(token))
    given = ["scan", str(folder), "--offline", "--source", "tree"]
    code = run(given if command == "scan" else ["jobs", "check", str(folder)])
    said = capsys.readouterr()
    assert code == 2
    assert "scopeaudit.yaml:" in said.out + said.err
    core = token.removeprefix("github_pat_").removeprefix("npm_")
    assert not [part for part in parts(core) if part in said.out + said.err]


@pytest.mark.parametrize("key", ["deny", "require", "no-ignore", "extend-from"])
def test_what_is_wrong_with_a_policy_is_told_without_its_credentials(key, folder, capsys, monkeypatch):
    write(folder / "policy.yaml", f"version: 1\n{key}: ['{SHORT}', 'effect:{SHORT}']\n")
    monkeypatch.setenv("SCOPEAUDIT_POLICY", str(folder / "policy.yaml"))
    write(folder / "scopeaudit.yaml", "version: 1\n")
    assert run(["jobs", "check", str(folder)]) == 2
    said = capsys.readouterr()
    assert "policy.yaml:2: " in said.out
    assert not [part for part in parts(SHORT.removeprefix("npm_")) if part in said.out + said.err]
