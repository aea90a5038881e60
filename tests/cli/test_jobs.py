"""`scopeaudit jobs init` and `scopeaudit jobs check`, through the whole program."""

import json
import os
import stat
import subprocess

import pytest

from scopeaudit.catalogue.templates import expand

TOKEN = expand("sk_live_<alnum:24>", seed=31)
OTHER = expand("sk_live_<alnum:24>", seed=32)
REFUNDS = "https://api.stripe.com/v1/refunds"
PROPOSED = """\
version: 1
jobs:
  # Stripe secret key (live) in .env:1, deploy/run.sh:1
  # Nothing here is seen to use it. List what it is for, or revoke it.
  stripe-secret-key:
    # TODO owner: who answers for it, such as platform@company.example
    # TODO expires: its last day, such as 2027-03-31
    provider: stripe
    allow: []
    credentials:
      - path: .env
        key: STRIPE_SECRET_KEY
      - path: deploy/run.sh
        key: STRIPE_SECRET_KEY
"""


@pytest.fixture
def shop(folder):
    (folder / "deploy").mkdir()
    (folder / ".env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    (folder / "deploy" / "run.sh").write_text(f"export STRIPE_SECRET_KEY={TOKEN}\n")
    return folder


@pytest.fixture
def jobs(program, shop):
    def run(*arguments, **environment):
        done = program("jobs", *arguments, cwd=shop, environment=environment)
        assert TOKEN not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_init_prints_a_job_for_each_credential_and_writes_nothing(jobs, shop):
    code, out, said = jobs("init")
    assert (code, said) == (0, "1 job proposed; --write writes them\n")
    head, _, rest = out.partition("version: 1\n")
    assert all(line.startswith("# ") for line in head.splitlines())
    assert f"version: 1\n{rest}" == PROPOSED
    assert not (shop / "scopeaudit.yaml").exists()


def test_what_init_writes_declares_everything_and_a_second_time_changes_nothing(jobs, shop, program):
    assert jobs("init", "--write") == (0, "", "1 job written to scopeaudit.yaml\n")
    text = (shop / "scopeaudit.yaml").read_text()
    assert text.endswith(PROPOSED)
    assert jobs("init", "--write") == (0, "", "every credential that was found has a job already\n")
    assert jobs("init") == (0, text, "every credential that was found has a job already\n")
    assert (shop / "scopeaudit.yaml").read_text() == text
    done = program("scan", str(shop), "--source", "tree", "--offline", "--format", "json")
    assert [each["job"] for each in json.loads(done.stdout)["credentials"]] == ["stripe-secret-key"]


def test_init_adds_to_a_file_that_is_there_and_keeps_its_mode_and_mark(jobs, shop):
    before = "\ufeff# ours\nversion: 1\njobs: {}  # none yet\n"
    file = shop / "scopeaudit.yaml"
    file.write_text(before, encoding="utf-8")
    file.chmod(0o640)
    assert jobs("init", "--write")[0] == 0
    block = PROPOSED.partition("jobs:\n")[2]
    assert file.read_text(encoding="utf-8") == f"\ufeff# ours\nversion: 1\njobs:  # none yet\n{block}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [each.name for each in shop.iterdir() if each.name.startswith(".scope")] == []


def test_init_finds_variables_of_the_process(jobs, shop):
    out = jobs("init", STRIPE_API_KEY=OTHER)[1]
    assert "  stripe-api-key:\n" in out
    assert "      - env: STRIPE_API_KEY\n" in out
    assert OTHER not in out
    assert "api-key" not in jobs("init", "--source", "tree", STRIPE_API_KEY=OTHER)[1]


def test_init_writes_through_no_link(jobs, shop):
    outside = shop / "profile"
    outside.write_text("version: 1\n")
    (shop / "scopeaudit.yaml").symlink_to(outside)
    code, out, said = jobs("init", "--write")
    assert (code, out) == (2, "")
    assert "is a link or no ordinary file: nothing is written through it" in said
    assert outside.read_text() == "version: 1\n"


def test_init_refuses_a_wrong_job_file_with_all_its_problems(jobs, shop):
    (shop / "scopeaudit.yaml").write_text("version: 2\njob: {}\n")
    code, out, said = jobs("init", "--write")
    assert (code, out) == (2, "")
    assert "scopeaudit.yaml:1: version: expected 1" in said
    assert "scopeaudit.yaml:2: job: unknown key" in said


def test_init_names_a_file_that_is_called_by_a_credential_without_it(program, folder):
    (folder / f"{OTHER}.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    done = program("jobs", "init", str(folder), "--source", "tree", "--write")
    assert (done.returncode, done.stdout) == (0, "")
    text = (folder / "scopeaudit.yaml").read_text()
    for each in (OTHER, TOKEN, OTHER[8:-4]):
        assert each not in text + done.stderr
    assert f'path: "*{OTHER[-4:]}.env"' in text
    scan = program("scan", str(folder), "--offline", "--source", "tree", "--format", "json")
    assert [each["job"] for each in json.loads(scan.stdout)["credentials"]] == ["stripe-secret-key"]


def test_init_prints_no_credential_that_stands_in_the_file_already(program, folder):
    (folder / ".env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    (folder / "scopeaudit.yaml").write_text(f"# {OTHER}\nversion: 1\n")
    done = program("jobs", "init", str(folder), "--source", "tree")
    assert (done.returncode, done.stdout) == (2, "")
    assert "so it is not printed" in done.stderr
    assert OTHER not in done.stderr


def committed(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_init_tells_what_is_only_in_the_history_and_gives_it_no_job(program, folder):
    (folder / "old.env").write_text(f"STRIPE_SECRET_KEY={OTHER}\n")
    committed(folder, "init", "--quiet")
    committed(folder, "add", ".")
    committed(folder, "commit", "--quiet", "--message", "first")
    (folder / "old.env").unlink()
    alone = program("jobs", "init", str(folder))
    assert (alone.returncode, alone.stdout) == (0, "")
    assert alone.stderr.startswith("old.env: only in the git history: revoke it, and declare nothing\n")
    (folder / ".env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    done = program("jobs", "init", str(folder), "--write")
    assert (done.returncode, done.stdout) == (0, "")
    text = (folder / "scopeaudit.yaml").read_text()
    assert (
        "# No job, as it is only in the git history: revoke the stripe secret key live of old.env:1 at"
        in text
    )
    assert text.count("provider: stripe") == 1
    again = program("jobs", "init", str(folder), "--write")
    assert again.stderr.endswith("every other credential that was found has a job already\n")
    assert (folder / "scopeaudit.yaml").read_text() == text


def test_init_leaves_out_what_the_policy_denies_and_forbids(jobs, shop, tmp_path):
    (shop / "refund.sh").write_text(f"curl -u $STRIPE_SECRET_KEY: -X POST {REFUNDS}\n")
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\n")
    assert "- PostRefunds  # refund.sh:1 " in jobs("init", SCOPEAUDIT_POLICY=str(policy))[1]
    policy.write_text("version: 1\ndeny: [PostRefunds]\n")
    out = jobs("init", SCOPEAUDIT_POLICY=str(policy))[1]
    assert "    allow: []\n" in out
    assert (
        "# Left out, as the policy denies PostRefunds to every job: PostRefunds, used in refund.sh:1 " in out
    )
    policy.write_text("version: 1\nforbid: [stripe]\n")
    code, out, said = jobs("init", SCOPEAUDIT_POLICY=str(policy))
    assert (code, out) == (0, "")
    assert said.startswith(".env: the policy forbids stripe/secret-key-live: revoke it\n")


def test_a_job_file_that_is_a_link_out_of_the_folder_is_not_read(jobs, shop, program, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("version: 1\nhidden-word: 7\n")
    (shop / "scopeaudit.yaml").symlink_to(outside)
    for done in (jobs("init"), jobs("check"), jobs("check", str(shop))):
        assert done[0] == 2
        assert "is a link that leads out of the folder" in done[1] + done[2]
        assert "hidden-word" not in done[1] + done[2]
    scan = program("scan", str(shop), "--offline", "--source", "tree")
    assert (scan.returncode, "hidden-word" in scan.stdout + scan.stderr) == (2, False)
    named = program("scan", str(shop), "--offline", "--source", "tree", "--jobs", str(outside))
    assert "outside.yaml:2: hidden-word: unknown key" in named.stderr


def test_init_says_where_there_is_nothing_to_declare(program, folder):
    done = program("jobs", "init", str(folder))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no credential was found, so there is nothing to declare\n"
    assert program("jobs", "init", str(folder / "gone")).returncode == 2


# check

RIGHT = """\
version: 1
jobs:
  charge:
    owner: shop@company.example
    expires: 2999-12-31
    use: stripe/refunds
    credentials: [{path: "**", key: STRIPE_SECRET_KEY}]
"""


def checked(jobs, shop, text, *arguments, **environment):
    (shop / "scopeaudit.yaml").write_text(text)
    return jobs("check", *arguments, **environment)


def test_check_is_content_with_a_right_file(jobs, shop):
    assert checked(jobs, shop, RIGHT) == (0, "", "1 job: right\n")
    assert jobs("check", str(shop)) == (0, "", "1 job: right\n")


def test_check_tells_everything_that_is_wrong_at_once(jobs, shop):
    text = (
        RIGHT.replace("stripe/refunds", "stripe/refund")
        .replace("owner:", "ownr:")
        .replace("2999-12-31", "soon")
    )
    code, out, said = checked(jobs, shop, text)
    assert code == 2
    assert [each.partition(": ")[0] for each in out.splitlines()] == [
        f"scopeaudit.yaml:{n}" for n in (4, 5, 6)
    ]
    assert said == "3 problems, 0 warnings\n"


def test_check_warns_of_what_was_not_meant(jobs, shop):
    text = RIGHT.replace("    owner: shop@company.example\n", "").replace("2999", "2020")
    text += '    allow: [PostRefundz]\n  idle: {allow: ["effect:read"], credentials: [{env: NOTHING}]}\n'
    code, out, said = checked(jobs, shop, text)
    assert (code, said) == (0, "0 problems, 6 warnings\n2 jobs: right\n")
    assert [each.partition(": warning: ")[2].partition(": ")[0] for each in out.splitlines()] == [
        "jobs.charge.expires",
        "jobs.charge.owner",
        "jobs.charge.allow[0]",
        "jobs.idle.credentials[0]",
        "jobs.idle.expires",
        "jobs.idle.owner",
    ]
    assert jobs("check", "--strict")[0] == 2
    assert "NOTHING" not in jobs("check", "--no-scan")[1]


def test_check_names_the_gaps_that_init_left(jobs, shop):
    jobs("init", "--write")
    code, out, _ = jobs("check")
    assert code == 0
    assert [each.partition(": warning: ")[2].partition(": ")[0] for each in out.splitlines()] == [
        f"jobs.stripe-secret-key.{key}" for key in ("allow", "expires", "owner")
    ]


def test_check_says_that_there_is_no_file(jobs):
    code, out, _ = jobs("check")
    assert (code, out) == (
        2,
        "scopeaudit.yaml:1: cannot be read (No such file or directory): mend or remove it\n",
    )


def test_a_file_that_others_extend_may_leave_credentials_to_them(jobs, shop):
    base = RIGHT.replace('    credentials: [{path: "**", key: STRIPE_SECRET_KEY}]\n', "")
    (shop / "base.yaml").write_text(base)
    assert jobs("check", "base.yaml")[0] == 2
    assert jobs("check", "base.yaml", "--base")[0] == 0
    child = "version: 1\nextends: base.yaml\njobs: {charge: {credentials: [{path: .env}]}}\n"
    assert checked(jobs, shop, child) == (0, "", "1 job: right\n")


# policy


def test_the_policy_of_the_user_counts_and_no_variable_takes_it_back(jobs, shop, program, tmp_path):
    own = program.home / ".config" / "scopeaudit" / "policy.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("version: 1\ndeny: [PostRefunds]\nrequire: [description]\n")
    more = tmp_path / "more.yaml"
    more.write_text("version: 1\nmax-expiry-days: 30\n")
    code, out, said = checked(jobs, shop, RIGHT, SCOPEAUDIT_POLICY=str(more))
    assert (code, said) == (2, "3 problems, 0 warnings\n")
    lines = out.splitlines()
    assert lines[0].startswith(
        "scopeaudit.yaml:3: jobs.charge.description: Job charge has no description, which "
    )
    assert "jobs.charge.expires: Job charge ends on 2999-12-31; " in lines[1]
    assert lines[2] == (
        "scopeaudit.yaml:6: jobs.charge.allow[0]: Job charge allows PostRefunds, and with it PostRefunds; "
        "~/.config/scopeaudit/policy.yaml:2 denies PostRefunds to every job, so these count as not allowed. "
        "Name the operations that the job needs and the policy permits."
    )


@pytest.mark.skipif(os.name == "nt", reason="a policy is looked for below APPDATA there")
def test_a_policy_that_cannot_be_read_is_never_none(jobs, shop):
    code, out, _ = checked(jobs, shop, RIGHT, SCOPEAUDIT_POLICY="gone.yaml")
    assert (code, out.partition(": cannot be read")[0]) == (2, "gone.yaml:1")


def test_every_command_reads_job_files_that_rest_on_a_folder_of_the_policy(jobs, shop, program, tmp_path):
    mine, policy = tmp_path / "mine", tmp_path / "policy.yaml"
    mine.mkdir()
    (mine / "base.yaml").write_text(RIGHT)
    policy.write_text("version: 1\nextend-from: [mine]\n")
    (shop / "scopeaudit.yaml").write_text("version: 1\nextends: base.yaml\n")
    named = {"SCOPEAUDIT_POLICY": str(policy)}
    assert jobs("check", **named)[0] == 0
    assert jobs("init", **named)[0] == 0
    here = [str(shop), "--source", "tree"]
    assert "job charge" in program("scan", *here, "--offline", environment=named).stdout
    assert program("narrow", *here, environment=named).returncode == 0
    assert program("narrow", *here).returncode == 2


def test_a_denial_that_denies_nothing_is_told(jobs, shop, tmp_path):
    policy = tmp_path / "p.yaml"
    policy.write_text("version: 1\ndeny: [PostRefundz]\n")
    out = checked(jobs, shop, RIGHT, SCOPEAUDIT_POLICY=str(policy))[1]
    assert out.endswith("p.yaml:2: warning: deny: PostRefundz selects no operation, so it denies nothing\n")
