"""What SQL does, by the names of PostgreSQL's catalogue."""

import pytest

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.sql.statements import is_sql, statements

RULES = load_rules()
FUNCTIONS = frozenset({"nextval", "pg_terminate_backend"})

STATEMENTS = {
    "SELECT a FROM t JOIN u USING (id)": ["SELECT t", "SELECT u"],
    "SELECT a.x, b.y FROM a, b AS c WHERE a.id = c.id": ["SELECT a", "SELECT b"],
    "SELECT extract(day FROM at) FROM t": ["SELECT t"],
    "SELECT id FROM jobs FOR UPDATE SKIP LOCKED": ["SELECT jobs", "SELECT FOR UPDATE jobs"],
    "SELECT 1": [],
    "SELECT * FROM pg_catalog.pg_class": [],
    "SELECT * FROM generate_series(1, 3)": [],
    "SELECT pg_terminate_backend(7)": ["pg_terminate_backend"],
    "INSERT INTO t (a) VALUES (1)": ["INSERT t"],
    "INSERT INTO t (a) VALUES (1) RETURNING id": ["INSERT t", "SELECT t"],
    "INSERT INTO t SELECT * FROM u": ["INSERT t", "SELECT u"],
    "INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1": ["INSERT t", "UPDATE t", "SELECT t"],
    "UPDATE t SET a = 1": ["UPDATE t"],
    "UPDATE t SET a = 1 WHERE b": ["UPDATE t", "SELECT t"],
    "DELETE FROM t USING u WHERE t.id = u.id": ["DELETE t", "SELECT u", "SELECT t"],
    "WITH d AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM d": [
        "DELETE t",
        "INSERT u",
        "SELECT t",
        "SELECT u",
    ],
    "TRUNCATE TABLE t": ["TRUNCATE t"],
    "COPY t FROM STDIN": ["COPY FROM STDIN t"],
    "COPY t TO PROGRAM 'x'": ["COPY TO PROGRAM t"],
    "COPY (SELECT * FROM t) TO STDOUT": ["COPY TO STDOUT", "SELECT t"],
    "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)": ["CREATE INDEX t"],
    "CREATE TABLE t (u int REFERENCES u (id))": ["CREATE TABLE t", "REFERENCES u"],
    "CREATE TABLE t AS SELECT * FROM u": ["CREATE TABLE AS t", "SELECT u"],
    "CREATE TEMP TABLE t (a int)": ["CREATE TEMPORARY TABLE t"],
    "CREATE USER u": ["CREATE ROLE u"],
    "CREATE ROLE u SUPERUSER": ["CREATE ROLE u", "CREATE ROLE (SUPERUSER) u"],
    "CREATE EXTENSION pgcrypto": ["CREATE EXTENSION (trusted) pgcrypto"],
    "CREATE EXTENSION postgis": ["CREATE EXTENSION postgis"],
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ x $$": [
        "CREATE FUNCTION (untrusted language) f"
    ],
    "ALTER TABLE t ADD COLUMN a int": ["ALTER TABLE t"],
    "ALTER TABLE t DROP COLUMN a, ADD b int": ["ALTER TABLE (DROP COLUMN, ALTER TYPE) t", "ALTER TABLE t"],
    "ALTER TABLE t DROP CONSTRAINT c": ["ALTER TABLE t"],
    "ALTER TABLE t OWNER TO u": ["ALTER TABLE (OWNER TO) t"],
    "DROP TABLE IF EXISTS t CASCADE": ["DROP TABLE t"],
    "DROP USER u": ["DROP ROLE u"],
    "GRANT ALL ON ALL TABLES IN SCHEMA s TO u": ["GRANT (table) s"],
    "GRANT a TO b": ["GRANT (role)"],
    "REVOKE CONNECT ON DATABASE d FROM u": ["REVOKE (database) d"],
    "DO $$ BEGIN DELETE FROM t; END $$": ["DELETE t"],
    "LOCK TABLE t IN EXCLUSIVE MODE": ["LOCK TABLE t"],
    "VACUUM FULL t": ["VACUUM FULL t"],
    "-- DROP TABLE t\nBEGIN; /* DROP TABLE u */ COMMIT": [],
}


def shown(sql: str) -> list[str]:
    return [f"{each.does} {each.table}" if each.table else each.does for each in statements(sql, FUNCTIONS)]


@pytest.mark.parametrize(("sql", "expected"), STATEMENTS.items(), ids=STATEMENTS)
def test_a_statement_does_what_the_documentation_says(sql: str, expected: list[str]) -> None:
    assert shown(sql) == expected


def test_every_name_that_is_given_is_one_of_the_catalogue() -> None:
    known = RULES.operations("postgresql").ids
    found = {each.does for sql in STATEMENTS for each in statements(sql, FUNCTIONS)}
    assert found <= known


@pytest.mark.parametrize(
    "text",
    [
        "select id from t",
        "\n  SELECT now()",
        "with a as (select 1) select * from a",
        "-- why\nDELETE FROM t",
        "CREATE TABLE t (a int)",
        "grant select on t to u",
    ],
)
def test_sql_is_known(text: str) -> None:
    assert is_sql(text)


@pytest.mark.parametrize(
    "text",
    [
        "Select a colour from the list",
        "update the set",
        "delete from the list what you do not need",
        "Create user failed",
        "with foo as bar",
        "grant access to the user",
        "SELECT",
        "selected from",
    ],
)
def test_prose_is_no_sql(text: str) -> None:
    assert not is_sql(text)


def test_a_name_that_is_none_is_not_shown() -> None:
    assert shown("DELETE FROM {table}") == ["DELETE"]
    assert shown('DELETE FROM "a b; c"') == ["DELETE"]
