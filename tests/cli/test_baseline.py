"""`--baseline` through the program."""

import json
import os

import pytest

from scopeaudit.catalogue.templates import expand

UUID = expand("<uuid>", seed=9)


def test_todays_excess_is_accepted_and_a_new_place_is_not(program, folder, tmp_path):
    accepted = tmp_path / "accepted.json"
    (folder / "b.env").write_text(f"RAILWAY_API_TOKEN={UUID}\n")
    scan = ["scan", str(folder), "--offline", "--source", "tree", "--baseline", str(accepted)]
    assert program(*scan).returncode == 2
    first = program(*scan, "--update-baseline")
    assert (first.returncode, "Accepted: 3 findings, by the baseline" in first.stdout) == (0, True)
    assert UUID not in accepted.read_text()
    assert program(*scan).returncode == 0
    (folder / "c.env").write_text(f"RAILWAY_API_TOKEN={UUID}\n")
    second = program(*scan)
    assert second.returncode == 1
    assert "it has gained the places tree:c.env" in " ".join(second.stdout.split())
    sarif = json.loads(program(*scan, "--format", "sarif").stdout)
    assert {each["baselineState"] for each in sarif["runs"][0]["results"]} == {"updated"}


def scanned(program, folder, accepted, *more):
    (folder / "b.env").write_text(f"RAILWAY_API_TOKEN={UUID}\n")
    return program("scan", str(folder), "--offline", "--source", "tree", "--baseline", str(accepted), *more)


def test_what_is_accepted_and_gone_is_told_until_the_baseline_is_written_anew(program, folder, tmp_path):
    accepted = tmp_path / "accepted.json"
    (folder / "c.env").write_text(f"RAILWAY_TOKEN={expand('<uuid>', seed=10)}\n")
    assert scanned(program, folder, accepted, "--update-baseline").stderr == ""
    first = accepted.read_bytes()
    assert scanned(program, folder, accepted, "--update-baseline").stderr == ""
    assert accepted.read_bytes() == first
    (folder / "c.env").unlink()
    gone = scanned(program, folder, accepted)
    assert gone.returncode == 0
    count = first.decode().count('"about": "railway project-token c.env"')
    assert gone.stderr.startswith(f"--baseline: {count} entries accept what was not found: ")
    assert "in railway project-token c.env" in gone.stderr
    assert scanned(program, folder, accepted, "--update-baseline").stderr == ""


def test_an_accepted_finding_fails_the_gate_where_the_policy_keeps_it(program, folder, tmp_path):
    accepted, policy = tmp_path / "accepted.json", tmp_path / "policy.yaml"
    (folder / "c.env").write_text(f"RAILWAY_TOKEN={expand('<uuid>', seed=10)}\n")
    assert scanned(program, folder, accepted, "--update-baseline").returncode == 0
    policy.write_text("version: 1\nno-ignore-from: critical\n")
    strict = {"SCOPEAUDIT_POLICY": str(policy)}
    scan = ["scan", str(folder), "--offline", "--source", "tree", "--baseline", str(accepted)]
    assert program(*scan, environment=strict).returncode == 1
    assert program(*scan, "--update-baseline", environment=strict).returncode == 1
    assert '"critical"' not in accepted.read_text()


def test_a_baseline_is_written_through_no_link(program, folder, tmp_path):
    profile = tmp_path / "profile"
    link = tmp_path / "accepted.json"
    link.symlink_to(profile)
    assert scanned(program, folder, link, "--update-baseline").returncode == 2
    assert not profile.exists()
    profile.write_text('{"version": 1, "accepted": []}')
    refused = scanned(program, folder, link, "--update-baseline")
    assert (refused.returncode, "nothing is written through it" in refused.stderr) == (2, True)
    assert profile.read_text() == '{"version": 1, "accepted": []}'


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_baseline_that_is_a_named_pipe_does_not_hang(program, folder, tmp_path):
    os.mkfifo(tmp_path / "accepted.json")
    for more in ((), ("--update-baseline",)):
        result = scanned(program, folder, tmp_path / "accepted.json", *more)
        assert (result.returncode, "is no ordinary file" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b" " * 32_000_001, "larger than 32,000,000 bytes"),
        (b"\xff", "not valid UTF-8"),
        (b"certainly not", "is no JSON"),
        (b'{"version": 9, "accepted": []}', "version: is 9; this program reads 1"),
        (b"[" * 200_000, "nested too deeply"),
    ],
    ids=["huge", "bytes", "words", "newer", "deep"],
)
def test_a_hostile_baseline_is_an_error_of_usage(program, folder, tmp_path, content, told):
    (tmp_path / "b.json").write_bytes(content)
    result = scanned(program, folder, tmp_path / "b.json")
    assert (result.returncode, result.stdout, told in result.stderr) == (2, "", True), result.stderr


def test_update_needs_a_file(program, folder):
    result = program("scan", str(folder), "--update-baseline")
    assert (result.returncode, "--baseline FILE" in result.stderr) == (2, True)


def test_a_baseline_that_is_wrong_is_an_error_of_usage(program, folder, tmp_path):
    (tmp_path / "b.json").write_text('{"version": 1, "accepted": [{"rule": "x"}]}')
    result = program("scan", str(folder), "--baseline", str(tmp_path / "b.json"))
    assert (result.returncode, "b.json:1" in result.stderr) == (2, True)
