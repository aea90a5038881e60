"""Roles, databases and objects on a real server, gone again afterwards; and asking with them, end to end."""

import datetime
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.hosts import HostPolicy
from scopeaudit.ask.interview import Interview
from scopeaudit.ask.learnt import Learnt
from scopeaudit.ask.limits import Limits
from scopeaudit.ask.request import Answer, Request
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.postgresql import PostgresqlTransport
from scopeaudit.catalogue.rules import Rules, load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import Authority, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret
from tests.postgres_server import Server, quoted

PASSWORD = expand("<alnum:24>", seed=20_001)
RULES = load_rules()
PROVIDER = RULES.providers["postgresql"]
NOW = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


@dataclass
class World:
    """A database of one's own and roles whose names nobody else uses."""

    server: Server
    database: str
    mark: str
    roles: list[str] = field(default_factory=list)
    databases: list[str] = field(default_factory=list)

    def role(self, name: str, attributes: str = "") -> str:
        """A login with the password, and its real name."""
        real = f"{self.mark}_{name}"
        with self.server.connect() as connection:
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} " + attributes)
            connection.execute(statement.format(sql.Identifier(real), sql.Literal(PASSWORD)))
        self.roles.append(real)
        return real

    def extra(self, name: str) -> str:
        """One more database."""
        real = f"{self.mark}_{name}"
        with self.server.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(quoted(real)))
        self.databases.append(real)
        return real

    def run(self, *statements: str, database: str | None = None, **names: str) -> None:
        """Statements of the superuser; `{name}` stands for an identifier."""
        known = {"database": self.database, **names}
        with self.server.connect(database or self.database) as connection:
            for each in statements:
                chosen = {key: sql.Identifier(value) for key, value in known.items()}
                connection.execute(sql.SQL(each).format(**chosen))  # type: ignore[arg-type]

    def connect(self, role: str, database: str | None = None) -> "psycopg.Connection[tuple[object, ...]]":
        """A session of a role."""
        return psycopg.connect(
            host=self.server.host,
            port=self.server.port,
            user=role,
            password=PASSWORD,
            dbname=database or self.database,
            autocommit=True,
        )

    def held(self, role: str, **companions: str) -> HeldCredential:
        """The credential of a role, as a connection string gives it."""
        parts = {
            "host": self.server.host,
            "port": str(self.server.port),
            "user": role,
            "database": self.database,
        }
        return held(PASSWORD, **(parts | companions))


def held(secret: str, **companions: str) -> HeldCredential:
    """A connection string as detection gives it."""
    return HeldCredential(
        Credential(
            id="c1",
            provider="postgresql",
            kind="connection-string",
            shown="hidden",
            locations=(Location(Source.TREE, ".env", 1, 1, None, "DATABASE_URL"),),
            companions=tuple(sorted(companions)),
            context=tuple(sorted(companions.items())),
        ),
        Secret(secret),
        {name: Secret(value) for name, value in companions.items()},
    )


@contextmanager
def world(server: Server) -> Iterator[World]:
    """A fresh database; it and all that was made is dropped at the end."""
    mark = f"sa_{secrets.token_hex(4)}"
    made = World(server, f"{mark}_db", mark)
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(quoted(made.database)))
        try:
            yield made
        finally:
            for database in (made.database, *made.databases):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,)
                )
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(quoted(database)))
            for role in reversed(made.roles):
                connection.execute(sql.SQL("DROP OWNED BY {}").format(quoted(role)))
            for role in reversed(made.roles):
                connection.execute(sql.SQL("DROP ROLE {}").format(quoted(role)))


def transport(folder: Path, rules: Rules = RULES, **options: object) -> PostgresqlTransport:
    """A transport that notes what it sends in a folder of the test."""
    limits = Limits(rules.providers)
    policy = HostPolicy()
    return PostgresqlTransport(rules.providers, limits, Trail(folder, b"k" * 32), policy, **options)  # type: ignore[arg-type]


@dataclass
class Interrogation:
    """What one credential came to, and everything that was said on the way."""

    learnt: Learnt
    authority: Authority
    exchanges: list[tuple[Request, Answer]]

    def is_granted(self, operation: str, resource: str) -> bool:
        """Whether the operation is granted on the resource, or without naming any."""
        return self._is(Verdict.GRANTED, operation, resource)

    def is_unknown(self, operation: str, resource: str) -> bool:
        """Whether it is unknown on the resource."""
        return self._is(Verdict.UNKNOWN, operation, resource)

    def _is(self, verdict: Verdict, operation: str, resource: str) -> bool:
        return any(
            grant.verdict is verdict and (grant.resources is None or resource in grant.resources)
            for grant in self.authority.grants
            if operation in grant.operations
        )

    def verdicts(self, *operations: str) -> dict[str, str]:
        """The overall verdict of each operation."""
        return {
            operation: verdict.value
            for operation in operations
            for verdict in Verdict
            if operation in self.authority.operations(verdict)
        }


def interrogate(credential: HeldCredential, folder: Path, **options: object) -> Interrogation:
    """The whole way: questions, transport, answers, authority."""
    interview = Interview(PROVIDER, credential, NOW)
    sender = transport(folder, **options)
    exchanges = []
    try:
        while requests := interview.requests():
            for request in requests:
                answer = sender.send(request, credential)
                exchanges.append((request, answer))
                interview.take(request, answer)
    finally:
        sender.close()
    authority = conclude(PROVIDER, RULES.operations("postgresql"), interview.learnt)
    return Interrogation(interview.learnt, authority, exchanges)
