"""Ignore comments, pragmas and baselines of a scanned folder, through the whole program."""

import hashlib
import json

import pytest

from scopeaudit.catalogue.templates import expand

IGNORE = "scopeaudit" + ": ignore"
PRAGMA = "pragma" + ": allowlist secret"
"""Written in two parts, so that this file holds no such comments."""
TOKEN = expand("sk_live_<alnum:24>", seed=21)
PASSWORD = expand("<alnum:20>", seed=22)
RULES = (
    "undeclared-credential, ungated-destruction, escalation, recovery-in-blast-radius, unverified-authority, "
    "no-independent-recovery, unused-credential"
)
SCAN = ("--source", "tree", "--offline", "--format", "json")


@pytest.fixture
def scan(program, folder):
    def run(*arguments: str) -> tuple[int, dict]:
        done = program("scan", str(folder), *SCAN, *arguments)
        assert done.stderr == ""
        assert TOKEN not in done.stdout
        assert PASSWORD not in done.stdout
        return done.returncode, json.loads(done.stdout)

    return run


def rules(report: dict, part: str = "findings") -> set[str]:
    return {each["rule"] for each in report[part]}


def test_an_ignored_credential_fails_no_gate_and_stays_in_the_report(scan, folder):
    (folder / "a.env").write_text(
        f"# {IGNORE}[{RULES}] rotated every night, OPS-7\nSTRIPE_SECRET_KEY={TOKEN}\n"
    )
    code, report = scan()
    assert (code, report["findings"]) == (0, [])
    assert rules(report, "suppressed") >= {"undeclared-credential"}
    assert {each["ignored_by"][0]["reason"] for each in report["suppressed"]} == {
        "rotated every night, OPS-7"
    }
    assert {each["ignored_by"][0]["location"]["line"] for each in report["suppressed"]} == {1}
    assert len(report["credentials"]) == 1


def test_the_comment_can_stand_on_the_line_itself(scan, folder):
    (folder / "a.py").write_text(f'stripe_secret_key = "{TOKEN}"  # {IGNORE}[{RULES}] a test account\n')
    assert scan()[0] == 0


def test_the_user_can_hear_no_comment(scan, folder):
    (folder / "a.env").write_text(f"# {IGNORE}[{RULES}] rotated\nSTRIPE_SECRET_KEY={TOKEN}\n")
    code, report = scan("--no-ignore")
    assert (code, report["suppressed"]) == (1, [])


@pytest.mark.parametrize(
    "written", ["[undeclared-credential]", " all of it", "[made-up] reason", "[*] reason"]
)
def test_a_comment_with_a_mistake_hides_nothing_and_is_reported(scan, folder, written):
    (folder / "a.env").write_text(f"# {IGNORE}{written}\nSTRIPE_SECRET_KEY={TOKEN}\n")
    code, report = scan()
    assert code == 1
    assert rules(report) >= {"undeclared-credential", "unused-ignore"}
    assert report["suppressed"] == []


def test_a_copy_without_a_comment_brings_the_finding_back(scan, folder):
    (folder / "a.env").write_text(f"# {IGNORE}[{RULES}] rotated\nSTRIPE_SECRET_KEY={TOKEN}\n")
    (folder / "b.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    code, report = scan()
    assert code == 1
    (unused,) = [each for each in report["findings"] if each["rule"] == "unused-ignore"]
    assert "b.env:1" in unused["message"]


def test_a_comment_about_nothing_is_reported_and_fails_no_usual_gate(scan, folder):
    (folder / "a.py").write_text(f"x = 1  # {IGNORE}[excess-authority] there was a token here\n")
    code, report = scan()
    assert (code, rules(report)) == (0, {"unused-ignore"})
    assert scan("--fail-on", "low")[0] == 1


def test_a_secret_in_a_reason_is_not_shown(scan, folder, program):
    (folder / "a.env").write_text(
        f"# {IGNORE}[{RULES}] the key is {TOKEN}\nSTRIPE_SECRET_KEY={TOKEN}\n"
        f'password = "{PASSWORD}"  # {IGNORE}[unknown-provider] it is {PASSWORD}\n'
    )
    scan()
    shown = program("scan", str(folder), "--source", "tree", "--offline").stdout
    assert TOKEN not in shown
    assert PASSWORD not in shown


def candidate(folder, more: str = "") -> None:
    (folder / "a.py").write_text(f'x = 1\ndatabase_password = "{PASSWORD}"{more}\n')


def test_a_candidate_is_listed_and_fails_no_gate_unless_asked(scan, folder):
    candidate(folder)
    code, report = scan()
    (found,) = report["candidates"]
    assert (code, found["id"], found["type"], report["findings"]) == (0, "p1", "password", [])
    assert [(each["path"], each["line"]) for each in found["locations"]] == [("a.py", 2)]
    assert report["scan"]["candidates"] == 1
    assert scan("--fail-on-candidates")[0] == 1


def test_the_terminal_lists_a_few_candidates_or_all(program, folder):
    for number in range(8):
        (folder / f"{number}.py").write_text(
            f'database_password = "{expand("<alnum:20>", seed=40 + number)}"\n'
        )
    scan = ("scan", str(folder), "--source", "tree", "--offline")
    few, every = program(*scan).stdout, program(*scan, "--candidates").stdout
    assert "8 values look like secrets of no known provider" in few
    assert "3 more; --candidates shows all" in few
    assert "7.py:1" not in few
    assert "7.py:1" in every


@pytest.mark.parametrize(
    ("comment", "statement"),
    [(f"  # {IGNORE}[unknown-provider] made up", "ignore"), (f"  # {PRAGMA}", "pragma")],
)
def test_a_comment_leaves_a_candidate_out_and_it_is_counted(scan, folder, comment, statement):
    candidate(folder, comment)
    code, report = scan("--fail-on-candidates")
    assert (code, report["candidates"], report["findings"]) == (0, [], [])
    assert report["scan"]["noise"] == {statement: 1}


def baseline(folder, text: str, **more: object) -> None:
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    entry = {"type": "Secret Keyword", "filename": "a.py", "hashed_secret": digest, "line_number": 2} | more
    (folder / ".secrets.baseline").write_text(json.dumps({"version": "1.5.0", "results": {"a.py": [entry]}}))


def test_a_baseline_leaves_a_candidate_out_and_it_is_counted(scan, folder):
    candidate(folder)
    baseline(folder, PASSWORD)
    _, report = scan()
    assert (report["candidates"], report["scan"]["noise"]) == ([], {"baseline": 1})


def test_a_baseline_that_calls_it_a_secret_leaves_it_in(scan, folder):
    candidate(folder)
    baseline(folder, PASSWORD, is_secret=True)
    assert len(scan()[1]["candidates"]) == 1


def test_neither_pragma_nor_baseline_hides_a_known_provider_s_credential(scan, folder):
    (folder / "a.py").write_text(f'x = 1\nstripe_secret_key = "{TOKEN}"  # {PRAGMA}\n')
    baseline(folder, TOKEN)
    code, report = scan()
    assert (code, len(report["credentials"])) == (1, 1)


def test_a_broken_baseline_is_a_gap(scan, folder):
    candidate(folder)
    (folder / ".secrets.baseline").write_text("{}")
    _, report = scan()
    assert [each["what"] for each in report["gaps"]] == [".secrets.baseline"]
    assert len(report["candidates"]) == 1
