"""Nothing in a scanned folder redirects a request, runs, hangs the scan, or hides a finding silently."""

import json
import os
import socket

import pytest

from scopeaudit.catalogue.templates import expand
from scopeaudit.demo.server import Reply, StandIn

TOKEN = expand("sk_live_<alnum:24>", seed=41)


class Trap(StandIn):
    """A server nobody must talk to."""

    def answer(self, method, path, headers, body):
        self.violations.append(f"{method} {path}")
        return Reply(200, "application/json", b"{}")


@pytest.fixture
def trap():
    with Trap() as running:
        yield running
        assert running.violations == []


def test_a_folder_that_names_its_own_endpoint_is_not_believed(program, folder, trap):
    (folder / ".env").write_text(
        f"STRIPE_SECRET_KEY={TOKEN}\nSTRIPE_API_BASE={trap.url}\nHTTPS_PROXY={trap.url}\nSTRIPE_URL={trap.url}\n"
    )
    (folder / ".netrc").write_text("machine api.stripe.com login x password y\n")
    (folder / "pyproject.toml").write_text(f'[tool.scopeaudit]\nendpoint = "stripe={trap.url}"\n')
    (folder / "scopeaudit.yaml").write_text("version: 1\n")
    done = program(
        "scan", str(folder), "--source", "tree", "--format", "json", "--endpoint", "stripe=http://127.0.0.1:9"
    )
    assert done.returncode == 1, done.stderr


def test_a_job_file_cannot_name_an_endpoint(program, folder, trap):
    (folder / "scopeaudit.yaml").write_text(f"version: 1\nendpoints: {{stripe: {trap.url}}}\n")
    done = program("scan", str(folder), "--source", "tree", "--offline")
    assert done.returncode == 2
    assert "scopeaudit.yaml:2: endpoints: unknown key" in done.stderr


def test_odd_files_are_named_or_read_and_never_waited_for(program, folder):
    os.mkfifo(folder / "pipe")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "socket"))
    (folder / "loop").symlink_to(folder)
    (folder / "self").symlink_to("self")
    (folder / "outside").symlink_to("/etc")
    (folder / "broken\nname\x1b[31m").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    (folder / "binary").write_bytes(bytes(range(256)) * 100)
    (folder / "latin").write_bytes(b"\xff\xfe\x00\xd8 STRIPE \xe9\n")
    (folder / "utf16.env").write_text(f"KEY={expand('sk_live_<alnum:24>', seed=42)}\n", encoding="utf-16")
    done = program("scan", str(folder), "--source", "tree", "--offline", "--format", "json")
    listening.close()
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert len(report["credentials"]) == 2
    shown = program("scan", str(folder), "--source", "tree", "--offline")
    assert "\x1b" not in shown.stdout


def test_a_folder_with_hooks_and_helpers_runs_none_of_them(program, folder):
    import git

    repository = git.Repo.init(folder)
    marker = folder.parent / "ran"
    script = folder / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    with repository.config_writer() as writer:
        for section, key in (
            ("core", "fsmonitor"),
            ("core", "pager"),
            ("core", "sshCommand"),
            ("core", "editor"),
            ("diff", "external"),
            ("credential", "helper"),
            ('filter "evil"', "clean"),
            ('filter "evil"', "smudge"),
            ('diff "evil"', "textconv"),
        ):
            writer.set_value(section, key, str(script))
    (folder / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (folder / "billing.env").write_text(f"STRIPE_SECRET_KEY={TOKEN}\n")
    repository.git.execute(
        ["git", "-c", "filter.evil.clean=cat", "-c", "core.fsmonitor=false", "add", "billing.env"]
    )
    marker.unlink(missing_ok=True)
    for source in ("tree", "staged"):
        done = program("scan", str(folder), "--source", source, "--offline")
        assert done.returncode == 1, done.stderr
    assert not marker.exists()


def test_without_network_a_run_ends_with_gaps_and_not_with_a_traceback(program, folder):
    (folder / ".env").write_text(
        f"STRIPE_SECRET_KEY={TOKEN}\nRAILWAY_API_TOKEN={expand('<uuid>', seed=43)}\n"
    )
    dead = [part for name in ("stripe", "railway") for part in ("--endpoint", f"{name}=http://127.0.0.1:9")]
    done = program(
        "scan", str(folder), "--source", "tree", "--format", "json", "--strict", "--fail-on", "never", *dead
    )
    report = json.loads(done.stdout)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert {gap["stage"] for gap in report["gaps"]} == {"ask"}
    stripe = next(each for each in report["credentials"] if each["provider"] == "stripe")
    assert stripe["authority"]["evidence"] == "documented"


def test_an_interruption_ends_a_slow_run_at_once_with_code_4(program, folder):
    import signal
    import subprocess
    import sys
    import threading
    import time

    asked = threading.Event()

    class Slow(StandIn):
        def answer(self, method, path, headers, body):
            asked.set()
            time.sleep(15)
            return Reply(200, "application/json", b"{}")

    (folder / ".env").write_text(f"RAILWAY_API_TOKEN={expand('<uuid>', seed=44)}\n")
    with Slow() as slow:
        running = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "scopeaudit",
                "scan",
                str(folder),
                "--source",
                "tree",
                "--endpoint",
                f"railway={slow.url}",
            ],
            env=program.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert asked.wait(30)
        started = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
        waited = time.monotonic() - started
    assert (running.returncode, said) == (4, "scopeaudit: interrupted\n")
    assert waited < 10
