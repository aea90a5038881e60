"""What is concluded is what happens: every verdict is compared with really trying it, role by role.

Each statement is put to the server as the role itself and, where the role can become others, as each of
them; the transaction is rolled back. It is possible unless the server refuses it for want of privileges.
"""

from collections.abc import Iterator

import psycopg
import pytest
from postgresql_world import PASSWORD, World, interrogate, world
from psycopg import sql

from scopeaudit.model.authority import Verdict
from tests.postgres_server import private_server

REFUSED = frozenset({"42501", "25006", "22012"})
"""Insufficient privilege, read-only transaction, and the division by zero of what checks itself."""
_OR = " or else "
_MERGE = "MERGE INTO {} USING (SELECT 1) AS s ON"
TABLES = ("orders", "rows_hidden", "notes", "parts")


def _table_statements(table: str) -> dict[str, str]:
    name = f"app.{table}"
    return {
        "SELECT": f"SELECT * FROM {name}",
        "SELECT (single columns)": f"SELECT id FROM {name}",
        "SELECT FOR UPDATE": f"SELECT id FROM {name} FOR UPDATE",
        "INSERT": f"INSERT INTO {name} (id, label, amount) VALUES (900, 'x', 1)",
        "INSERT (single columns)": f"INSERT INTO {name} (id, label) VALUES (902, 'x')",
        "UPDATE": f"UPDATE {name} SET id = 1, label = 'x', amount = 1",
        "UPDATE (single columns)": f"UPDATE {name} SET label = 'x'",
        "DELETE": f"DELETE FROM {name}",
        "TRUNCATE": f"TRUNCATE {name}",
        "COPY TO STDOUT": f"COPY {name} TO STDOUT",
        "LOCK TABLE": f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE",
        "DROP TABLE": f"DROP TABLE {name} CASCADE",
        "ALTER TABLE": f"ALTER TABLE {name} ADD COLUMN more int",
        "ALTER TABLE (DROP COLUMN, ALTER TYPE)": f"ALTER TABLE {name} DROP COLUMN label CASCADE",
        "ALTER TABLE (ROW LEVEL SECURITY)": f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY": f"CREATE POLICY p ON {name} USING (true)",
        "CREATE INDEX": f"CREATE INDEX ON {name} (id)",
        "CREATE STATISTICS": f"CREATE STATISTICS app.stats_{table} ON id, amount FROM {name}",
        "CREATE TRIGGER": f"CREATE TRIGGER t BEFORE UPDATE ON {name} FOR EACH ROW "
        "EXECUTE PROCEDURE suppress_redundant_updates_trigger()",
        "CREATE RULE": f"CREATE RULE r AS ON DELETE TO {name} DO INSTEAD NOTHING",
        "MERGE": f"{_MERGE.format(name)} true WHEN MATCHED THEN UPDATE SET label = 'x'{_OR}"
        f"{_MERGE.format(name)} true WHEN MATCHED THEN DELETE{_OR}"
        f"{_MERGE.format(name)} false WHEN NOT MATCHED THEN INSERT (id, label) VALUES (7, 'x')",
        "GRANT (table)": f"GRANT SELECT ON {name} TO {{witness}}; "
        f"SELECT 1 / has_table_privilege('{{witness}}', '{name}', 'SELECT')::int",
        "COMMENT": f"COMMENT ON TABLE {name} IS 'x'",
        "CLUSTER": f"CLUSTER {name} USING {table}_pkey",
        "REINDEX TABLE": f"REINDEX TABLE {name}",
    }


STATEMENTS: dict[str, dict[str, str]] = {
    **{f"table/{{db}}.app.{table}": _table_statements(table) for table in TABLES},
    "view/{db}.app.orders_view": {
        "SELECT (view)": "SELECT * FROM app.orders_view",
        "INSERT (view)": "INSERT INTO app.orders_view (id, label, amount) VALUES (901, 'x', 1)",
        "UPDATE (view)": "UPDATE app.orders_view SET label = 'x'",
        "DELETE (view)": "DELETE FROM app.orders_view",
        "DROP VIEW": "DROP VIEW app.orders_view",
        "ALTER VIEW": "ALTER VIEW app.orders_view ALTER COLUMN id SET DEFAULT 1",
        "CREATE OR REPLACE VIEW": "CREATE OR REPLACE VIEW app.orders_view AS "
        "SELECT id, label, amount FROM (VALUES (1, 'x'::text, 1)) AS v (id, label, amount)",
    },
    "view/{db}.app.totals_view": {
        "SELECT (view)": "SELECT * FROM app.totals_view",
        "DROP VIEW": "DROP VIEW app.totals_view",
    },
    "materialized-view/{db}.app.totals": {
        "SELECT (materialized view)": "SELECT * FROM app.totals",
        "REFRESH MATERIALIZED VIEW": "REFRESH MATERIALIZED VIEW app.totals",
        "DROP MATERIALIZED VIEW": "DROP MATERIALIZED VIEW app.totals",
        "ALTER MATERIALIZED VIEW": "ALTER MATERIALIZED VIEW app.totals RENAME COLUMN sum TO total",
    },
    "sequence/{db}.app.counter": {
        "nextval": "SELECT nextval(oid::regclass) FROM pg_class WHERE relname = 'counter'",
        "setval": "SELECT setval(oid::regclass, 5) FROM pg_class WHERE relname = 'counter'",
        "SELECT (sequence)": "SELECT last_value FROM app.counter",
        "DROP SEQUENCE": "DROP SEQUENCE app.counter",
        "ALTER SEQUENCE": "ALTER SEQUENCE app.counter INCREMENT 2",
    },
    "schema/{db}.app": {
        "CREATE TABLE": "CREATE TABLE app.fresh (id int)",
        "CREATE VIEW": "CREATE VIEW app.fresh_view AS SELECT 1 AS one",
        "CREATE SEQUENCE": "CREATE SEQUENCE app.fresh_counter",
        "CREATE FUNCTION": "CREATE FUNCTION app.fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE": "CREATE TYPE app.fresh_type AS (a int)",
        "CREATE DOMAIN": "CREATE DOMAIN app.fresh_domain AS int",
        "CREATE AGGREGATE": "CREATE AGGREGATE app.fresh_sum (int) (sfunc = int4pl, stype = int)",
        "CREATE FUNCTION (C)": "CREATE FUNCTION app.fresh_c() RETURNS int LANGUAGE internal "
        "AS 'pg_backend_pid'",
        "DROP SCHEMA": "DROP SCHEMA app CASCADE",
        "ALTER SCHEMA": "ALTER SCHEMA app OWNER TO CURRENT_USER",
    },
    "database/{db}": {
        "CREATE SCHEMA": "CREATE SCHEMA fresh",
        "CREATE TEMPORARY TABLE": "CREATE TEMPORARY TABLE fresh (id int)",
        "CREATE PUBLICATION": "CREATE PUBLICATION fresh",
        "ALTER DATABASE": "ALTER DATABASE {quoted} CONNECTION LIMIT 50",
    },
    "function/{db}.app.elevated()": {"EXECUTE (SECURITY DEFINER function)": "SELECT app.elevated()"},
    "large-object/-": {
        "lo_get": "SELECT lo_get(77001)",
        "lo_put": "SELECT lo_put(77001, 0, 'x')",
        "lo_unlink": "SELECT lo_unlink(77001)",
    },
    "function/-": {
        "DROP FUNCTION": "DROP FUNCTION app.helper()",
        "ALTER FUNCTION": "ALTER FUNCTION app.helper() STABLE",
    },
    "type/-": {"DROP TYPE": "DROP TYPE app.mood", "ALTER TYPE": "ALTER TYPE app.mood RENAME TO temper"},
    "cluster/-": {
        "COPY TO PROGRAM": "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY TO file": "COPY (SELECT 1) TO '/dev/null'",
        "COPY FROM file": "CREATE TEMPORARY TABLE lines (line text); COPY lines FROM '/dev/null'",
        "COPY FROM PROGRAM": "CREATE TEMPORARY TABLE lines (line text); COPY lines FROM PROGRAM 'true'",
        "pg_read_file": "SELECT pg_read_file('PG_VERSION')",
        "pg_ls_dir": "SELECT pg_ls_dir('.')",
        "pg_stat_file": "SELECT pg_stat_file('PG_VERSION')",
        "lo_import": "SELECT lo_import('/dev/null')",
        "SELECT pg_authid": "SELECT rolname, rolpassword FROM pg_authid",
        "SELECT pg_statistic": "SELECT starelid FROM pg_statistic",
        "SELECT pg_largeobject": "SELECT loid FROM pg_largeobject",
        "SELECT pg_user_mapping": "SELECT umoptions FROM pg_user_mapping",
        "SELECT pg_subscription (connection)": "SELECT subconninfo FROM pg_subscription",
        "SELECT pg_hba_file_rules": "SELECT * FROM pg_hba_file_rules",
        "SELECT pg_file_settings": "SELECT * FROM pg_file_settings",
        "UPDATE (system catalogs)": "UPDATE pg_database SET datconnlimit = datconnlimit",
        "CHECKPOINT": "CHECKPOINT",
        "pg_reload_conf": "SELECT pg_reload_conf()",
        "pg_switch_wal": "SELECT pg_switch_wal()",
        "pg_create_restore_point": "SELECT pg_create_restore_point('x')",
        "pg_rotate_logfile": "SELECT pg_rotate_logfile()",
        "SHOW (restricted settings)": "SHOW config_file",
        "pg_create_logical_replication_slot": "SELECT pg_drop_replication_slot('no such slot')",
        "CREATE EXTENSION": "CREATE EXTENSION {extension}",
        "CREATE EVENT TRIGGER": "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE PROCEDURE app.on_change()",
        "CREATE PUBLICATION (ALL TABLES)": "CREATE PUBLICATION fresh FOR ALL TABLES",
        "CREATE FOREIGN DATA WRAPPER": "CREATE FOREIGN DATA WRAPPER fresh",
        "CREATE OPERATOR FAMILY": "CREATE OPERATOR FAMILY app.fresh USING btree",
        "CREATE TEXT SEARCH TEMPLATE": "CREATE TEXT SEARCH TEMPLATE app.fresh (lexize = dsimple_lexize)",
        "LOAD": "LOAD '$libdir/pgoutput'",
        "pg_cancel_backend": "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
        "WHERE usename = '{witness}'",
        "SET (superuser-only parameters)": "SET lc_messages = 'C'",
        "CREATE SUBSCRIPTION": "CREATE SUBSCRIPTION fresh CONNECTION 'host=127.0.0.1 password=x' "
        "PUBLICATION p WITH (connect = false)",
    },
    "role/-": {
        "CREATE ROLE": "CREATE ROLE sa_fresh",
        "CREATE ROLE (SUPERUSER)": "CREATE ROLE sa_fresh SUPERUSER",
        "CREATE ROLE (CREATEDB)": "CREATE ROLE sa_fresh CREATEDB",
        "CREATE ROLE (REPLICATION)": "CREATE ROLE sa_fresh REPLICATION",
        "CREATE ROLE (BYPASSRLS)": "CREATE ROLE sa_fresh BYPASSRLS",
        "ALTER ROLE (SUPERUSER)": "ALTER ROLE {witness} SUPERUSER",
        "ALTER ROLE": "ALTER ROLE {club} CONNECTION LIMIT 3",
        "DROP ROLE": "DROP ROLE {club}",
        "GRANT (role)": "GRANT {club} TO {witness}",
    },
}
"""Resource (`-` where operations are not bound to one) to operation to the statement that is it."""

_AUTHORIZATION = {"SET SESSION AUTHORIZATION": "SET SESSION AUTHORIZATION {superuser}"}
LOGIN_ALONE = {False: _AUTHORIZATION, True: {**_AUTHORIZATION, "SET ROLE": "SET ROLE {owner}"}}
"""What the login itself can do or not; whether it can become the owner is tried by those in `SETTING`."""
SETTING = frozenset({"inheriting", "becoming", "superuser", "bystander", "separate"})


@pytest.fixture(scope="module")
def populated() -> Iterator[World]:
    with world(private_server()) as made:
        _populate(made)
        with made.connect(f"{made.mark}_witness"):
            yield made


def _populate(made: World) -> None:
    everyone = {**ROLES, "club": "", "witness": ""}
    names = {name: made.role(name, attributes) for name, attributes in everyone.items()}
    made.run("GRANT CREATE ON DATABASE {database} TO {owner}", **names)
    made.run(
        "CREATE SCHEMA app AUTHORIZATION {schema_owner}",
        "GRANT USAGE, CREATE ON SCHEMA app TO {owner}",
        "SET ROLE {owner}",
        *(
            f"CREATE TABLE app.{table} (id int PRIMARY KEY, label text, amount int)"
            for table in TABLES
            if table != "parts"
        ),
        "CREATE TABLE app.parts (id int PRIMARY KEY, label text, amount int) PARTITION BY RANGE (id)"
        if made.server.version >= 110_000
        else "CREATE TABLE app.parts (id int PRIMARY KEY, label text, amount int)",
        "CREATE VIEW app.orders_view AS SELECT id, label, amount FROM app.orders",
        "CREATE VIEW app.totals_view AS SELECT sum(amount) FROM app.orders",
        "CREATE MATERIALIZED VIEW app.totals AS SELECT sum(amount) FROM app.orders",
        "CREATE SEQUENCE app.counter",
        "CREATE FUNCTION app.helper() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION app.elevated() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "SELECT lo_create(77001)",
        "GRANT SELECT ON LARGE OBJECT 77001 TO {reader}, {bypassing}",
        "GRANT SELECT, UPDATE ON LARGE OBJECT 77001 TO {writer}",
        "GRANT UPDATE ON LARGE OBJECT 77001 TO {columnist}",
        "CREATE FUNCTION app.on_change() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE TYPE app.mood AS ENUM ('good', 'bad')",
        "INSERT INTO app.orders SELECT n, 'label', n FROM generate_series(1, 20) AS n",
        "ALTER TABLE app.rows_hidden ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY hides ON app.rows_hidden USING (id < 0) WITH CHECK (true)",
        **names,
    )
    for granted in GRANTS:
        made.run(granted, **names)
    for least, granted in GRANTS_SINCE:
        if made.server.version >= least:
            made.run(granted, **names)
    made.run("ALTER DATABASE {database} OWNER TO {database_owner}", **names)


ROLES = {
    "owner": "",
    "schema_owner": "",
    "database_owner": "",
    "bystander": "",
    "superuser": "SUPERUSER",
    "reader": "",
    "writer": "",
    "truncator": "",
    "columnist": "",
    "inheriting": "",
    "becoming": "NOINHERIT",
    "hidden_superuser": "",
    "bypassing": "BYPASSRLS",
    "creating_roles": "CREATEROLE",
    "creating_databases": "CREATEDB",
    "replicating": "REPLICATION",
    "shut_out": "",
    "granting": "",
    "triggering": "",
    "creating": "",
    "referencing": "",
    "monitoring": "",
    "programming": "",
    "reading_files": "",
    "writing_files": "",
    "reading_all": "",
    "writing_all": "",
    "checkpointing": "",
    "maintaining": "",
    "maintaining_one": "",
    "subscribing": "",
    "separate": "",
    "calling": "",
    "counting": "",
    "signalling": "",
    "administering": "CREATEROLE",
    "lending": "",
    "subscribing_here": "",
    "setting": "",
    "nobody": "",
}
GRANTS = (
    "GRANT USAGE ON SCHEMA app TO {reader}, {writer}, {truncator}, {columnist}, {bypassing}, {granting}, "
    "{triggering}, {creating}, {referencing}, {counting}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA app TO {reader}, {bypassing}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON app.orders, app.notes, app.orders_view, app.totals_view "
    "TO {writer}",
    "GRANT USAGE ON SEQUENCE app.counter TO {writer}",
    "GRANT UPDATE ON SEQUENCE app.counter TO {counting}",
    "GRANT TRUNCATE ON app.orders TO {truncator}",
    "GRANT SELECT (id), UPDATE (label), INSERT (id, label) ON app.notes TO {columnist}",
    "GRANT {owner} TO {inheriting}, {becoming}",
    "GRANT {superuser} TO {hidden_superuser}",
    "GRANT ALL ON ALL TABLES IN SCHEMA app TO {shut_out}",
    "GRANT ALL ON SEQUENCE app.counter TO {shut_out}",
    "GRANT SELECT, DELETE ON app.orders TO {granting} WITH GRANT OPTION",
    "GRANT TRIGGER ON app.orders TO {triggering}",
    "GRANT CREATE ON SCHEMA app TO {creating}",
    "GRANT CREATE ON DATABASE {database} TO {creating}",
    "GRANT REFERENCES ON app.orders TO {referencing}",
    "GRANT pg_monitor TO {monitoring}",
    "GRANT pg_signal_backend TO {signalling}",
    "GRANT {club} TO {administering}, {lending} WITH ADMIN OPTION",
    "GRANT EXECUTE ON FUNCTION pg_reload_conf(), pg_switch_wal() TO {calling}",
    "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
    "GRANT TEMPORARY ON DATABASE {database} TO {programming}, {reading_files}, {writing_files}, {reader}",
)
GRANTS_SINCE = (
    (110_000, "GRANT pg_execute_server_program TO {programming}"),
    (110_000, "GRANT pg_read_server_files TO {reading_files}"),
    (110_000, "GRANT pg_write_server_files TO {writing_files}"),
    (110_000, "GRANT EXECUTE ON FUNCTION pg_read_file(text), lo_import(text) TO {calling}"),
    (140_000, "GRANT pg_read_all_data TO {reading_all}"),
    (140_000, "GRANT pg_write_all_data TO {writing_all}"),
    (150_000, "GRANT pg_checkpoint TO {checkpointing}"),
    (150_000, "GRANT SET ON PARAMETER lc_messages TO {setting}"),
    (150_000, "GRANT ALTER SYSTEM ON PARAMETER work_mem TO {setting}"),
    (160_000, "GRANT pg_create_subscription TO {subscribing}, {subscribing_here}"),
    (160_000, "GRANT CREATE ON DATABASE {database} TO {subscribing_here}"),
    (160_000, "GRANT {owner} TO {separate} WITH INHERIT FALSE, SET FALSE"),
    (170_000, "GRANT pg_maintain TO {maintaining}"),
    (170_000, "GRANT USAGE ON SCHEMA app TO {maintaining}, {maintaining_one}"),
    (170_000, "GRANT MAINTAIN ON app.orders TO {maintaining_one}"),
)


def _actors(made: World, role: str) -> list[str | None]:
    """The role itself, and those it is a member of: whether it can become them the server says."""
    with made.server.connect() as connection:
        rows = connection.execute(
            "SELECT r.rolname::text FROM pg_roles r, pg_roles me WHERE me.rolname = %s AND NOT me.rolsuper "
            "AND r.oid <> me.oid AND r.rolname = ANY (%s) AND pg_has_role(me.oid, r.oid, 'MEMBER')",
            (role, made.roles),
        ).fetchall()
    return [None, *(str(row[0]) for row in rows)]


def _succeeds(
    connection: "psycopg.Connection[tuple[object, ...]]", actor: str | None, statement: str
) -> bool:
    connection.execute("BEGIN")
    try:
        if actor is not None:
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(actor)))
        if "TO STDOUT" in statement:
            with connection.cursor().copy(statement) as copy:
                for _ in copy:
                    pass
        else:
            connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate not in REFUSED
    finally:
        connection.execute("ROLLBACK")
    return True


def _statements(made: World, kinds: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    words = {
        "{db}": made.database,
        "{quoted}": f'"{made.database}"',
        "{bystander}": f"{made.mark}_bystander",
        "{owner}": f"{made.mark}_owner",
        "{superuser}": made.server.user,
        "{witness}": f"{made.mark}_witness",
        "{club}": f"{made.mark}_club",
        "{extension}": _untrusted_extension(made),
    }
    for resource, statements in kinds.items():
        for operation, statement in statements.items():
            for word, meaning in words.items():
                resource = resource.replace(word, meaning)
                statement = statement.replace(word, meaning)
            if not statement.endswith("EXTENSION "):
                yield resource, operation, statement


@pytest.mark.parametrize("name", ROLES)
def test_a_verdict_is_what_happens(populated: World, name: str, tmp_path):
    role = f"{populated.mark}_{name}"
    asked = interrogate(populated.held(role), tmp_path)
    concluded, happened = {}, {}
    actors, version = _actors(populated, role), populated.server.version
    with populated.connect(role) as connection:
        for resource, operation, statement in _statements(populated, STATEMENTS):
            if _is_beyond(version, operation, resource):
                continue
            concluded[resource, operation] = asked.is_granted(operation, resource)
            happened[resource, operation] = any(
                _succeeds(connection, actor, each) for actor in actors for each in statement.split(_OR)
            )
        for resource, operation, statement in _statements(populated, {"-": LOGIN_ALONE[name in SETTING]}):
            concluded[resource, operation] = asked.is_granted(operation, resource)
            happened[resource, operation] = _succeeds(connection, None, statement)
    differing = {key: happened[key] for key in happened if happened[key] != concluded[key]}
    assert differing == {}
    assert asked.learnt.gaps == []
    assert asked.authority.operations(Verdict.UNKNOWN) == frozenset()


def _untrusted_extension(made: World) -> str:
    """An extension that only a superuser installs; nothing where the server has none to install."""
    if made.server.version < 110_000:
        return ""
    with made.server.connect() as connection:
        row = connection.execute(
            "SELECT extension FROM (SELECT split_part(pg_ls_dir(setting || '/extension'), '.', 1) "
            "AS extension FROM pg_config WHERE name = 'SHAREDIR') AS found "
            "WHERE extension IN ('file_fdw', 'dblink', 'pageinspect') LIMIT 1"
        ).fetchone()
    return str(row[0]) if row else ""


def _is_beyond(version: int, operation: str, resource: str) -> bool:
    """Statements this server does not take, whoever asks."""
    partitioned = resource.endswith("app.parts") and operation in (
        "CLUSTER",
        "REINDEX TABLE",
        "CREATE TRIGGER",
    )
    statistics = operation == "CREATE STATISTICS" and (version < 100_000 or resource.endswith("app.parts"))
    hba = operation == "SELECT pg_hba_file_rules" and version < 100_000
    merge = operation == "MERGE" and version < 150_000
    return merge or (partitioned and version < 150_000) or statistics or hba


def test_a_database_is_dropped_by_its_owner_and_by_nobody_else(populated: World, tmp_path):
    spare = populated.extra("spare")
    populated.run("ALTER DATABASE {spare} OWNER TO {owner}", spare=spare, owner=f"{populated.mark}_owner")
    happened, concluded = {}, {}
    for name in ("reader", "database_owner", "creating_databases", "becoming", "owner"):
        role = f"{populated.mark}_{name}"
        asked = interrogate(populated.held(role), tmp_path)
        concluded[name] = asked.is_granted("DROP DATABASE", f"database/{spare}")
        with populated.connect(role) as connection:
            if name == "becoming":
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"{populated.mark}_owner")))
                happened[name] = _is_allowed(connection, f'ALTER DATABASE "{spare}" CONNECTION LIMIT 9')
            else:
                happened[name] = _is_allowed(connection, f'DROP DATABASE "{spare}"')
    assert concluded == happened
    assert sum(happened.values()) == 2


def test_the_database_that_is_asked_is_dropped_from_another_one(populated: World, tmp_path):
    asked = interrogate(populated.held(f"{populated.mark}_database_owner"), tmp_path)
    assert asked.is_granted("DROP DATABASE", f"database/{populated.database}")
    assert not asked.is_granted("DROP DATABASE", "database/postgres")


def test_a_database_is_created_with_the_attribute_alone(populated: World, tmp_path):
    happened, concluded = {}, {}
    for name in ("owner", "creating_databases", "hidden_superuser"):
        role = f"{populated.mark}_{name}"
        concluded[name] = interrogate(populated.held(role), tmp_path).is_granted("CREATE DATABASE", "-")
        fresh = f"{populated.mark}_fresh"
        with populated.connect(role) as connection:
            if name == "hidden_superuser":
                connection.execute(
                    sql.SQL("SET ROLE {}").format(sql.Identifier(f"{populated.mark}_superuser"))
                )
            happened[name] = _is_allowed(connection, f'CREATE DATABASE "{fresh}"')
        populated.run("DROP DATABASE IF EXISTS {fresh}", fresh=fresh)
    assert concluded == happened == {"owner": False, "creating_databases": True, "hidden_superuser": True}


@pytest.mark.parametrize(
    "name", ["owner", "inheriting", "database_owner", "schema_owner", "reader", "maintaining"]
)
def test_vacuum_passes_over_what_the_role_may_not_maintain(populated: World, name: str, tmp_path):
    role = f"{populated.mark}_{name}"
    asked = interrogate(populated.held(role), tmp_path)
    said: list[str] = []
    with populated.connect(role) as connection:
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        connection.execute("VACUUM")
    passed_over = any('"notes"' in each for each in said)
    assert asked.is_granted("VACUUM", f"table/{populated.database}.app.notes") is not passed_over


@pytest.mark.parametrize("name", ["replicating", "superuser", "hidden_superuser", "owner"])
def test_replication_is_the_login_s_own_attribute(populated: World, name: str, tmp_path):
    role = f"{populated.mark}_{name}"
    asked = interrogate(populated.held(role), tmp_path)
    server = populated.server
    try:
        with psycopg.connect(
            host=server.host,
            port=server.port,
            user=role,
            password=PASSWORD,
            dbname=populated.database,
            replication="database",
            autocommit=True,
        ) as connection:
            connection.pgconn.exec_(b"IDENTIFY_SYSTEM")
            happened = True
    except psycopg.OperationalError:
        happened = False
    assert asked.is_granted("START_REPLICATION", "-") is happened
    assert asked.is_granted("BASE_BACKUP", "-") is happened


@pytest.mark.parametrize("name", ["setting", "superuser", "owner"])
def test_a_parameter_that_was_granted_is_set_for_the_whole_server(populated: World, name: str, tmp_path):
    role = f"{populated.mark}_{name}"
    asked = interrogate(populated.held(role), tmp_path)
    with populated.connect(role) as connection:
        one = _is_allowed(connection, "ALTER SYSTEM SET work_mem = '4MB'")
        any_one = _is_allowed(connection, "ALTER SYSTEM SET log_statement = 'none'")
    populated.run("ALTER SYSTEM RESET ALL")
    assert asked.is_granted("ALTER SYSTEM (granted parameters)", "-") is one
    assert asked.is_granted("ALTER SYSTEM", "-") is any_one


def _is_allowed(connection: "psycopg.Connection[tuple[object, ...]]", statement: str) -> bool:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate not in REFUSED
    return True
