"""Which database a folder uses: what its settings choose, else what its files name."""

import re
from collections.abc import Collection

from scopeaudit.jobs.use.text import MAXIMUM_BYTES
from scopeaudit.model.document import Document

_MANIFESTS = (
    "go.mod",
    "cargo.toml",
    "gemfile",
    "composer.json",
    "pom.xml",
    "package.json",
    "pyproject.toml",
    "pipfile",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "libs.versions.toml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "compose.yml",
    "compose.yaml",
    "database.yml",
    "mix.exs",
    "setup.cfg",
    "setup.py",
    "shard.yml",
)
_MANIFEST_ENDINGS = (".csproj", ".fsproj", ".props", ".properties", ".txt", ".env", ".env.example", ".toml")
_LARGEST_MANIFEST = 262_144
_NAMED_IN_MANIFESTS = {
    "postgresql": (
        *(b"postgres", b"psycopg", b"asyncpg", b"npgsql"),
        *(b'"pg"', b"'pg'", b"pgx", b"lib/pq", b"pgsql"),
    ),
    "mysql": (b"mysql", b"mariadb"),
}
_NAMES = {
    "postgresql": "postgresql postgres pgsql pg npgsql postgis psycopg psycopg2 asyncpg postgresql_psycopg2"
    " pdo_pgsql node-postgres pgx postgrex cockroachdb",
    "mysql": "mysql mysql2 mariadb pymysql pdo_mysql",
    "sqlite": "sqlite sqlite3 better-sqlite better-sqlite3 pdo_sqlite",
    "other": "sqlserver mssql sqlsrv oracle",
}
_DATABASE = {name: database for database, names in _NAMES.items() for name in names.split()}
_ALTERNATIVES = "|".join(sorted(map(re.escape, _DATABASE), key=len, reverse=True))
_CHOSEN = re.compile(
    rf"""["']?\b(?:engine|adapter|dialect|provider|client|db_connection|database_driver|db_engine|db_client
    |db_type|type|driver)\b["']?
    (?:[ ]{{0,8}}(?:=>|:=|[:=(])[ ]{{0,4}}|\ +)["']?
    (?:django\.db\.backends\.|django\.contrib\.gis\.db\.backends\.|org\.)?(?:({_ALTERNATIVES}))(?=["'\s,;)}}]|$)
    |env\(["']db_connection["'],\s{{0,4}}["']({_ALTERNATIVES})["']
    |(?:jdbc:|r2dbc:)?\b({_ALTERNATIVES}|postgres)(?:\+\w{{1,20}})?://
    |jdbc:(sqlserver|oracle|sqlite):
    |\buse(npgsql|mysql|sqlite|sqlserver)\(
    |ecto\.adapters\.(postgres|myxql)\b
    |image:[ ]{{0,4}}["']?(?:[\w.-]+/)?(postgres|postgis|mysql|mariadb)(?=[:"'\s])
    |gorm\.io/driver/(postgres|mysql|sqlite|sqlserver)
    |database(?:s)?\.(postgresql|mysql)dialect|\b(postgresql|mysql)dialect\b""",
    re.VERBOSE | re.MULTILINE,
)
_HINTS = (
    b"postg",
    b"pgsql",
    b"mysql",
    b"myxql",
    b"maria",
    b'"pg"',
    b"'pg'",
    b"sqlite",
    b"sqlserver",
    b"mssql",
    b"oracle",
)


class Databases:
    """Collects over all documents what says which database is meant."""

    def __init__(self, looked_for: Collection[str]) -> None:
        self._looked_for = looked_for
        self._chosen: set[str] = set()
        self._named: set[str] = set()

    def see_document(self, document: Document) -> None:
        """What a manifest names, and what any text chooses."""
        if len(document.data) > MAXIMUM_BYTES:
            return
        name = document.path.rpartition("/")[2].lower()
        lower = bytes(document.data).lower()
        if b"\0" in lower[:8192]:
            return
        manifest = name in _MANIFESTS or name.endswith(_MANIFEST_ENDINGS)
        if manifest and len(lower) <= _LARGEST_MANIFEST:
            for provider, words in _NAMED_IN_MANIFESTS.items():
                if any(word in lower for word in words):
                    self._named.add(provider)
        if any(word in lower for word in _HINTS):
            self._choose(lower.decode("utf-8", "replace"), name)

    def _choose(self, lower: str, name: str) -> None:
        if name.endswith((".md", ".rst", ".lock", ".lockb")) or "-lock." in name:
            return
        chosen = {
            _DATABASE.get(each, {"myxql": "mysql", "mysql": "mysql"}.get(each, "postgresql"))
            for found in _CHOSEN.finditer(lower)
            for each in found.groups()
            if each
        }
        # A file that lists every connection says nothing, but for its default.
        if len(chosen - {"sqlite"}) > 1:
            default = re.search(rf"env\(\s*[\"']db_connection[\"'],\s*[\"']({_ALTERNATIVES})[\"']", lower)
            chosen = {_DATABASE[default.group(1)]} if default else set()
        self._chosen |= chosen

    def see(self, database: str) -> None:
        """A text that only one database understands or only its driver writes."""
        self._named.add(database)

    def decided(self) -> str | None:
        """The database, if there is but one."""
        for found in (self._chosen - {"sqlite"}, self._named):
            if len(found) == 1:
                (database,) = found
                return database if database in self._looked_for else None
            if found:
                return None
        return None
