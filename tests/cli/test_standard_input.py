"""`scopeaudit scan -`: whatever another program prints."""

import json
import shlex
import subprocess
import sys

import pytest

from scopeaudit.catalogue.templates import expand

TOKEN = expand("sk_live_<alnum:24>", seed=51)


def scan(program, text: str, *arguments: str, cwd=None) -> tuple[int, dict]:
    done = program("scan", "-", "--offline", "--format", "json", *arguments, text=text, cwd=cwd)
    assert done.stderr == ""
    assert TOKEN not in done.stdout
    return done.returncode, json.loads(done.stdout)


def test_a_diff_is_read_as_one_document_of_its_own_source(program, folder):
    diff = f"--- a/b.env\n+++ b/b.env\n@@ -0,0 +1 @@\n+STRIPE_SECRET_KEY={TOKEN}\n"
    code, report = scan(program, diff, cwd=folder)
    (location,) = report["credentials"][0]["locations"]
    assert (code, report["scan"]["sources"], report["scan"]["files"]) == (1, {"input": 1}, 1)
    assert (location["source"], location["path"], location["line"]) == ("input", "-", 4)


def test_nothing_is_an_empty_document(program, folder):
    assert scan(program, "", cwd=folder)[0] == 0


def test_neither_the_folder_nor_its_job_file_is_read(program, folder):
    (folder / "a.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    (folder / "scopeaudit.yaml").write_text("version: 99\n")
    code, report = scan(program, "x\n", cwd=folder)
    assert (code, report["credentials"]) == (0, [])


def test_a_job_file_counts_where_it_is_named(program, folder):
    (folder / "jobs.yaml").write_text("version: 99\n")
    done = program("scan", "-", "--offline", "--jobs", "jobs.yaml", cwd=folder)
    assert (done.returncode, "jobs.yaml:1" in done.stderr) == (2, True)


def test_other_sources_beside_it_are_refused(program, folder):
    done = program("scan", "-", "--source", "tree", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave the option out" in done.stderr


@pytest.mark.parametrize("before", [0, 9_000_000, 20_000_000])
def test_any_size_is_read_and_lines_are_counted(program, folder, before):
    filler = "nothing on this line\n" * (before // 21)
    _, report = scan(program, f"{filler}STRIPE_SECRET_KEY={TOKEN}\n", cwd=folder)
    assert report["credentials"][0]["locations"][0]["line"] == before // 21 + 1
    assert report["scan"]["bytes"] == len(filler) + len(TOKEN) + 19


def test_a_closed_input_is_a_gap(program, folder):
    done = subprocess.run(
        f"exec {shlex.quote(sys.executable)} -m scopeaudit scan - --offline --strict <&-",
        shell=True,
        env=program.environment(),
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert "standard input" in done.stdout
