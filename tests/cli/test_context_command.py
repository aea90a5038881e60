"""Agents, stores and tool servers around a folder: seen, never touched."""

import json
import os
from pathlib import Path

import pytest

from scopeaudit.catalogue.templates import expand

TOKEN = expand("sbp_<hex:40>", seed=5)
UUID = expand("<uuid>", seed=5)
PROGRAMS = (
    "aws", "az", "bash", "cat", "docker", "docker-credential-trap", "doppler", "env", "gcloud", "gh", "git-credential-trap",
    "gpgconf", "kubectl", "node", "npx", "op", "python3", "railway", "secret-tool", "security", "sh", "ssh-add", "uvx",
    "vault", "xdg-open",
)  # fmt: skip


@pytest.fixture
def home(program):
    return program.home


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))


def scanned(program, folder, *arguments, **more):
    result = program("scan", str(folder), "--format", "json", "--offline", *arguments, **more)
    assert result.returncode in (0, 1), result.stderr
    return json.loads(result.stdout)


def test_a_store_in_the_home_folder_is_audited_with_the_folder(program, folder, home):
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    report = scanned(program, folder)
    [credential] = report["credentials"]
    assert credential["locations"][0]["path"] == "~/.railway/config.json"
    assert [store["id"] for store in report["context"]["stores"] if store["holds"]] == ["railway"]


def test_another_home_folder_can_be_named_and_its_own_alone_counts(program, folder, home, tmp_path):
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    write(tmp_path / "theirs/.supabase/access-token", TOKEN)
    report = scanned(program, folder, "--home", str(tmp_path / "theirs"))
    assert [each["provider"] for each in report["credentials"]] == ["supabase"]


def test_sources_choose_whether_the_home_folder_is_looked_at(program, folder, home):
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    assert scanned(program, folder, "--source", "tree")["credentials"] == []
    assert len(scanned(program, folder, "--source", "home")["credentials"]) == 1


def test_a_scan_says_how_each_agent_gets_at_a_credential(program, folder, home):
    write(
        home / ".claude/settings.json", {"permissions": {"defaultMode": "default", "deny": ["Read(./.env)"]}}
    )
    write(folder / ".cursor/mcp.json", {"mcpServers": {}})
    write(folder / ".env", f"RAILWAY_API_TOKEN={UUID}\n")
    report = scanned(program, folder)
    reach = {each["agent"]: each for each in report["credentials"][0]["reach"]}
    assert reach["cursor"]["by"] == "read-tool"
    assert reach["claude-code"]["by"] == "shell"
    [denial] = reach["claude-code"]["advisory"]
    assert (denial["path"], denial["rule"], denial["strength"]) == (
        "~/.claude/settings.json",
        "Read(./.env)",
        "shell-parse",
    )
    [finding] = [each for each in report["findings"] if each["rule"] == "advisory-deny"]
    assert finding["locations"][0]["path"] == "~/.claude/settings.json"
    assert denial["instead"] in finding["remedy"]


def test_an_audit_for_one_agent_leaves_out_what_is_really_kept_from_it(program, folder, home):
    config = 'default_permissions = "work"\n[permissions.work.filesystem]\n"{home}/.railway" = "deny"\n'
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    write(home / ".codex/config.toml", config.replace("{home}", str(home)))
    everyone = scanned(program, folder)
    alone = scanned(program, folder, "--agent", "codex")
    assert everyone["findings"]
    assert {each["agent"] for each in alone["credentials"][0]["reach"]} == {"codex"}
    assert alone["credentials"][0]["reach"][0]["by"] is None
    assert alone["findings"] == []


def test_an_unknown_agent_is_an_error_of_usage(program, folder):
    result = program("scan", str(folder), "--agent", "clod")
    assert result.returncode == 2
    assert "claude-code" in result.stderr


def test_a_server_that_holds_back_less_than_its_credential_is_a_finding(program, folder):
    url = expand("postgresql://app:<alnum:24>@127.0.0.1:1/shop")
    arguments = ["-y", "@modelcontextprotocol/server-postgres", url]
    write(folder / ".mcp.json", {"mcpServers": {"shop": {"command": "npx", "args": arguments}}})
    report = scanned(program, folder, "--agent", "claude-code")
    [server] = report["context"]["servers"]
    assert (server["known_as"] is not None, server["provider"]) == (True, "postgresql")
    assert server["limits"]
    [credential] = report["credentials"]
    assert "server" in {*credential["reach"][0]["open"], *credential["reach"][0]["asking"]}


def test_the_context_shows_what_is_there_and_no_secret(program, folder, home):
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    write(home / ".config/gh/hosts.yml", "github.com:\n    user: octocat\n")
    servers = {
        "tickets": {"command": "npx", "args": ["@supabase/mcp-server-supabase", "--access-token", TOKEN]}
    }
    write(folder / ".mcp.json", {"mcpServers": servers})
    write(folder / "CLAUDE.md", "# Notes\n")
    for format_ in ("terminal", "json"):
        result = program("context", str(folder), "--format", format_)
        assert (result.returncode, result.stderr) == (0, "")
        assert TOKEN not in result.stdout
        assert UUID not in result.stdout
        for word in ("Claude Code", "Railway CLI", "tickets", "@supabase/mcp-server-supabase", "keyring"):
            assert word in " ".join(result.stdout.split())


def test_nothing_that_a_configuration_names_is_run(program, folder, home, tmp_path):
    trap, traps = tmp_path / "sprung", tmp_path / "traps"
    traps.mkdir()
    for name in PROGRAMS:
        (traps / name).write_text(f"#!/bin/sh\n: > {trap}-{name}\n")
        (traps / name).chmod(0o755)
    spring = str(traps / "sh")
    write(home / ".aws/config", f"[default]\ncredential_process = {spring}\n[profile x]\nsso_session = y\n")
    write(home / ".kube/config", f"users:\n- name: x\n  user:\n    exec:\n      command: {spring}\n")
    write(home / ".docker/config.json", {"credsStore": "trap", "auths": {"registry.example": {}}})
    write(home / ".gitconfig", f'[credential]\n\thelper = "!{spring}"\n[core]\n\tfsmonitor = {spring}\n')
    write(
        home / ".claude/settings.json", {"apiKeyHelper": spring, "awsAuthRefresh": spring, "env": {"X": "y"}}
    )
    write(home / ".bashrc", f"{spring}\nexport RAILWAY_API_TOKEN={UUID}\n")
    write(home / ".config/op/config", "{}")
    write(home / ".config/gh/hosts.yml", "github.com:\n    user: octocat\n")
    write(folder / ".envrc", f"{spring}\n")
    server = {"command": spring, "args": [], "headersHelper": spring, "env": {"RAILWAY_API_TOKEN": UUID}}
    write(folder / ".mcp.json", {"mcpServers": {"x": server}})
    write(folder / ".cursor/mcp.json", {"mcpServers": {"x": {"url": "http://127.0.0.1:9/mcp"}}})
    write(folder / "CLAUDE.md", "# Notes\n")
    more = {
        "PATH": f"{traps}{os.pathsep}{os.environ['PATH']}",
        "CLAUDE_ENV_FILE": spring,
        "BASH_ENV": spring,
        "GIT_ASKPASS": spring,
        "SSH_AUTH_SOCK": str(tmp_path / "agent.sock"),
    }
    for arguments in (
        ["scan", str(folder), "--offline"],
        ["scan", str(folder), "--plan"],
        ["context", str(folder)],
        ["context", str(folder), "--fix"],
    ):
        result = program(*arguments, environment=more)
        assert result.returncode in (0, 1), result.stderr
    assert list(tmp_path.glob("sprung*")) == []


def test_no_host_of_a_store_or_a_setting_is_asked(program, folder, home):
    write(
        home / ".config/glab-cli/config.yml",
        f"hosts:\n  evil.example:\n    token: {expand('glpat-<alnum:20>')}\n",
    )
    write(home / ".railway/config.json", {"user": {"token": UUID}, "endpoint": "https://evil.example"})
    write(folder / ".env", "RAILWAY_API_URL=https://evil.example\nGRAFANA_URL=https://evil.example\n")
    result = program("scan", str(folder), "--plan")
    assert result.returncode == 0
    assert "evil.example" not in result.stdout
    assert "backboard.railway.com" in result.stdout


def test_transcripts_are_read_newest_first_up_to_a_limit(program, folder, home):
    projects = home / ".claude/projects/work"
    projects.mkdir(parents=True)
    for number in range(205):
        (projects / f"{number:03}.jsonl").write_text('{"text": "nothing"}\n')
        os.utime(projects / f"{number:03}.jsonl", (number, number))
    (projects / "204.jsonl").write_text(json.dumps({"text": f"export RAILWAY_API_TOKEN={UUID}"}) + "\n")
    report = scanned(program, folder)
    assert [each["locations"][0]["path"] for each in report["credentials"]] == [
        "~/.claude/projects/work/204.jsonl"
    ]
    assert any("older files" in gap["what"] for gap in report["gaps"])


def test_a_fence_is_shown_and_then_written_and_then_complete(program, folder, home):
    write(home / ".claude/settings.json", {"permissions": {"deny": ["WebFetch"]}, "env": {"KEEP": "this"}})
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    shown = program("context", str(folder), "--fix", "--agent", "claude-code")
    assert shown.returncode == 0
    assert ".railway/config.json" in shown.stdout
    assert "not a cure" in shown.stdout
    assert UUID not in shown.stdout
    before = {path: path.read_text() for path in home.rglob("settings*.json")}
    assert before == {path: path.read_text() for path in home.rglob("settings*.json")}
    written = program("context", str(folder), "--fix", "--write", "--yes", "--agent", "claude-code")
    assert "is written" in written.stdout, written.stdout
    again = program("context", str(folder), "--fix", "--agent", "claude-code")
    report = scanned(program, folder, "--agent", "claude-code")
    assert report["credentials"][0]["reach"][0]["denied_by"] or "All of it is there already" in again.stdout


def test_write_asks_first_and_no_is_no(program, folder, home):
    write(home / ".claude/settings.json", {"permissions": {}})
    write(home / ".railway/config.json", {"user": {"token": UUID}})
    result = program("context", str(folder), "--fix", "--write", "--agent", "claude-code", text="n\n")
    assert "stays as it is" in result.stdout
    assert json.loads((home / ".claude/settings.json").read_text()) == {"permissions": {}}


DENIED = {
    "permissions": {"deny": ["Read(.env)"], "defaultMode": "default"},
    "sandbox": {"enabled": True, "failIfUnavailable": True, "allowUnsandboxedCommands": False},
}


def test_a_folder_that_says_it_is_fenced_does_not_silence_the_audit_for_an_agent(program, folder):
    write(folder / ".env", f"RAILWAY_API_TOKEN={UUID}\n")
    write(folder / ".claude/settings.json", DENIED)
    arguments = ("scan", str(folder), "--offline", "--agent", "claude-code")
    for format_ in ("terminal", "json", "sarif"):
        result = program(*arguments, "--format", format_)
        assert result.returncode == 0, result.stderr
        assert "nothing but settings in the scanned folder" in " ".join(result.stdout.split())


def test_a_fence_of_the_persons_own_leaves_no_gap(program, folder, home):
    write(folder / ".env", f"RAILWAY_API_TOKEN={UUID}\n")
    write(home / ".claude/settings.json", DENIED)
    report = scanned(program, folder, "--agent", "claude-code")
    assert (report["findings"], [gap["stage"] for gap in report["gaps"]]) == ([], ["ask"])


def test_the_context_says_what_it_could_not_read(program, folder, home):
    write(folder / ".mcp.json", "{not json")
    write(folder / ".claude/settings.json", "{not json")
    write(home / ".config/gh/hosts.yml", "{[")
    terminal = " ".join(program("context", str(folder)).stdout.split())
    assert "is not valid JSON" in terminal
    assert "3 gaps" in terminal
    gaps = json.loads(program("context", str(folder), "--format", "json").stdout)["gaps"]
    assert {each["what"] for each in gaps} == {".claude/settings.json", ".mcp.json", "~/.config/gh/hosts.yml"}


def test_the_context_of_a_home_folder_shows_its_own_stores(program, home):
    write(home / ".bashrc", f"export RAILWAY_API_TOKEN={UUID}\n")
    for folder in (home, home.parent):
        found = json.loads(program("context", str(folder), "--format", "json").stdout)
        assert any(
            each["holds"] for each in found["stores"] if any(".bashrc" in path for path in each["paths"])
        )


def test_a_comment_in_the_folder_does_not_keep_a_path_out_of_the_fence(program, folder, home):
    write(home / ".claude/settings.json", {})
    write(folder / ".env", f"RAILWAY_API_TOKEN={UUID} # scopeaudit: ignore[*] -- all is well\n")
    shown = program("context", str(folder), "--fix", "--agent", "claude-code")
    assert "/scanned/.env" in shown.stdout, shown.stdout


def test_a_fence_says_that_what_was_not_audited_is_not_fenced(program, folder):
    write(folder / ".env", f"RAILWAY_API_TOKEN={UUID}\n")
    write(folder / ".claude/settings.json", DENIED)
    shown = program("context", str(folder), "--fix", "--agent", "claude-code")
    assert "not audited is not fenced" in shown.stdout


def test_no_output_shows_a_token_that_stands_where_names_do(program, folder, home):
    token = expand("ghp_<alnum:30><crc32>", seed=4)
    servers = {
        token: {"command": token},
        "x": {"url": f"https://{token}.example.com", "bearer_token_env_var": token},
    }
    write(folder / ".mcp.json", {"mcpServers": servers})
    deny = [f"Read(./.env*{token})", f"Read(**/{token}*)"]
    write(
        folder / ".claude/settings.json", {"permissions": {"deny": deny, "allow": [f"Bash(curl -H {token})"]}}
    )
    write(folder / ".cursorignore", f".env\n.mcp.json # {token}\n")
    write(folder / ".env", f"RAILWAY_API_TOKEN={UUID}\n")
    for arguments in (
        ("context", str(folder)),
        ("context", str(folder), "--format", "json"),
        ("context", str(folder), "--fix"),
        ("scan", str(folder), "--offline"),
        ("scan", str(folder), "--offline", "--format", "json"),
        ("scan", str(folder), "--offline", "--format", "sarif"),
    ):
        result = program(*arguments)
        assert result.returncode in (0, 1), result.stderr
        assert token not in result.stdout + result.stderr
