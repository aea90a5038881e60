"""`--baseline` through the program."""

import json

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


def test_update_needs_a_file(program, folder):
    result = program("scan", str(folder), "--update-baseline")
    assert (result.returncode, "--baseline FILE" in result.stderr) == (2, True)


def test_a_baseline_that_is_wrong_is_an_error_of_usage(program, folder, tmp_path):
    (tmp_path / "b.json").write_text('{"version": 1, "accepted": [{"rule": "x"}]}')
    result = program("scan", str(folder), "--baseline", str(tmp_path / "b.json"))
    assert (result.returncode, "b.json:1" in result.stderr) == (2, True)
