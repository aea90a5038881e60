"""Roles for a job, made on a real server and audited through their own login."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from scopeaudit.jobs.narrow.narrower import Narrower
from scopeaudit.model.authority import Authority, Resource, State, Verdict
from scopeaudit.model.job import Job
from tests.ask.postgresql_world import PASSWORD, World, interrogate, world
from tests.jobs.narrow_world import RULES, allowed, excess, granted, job, narrowed, template
from tests.postgres_server import private_server, quoted

HOSTILE = 'or"; DROP TABLE audit.log; --\n\\'


@pytest.fixture
def place() -> Iterator[World]:
    """A database with tables of two owners, on a server where PUBLIC may not enter the others."""
    server = private_server()
    with server.connect() as connection, world(server) as made:
        connection.execute("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
        made.role("owner")
        made.run(
            "CREATE SCHEMA shop AUTHORIZATION {owner}", "CREATE SCHEMA audit", owner=f"{made.mark}_owner"
        )
        made.run(
            "SET ROLE {owner}; CREATE TABLE shop.orders (id serial PRIMARY KEY, total int)",
            "SET ROLE {owner}; CREATE VIEW shop.totals AS SELECT sum(total) AS total FROM shop.orders",
            owner=f"{made.mark}_owner",
        )
        made.run("CREATE TABLE audit.log (line text)")
        try:
            yield made
        finally:
            connection.execute("GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC")


def before(place: World, folder: Path) -> Authority:
    """What the superuser, whose login lies in the folder, may do."""
    boss = place.role("boss", "SUPERUSER")
    return interrogate(place.held(boss), folder).authority


@contextmanager
def issued(place: World, found: Narrower, name: str) -> Iterator[str]:
    """The role, made as its text says, what is behind comments included; its password set as its steps say."""
    statements = [line.removeprefix("-- ") for line in found.text.split("\n")]
    with place.server.connect(place.database) as connection:
        for each in statements:
            connection.execute(each)  # type: ignore[arg-type]
        place.roles.append(name)
        setting = sql.SQL("ALTER ROLE {} PASSWORD {}").format(quoted(name), sql.Literal(PASSWORD))
        connection.execute(setting)
        yield name


def audited(place: World, declared: Job, authority: Authority, folder: Path) -> tuple[Narrower, Authority]:
    """The narrower role of a job, and what asking with it says."""
    context = {"database": place.database, "user": f"{place.mark}_boss"}
    found = narrowed(declared, authority.kind, authority, context)
    role = found.text.partition('"')[2].partition('"')[0]
    with issued(place, found, role) as name:
        return found, interrogate(place.held(name), folder / "second").authority


def named(place: World, *resources: str) -> list[str]:
    return [each.replace("DB", place.database) for each in resources]


def test_a_reader_of_one_table(place, tmp_path):
    wide = before(place, tmp_path)
    name = f"{place.mark}_reader"
    declared = job(
        "postgresql", "SELECT", "CONNECT", resources=named(place, "table/DB.shop.orders"), name=name
    )
    found, narrow = audited(place, declared, wide, tmp_path)
    assert found.text.split("\n")[:4] == [
        f'CREATE ROLE "{name}" LOGIN;',
        f'GRANT CONNECT ON DATABASE "{place.database}" TO "{name}";',
        f'GRANT USAGE ON SCHEMA "shop" TO "{name}";',
        f'GRANT SELECT ON TABLE "shop"."orders" TO "{name}";',
    ]
    assert granted(narrow) == {"SELECT", "CONNECT"} | set(found.beyond)
    assert set(found.beyond) == {"COPY TO STDOUT", "SELECT (single columns)"}
    assert len(excess(declared, wide)) > 200
    assert excess(declared, narrow) <= set(found.beyond) | {"CONNECT"}


def test_a_reader_of_a_database_has_no_excess_at_all(place, tmp_path):
    wide = before(place, tmp_path)
    chosen = {
        each
        for each in RULES.operations("postgresql").ids
        if each.startswith("SELECT (")
        or each in ("SELECT", "COPY TO STDOUT", "CONNECT", "CREATE TEMPORARY TABLE")
    }
    declared = job(
        "postgresql", *sorted(chosen), resources=named(place, "database/DB"), name=f"{place.mark}_reader"
    )
    found, narrow = audited(place, declared, wide, tmp_path)
    assert len(excess(declared, wide)) > 150
    assert excess(declared, narrow) == frozenset()
    assert found.beyond == ()
    on_what_is_there = {
        "SELECT",
        "SELECT (single columns)",
        "SELECT (view)",
        "SELECT (sequence)",
        "COPY TO STDOUT",
    }
    assert on_what_is_there <= granted(narrow) <= allowed(declared)
    assert found.missing == ()


@pytest.mark.parametrize("name", ["read-only", "read-write"])
def test_templates_do_their_job_and_what_is_beyond_is_told(place, tmp_path, name):
    wide = before(place, tmp_path)
    shipped = template("postgresql", name)
    written = [each.written for each in shipped.allow]
    declared = job(
        "postgresql",
        *written,
        resources=named(place, "database/DB"),
        name=f"{place.mark}_{name.replace('-', '_')}",
    )
    found, narrow = audited(place, declared, wide, tmp_path)
    does = granted(narrow)
    assert does <= allowed(declared) | set(found.beyond)
    reachable = {"SELECT", "SELECT (view)", "CONNECT"} | (
        {"INSERT", "UPDATE", "DELETE", "nextval"} if "write" in name else set()
    )
    assert reachable <= does
    assert not does & set(found.missing)
    assert not {"DROP TABLE", "TRUNCATE", "CREATE TABLE", "ALTER TABLE"} & does
    assert excess(declared, narrow) <= set(found.beyond)
    assert len(excess(declared, narrow)) < len(excess(declared, wide)) / 10


def test_tables_made_later_are_readable_where_the_job_names_a_schema(place, tmp_path):
    wide = before(place, tmp_path)
    declared = job(
        "postgresql", "SELECT", resources=named(place, "schema/DB.shop"), name=f"{place.mark}_later"
    )
    owner = f"{place.mark}_owner"
    found = narrowed(declared, wide.kind, wide, {"database": place.database})
    expected = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA "shop" GRANT SELECT ON TABLES TO "{place.mark}_later";'
    assert expected in found.text
    with issued(place, found, f"{place.mark}_later") as name:
        place.run("SET ROLE {owner}; CREATE TABLE shop.later (id int)", owner=owner)
        with place.connect(name) as connection:
            connection.execute("SELECT * FROM shop.later")
            connection.execute("SELECT * FROM shop.orders")
            for refused in (
                "SELECT * FROM audit.log",
                "INSERT INTO shop.later VALUES (1)",
                "DROP TABLE shop.later",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(refused)  # type: ignore[arg-type]


def test_hostile_names_are_names_and_nothing_else(place, tmp_path):
    with place.server.connect(place.database) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(quoted(HOSTILE)))
        connection.execute(sql.SQL("CREATE TABLE {} (id int)").format(quoted(HOSTILE, HOSTILE)))
        connection.execute(sql.SQL("INSERT INTO {} VALUES (1)").format(quoted(HOSTILE, HOSTILE)))
    wide = before(place, tmp_path)
    for resource in (f"table/{place.database}.{HOSTILE}.{HOSTILE}", f"schema/{place.database}.{HOSTILE}"):
        name = f"{place.mark}_{resource[:5]}"
        declared = job("postgresql", "SELECT", resources=[resource.replace("[", "?")], name=name)
        found = narrowed(declared, wide.kind, wide, {"database": place.database})
        assert found.text.isascii()
        assert all(
            each.startswith(("CREATE ROLE", "GRANT", "ALTER DEFAULT", "-- REVOKE"))
            for each in found.text.split("\n")
        )
        with issued(place, found, name.lower()) as role, place.connect(role) as session:
            rows = session.execute(sql.SQL("SELECT * FROM {}").format(quoted(HOSTILE, HOSTILE))).fetchall()
            assert rows == [(1,)]
    with place.server.connect(place.database) as connection:
        assert connection.execute("SELECT count(*) FROM audit.log").fetchone() == (0,)


def test_what_only_an_owner_may_do_is_left_out_of_a_superusers_job(place, tmp_path):
    wide = before(place, tmp_path)
    declared = job(
        "postgresql",
        "SELECT",
        "DROP TABLE",
        "ALTER TABLE",
        resources=named(place, "schema/DB.shop"),
        name=f"{place.mark}_m",
    )
    found, narrow = audited(place, declared, wide, tmp_path)
    assert set(found.missing) == {"DROP TABLE", "ALTER TABLE"}
    assert found.next_best is not None
    assert not {"DROP TABLE", "ALTER TABLE"} & granted(narrow)


def test_an_owners_own_job_becomes_the_owner_and_is_told_to_be_wide(place, tmp_path):
    owner = f"{place.mark}_owner"
    seen = interrogate(place.held(owner), tmp_path).authority
    declared = job(
        "postgresql",
        "ALTER TABLE",
        "SELECT",
        resources=named(place, "schema/DB.shop"),
        name=f"{place.mark}_mig",
    )
    found, narrow = audited(place, declared, seen, tmp_path)
    assert f'GRANT "{owner}" TO "{place.mark}_mig";' in found.text
    assert {"ALTER TABLE", "SELECT"} <= granted(narrow)
    assert excess(declared, narrow) <= set(found.beyond)
    assert "DROP TABLE" in found.beyond
    assert any("member of the owner" in each for each in found.remains)


def test_attributes_and_predefined_roles_are_granted_only_for_what_needs_them(place, tmp_path):
    wide = before(place, tmp_path)
    needed = ["SELECT pg_stat_activity (all sessions)", "BYPASS ROW SECURITY", "SHOW (restricted settings)"]
    declared = job(
        "postgresql", *needed, resources=named(place, "database/DB", "cluster/*"), name=f"{place.mark}_mon"
    )
    found, narrow = audited(place, declared, wide, tmp_path)
    lines = found.text.split("\n")
    assert lines[0] == f'CREATE ROLE "{place.mark}_mon" LOGIN BYPASSRLS;'
    assert lines[1:3] == [
        f'GRANT "pg_read_all_settings" TO "{place.mark}_mon";',
        f'GRANT "pg_read_all_stats" TO "{place.mark}_mon";',
    ]
    assert set(needed) <= granted(narrow)
    assert excess(declared, narrow) <= set(found.beyond)


def test_attributes_are_left_out_where_they_bring_more_than_the_job_allows():
    found = narrowed(job("postgresql", "effect:read", name="reader"), context={"database": "shop"})
    assert found.text.startswith('CREATE ROLE "reader" LOGIN BYPASSRLS;')
    assert "START_REPLICATION" in found.missing
    found = narrowed(template("postgresql", "replication"), context={"database": "shop"})
    assert found.text.startswith('CREATE ROLE "replication" LOGIN BYPASSRLS REPLICATION;')
    assert "START_REPLICATION" not in found.missing


def test_what_is_of_the_whole_server_is_left_out_where_the_job_names_less():
    declared = job("postgresql", "effect:read", resources=["table/shop.public.orders"], name="reader")
    found = narrowed(declared)
    assert found.text.startswith('CREATE ROLE "reader" LOGIN;')
    assert "TEMPORARY" not in found.text.partition("--")[0]
    assert {"BYPASS ROW SECURITY", "SHOW (restricted settings)", "CREATE TEMPORARY TABLE"} <= set(
        found.missing
    )


def test_the_text_holds_no_password_and_the_steps_say_how_to_set_one():
    found = narrowed(
        job("postgresql", "SELECT", name="reader"), context={"database": "shop", "user": "reader"}
    )
    assert "PASSWORD" not in found.text
    assert any('\\password "reader_job"' in each for each in found.steps)


def test_without_an_answer_names_come_from_the_job_alone():
    written = ["table/shop.public.orders", "sequence/shop.public.ids", "audit.*", "shop.log.*", "cluster/x"]
    declared = job("postgresql", "SELECT", "nextval", resources=written, name="reader")
    found = narrowed(declared, context={"database": "other"})
    assert found.text.split("\n") == [
        'CREATE ROLE "reader" LOGIN;',
        'GRANT CONNECT ON DATABASE "shop" TO "reader";',
        'GRANT USAGE ON SCHEMA "public" TO "reader";',
        'GRANT USAGE ON SCHEMA "log" TO "reader";',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "log" TO "reader";',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "log" GRANT SELECT ON TABLES TO "reader";',
        'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "log" TO "reader";',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "log" GRANT USAGE ON SEQUENCES TO "reader";',
        'GRANT USAGE ON SEQUENCE "public"."ids" TO "reader";',
        'GRANT SELECT ON TABLE "public"."orders" TO "reader";',
        '-- REVOKE TEMPORARY ON DATABASE "shop" FROM PUBLIC;',
        '-- REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA "log" FROM PUBLIC;',
    ]
    assert any("audit.*" in each for each in found.remains)


@pytest.mark.parametrize(
    "resource",
    ["table/a.b.\0c", "schema/a.\0", "database/\0", "column/a.b.c.\0", "table/a.b.\ud800", "\0"],
    ids=["table", "schema", "database", "column", "half-a-character", "bare"],
)
def test_a_name_that_cannot_be_written_is_left_out_and_told(resource):
    found = narrowed(job("postgresql", "SELECT", resources=[resource], name="reader"))
    assert found.text == 'CREATE ROLE "reader" LOGIN;'
    assert any(each.startswith(f"resource {resource} of the job names nothing") for each in found.remains)
    assert narrowed(job("postgresql", "SELECT"), context={"database": "a\0"}).text == (
        'CREATE ROLE "its_job" LOGIN;'
    )


def columns(place: World, *names: str) -> list[str]:
    return named(place, "table/DB.shop.orders", *(f"column/DB.shop.orders.{each}" for each in names))


def test_a_reader_of_named_columns_reads_these_and_no_other(place, tmp_path):
    wide = before(place, tmp_path)
    name = f"{place.mark}_cols"
    declared = job(
        "postgresql", "SELECT (single columns)", "CONNECT", resources=columns(place, "id"), name=name
    )
    found, narrow = audited(place, declared, wide, tmp_path)
    assert found.text.split("\n")[:4] == [
        f'CREATE ROLE "{name}" LOGIN;',
        f'GRANT CONNECT ON DATABASE "{place.database}" TO "{name}";',
        f'GRANT USAGE ON SCHEMA "shop" TO "{name}";',
        f'GRANT SELECT ("id") ON TABLE "shop"."orders" TO "{name}";',
    ]
    assert (found.missing, found.beyond) == ((), ())
    assert granted(narrow) == {"SELECT (single columns)", "CONNECT"}
    assert excess(declared, narrow) <= {"CONNECT"}
    assert len(excess(declared, wide)) > 200
    assert 'of "shop"."orders" the columns "id" and no other: SELECT * is refused' in found.remains


def test_the_server_refuses_what_the_columns_leave_out(place, tmp_path):
    wide = before(place, tmp_path)
    declared = job(
        "postgresql",
        "SELECT (single columns)",
        "UPDATE (single columns)",
        "DELETE",
        resources=columns(place, "total", "id"),
        name=f"{place.mark}_part",
    )
    place.run("SET ROLE {owner}; ALTER TABLE shop.orders ADD COLUMN card text", owner=f"{place.mark}_owner")
    found = narrowed(declared, wide.kind, wide, {"database": place.database})
    assert 'GRANT DELETE, SELECT ("id", "total"), UPDATE ("id", "total") ON TABLE' in found.text
    assert "DELETE: PostgreSQL grants these for whole tables" in found.remains
    with issued(place, found, f"{place.mark}_part") as name, place.connect(name) as connection:
        connection.execute("SELECT id, total FROM shop.orders")
        connection.execute("UPDATE shop.orders SET total = 1 WHERE id = 1")
        connection.execute("DELETE FROM shop.orders WHERE id = 1")
        for refused in (
            "SELECT * FROM shop.orders",
            "SELECT card FROM shop.orders",
            "UPDATE shop.orders SET card = ''",
            "INSERT INTO shop.orders (id) VALUES (2)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)  # type: ignore[arg-type]


def test_a_job_of_whole_tables_that_names_columns_is_told_what_it_does_not_get():
    declared = job("postgresql", "SELECT", resources=["column/shop.public.orders.total"], name="reader")
    found = narrowed(declared)
    assert 'GRANT SELECT ("total") ON TABLE "public"."orders" TO "reader";' in found.text
    assert found.missing == ("SELECT",)
    assert set(found.beyond) == {"SELECT (single columns)", "CONNECT"}


def test_columns_of_a_schema_that_is_the_jobs_as_a_whole_limit_nothing():
    written = ["schema/shop.public", "column/shop.public.orders.total"]
    found = narrowed(job("postgresql", "SELECT", resources=written, name="reader"))
    assert "GRANT SELECT ON ALL TABLES" in found.text
    assert '"total"' not in found.text
    assert found.missing == ()


def test_single_columns_that_nobody_names_are_told_to_be_whole_tables():
    declared = job("postgresql", "SELECT (single columns)", resources=["table/shop.public.orders"])
    found = narrowed(declared)
    assert 'GRANT SELECT ON TABLE "public"."orders"' in found.text
    assert "SELECT" in found.beyond
    assert any("name column/database.schema.table.column to have fewer" in each for each in found.remains)


def test_hostile_columns_are_names_and_nothing_else(place):
    table = f"column/{place.database}.shop.orders"
    declared = job("postgresql", "SELECT (single columns)", resources=[f'{table}.x"; DROP TABLE t; --'])
    assert '("x""; DROP TABLE t; --") ON TABLE "shop"."orders"' in narrowed(declared).text
    found = narrowed(job("postgresql", "SELECT (single columns)", resources=[f"{table}.*", f"{table}.a.b"]))
    assert "GRANT SELECT" not in found.text
    assert sum("names nothing that is known" in each for each in found.remains) == 2


def test_row_security_leaves_the_new_role_no_row_until_a_policy_is_for_it(place, tmp_path):
    wide = before(place, tmp_path)
    owner, name = f"{place.mark}_owner", f"{place.mark}_rows"
    declared = job("postgresql", "SELECT", resources=named(place, "table/DB.shop.orders"), name=name)
    found = narrowed(declared, wide.kind, wide, {"database": place.database})
    (told,) = [each for each in found.remains if "ROW LEVEL SECURITY" in each]
    assert f'TO "{name}" USING' in told
    place.run(
        "INSERT INTO shop.orders (id, total) VALUES (1, 5), (2, 7)",
        "SET ROLE {owner}; ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY",
        owner=owner,
    )
    with issued(place, found, name), place.connect(name) as connection:
        assert connection.execute("SELECT id FROM shop.orders").fetchall() == []
        place.run(
            "SET ROLE {owner}; CREATE POLICY one ON shop.orders FOR SELECT TO {role} USING (id = 1)",
            owner=owner,
            role=name,
        )
        assert connection.execute("SELECT id FROM shop.orders").fetchall() == [(1,)]


@pytest.mark.parametrize(("more", "is_told"), [([], True), (["nextval"], False)], ids=["without", "with"])
def test_a_job_that_inserts_is_told_of_sequences_it_may_need(place, tmp_path, more, is_told):
    wide = before(place, tmp_path)
    name = f"{place.mark}_ins"
    declared = job("postgresql", "INSERT", *more, resources=named(place, "schema/DB.shop"), name=name)
    found = narrowed(declared, wide.kind, wide, {"database": place.database})
    assert any("needs USAGE on the sequence" in each for each in found.remains) is is_told
    with issued(place, found, name), place.connect(name) as connection:
        if is_told:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="sequence"):
                connection.execute("INSERT INTO shop.orders (total) VALUES (1)")
        else:
            connection.execute("INSERT INTO shop.orders (total) VALUES (1)")


def test_without_any_name_the_schema_is_assumed_and_told():
    found = narrowed(job("postgresql", "SELECT", name="reader"), context={"database": "shop"})
    assert 'IN SCHEMA "public"' in found.text
    assert any("public is assumed" in each for each in found.remains)
    found = narrowed(job("postgresql", "SELECT", name="reader"))
    assert found.text == 'CREATE ROLE "reader" LOGIN;'
    assert any("names no database" in each for each in found.remains)


def test_functions_are_granted_by_signature_if_their_arguments_are_plain():
    def authority(name: str) -> Authority:
        parts = (
            Resource("database/shop", "shop"),
            Resource("schema/shop.public", "shop.public", parent="database/shop"),
            Resource(f"function/shop.public.{name}", f"shop.public.{name}", parent="schema/shop.public"),
        )
        return Authority(State.UNKNOWN, "connection-string", resources=parts)

    call = "EXECUTE (SECURITY DEFINER function)"
    declared = job("postgresql", call, resources=["function/*"], name="caller")
    found = narrowed(declared, authority=authority("pay(integer, text)"))
    assert 'GRANT EXECUTE ON FUNCTION "public"."pay"(integer, text) TO "caller";' in found.text
    assert call not in found.missing
    found = narrowed(declared, authority=authority("pay(integer); DROP TABLE x; --)"))
    assert "DROP" not in found.text
    assert found.missing == (call,)


def test_what_the_present_login_cannot_do_is_not_granted_to_the_new_one(place, tmp_path):
    reader = place.role("weak")
    place.run("GRANT USAGE ON SCHEMA shop TO {weak}", "GRANT SELECT ON shop.orders TO {weak}", weak=reader)
    seen = interrogate(place.held(reader), tmp_path).authority
    assert "INSERT" in seen.operations(Verdict.DENIED)
    declared = job(
        "postgresql", "SELECT", "INSERT", resources=named(place, "table/DB.shop.orders"), name="weaker"
    )
    found = narrowed(declared, seen.kind, seen)
    assert "INSERT" not in found.text
    assert "SELECT" in found.text
