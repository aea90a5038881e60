"""Real databases behind an incident: roles, tables and grants, made and dropped again."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg import sql

from tests.postgres_server import Server, quoted, server


@contextmanager
def served(world: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The values for a checkout's `{{role}}`, `{{database}}`, `{{host}}` and `{{port}}`."""
    if not world:
        yield {}
        return
    mark = uuid.uuid4().hex[:10]
    place = server()
    roles = {name: f"scopeaudit_{mark}_{name}" for name in world["roles"]}
    databases = {name: f"scopeaudit_{mark}_{each['suffix']}" for name, each in world["databases"].items()}
    try:
        _make(place, world, roles, databases, secrets)
        yield {"host": place.host, "port": str(place.port)} | roles | databases
    finally:
        with place.connect() as connection:
            for name in databases.values():
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted(name)))
            for name in roles.values():
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(quoted(name)))


def _make(
    place: Server,
    world: Mapping[str, Any],
    roles: Mapping[str, str],
    databases: Mapping[str, str],
    secrets: Mapping[str, str],
) -> None:
    with place.connect() as connection:
        for name, role in world["roles"].items():
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(quoted(roles[name]), sql.Literal(secrets[role["password"]])))
        for name, each in world["databases"].items():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(quoted(databases[name])))
            _fill(place, each, roles, databases[name])


def _fill(place: Server, each: Mapping[str, Any], roles: Mapping[str, str], database: str) -> None:
    def run(template: str, *parts: sql.Composable) -> None:
        inside.execute(sql.SQL(template).format(*parts))

    with place.connect(database) as inside:
        run("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC", quoted(database))
        run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for table in each["tables"]:
            run("CREATE TABLE {} (id bigint PRIMARY KEY, value text)", quoted(table))
        if "owner" in each:
            owner = quoted(roles[each["owner"]])
            run("ALTER DATABASE {} OWNER TO {}", quoted(database), owner)
            for table in each["tables"]:
                run("ALTER TABLE {} OWNER TO {}", quoted(table), owner)
        for name, privileges in each.get("grants", {}).items():
            role = quoted(roles[name])
            run("GRANT CONNECT ON DATABASE {} TO {}", quoted(database), role)
            words = sql.SQL(", ").join(map(sql.SQL, privileges))
            run("GRANT {} ON ALL TABLES IN SCHEMA public TO {}", words, role)
