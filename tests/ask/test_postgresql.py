"""PostgreSQL end to end, against real servers, and against servers and strings that mean harm."""

import contextlib
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from postgresql_world import (
    PASSWORD,
    PROVIDER,
    RULES,
    Interrogation,
    World,
    held,
    interrogate,
    transport,
    world,
)
from psycopg import sql

from scopeaudit.ask.limits import Timeouts
from scopeaudit.ask.request import Answer, Request
from scopeaudit.ask.transports.postgresql_login import conninfo, read_login
from scopeaudit.ask.transports.postgresql_session import (
    Lost,
    Refused,
    Rows,
    Session,
    connect,
    known_parameters,
)
from scopeaudit.ask.transports.postgresql_words import of_connection
from scopeaudit.catalogue.provider import Question, Reading, Scheme
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import State
from tests.postgres_server import HOST, Server, private_server, server

SOURCE = "https://www.postgresql.org/docs/current/"
WRONG = expand("<alnum:24>", seed=20_002)
SETTINGS = (
    "SELECT current_setting('transaction_read_only') AS read_only, current_setting('search_path') AS path, "
    "current_setting('statement_timeout') AS timeout, current_setting('application_name') AS name, "
    "current_setting('default_transaction_read_only') AS default_read_only, session_user::text AS login, "
    "current_database()::text AS database"
)


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with world(_quiet_server()) as made:
        made.run(
            "CREATE SCHEMA app",
            "CREATE TABLE app.orders (id int PRIMARY KEY, label text)",
            "INSERT INTO app.orders SELECT n, 'x' FROM generate_series(1, 1000) AS n",
            "ANALYZE app.orders",
            "CREATE TABLE app.secured (id int)",
            "ALTER TABLE app.secured ENABLE ROW LEVEL SECURITY",
            "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        )
        yield made


def _quiet_server() -> Server:
    """The server of this machine, unless so many databases are on it that not all of them are asked."""
    found = server()
    with found.connect() as connection:
        row = connection.execute("SELECT count(*) FROM pg_database WHERE datallowconn").fetchone()
    return found if row is not None and row <= (8,) else private_server()  # type: ignore[operator]


def asked(text: str) -> tuple[dict[str, object], Request]:
    """Providers with one question of the test, and the request it becomes on this machine."""
    reading = (Reading(when="status == `200`"),)
    question = Question(id="test", asks="a test", sql=text, read_only=SOURCE, readings=reading)
    request = Request(
        provider="postgresql", question="test", scheme=Scheme.POSTGRESQL, method="SQL", host=HOST, path=text
    )
    return {"postgresql": replace(PROVIDER, questions=(question,))}, request


def answer(credential, text: str, folder, **options) -> Answer:
    providers, request = asked(text)
    sender = transport(folder, replace(RULES, providers=providers), **options)
    try:
        return sender.send(replace(request, host=credential.companions["host"].reveal()), credential)
    finally:
        sender.close()


def session(made: World, role: str) -> Session:
    login = read_login(made.held(role))
    assert not isinstance(login, str)
    settings = conninfo(login, made.server.host, known_parameters(), options=True, seconds=5)
    assert not isinstance(settings, str)
    opened = connect(settings)
    assert not isinstance(opened, str)
    return opened


# What roles may do


MAIN = (
    "SELECT", "INSERT", "DELETE", "TRUNCATE", "DROP TABLE", "DROP SCHEMA", "DROP DATABASE", "CREATE ROLE",
    "COPY TO PROGRAM", "ALTER SYSTEM", "BYPASS ROW SECURITY", "SET ROLE",
)  # fmt: skip


def granted(asking: Interrogation) -> set[str]:
    """Of the main operations, those granted, and none left unknown."""
    said = asking.verdicts(*MAIN)
    assert set(said.values()) <= {"granted", "denied"}
    return {operation for operation, verdict in said.items() if verdict == "granted"}


def test_a_superuser_may_do_everything(shared: World, tmp_path):
    asking = interrogate(shared.held(shared.role("super", "SUPERUSER")), tmp_path)
    assert asking.authority.state is State.ACTIVE
    assert asking.learnt.gaps == []
    assert granted(asking) == set(MAIN)


def test_the_owner_of_a_schema_may_drop_it_and_what_is_in_it(shared: World, tmp_path):
    role = shared.role("schema_owner")
    shared.run("CREATE SCHEMA own AUTHORIZATION {role}", "CREATE TABLE own.things (id int)", role=role)
    asking = interrogate(shared.held(role), tmp_path)
    things = f"table/{shared.database}.own.things"
    assert granted(asking) == {"DROP SCHEMA", "DROP TABLE"}
    assert asking.is_granted("DROP TABLE", things)
    assert not asking.is_granted("SELECT", things)
    assert not asking.is_granted("DROP TABLE", f"table/{shared.database}.app.orders")


def test_a_role_that_reads_may_only_read(shared: World, tmp_path):
    role = shared.role("reader")
    shared.run("GRANT USAGE ON SCHEMA app TO {role}", "GRANT SELECT ON app.orders TO {role}", role=role)
    asking = interrogate(shared.held(role), tmp_path)
    assert granted(asking) == {"SELECT"}
    catalogue = RULES.operations("postgresql").operations
    from scopeaudit.model.authority import Verdict

    of_the_database = {
        operation
        for grant in asking.authority.grants
        if grant.verdict is Verdict.GRANTED
        for operation in grant.operations
        if grant.resources is None or any(shared.database in each for each in grant.resources)
    }
    assert {catalogue[each].traits.effect.value for each in of_the_database} == {"read"}


def test_truncating_is_neither_deleting_nor_dropping(shared: World, tmp_path):
    role = shared.role("truncator")
    shared.run("GRANT USAGE ON SCHEMA app TO {role}", "GRANT TRUNCATE ON app.orders TO {role}", role=role)
    assert granted(interrogate(shared.held(role), tmp_path)) == {"TRUNCATE"}


def test_a_member_of_pg_execute_server_program_runs_programs(shared: World, tmp_path):
    role = shared.role("programmer")
    shared.run("GRANT pg_execute_server_program TO {role}", role=role)
    assert granted(interrogate(shared.held(role), tmp_path)) == {"COPY TO PROGRAM", "SET ROLE"}


def test_a_member_that_does_not_inherit_may_what_it_can_become(shared: World, tmp_path):
    owner, member = shared.role("group"), shared.role("member", "NOINHERIT")
    shared.run(
        "CREATE SCHEMA team AUTHORIZATION {owner}",
        "SET ROLE {owner}",
        "CREATE TABLE team.things (id int)",
        "RESET ROLE",
        "GRANT {owner} TO {member}",
        owner=owner,
        member=member,
    )
    asking = interrogate(shared.held(member), tmp_path)
    assert granted(asking) == {
        "SELECT", "INSERT", "DELETE", "TRUNCATE", "DROP TABLE", "DROP SCHEMA", "SET ROLE"
    }  # fmt: skip
    assert dict(asking.authority.facts)["can become"] == owner


def test_row_security_is_bypassed_by_attribute(shared: World, tmp_path):
    bypassing, ordinary = shared.role("bypassing", "BYPASSRLS"), shared.role("ordinary")
    for role in (bypassing, ordinary):
        shared.run("GRANT USAGE ON SCHEMA app TO {role}", "GRANT SELECT ON app.secured TO {role}", role=role)
    table = f"table/{shared.database}.app.secured"
    asking = interrogate(shared.held(bypassing), tmp_path)
    assert granted(asking) == {"SELECT", "BYPASS ROW SECURITY"}
    assert asking.is_granted("BYPASS ROW SECURITY (this table)", table)
    other = interrogate(shared.held(ordinary), tmp_path)
    assert granted(other) == {"SELECT"}
    assert ("row security", "applied") in {each.id: each for each in other.authority.resources}[table].details


def test_a_role_with_createrole_creates_roles(shared: World, tmp_path):
    assert granted(interrogate(shared.held(shared.role("creator", "CREATEROLE")), tmp_path)) == {
        "CREATE ROLE"
    }


def test_columns_that_may_be_updated_are_named(shared: World, tmp_path):
    role = shared.role("columnist")
    shared.run(
        "GRANT USAGE ON SCHEMA app TO {role}", "GRANT UPDATE (label) ON app.orders TO {role}", role=role
    )
    asking = interrogate(shared.held(role), tmp_path)
    table = f"table/{shared.database}.app.orders"
    details = dict({each.id: each for each in asking.authority.resources}[table].details)
    assert details["columns it may update"] == "label"
    assert details["rows"] == "about 1000"
    assert asking.verdicts("UPDATE", "UPDATE (single columns)") == {
        "UPDATE": "denied",
        "UPDATE (single columns)": "granted",
    }


def test_resources_live_in_one_another(shared: World, tmp_path):
    role = shared.role("looker")
    shared.run("GRANT USAGE ON SCHEMA app TO {role}", "GRANT SELECT ON app.orders TO {role}", role=role)
    resources = {each.id: each for each in interrogate(shared.held(role), tmp_path).authority.resources}
    line, following = [], f"table/{shared.database}.app.orders"
    while following is not None:
        line.append(following)
        following = resources[following].parent
    assert line == [
        f"table/{shared.database}.app.orders",
        f"schema/{shared.database}.app",
        f"database/{shared.database}",
        f"cluster/{HOST}:{shared.server.port}",
    ]


def test_other_databases_of_the_server_are_asked_as_well(shared: World, tmp_path):
    role, other = shared.role("elsewhere"), shared.extra("other")
    shared.run("CREATE SCHEMA there AUTHORIZATION {role}", database=other, role=role)
    shared.run("CREATE TABLE there.things (id int)", database=other)
    asking = interrogate(shared.held(role), tmp_path)
    assert asking.is_granted("DROP TABLE", f"table/{other}.there.things")
    assert not asking.is_granted("DROP TABLE", f"table/{shared.database}.app.orders")


def test_a_question_that_fails_leaves_its_own_operations_unknown(shared: World, tmp_path, monkeypatch):
    role = shared.role("half")
    real = Session.ask

    def failing(self: Session, statement: str, *arguments, **options):
        return (
            Refused("57014")
            if "pg_relation_is_updatable" in statement
            else real(self, statement, *arguments, **options)
        )

    monkeypatch.setattr(Session, "ask", failing)
    asking = interrogate(shared.held(role), tmp_path)
    assert asking.verdicts("DROP TABLE", "nextval", "DROP DATABASE", "ALTER SYSTEM", "CREATE ROLE") == {
        "DROP TABLE": "unknown",
        "nextval": "unknown",
        "DROP DATABASE": "denied",
        "ALTER SYSTEM": "denied",
        "CREATE ROLE": "denied",
    }
    assert {why for _, why in asking.learnt.gaps} == {"the statement took longer than 5 seconds"}


def test_a_database_that_is_gone_when_it_is_asked_is_no_gap(shared: World, tmp_path, monkeypatch):
    role, other = shared.role("late"), shared.extra("gone")
    real = Session.ask

    def dropping(self: Session, statement: str, *arguments, **options):
        if "pg_database_size" in statement:
            return real(self, statement, *arguments, **options)
        found = real(self, statement, *arguments, **options)
        if "datistemplate" in statement:
            with shared.server.connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(other)))
        return found

    monkeypatch.setattr(Session, "ask", dropping)
    asking = interrogate(shared.held(role), tmp_path)
    assert asking.learnt.gaps == []
    assert asking.verdicts("DROP TABLE") == {"DROP TABLE": "denied"}


def test_a_managed_platform_s_role_leaves_unknown_what_the_platform_may_add(tmp_path):
    with world(private_server()) as made:
        made.run("CREATE ROLE rds_superuser")
        role = made.role("manager")
        made.run("GRANT rds_superuser TO {role}", role=role)
        try:
            asking = interrogate(made.held(role), tmp_path)
        finally:
            made.run("REVOKE rds_superuser FROM {role}", "DROP ROLE rds_superuser", role=role)
    assert asking.verdicts("CREATE EXTENSION", "CREATE EVENT TRIGGER", "ALTER SYSTEM", "COPY TO PROGRAM") == {
        "CREATE EXTENSION": "unknown",
        "CREATE EVENT TRIGGER": "unknown",
        "ALTER SYSTEM": "denied",
        "COPY TO PROGRAM": "denied",
    }


def test_names_that_mean_harm_are_only_names(shared: World, tmp_path):
    role = shared.role("we\"ird'; DROP TABLE x -- \n ünïcode")
    schema, table = "s'ch\"ema\n\x1b[31m", "t;a/b.le' -- ☃"
    shared.run(
        "CREATE SCHEMA {schema} AUTHORIZATION {role}",
        "SET ROLE {role}",
        "CREATE TABLE {schema}.{table} (id int)",
        schema=schema,
        table=table,
        role=role,
    )
    asking = interrogate(shared.held(role), tmp_path)
    assert asking.authority.account == role
    assert asking.is_granted("DROP TABLE", f"table/{shared.database}.{schema}.{table}")


def test_a_database_with_a_name_that_means_harm_is_asked(shared: World, tmp_path):
    name = "d' options='-c x=y' \" \\ ☃"
    role, real = shared.role("named"), shared.extra(name)
    asking = interrogate(shared.held(role, database=real), tmp_path)
    assert asking.learnt.facts["here"] == real
    assert asking.learnt.gaps == []


def test_many_tables_are_told_by_what_differs(tmp_path):
    with world(private_server()) as made:
        role = made.role("many")
        made.run(
            "CREATE SCHEMA app",
            "GRANT USAGE ON SCHEMA app TO {role}",
            "SELECT count(*) FROM (SELECT 1) AS nothing",
            role=role,
        )
        with made.server.connect(made.database) as connection:
            for start in range(0, 5200, 400):
                names = [f"t{number}" for number in range(start, start + 400)]
                connection.execute("; ".join(f"CREATE TABLE app.{name} ()" for name in names))
            connection.execute(
                sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA app TO {}").format(sql.Identifier(role))
            )
            connection.execute(sql.SQL("GRANT DELETE ON app.t5199 TO {}").format(sql.Identifier(role)))
        asking = interrogate(made.held(role), tmp_path)
    tables = [each for each in asking.authority.resources if each.type == "table"]
    assert len(tables) == 5000
    assert asking.is_granted("DELETE", f"table/{made.database}.app.t5199")
    assert asking.verdicts("TRUNCATE") == {"TRUNCATE": "denied"}
    assert [what for what, _ in asking.learnt.gaps] == ["the names of all tables, views and sequences"]


# Logins that fail


def test_a_wrong_password_is_a_revoked_credential(tmp_path):
    with world(private_server()) as made:
        role = made.role("known")
        credential = held(WRONG, host=HOST, port=str(made.server.port), user=role, database=made.database)
        asking = interrogate(credential, tmp_path)
        assert asking.authority.state is State.REVOKED
        assert asking.verdicts("SELECT", "DROP DATABASE") == {"SELECT": "denied", "DROP DATABASE": "denied"}
        assert [each.body for _, each in asking.exchanges] == [{"code": "28P01"}]


def test_a_role_that_may_not_log_in_is_a_revoked_credential(tmp_path):
    with world(private_server()) as made:
        role = made.role("barred")
        made.run("ALTER ROLE {role} NOLOGIN", role=role)
        assert interrogate(made.held(role), tmp_path).authority.state is State.REVOKED


def test_a_missing_database_leaves_what_it_may_do_unknown(tmp_path):
    with world(private_server()) as made:
        asking = interrogate(made.held(made.role("lost"), database="no such database"), tmp_path)
    assert asking.exchanges[0][1] == Answer(status=404, body={"code": "3D000"})
    assert asking.authority.state is State.ACTIVE
    assert asking.verdicts("DROP DATABASE") == {"DROP DATABASE": "unknown"}
    assert [why for _, why in asking.learnt.gaps] == [
        "the login is right, but there is no database of that name"
    ]


def test_a_database_that_may_not_be_entered_leaves_the_rest_unknown(tmp_path):
    with world(private_server()) as made:
        role = made.role("outside")
        made.run("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
        asking = interrogate(made.held(role), tmp_path)
    assert asking.exchanges[0][1] == Answer(status=403, body={"code": "42501"})
    assert asking.verdicts("SELECT") == {"SELECT": "unknown"}


def test_nobody_listening_is_a_gap(tmp_path):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        credential = held(PASSWORD, host=HOST, port=str(taken.getsockname()[1]), user="a", database="b")
        assert answer(credential, SETTINGS, tmp_path) == Answer(failure="no connection could be made")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"host": ""}, "it names no host: a socket of the machine it was made for is not asked"),
        (
            {"host": "/var/run/postgresql"},
            "it names no host: a socket of the machine it was made for is not asked",
        ),
        ({"host": "@abstract"}, "it names no host: a socket of the machine it was made for is not asked"),
        ({"user": ""}, "it names no user"),
        ({"port": "0"}, "its port is no number of a port"),
        ({"port": "99999"}, "its port is no number of a port"),
        ({"port": "５４３２"}, "its port is no number of a port"),
        ({"host": "*"}, "it holds for any server: there is none to ask"),
        ({"user": "a\0b"}, "it holds characters that cannot be sent to a database"),
        ({"user": "a\udc80b"}, "it holds characters that cannot be sent to a database"),
        ({"params": "sslmode=maybe"}, "its sslmode is none that PostgreSQL knows"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_login_that_is_none_is_a_gap(parts: dict[str, str], why: str):
    base = {"host": HOST, "port": "5432", "user": "app", "database": "orders"}
    assert read_login(held(PASSWORD, **(base | parts))) == why


def test_a_login_without_a_database_is_to_the_one_of_its_user():
    login = read_login(held(PASSWORD, host="db.example.org", user="app"))
    assert not isinstance(login, str)
    assert (login.port, login.database) == (5432, "app")


def test_the_first_of_several_hosts_is_asked():
    login = read_login(held(PASSWORD, host="a.example.org,b.example.org", port="5433,5434", user="app"))
    assert not isinstance(login, str)
    assert (login.host, login.port) == ("a.example.org", 5433)


def test_what_a_keyword_string_says_after_the_password_counts():
    login = read_login(
        held(PASSWORD, host="db.example.org", params=" user=app dbname=orders port=6432 host=evil")
    )
    assert not isinstance(login, str)
    assert (login.host, login.port, login.user, login.database) == ("db.example.org", 6432, "app", "orders")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('password authentication failed for user "app"', Answer(status=401, body={"code": "28P01"})),
        ("password authentication failed for user 'app'", Answer(status=401, body={"code": "28P01"})),
        ('role "app" does not exist', Answer(status=401, body={"code": "28000"})),
        ('database "orders" does not exist', Answer(status=404, body={"code": "3D000"})),
        (
            'password authentication failed for user "app"\n'
            'connection to server at "h", port 1 failed: FATAL:  no pg_hba.conf entry for host "h"',
            Answer(status=401, body={"code": "28P01"}),
        ),
        (
            'no pg_hba.conf entry for host "h", user "app", database "orders", no encryption',
            Answer(failure="the server lets it in from other addresses only"),
        ),
        ("sorry, too many clients already", Answer(failure="the server has no connection left")),
        (
            "Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen",
            Answer(failure="the server refused the connection for a reason that is not understood"),
        ),
        (
            f'role "x" does not exist {PASSWORD}',
            Answer(failure="the server refused the connection for a reason that is not understood"),
        ),
    ],
)
def test_a_refused_login_means_only_what_is_certain(message: str, expected: Answer):
    login = read_login(held(PASSWORD, host="h", user="app", database="orders"))
    assert not isinstance(login, str)
    said = f'connection failed: connection to server at "h", port 1 failed: FATAL:  {message}'
    assert of_connection(said, login) == expected


# Nothing is changed


def test_every_statement_stands_in_a_read_only_transaction_with_limits(shared: World, tmp_path):
    role = shared.role("limited")
    found = answer(shared.held(role), SETTINGS, tmp_path)
    assert found.body == [
        {
            "read_only": "on",
            "path": "pg_catalog, pg_temp",
            "timeout": "5s",
            "name": "scopeaudit",
            "default_read_only": "on",
            "login": role,
            "database": shared.database,
        }
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO app.orders VALUES (-1, 'x')",
        "DROP TABLE app.orders",
        "TRUNCATE app.orders",
        "WITH gone AS (DELETE FROM app.orders RETURNING 1) SELECT * FROM gone",
        "CREATE ROLE sa_never",
        "GRANT SELECT ON app.orders TO PUBLIC",
        "SELECT nextval('app.counter')",
    ],
)
def test_the_server_itself_refuses_a_change_on_our_connection(shared: World, statement: str):
    shared.run("CREATE SEQUENCE IF NOT EXISTS app.counter")
    opened = session(shared, shared.role(f"s{len(shared.roles)}", "SUPERUSER"))
    try:
        assert opened.ask(statement, None, seconds=5) == Refused("25006")
        assert opened.ask("SELECT count(*) AS n FROM app.orders", None, seconds=5) == Rows([{"n": 1000}])
    finally:
        opened.close()


def test_what_a_read_only_transaction_lets_through_is_rolled_back(shared: World):
    opened = session(shared, shared.role("rolling", "SUPERUSER"))
    # Before PostgreSQL 16 large objects could be made in a read-only transaction.
    opened.ask("SELECT lo_create(77002)", None, seconds=5)
    found = opened.ask("SELECT count(*) AS n FROM pg_largeobject_metadata", None, seconds=5)
    opened.close()
    assert found == Rows([{"n": 0}])


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO app.orders VALUES (-1, 'x')", "SELECT 1; DROP TABLE app.orders", "VACUUM", "SET ROLE x"],
)
def test_a_statement_that_does_not_read_is_not_sent(shared: World, tmp_path, statement: str):
    failure = answer(shared.held(shared.role(f"r{len(shared.roles)}")), statement, tmp_path).failure
    assert failure == "refused: the statement does more than read"


def test_several_statements_in_one_are_refused_by_the_server_too(shared: World):
    opened = session(shared, shared.role("several", "SUPERUSER"))
    assert opened.ask("SELECT 1; COMMIT; DROP TABLE app.orders", None, seconds=5) == Refused("42601")
    opened.close()


def test_asking_changes_nothing(tmp_path):
    with world(private_server()) as made:
        made.run("CREATE TABLE public.things AS SELECT n FROM generate_series(1, 10) AS n", "CHECKPOINT")
        roles = [made.role("super", "SUPERUSER"), made.role("plain")]
        before = _catalogues(made)
        for role in roles:
            assert interrogate(made.held(role), tmp_path).learnt.gaps == []
        assert _catalogues(made) == before


def _catalogues(made: World) -> list[object]:
    tables = ("pg_class", "pg_proc", "pg_namespace", "pg_database", "pg_authid", "pg_auth_members",
              "pg_default_acl", "pg_attribute", "pg_db_role_setting", "pg_largeobject_metadata",
              "pg_replication_slots")  # fmt: skip
    with made.server.connect(made.database) as connection:
        rows = [
            connection.execute(
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} AS t"
            ).fetchone()  # type: ignore[arg-type]
            for table in (*tables, "public.things")
        ]
        return [*rows, connection.execute("SELECT * FROM pg_ls_dir('base') ORDER BY 1").fetchall()]


# Bounds


def test_a_statement_has_five_seconds(shared: World):
    opened = session(shared, shared.role("slow"))
    began = time.monotonic()
    assert opened.ask("SELECT pg_sleep(60)", None, seconds=20) == Refused("57014")
    assert time.monotonic() - began < 8
    opened.close()


def test_an_answer_has_as_long_as_it_is_given(shared: World):
    opened = session(shared, shared.role("impatient"))
    assert opened.ask("SELECT pg_sleep(4)", None, seconds=0.3) == Lost("no answer in time")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("SELECT generate_series(1, 100000000) AS n", "the answer has more than 10000 rows"),
        (
            "SELECT repeat('x', 1000) AS t FROM generate_series(1, 9000)",
            "the answer is larger than 5000000 bytes",
        ),
        ("SELECT repeat('x', 60000000) AS t", "the answer is larger than 5000000 bytes"),
        ("SELECT to_json(repeat('[', 200) || repeat(']', 200))", None),
        ("SELECT (repeat('[', 200) || repeat(']', 200))::json", "the answer is nested too deeply"),
    ],
    ids=["rows", "many bytes", "one value", "text", "nesting"],
)
def test_an_answer_without_end_is_cut_off(shared: World, statement: str, why: str | None):
    opened = session(shared, shared.role(f"huge{len(shared.roles)}"))
    began = time.monotonic()
    found = opened.ask(statement, None, seconds=10)
    assert time.monotonic() - began < 10
    assert isinstance(found, Rows) if why is None else found == Lost(why)
    opened.close()


def test_one_connection_serves_all_questions_of_a_database(shared: World, tmp_path):
    role = shared.role("once")
    providers, request = asked("SELECT pg_backend_pid() AS process")
    sender = transport(tmp_path, replace(RULES, providers=providers))
    credential = shared.held(role)
    pids = {str(sender.send(request, credential).body) for _ in range(3)}
    sender.close()
    assert len(pids) == 1
    with shared.server.connect() as connection:
        for _ in range(50):
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", (role,)
            ).fetchone()
            if row == (0,):
                break
            time.sleep(0.1)
    assert row == (0,)


def test_a_connection_that_was_closed_under_us_is_made_anew(shared: World, tmp_path):
    role = shared.role("again")
    providers, request = asked("SELECT 1 AS one")
    sender = transport(tmp_path, replace(RULES, providers=providers))
    credential = shared.held(role)
    assert sender.send(request, credential).body == [{"one": 1}]
    with shared.server.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (role,)
        )
    time.sleep(0.2)
    assert sender.send(request, credential).body == [{"one": 1}]
    sender.close()


# Servers that mean harm


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


_WELCOME = (
    _message(b"R", struct.pack("!i", 0)) + _message(b"S", b"client_encoding\0UTF8\0") + _message(b"Z", b"I")
)
_DONE = _message(b"C", b"BEGIN\0") + _message(b"Z", b"T")
_COLUMN = _message(b"T", struct.pack("!h", 1) + b"x\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0))


@contextlib.contextmanager
def hostile(act: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose every connection is served by a function of the test; its port."""
    with socket.create_server((HOST, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=run, args=(connection,), daemon=True).start()

        def run(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                act(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def _greet(connection: socket.socket) -> None:
    while connection.recv(4096)[4:8] in (struct.pack("!i", 80877103), struct.pack("!i", 80877104)):
        connection.sendall(b"N")
    connection.sendall(_WELCOME)
    connection.recv(4096)
    connection.sendall(_DONE)
    connection.recv(4096)


def _silent(connection: socket.socket) -> None:
    connection.recv(4096)
    time.sleep(30)


def _garbage(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 1000)


def _mute_later(connection: socket.socket) -> None:
    _greet(connection)
    time.sleep(30)


def _endless_rows(connection: socket.socket) -> None:
    _greet(connection)
    connection.sendall(_message(b"1", b"") + _message(b"2", b"") + _COLUMN)
    row = _message(b"D", struct.pack("!hi", 1, 1000) + b"x" * 1000)
    while True:
        connection.sendall(row * 100)


def _endless_value(connection: socket.socket) -> None:
    _greet(connection)
    connection.sendall(_message(b"1", b"") + _message(b"2", b"") + _COLUMN)
    size = 1_900_000_000
    connection.sendall(b"D" + struct.pack("!ihi", size + 10, 1, size))
    while True:
        connection.sendall(b"x" * 1_000_000)


def _endless_notices(connection: socket.socket) -> None:
    _greet(connection)
    while True:
        connection.sendall(_message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 1000 + b"\0\0") * 100)


def _wrong_types(connection: socket.socket) -> None:
    _greet(connection)
    column = _message(b"T", struct.pack("!h", 1) + b"x\0" + struct.pack("!ihihih", 0, 0, 23, 4, -1, 0))
    row = _message(b"D", struct.pack("!hi", 1, 3) + b"abc")
    connection.sendall(_message(b"1", b"") + _message(b"2", b"") + column + row + _DONE)
    time.sleep(5)


def _asks_in_the_clear(connection: socket.socket) -> None:
    while connection.recv(4096)[4:8] in (struct.pack("!i", 80877103), struct.pack("!i", 80877104)):
        connection.sendall(b"N")
    connection.sendall(_message(b"R", struct.pack("!i", 3)))
    time.sleep(5)


@pytest.mark.parametrize(
    ("act", "whys"),
    [
        (_silent, {"no connection could be made"}),
        (_garbage, {"the server refused the connection for a reason that is not understood"}),
        (_mute_later, {"no answer in time"}),
        (_endless_rows, {"the answer is larger than 5000000 bytes", "the answer has more than 10000 rows"}),
        (_endless_value, {"the answer is larger than 5000000 bytes"}),
        (_endless_notices, {"the answer is larger than 5000000 bytes"}),
        (_wrong_types, {"the server does not answer as PostgreSQL does"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_server_that_means_harm_costs_a_gap(act: Callable[[socket.socket], None], whys: set[str], tmp_path):
    with hostile(act) as port:
        credential = held(PASSWORD, host=HOST, port=str(port), user="app", database="orders")
        began = time.monotonic()
        found = answer(credential, SETTINGS, tmp_path, timeouts=Timeouts(connect=2.0, read=2.0))
    assert found.failure in whys
    assert time.monotonic() - began < 15


def test_an_echo_of_the_password_is_no_longer_one(shared: World):
    role = shared.role("echo")
    login = read_login(shared.held(role))
    assert not isinstance(login, str)
    opened = session(shared, role)
    found = opened.ask(
        f"SELECT 'is {PASSWORD}' AS t, to_json('{PASSWORD}'::text) AS j", login.hidden, seconds=5
    )
    assert found == Rows([{"t": "is …", "j": "…"}])
    opened.close()


# Strings that mean harm


HARM = (
    "options=-c default_transaction_read_only=off -c role=postgres&sslrootcert=/etc/passwd&passfile=/etc/passwd&"
    "sslcert=/etc/shadow&sslkey=/etc/shadow&service=evil&host=evil.example&hostaddr=192.0.2.1&port=1&"
    "user=postgres&password=other&dbname=template1&target_session_attrs=read-write&requirepeer=root&krbsrvname=evil&"
    "load_balance_hosts=random&require_auth=password&gssencmode=require&connect_timeout=1000000&application_name=evil"
)


def test_parameters_of_a_string_change_nothing(shared: World, tmp_path):
    role = shared.role("parameters")
    plain = answer(shared.held(role), SETTINGS, tmp_path)
    assert plain.status == 200
    assert answer(shared.held(role, params=HARM), SETTINGS, tmp_path) == plain
    login = read_login(shared.held(role))
    assert read_login(shared.held(role, params=HARM)) == login


def test_a_string_can_only_ask_for_more_strictness():
    strict = read_login(
        held(PASSWORD, host=HOST, user="app", params="channel_binding=require&sslmode=verify-ca")
    )
    loose = read_login(held(PASSWORD, host=HOST, user="app", params="channel_binding=disable"))
    assert not isinstance(strict, str)
    assert not isinstance(loose, str)
    assert (strict.tls, strict.binding, loose.tls, loose.binding) == (
        "verify-full",
        "require",
        None,
        "prefer",
    )


@pytest.mark.parametrize(
    ("params", "address", "mode", "methods"),
    [
        ("", "127.0.0.1", "prefer", "scram-sha-256,md5,none,password"),
        ("", "10.0.0.5", "prefer", "scram-sha-256,md5,none"),
        ("", "8.8.8.8", "require", "scram-sha-256,md5,none"),
        ("sslmode=prefer", "8.8.8.8", "require", "scram-sha-256,md5,none"),
        ("sslmode=allow", "2606:4700::1111", "require", "scram-sha-256,md5,none"),
        ("sslmode=disable", "8.8.8.8", "disable", "scram-sha-256,md5,none"),
        ("sslmode=require", "127.0.0.1", "require", "scram-sha-256,md5,none,password"),
        ("sslmode=no-verify", "8.8.8.8", "require", "scram-sha-256,md5,none"),
        ("sslmode=verify-full", "8.8.8.8", "verify-full", "scram-sha-256,md5,none,password"),
        ("ssl=true", "10.0.0.5", "verify-full", "scram-sha-256,md5,none,password"),
    ],
)
def test_a_password_in_clear_text_goes_to_a_verified_server_only(params, address, mode, methods):
    login = read_login(held(PASSWORD, host="db.example.org", user="app", params=params))
    assert not isinstance(login, str)
    settings = conninfo(login, address, known_parameters(), options=True, seconds=5)
    assert not isinstance(settings, str)
    assert (settings["sslmode"], settings["require_auth"]) == (mode, methods)


def test_a_libpq_that_cannot_refuse_clear_text_is_not_used_abroad():
    login = read_login(held(PASSWORD, host="db.example.org", user="app"))
    assert not isinstance(login, str)
    old = [each for each in known_parameters() if each[0] != "require_auth"]
    assert conninfo(login, "8.8.8.8", old, options=True, seconds=5) == (
        "libpq is older than 16: it would send a password in clear text to whoever asks"
    )
    assert isinstance(conninfo(login, "127.0.0.1", old, options=True, seconds=5), dict)


def test_a_server_without_tls_is_not_asked_where_the_string_wants_it(shared: World, tmp_path):
    with world(private_server()) as made:
        credential = made.held(made.role("encrypted"), params="sslmode=require")
        assert answer(credential, SETTINGS, tmp_path) == Answer(
            failure="the server offers no TLS: beyond private networks nothing less is used"
        )


def test_libpq_is_told_everything_its_environment_could_say():
    login = read_login(held(PASSWORD, host="db.example.org", user="app"))
    assert not isinstance(login, str)
    settings = conninfo(login, "8.8.8.8", known_parameters(), options=True, seconds=5)
    assert not isinstance(settings, str)
    silent = {name for name, variable, _ in known_parameters() if variable is not None} - set(settings)
    assert silent == {"service"}


def test_the_user_s_own_environment_and_files_have_no_say(tmp_path, monkeypatch):
    with world(private_server()) as made:
        role = made.role("own")
        home = tmp_path / "home"
        home.mkdir()
        (home / ".pgpass").write_text(f"*:*:*:*:{PASSWORD}\n", encoding="utf-8")
        (home / ".pgpass").chmod(0o600)
        (home / ".pg_service.conf").write_text(
            "[mine]\nhost=192.0.2.1\nhostaddr=192.0.2.1\nport=1\nuser=postgres\npassword=other\ndbname=template1\n"
            "options=-c default_transaction_read_only=off\n",
            encoding="utf-8",
        )
        (home / ".postgresql").mkdir()
        for name in ("root.crt", "postgresql.crt", "postgresql.key", "root.crl"):
            (home / ".postgresql" / name).write_text("no certificate", encoding="utf-8")
        evil = {
            "HOME": str(home), "PGHOST": "192.0.2.1", "PGHOSTADDR": "192.0.2.1", "PGPORT": "1",
            "PGUSER": "postgres", "PGPASSWORD": PASSWORD, "PGDATABASE": "template1", "PGSERVICE": "mine",
            "PGPASSFILE": str(home / ".pgpass"), "PGSSLMODE": "verify-full", "PGREQUIREAUTH": "none",
            "PGOPTIONS": "-c default_transaction_read_only=off", "PGAPPNAME": "evil", "PGCONNECT_TIMEOUT": "1",
            "PGSSLROOTCERT": str(home / ".postgresql/root.crt"),
            "PGTARGETSESSIONATTRS": "standby", "PGCHANNELBINDING": "require", "PGGSSENCMODE": "require",
            "PGCLIENTENCODING": "LATIN1", "PGMINPROTOCOLVERSION": "3.2",
        }  # fmt: skip
        for name, value in evil.items():
            monkeypatch.setenv(name, value)
        found = answer(made.held(role), SETTINGS, tmp_path / "a")
        assert found.body == [
            {
                "read_only": "on",
                "path": "pg_catalog, pg_temp",
                "timeout": "5s",
                "name": "scopeaudit",
                "default_read_only": "on",
                "login": role,
                "database": made.database,
            }
        ]
        wrong = held(WRONG, host=HOST, port=str(made.server.port), user=role, database=made.database)
        assert answer(wrong, SETTINGS, tmp_path / "b") == Answer(status=401, body={"code": "28P01"})


def test_a_host_that_may_not_be_asked_is_not_connected_to(tmp_path):
    credential = held(PASSWORD, host="169.254.169.254", user="app")
    found = answer(credential, SETTINGS, tmp_path)
    assert found == Answer(failure="refused: 169.254.169.254 is a link-local address: never asked")
    private = held(PASSWORD, host="10.9.8.7", user="app")
    assert "private address" in (answer(private, SETTINGS, tmp_path).failure or "")


def test_the_address_that_was_judged_is_the_one_connected_to(shared: World, tmp_path):
    role, resolved = shared.role("resolved"), []

    def resolver(host: str, port: int, seconds: float) -> list[str]:
        resolved.append(host)
        return [HOST] if len(resolved) == 1 else ["192.0.2.1"]

    credential = shared.held(role, host="db.example.org")
    providers, request = asked("SELECT 1 AS one")
    sender = transport(tmp_path, replace(RULES, providers=providers), resolver=resolver)
    request = replace(request, host="db.example.org")
    assert [sender.send(request, credential).body for _ in range(2)] == [[{"one": 1}]] * 2
    sender.close()
    assert resolved == ["db.example.org"]


def test_a_pooler_that_takes_no_options_is_asked_without(tmp_path):
    startups: list[bytes] = []

    def pooler(connection: socket.socket) -> None:
        while (startup := connection.recv(4096))[4:8] in (
            struct.pack("!i", 80877103),
            struct.pack("!i", 80877104),
        ):
            connection.sendall(b"N")
        startups.append(startup)
        if b"options\0" in startup:
            text = b"SFATAL\0C08P01\0Munsupported startup parameter in options: statement_timeout\0\0"
            connection.sendall(_message(b"E", text))
            return
        connection.sendall(_WELCOME)
        begun = connection.recv(4096)
        assert b"BEGIN TRANSACTION READ ONLY; SET LOCAL search_path" in begun
        connection.sendall(_DONE)
        connection.recv(4096)
        row = _message(b"D", struct.pack("!hi", 1, 2) + b"ok")
        connection.sendall(_message(b"1", b"") + _message(b"2", b"") + _COLUMN + row + _DONE)
        connection.recv(4096)
        connection.sendall(_message(b"C", b"ROLLBACK\0") + _message(b"Z", b"I"))

    with hostile(pooler) as port:
        credential = held(PASSWORD, host=HOST, port=str(port), user="app", database="orders")
        assert answer(credential, SETTINGS, tmp_path) == Answer(status=200, body=[{"x": "ok"}])
    assert [b"options\0" in each for each in startups] == [True, False]


# Secrecy


def test_the_password_is_nowhere_but_on_the_wire(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    with world(private_server()) as made, hostile(_asks_in_the_clear) as port, hostile(_garbage) as other:
        role = made.role("quiet")
        for secret, options in (
            (PASSWORD, {}),
            (WRONG, {}),
            (PASSWORD, {"database": "nowhere"}),
            (PASSWORD, {"port": str(port)}),
            (PASSWORD, {"port": str(other)}),
            (PASSWORD, {"params": "sslmode=verify-full"}),
            (PASSWORD, {"port": "1"}),
        ):
            parts = {"host": HOST, "port": str(made.server.port), "user": role, "database": made.database}
            asking = interrogate(
                held(secret, **(parts | options)), tmp_path, timeouts=Timeouts(connect=2.0, read=2.0)
            )
            texts += [repr(asking.learnt), repr(asking.authority), repr(asking.exchanges)]
    texts += [caplog.text, *capfd.readouterr()]
    texts += [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(texts) > 20
    for secret in (PASSWORD, WRONG):
        assert not any(secret in text for text in texts)
        assert not any(repr(secret)[1:-1] in text for text in texts)


def test_what_was_sent_stands_in_the_trail(shared: World, tmp_path):
    interrogate(shared.held(shared.role("trailed")), tmp_path)
    lines = (tmp_path / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    assert '"question": "identity", "method": "SQL", "host": "127.0.0.1:' in lines[0]
    assert len(lines) >= 7


def test_a_credential_of_another_provider_is_not_sent(tmp_path):
    providers, request = asked("SELECT 1 AS one")
    sender = transport(tmp_path, replace(RULES, providers=providers))
    stranger = held(PASSWORD, host=HOST, user="app")
    other = replace(stranger, credential=replace(stranger.credential, provider="github"))
    assert sender.send(request, other) == Answer(
        failure="refused: a credential goes to its own provider only"
    )
    elsewhere = replace(request, host="evil.example")
    assert sender.send(elsewhere, stranger) == Answer(failure="refused: not the credential's own host")


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("identity", (("database", "other"),)),
        ("schemas", ()),
        ("schemas", (("host", "evil.example"),)),
        ("schemas", (("database", "other"), ("host", "evil.example"))),
    ],
)
def test_a_statement_takes_no_parameter_but_the_database(tmp_path, question: str, query):
    statement = next(each.sql for each in PROVIDER.questions if each.id == question)
    sender = transport(tmp_path)
    request = Request(
        provider="postgresql",
        question=question,
        scheme=Scheme.POSTGRESQL,
        method="SQL",
        host=HOST,
        path=statement or "",
        query=query,
    )
    found = sender.send(request, held(PASSWORD, host=HOST, user="app"))
    assert found == Answer(failure="refused: a statement has no parameter but the database it is put to")


def test_parameters_of_a_string_are_not_shown():
    hidden = {each.name for kind in PROVIDER.kinds for each in kind.companions if not each.show}
    assert hidden == {"params"}


def test_no_statement_of_the_provider_file_is_refused_by_the_guard(shared: World, tmp_path):
    asking = interrogate(shared.held(shared.role("guarded", "SUPERUSER")), tmp_path)
    assert {request.question for request, _ in asking.exchanges} >= {
        "identity", "sizes", "databases", "schemas", "relations", "objects", "server"
    }  # fmt: skip
    assert [each.failure for _, each in asking.exchanges if each.failure] == []
