"""Real PostgreSQL servers for tests: the one on this machine, or one started here.

`server()` is the server on 127.0.0.1:5432 if it lets us in without a password, else one of our own.
`private_server()` is always our own, and asks for passwords. `SCOPEAUDIT_POSTGRES_BIN` names the folder
of another version's programs. Without any programs tests fail: they do not skip.
"""

import atexit
import functools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from scopeaudit.catalogue.templates import expand

HOST = "127.0.0.1"
_PORT = 5432


@dataclass(frozen=True)
class Server:
    """A running server and its superuser."""

    port: int
    user: str
    password: str = field(repr=False)
    asks_passwords: bool = False
    """Whether a wrong password is refused."""
    host: str = HOST

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """The superuser, each statement its own transaction."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    @functools.cached_property
    def version(self) -> int:
        """As `server_version_num`: 150004 for 15.4."""
        with self.connect() as connection:
            return connection.info.server_version


@functools.cache
def server() -> Server:
    """A server whose superuser we are; it may be shared, so names must be unique and dropped again."""
    for user in dict.fromkeys((pwd.getpwuid(os.getuid()).pw_name, "postgres", "root")):
        found = Server(_PORT, user, "unused")
        try:
            with found.connect() as connection:
                row = connection.execute(
                    "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.OperationalError:
            continue
        if row == (True,):
            return found
    return private_server()


@functools.cache
def private_server() -> Server:
    """A server of this process, which stops with it. Nothing but its superuser is in it."""
    programs = _programs()
    identity = _identity()
    root = Path(tempfile.mkdtemp(prefix="scopeaudit-postgres-", dir="/tmp"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    password = expand("<alnum:24>", seed=20_000)
    (root / "password").write_text(password + "\n", encoding="utf-8")
    if identity:
        for each in (root, root / "password"):
            shutil.chown(each, *identity)
    run = functools.partial(_run, root, identity)
    data, port = root / "data", _free_port()
    encrypted = "md5" if _major(programs) < 11 else "scram-sha-256"
    run(
        programs / "initdb", "-D", data, "-U", "postgres", "-A", encrypted, f"--pwfile={root / 'password'}",
        "-E", "UTF8", "--locale=C", "--no-sync",
    )  # fmt: skip
    settings = {
        "port": port,
        "listen_addresses": HOST,
        "unix_socket_directories": "",
        "fsync": "off",
        "max_prepared_transactions": 2,
        "wal_level": "logical",
        "password_encryption": encrypted,
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    run(programs / "pg_ctl", "-D", data, "-w", "-l", root / "log", "-o", options, "start")
    atexit.register(_quietly, run, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    return Server(port, "postgres", password, asks_passwords=True)


def _programs() -> Path:
    if named := os.environ.get("SCOPEAUDIT_POSTGRES_BIN"):
        return Path(named)
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if debian:
        return debian[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    import pgserver

    return Path(pgserver.__file__).parent / "pginstall" / "bin"


def _major(programs: Path) -> int:
    said = subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, text=True)
    return int(said.stdout.split()[2].split(".")[0])


def _identity() -> tuple[int, int] | None:
    """PostgreSQL does not run as root."""
    if os.getuid() != 0:
        return None
    names = {each.pw_name: each for each in pwd.getpwall()}
    chosen = names.get("postgres") or names["nobody"]
    return chosen.pw_uid, chosen.pw_gid


def _run(root: Path, identity: tuple[int, int] | None, *command: object) -> None:
    user, group = identity or (None, None)
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=(root / "output").open("a"),
        stderr=subprocess.STDOUT,
        user=user,
        group=group,
        extra_groups=[] if identity else None,
        cwd=root,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "LC_ALL": "C"},
        timeout=60,
    )
    if done.returncode:
        raise RuntimeError((root / "output").read_text(encoding="utf-8", errors="replace"))


def _quietly(run: "functools.partial[None]", *command: object) -> None:
    try:
        run(*command)
    except (RuntimeError, OSError):
        pass


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def quoted(*names: str) -> sql.Composed:
    """Names as SQL identifiers, joined by dots."""
    return sql.SQL(".").join(sql.Identifier(name) for name in names)
