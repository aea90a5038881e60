"""Roles of MySQL for a job; where a server is installed, made on it."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.narrow_world import job, narrowed

HOSTILE = "or`ders; DROP TABLE x; -- '\""
SERVER = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
CLIENT = shutil.which("mariadb") or shutil.which("mysql")
MAKER = shutil.which("mariadb-install-db")


def test_privileges_of_the_job_on_its_own_tables():
    found = narrowed(
        job(
            "mysql",
            "SELECT",
            "insert",
            "TRUNCATE",
            resources=["table/shop.orders", "database/lo_g"],
            name="app",
        )
    )
    assert found.text.split("\n") == [
        "CREATE ROLE 'app';",
        "GRANT DROP, INSERT, SELECT ON `lo\\_g`.* TO 'app';",
        "GRANT DROP, INSERT, SELECT ON `shop`.`orders` TO 'app';",
    ]
    assert found.beyond == ("DROP TABLE",)
    assert found.missing == ()


def test_a_privilege_that_is_named_itself_brings_nothing_beyond():
    assert narrowed(job("mysql", "DROP", resources=["database/shop"])).beyond == ()
    assert narrowed(job("mysql", "DROP TABLE", "TRUNCATE", resources=["database/shop"])).beyond == ()
    assert narrowed(job("mysql", "CREATE INDEX", resources=["database/shop"])).beyond == ("DROP INDEX",)


def test_what_is_of_the_whole_server_is_never_granted():
    found = narrowed(job("mysql", "SELECT", "SUPER", "FILE", "GRANT OPTION", resources=["database/shop"]))
    assert found.missing == ("FILE", "GRANT OPTION", "SUPER")
    assert "GRANT SELECT ON `shop`.*" in found.text
    assert "*.*" not in found.text


def test_without_a_named_database_it_is_that_of_the_login_or_none():
    assert "ON `shop`.*" in narrowed(job("mysql", "SELECT"), context={"database": "shop"}).text
    found = narrowed(job("mysql", "SELECT", name="app"))
    assert found.text == "CREATE ROLE 'app';"
    assert any("names no database" in each for each in found.remains)


def test_what_mysql_grants_for_databases_only_is_told():
    found = narrowed(job("mysql", "EXECUTE", "SELECT", resources=["table/shop.orders"]))
    assert "GRANT EXECUTE ON `shop`.*" in found.text
    assert any(each.startswith("EXECUTE: ") for each in found.remains)


def test_names_that_cannot_be_written_safely_are_left_out_and_told():
    written = ["database/a\nb", "table/shop.x*", "database/" + "x" * 65]
    found = narrowed(job("mysql", "SELECT", resources=written, name="app"))
    assert found.text == "CREATE ROLE 'app';"
    assert sum("left out" in each for each in found.remains) == 3


def test_the_text_holds_no_password_and_the_server_makes_one_up():
    found = narrowed(job("mysql", "SELECT", resources=["database/shop"], name="app"))
    assert "IDENTIFIED" not in found.text
    assert any("IDENTIFIED BY RANDOM PASSWORD" in each for each in found.steps)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def run() -> Iterator["object"]:
    """Runs SQL on a server of its own, and gives the rows as text."""
    root = Path(tempfile.mkdtemp(prefix="scopeaudit-mysql-", dir="/tmp"))
    user = pwd.getpwuid(os.getuid()).pw_name
    port, place = _free_port(), f"{root}/socket"
    subprocess.run(
        [
            MAKER,
            "--no-defaults",
            f"--datadir={root}/data",
            f"--user={user}",
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        [
            SERVER, "--no-defaults", f"--datadir={root}/data", f"--user={user}", f"--socket={place}",
            f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={root}/pid",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def execute(text: str, *, check: bool = True, user: str = "root") -> str:
        done = subprocess.run(
            [
                CLIENT,
                "--no-defaults",
                f"--socket={place}",
                f"--user={user}",
                "--batch",
                "--skip-column-names",
            ],
            input=text,
            capture_output=True,
            text=True,
            timeout=30,
        )
        if check and done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout if check else done.stderr

    try:
        for _ in range(100):
            if Path(place).exists():
                break
            time.sleep(0.1)
        yield execute
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(root, ignore_errors=True)


@pytest.mark.skipif(not (SERVER and CLIENT and MAKER), reason="no MariaDB server on this machine")
def test_a_server_takes_the_statements_and_grants_no_more(run):
    quoted = HOSTILE.replace("`", "``")
    run(f"CREATE DATABASE `sh_p`; CREATE DATABASE `shop`; CREATE TABLE `sh_p`.`{quoted}` (id int);")
    declared = job(
        "mysql", "SELECT", "INSERT", resources=[f"table/sh_p.{HOSTILE}", "database/sh_p"], name="its-job"
    )
    found = narrowed(declared)
    run(found.text)
    grants = run("SHOW GRANTS FOR its_job;").strip().split("\n")
    kept = {re.sub(r" TO .*", "", each) for each in grants if "USAGE" not in each}
    # The client doubles backslashes in what it prints.
    assert {each.replace("\\\\", "\\") for each in kept} == {
        f"GRANT SELECT, INSERT ON `sh_p`.`{quoted}`",
        "GRANT SELECT, INSERT ON `sh\\_p`.*",
    }


WIDE = "GRANT ALL PRIVILEGES ON *.* TO '{}'@localhost WITH GRANT OPTION;"
JOB_STATEMENTS = {
    "read": "SELECT total FROM mart.orders",
    "add": "INSERT INTO mart.orders VALUES (2, 2)",
    "change": "UPDATE mart.orders SET total = 3",
}
OTHER_STATEMENTS = {
    "delete": "DELETE FROM mart.orders",
    "truncate": "TRUNCATE TABLE mart.orders",
    "drop a table": "DROP TABLE mart.orders",
    "drop a database": "DROP DATABASE mart",
    "another table": "SELECT * FROM mart.cards",
    "another database of a name that a wildcard would fit": "SELECT * FROM martx.orders",
    "files of the server": "SELECT 1 INTO OUTFILE '/tmp/never-written-by-scopeaudit'",
    "accounts": "CREATE USER thief@localhost",
    "passing it on": "GRANT SELECT ON mart.orders TO nobody@localhost",
}


@pytest.mark.skipif(not (SERVER and CLIENT and MAKER), reason="no MariaDB server on this machine")
def test_a_login_with_the_role_does_the_job_and_the_excess_is_gone(run):
    run(
        "CREATE DATABASE mart; CREATE DATABASE martx; CREATE TABLE martx.orders (id int);"
        "CREATE TABLE mart.orders (id int, total int); CREATE TABLE mart.cards (id int);"
        "INSERT INTO mart.orders VALUES (1, 1); CREATE USER nobody@localhost;"
    )
    declared = job("mysql", "SELECT", "INSERT", "UPDATE", resources=["table/mart.orders"], name="shop-app")
    run(narrowed(declared).text)
    run(
        "CREATE USER narrow@localhost; GRANT shop_app TO narrow@localhost;"
        "SET DEFAULT ROLE shop_app FOR narrow@localhost;"
        f"CREATE USER wide@localhost; {WIDE.format('wide')}"
    )
    for statement in JOB_STATEMENTS.values():
        run(statement, user="narrow")
    refused = {
        name for name, text in OTHER_STATEMENTS.items() if "denied" in run(text, check=False, user="narrow")
    }
    assert refused == OTHER_STATEMENTS.keys()
    assert "denied" not in run(OTHER_STATEMENTS["delete"], check=False, user="wide")


@pytest.mark.skipif(not (SERVER and CLIENT and MAKER), reason="no MariaDB server on this machine")
def test_a_whole_database_is_that_one_and_none_that_a_wildcard_would_fit(run):
    run("CREATE DATABASE re_ports; CREATE DATABASE rexports; CREATE TABLE rexports.t (id int);")
    run("CREATE TABLE re_ports.t (id int);")
    run(narrowed(job("mysql", "SELECT", resources=["database/re_ports"], name="reporter")).text)
    run(
        "CREATE USER rep@localhost; GRANT reporter TO rep@localhost; SET DEFAULT ROLE reporter FOR rep@localhost;"
    )
    run("SELECT * FROM re_ports.t", user="rep")
    assert "denied" in run("SELECT * FROM rexports.t", check=False, user="rep")
